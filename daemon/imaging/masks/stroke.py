"""Paints one stroke into a mask: the same points give the same pixels, here and in a worker."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

from daemon.imaging.masks.boxes import (
    NOTHING,
    Box,
    TileKey,
    Values,
    tile_box,
    uniform_value,
    whole,
)
from daemon.imaging.masks.brush import Brush, StrokePoint
from daemon.imaging.masks.combine import lay_over, scale
from daemon.imaging.masks.coverage import AddedCoverage, Coverage, MostCoverage
from daemon.imaging.masks.path import Dab, StrokePath
from daemon.imaging.masks.stamp import StampCache

_DAB_PX = 60_000


class Stroke:
    """A stroke while it is painted.

    Its prints are joined in a coverage of their own. The mask is always worked out from the values
    before the stroke, so that a stroke that crosses itself does not count twice, and the brush's
    opacity is as far as it goes.

    Attributes:
        before: What the tiles touched held before the stroke (one number where all values were
            equal); to undo it.
    """

    def __init__(
        self, values: Values, brush: Brush, *, erase: bool = False, stamps: StampCache | None = None
    ) -> None:
        """Begin; nothing is painted yet.

        Args:
            values: The mask, shape (H, W), uint8; changed in place.
            brush: What with.
            erase: Toward 0 instead of 255.
            stamps: Prints kept from earlier strokes.
        """
        self.before: dict[TileKey, Values | int] = {}
        self._values = values
        self._limits = whole(values)
        self._erase = erase
        self._opacity = round(brush.opacity * 255)
        self._path = StrokePath(brush)
        self._waiting: deque[Dab] = deque()
        joined = AddedCoverage if brush.flow < 1 else MostCoverage
        self._coverage: Coverage = joined(self._limits, brush, stamps or StampCache())

    @property
    def is_waiting(self) -> bool:
        """Whether prints wait for :meth:`paint`."""
        return bool(self._waiting)

    @property
    def coverage_bytes(self) -> int:
        """What the coverage takes now."""
        return self._coverage.size_bytes

    def add(self, points: Sequence[StrokePoint]) -> None:
        """Go on through *points*; :meth:`paint` does the work."""
        self._waiting.extend(self._path.add(list(points)))

    def finish(self) -> None:
        """Go to the last point; :meth:`paint` does the work."""
        self._waiting.extend(self._path.finish())

    def paint(self) -> list[Box]:
        """Paint some of the prints that wait, a few milliseconds' worth.

        How they are shared out to calls makes no difference to the pixels.

        Returns:
            What changed: a box for each tile.
        """
        dirty: dict[TileKey, Box] = {}
        room = self._coverage.TURN_PX
        while self._waiting and room > 0:
            dab = self._waiting.popleft()
            room -= _DAB_PX + int(4 * dab.radius_px * dab.radius_px)
            for key, box in self._coverage.add(dab).items():
                dirty[key] = dirty.get(key, NOTHING).united(box)
        for key, box in dirty.items():
            self._work_out(key, box)
        return list(dirty.values())

    def _work_out(self, key: TileKey, box: Box) -> None:
        tile = tile_box(key, self._limits)
        before = self.before.get(key)
        if before is None:
            values = self._values[tile.slices]
            uniform = uniform_value(values)
            before = self.before[key] = values.copy() if uniform is None else uniform
        cover = self._coverage.values(key, box)
        if self._opacity < 255:
            cover = scale(cover, self._opacity)
        base = before if isinstance(before, int) else before[box.inside(tile)]
        self._values[box.slices] = lay_over(base, cover, erase=self._erase)
        self._coverage.settle(key)


def paint_stroke(
    values: Values, brush: Brush, points: Sequence[StrokePoint], *, erase: bool = False
) -> Box:
    """Paint a whole stroke into *values*, shape (H, W), uint8, and return what changed."""
    stroke = Stroke(values, brush, erase=erase)
    stroke.add(points)
    stroke.finish()
    changed = NOTHING
    while stroke.is_waiting:
        for box in stroke.paint():
            changed = changed.united(box)
    return changed
