"""From decoded pixels to what is shown or kept: fitted into a box, then opaque BGRX or a JPEG."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import cast

import numpy as np
import simplejpeg
from numpy.typing import NDArray

from daemon.decode.icc import identify
from daemon.decode.jpeg_header import ICC
from daemon.decode.model import Pixels
from daemon.decode.scaling import fitted_size, resized
from daemon.decode.screen_color import to_screen
from daemon.decode.strips import row_slices

_STRIP_BYTES = 2 << 20
_ICC_PART_BYTES = 65_000
_MAX_ICC_BYTES = 1 << 20


@dataclass(frozen=True)
class Picture:
    """Pixels that a window shows as they are.

    Attributes:
        pixels: Shape (H, W, 4), uint8, contiguous: blue, green, red, 255; upright, in the
            monitor's colours.
        source_width_px: Upright width of the whole photo.
        source_height_px: Upright height of the whole photo.
    """

    pixels: NDArray[np.uint8]
    source_width_px: int
    source_height_px: int


@dataclass(frozen=True)
class Fitted:
    """A photo at the size that is shown, upright and opaque, still in its own colours and depth.

    Attributes:
        pixels: Shape (H, W, 3) RGB, uint8 or uint16; or (H, W, 4) BGRX, uint8.
        icc: Their RGB profile; ``None``: sRGB.
        source_width_px: Upright width of the whole photo.
        source_height_px: Upright height of the whole photo.
    """

    pixels: Pixels
    icc: bytes | None
    source_width_px: int
    source_height_px: int

    @property
    def is_bgrx(self) -> bool:
        """Whether the channels stand as a window wants them."""
        return self.pixels.shape[2] == 4


def fit(pixels: Pixels, icc: bytes | None, box: tuple[int, int], source: tuple[int, int]) -> Fitted:
    """Return upright RGB or RGBA *pixels* fitted into a box, transparency on middle grey.

    Args:
        pixels: Shape (H, W, 3) or (H, W, 4) with straight alpha; uint8 or uint16.
        icc: Their RGB profile.
        box: Width and height; 0 x 0: as they are.
        source: Upright width and height of the whole photo.
    """
    height, width = pixels.shape[:2]
    return Fitted(resized(on_grey(pixels), *fitted_size(width, height, *box)), icc, *source)


def smaller(fitted: Fitted, side_px: int) -> Fitted:
    """Return *fitted* brought down into a square of *side_px*; 0: as it is."""
    height, width = fitted.pixels.shape[:2]
    if not side_px or max(width, height) <= side_px:
        return fitted
    pixels = resized(fitted.pixels, *fitted_size(width, height, side_px, side_px))
    return Fitted(pixels, fitted.icc, fitted.source_width_px, fitted.source_height_px)


def show(fitted: Fitted, monitor: bytes | None = None) -> Picture:
    """Return *fitted* for a monitor of the profile *monitor*; ``None``: sRGB."""
    size = fitted.source_width_px, fitted.source_height_px
    shown = to_screen(fitted.pixels, fitted.icc, monitor)
    return Picture(np.ascontiguousarray(shown) if fitted.is_bgrx else bgrx(shown), *size)


def as_jpeg(fitted: Fitted, quality: int, *, own_colors: bool) -> bytes:
    """Return *fitted* as a JPEG with half the colour resolution, for a cache.

    Args:
        fitted: What was shown.
        quality: 1..100.
        own_colors: Keep the photo's profile, so that nothing is cut; otherwise sRGB.
    """
    plain = identify(fitted.icc) == "srgb"
    pixels = to_screen(fitted.pixels, fitted.icc, fitted.icc if own_colors else None)
    eight, layout = np.ascontiguousarray(pixels), "BGRX" if fitted.is_bgrx else "RGB"
    data = simplejpeg.encode_jpeg(eight, quality, layout, "420", fastdct=False)
    if plain or not own_colors or fitted.icc is None or len(fitted.icc) > _MAX_ICC_BYTES:
        return data
    return data[:2] + _profile_segments(fitted.icc) + data[2:]


def on_grey(pixels: Pixels) -> Pixels:
    """Return RGB *pixels*; transparency stands on middle grey."""
    if pixels.shape[2] == 3:
        return pixels
    full = int(np.iinfo(pixels.dtype).max)
    grey = (full + 1) // 2
    result = cast("Pixels", np.empty((*pixels.shape[:2], 3), pixels.dtype))
    for part in row_slices(pixels, _STRIP_BYTES):
        alpha = pixels[part][..., 3:].astype(np.uint32)
        colour = pixels[part][..., :3] * alpha + grey * (full - alpha)
        result[part] = (colour + full // 2) // full
    return result


def bgrx(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return RGB *pixels* as BGRX."""
    result = np.empty((*pixels.shape[:2], 4), np.uint8)
    for channel, source in enumerate((2, 1, 0)):
        result[..., channel] = pixels[..., source]
    result[..., 3] = 255
    return result


def for_screen(
    pixels: Pixels,
    icc: bytes | None,
    max_width: int,
    max_height: int,
    monitor: bytes | None = None,
) -> NDArray[np.uint8]:
    """Return upright RGB or RGBA *pixels* of the profile *icc* fitted into a box, as BGRX."""
    return show(fit(pixels, icc, (max_width, max_height), (0, 0)), monitor).pixels


def _profile_segments(icc: bytes) -> bytes:
    parts = [icc[at : at + _ICC_PART_BYTES] for at in range(0, len(icc), _ICC_PART_BYTES)]
    segments = b""
    for number, part in enumerate(parts, 1):
        payload = ICC + bytes([number, len(parts)]) + part
        segments += struct.pack(">BBH", 0xFF, 0xE2, len(payload) + 2) + payload
    return segments
