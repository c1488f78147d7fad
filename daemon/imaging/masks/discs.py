"""The largest value within a disc around every pixel: gray dilation of any radius, exactly."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from daemon.imaging.masks.boxes import Values

Checkpoint = Callable[[], None]

_TILE_PX = 256


def dilated(values: Values, radius_px: float, checkpoint: Checkpoint) -> Values:
    """Return the largest value within *radius_px* of every pixel; outside the array is zero.

    The disc holds the pixels whose centres are at most *radius_px* away, fractions included.
    Squares in which nothing differs are not worked on; the others are put together from the disc's
    chords, each the maximum of two windows whose length is a power of two.

    Args:
        values: Shape (H, W), uint8.
        radius_px: >= 0; below 1 nothing changes.
        checkpoint: Called between squares; may raise to stop.
    """
    reach = int(radius_px)
    if reach == 0 or not values.size:
        return values.copy()
    half_chords = [math.isqrt(int(radius_px * radius_px - dy * dy)) for dy in range(reach + 1)]
    result = np.zeros_like(values)
    height, width = values.shape
    side = max(_TILE_PX, 2 * reach)
    for top in range(0, height, side):
        for left in range(0, width, side):
            bottom, right = min(top + side, height), min(left + side, width)
            tile = result[top:bottom, left:right]
            near = values[
                max(top - reach, 0) : bottom + reach, max(left - reach, 0) : right + reach
            ]
            largest = int(near.max())
            if int(values[top:bottom, left:right].min()) == largest:
                tile[...] = largest
                continue
            margins = (
                (max(reach - top, 0), max(bottom + reach - height, 0)),
                (max(reach - left, 0), max(right + reach - width, 0)),
            )
            checkpoint()
            _dilate_tile(np.pad(near, margins), half_chords, tile)
    return result


def _dilate_tile(near: Values, half_chords: list[int], result: Values) -> None:
    """Fill *result* from *near*, which has a margin of the disc's radius on every side."""
    reach = len(half_chords) - 1
    height, width = result.shape
    windows = [near]
    while 2 * (1 << len(windows) - 1) <= 2 * reach + 1:
        last, step = windows[-1], 1 << len(windows) - 1
        windows.append(np.maximum(last[:, :-step], last[:, step:]))
    chord = np.empty_like(result)
    for dy, half in enumerate(half_chords):
        length = 2 * half + 1
        level = length.bit_length() - 1
        window = windows[level]
        first = reach - half
        second = first + length - (1 << level)
        for row in {reach - dy, reach + dy}:
            rows = window[row : row + height]
            np.maximum(rows[:, first : first + width], rows[:, second : second + width], out=chord)
            np.maximum(result, chord, out=result)
