"""Nodes about truth, choice, lists, and showing any value as text."""

from __future__ import annotations

import json
from typing import Any

import numpy as np

from daemon.builtin_host.nodes.base import NodeContext, NodeResult, Run, Wanted
from daemon.builtin_host.nodes.dynamic_inputs import grown
from daemon.builtin_host.values import Json, NodeFailed


def switch(inputs: Json, context: NodeContext) -> NodeResult:
    """ComfySwitchNode: one of two values; only the branch that is wanted is run."""
    del context
    return NodeResult((inputs[_branch(inputs)],))


def wanted_branch(inputs: Json) -> tuple[str, ...]:
    """The lazy input that the switch needs."""
    return (_branch(inputs),)


def negation(inputs: Json, context: NodeContext) -> NodeResult:
    """ComfyNotNode: whether the value counts as false in Python."""
    del context
    return NodeResult((not _truth(inputs["value"]),))


def conjunction(inputs: Json, context: NodeContext) -> NodeResult:
    """ComfyAndNode: whether all values count as true in Python."""
    del context
    return NodeResult((all(_truth(value) for value in grown(inputs, "values").values()),))


def disjunction(inputs: Json, context: NodeContext) -> NodeResult:
    """ComfyOrNode: whether any value counts as true in Python."""
    del context
    return NodeResult((any(_truth(value) for value in grown(inputs, "values").values()),))


def create_list(inputs: Json, context: NodeContext) -> NodeResult:
    """CreateList: all values one after another; what follows is run for each of them."""
    del context
    return NodeResult(([item for values in grown(inputs, "inputs").values() for item in values],))


def preview_any(inputs: Json, context: NodeContext) -> NodeResult:
    """PreviewAny: shows any value as text and gives that text."""
    del context
    text = say(inputs.get("source"))
    return NodeResult((text,), {"text": [text]})


def say(value: Any) -> str:  # noqa: ANN401  # anything that an output may hold
    """A value as the node shows it: text as it is, objects as JSON, pictures by their size."""
    if isinstance(value, str):
        return value
    if value is None or isinstance(value, int | float):
        return str(value)
    if isinstance(value, np.ndarray):
        return f"tensor of shape {list(value.shape)}"
    try:
        return json.dumps(value, indent=4, ensure_ascii=False)
    except (TypeError, ValueError):
        return str(value)


def _branch(inputs: Json) -> str:
    return "on_true" if inputs["switch"] else "on_false"


def _truth(value: Any) -> bool:  # noqa: ANN401
    if isinstance(value, np.ndarray) and value.size != 1:
        said = "Boolean value of Tensor with more than one value is ambiguous"
        raise NodeFailed(said, "RuntimeError")
    return bool(value)


RUNS: dict[str, Run] = {
    "ComfySwitchNode": switch,
    "ComfyNotNode": negation,
    "ComfyAndNode": conjunction,
    "ComfyOrNode": disjunction,
    "CreateList": create_list,
    "PreviewAny": preview_any,
}
WANTED: dict[str, Wanted] = {"ComfySwitchNode": wanted_branch}
