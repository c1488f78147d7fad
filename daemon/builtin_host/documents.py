"""What messages about nodes hold: which node, which failure, which inputs."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from daemon.builtin_host.calls import Lists
from daemon.builtin_host.prompt_queue import QueueItem
from daemon.builtin_host.values import Json, NodeFailed

_SAID_CHARACTERS = 2000


def node_data(node_id: str) -> Json:
    """The part of ``executing`` and ``executed`` that names the node."""
    return {"node": node_id, "display_node": node_id}


def meta(node_id: str) -> Json:
    """What the history's ``meta`` says of a node with outputs."""
    return {
        "node_id": node_id,
        "display_node": node_id,
        "parent_node": None,
        "real_node_id": node_id,
    }


def preview_data(item: QueueItem, node_id: str) -> Json:
    """The metadata of a preview."""
    return {
        "node_id": node_id,
        "prompt_id": item.prompt_id,
        "display_node_id": node_id,
        "parent_node_id": None,
        "real_node_id": node_id,
    }


def failure_data(item: QueueItem, node_id: str, executed: Sequence[str]) -> Json:
    """What the end of a run at a node says: which node, and what had run before."""
    return {
        "node_id": node_id,
        "node_type": item.prompt[node_id]["class_type"],
        "executed": list(executed),
    }


def error_data(
    item: QueueItem, node_id: str, executed: Sequence[str], inputs: Lists, error: Exception
) -> Json:
    """The data of ``execution_error``; paths of this machine are never in it."""
    text = "The built-in host ran out of memory." if isinstance(error, MemoryError) else str(error)
    return {
        **failure_data(item, node_id, executed),
        "exception_message": f"{text}\n",
        "exception_type": _kind(error),
        "traceback": [],
        "current_inputs": {name: [_say(v) for v in values] for name, values in inputs.items()},
        "current_outputs": list(item.prompt),
    }


def _kind(error: Exception) -> str:
    """The exception's full name, or the one that the real server gives for it."""
    if isinstance(error, NodeFailed) and error.kind:
        return error.kind
    kind = type(error)
    module = "" if kind.__module__ == "builtins" else f"{kind.__module__}."
    return f"{module}{kind.__qualname__}"


def _say(value: object) -> object:
    if isinstance(value, np.ndarray):
        return f"array {' x '.join(str(side) for side in value.shape)}"
    if isinstance(value, str) and len(value) > _SAID_CHARACTERS:
        return f"{value[:_SAID_CHARACTERS]}… ({len(value)} characters)"
    return value
