"""Between which slots of a pool something is dropped."""

from __future__ import annotations

from PySide6.QtCore import QLine, QPoint

from rabbitviewer.browse.labelled_cells import LabelledCells


def gap_at(cells: LabelledCells, where: QPoint) -> int:
    """Return before which slot something dropped at a point comes; *count*: after the last."""
    line = cells.line_at(where.y())
    if line >= cells.lines:
        return cells.count
    start = line * cells.columns
    row = range(start, min(start + cells.columns, cells.count))
    passed = sum(where.x() > cells.picture(each).center().x() for each in row)
    return start + passed


def gap_line(cells: LabelledCells, index: int, where: QPoint) -> QLine:
    """Return the line to draw for :func:`gap_at`, in the row of the pointer."""
    line = min(cells.line_at(where.y()), max(cells.lines - 1, 0))
    after = index > 0 and (index == cells.count or index // cells.columns > line)
    box = cells.rect(index - 1 if after else index) if cells.count else cells.picture(0)
    half = cells.gap // 2
    x = box.right() + 1 + half if after else box.left() - half
    return QLine(x, box.top(), x, box.bottom())


def place_after_move(order: list[int], gap: int) -> int:
    """Return where the first of the slots *order* stands once they are moved to before *gap*."""
    return gap - sum(index < gap for index in order)
