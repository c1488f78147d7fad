"""Dragging a waiting job to another place in the order."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, QPoint, Qt, Signal
from PySide6.QtWidgets import QApplication, QFrame, QWidget

from rabbitviewer.edit.job_row import JobRow
from rabbitviewer.theme.tokens import tokens


class JobDrag(QObject):
    """Shows by a line between the rows where the row in hand would come to stand.

    Signals:
        dropped: it was let go (the job's id, the id it comes before; empty: after the last row).
        reached: the pointer is here, which has to be seen.
    """

    dropped = Signal(str, str)
    reached = Signal(QPoint)

    def __init__(self, area: QWidget, rows: Callable[[], list[JobRow]]) -> None:
        super().__init__(area)
        self._area = area
        self._rows = rows
        self._row: JobRow | None = None
        self._start = QPoint()
        self._is_on_its_way = False
        self._line = QFrame(area)
        self._line.setProperty("look", "drop-line")
        self._line.hide()

    def take(self, row: JobRow, where: QPoint) -> None:
        """Take hold of *row* at *where*."""
        self._row, self._start, self._is_on_its_way = row, where, False

    def carry(self, where: QPoint) -> None:
        """The pointer is at *where* now."""
        if self._row is None:
            return
        far = (where - self._start).manhattanLength() >= QApplication.startDragDistance()
        if not self._is_on_its_way and not far:
            return
        self._is_on_its_way = True
        self._area.setCursor(Qt.CursorShape.ClosedHandCursor)
        rows = self._rows()
        if rows:
            place = self._place(rows, where)
            y = rows[place].y() if place < len(rows) else rows[-1].geometry().bottom()
            look = tokens()
            self._line.setGeometry(look.space_2, y - 1, self._area.width() - look.space_4, 2)
            self._line.show()
            self._line.raise_()
        self.reached.emit(where)

    def drop(self, where: QPoint) -> None:
        """Let go at *where*."""
        row, self._row = self._row, None
        self._line.hide()
        self._area.unsetCursor()
        rows = self._rows()
        if row is None or not self._is_on_its_way or row not in rows:
            return
        place = self._place(rows, where)
        here = rows.index(row)
        if place not in (here, here + 1):
            self.dropped.emit(row.job_id, rows[place].job_id if place < len(rows) else "")

    def _place(self, rows: list[JobRow], where: QPoint) -> int:
        """Return before which row *where* is; their number: after the last one."""
        return sum(row.geometry().center().y() < where.y() for row in rows)
