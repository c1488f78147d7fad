"""From decoded pixels to pixels for a screen: fitted, sRGB, opaque, BGRX."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from daemon.decode.color import to_srgb_8bit
from daemon.decode.model import Pixels
from daemon.decode.strips import row_slices

_GREY = 128
_STRIP_BYTES = 2 << 20


@dataclass(frozen=True)
class Picture:
    """Pixels that a window shows as they are.

    Attributes:
        pixels: Shape (H, W, 4), uint8, contiguous: blue, green, red, 255; upright, sRGB.
        source_width_px: Upright width of the whole photo.
        source_height_px: Upright height of the whole photo.
    """

    pixels: NDArray[np.uint8]
    source_width_px: int
    source_height_px: int


def fitted_size(width: int, height: int, max_width: int, max_height: int) -> tuple[int, int]:
    """Return the size that fits into a box, never larger than the picture; 0 x 0: no limit."""
    if not max_width or not max_height:
        return width, height
    scale = min(max_width / width, max_height / height, 1.0)
    return max(1, round(width * scale)), max(1, round(height * scale))


def resized(pixels: NDArray[np.uint8], width: int, height: int) -> NDArray[np.uint8]:
    """Return *pixels* (H, W, 3 or 4 opaque) scaled down with a Lanczos window.

    More than four times is averaged in whole blocks first, which loses nothing that is visible.
    """
    if pixels.shape[:2] == (height, width):
        return pixels
    mode = "RGB" if pixels.shape[2] == 3 else "RGBX"
    size = (pixels.shape[1], pixels.shape[0])
    whole = Image.frombuffer(mode, size, np.ascontiguousarray(pixels), "raw", mode, 0, 1)
    small = whole.resize((width, height), Image.Resampling.LANCZOS, reducing_gap=2.0)
    return np.asarray(small)


def on_grey(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return RGB *pixels*; transparency stands on middle grey."""
    if pixels.shape[2] == 3:
        return pixels
    result = np.empty((*pixels.shape[:2], 3), np.uint8)
    for part in row_slices(pixels, _STRIP_BYTES):
        alpha = pixels[part][..., 3:].astype(np.uint32)
        colour = pixels[part][..., :3] * alpha + _GREY * (255 - alpha)
        result[part] = (colour + 127) // 255
    return result


def bgrx(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return RGB *pixels* as BGRX."""
    result = np.empty((*pixels.shape[:2], 4), np.uint8)
    for channel, source in enumerate((2, 1, 0)):
        result[..., channel] = pixels[..., source]
    result[..., 3] = 255
    return result


def for_screen(
    pixels: NDArray[np.uint8], icc: bytes | None, max_width: int, max_height: int
) -> NDArray[np.uint8]:
    """Return upright RGB or RGBA *pixels* of the profile *icc* fitted into a box, as BGRX."""
    height, width = pixels.shape[:2]
    small = resized(on_grey(pixels), *fitted_size(width, height, max_width, max_height))
    converted: Pixels = to_srgb_8bit(small, icc)
    return bgrx(converted.astype(np.uint8, copy=False))
