"""Turns the points of a stroke, however many there are, into the places where the brush prints."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from daemon.imaging.masks.brush import Brush, StrokePoint

_STRAIGHT_PX = 1 / 256
_LEAST_PRESSURE = 0.02
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
        share: Part of a full print that it leaves when the flow is below 1.
    """

    column: float
    row: float
    radius_px: float
    strength: float
    share: float


class StrokePath:
    """The way of one stroke: a centripetal Catmull-Rom curve through its points.

    Prints lie at distances along the curve that depend on the brush alone, so how the same way is
    divided into points does not matter. Points nearer than half a print's distance are passed over
    (they would only carry the jitter of whole screen pixels); the last one always counts. A piece
    of the way is known as soon as the point after it is.

    Source: Yuksel, Schaefer, Keyser 2011, "Parameterization and applications of Catmull-Rom
    curves"; alpha = 1/2.
    """

    def __init__(self, brush: Brush) -> None:
        self._brush = brush
        self._points: list[StrokePoint] = []
        self._skipped: StrokePoint | None = None
        self._to_go = 0.0
        self._since = 0.0
        self._tail: StrokePoint | None = None
        self._printed = False

    def add(self, points: list[StrokePoint]) -> list[Dab]:
        """Go on through *points* and return the prints that are certain now."""
        dabs: list[Dab] = []
        for point in points:
            if not self._points:
                self._points.append(point)
                dabs.append(self._first(point))
                continue
            if _distance(self._points[-1], point) < self._spacing(point.pressure) / 2:
                self._skipped = point
                continue
            self._skipped = None
            dabs += self._go_on(point)
        return dabs

    def finish(self) -> list[Dab]:
        """End the way at the last point and return the prints that are left."""
        if not self._points:
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
        return dabs

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
        dabs: list[Dab] = []
        place = self._to_go
        since = self._since
        at = 0.0
        while place <= length:
            share = place / length if length else 1.0
            since += place - at
            at = place
            dab = self._dab(_point_at(curve, run, place, start, end, share), since)
            dabs.append(dab)
            since = 0.0
            place += self._spacing_of(dab.radius_px)
        self._to_go = place - length
        self._since = since + length - at
        return dabs

    def _first(self, point: StrokePoint) -> Dab:
        radius, strength = self._pressed(point.pressure)
        self._to_go = self._spacing_of(radius)
        return Dab(point.column, point.row, radius, strength, 1.0)

    def _dab(self, point: StrokePoint, travelled: float) -> Dab:
        radius, strength = self._pressed(point.pressure)
        full = max(radius / 2, self._spacing_of(radius))
        share = min(max(round(travelled / full * 256) / 256, 1 / 256), 1.0)
        return Dab(point.column, point.row, radius, strength, share)

    def _pressed(self, pressure: float) -> tuple[float, float]:
        brush = self._brush
        pressed = min(max(pressure, 0.0), 1.0)
        radius = brush.size_px / 2
        if brush.pressure_size:
            radius *= max(pressed, _LEAST_PRESSURE)
        return max(radius, 0.5), pressed if brush.pressure_opacity else 1.0

    def _spacing(self, pressure: float) -> float:
        return self._spacing_of(self._pressed(pressure)[0])

    def _spacing_of(self, radius: float) -> float:
        """Distance between prints: their outlines part by a quarter of a pixel at most.

        That is s^2 / (8 r) = 1/4. A flow below 1 shows the single prints inside the stroke, too:
        there they are never further apart than a sixteenth of the diameter.
        """
        spacing = math.sqrt(2 * radius)
        if self._brush.flow < 1:
            spacing = min(spacing, radius / 8)
        return max(math.floor(spacing * 64) / 64, 0.5)


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
