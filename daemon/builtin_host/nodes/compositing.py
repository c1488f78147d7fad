"""Nodes that lay one picture over another or on a larger ground."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from daemon.builtin_host.nodes.base import NodeContext, NodeResult, Run
from daemon.builtin_host.nodes.matching import repeat_all, with_channels
from daemon.builtin_host.resample import crop_to_aspect, resize, resize_mask
from daemon.builtin_host.values import Image, Json, Mask, NodeFailed, require_size

_PAD_GRAY = np.float32(0.5)


def image_blend(inputs: Json, context: NodeContext) -> NodeResult:
    """ImageBlend: ``image2`` over ``image1`` by a blend mode and a factor, clipped to 0..1."""
    first: Image = inputs["image1"]
    second = with_channels(inputs["image2"], first.shape[-1])
    if first.shape != second.shape:
        height_px, width_px = first.shape[1:3]
        cropped = crop_to_aspect(second, width_px, height_px)
        second = resize(cropped, width_px, height_px, "bicubic", context.checkpoint)
    first, second = _match_batch(first, second)
    factor = np.float32(inputs["blend_factor"])
    context.checkpoint()
    blended = _BLEND_MODES[inputs["blend_mode"]](first, second)
    context.checkpoint()
    return NodeResult((np.clip(first * (1 - factor) + blended * factor, 0, 1),))


def image_composite_masked(inputs: Json, context: NodeContext) -> NodeResult:
    """ImageCompositeMasked: ``source`` pasted onto ``destination`` at (x, y) through a mask."""
    destination: Image = inputs["destination"]
    source = with_channels(inputs["source"], destination.shape[-1])
    height_px, width_px = destination.shape[1:3]
    if inputs["resize_source"]:
        source = resize(source, width_px, height_px, "bilinear", context.checkpoint)
    source = repeat_all(source, destination.shape[0])
    left, top = min(int(inputs["x"]), width_px), min(int(inputs["y"]), height_px)
    rows = min(source.shape[1], height_px - top)
    columns = min(source.shape[2], width_px - left)
    mask = np.ones(source.shape[:3], np.float32)
    if inputs.get("mask") is not None:
        mask = resize_mask(inputs["mask"], source.shape[2], source.shape[1], context.checkpoint)
        mask = repeat_all(mask, source.shape[0])
    context.checkpoint()
    share = mask[:, :rows, :columns, None]
    region = (slice(None), slice(top, top + rows), slice(left, left + columns))
    out = destination.copy()
    out[region] = share * source[:, :rows, :columns] + (1 - share) * destination[region]
    return NodeResult((out,))


def image_pad_for_outpaint(inputs: Json, context: NodeContext) -> NodeResult:
    """ImagePadForOutpaint: gray margins, and a mask that is 1 there and feathered inwards."""
    image: Image = inputs["image"]
    batch, height_px, width_px, channels = image.shape
    left, top, right, bottom = (int(inputs[side]) for side in ("left", "top", "right", "bottom"))
    full_height, full_width = height_px + top + bottom, width_px + left + right
    require_size(batch, full_height, full_width, channels)
    context.checkpoint()
    out = np.full((batch, full_height, full_width, channels), _PAD_GRAY, np.float32)
    out[:, top : top + height_px, left : left + width_px] = image
    mask = np.ones((1, full_height, full_width), np.float32)
    margins = (left, top, right, bottom)
    mask[0, top : top + height_px, left : left + width_px] = _feather(
        height_px, width_px, margins, int(inputs["feathering"])
    )
    return NodeResult((out, mask))


def _feather(
    height_px: int, width_px: int, margins: tuple[int, int, int, int], feathering: int
) -> Mask:
    """Squared ramp from 1 at every edge that has a margin to 0 at *feathering* pixels inside."""
    if not (0 < feathering * 2 < min(height_px, width_px)):
        return np.zeros((height_px, width_px), np.float32)
    left, top, right, bottom = margins
    row, column = np.arange(height_px)[:, None], np.arange(width_px)[None, :]
    distance = np.full((height_px, width_px), max(height_px, width_px), np.int64)
    for margin, edge in (
        (top, row),
        (bottom, height_px - row),
        (left, column),
        (right, width_px - column),
    ):
        if margin:
            distance = np.minimum(distance, edge)
    ramp = np.maximum((feathering - distance) / feathering, 0)
    return (ramp * ramp).astype(np.float32)


def _match_batch(first: Image, second: Image) -> tuple[Image, Image]:
    if first.shape[0] != second.shape[0] and 1 not in (first.shape[0], second.shape[0]):
        raise NodeFailed(
            f"The two inputs hold {first.shape[0]} and {second.shape[0]} pictures; "
            "blend one with many, or as many with as many."
        )
    return first, second


def _overlay(a: Image, b: Image) -> Image:
    return np.where(a <= 0.5, 2 * a * b, 1 - 2 * (1 - a) * (1 - b))


def _soft_light(a: Image, b: Image) -> Image:
    lifted = np.where(a <= 0.25, ((16 * a - 12) * a + 4) * a, np.sqrt(np.maximum(a, 0)))
    return np.where(b <= 0.5, a - (1 - 2 * b) * a * (1 - a), a + (2 * b - 1) * (lifted - a))


_BLEND_MODES: dict[str, Callable[[Image, Image], Image]] = {
    "normal": lambda a, b: b,
    "multiply": lambda a, b: a * b,
    "screen": lambda a, b: 1 - (1 - a) * (1 - b),
    "overlay": _overlay,
    "soft_light": _soft_light,
    "difference": lambda a, b: a - b,
}

RUNS: dict[str, Run] = {
    "ImageBlend": image_blend,
    "ImageCompositeMasked": image_composite_masked,
    "ImagePadForOutpaint": image_pad_for_outpaint,
}
