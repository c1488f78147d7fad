"""The photos of the folder as one line under the photo on show."""

from __future__ import annotations

from PySide6.QtCore import QPoint, QRect, Qt, QTimer, Signal
from PySide6.QtGui import (
    QColor,
    QContextMenuEvent,
    QHideEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QShowEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QWidget

from rabbitviewer.browse.cell_painter import Cell, CellPainter
from rabbitviewer.models.listing import ListingModel
from rabbitviewer.models.selection import Selection
from rabbitviewer.models.thumbnails import ThumbnailStore
from rabbitviewer.theme.tokens import tokens
from rabbitviewer.words import file_name

_WANT_MS = 60
_VIEWER = "filmstrip"


class Filmstrip(QWidget):
    """Square cells side by side, the current one in the middle where there is room.

    Signals:
        photo_chosen: a cell was pressed (the photo's path).
    """

    photo_chosen = Signal(bytes)

    def __init__(
        self,
        listing: ListingModel,
        thumbnails: ThumbnailStore,
        selection: Selection,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._listing = listing
        self._thumbnails = thumbnails
        self._selection = selection
        self._painter = CellPainter()
        self._shift = 0
        self._hovered = -1
        self._timer = QTimer(self, singleShot=True, interval=_WANT_MS)
        self._timer.timeout.connect(self._want)
        self.setFixedHeight(tokens().strip_height)
        self.setMouseTracking(True)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setAccessibleName(self.tr("Filmstrip"))
        listing.rows_changed.connect(self._renew)
        selection.current_changed.connect(self._to_current)
        listing.marks_changed.connect(self.update)
        thumbnails.ready.connect(self._on_thumbnail_ready)

    # ------------------------------------------------------------ where cells lie

    @property
    def _pitch(self) -> int:
        return self.height() - tokens().cell_gap

    def _first_left(self) -> int:
        """Where the first cell begins; the current one is centred, the ends stay at the ends."""
        width = self._pitch * len(self._listing) + tokens().cell_gap
        if width <= self.width():
            return (self.width() - width) // 2
        row = max(self._listing.row(self._selection.current), 0)
        wanted = self.width() // 2 - row * self._pitch - self._pitch // 2 + self._shift
        return min(max(wanted, self.width() - width), 0)

    def _rect(self, row: int) -> QRect:
        gap = tokens().cell_gap
        edge = self._pitch - gap
        return QRect(self._first_left() + gap + row * self._pitch, gap, edge, edge)

    def _rows_seen(self) -> range:
        first = -self._first_left() // self._pitch
        last = (self.width() - self._first_left()) // self._pitch + 1
        return range(max(first, 0), min(last, len(self._listing)))

    def _row_at(self, where: QPoint) -> int:
        rows = (row for row in self._rows_seen() if self._rect(row).contains(where))
        return next(rows, -1)

    def photo_at(self, where: QPoint) -> bytes:
        """Return the photo at a point; empty: there is none."""
        row = self._row_at(where)
        return self._listing.path(row) if row >= 0 else b""

    # ------------------------------------------------------------ keeping in step

    def _to_current(self) -> None:
        self._shift = 0
        self._renew()

    def _renew(self) -> None:
        self._hovered = -1
        if self.isVisible():
            self.update()
            self._timer.start()

    def _want(self) -> None:
        """Ask for what is seen; the grid asks for nothing while it is not."""
        if self.isVisible():
            middle = self._listing.row(self._selection.current)
            rows = sorted(self._rows_seen(), key=lambda row: abs(row - middle))
            self._thumbnails.want(list(self._listing.paths(rows)), viewer=_VIEWER)

    def _on_thumbnail_ready(self, path: bytes) -> None:
        if self.isVisible():
            row = self._listing.row(path)
            if row in self._rows_seen():
                self.update(self._rect(row))

    # ------------------------------------------------------------ Qt

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the cells that are seen."""
        look = tokens()
        painter = QPainter(self)
        painter.fillRect(event.rect(), QColor(look.window))
        painter.fillRect(QRect(0, 0, self.width(), 1), QColor(look.line))
        self._painter.begin()
        for row in self._rows_seen():
            box = self._rect(row)
            if box.intersects(event.rect()):
                self._painter.paint(painter, box, self._cell(row), look)
        painter.end()
        if self._painter.left_rough:
            QTimer.singleShot(0, self, self.update)

    def _cell(self, row: int) -> Cell:
        path = self._listing.path(row)
        current = path == self._selection.current
        return Cell(
            path,
            file_name(path),
            self._thumbnails.thumbnail(path),
            broken=self._thumbnails.error(path) is not None,
            selected=current,
            current=current,
            paired=self._listing.has_partner(row),
            marks=self._listing.marks(row),
        )

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Go to the photo under the pointer."""
        row = self._row_at(event.position().toPoint())
        if row >= 0 and event.button() == Qt.MouseButton.LeftButton:
            self._selection.set_selected(())
            self.photo_chosen.emit(self._listing.path(row))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Name the photo under the pointer."""
        row = self._row_at(event.position().toPoint())
        if row != self._hovered:
            self._hovered = row
            self.setToolTip(file_name(self._listing.path(row)) if row >= 0 else "")

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Look along the line; the photo on show stays."""
        delta = event.pixelDelta() if not event.pixelDelta().isNull() else event.angleDelta()
        moved = delta.x() if abs(delta.x()) > abs(delta.y()) else delta.y()
        before = self._first_left()
        self._shift += moved
        self._shift -= moved - (self._first_left() - before)
        self._renew()
        event.accept()

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """Leave the menu to the photo."""
        event.accept()

    def hideEvent(self, event: QHideEvent) -> None:
        """Ask for nothing while nobody sees it."""
        super().hideEvent(event)
        self._thumbnails.want((), viewer=_VIEWER)

    def showEvent(self, event: QShowEvent) -> None:
        """Ask for what is seen."""
        super().showEvent(event)
        self._to_current()
