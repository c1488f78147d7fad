"""What a run costs on a host, and refusing one over the user's budget before anything is sent.

The cost is width x height x steps / 10**6, with the size that is sent and the steps of every
sampler that the result depends on. ``denoise`` does not change it: a sampler then takes as many
steps of a longer schedule.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from daemon.comfyui.graph import (
    Graph,
    Workflow,
    WorkflowValues,
    build_workflow,
    link,
    needs_kontext_sizes,
    nodes,
)
from daemon.comfyui.lenient import items, mapping, text
from daemon.comfyui.parameter_values import Value
from daemon.protocol.errors import ErrorKind, RabbitError
from daemon.working_size import plan_canvas

_LOW_SIGMAS = 1
_DEEPEST = 32


class RunCost(msgspec.Struct, frozen=True):
    """What a run costs: size that is sent and steps."""

    width_px: int
    height_px: int
    steps: int

    @property
    def cost(self) -> float:
        """Return width x height x steps / 10**6."""
        return self.width_px * self.height_px * self.steps / 1e6


def cost_of_run(
    workflow: Workflow,
    photo_size: tuple[int, int],
    long_edge_px: int,
    parameters: Mapping[str, Value],
) -> RunCost:
    """Return what a run costs, before anything is prepared.

    Args:
        workflow: The workflow.
        photo_size: Upright width and height of the photo, pixels, >= 1.
        long_edge_px: As asked for; 0: near 1 megapixel.
        parameters: Values of its form.

    Raises:
        RabbitError: a parameter that it does not have, or a wrong value.
    """
    graph = build_workflow(workflow, WorkflowValues(filename_prefix="", parameters=parameters))
    plan = plan_canvas(
        *photo_size,
        long_edge_px=long_edge_px,
        kontext_sizes=needs_kontext_sizes(workflow.graph),
    )
    steps = steps_of(graph, workflow.manifest.output.node)
    return RunCost(plan.width_px, plan.height_px, steps)


def check_budget(
    graph: Graph, width_px: int, height_px: int, limit: float, output: str = ""
) -> None:
    """Refuse a run that costs more than *limit*; 0: no limit.

    Args:
        graph: As it would be sent.
        width_px: Of the picture that is sent.
        height_px: As above.
        limit: ``comfyui.max_compute``.
        output: The node whose picture is the result; empty: every node counts.

    Raises:
        RabbitError: ``over_budget`` with the figures.
    """
    check_cost(RunCost(width_px, height_px, steps_of(graph, output)), limit)


def check_cost(run: RunCost, limit: float) -> None:
    """Refuse a run that costs more than *limit*; 0: no limit.

    Raises:
        RabbitError: ``over_budget`` with the figures.
    """
    if limit and run.cost > limit:
        raise RabbitError(
            ErrorKind.OVER_BUDGET,
            f"The run costs {run.cost:.1f} ({run.width_px} x {run.height_px} px x {run.steps} "
            f"steps / 1000000), the budget is {limit:g}.",
            "Take fewer steps, or raise comfyui.max_compute in config.yaml.",
            {"cost": f"{run.cost:.3f}", "limit": f"{limit:g}"},
        )


def steps_of(graph: Graph, output: str = "") -> int:
    """Return the steps of all samplers that *output* depends on, summed; empty: of all there are.

    A scheduler counts once for each sampler that it feeds, and not at all where it feeds none.
    """
    counted = _needed(graph, output) if output in graph else set(graph)
    fed = set(_schedulers(graph))
    total = 0
    for node_id, node in nodes(graph):
        if node_id not in counted or node_id in fed:
            continue
        inputs = mapping(node.get("inputs"))
        sigmas = inputs.get("sigmas")
        if link(sigmas) is not None:
            if not _passes_sigmas_on(node):
                total += _steps_behind(graph, sigmas)
        else:
            total += _own_steps(graph, inputs)
    return total


def _own_steps(graph: Graph, inputs: dict[str, Any]) -> int:
    """Return the steps that a sampler with a schedule of its own takes."""
    steps = _whole(graph, inputs.get("steps"))
    if steps is None:
        return 0
    first = _whole(graph, inputs.get("start_at_step")) or 0
    last = _whole(graph, inputs.get("end_at_step"))
    return max((steps if last is None else min(last, steps)) - first, 0)


def _steps_behind(graph: Graph, sigmas: object, depth: int = 0) -> int:
    """Return the steps of the schedule that a link leads to, also through nodes that split it."""
    source = link(sigmas)
    if source is None or depth > _DEEPEST:
        return 0
    node = mapping(graph.get(source))
    inputs = mapping(node.get("inputs"))
    behind = inputs.get("sigmas")
    if link(behind) is None:
        return _whole(graph, inputs.get("steps")) or 0
    steps = _steps_behind(graph, behind, depth + 1)
    if text(node.get("class_type")) == "SplitSigmas":
        at = min(_whole(graph, inputs.get("step")) or 0, steps)
        return steps - at if items(sigmas)[1] == _LOW_SIGMAS else at
    return steps


def _schedulers(graph: Graph) -> Iterator[str]:
    """Yield the nodes whose steps are told by whom they feed, and those that only pass them on."""
    for node_id, node in nodes(graph):
        if "Scheduler" in text(node.get("class_type")):
            yield node_id
        source = link(mapping(node.get("inputs")).get("sigmas"))
        if source is not None:
            yield source


def _passes_sigmas_on(node: dict[str, Any]) -> bool:
    """Whether a node that takes a schedule is no sampler: it has nothing to be sampled."""
    inputs = mapping(node.get("inputs"))
    return not any(name in inputs for name in ("latent_image", "sampler", "guider", "positive"))


def _whole(graph: Graph, value: object) -> int | None:
    """Return a whole number, also one that stands in a node of its own."""
    source = link(value)
    if source is not None:
        value = mapping(mapping(graph.get(source)).get("inputs")).get("value")
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _needed(graph: Graph, output: str) -> set[str]:
    """Return the nodes that *output* depends on, itself too."""
    waiting, found = [output], set[str]()
    while waiting:
        node_id = waiting.pop()
        if node_id in found or node_id not in graph:
            continue
        found.add(node_id)
        for value in mapping(mapping(graph[node_id]).get("inputs")).values():
            source = link(value)
            if source is not None:
                waiting.append(source)
    return found
