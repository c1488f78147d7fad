"""Where the cells of the grid lie: plain arithmetic in logical pixels, no widget."""

from __future__ import annotations

import dataclasses
import functools

from PySide6.QtCore import QRect


@dataclasses.dataclass(frozen=True)
class Cells:
    """Square cells in rows from left to right, filling the width.

    Attributes:
        count: Number of cells.
        width: Width to fill.
        cell_px: Edge wanted; cells grow until their row fills the width.
        gap: Between cells and round them.
    """

    count: int
    width: int
    cell_px: int
    gap: int

    @functools.cached_property
    def columns(self) -> int:
        """Cells in a row."""
        return max((self.width - self.gap) // (self.cell_px + self.gap), 1)

    @functools.cached_property
    def edge(self) -> int:
        """Width and height of a cell."""
        return max((self.width - self.gap * (self.columns + 1)) // self.columns, 1)

    @functools.cached_property
    def pitch(self) -> int:
        """From one row to the next."""
        return self.edge + self.gap

    @functools.cached_property
    def lines(self) -> int:
        """Number of rows of cells."""
        return -(-self.count // self.columns)

    @functools.cached_property
    def height(self) -> int:
        """Height of everything."""
        return self.lines * self.pitch + self.gap

    def rect(self, index: int) -> QRect:
        """Return where the cell *index* lies in the whole."""
        line, column = divmod(index, self.columns)
        left = self._margin + column * self.pitch
        return QRect(left, self.gap + line * self.pitch, self.edge, self.edge)

    def at(self, x: int, y: int) -> int:
        """Return the cell at a point of the whole; -1: there is none."""
        column, into_x = divmod(x - self._margin, self.pitch)
        line, into_y = divmod(y - self.gap, self.pitch)
        index = line * self.columns + column
        inside = 0 <= column < self.columns and into_x < self.edge and into_y < self.edge
        return index if inside and line >= 0 and index < self.count else -1

    def between(self, top: int, bottom: int) -> range:
        """Return the cells that touch the band from *top* to *bottom* of the whole."""
        first = max((top - self.gap) // self.pitch, 0)
        last = max((bottom - self.gap) // self.pitch, -1)
        start = min(first * self.columns, self.count)
        return range(start, max(min((last + 1) * self.columns, self.count), start))

    def touching(self, area: QRect) -> list[int]:
        """Return the cells that touch *area* of the whole."""
        band = self.between(area.top(), area.bottom())
        return [index for index in band if self.rect(index).intersects(area)]

    def covered(self, area: QRect) -> list[range]:
        """Return the cells that *area* of the whole touches, line by line."""
        pitch, columns = self.pitch, self.columns
        left = max(-(-(area.left() - self._margin - self.edge + 1) // pitch), 0)
        right = min((area.right() - self._margin) // pitch, columns - 1)
        top = max(-(-(area.top() - self.gap - self.edge + 1) // pitch), 0)
        bottom = min((area.bottom() - self.gap) // pitch, self.lines - 1)
        if left > right or top > bottom:
            return []
        if (left, right) == (0, columns - 1):
            return [range(top * columns, min((bottom + 1) * columns, self.count))]
        spans = (
            range(line * columns + left, min(line * columns + right + 1, self.count))
            for line in range(top, bottom + 1)
        )
        return [span for span in spans if span]

    @functools.cached_property
    def _margin(self) -> int:
        used = self.columns * self.pitch - self.gap
        return max((self.width - used) // 2, self.gap)


def by_distance(cells: Cells, indices: range, x: int, y: int) -> list[int]:
    """Return *indices* sorted by their distance from a point of the whole, nearest first."""

    def squared(index: int) -> int:
        center = cells.rect(index).center()
        return (center.x() - x) ** 2 + (center.y() - y) ** 2

    return sorted(indices, key=squared)
