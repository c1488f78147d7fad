"""ImageQuantize: a picture in few colours, plain or dithered."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from PIL import Image as PillowImage

from daemon.builtin_host.nodes.base import NodeContext, NodeResult, Run
from daemon.builtin_host.values import Image, Json, NodeFailed

_COLORS = 3
_ROWS = 64

Bytes = npt.NDArray[np.uint8]


def image_quantize(inputs: Json, context: NodeContext) -> NodeResult:
    """ImageQuantize: to ``colors`` of the picture's own, by median cut."""
    image: Image = inputs["image"]
    if image.shape[3] != _COLORS:
        raise NodeFailed("Invalid mode for data type", "ValueError")
    colors, dither = int(inputs["colors"]), str(inputs["dither"])
    out = np.empty_like(image)
    for number, picture in enumerate(image):
        context.checkpoint()
        pixels = (picture * np.float32(255)).astype(np.uint8)
        full = PillowImage.fromarray(pixels)
        few = full.quantize(colors)
        if dither == "floyd-steinberg":
            spread = full.quantize(palette=few, dither=PillowImage.Dither.FLOYDSTEINBERG)
            chosen = np.asarray(spread.convert("RGB"))
        elif dither == "none":
            chosen = _nearest(pixels, few, context)
        else:
            shifted = _with_offsets(pixels, few, int(dither.rsplit("-", 1)[1]))
            chosen = _nearest(shifted, few, context)
        out[number] = chosen.astype(np.float32) / np.float32(255)
    return NodeResult((out,))


def _nearest(pixels: Bytes, palette: PillowImage.Image, context: NodeContext) -> Bytes:
    """Every pixel in the nearest colour of the palette, a strip of rows at a time."""
    out = np.empty_like(pixels)
    for top in range(0, len(pixels), _ROWS):
        context.checkpoint()
        strip = PillowImage.fromarray(pixels[top : top + _ROWS])
        chosen = strip.quantize(palette=palette, dither=PillowImage.Dither.NONE)
        out[top : top + _ROWS] = np.asarray(chosen.convert("RGB"))
    return out


def _with_offsets(pixels: Bytes, palette: PillowImage.Image, order: int) -> Bytes:
    """*pixels* moved by a Bayer matrix of side *order*, by as much as the colours are apart."""
    height_px, width_px = pixels.shape[:2]
    table = palette.getpalette() or [0, 0, 0]
    spread = 2 * 256 / (len(table) // 3)
    matrix = (spread * bayer_matrix(order) + 0.5).astype(np.float32)
    tiled = np.tile(matrix, (-(-height_px // order), -(-width_px // order)))
    shifted = pixels + tiled[:height_px, :width_px, None]
    return np.clip(shifted, 0, 255).astype(np.uint8)


def bayer_matrix(order: int) -> npt.NDArray[np.float64]:
    """Offsets about 0 between -1/2 and 1/2, shape (order, order); *order* is a power of two.

    Source: Bayer 1973, the recursive form, each step centred.
    """
    matrix = np.zeros((1, 1))
    side = 1
    while side < order:
        cells = 4 * side * side
        matrix = matrix * cells
        matrix = np.block([[matrix - 1.5, matrix + 0.5], [matrix + 1.5, matrix - 0.5]]) / cells
        side *= 2
    return matrix


RUNS: dict[str, Run] = {"ImageQuantize": image_quantize}
