"""Turns a file of ComfyUI's window (nodes and links) into a graph, where that can be done right.

The window keeps the values of a node as a bare list, without names: which value belongs to which
input is known only together with the host's ``/object_info``. Where anything does not add up, the
file is refused, for a value at the wrong input would run and be wrong.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from daemon.comfyui.graph import Graph
from daemon.comfyui.lenient import items, mapping, text
from daemon.comfyui.model_folders import is_model_file, model_folder
from daemon.comfyui.object_info import InputSpec, ObjectInfo

_MUTED, _BYPASSED = 2, 4
_NOTES = ("Note", "MarkdownNote")
_REROUTE, _PRIMITIVE = "Reroute", "PrimitiveNode"
_PLAIN = ("INT", "FLOAT", "STRING", "BOOLEAN", "COMBO")
_AFTER_GENERATE = {"fixed", "increment", "decrement", "randomize", "increment-wrap"}
_MOST_STEPS = 100


class WindowFormatError(Exception):
    """The file cannot be converted; the text says why."""


class _Source(NamedTuple):
    node: str
    slot: int


class _Literal(NamedTuple):
    value: Any


def is_window_format(document: object) -> bool:
    """Whether a JSON document is what ComfyUI's window saves, not what it exports."""
    return isinstance(mapping(document).get("nodes"), list)


def convert(document: dict[str, Any], info: ObjectInfo) -> Graph:
    """Return the graph that ComfyUI's window would send for a file of its own.

    Args:
        document: The file: ``nodes``, ``links``, ...
        info: Of a host that has the nodes.

    Raises:
        WindowFormatError: it cannot be done right.
    """
    return _Conversion(document, info).graph()


class _Conversion:
    """One file on its way."""

    def __init__(self, document: dict[str, Any], info: ObjectInfo) -> None:
        self._info = info
        if items(mapping(document.get("definitions")).get("subgraphs")):
            raise WindowFormatError("it has subgraphs")
        if mapping(mapping(document.get("extra")).get("groupNodes")):
            raise WindowFormatError("it has group nodes")
        self._nodes = {
            str(node.get("id")): node for node in map(mapping, items(document.get("nodes")))
        }
        self._links = dict(_links(document))

    def graph(self) -> Graph:
        """Return it."""
        found: Graph = {}
        for node_id, node in self._nodes.items():
            if self._stands_in_graph(node_id, node):
                found[node_id] = self._node(node_id, node)
        if not found:
            raise WindowFormatError("it holds no nodes that run")
        return found

    def _stands_in_graph(self, node_id: str, node: dict[str, Any]) -> bool:
        class_type = text(node.get("type"))
        if node.get("mode") in (_MUTED, _BYPASSED):
            return False
        if class_type in (*_NOTES, _REROUTE, _PRIMITIVE):
            return False
        if class_type in self._info:
            return True
        wired = any(mapping(one).get("link") is not None for one in items(node.get("inputs")))
        wired = wired or any(items(mapping(one).get("links")) for one in items(node.get("outputs")))
        if wired or not class_type:
            raise WindowFormatError(
                f"node {node_id} is a '{class_type}', which the host that was asked does not have"
            )
        return False  # a note or a label of the window

    def _node(self, node_id: str, node: dict[str, Any]) -> dict[str, Any]:
        class_type = text(node.get("type"))
        inputs = self._values(node_id, node, class_type)
        for one in map(mapping, items(node.get("inputs"))):
            name, link_id = text(one.get("name")), one.get("link")
            if link_id is None:
                continue
            name = text(mapping(one.get("widget")).get("name")) or name
            source = self._source(link_id)
            if isinstance(source, _Source):
                inputs[name] = [source.node, source.slot]
            elif isinstance(source, _Literal):
                inputs[name] = source.value
            else:
                inputs.pop(name, None)
        title = text(node.get("title")) or class_type
        return {"class_type": class_type, "inputs": inputs, "_meta": {"title": title}}

    # ------------------------------------------------------------ links

    def _source(self, link_id: object) -> _Source | _Literal | None:
        """Return what really feeds a link: behind reroutes, primitives and bypassed nodes."""
        for _ in range(_MOST_STEPS):
            origin = self._links.get(link_id) if isinstance(link_id, int) else None
            if origin is None or origin.node not in self._nodes:
                raise WindowFormatError(f"link {link_id} leads to no node")
            node = self._nodes[origin.node]
            class_type = text(node.get("type"))
            if node.get("mode") == _MUTED:
                return None
            if class_type == _PRIMITIVE:
                values = items(node.get("widgets_values"))
                if not values:
                    raise WindowFormatError(f"the primitive {origin.node} has no value")
                return _Literal(values[0])
            if class_type == _REROUTE:
                link_id = mapping((items(node.get("inputs")) or [None])[0]).get("link")
            elif node.get("mode") == _BYPASSED:
                link_id = _through(node, origin.slot)
            else:
                return origin
            if link_id is None:
                return None
        raise WindowFormatError("its links run in a circle")

    # ------------------------------------------------------------ values

    def _values(self, node_id: str, node: dict[str, Any], class_type: str) -> dict[str, Any]:
        """Return the values of a node by input."""
        given = node.get("widgets_values")
        specs = self._info.inputs(class_type)
        if isinstance(given, dict):
            return {n: v for n, v in mapping(given).items() if n in specs and _is_widget(specs[n])}
        values = list(items(given))
        found: dict[str, Any] = {}
        widgets, certain = self._widgets(node, class_type)
        for name, spec in widgets:
            if not values:
                # Inputs that were added after the file was saved have their defaults; the window
                # itself takes them so.
                break
            value = values.pop(0)
            _check(node_id, class_type, name, value, spec)
            found[name] = value
            if spec.subfields is not None:
                raise WindowFormatError(f"node {node_id} ({class_type}) has fields that change")
            if values and _has_companion(name, spec, values[0]):
                values.pop(0)
        # What only the window shows (a text, a comparison) stands at the end.
        left = [value for value in values if value not in (None, "", "image")]
        if left and widgets and not certain:
            raise WindowFormatError(
                f"node {node_id} ({class_type}) has more values than the host's node takes"
            )
        return found

    def _widgets(
        self, node: dict[str, Any], class_type: str
    ) -> tuple[list[tuple[str, InputSpec]], bool]:
        """Return the inputs of a node that hold values, in their order; and whether it is certain.

        Newer windows list every value as an input: then the file itself tells the order.
        """
        specs = {n: s for n, s in self._info.inputs(class_type).items() if _is_widget(s)}
        named = [
            text(mapping(mapping(one).get("widget")).get("name"))
            for one in items(node.get("inputs"))
        ]
        listed = [name for name in named if name in specs]
        if listed and len(set(listed)) == len(listed) and set(listed) == set(specs):
            return [(name, specs[name]) for name in listed], True
        return list(specs.items()), False


