"""The print of a brush at one place: its values, made once and kept while they are in use."""

from __future__ import annotations

import math
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar, cast

import numpy as np
from numpy.typing import NDArray

from daemon.imaging.masks.boxes import Box, Values
from daemon.imaging.masks.combine import scale

FULL_DEPTH = 65535
_DEPTH_UNITS = FULL_DEPTH / math.log(2 * 255)
_FINE = 1024
_SOFT_EDGE_PX = 8.0
_SMALL_RADIUS_PX = 64.0
_CACHE_BYTES = 12 << 20
_LARGE_RADIUS_PX = 512.0

Depth = NDArray[np.uint16]
FloatMap = NDArray[np.float32]
Print = TypeVar("Print", Values, Depth)


@dataclass(frozen=True)
class Stamp(Generic[Print]):
    """The print of a brush.

    Attributes:
        values: Shape (n, m): coverage as uint8, or optical depth as uint16 for flow below 1.
        box: The pixels it lies on; not cut to the mask.
    """

    values: Print
    box: Box


def profile(distance: FloatMap, radius_px: float, hardness: float) -> FloatMap:
    """Return how much a brush covers at a distance from its middle.

    Full up to ``hardness * radius``, then falling smoothly (3t^2 - 2t^3) to nothing at the radius;
    an edge narrower than a pixel is a ramp of one pixel, which is what smooth outlines need.

    Args:
        distance: Pixels, float32, >= 0, any shape.
        radius_px: Of the brush.
        hardness: Share of the radius that is full, 0..1.

    Returns:
        Same shape, float32, 0..1, never rising with the distance.
    """
    edge = max(radius_px * (1.0 - hardness), 1.0)
    ramp = np.subtract(np.float32(radius_px + 0.5), distance)
    ramp /= np.float32(edge)
    np.clip(ramp, 0.0, 1.0, out=ramp)
    if edge > 1.0:
        smooth = ramp * ramp * (np.float32(3.0) - np.float32(2.0) * ramp)
        ramp += np.float32(min(edge - 1.0, 1.0)) * (smooth - ramp)
    return ramp


def depth_to_coverage() -> Values:
    """Return the table from optical depth (its upper 12 bits) to coverage, shape (4096,), uint8."""
    depth = (np.arange(4096) * 16 + 8) / _DEPTH_UNITS
    table = np.rint(255 * (1 - np.exp(-depth))).astype(np.uint8)
    table[0], table[-1] = 0, 255
    return table


class StampCache:
    """Makes stamps and keeps those used last, up to 12 MB of either kind.

    Places are rounded to a quarter of a pixel for small and hard brushes, where it shows, and to a
    whole one for large soft ones, where it does not. Above a radius of 512 px always.
    """

    def __init__(self) -> None:
        self._coverages: _Kept[Values] = _Kept()
        self._depths: _Kept[Depth] = _Kept()

    def coverage(
        self, column: float, row: float, radius_px: float, hardness: float, strength: float
    ) -> Stamp[Values]:
        """Return the print at a place as coverage, uint8.

        Args:
            column: Of its middle, pixels of the photo.
            row: As above.
            radius_px: Of the brush.
            hardness: As of :func:`profile`.
            strength: What the middle is, 0..1.
        """
        place = _Place.of(column, row, radius_px, hardness)
        full = round(strength * 255)

        def make() -> Values:
            cover = profile(place.distances(), place.radius, hardness)
            return place.unfold(np.rint(cover * np.float32(255)).astype(np.uint8))

        values = self._coverages.get((place.radius, hardness, place.right_of, place.below), make)
        return place.stamp(values if full == 255 else scale(values, full))

    def depth(
        self,
        column: float,
        row: float,
        radius_px: float,
        hardness: float,
        amount: tuple[float, float],
    ) -> Stamp[Depth]:
        """Return the print as optical depth, uint16; depths of stamps that overlap are added.

        Args:
            column: Of its middle, pixels of the photo.
            row: As above.
            radius_px: Of the brush.
            hardness: As of :func:`profile`.
            amount: What one full print covers in the middle (0 <= c < 1), and the share of a full
                print that this one is (> 0).
        """
        place = _Place.of(column, row, radius_px, hardness)
        flow, share = round(amount[0] * 1024) / 1024, amount[1]

        def make() -> Depth:
            cover = profile(place.distances(), place.radius, hardness)
            depth = -np.log1p(np.float32(-min(flow, 1023 / 1024)) * cover)
            depth *= np.float32(share * _DEPTH_UNITS)
            return place.unfold(np.minimum(np.ceil(depth), FULL_DEPTH).astype(np.uint16))

        key = (place.radius, hardness, place.right_of, place.below, flow, share)
        return place.stamp(self._depths.get(key, make))


