"""How much of a photo's colour its small copy holds."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from daemon.imaging.lattice import FloatArray

CELLS = 64
"""Colour cells a side: four 8-bit levels each, half of what lies between two nodes of 33."""

_SAMPLES = 200_000
_BITS = 6


def color_coverage(photo: NDArray[Any], small: NDArray[Any]) -> float:
    """Share of a photo's pixels whose colour its small copy contains.

    Both are compared in the photo's own space, the one in which the LUT is fitted and applied, as
    it is encoded: colours that share one of 64 cells a side are the same. What the small copy lacks
    (single bright dots, the noise of a high ISO, thin lines) the LUT has to continue to.

    Args:
        photo: Shape (H, W, 3) or (H, W, 4), uint8 or uint16, in its own space.
        small: Shape (..., 3), uint8, or float32 of 0..1 and a little beyond, in the same space;
            without the colours that clipped on the way to the model, which it never saw.

    Returns:
        0..1, measured on every n-th pixel of every n-th row, n odd, 200,000 of them at most: odd
        steps fall on all places of the 8-pixel blocks of a JPEG and of a sensor's mosaic alike.
    """
    held = np.zeros(CELLS**3, bool)
    held[_cells(small) if small.dtype == np.uint8 else _cells_of_unit(small)] = True
    height, width = photo.shape[:2]
    step = 1
    while (height // step) * (width // step) > _SAMPLES:
        step += 2
    sample = photo[step // 2 :: step, step // 2 :: step, :3]
    if not sample.size:
        sample = photo[..., :3]
    return float(np.count_nonzero(held[_cells(sample)]) / (sample.shape[0] * sample.shape[1]))


def _cells(pixels: NDArray[Any]) -> NDArray[np.uint32]:
    """The cell of every pixel, shape (N,)."""
    shift = np.uint8(8 * pixels.dtype.itemsize - _BITS)
    levels = (pixels >> shift).astype(np.uint32)
    return _number(levels)


def _cells_of_unit(colors: FloatArray) -> NDArray[np.uint32]:
    """The cell of every colour, shape (N,); what lies beyond 0..1 counts as its edge."""
    levels = np.clip(colors * np.float32(CELLS), 0, CELLS - 1).astype(np.uint32)
    return _number(levels)


def _number(levels: NDArray[np.uint32]) -> NDArray[np.uint32]:
    red, green, blue = levels[..., 0], levels[..., 1], levels[..., 2]
    plane, row = np.uint32(CELLS * CELLS), np.uint32(CELLS)
    return (red * plane + green * row + blue).ravel()
