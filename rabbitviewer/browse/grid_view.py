"""The painted part of the thumbnail grid: lays cells out, paints what is seen, asks for it."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from PySide6.QtCore import QPoint, QRect, Qt, QTimer, Signal
from PySide6.QtGui import (
    QColor,
    QHideEvent,
    QPainter,
    QPaintEvent,
    QResizeEvent,
    QShowEvent,
)
from PySide6.QtWidgets import QAbstractScrollArea, QFrame, QStyle, QWidget

from rabbitviewer.browse.cell_painter import Cell, CellPainter
from rabbitviewer.browse.cells import Cells, by_distance
from rabbitviewer.browse.paint_events import PaintEvents
from rabbitviewer.browse.picking import Picking
from rabbitviewer.browse.rubber_band import RubberBand
from rabbitviewer.models.listing import ListingModel
from rabbitviewer.models.thumbnails import ThumbnailStore
from rabbitviewer.theme.tokens import tokens
from rabbitviewer.trace import Trace
from rabbitviewer.words import file_name

CELL_SIZES = (96, 400)
FIRST_CELL_SIZE = 196
_WANT_MS = 25
_RESIZE_MS = 150
_NEAR_MOST = 120
_LARGE_FROM_PX = 640
_THUMBNAIL_PX = (512, 1024)


class GridView(QAbstractScrollArea):
    """Square cells of a fixed kind, whose rows are those of the listing; paints only what is seen.

    Signals:
        selection_changed: others are picked (current path, selected paths in order).
        cell_size_changed: cells have another size.
    """

    selection_changed = Signal(bytes, object)
    cell_size_changed = Signal(int)

    def __init__(
        self,
        listing: ListingModel,
        thumbnails: ThumbnailStore,
        trace: Trace | None = None,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._listing = listing
        self._thumbnails = thumbnails
        self._picking = Picking(listing)
        self._painter = CellPainter()
        self._events = PaintEvents(listing, thumbnails, trace)
        self._cell_px = FIRST_CELL_SIZE
        self._cells = Cells(0, 1, self._cell_px, tokens().cell_gap)
        self._band: RubberBand | None = None
        self._hovered = -1
        self._pointer: QPoint | None = None
        self._anchor = (b"", 0)
        self._seen: list[bytes] = []
        self._forward = True
        self._rushed_px = 0
        self._edited: Collection[bytes] = frozenset()
        self._pooled: Collection[bytes] = frozenset()
        self._is_current_hidden = False
        self._total = 0
        self._want_timer = QTimer(self, singleShot=True, interval=_WANT_MS)
        self._want_timer.timeout.connect(self._want)
        self._resize_timer = QTimer(self, singleShot=True, interval=_RESIZE_MS)
        self._resize_timer.timeout.connect(self._set_thumbnail_size)
        self._sharpen_timer = QTimer(self, singleShot=True, interval=0)
        self._sharpen_timer.timeout.connect(self.viewport().update)
        self._set_up()

    def _set_up(self) -> None:
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setAccessibleName(self.tr("Photos"))
        self.viewport().setMouseTracking(True)
        self.viewport().setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.verticalScrollBar().setAccessibleName(self.tr("Scroll the photos"))
        self._listing.folder_changed.connect(self._on_folder_changed)
        self._listing.rows_changed.connect(self._on_rows_changed)
        self._listing.marks_changed.connect(self.viewport().update)
        self._listing.photos_changed.connect(self._thumbnails.forget)
        self._listing.photos_removed.connect(self._on_photos_removed)
        self._thumbnails.ready.connect(self._on_thumbnail_ready)

    # ------------------------------------------------------------ from outside

    @property
    def cell_size(self) -> int:
        """Least edge of a cell, logical pixels."""
        return self._cell_px

    @property
    def current(self) -> bytes:
        """The photo that keys act on; empty: none."""
        return self._picking.current

    @property
    def selected(self) -> Sequence[bytes]:
        """The selected photos, in order."""
        return self._picking.selected()

    def set_cell_px(self, cell_px: int) -> None:
        """Make cells about *cell_px* wide; what is at the top, or the current one, stays in view.

        Sizes outside :data:`CELL_SIZES` are brought inside.
        """
        cell_px = min(max(cell_px, CELL_SIZES[0]), CELL_SIZES[1])
        if cell_px != self._cell_px:
            self._cell_px = cell_px
            self._lay_out()
            self.cell_size_changed.emit(cell_px)

    def set_current(self, path: bytes) -> None:
        """Make *path* the current photo and bring it into view; emits nothing."""
        if self._picking.set_current(path):
            self._describe()
            self.viewport().update()
        self._bring_into_view(self._picking.current_row)

    def choose(self, paths: Sequence[bytes]) -> None:
        """Select those of *paths* that are shown; the first is the current one, in view."""
        rows = [row for row in map(self._listing.row, paths) if row >= 0]
        if rows:
            self._picking.pick(rows[0])
            self._picking.select_rows(rows)
            self._tell()
            self._bring_into_view(rows[0])

    def set_edited(self, paths: Collection[bytes]) -> None:
        """Put the badge of edited photos on *paths*."""
        self._edited = paths
        self.viewport().update()

    def set_pooled(self, paths: Collection[bytes]) -> None:
        """Put the badge of photos that are in the pool on *paths*."""
        if paths != self._pooled:
            self._pooled = paths
            self.viewport().update()

    def photo_at(self, where: QPoint) -> bytes:
        """Return the photo at a point of the viewport; empty: there is none."""
        row = self._row_at(where)
        return self._listing.path(row) if row >= 0 else b""

    def photos_at(self, where: QPoint) -> Sequence[bytes]:
        """Return what a drag from a point of the viewport takes along: all that is selected."""
        path = self.photo_at(where)
        if path in self._picking:
            return self._picking.selected()
        return (path,) if path else ()

    def cell_rect(self, row: int) -> QRect:
        """Return where the cell of *row* lies in the viewport."""
        return self._cells.rect(row).translated(0, -self._scroll)

    # ------------------------------------------------------------ layout

    @property
    def _scroll(self) -> int:
        return self.verticalScrollBar().value()

    def _lay_out(self) -> None:
        """Work out the cells anew."""
        path, offset = self._anchor
        before = (self._cells.columns, self._cells.edge, self._scroll, self._seen)
        bar = self.verticalScrollBar()
        extent = self.style().pixelMetric(QStyle.PixelMetric.PM_ScrollBarExtent, None, bar)
        width, height = self.width() - extent, self.viewport().height()
        self._cells = Cells(len(self._listing), width, self._cell_px, tokens().cell_gap)
        bar.setPageStep(height)
        bar.setSingleStep(max(self._cells.pitch // 3, 1))
        bar.setRange(0, max(self._cells.height - height, 0))
        row = self._listing.row(path) if path else -1
        if row >= 0:
            bar.setValue(self._cells.rect(row).top() - offset)
        self._note_anchor()
        self._seen = list(self._listing.paths(self._rows_seen()))
        if before != (self._cells.columns, self._cells.edge, self._scroll, self._seen):
            self._hovered = -1
            self._choose_thumbnail_size()
            self.viewport().update()
        self._want_soon()

    def _note_anchor(self) -> None:
        """Remember what is to stay where it is when cells move: the current photo, if it is seen.

        At the very top nothing is held: what comes in above shows.
        """
        self._anchor = (b"", 0)
        rows = self._rows_seen()
        if self._scroll == 0 or not rows:
            return
        current = self._picking.current_row
        row = current if current in rows else rows.start
        self._anchor = (self._listing.path(row), self.cell_rect(row).top())

    def _rows_seen(self) -> range:
        seen = self._cells.between(self._scroll, self._scroll + self.viewport().height() - 1)
        return range(seen.start, min(seen.stop, len(self._listing)))

    def _bring_into_view(self, row: int) -> None:
        if not 0 <= row < self._cells.count:
            return
        box, gap = self._cells.rect(row), self._cells.gap
        bar, height = self.verticalScrollBar(), self.viewport().height()
        if box.top() - gap < bar.value():
            bar.setValue(box.top() - gap)
        elif box.bottom() + gap > bar.value() + height:
            bar.setValue(box.bottom() + gap - height)

    # ------------------------------------------------------------ thumbnails

    def _choose_thumbnail_size(self) -> None:
        """Follow the size of the cells; while it is being changed, what is there stands in."""
        if self._thumbnails.shown_px:
            self._resize_timer.start()
        else:
            self._set_thumbnail_size()

    def _set_thumbnail_size(self) -> None:
        edge_px = round(self._cells.edge * self.devicePixelRatioF())
        self._thumbnails.set_size_px(_THUMBNAIL_PX[edge_px > _LARGE_FROM_PX])
        self._thumbnails.set_shown_px(edge_px)

    def _want_soon(self) -> None:
        if not self._want_timer.isActive():
            self._want_timer.start()

    def _want(self) -> None:
        """Ask for what is seen, the nearest to the pointer first, then for what comes next."""
        if not self.isVisible():
            self._thumbnails.want((), viewer="grid")
            return
        seen = self._rows_seen()
        order = list(seen)
        pointer = self._pointer
        if pointer is not None:
            order = by_distance(self._cells, seen, pointer.x(), pointer.y() + self._scroll)
        after = range(seen.stop, min(seen.stop + len(seen), len(self._listing)))
        before = range(seen.start - 1, max(seen.start - 1 - len(seen), -1), -1)
        ahead, behind = (after, before) if self._forward else (before, after)
        near = [*ahead, *behind[: len(behind) // 2]][:_NEAR_MOST]
        if self._rushed_px > self.viewport().height():
            near = []
            self._want_timer.start()
        self._rushed_px = 0
        paths = self._listing.paths
        self._thumbnails.want(list(paths(order)), list(paths(near)), viewer="grid")

    # ------------------------------------------------------------ keeping in step

    def _on_folder_changed(self) -> None:
        self._picking.clear()
        self._anchor = (b"", 0)
        self.verticalScrollBar().setValue(0)
        self._events.begin("open")

    def _on_rows_changed(self) -> None:
        was_empty, was_hidden = self._cells.count == 0, self._is_current_hidden
        was_seen = self._total == self._listing.total and self.current in self._seen
        self._total = self._listing.total
        self._picking.remember_row()
        self._is_current_hidden = bool(self.current) and self._picking.current_row < 0
        self._events.rows_changed()
        self._lay_out()
        if was_empty and len(self._listing):
            self._want()
            self._bring_into_view(self._picking.current_row)
        elif (was_hidden or was_seen) and not self._is_current_hidden:
            self._bring_into_view(self._picking.current_row)

    def _on_photos_removed(self, paths: tuple[bytes, ...]) -> None:
        self._thumbnails.drop(paths)
        if self._picking.drop(paths):
            self._tell()

    def _on_thumbnail_ready(self, path: bytes) -> None:
        row = self._listing.row(path)
        if row in self._rows_seen():
            self.viewport().update(self.cell_rect(row))

    def _tell(self) -> None:
        """Others are picked."""
        self._note_anchor()
        self._describe()
        self.viewport().update()
        self.selection_changed.emit(self._picking.current, self._picking.selected())

    def _describe(self) -> None:
        """Say to a screen reader where we are."""
        row = self._picking.current_row
        words = ""
        if row >= 0:
            words = self.tr("{name}, {place} of {count}").format(
                name=file_name(self._picking.current), place=row + 1, count=len(self._listing)
            )
        self.setAccessibleDescription(words)

    # ------------------------------------------------------------ painting

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the cells that are seen."""
        look = tokens()
        painter = QPainter(self.viewport())
        painter.fillRect(event.rect(), QColor(look.photo_area))
        self._painter.begin()
        for row in self._cells.touching(event.rect().translated(0, self._scroll)):
            if row < len(self._listing):
                self._painter.paint(painter, self.cell_rect(row), self._cell(row), look)
        if self._band is not None:
            self._band.paint(painter, self._scroll, look)
        painter.end()
        if self._painter.left_rough:
            self._sharpen_timer.start()
        self._events.painted(self._rows_seen(), self._cells.lines > 0 and self._fills())

    def _cell(self, row: int) -> Cell:
        path = self._listing.path(row)
        return Cell(
            path,
            file_name(path),
            self._thumbnails.thumbnail(path),
            broken=self._thumbnails.error(path) is not None,
            selected=self._picking.is_selected(row),
            current=path == self._picking.current,
            hovered=row == self._hovered,
            edited=path in self._edited,
            paired=self._listing.has_partner(row),
            pooled=path in self._pooled,
            marks=self._listing.marks(row),
        )

    def _fills(self) -> bool:
        return self._cells.height - self._scroll >= self.viewport().height()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Lay the cells out for the new width."""
        super().resizeEvent(event)
        self._lay_out()

    def scrollContentsBy(self, dx: int, dy: int) -> None:
        """Show another part, and ask for what it needs."""
        super().scrollContentsBy(dx, dy)
        self._forward = dy < 0
        self._rushed_px += abs(dy)
        self._note_anchor()
        self._events.scrolled(abs(dy), self.viewport().height())
        self._hover(self._pointer)
        self._want_soon()

    def showEvent(self, event: QShowEvent) -> None:
        """Ask for what is seen."""
        super().showEvent(event)
        self._want_soon()

    def hideEvent(self, event: QHideEvent) -> None:
        """Ask for nothing: the photo view needs the workers."""
        super().hideEvent(event)
        self._want_soon()

    # ------------------------------------------------------------ hovering

    def _row_at(self, where: QPoint) -> int:
        row = self._cells.at(where.x(), where.y() + self._scroll)
        return row if row < len(self._listing) else -1

    def _hover(self, where: QPoint | None) -> None:
        """The pointer is at *where*; None: it left."""
        self._pointer = where
        row = -1 if where is None else self._row_at(where)
        if row == self._hovered:
            return
        for each in (self._hovered, row):
            if 0 <= each < self._cells.count:
                self.viewport().update(self.cell_rect(each))
        self._hovered = row