class _Kept(Generic[Print]):
    """Prints by what makes them, the longest unused dropped first."""

    def __init__(self) -> None:
        self._prints: OrderedDict[tuple[float, ...], Print] = OrderedDict()
        self._bytes = 0

    def get(self, key: tuple[float, ...], make: Callable[[], Print]) -> Print:
        known = self._prints.get(key)
        if known is not None:
            self._prints.move_to_end(key)
            return known
        made = self._prints[key] = make()
        self._bytes += made.nbytes
        while self._bytes > _CACHE_BYTES and len(self._prints) > 1:
            self._bytes -= self._prints.popitem(last=False)[1].nbytes
        return made


@dataclass(frozen=True)
class _Place:
    """Where a print lies: whole pixels, and what its middle is off them."""

    radius: float
    left: int
    top: int
    right_of: float
    below: float

    @staticmethod
    def of(column: float, row: float, radius_px: float, hardness: float) -> _Place:
        radius = round_radius(radius_px)
        steps = _steps_per_px(radius, hardness)
        left, right_of = _snap(column, steps)
        top, below = _snap(row, steps)
        return _Place(radius, left, top, right_of, below)

    def distances(self) -> FloatMap:
        """Return the distances from the middle that occur, rows and columns sorted.

        A print whose middle lies on or between pixels is its own mirror image: a quarter of it is
        enough.
        """
        down, _ = self._folded(self.below)
        across, _ = self._folded(self.right_of)
        return np.sqrt((down * down)[:, None] + (across * across)[None, :])

    def unfold(self, part: Print) -> Print:
        """Return the whole print from what belongs to :meth:`distances`."""
        _, rows = self._folded(self.below)
        _, columns = self._folded(self.right_of)
        return cast("Print", np.take(np.take(part, columns, axis=1), rows, axis=0))

    def stamp(self, values: Print) -> Stamp[Print]:
        """Return *values* where they belong."""
        reach = math.ceil(self.radius + 0.5)
        height, width = values.shape
        return Stamp(values, Box(0, 0, width, height).moved(self.left - reach, self.top - reach))

    def _folded(self, fraction: float) -> tuple[FloatMap, NDArray[np.intp]]:
        reach = math.ceil(self.radius + 0.5)
        away = np.abs(np.arange(-reach, reach + 1) + (0.5 - fraction))
        distances, places = np.unique(away, return_inverse=True)
        return distances.astype(np.float32), places


def round_radius(radius_px: float) -> float:
    """Round a radius to steps that nobody sees: 1/8 px, or half a percent of a large one."""
    step = 0.125 if radius_px < 25 else 2.0 ** math.floor(math.log2(radius_px / 128))
    return max(round(radius_px / step) * step, 0.5)


def _steps_per_px(radius: float, hardness: float) -> int:
    if radius <= _SMALL_RADIUS_PX:
        return 4
    soft = radius * (1 - hardness) > _SOFT_EDGE_PX
    return 1 if soft or radius > _LARGE_RADIUS_PX else 2


def _snap(place: float, steps: int) -> tuple[int, float]:
    """Split a place into whole pixels and a fraction of 1/steps.

    It is rounded to 1/1024 px first, so that two ways to compute one place agree.
    """
    unit = _FINE // steps
    fine = math.floor(place * _FINE + 0.5)
    whole, part = divmod((fine + unit // 2) // unit, steps)
    return whole, part / steps
