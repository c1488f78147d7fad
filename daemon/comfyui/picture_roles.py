"""What each picture of a graph is for, found by the links that lead from it to the result."""

from __future__ import annotations

import enum
from typing import NamedTuple

from daemon.comfyui.graph import Graph
from daemon.comfyui.graph_links import class_of, of_class, sources_of, uses
from daemon.comfyui.object_info import ObjectInfo

_LOADERS = ("LoadImage", "LoadImageMask")
_MASK_OUTPUT = 1
_MASK_LOADER = "LoadImageMask"
_MASK_INPUTS = ("mask", "alpha", "noise_mask")
_REFERENCE_INPUTS = (
    "clip_vision_output",
    "ipadapter",
    "image_ref",
    "reference_image",
    "reference",
    "style_image",
    "face_image",
    "style_model",
)
_SIZE_INPUTS = ("width", "height", "batch_size")
_CONDITIONING_INPUTS = ("positive", "negative", "conditioning", "guider", "cond1", "cond2")
_MODEL_INPUTS = ("model", "clip", "vae")
# Nodes that paint their picture into what is sampled; their conditioning only carries it along.
_PICTURE_CARRIERS = ("InpaintModelConditioning", "InstructPixToPixConditioning")


class Role(enum.IntEnum):
    """What a picture is for; the strongest of several counts."""

    NONE = 0
    SIZE = 1
    CONTROL = 2
    REFERENCE = 3
    MASK = 4
    PICTURE = 5


class FoundPicture(NamedTuple):
    """One loader of a graph.

    Attributes:
        node: Its id.
        input: Where the file's name goes.
        role: What its picture is for.
        gives_mask: Its transparency is used as a mask.
        order: Smaller stands nearer the front: first operand before second.
    """

    node: str
    input: str
    role: Role
    gives_mask: bool
    order: tuple[int, ...]


def find_pictures(graph: Graph, output: str, info: ObjectInfo | None) -> list[FoundPicture]:
    """Return the loaders of *graph*, the one that looks most like the photo first.

    Args:
        graph: The graph.
        output: The node whose pictures are the result; '' where there is none.
        info: The host's nodes, which know more loaders; None: only ComfyUI's own count.
    """
    paths = _roles(graph, output)
    outgoing = uses(graph)
    found: list[FoundPicture] = []
    for node_id, name in _loaders(graph, info):
        slots = {use.slot for use in outgoing.get(node_id, ())}
        is_mask = class_of(graph, node_id) == _MASK_LOADER
        ways = paths.get(node_id, {})
        picture_ways = {role: way for (role, slot), way in ways.items() if slot != _MASK_OUTPUT}
        role = max(picture_ways, default=Role.NONE)
        if is_mask:
            role = Role.MASK
        gives_mask = not is_mask and _MASK_OUTPUT in slots
        if role is Role.NONE and gives_mask:
            used_mask_only = slots == {_MASK_OUTPUT}
            role = Role.MASK if used_mask_only and ways else Role.NONE
        found.append(FoundPicture(node_id, name, role, gives_mask, picture_ways.get(role, (99,))))
    return sorted(found, key=lambda one: (-one.role, one.order))


def _loaders(graph: Graph, info: ObjectInfo | None) -> list[tuple[str, str]]:
    """Return (node, input) of everything that takes an uploaded picture."""
    found = [(node_id, "image") for node_id in of_class(graph, *_LOADERS)]
    if info is None:
        return found
    known = {node_id for node_id, _ in found}
    for node_id in graph:
        for name, spec in info.inputs(class_of(graph, node_id)).items():
            if node_id not in known and spec.options.get("image_upload") is True:
                found.append((node_id, name))
    return found


_Ways = dict[str, dict[tuple[Role, int], tuple[int, ...]]]


def _roles(graph: Graph, output: str) -> _Ways:
    """Return for every node in which roles it is reached from the result, and by which way.

    A way is the numbers of the pictures' inputs that were taken, so that a first operand sorts
    before a second one.
    """
    found: _Ways = {}
    waiting: list[tuple[str, Role, tuple[int, ...]]] = [(output, Role.PICTURE, ())]
    seen: set[tuple[str, Role]] = set()
    while waiting:
        node_id, role, way = waiting.pop(0)
        if node_id not in graph or (node_id, role) in seen:
            continue
        seen.add((node_id, role))
        class_type = class_of(graph, node_id)
        number = 0
        for name, fed_by in sources_of(graph, node_id).items():
            then = _role_behind(class_type, name, role)
            if then is None:
                continue
            ways = found.setdefault(fed_by.node, {})
            its_way = (*way, number)
            ways[then, fed_by.slot] = min(ways.get((then, fed_by.slot), its_way), its_way)
            waiting.append((fed_by.node, then, its_way))
            number += then is Role.PICTURE or then is Role.REFERENCE
    return found


def _role_behind(class_type: str, name: str, role: Role) -> Role | None:
    """Return what is behind an input is for; None: nothing that a picture could be."""
    plain = name.rsplit(".", 1)[-1].rstrip("0123456789_").lower()
    if name.lower() in _SIZE_INPUTS:
        return Role.SIZE
    if plain.endswith(_MASK_INPUTS):
        return Role.MASK
    if "ControlNet" in class_type and plain in {"image", "pixels", "control_image"}:
        return Role.CONTROL
    if class_type in _PICTURE_CARRIERS and plain == "pixels":
        return Role.PICTURE
    if plain in _REFERENCE_INPUTS or class_type.startswith("IPAdapter"):
        return Role.REFERENCE
    if name in _CONDITIONING_INPUTS or plain == "conditioning" or name in _MODEL_INPUTS:
        # The nodes that condition the sampler are passed as what they are until a picture is met.
        return Role.REFERENCE if role in {Role.PICTURE, Role.REFERENCE} else role
    return role
