"""Nodes that cut, turn, mirror and join pictures."""

from __future__ import annotations

import numpy as np

from daemon.builtin_host.nodes.base import NodeContext, NodeResult, Run
from daemon.builtin_host.nodes.matching import repeat_last, with_channels
from daemon.builtin_host.nodes.saving import preview
from daemon.builtin_host.resample import resize, to_8_bit
from daemon.builtin_host.values import Image, Json, NodeFailed, require_size

_SPACING_COLORS = {
    "white": (1.0, 1.0, 1.0),
    "black": (0.0, 0.0, 0.0),
    "red": (1.0, 0.0, 0.0),
    "green": (0.0, 1.0, 0.0),
    "blue": (0.0, 0.0, 1.0),
}
_QUARTER_TURNS = {"none": 0, "90 degrees": 1, "180 degrees": 2, "270 degrees": 3}


def image_crop(inputs: Json, context: NodeContext) -> NodeResult:
    """ImageCrop: a rectangle of ``image``, cut off at its edges."""
    del context
    return NodeResult((_cut(inputs["image"], inputs),))


def image_crop_v2(inputs: Json, context: NodeContext) -> NodeResult:
    """ImageCropV2: as ImageCrop, by a box; shows what it cut."""
    region = inputs["crop_region"]
    if not isinstance(region, dict):
        raise NodeFailed(
            f"{type(region).__name__!r} object has no attribute 'get'", "AttributeError"
        )
    box = {**dict.fromkeys(("x", "y"), 0), **dict.fromkeys(("width", "height"), 512), **region}
    cut = _cut(inputs["image"], box)
    return NodeResult((cut,), {**preview(cut, context), "animated": [False]})


def image_flip(inputs: Json, context: NodeContext) -> NodeResult:
    """ImageFlip: about the x axis (upside down) or the y axis."""
    del context
    axis = 1 if str(inputs["flip_method"]).startswith("x") else 2
    return NodeResult((np.ascontiguousarray(np.flip(inputs["image"], axis)),))


def image_rotate(inputs: Json, context: NodeContext) -> NodeResult:
    """ImageRotate: clockwise by quarter turns."""
    del context
    turns = _QUARTER_TURNS[inputs["rotation"]]
    return NodeResult((np.ascontiguousarray(np.rot90(inputs["image"], -turns, (1, 2))),))


def image_stitch(inputs: Json, context: NodeContext) -> NodeResult:
    """ImageStitch: ``image2`` beside ``image1``, a bar of ``spacing_color`` between them."""
    first: Image = inputs["image1"]
    second: Image | None = inputs.get("image2")
    if second is None:
        return NodeResult((first,))
    count = max(first.shape[0], second.shape[0])
    first, second = repeat_last(first, count), repeat_last(second, count)
    direction: str = inputs["direction"]
    axis = 2 if direction in ("right", "left") else 1
    if inputs["match_image_size"]:
        second = _matched(first, second, axis, context)
    else:
        ground = 1.0 if inputs["spacing_color"] == "white" else 0.0
        first, second = _centred(first, second, 3 - axis, ground)
    channels = max(first.shape[3], second.shape[3])
    pair = [with_channels(first, channels), with_channels(second, channels)]
    if direction in ("left", "up"):
        pair.reverse()
    spacing_px = int(inputs["spacing_width"])
    spacing_px += spacing_px % 2
    if spacing_px:
        pair.insert(1, _bar(pair[0], axis, spacing_px, inputs["spacing_color"]))
    total = sum(part.shape[axis] for part in pair)
    across = pair[0].shape[3 - axis]
    require_size(count, total, across, channels)
    return NodeResult((np.concatenate(pair, axis=axis),))


def center_crop(inputs: Json, context: NodeContext) -> NodeResult:
    """CenterCropImages: a rectangle from the middle, never larger than the picture."""
    del context
    image: Image = inputs["images"]
    left = max(0, (image.shape[2] - int(inputs["width"])) // 2)
    top = max(0, (image.shape[1] - int(inputs["height"])) // 2)
    return NodeResult((_in_8_bits(_cut(image, {**inputs, "x": left, "y": top})),))


def image_grid(inputs: Json, context: NodeContext) -> NodeResult:
    """ImageGrid: pictures in rows of ``columns`` cells, each stretched to its cell."""
    columns, padding_px = int(inputs["columns"][0]), int(inputs["padding"][0])
    width_px, height_px = int(inputs["cell_width"][0]), int(inputs["cell_height"][0])
    pictures = [picture for batch in inputs["images"] for picture in batch]
    rows = -(-len(pictures) // columns)
    full_height = rows * height_px + (rows - 1) * padding_px
    full_width = columns * width_px + (columns - 1) * padding_px
    require_size(1, full_height, full_width, 3)
    out = np.zeros((1, full_height, full_width, 3), np.float32)
    for number, picture in enumerate(pictures):
        top = number // columns * (height_px + padding_px)
        left = number % columns * (width_px + padding_px)
        cell = resize(picture[None, ..., :3], width_px, height_px, "lanczos", context.checkpoint)
        out[0, top : top + height_px, left : left + width_px] = cell[0]
    return NodeResult((out,))


def _cut(image: Image, box: Json) -> Image:
    column = min(int(box["x"]), image.shape[2] - 1)
    row = min(int(box["y"]), image.shape[1] - 1)
    return image[:, row : row + int(box["height"]), column : column + int(box["width"])]


def _in_8_bits(image: Image) -> Image:
    return to_8_bit(image).astype(np.float32) / np.float32(255)


def _matched(first: Image, second: Image, axis: int, context: NodeContext) -> Image:
    """*second* scaled so that it is as long as *first* across the *axis* of the join."""
    across = first.shape[3 - axis]
    aspect = second.shape[2] / second.shape[1]
    width_px, height_px = (
        (int(across * aspect), across) if axis == 2 else (across, int(across / aspect))
    )
    return resize(second, width_px, height_px, "lanczos", context.checkpoint)


def _centred(first: Image, second: Image, axis: int, ground: float) -> tuple[Image, Image]:
    """Both as long as the longer one along *axis*, *ground* around the shorter."""
    length = max(first.shape[axis], second.shape[axis])
    return _pad(first, length, axis, ground), _pad(second, length, axis, ground)


def _pad(image: Image, length: int, axis: int, ground: float) -> Image:
    missing = length - image.shape[axis]
    if not missing:
        return image
    margins = [(0, 0)] * 4
    margins[axis] = (missing // 2, missing - missing // 2)
    return np.pad(image, margins, constant_values=ground)


def _bar(image: Image, axis: int, spacing_px: int, color: str) -> Image:
    shape = list(image.shape)
    shape[axis] = spacing_px
    bar = np.ones(shape, np.float32)
    bar[..., :3] = _SPACING_COLORS[color]
    return bar


RUNS: dict[str, Run] = {
    "ImageCrop": image_crop,
    "ImageCropV2": image_crop_v2,
    "ImageFlip": image_flip,
    "ImageRotate": image_rotate,
    "ImageStitch": image_stitch,
    "CenterCropImages": center_crop,
    "ImageGrid": image_grid,
}
