"""The line along which a mask is half: where its marching ants walk."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from daemon.imaging.masks.boxes import Values

HALF = 128
ANT_PX = 4


def contour_pixels(values: Values) -> NDArray[np.bool_]:
    """Find the pixels that are selected by half and have a neighbour that is not.

    Args:
        values: Shape (H, W), uint8, with a border of one pixel that is only looked at.

    Returns:
        Shape (H - 2, W - 2): which of the inner pixels lie on the line.
    """
    inside = values >= HALF
    kept = inside[1:-1, 1:-1]
    within = inside[:-2, 1:-1] & inside[2:, 1:-1] & inside[1:-1, :-2] & inside[1:-1, 2:]
    return kept & ~within


def ant_colors(
    rows: NDArray[np.int64], columns: NDArray[np.int64], phase: int, length_px: int = ANT_PX
) -> NDArray[np.bool_]:
    """Tell which pixels of the line are light now; the others are dark.

    Args:
        rows: Of the pixels.
        columns: Of the pixels.
        phase: Moves the pattern on by a pixel.
        length_px: Of the light and of the dark pieces.
    """
    return ((rows + columns + phase) // length_px) % 2 == 0
