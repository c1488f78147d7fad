"""Turns the points of a stroke, however many there are, into the places where the brush prints."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from daemon.imaging.masks.brush import Brush, StrokePoint
from daemon.imaging.masks.spacing import Spacing

_STRAIGHT_PX = 1 / 256
_SAME_PLACE_PX = 1e-3

Curve = NDArray[np.float64]


@dataclass(frozen=True)
class Dab:
    """One print of the brush.

    Attributes:
        column: Of its middle, pixels of the photo.
        row: As above.
        radius_px: Of the brush, after pressure.
        strength: 0..1, after pressure.
        share: Part of a full print that it leaves when the flow is below 1: the way since the one
            before, in quarters of the size.
    """

    column: float
    row: float
    radius_px: float
    strength: float
    share: float


class StrokePath:
    """The way of one stroke: a centripetal Catmull-Rom curve through its points.

    Prints lie at distances along the curve that depend on the brush alone, so how the same way is
    divided into points does not matter. Points very near to the one before are passed over (they
    would only carry the jitter of whole screen pixels); the last one always counts. A piece of the
    way is known as soon as the point after it is.

    Source: Yuksel, Schaefer, Keyser 2011, "Parameterization and applications of Catmull-Rom
    curves"; alpha = 1/2.
    """

    def __init__(self, brush: Brush) -> None:
        self._spacing = Spacing(brush)
        self._points: list[StrokePoint] = []
        self._start: StrokePoint | None = None
        self._skipped: StrokePoint | None = None
        self._to_go = 0.0
        self._since = 0.0
        self._travelled = 0.0

    def add(self, points: list[StrokePoint]) -> list[Dab]:
        """Go on through *points* and return the prints that are certain now."""
        dabs: list[Dab] = []
        for point in points:
            if self._start is None:
                self._start = point
                self._points.append(point)
                self._to_go = self._spacing.between(self._spacing.radius(point.pressure))
                dabs.append(self._dab(point, self._to_go))
            elif _distance(self._points[-1], point) < self._spacing.least_step(point.pressure):
                self._skipped = point
            else:
                self._skipped = None
                dabs += self._go_on(point)
        return dabs

    def finish(self) -> list[Dab]:
        """End the way at the last point and return the prints that are left."""
        start = self._start
        if start is None:
            return []
        dabs: list[Dab] = []
        if self._skipped is not None and _distance(self._points[-1], self._skipped) > 0:
            dabs += self._go_on(self._skipped)
        self._skipped = None
        last = self._points[-1]
        if len(self._points) > 1:
            dabs += self._along(self._points[-3:-2], self._points[-2], last, None)
        if self._since > _SAME_PLACE_PX:
            dabs.append(self._dab(last, self._since))
            self._since = 0.0
        return dabs + self._rest_of_a_click(start)

    def _rest_of_a_click(self, start: StrokePoint) -> list[Dab]:
        """Return what a full print has more than the way so far has left: a click is one."""
        radius = self._spacing.radius(start.pressure)
        missing = self._spacing.full_way(radius) - self._spacing.between(radius) - self._travelled
        return [self._dab(start, missing)] if missing > _SAME_PLACE_PX else []

    def _go_on(self, point: StrokePoint) -> list[Dab]:
        self._points.append(point)
        if len(self._points) < 3:
            return []
        before = self._points[-4:-3]
        dabs = self._along(before, self._points[-3], self._points[-2], point)
        del self._points[:-3]
        return dabs

    def _along(
        self,
        before: list[StrokePoint],
        start: StrokePoint,
        end: StrokePoint,
        after: StrokePoint | None,
    ) -> list[Dab]:
        """Return the prints on the piece from *start* to *end*."""
        curve = _curve(before[0] if before else None, start, end, after)
        steps = np.hypot(*np.diff(curve, axis=0).T)
        run = np.concatenate(([0.0], np.cumsum(steps)))
        length = float(run[-1])
        fading = self._fading(start, end, length)
        dabs: list[Dab] = []
        place, since, at = self._to_go, self._since, 0.0
        while place <= length:
            share = place / length if length else 1.0
            since += place - at
            at = place
            dab = self._dab(_point_at(curve, run, place, start, end, share), since)
            dabs.append(dab)
            since = 0.0
            place += self._spacing.between(dab.radius_px, fading)
        self._to_go = place - length
        self._since = since + length - at
        self._travelled += length
        return dabs

    def _dab(self, point: StrokePoint, travelled: float) -> Dab:
        radius = self._spacing.radius(point.pressure)
        share = travelled / self._spacing.full_way(radius)
        share = min(max(round(share * 256) / 256, 1 / 256), 1.0)
        strength = self._spacing.strength(point.pressure)
        return Dab(point.column, point.row, radius, strength, share)

    def _fading(self, start: StrokePoint, end: StrokePoint, length: float) -> float:
        change = self._spacing.strength(end.pressure) - self._spacing.strength(start.pressure)
        return abs(change) / length if length else 0.0


def _distance(first: StrokePoint, second: StrokePoint) -> float:
    return math.hypot(second.column - first.column, second.row - first.row)


def _point_at(
    curve: Curve, run: Curve, place: float, start: StrokePoint, end: StrokePoint, share: float
) -> StrokePoint:
    """Return the point at a distance along a curve; its pressure lies between those of the ends."""
    if len(curve) == 2:
        column = start.column + (end.column - start.column) * share
        row = start.row + (end.row - start.row) * share
    else:
        index = min(int(np.searchsorted(run, place, side="right")) - 1, len(curve) - 2)
        step = float(run[index + 1] - run[index])
        part = (place - float(run[index])) / step if step else 0.0
        column, row = (float(v) for v in curve[index] + (curve[index + 1] - curve[index]) * part)
    return StrokePoint(column, row, start.pressure + (end.pressure - start.pressure) * share)


def _curve(
    before: StrokePoint | None, start: StrokePoint, end: StrokePoint, after: StrokePoint | None
) -> Curve:
    """Return the curve from *start* to *end* as a chain of points, shape (N, 2), N >= 2."""
    first, last = np.array(start[:2]), np.array(end[:2])
    ahead = np.array(before[:2]) if before is not None else 2 * first - last
    behind = np.array(after[:2]) if after is not None else 2 * last - first
    if _is_straight(ahead, first, last, behind):
        return np.stack((first, last))
    knots = np.cumsum(
        [0.0, *(_knot(a, b) for a, b in ((ahead, first), (first, last), (last, behind)))]
    )
    pieces = int(np.clip(math.hypot(*(last - first)) / 2, 4, 48))
    t = np.linspace(knots[1], knots[2], pieces + 1)[:, None]
    curve = _barry_goldman((ahead, first, last, behind), knots, t)
    curve[0], curve[-1] = first, last
    return curve


def _knot(first: Curve, second: Curve) -> float:
    return max(math.sqrt(math.hypot(*(second - first))), 1e-6)


def _barry_goldman(points: tuple[Curve, Curve, Curve, Curve], knots: Curve, t: Curve) -> Curve:
    """Evaluate a Catmull-Rom curve by the pyramid of Barry and Goldman (1988)."""
    level = list(points)
    for depth in (1, 2):
        level = [
            _between(level[k], level[k + 1], (t - knots[k]) / (knots[k + depth] - knots[k]))
            for k in range(len(level) - 1)
        ]
    return _between(level[0], level[1], (t - knots[1]) / (knots[2] - knots[1]))


def _between(first: Curve, second: Curve, share: Curve) -> Curve:
    return first + (second - first) * share


def _is_straight(ahead: Curve, first: Curve, last: Curve, behind: Curve) -> bool:
    """Whether the four lie on a line, one after the other."""
    along = last - first
    length = math.hypot(*along)
    if length < _SAME_PLACE_PX:
        return True
    for other, sign in ((ahead - first, -1), (behind - last, 1)):
        across = abs(along[0] * other[1] - along[1] * other[0]) / length
        if across > _STRAIGHT_PX or sign * (along[0] * other[0] + along[1] * other[1]) < 0:
            return False
    return True
