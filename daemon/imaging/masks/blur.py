"""Gaussian blur of masks: quick at any radius, black and white areas exact."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from daemon.imaging.masks.boxes import Values

Checkpoint = Callable[[], None]
FloatMap = NDArray[np.float32]

SIGMAS_IN_RADIUS = math.sqrt(2 * math.log(255))
"""A radius is where the bell has fallen to 1/255 of its height."""
_SMALLEST_SIGMA = 4.5
_TILE_PX = 256
_BAND_ROWS = 64


def blurred(values: Values, radius_px: float, checkpoint: Checkpoint) -> Values:
    """Blur by a Gaussian bell that ends at *radius_px*; beyond the array its edge goes on.

    The standard deviation is the radius / 3.33. A wide bell is applied to averages of squares, and
    what comes out is interpolated: about one level of 255 away from the slow way.

    Args:
        values: Shape (H, W), uint8.
        radius_px: > 0: how far a hard edge becomes soft to either side.
        checkpoint: Called now and then; may raise to stop.
    """
    sigma = radius_px / SIGMAS_IN_RADIUS
    step = int(sigma / _SMALLEST_SIGMA)
    if step < 2:
        return _by_tiles(values, _bell(sigma, math.ceil(radius_px)), checkpoint)
    return _by_squares(values, sigma, step, checkpoint)


def margin_of(radius_px: float) -> int:
    """Return how far around a value :func:`blurred` may change anything, pixels."""
    step = max(int(radius_px / SIGMAS_IN_RADIUS / _SMALLEST_SIGMA), 1)
    return (math.ceil(radius_px / step) + 2) * step


def _by_tiles(values: Values, bell: FloatMap, checkpoint: Checkpoint) -> Values:
    """Blur square by square; those in which nothing differs are copied."""
    reach = len(bell) - 1
    result = np.empty_like(values)
    height, width = values.shape
    for top in range(0, height, _TILE_PX):
        checkpoint()
        for left in range(0, width, _TILE_PX):
            bottom, right = min(top + _TILE_PX, height), min(left + _TILE_PX, width)
            near = values[
                max(top - reach, 0) : bottom + reach, max(left - reach, 0) : right + reach
            ]
            tile = result[top:bottom, left:right]
            first = near[0, 0]
            if (near == first).all():
                tile[...] = first
                continue
            margins = (
                (max(reach - top, 0), max(bottom + reach - height, 0)),
                (max(reach - left, 0), max(right + reach - width, 0)),
            )
            padded = np.pad(near, margins, mode="edge").astype(np.float32)
            np.rint(_smoothed(padded, bell), out=tile, casting="unsafe")
    return result


def _by_squares(values: Values, sigma: float, step: int, checkpoint: Checkpoint) -> Values:
    """Blur averages of *step* x *step* pixels and interpolate between their centres."""
    height, width = values.shape
    # averaging and interpolating blur too: the variances of a box and of a triangle
    spread = sigma * sigma - (step * step - 1) / 12 - step * step / 6
    bell = _bell(math.sqrt(spread) / step, math.ceil(sigma * SIGMAS_IN_RADIUS / step))
    rows, columns = -(-height // step), -(-width // step)
    small = np.empty((rows, columns), np.float32)
    for top in range(0, rows, _BAND_ROWS):
        checkpoint()
        bottom = min(top + _BAND_ROWS, rows)
        small[top:bottom] = _averaged(values[top * step : bottom * step], step)
    reach = len(bell) - 1
    small = _smoothed(np.pad(small, reach, mode="edge"), bell)
    across, share_across = _places(width, columns, step)
    down, share_down = _places(height, rows, step)
    result = np.empty_like(values)
    for top in range(0, height, _BAND_ROWS):
        checkpoint()
        part = slice(top, min(top + _BAND_ROWS, height))
        first, share = down[part], share_down[part, None]
        after = np.minimum(first + 1, rows - 1)
        lines = small[first] * (1 - share) + small[after] * share
        beside = np.minimum(across + 1, columns - 1)
        band = lines[:, across] * (1 - share_across) + lines[:, beside] * share_across
        np.rint(band, out=result[part], casting="unsafe")
    return result


def _bell(sigma: float, reach: int) -> FloatMap:
    """Return the weights of the centre and of *reach* neighbours to one side; their sum is 1."""
    weights = np.exp(-0.5 * (np.arange(reach + 1) / sigma) ** 2)
    weights /= weights[0] + 2 * weights[1:].sum()
    return weights.astype(np.float32)


def _smoothed(padded: FloatMap, bell: FloatMap) -> FloatMap:
    """Convolve along rows and columns; the margin of the bell's reach is used up."""
    reach = len(bell) - 1
    height, width = padded.shape[0] - 2 * reach, padded.shape[1] - 2 * reach
    lines = padded[reach : reach + height] * bell[0]
    pair = np.empty_like(lines)
    for distance in range(1, reach + 1):
        above, below = reach - distance, reach + distance
        np.add(padded[above : above + height], padded[below : below + height], out=pair)
        pair *= bell[distance]
        lines += pair
    result = lines[:, reach : reach + width] * bell[0]
    pair = np.empty_like(result)
    for distance in range(1, reach + 1):
        before, behind = reach - distance, reach + distance
        np.add(lines[:, before : before + width], lines[:, behind : behind + width], out=pair)
        pair *= bell[distance]
        result += pair
    return result


def _averaged(values: Values, step: int) -> FloatMap:
    """Return the mean of each square of *step* pixels; those at the far edges may be smaller."""
    height, width = values.shape
    margins = ((0, -height % step), (0, -width % step))
    whole = np.pad(values, margins, mode="edge") if any(m[1] for m in margins) else values
    rows = np.add.reduceat(whole, np.arange(0, whole.shape[0], step), axis=0, dtype=np.uint32)
    sums = rows.reshape(rows.shape[0], -1, step).sum(axis=2)
    return sums.astype(np.float32) / np.float32(step * step)


def _places(length: int, count: int, step: int) -> tuple[NDArray[np.int64], FloatMap]:
    """Return for each pixel the square whose centre is before it, and the share of the next."""
    at = np.clip((np.arange(length) + 0.5) / step - 0.5, 0, count - 1)
    before = at.astype(np.int64)
    return before, (at - before).astype(np.float32)
