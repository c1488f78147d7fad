"""Nodes that make, change and combine masks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from daemon.builtin_host.nodes.base import NodeContext, NodeResult, Run
from daemon.builtin_host.nodes.saving import preview
from daemon.builtin_host.values import Image, Json, Mask, NodeFailed, require_size

_CHANNELS = ("red", "green", "blue", "alpha")


def image_to_mask(inputs: Json, context: NodeContext) -> NodeResult:
    """ImageToMask: one channel of ``image``."""
    del context
    image: Image = inputs["image"]
    channel = _CHANNELS.index(inputs["channel"])
    if channel >= image.shape[-1]:
        raise NodeFailed(
            f"index {channel} is out of bounds for dimension 3 with size {image.shape[-1]} "
            f"(the picture has no {_CHANNELS[channel]} channel)",
            "IndexError",
        )
    return NodeResult((np.ascontiguousarray(image[..., channel]),))


def mask_to_image(inputs: Json, context: NodeContext) -> NodeResult:
    """MaskToImage: the mask as three equal channels."""
    mask: Mask = inputs["mask"]
    return NodeResult((_as_gray(mask.reshape(-1, *mask.shape[-2:]), context),))


def invert_mask(inputs: Json, context: NodeContext) -> NodeResult:
    """InvertMask: ``1 - mask``."""
    del context
    return NodeResult((1 - inputs["mask"],))


def grow_mask(inputs: Json, context: NodeContext) -> NodeResult:
    """GrowMask: gray dilation by ``expand`` pixels, erosion when negative."""
    expand = int(inputs["expand"])
    mask: Mask = inputs["mask"] if expand >= 0 else -inputs["mask"]
    for _ in range(abs(expand)):
        context.checkpoint()
        grown = _dilate(mask, square=not inputs["tapered_corners"])
        if np.array_equal(grown, mask):
            break
        mask = grown
    return NodeResult((mask if expand >= 0 else -mask,))


def feather_mask(inputs: Json, context: NodeContext) -> NodeResult:
    """FeatherMask: ramps the mask down towards each edge over so many pixels."""
    context.checkpoint()
    mask: Mask = inputs["mask"]
    height_px, width_px = mask.shape[1:]
    columns = _ramp(width_px, int(inputs["left"])) * _ramp(width_px, int(inputs["right"]))[::-1]
    rows = _ramp(height_px, int(inputs["top"])) * _ramp(height_px, int(inputs["bottom"]))[::-1]
    return NodeResult((mask * columns[None, None, :] * rows[None, :, None],))


def solid_mask(inputs: Json, context: NodeContext) -> NodeResult:
    """SolidMask: one ``value`` everywhere."""
    height_px, width_px = int(inputs["height"]), int(inputs["width"])
    require_size(1, height_px, width_px, 1)
    context.checkpoint()
    return NodeResult((np.full((1, height_px, width_px), inputs["value"], np.float32),))


def threshold_mask(inputs: Json, context: NodeContext) -> NodeResult:
    """ThresholdMask: 1 above ``value``, 0 elsewhere."""
    del context
    return NodeResult(((inputs["mask"] > np.float32(inputs["value"])).astype(np.float32),))


def crop_mask(inputs: Json, context: NodeContext) -> NodeResult:
    """CropMask: a rectangle, cut off at the edges."""
    del context
    left, top = int(inputs["x"]), int(inputs["y"])
    rows, columns = (
        slice(top, top + int(inputs["height"])),
        slice(left, left + int(inputs["width"])),
    )
    cut = inputs["mask"][:, rows, columns]
    if not cut.size:
        raise NodeFailed("The rectangle lies outside the mask.", "RuntimeError")
    return NodeResult((cut.copy(),))


def mask_composite(inputs: Json, context: NodeContext) -> NodeResult:
    """MaskComposite: ``source`` at (x, y) on ``destination`` by an operation, clipped to 0..1."""
    context.checkpoint()
    out: Mask = inputs["destination"].copy()
    source: Mask = inputs["source"]
    left, top = int(inputs["x"]), int(inputs["y"])
    region = out[:, top : top + source.shape[1], left : left + source.shape[2]]
    if region.size:
        part = source[:, : region.shape[1], : region.shape[2]]
        region[:] = _OPERATIONS[inputs["operation"]](region, part)
    return NodeResult((np.clip(out, 0, 1),))


def image_color_to_mask(inputs: Json, context: NodeContext) -> NodeResult:
    """ImageColorToMask: 1 where a pixel, rounded to 8 bits, is exactly ``color`` (0xRRGGBB)."""
    context.checkpoint()
    levels = np.round(np.clip(inputs["image"], 0, 1) * np.float32(255)).astype(np.int64)
    numbers = (levels[..., 0] << 16) + (levels[..., 1] << 8) + levels[..., 2]
    return NodeResult(((numbers == int(inputs["color"])).astype(np.float32),))


def mask_preview(inputs: Json, context: NodeContext) -> NodeResult:
    """MaskPreview: shows the mask as a gray picture and passes it on."""
    mask: Mask = inputs["mask"]
    gray = _as_gray(mask, context)
    return NodeResult((mask,), {**preview(gray, context), "animated": [False]})


def _as_gray(mask: Mask, context: NodeContext) -> Image:
    count, height_px, width_px = mask.shape
    require_size(count, height_px, width_px, 3)
    context.checkpoint()
    return np.repeat(mask[..., None], 3, axis=-1)


def _ramp(length_px: int, feather_px: int) -> Mask:
    feather_px = min(feather_px, length_px)
    ramp = np.ones(length_px, np.float32)
    ramp[:feather_px] = np.arange(1, feather_px + 1) / max(feather_px, 1)
    return ramp


def _dilate(mask: Mask, *, square: bool) -> Mask:
    """Maximum over the four neighbours and oneself, or over all eight when *square*."""
    rows = mask.copy()
    np.maximum(rows[:, 1:], mask[:, :-1], out=rows[:, 1:])
    np.maximum(rows[:, :-1], mask[:, 1:], out=rows[:, :-1])
    source = rows if square else mask
    out = rows.copy()
    np.maximum(out[:, :, 1:], source[:, :, :-1], out=out[:, :, 1:])
    np.maximum(out[:, :, :-1], source[:, :, 1:], out=out[:, :, :-1])
    return out


def _whole(mask: Mask) -> npt.NDArray[np.bool_]:
    return np.round(mask).astype(bool)


_OPERATIONS: dict[str, Callable[[Mask, Mask], npt.NDArray[Any]]] = {
    "multiply": lambda a, b: a * b,
    "add": lambda a, b: a + b,
    "subtract": lambda a, b: a - b,
    "and": lambda a, b: _whole(a) & _whole(b),
    "or": lambda a, b: _whole(a) | _whole(b),
    "xor": lambda a, b: _whole(a) ^ _whole(b),
}

RUNS: dict[str, Run] = {
    "ImageToMask": image_to_mask,
    "MaskToImage": mask_to_image,
    "InvertMask": invert_mask,
    "GrowMask": grow_mask,
    "FeatherMask": feather_mask,
    "SolidMask": solid_mask,
    "ThresholdMask": threshold_mask,
    "CropMask": crop_mask,
    "MaskComposite": mask_composite,
    "ImageColorToMask": image_color_to_mask,
    "MaskPreview": mask_preview,
}
