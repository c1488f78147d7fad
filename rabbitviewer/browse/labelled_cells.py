"""Where pictures with a line of words under them lie: plain arithmetic in logical pixels."""

from __future__ import annotations

import dataclasses
import functools

from PySide6.QtCore import QPoint, QRect

from rabbitviewer.browse.cells import Cells


@dataclasses.dataclass(frozen=True)
class LabelledCells:
    """Pictures of one shape in rows from left to right, each with a line of words under it.

    Attributes:
        count: Number of pictures.
        width: Width to fill.
        cell_px: Width of a picture wanted; they grow until their row fills the width.
        gap: Between them and round them.
        label_px: Height of the line under a picture.
        shape: Height of a picture by its width; a high one is fitted into a square.
    """

    count: int
    width: int
    cell_px: int
    gap: int
    label_px: int
    shape: float = 1.0

    @functools.cached_property
    def _squares(self) -> Cells:
        return Cells(self.count, self.width, self.cell_px, self.gap)

    @property
    def columns(self) -> int:
        """Pictures in a row."""
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
    def lines(self) -> int:
        """Number of rows."""
        return self._squares.lines

    @property
    def height(self) -> int:
        """Height of everything."""
        return self.lines * self.pitch + self.gap

    def picture(self, index: int) -> QRect:
        """Return where a picture lies in the whole."""
        line, column = divmod(index, self.columns)
        left = self._squares.rect(column).left()
        return QRect(left, self.gap + line * self.pitch, self.edge, self.picture_height)

    def label(self, index: int) -> QRect:
        """Return where the words under a picture lie in the whole."""
        picture = self.picture(index)
        return QRect(picture.left(), picture.bottom() + 1, self.edge, self.label_px)

    def rect(self, index: int) -> QRect:
        """Return where a picture and its words lie in the whole."""
        return self.picture(index).adjusted(0, 0, 0, self.label_px)

    def at(self, where: QPoint) -> int:
        """Return the picture at a point of the whole; -1: there is none."""
        start = self.line_at(where.y()) * self.columns
        row = range(start, min(start + self.columns, self.count))
        return next((each for each in row if self.rect(each).contains(where)), -1)

    def between(self, top: int, bottom: int) -> range:
        """Return the pictures that touch the band from *top* to *bottom* of the whole."""
        start = min(self.line_at(top) * self.columns, self.count)
        stop = min((self.line_at(bottom) + 1) * self.columns, self.count)
        return range(start, max(stop, start))

    def line_at(self, y: int) -> int:
        """Return the row at a height of the whole; there may be none so far down."""
        return max((y - self.gap) // self.pitch, 0)
