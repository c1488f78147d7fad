"""ImageScale, ImageScaleToTotalPixels, FluxKontextImageScale."""

from __future__ import annotations

import math

from daemon.builtin_host.nodes.base import NodeContext, NodeResult
from daemon.builtin_host.resample import crop_to_aspect, resize
from daemon.builtin_host.values import Image, Json, NodeFailed
from daemon.working_size import KONTEXT_SIZES


def image_scale(inputs: Json, context: NodeContext) -> NodeResult:
    """ImageScale: to ``width`` x ``height``; one of them 0 keeps the aspect, both 0 the picture."""
    image: Image = inputs["image"]
    width_px, height_px = int(inputs["width"]), int(inputs["height"])
    if width_px == 0 and height_px == 0:
        return NodeResult((image,))
    if width_px == 0:
        width_px = max(1, round(image.shape[2] * height_px / image.shape[1]))
    elif height_px == 0:
        height_px = max(1, round(image.shape[1] * width_px / image.shape[2]))
    if inputs["crop"] == "center":
        image = crop_to_aspect(image, width_px, height_px)
    return NodeResult(
        (resize(image, width_px, height_px, inputs["upscale_method"], context.checkpoint),)
    )


def image_scale_to_total_pixels(inputs: Json, context: NodeContext) -> NodeResult:
    """ImageScaleToTotalPixels: to ``megapixels`` x 1024 x 1024, sides multiples of a step."""
    image: Image = inputs["image"]
    steps = int(inputs["resolution_steps"])
    total = float(inputs["megapixels"]) * 1024 * 1024
    scale = math.sqrt(total / (image.shape[2] * image.shape[1]))
    width_px = round(image.shape[2] * scale / steps) * steps
    height_px = round(image.shape[1] * scale / steps) * steps
    if width_px < 1 or height_px < 1:
        raise NodeFailed("The picture is too elongated for the wanted number of pixels.")
    return NodeResult(
        (resize(image, width_px, height_px, inputs["upscale_method"], context.checkpoint),)
    )


def flux_kontext_image_scale(inputs: Json, context: NodeContext) -> NodeResult:
    """FluxKontextImageScale: centre-crop to the nearest of 17 sizes, Lanczos."""
    image: Image = inputs["image"]
    aspect = image.shape[2] / image.shape[1]
    _, width_px, height_px = min((abs(aspect - w / h), w, h) for w, h in KONTEXT_SIZES)
    cropped = crop_to_aspect(image, width_px, height_px)
    return NodeResult((resize(cropped, width_px, height_px, "lanczos", context.checkpoint),))
