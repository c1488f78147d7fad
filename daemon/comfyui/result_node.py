"""Which node of a graph gives the result, and a graph made ready for it."""

from __future__ import annotations

import copy
from typing import NamedTuple

from daemon.comfyui.graph import Graph, nodes
from daemon.comfyui.graph_links import class_of, of_class, sources_of, uses
from daemon.comfyui.object_info import ObjectInfo

_SAVERS = ("SaveImage",)
# They show or send the same pictures; a SaveImage in their place keeps them where they are fetched.
_SHOWERS = ("SaveImageWebsocket", "PreviewImage")
_ONLY_FOR_EYES = (
    *_SHOWERS,
    "MaskPreview",
    "PreviewAny",
    "ShowText|pysssss",
    "Note",
    "MarkdownNote",
)
PREFIX = "filename_prefix"


class ReadyGraph(NamedTuple):
    """A graph whose result can be fetched, and what was changed for that, in sentences."""

    graph: Graph
    notes: tuple[str, ...]


def savers(graph: Graph, info: ObjectInfo | None = None) -> list[str]:
    """Return the nodes that write pictures under a prefix of ours."""
    found = of_class(graph, *_SAVERS)
    for node_id, node in nodes(graph):
        inputs = sources_of(graph, node_id)
        takes_prefix = PREFIX in node.get("inputs", {}) and PREFIX not in inputs
        if node_id not in found and takes_prefix and ("images" in inputs or "image" in inputs):
            outputs = info is None or class_of(graph, node_id) in info
            found += [node_id] if outputs and not _is_video(class_of(graph, node_id)) else []
    return found


def make_ready(graph: Graph) -> ReadyGraph:
    """Return a copy of *graph* that saves its picture; as it is, where it does so already."""
    if savers(graph):
        return ReadyGraph(graph, ())
    shown = [one for one in of_class(graph, *_SHOWERS) if "images" in sources_of(graph, one)]
    if not shown:
        return ReadyGraph(graph, ())
    ready = copy.deepcopy(graph)
    notes: list[str] = []
    for node_id in shown:
        class_type = class_of(graph, node_id)
        ready[node_id]["class_type"] = "SaveImage"
        ready[node_id]["inputs"][PREFIX] = "RabbitViewer"
        notes.append(f"{class_type} {node_id} became a SaveImage, so that its picture is kept.")
    return ReadyGraph(ready, tuple(notes))


def only_result(graph: Graph, output: str) -> ReadyGraph:
    """Return a copy of *graph* without the ends that are not *output*.

    A second end takes the host time and space, and a host that refuses one of two ends still runs
    the other.
    """
    fed = uses(graph)
    ends = [
        node_id
        for node_id in of_class(graph, *_SAVERS, *_ONLY_FOR_EYES)
        if node_id != output and not fed.get(node_id)
    ]
    if not ends:
        return ReadyGraph(graph, ())
    kept = {node_id: copy.deepcopy(node) for node_id, node in graph.items() if node_id not in ends}
    words = ", ".join(f"{class_of(graph, node_id)} {node_id}" for node_id in ends)
    return ReadyGraph(kept, (f"Left out, since it is not the result: {words}.",))


def _is_video(class_type: str) -> bool:
    return any(word in class_type for word in ("Video", "Audio", "Animated", "WEBM", "GLB", "Mesh"))
