"""Nodes that make pictures larger or smaller."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from PIL import Image as PillowImage

from daemon.builtin_host.nodes.base import NodeContext, NodeResult, Run
from daemon.builtin_host.resample import crop_to_aspect, resize, to_8_bit
from daemon.builtin_host.values import Image, Json, NodeFailed, require_size
from daemon.working_size import KONTEXT_SIZES

Size = tuple[int, int]
"""Width and height in pixels."""


def image_scale(inputs: Json, context: NodeContext) -> NodeResult:
    """ImageScale: to ``width`` x ``height``; one of them 0 keeps the aspect, both 0 the picture."""
    image: Image = inputs["image"]
    size = (int(inputs["width"]), int(inputs["height"]))
    if size == (0, 0):
        return NodeResult((image,))
    return _scaled(
        image, _completed(image, size), inputs["upscale_method"], context, inputs["crop"]
    )


def image_scale_by(inputs: Json, context: NodeContext) -> NodeResult:
    """ImageScaleBy: both sides times ``scale_by``, rounded."""
    image: Image = inputs["image"]
    factor = float(inputs["scale_by"])
    return _scaled(image, _times(image, factor), inputs["upscale_method"], context)


def image_scale_to_max_dimension(inputs: Json, context: NodeContext) -> NodeResult:
    """ImageScaleToMaxDimension: the longer side becomes ``largest_size``."""
    image: Image = inputs["image"]
    size = _with_longer_side(image, int(inputs["largest_size"]))
    return _scaled(image, size, inputs["upscale_method"], context)


def image_scale_to_total_pixels(inputs: Json, context: NodeContext) -> NodeResult:
    """ImageScaleToTotalPixels: to ``megapixels`` x 1024 x 1024, sides multiples of a step."""
    image: Image = inputs["image"]
    steps = int(inputs["resolution_steps"])
    scale = _factor_for(image, float(inputs["megapixels"]))
    width_px = round(image.shape[2] * scale / steps) * steps
    height_px = round(image.shape[1] * scale / steps) * steps
    if width_px < 1 or height_px < 1:
        raise NodeFailed("The picture is too elongated for the wanted number of pixels.")
    return _scaled(image, (width_px, height_px), inputs["upscale_method"], context)


def flux_kontext_image_scale(inputs: Json, context: NodeContext) -> NodeResult:
    """FluxKontextImageScale: centre-crop to the nearest of 17 sizes, Lanczos."""
    image: Image = inputs["image"]
    aspect = image.shape[2] / image.shape[1]
    _, width_px, height_px = min((abs(aspect - w / h), w, h) for w, h in KONTEXT_SIZES)
    return _scaled(image, (width_px, height_px), "lanczos", context, "center")


def resize_and_pad(inputs: Json, context: NodeContext) -> NodeResult:
    """ResizeAndPadImage: fits into a size, keeps the aspect, the rest is black or white."""
    image: Image = inputs["image"]
    width_px, height_px = int(inputs["target_width"]), int(inputs["target_height"])
    factor = min(width_px / image.shape[2], height_px / image.shape[1])
    inner = (int(image.shape[2] * factor), int(image.shape[1] * factor))
    require_size(image.shape[0], height_px, width_px, image.shape[3])
    small = _fit(image, inner, inputs["interpolation"], context)
    out = np.full(
        (image.shape[0], height_px, width_px, image.shape[3]),
        1.0 if inputs["padding_color"] == "white" else 0.0,
        np.float32,
    )
    top, left = (height_px - inner[1]) // 2, (width_px - inner[0]) // 2
    out[:, top : top + inner[1], left : left + inner[0]] = small
    return NodeResult((out,))


def resize_image_mask(inputs: Json, context: NodeContext) -> NodeResult:
    """ResizeImageMaskNode: an image or a mask, to a size that ``resize_type`` says how to find."""
    if "resize_type" not in inputs:
        raise NodeFailed(
            "ResizeImageMaskNode.execute() missing 1 required positional argument: 'resize_type'",
            "TypeError",
        )
    given = inputs["input"]
    if not isinstance(given, np.ndarray):
        raise NodeFailed(
            f"{type(given).__name__!r} object has no attribute 'shape'", "AttributeError"
        )
    is_mask = given.ndim == 3  # a mask has no channels
    image: Image = given[..., None] if is_mask else given
    if inputs["resize_type"] == "scale to multiple":
        multiple = int(inputs["resize_type.multiple"])
        out = _covering(image, multiple, inputs["scale_method"], context)
    else:
        image, size = _RESIZE_TYPES[inputs["resize_type"]](image, inputs)
        out = image
        if size != (image.shape[2], image.shape[1]):
            out = _fit(image, size, inputs["scale_method"], context)
    return NodeResult((out[..., 0] if is_mask else out,))


def _covering(image: Image, multiple: int, method: str, context: NodeContext) -> Image:
    """Sides cut down to multiples: scaled to cover that size, the rest cut off around it."""
    old = np.array([image.shape[1], image.shape[2]])
    new = old // multiple * multiple
    if not new.all() or (new == old).all():
        return image
    factor = (new / old).max()
    height_px, width_px = (
        int(side) if share == factor else max(int(side), math.ceil(whole * factor))
        for whole, side, share in zip(old, new, new / old, strict=True)
    )
    scaled = _fit(image, (width_px, height_px), method, context)
    top, left = (height_px - int(new[0])) // 2, (width_px - int(new[1])) // 2
    return scaled[:, top : top + int(new[0]), left : left + int(new[1])]


def by_shorter_edge(inputs: Json, context: NodeContext) -> NodeResult:
    """ResizeImagesByShorterEdge: in 8 bits, Lanczos."""
    image: Image = inputs["images"]
    edge_px = int(inputs["shorter_edge"])
    height_px, width_px = image.shape[1:3]
    if width_px < height_px:
        return _by_pillow(image, (edge_px, int(height_px * (edge_px / width_px))), context)
    return _by_pillow(image, (int(width_px * (edge_px / height_px)), edge_px), context)


def by_longer_edge(inputs: Json, context: NodeContext) -> NodeResult:
    """ResizeImagesByLongerEdge: in 8 bits, Lanczos."""
    image: Image = inputs["images"]
    edge_px = int(inputs["longer_edge"])
    height_px, width_px = image.shape[1:3]
    if width_px > height_px:
        return _by_pillow(image, (edge_px, int(height_px * (edge_px / width_px))), context)
    return _by_pillow(image, (int(width_px * (edge_px / height_px)), edge_px), context)


def _scaled(
    image: Image, size: Size, method: str, context: NodeContext, crop: str = "disabled"
) -> NodeResult:
    if crop == "center":
        image = crop_to_aspect(image, *size)
    return NodeResult((_fit(image, size, method, context),))


def _fit(image: Image, size: Size, method: str, context: NodeContext) -> Image:
    if min(size) < 1:
        raise NodeFailed(
            "Input and output sizes should be greater than 0, but got input "
            f"(H: {image.shape[1]}, W: {image.shape[2]}) output (H: {size[1]}, W: {size[0]})",
            "RuntimeError",
        )
    return resize(image, *size, method, context.checkpoint)


def _by_pillow(image: Image, size: Size, context: NodeContext) -> NodeResult:
    require_size(image.shape[0], size[1], size[0], image.shape[3])
    pictures: list[Image] = []
    for pixels in to_8_bit(image):
        context.checkpoint()
        small = PillowImage.fromarray(pixels).resize(size, PillowImage.Resampling.LANCZOS)
        pictures.append(np.asarray(small, np.float32) / np.float32(255.0))
    return NodeResult((np.stack(pictures),))


def _completed(image: Image, size: Size) -> Size:
    width_px, height_px = size
    if width_px == 0:
        width_px = max(1, round(image.shape[2] * height_px / image.shape[1]))
    elif height_px == 0:
        height_px = max(1, round(image.shape[1] * width_px / image.shape[2]))
    return width_px, height_px


def _times(image: Image, factor: float) -> Size:
    return round(image.shape[2] * factor), round(image.shape[1] * factor)


def _with_longer_side(image: Image, side_px: int) -> Size:
    height_px, width_px = image.shape[1:3]
    if height_px > width_px:
        return round(width_px / height_px * side_px), side_px
    if width_px > height_px:
        return side_px, round(height_px / width_px * side_px)
    return side_px, side_px


def _with_shorter_side(image: Image, side_px: int) -> Size:
    height_px, width_px = image.shape[1:3]
    if height_px < width_px:
        return round(width_px / height_px * side_px), side_px
    if width_px < height_px:
        return side_px, round(height_px / width_px * side_px)
    return side_px, side_px


def _factor_for(image: Image, megapixels: float) -> float:
    return math.sqrt(megapixels * 1024 * 1024 / (image.shape[2] * image.shape[1]))


def _to_dimensions(image: Image, inputs: Json) -> tuple[Image, Size]:
    size = (int(inputs["resize_type.width"]), int(inputs["resize_type.height"]))
    if size == (0, 0):
        return image, (image.shape[2], image.shape[1])
    return _cropped(image, _completed(image, size), inputs)


def _to_match(image: Image, inputs: Json) -> tuple[Image, Size]:
    match = inputs["resize_type.match"]
    return _cropped(image, (match.shape[2], match.shape[1]), inputs)


def _cropped(image: Image, size: Size, inputs: Json) -> tuple[Image, Size]:
    if inputs["resize_type.crop"] == "center":
        return crop_to_aspect(image, *size), size
    return image, size


_RESIZE_TYPES: dict[str, Callable[[Image, Json], tuple[Image, Size]]] = {
    "scale dimensions": _to_dimensions,
    "scale by multiplier": lambda image, inputs: (
        image,
        _times(image, float(inputs["resize_type.multiplier"])),
    ),
    "scale longer dimension": lambda image, inputs: (
        image,
        _with_longer_side(image, int(inputs["resize_type.longer_size"])),
    ),
    "scale shorter dimension": lambda image, inputs: (
        image,
        _with_shorter_side(image, int(inputs["resize_type.shorter_size"])),
    ),
    "scale width": lambda image, inputs: (
        image,
        _completed(image, (int(inputs["resize_type.width"]), 0)),
    ),
    "scale height": lambda image, inputs: (
        image,
        _completed(image, (0, int(inputs["resize_type.height"]))),
    ),
    "scale total pixels": lambda image, inputs: (
        image,
        _times(image, _factor_for(image, float(inputs["resize_type.megapixels"]))),
    ),
    "match size": _to_match,
}

RUNS: dict[str, Run] = {
    "ImageScale": image_scale,
    "ImageScaleBy": image_scale_by,
    "ImageScaleToMaxDimension": image_scale_to_max_dimension,
    "ImageScaleToTotalPixels": image_scale_to_total_pixels,
    "FluxKontextImageScale": flux_kontext_image_scale,
    "ResizeAndPadImage": resize_and_pad,
    "ResizeImageMaskNode": resize_image_mask,
    "ResizeImagesByShorterEdge": by_shorter_edge,
    "ResizeImagesByLongerEdge": by_longer_edge,
}