def _links(document: dict[str, Any]) -> list[tuple[int, _Source]]:
    """Return (link, where it comes from); a link is a list or, in newer files, an object."""
    found: list[tuple[int, _Source]] = []
    for link in items(document.get("links")):
        parts, entry = items(link), mapping(link)
        if len(parts) >= 5:
            link_id, node, slot = parts[0], parts[1], parts[2]
        else:
            link_id, node = entry.get("id"), entry.get("origin_id")
            slot = entry.get("origin_slot")
        if not isinstance(link_id, int) or not isinstance(slot, int):
            raise WindowFormatError("a link is malformed")
        found.append((link_id, _Source(str(node), slot)))
    return found


def _through(node: dict[str, Any], slot: int) -> object:
    """Return the link that a bypassed node passes on: an input of the same type."""
    outputs, inputs = items(node.get("outputs")), [mapping(i) for i in items(node.get("inputs"))]
    kind = mapping(outputs[slot]).get("type") if slot < len(outputs) else None
    same = [one for one in inputs if one.get("type") == kind and "widget" not in one]
    if slot < len(inputs) and inputs[slot] in same:
        return inputs[slot].get("link")
    return same[0].get("link") if same else None


def _is_widget(spec: InputSpec) -> bool:
    return spec.kind in _PLAIN and not spec.options.get("forceInput")


def _has_companion(name: str, spec: InputSpec, following: object) -> bool:
    """Whether the window keeps a second value beside this one: for the next seed, or an upload."""
    if spec.options.get("control_after_generate") or name in {"seed", "noise_seed"}:
        return isinstance(following, str) and following in _AFTER_GENERATE
    uploads = ("image_upload", "video_upload", "audio_upload", "animated_image_upload")
    return any(spec.options.get(one) for one in uploads) and following in (None, "", "image")


def _check(node_id: str, class_type: str, name: str, value: object, spec: InputSpec) -> None:
    """Make sure that a value may stand at an input: else the list is of another version."""
    number = isinstance(value, int | float) and not isinstance(value, bool)
    fits = {
        "INT": number and float(str(value)).is_integer() if number else False,
        "FLOAT": number,
        "STRING": isinstance(value, str),
        "BOOLEAN": isinstance(value, bool),
    }.get(spec.kind)
    if spec.kind == "COMBO":
        a_file = model_folder(class_type, name) or is_model_file(value)
        uploaded = any(key.endswith("_upload") for key in spec.options)
        known = value in (spec.choices or ())
        fits = known or (isinstance(value, str) and bool(a_file or uploaded))
    if not fits:
        raise WindowFormatError(
            f"node {node_id} ({class_type}): {value!r} does not fit '{name}' of the host's node"
        )
