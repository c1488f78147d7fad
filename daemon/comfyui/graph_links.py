"""Who feeds whom in a graph: pure functions that follow its links."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from daemon.comfyui.graph import Graph, nodes
from daemon.comfyui.lenient import items, mapping


class Source(NamedTuple):
    """What a linked input gets: a node's id and the number of its output."""

    node: str
    slot: int


class Use(NamedTuple):
    """Where an output goes: a node's id, its input, and the number of the output."""

    node: str
    input: str
    slot: int


def class_of(graph: Graph, node_id: str) -> str:
    """Return a node's class, '' for a node that is not there."""
    return str(mapping(graph.get(node_id)).get("class_type") or "")


def title_of(graph: Graph, node_id: str) -> str:
    """Return the title that its owner gave a node; '' where it only repeats the class."""
    title = str(mapping(mapping(graph.get(node_id)).get("_meta")).get("title") or "")
    return "" if title == class_of(graph, node_id) else title


def values_of(graph: Graph, node_id: str) -> dict[str, object]:
    """Return the inputs of a node that hold a value."""
    inputs = mapping(mapping(graph.get(node_id)).get("inputs"))
    return {name: value for name, value in inputs.items() if source(value) is None}


def sources_of(graph: Graph, node_id: str) -> dict[str, Source]:
    """Return what feeds the linked inputs of a node, in their order."""
    inputs = mapping(mapping(graph.get(node_id)).get("inputs"))
    linked = {name: source(value) for name, value in inputs.items()}
    return {name: found for name, found in linked.items() if found is not None}


def source(value: object) -> Source | None:
    """Return what a linked input gets, None where it holds a value."""
    parts = items(value)
    if len(parts) != 2 or isinstance(parts[1], bool) or not isinstance(parts[1], int):
        return None
    return Source(parts[0], parts[1]) if isinstance(parts[0], str) else None


def uses(graph: Graph) -> dict[str, list[Use]]:
    """Return for every node where its outputs go."""
    found: dict[str, list[Use]] = {node_id: [] for node_id, _ in nodes(graph)}
    for node_id, _ in nodes(graph):
        for name, fed_by in sources_of(graph, node_id).items():
            found.setdefault(fed_by.node, []).append(Use(node_id, name, fed_by.slot))
    return found


def upstream(graph: Graph, start: str) -> list[str]:
    """Return *start* and every node that it depends on, the nearest first."""
    order, seen = [start], {start}
    for node_id in order:
        for fed_by in sources_of(graph, node_id).values():
            if fed_by.node not in seen and fed_by.node in graph:
                seen.add(fed_by.node)
                order.append(fed_by.node)
    return order


def of_class(graph: Graph, *class_types: str) -> list[str]:
    """Return the nodes of these classes, in the graph's order."""
    return [node_id for node_id, node in nodes(graph) if node.get("class_type") in class_types]


def each_value(graph: Graph, node_ids: list[str]) -> Iterator[tuple[str, str, object]]:
    """Yield (node, input, value) of every input that holds a value."""
    for node_id in node_ids:
        for name, value in values_of(graph, node_id).items():
            yield node_id, name, value
