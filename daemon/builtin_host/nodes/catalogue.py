"""Every node the host runs, and what ``/object_info`` says about it."""

from __future__ import annotations

import copy
import json
from importlib import resources
from typing import TypeAlias

from daemon.builtin_host.folders import HostFolders
from daemon.builtin_host.nodes import compositing, grading, loading, masks, saving, scaling
from daemon.builtin_host.nodes.base import NodeClass, Run
from daemon.builtin_host.values import Json

Catalogue: TypeAlias = dict[str, NodeClass]

_FILE_NODES = ("LoadImage", "LoadImageMask")
_CORE: dict[str, Run] = {
    "LoadImage": loading.load_image,
    "LoadImageMask": loading.load_image_mask,
    "SaveImage": saving.save_image,
    "PreviewImage": saving.preview_image,
    "ImageScale": scaling.image_scale,
    "ImageScaleToTotalPixels": scaling.image_scale_to_total_pixels,
    "FluxKontextImageScale": scaling.flux_kontext_image_scale,
    "ImageInvert": compositing.image_invert,
    "ImageBlend": compositing.image_blend,
    "ImageCompositeMasked": compositing.image_composite_masked,
    "ImageCrop": compositing.image_crop,
    "ImagePadForOutpaint": compositing.image_pad_for_outpaint,
    "ImageToMask": masks.image_to_mask,
    "MaskToImage": masks.mask_to_image,
    "InvertMask": masks.invert_mask,
    "GrowMask": masks.grow_mask,
    "FeatherMask": masks.feather_mask,
}


def build_catalogue() -> Catalogue:
    """All node classes by name: ComfyUI's core nodes first, then our own.

    The schemas of the core nodes are the real server's answers (``core_nodes.json``, version
    0.33.0), so that validation and ``/object_info`` cannot drift from it.
    """
    text = (
        resources.files("daemon.builtin_host.nodes").joinpath("core_nodes.json").read_text("utf-8")
    )
    schemas: dict[str, Json] = json.loads(text)
    nodes = {name: _core_node(name, schemas[name]) for name in _CORE}
    nodes[grading.NODE.name] = grading.NODE
    return nodes


def describe(node: NodeClass, folders: HostFolders) -> Json:
    """The document of one node class, its file lists filled in."""
    schema = copy.deepcopy(node.schema)
    if node.name in _FILE_NODES:
        schema["input"]["required"]["image"][0] = folders.list_images()
    return schema


def _core_node(name: str, schema: Json) -> NodeClass:
    if name not in _FILE_NODES:
        return NodeClass(schema, _CORE[name])
    return NodeClass(
        schema,
        _CORE[name],
        fingerprint=loading.content_hash,
        check=loading.check_exists,
        checked_inputs=("image",),
    )
