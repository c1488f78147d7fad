"""What a run costs on a host, and refusing one over the user's budget before anything is sent."""

from __future__ import annotations

from daemon.comfyui.graph import Graph, nodes
from daemon.protocol.errors import ErrorKind, RabbitError


def check_budget(graph: Graph, width_px: int, height_px: int, limit: float) -> None:
    """Refuse a run that costs more than *limit*; 0: no limit.

    The cost is width x height x steps / 10**6, steps summed over the graph's samplers. A graph
    without steps costs nothing.

    Raises:
        RabbitError: ``invalid_request`` with the figures.
    """
    steps = sum(_steps(node.get("inputs")) for _, node in nodes(graph))
    cost = width_px * height_px * steps / 1e6
    if limit and cost > limit:
        raise RabbitError(
            ErrorKind.INVALID_REQUEST,
            f"The run costs {cost:.1f} ({width_px} x {height_px} px x {steps} steps / 1000000), "
            f"the budget is {limit:g}.",
            "Take fewer steps, or raise comfyui.max_compute in config.yaml.",
        )


def _steps(inputs: object) -> int:
    value = inputs.get("steps") if isinstance(inputs, dict) else None
    return value if isinstance(value, int) and not isinstance(value, bool) else 0
