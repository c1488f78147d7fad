"""Where the slots of a pool lie: plain arithmetic in logical pixels, no widget."""

from __future__ import annotations

import dataclasses
import functools

from PySide6.QtCore import QLine, QPoint, QRect

from rabbitviewer.browse.cells import Cells


@dataclasses.dataclass(frozen=True)
class SlotCells:
    """Square pictures in rows from left to right, each with a line for its label under it.

    Attributes:
        count: Number of slots.
        width: Width to fill.
        cell_px: Edge wanted; pictures grow until their row fills the width.
        gap: Between slots and round them.
        label_px: Height of the line under a picture.
    """

    count: int
    width: int
    cell_px: int
    gap: int
    label_px: int

    @functools.cached_property
    def _squares(self) -> Cells:
        return Cells(self.count, self.width, self.cell_px, self.gap)

    @property
    def columns(self) -> int:
        """Slots in a row."""
        return self._squares.columns

    @property
    def edge(self) -> int:
        """Width and height of a picture."""
        return self._squares.edge

    @property
    def pitch(self) -> int:
        """From one row to the next."""
        return self.edge + self.label_px + self.gap

    @property
    def lines(self) -> int:
        """Number of rows."""
        return self._squares.lines

    @property
    def height(self) -> int:
        """Height of everything."""
        return self.lines * self.pitch + self.gap

    def picture(self, index: int) -> QRect:
        """Return where the picture of a slot lies in the whole."""
        line, column = divmod(index, self.columns)
        left = self._squares.rect(column).left()
        return QRect(left, self.gap + line * self.pitch, self.edge, self.edge)

    def label(self, index: int) -> QRect:
        """Return where the label of a slot lies in the whole."""
        picture = self.picture(index)
        return QRect(picture.left(), picture.bottom() + 1, self.edge, self.label_px)

    def rect(self, index: int) -> QRect:
        """Return where a slot lies in the whole, picture and label."""
        return self.picture(index).adjusted(0, 0, 0, self.label_px)

    def at(self, where: QPoint) -> int:
        """Return the slot at a point of the whole; -1: there is none."""
        line = self._line_at(where.y())
        start = line * self.columns
        row = range(start, min(start + self.columns, self.count))
        return next((each for each in row if self.rect(each).contains(where)), -1)

    def between(self, top: int, bottom: int) -> range:
        """Return the slots that touch the band from *top* to *bottom* of the whole."""
        start = min(self._line_at(top) * self.columns, self.count)
        return range(start, max(min((self._line_at(bottom) + 1) * self.columns, self.count), start))

    def gap_at(self, where: QPoint) -> int:
        """Return before which slot something dropped at a point comes; *count*: after the last."""
        line = self._line_at(where.y())
        if line >= self.lines:
            return self.count
        start = line * self.columns
        row = range(start, min(start + self.columns, self.count))
        passed = sum(where.x() > self.picture(each).center().x() for each in row)
        return start + passed

    def gap_line(self, index: int, where: QPoint) -> QLine:
        """Return the line to draw for :meth:`gap_at`, in the row of the pointer."""
        line = min(self._line_at(where.y()), max(self.lines - 1, 0))
        after = index > 0 and (index == self.count or index // self.columns > line)
        box = self.rect(index - 1 if after else index) if self.count else self.picture(0)
        half = self.gap // 2
        x = box.right() + 1 + half if after else box.left() - half
        return QLine(x, box.top(), x, box.bottom())

    def _line_at(self, y: int) -> int:
        return max((y - self.gap) // self.pitch, 0)


def place_after_move(order: list[int], gap: int) -> int:
    """Return where the first of the slots *order* stands once they are moved to before *gap*."""
    return gap - sum(index < gap for index in order)
