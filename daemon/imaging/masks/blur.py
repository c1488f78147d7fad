"""Gaussian blur of masks: quick at any radius, black and white areas exact."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, NamedTuple

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


class Places(NamedTuple):
    """Where pixels lie between squares.

    Attributes:
        first: The square whose centre is before each pixel.
        share: How far each is on the way to the next one, 0..1.
    """

    first: NDArray[np.int64]
    share: FloatMap


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
    result = np.empty_like(values)

    def put(tile: Values, found: FloatMap) -> None:
        np.rint(found, out=tile, casting="unsafe")

    _smooth_tiles(values, result, bell, put, checkpoint)
    return result


def _by_squares(values: Values, sigma: float, step: int, checkpoint: Checkpoint) -> Values:
    """Blur averages of *step* x *step* pixels and interpolate between their centres."""
    height, width = values.shape
    # averaging and interpolating blur too: the variances of a box and of a triangle
    spread = sigma * sigma - (step * step - 1) / 12 - step * step / 6
    bell = _bell(math.sqrt(spread) / step, math.ceil(sigma * SIGMAS_IN_RADIUS / step))
    rows, columns = -(-height // step), -(-width // step)
    averages = np.empty((rows, columns), np.float32)
    for top in range(0, rows, _BAND_ROWS):
        checkpoint()
        bottom = min(top + _BAND_ROWS, rows)
        averages[top:bottom] = _averaged(values[top * step : bottom * step], step)
    small = np.empty_like(averages)
    _smooth_tiles(averages, small, bell, np.copyto, checkpoint)
    del averages
    result = np.empty_like(values)
    down, across = _places(height, rows, step), _places(width, columns, step)
    for top in range(0, height, _TILE_PX):
        checkpoint()
        for left in range(0, width, _TILE_PX):
            tile = result[top : top + _TILE_PX, left : left + _TILE_PX]
            _interpolate(small, _part(down, top), _part(across, left), tile)
    return result


def _smooth_tiles(
    values: NDArray[Any],
    result: NDArray[Any],
    bell: FloatMap,
    put: Callable[..., None],
    checkpoint: Checkpoint,
) -> None:
    """Blur square by square, each *put* in its place; where nothing differs it is copied."""
    reach = len(bell) - 1
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
            put(tile, _smoothed(padded, bell))


def _interpolate(small: FloatMap, down: Places, across: Places, tile: Values) -> None:
    """Fill *tile* with values between those of *small*, linearly."""
    near = small[down.first[0] : down.first[-1] + 2, across.first[0] : across.first[-1] + 2]
    value = near[0, 0]
    if (near == value).all():
        tile[...] = round(float(value))
        return
    rows, columns = down.first - down.first[0], across.first - across.first[0]
    below = np.minimum(rows + 1, near.shape[0] - 1)
    beside = np.minimum(columns + 1, near.shape[1] - 1)
    share = down.share[:, None]
    lines = near[rows] * (1 - share) + near[below] * share
    np.rint(
        lines[:, columns] * (1 - across.share) + lines[:, beside] * across.share,
        out=tile,
        casting="unsafe",
    )


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


def _places(length: int, count: int, step: int) -> Places:
    """Return where each of *length* pixels lies between the centres of *count* squares."""
    at = np.clip((np.arange(length) + 0.5) / step - 0.5, 0, count - 1)
    before = at.astype(np.int64)
    return Places(before, (at - before).astype(np.float32))


def _part(places: Places, begin: int) -> Places:
    part = slice(begin, begin + _TILE_PX)
    return Places(places.first[part], places.share[part])
