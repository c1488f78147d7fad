"""Selects a range of brightness, with soft ends."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from daemon.imaging.masks.boxes import Values

Pixels = NDArray[np.uint8] | NDArray[np.uint16]

_LUMA = (54, 183, 19)  # ITU-R BT.709 in 8 bits, as the histogram counts
_STRIP_PX = 1 << 19


def luminosity(
    pixels: Pixels,
    low: float,
    high: float,
    softness: float,
    checkpoint: Callable[[], None],
) -> Values:
    """Select the pixels whose luma lies in a range.

    Luma is that of the encoded samples, in the photo's own space: what the histogram shows.

    Args:
        pixels: Shape (H, W, C), C >= 3, RGB first.
        low: Selected fully from here, 0..1.
        high: Selected fully up to here, 0..1.
        softness: Over how much, outside the range, it falls to nothing, 0..1.
        checkpoint: Called between strips; may raise to stop.

    Returns:
        Shape (H, W), uint8.
    """
    table = _table(int(np.iinfo(pixels.dtype).max), low, high, softness)
    height, width = pixels.shape[:2]
    result = np.empty((height, width), np.uint8)
    step = max(1, _STRIP_PX // width)
    for top in range(0, height, step):
        checkpoint()
        strip = pixels[top : top + step]
        if strip.dtype == np.uint8:
            luma = sum(strip[..., i] * np.uint16(_LUMA[i]) for i in range(3))
        else:
            luma = sum(strip[..., i] * np.uint32(_LUMA[i]) for i in range(3)) >> 8
        np.take(table, luma, out=result[top : top + step], mode="clip")
    return result


def _table(full: int, low: float, high: float, softness: float) -> Values:
    """Return the mask value of every luma: 256 times an 8-bit one, or a 16-bit one."""
    largest = full * 256 if full < 256 else full
    luma = np.arange(largest + 1) / largest
    half_step = 0.5 / largest
    outside = np.maximum(np.maximum(low - luma, luma - high), 0)
    share = np.clip(1 - outside / softness, 0, 1) if softness > 0 else outside <= half_step
    return np.rint(share * 255).astype(np.uint8)
