"""How a node is called: its inputs are lists, and what it gives becomes lists again.

Every output slot holds a list of values, nearly always of one. A node is run once for every value
of its longest input, shorter ones repeat their last value; a node that takes lists is run once.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from daemon.builtin_host.nodes.base import NodeClass, NodeContext, NodeResult
from daemon.builtin_host.values import MAX_LIST, Json, is_link, out_of_memory

Lists = dict[str, list[Any]]


@dataclass(frozen=True)
class Held:
    """What a node gave.

    Attributes:
        slots: The list of values of every output slot.
        ui: What the client is shown; empty for nothing.
    """

    slots: tuple[list[Any], ...]
    ui: Json = field(default_factory=dict[str, Any])


def gather(node_class: NodeClass, node: Json, held: Mapping[str, Held]) -> Lists:
    """The inputs of a node of the graph, by name; lazy ones that have not run are left out."""
    inputs: Json = node["inputs"]
    declared = node_class.inputs(inputs)
    lists: Lists = {}
    for name, value in inputs.items():
        if name not in declared and not (node_class.takes_surplus and not is_link(value)):
            continue
        if not is_link(value):
            lists[name] = [value]
        elif value[0] in held:
            lists[name] = held[value[0]].slots[value[1]]
    return lists


def call(node_class: NodeClass, lists: Lists, context: NodeContext) -> Held:
    """Run a node for all its inputs.

    Raises:
        NodeFailed: it cannot do what it was asked, or gives more values than fit.
        Interrupted: the prompt was cancelled.
    """
    if node_class.takes_lists:
        results = [node_class.run(lists, context)]
    else:
        count = max((len(values) for values in lists.values()), default=1)
        results: list[NodeResult] = []
        for number in range(count):
            context.checkpoint()
            inputs = {name: values[min(number, len(values) - 1)] for name, values in lists.items()}
            results.append(node_class.run(inputs, context))
    return Held(_join_slots(node_class, results), _join_ui([result.ui for result in results]))


def size_bytes(slots: Iterable[list[Any]]) -> int:
    """Memory that the arrays in *slots* keep, each counted once; a view keeps all it looks at."""
    owners: dict[int, int] = {}
    for values in slots:
        for value in values:
            if isinstance(value, np.ndarray):
                owner = _owner(value)
                owners[id(owner)] = owner.nbytes
    return sum(owners.values())


def _owner(array: npt.NDArray[Any]) -> npt.NDArray[Any]:
    while isinstance(array.base, np.ndarray):
        array = array.base
    return array


def _join_slots(node_class: NodeClass, results: list[NodeResult]) -> tuple[list[Any], ...]:
    slots: list[list[Any]] = []
    for slot, is_list in enumerate(node_class.lists):
        values: list[Any] = []
        for result in results:
            given = result.outputs[slot]
            values += given if is_list else [given]
            if len(values) > MAX_LIST:
                raise out_of_memory(f"A list of more than {MAX_LIST} values", "", 8 * len(values))
        slots.append(values)
    return tuple(slots)


def _join_ui(uis: list[Json]) -> Json:
    shown = [ui for ui in uis if ui]
    return {key: [item for ui in shown for item in ui[key]] for key in shown[0]} if shown else {}
