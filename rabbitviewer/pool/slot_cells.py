"""Where the slots of a pool lie, and between which of them something is dropped."""

from __future__ import annotations

import dataclasses

from PySide6.QtCore import QLine, QPoint

from rabbitviewer.browse.labelled_cells import LabelledCells


@dataclasses.dataclass(frozen=True)
class SlotCells(LabelledCells):
    """Square pictures with labels, and the gaps between them."""

    def gap_at(self, where: QPoint) -> int:
        """Return before which slot something dropped at a point comes; *count*: after the last."""
        line = self.line_at(where.y())
        if line >= self.lines:
            return self.count
        start = line * self.columns
        row = range(start, min(start + self.columns, self.count))
        passed = sum(where.x() > self.picture(each).center().x() for each in row)
        return start + passed

    def gap_line(self, index: int, where: QPoint) -> QLine:
        """Return the line to draw for :meth:`gap_at`, in the row of the pointer."""
        line = min(self.line_at(where.y()), max(self.lines - 1, 0))
        after = index > 0 and (index == self.count or index // self.columns > line)
        box = self.rect(index - 1 if after else index) if self.count else self.picture(0)
        half = self.gap // 2
        x = box.right() + 1 + half if after else box.left() - half
        return QLine(x, box.top(), x, box.bottom())


def place_after_move(order: list[int], gap: int) -> int:
    """Return where the first of the slots *order* stands once they are moved to before *gap*."""
    return gap - sum(index < gap for index in order)
