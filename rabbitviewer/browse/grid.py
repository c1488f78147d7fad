"""The thumbnails of the open folder under the user's hands: pointer, wheel, keys."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPoint, Qt, QTimer, Signal
from PySide6.QtGui import QContextMenuEvent, QHelpEvent, QKeyEvent, QMouseEvent, QWheelEvent
from PySide6.QtWidgets import QToolTip, QWidget

from rabbitviewer.browse.grid_view import CELL_SIZES, FIRST_CELL_SIZE, GridView
from rabbitviewer.browse.rubber_band import RubberBand, scroll_step
from rabbitviewer.browse.type_ahead import TypeAhead
from rabbitviewer.models.listing import ListingModel
from rabbitviewer.models.thumbnails import ThumbnailStore
from rabbitviewer.trace import Trace

__all__ = ["CELL_SIZES", "FIRST_CELL_SIZE", "ThumbnailGrid"]

_SHIFT = Qt.KeyboardModifier.ShiftModifier
_CONTROL = Qt.KeyboardModifier.ControlModifier
_KEYPAD = Qt.KeyboardModifier.KeypadModifier
_ZOOM_STEP = 1.15
_SCROLL_MS = 30


class ThumbnailGrid(GridView):
    """The grid as the user works with it.

    Signals:
        photo_opened: Enter or a double click (the photo's path).
        menu_wanted: the context menu, at this point of the screen.
    """

    photo_opened = Signal(bytes)
    menu_wanted = Signal(QPoint)

    def __init__(
        self,
        listing: ListingModel,
        thumbnails: ThumbnailStore,
        trace: Trace | None = None,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(listing, thumbnails, trace, parent)
        self._typing = TypeAhead()
        self._pulled_at = QPoint()
        self._scroll_on = QTimer(self, interval=_SCROLL_MS)
        self._scroll_on.timeout.connect(self._scroll_while_pulling)

    # ------------------------------------------------------------ commands

    def select_all(self) -> None:
        """Select every photo that is shown."""
        self._after(self._picking.select_all())

    def select_none(self) -> None:
        """Select nothing but the current photo."""
        self._after(self._picking.select_none())

    def invert_selection(self) -> None:
        """Select what is not selected."""
        self._after(self._picking.invert())

    # ------------------------------------------------------------ pointer

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Pick the photo under the pointer; beside the photos, begin to pull up a rectangle."""
        where = event.position().toPoint()
        row = self._row_at(where)
        self._typing.end()
        if event.button() == Qt.MouseButton.RightButton:
            if row >= 0 and self._listing.path(row) not in self._picking:
                self._after(self._picking.pick(row))
        elif event.button() != Qt.MouseButton.LeftButton:
            event.ignore()
        elif row >= 0:
            self._click(row, event.modifiers())
        else:
            keeps = bool(event.modifiers() & (_CONTROL | _SHIFT))
            if not keeps:
                self._after(self._picking.clear())
            base = self._picking.snapshot() if keeps else None
            self._band = RubberBand(where + QPoint(0, self._scroll), base)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """End a click or a rectangle; what they do was done before."""
        if self._band is not None:
            self._band = None
            self._scroll_on.stop()
            self.viewport().update()
        event.accept()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Open the photo under the pointer."""
        row = self._row_at(event.position().toPoint())
        if row >= 0 and event.button() == Qt.MouseButton.LeftButton:
            self.photo_opened.emit(self._listing.path(row))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Light the cell under the pointer, or pull the rectangle on."""
        where = event.position().toPoint()
        if self._band is None:
            self._hover(where)
            return
        self._pulled_at = where
        self._pull()
        beyond = scroll_step(where.y(), self.viewport().height())
        if beyond and not self._scroll_on.isActive():
            self._scroll_on.start()
        elif not beyond:
            self._scroll_on.stop()

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Scroll; with Ctrl, change the size of the cells."""
        if event.modifiers() & _CONTROL:
            steps = event.angleDelta().y() / 120
            self.set_cell_px(round(self._cell_px * _ZOOM_STEP**steps))
            event.accept()
        elif not event.pixelDelta().isNull():
            bar = self.verticalScrollBar()
            bar.setValue(bar.value() - event.pixelDelta().y())
            event.accept()
        else:
            super().wheelEvent(event)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """Ask for the menu, at the pointer or at the current photo."""
        where = event.globalPos()
        if event.reason() == QContextMenuEvent.Reason.Keyboard:
            row = self._picking.current_row
            if row < 0:
                return
            where = self.viewport().mapToGlobal(self.cell_rect(row).center())
        self.menu_wanted.emit(where)

    def viewportEvent(self, event: QEvent) -> bool:
        """Forget the hovered cell when the pointer leaves; say why a photo is broken."""
        if event.type() == QEvent.Type.Leave and self._band is None:
            self._hover(None)
        elif isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            self._explain(event)
            return True
        return super().viewportEvent(event)

    def _click(self, row: int, modifiers: Qt.KeyboardModifier) -> None:
        if modifiers & _SHIFT:
            self._after(self._picking.extend(row, adding=bool(modifiers & _CONTROL)))
        elif modifiers & _CONTROL:
            self._after(self._picking.toggle(row))
        else:
            self._after(self._picking.pick(row))

    def _pull(self) -> None:
        """Select what the rectangle touches now."""
        if self._band is None or not self._band.pull(self._pulled_at + QPoint(0, self._scroll)):
            return
        rows = [row for span in self._cells.covered(self._band.area) for row in span]
        self._after(self._picking.select_rows(rows, self._band.base))
        self.viewport().update()

    def _scroll_while_pulling(self) -> None:
        bar = self.verticalScrollBar()
        bar.setValue(bar.value() + scroll_step(self._pulled_at.y(), self.viewport().height()))
        self._pull()

    def _after(self, changed: bool) -> None:
        if changed:
            self._tell()

    def _explain(self, event: QHelpEvent) -> None:
        row = self._row_at(event.pos())
        error = self._thumbnails.error(self._listing.path(row)) if row >= 0 else None
        if error is None:
            QToolTip.hideText()
            return
        text = "\n".join(filter(None, (error.message, error.hint)))
        QToolTip.showText(event.globalPos(), text, self.viewport(), self.cell_rect(row))

    # ------------------------------------------------------------ keys

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Move, select and open."""
        key, modifiers = event.key(), event.modifiers()
        if key in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self._picking.current_row >= 0:
            self.photo_opened.emit(self._picking.current)
        elif key == Qt.Key.Key_A and modifiers == _CONTROL:
            self._after(self._picking.select_all())
        elif key == Qt.Key.Key_Space and modifiers == _CONTROL and self._picking.current_row >= 0:
            self._after(self._picking.toggle(self._picking.current_row))
        elif (row := self._row_for_key(key)) >= 0:
            if modifiers & ~(_SHIFT | _CONTROL | _KEYPAD):
                super().keyPressEvent(event)
                return
            self._go(row, modifiers)
        elif not self._type(event):
            super().keyPressEvent(event)

    def _go(self, row: int, modifiers: Qt.KeyboardModifier) -> None:
        """Go to *row*: alone, with all on the way (Shift), or without selecting (Ctrl)."""
        controlled = bool(modifiers & _CONTROL)
        if modifiers & _SHIFT:
            self._after(self._picking.extend(row, adding=controlled))
        elif controlled:
            self._after(self._picking.move(row))
        else:
            self._after(self._picking.pick(row))
        self._bring_into_view(row)

    def _type(self, event: QKeyEvent) -> bool:
        """Go to the photo whose name begins with what is typed; return whether it was a letter."""
        text = event.text()
        if not text.isprintable() or not text or event.modifiers() & ~(_SHIFT | _KEYPAD):
            return False
        if text == " " and not self._typing.active:
            return False
        start, wants_next = self._typing.take(text)
        row = self._picking.current_row
        found = self._listing.row_named(start, row + 1 if wants_next else max(row, 0))
        if found >= 0:
            self._go(found, Qt.KeyboardModifier.NoModifier)
        return True

    def event(self, event: QEvent) -> bool:
        """Let a word that is being typed go on, though its letters are shortcuts too."""
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent):
            plain = not event.modifiers() & ~(_SHIFT | _KEYPAD)
            if plain and self._typing.active and event.text().isprintable() and event.text():
                event.accept()
                return True
        return super().event(event)

    def _row_for_key(self, key: int) -> int:
        """Return where *key* leads; -1: it is none that moves, or there is nowhere to go."""
        last = len(self._listing) - 1
        moves = {
            Qt.Key.Key_Left: -1,
            Qt.Key.Key_Right: 1,
            Qt.Key.Key_Up: -self._cells.columns,
            Qt.Key.Key_Down: self._cells.columns,
            Qt.Key.Key_PageUp: -self._cells.columns * self._lines_seen(),
            Qt.Key.Key_PageDown: self._cells.columns * self._lines_seen(),
        }
        ends = {Qt.Key.Key_Home: 0, Qt.Key.Key_End: last}
        if key in ends:
            return ends[Qt.Key(key)] if last >= 0 else -1
        if key not in moves or last < 0:
            return -1
        row = self._picking.current_row
        if row < 0:
            return max(self._rows_seen().start, 0)
        by = moves[Qt.Key(key)]
        target = row + by
        if not 0 <= target <= last and abs(by) == self._cells.columns:
            same_line = target // self._cells.columns == last // self._cells.columns
            return last if target > last and same_line else row
        return min(max(target, 0), last)

    def _lines_seen(self) -> int:
        return max(self.viewport().height() // self._cells.pitch, 1)
