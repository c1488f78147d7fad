"""Where the looks lie: plain arithmetic in logical pixels, no widget."""

from __future__ import annotations

import dataclasses
import functools

from PySide6.QtCore import QPoint, QRect

from rabbitviewer.browse.cells import Cells


@dataclasses.dataclass(frozen=True)
class LookCells:
    """Pictures of one shape in rows from left to right, each with a line for a name under it.

    Attributes:
        count: Number of looks.
        width: Width to fill.
        cell_px: Width of a picture wanted; they grow until their row fills the width.
        gap: Between looks and round them.
        label_px: Height of the line under a picture.
        shape: Height of the photo by its width; a high one is fitted into a square.
    """

    count: int
    width: int
    cell_px: int
    gap: int
    label_px: int
    shape: float

    @functools.cached_property
    def _squares(self) -> Cells:
        return Cells(self.count, self.width, self.cell_px, self.gap)

    @property
    def columns(self) -> int:
        """Looks in a row."""
        return self._squares.columns

    @property
    def edge(self) -> int:
        """Width of a picture."""
        return self._squares.edge

    @property
    def picture_height(self) -> int:
        """Height of a picture."""
        return max(round(self.edge * min(self.shape, 1.0)), 1)

    @property
    def pitch(self) -> int:
        """From one row to the next."""
        return self.picture_height + self.label_px + self.gap

    @property
    def height(self) -> int:
        """Height of everything."""
        return self._squares.lines * self.pitch + self.gap

    def picture(self, index: int) -> QRect:
        """Return where the picture of a look lies in the whole."""
        line, column = divmod(index, self.columns)
        left = self._squares.rect(column).left()
        return QRect(left, self.gap + line * self.pitch, self.edge, self.picture_height)

    def label(self, index: int) -> QRect:
        """Return where the name of a look lies in the whole."""
        picture = self.picture(index)
        return QRect(picture.left(), picture.bottom() + 1, self.edge, self.label_px)

    def rect(self, index: int) -> QRect:
        """Return where a look lies in the whole, picture and name."""
        return self.picture(index).adjusted(0, 0, 0, self.label_px)

    def at(self, where: QPoint) -> int:
        """Return the look at a point of the whole; -1: there is none."""
        start = self._line_at(where.y()) * self.columns
        row = range(start, min(start + self.columns, self.count))
        return next((each for each in row if self.rect(each).contains(where)), -1)

    def between(self, top: int, bottom: int) -> range:
        """Return the looks that touch the band from *top* to *bottom* of the whole."""
        start = min(self._line_at(top) * self.columns, self.count)
        stop = min((self._line_at(bottom) + 1) * self.columns, self.count)
        return range(start, max(stop, start))

    def _line_at(self, y: int) -> int:
        return max((y - self.gap) // self.pitch, 0)
