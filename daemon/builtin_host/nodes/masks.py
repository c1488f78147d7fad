"""ImageToMask, MaskToImage, InvertMask, GrowMask, FeatherMask."""

from __future__ import annotations

import numpy as np

from daemon.builtin_host.nodes.base import NodeContext, NodeResult
from daemon.builtin_host.values import Image, Json, Mask, NodeFailed

_CHANNELS = ("red", "green", "blue", "alpha")


def image_to_mask(inputs: Json, context: NodeContext) -> NodeResult:
    """ImageToMask: one channel of ``image``."""
    del context
    image: Image = inputs["image"]
    channel = _CHANNELS.index(inputs["channel"])
    if channel >= image.shape[-1]:
        raise NodeFailed("The picture has no alpha channel.")
    return NodeResult((np.ascontiguousarray(image[..., channel]),))


def mask_to_image(inputs: Json, context: NodeContext) -> NodeResult:
    """MaskToImage: the mask as three equal channels."""
    del context
    return NodeResult((np.repeat(inputs["mask"][..., None], 3, axis=-1),))


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
