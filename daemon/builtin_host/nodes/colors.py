"""Nodes that change colours pixel by pixel, and plain pictures of one colour."""

from __future__ import annotations

import re

import numpy as np

from daemon.builtin_host.nodes.base import NodeContext, NodeResult, Run
from daemon.builtin_host.nodes.matching import require_same_size
from daemon.builtin_host.values import Image, Json, NodeFailed, require_size

_LUMA = np.array([0.299, 0.587, 0.114], np.float32)
_MIDDLE = np.float32(0.5)
_HEX = re.compile(r"#[0-9a-fA-F]{6}(?:[0-9a-fA-F]{2})?")


def image_invert(inputs: Json, context: NodeContext) -> NodeResult:
    """ImageInvert: ``1 - image``."""
    del context
    return NodeResult((1.0 - inputs["image"],))


def adjust_brightness(inputs: Json, context: NodeContext) -> NodeResult:
    """AdjustBrightness: times ``factor``, clipped to 0..1."""
    del context
    return NodeResult((np.clip(inputs["images"] * np.float32(inputs["factor"]), 0, 1),))


def adjust_contrast(inputs: Json, context: NodeContext) -> NodeResult:
    """AdjustContrast: away from middle gray by ``factor``, clipped to 0..1."""
    del context
    moved = (inputs["images"] - _MIDDLE) * np.float32(inputs["factor"]) + _MIDDLE
    return NodeResult((np.clip(moved, 0, 1),))


def normalize_images(inputs: Json, context: NodeContext) -> NodeResult:
    """NormalizeImages: ``(image - mean) / std``; may leave 0..1."""
    del context
    return NodeResult(
        ((inputs["images"] - np.float32(inputs["mean"])) / np.float32(inputs["std"]),)
    )


def rgb_to_yuv(inputs: Json, context: NodeContext) -> NodeResult:
    """ImageRGBToYUV: luma and the two colour differences, each as a gray picture."""
    context.checkpoint()
    image: Image = inputs["image"]
    require_size(3 * image.shape[0], image.shape[1], image.shape[2], 3)
    luma = image[..., :3] @ _LUMA
    blue = (image[..., 2] - luma) * np.float32(0.564) + _MIDDLE
    red = (image[..., 0] - luma) * np.float32(0.713) + _MIDDLE
    return NodeResult(tuple(np.repeat(p[..., None], 3, axis=-1) for p in (luma, blue, red)))


def yuv_to_rgb(inputs: Json, context: NodeContext) -> NodeResult:
    """ImageYUVToRGB: the way back; of every picture the mean of its channels counts."""
    context.checkpoint()
    require_same_size([inputs["Y"], inputs["U"], inputs["V"]], but_in=3)
    luma, blue, red = (inputs[name].mean(axis=-1) for name in ("Y", "U", "V"))
    blue, red = blue - _MIDDLE, red - _MIDDLE
    channels = (
        luma + np.float32(1.403) * red,
        luma - np.float32(0.714) * red - np.float32(0.344) * blue,
        luma + np.float32(1.773) * blue,
    )
    return NodeResult((np.stack(channels, axis=-1),))


def empty_image(inputs: Json, context: NodeContext) -> NodeResult:
    """EmptyImage: a batch of one colour, 0xRRGGBB."""
    width_px, height_px, count = (int(inputs[k]) for k in ("width", "height", "batch_size"))
    require_size(count, height_px, width_px, 3)
    context.checkpoint()
    color = int(inputs["color"])
    rgb = np.array([color >> 16 & 0xFF, color >> 8 & 0xFF, color & 0xFF], np.float32)
    out = np.empty((count, height_px, width_px, 3), np.float32)
    out[:] = rgb / np.float32(255)
    return NodeResult((out,))


def color_to_rgb_int(inputs: Json, context: NodeContext) -> NodeResult:
    """ColorToRGBInt: ``#RRGGBB`` or ``#RRGGBBAA`` as number, text and opacity."""
    del context
    text = str(inputs["color"])
    if not _HEX.fullmatch(text):
        raise NodeFailed("Color must be in format #RRGGBB or #RRGGBBAA", "ValueError")
    opacity = int(text[7:9], 16) / 255 if len(text) > 7 else 1.0  # has alpha
    return NodeResult((int(text[1:7], 16), text[:7], opacity))


RUNS: dict[str, Run] = {
    "ImageInvert": image_invert,
    "AdjustBrightness": adjust_brightness,
    "AdjustContrast": adjust_contrast,
    "NormalizeImages": normalize_images,
    "ImageRGBToYUV": rgb_to_yuv,
    "ImageYUVToRGB": yuv_to_rgb,
    "EmptyImage": empty_image,
    "ColorToRGBInt": color_to_rgb_int,
}
