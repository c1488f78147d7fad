"""The slots of the pool under the user's pointer: clicks, buttons, drags."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QPoint, QRect, Qt, QTimer, Signal
from PySide6.QtGui import (
    QContextMenuEvent,
    QDrag,
    QHelpEvent,
    QImage,
    QMouseEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QApplication, QToolTip, QWidget

from rabbitviewer.browse.rubber_band import scroll_step
from rabbitviewer.models.pool import PoolModel
from rabbitviewer.models.thumbnails import ThumbnailStore
from rabbitviewer.organise.dragging_out import drag_picture
from rabbitviewer.organise.files_urls import mime_of
from rabbitviewer.pool.pool_words import slot_tip
from rabbitviewer.pool.slot_gaps import gap_at, gap_line, place_after_move
from rabbitviewer.pool.slot_keys import SlotKeys
from rabbitviewer.pool.slot_painter import brush_box, remove_box
from rabbitviewer.theme.tokens import tokens

_SHIFT = Qt.KeyboardModifier.ShiftModifier
_CONTROL = Qt.KeyboardModifier.ControlModifier
_MOST_SHEETS = 3
_SCROLL_MS = 30
_EDGE_PX = 24
_ZOOM_STEP = 1.15


class SlotGrid(SlotKeys):
    """The pool as the user works with it.

    Attributes:
        carry: Carries a drag to its end; it takes as long as the user does.
        dragged: The slots that are being dragged out of here.

    Signals:
        paint_wanted: the mask of a slot is to be painted (its name).
        menu_wanted: the context menu, at this point of the screen.
    """

    paint_wanted = Signal(str)
    menu_wanted = Signal(QPoint)

    def __init__(
        self, pool: PoolModel, thumbnails: ThumbnailStore, parent: QWidget | None = None
    ) -> None:
        super().__init__(pool, thumbnails, parent)
        self.carry: Callable[[QDrag], object] = _carry
        self.dragged: tuple[str, ...] = ()
        self._pressed: QPoint | None = None
        self._pressed_on = ""
        self._drag_at = QPoint()
        self._scroll_on = QTimer(self, interval=_SCROLL_MS)
        self._scroll_on.timeout.connect(self._scroll_while_dragging)

    # ------------------------------------------------------------ pointer

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Pick the slot under the pointer; what a click does is done when the button goes up."""
        where = event.position().toPoint()
        index = self._index_at(where)
        self._pressed, self._pressed_on = None, self._button_at(index, where)
        if event.button() == Qt.MouseButton.RightButton:
            if index >= 0 and self._pool.slots[index].slot not in self._picking:
                self._picking.pick(index)
                self._tell()
        elif event.button() != Qt.MouseButton.LeftButton:
            event.ignore()
        elif index >= 0:
            self._pressed = where
            self._press(index, event.modifiers())

    def _press(self, index: int, modifiers: Qt.KeyboardModifier) -> None:
        if self._pressed_on in ("remove", "paint"):
            return
        if modifiers & _SHIFT:
            self._picking.extend(index, adding=bool(modifiers & _CONTROL))
        elif modifiers & _CONTROL:
            self._picking.toggle(index)
        elif self._pool.slots[index].slot not in self._picking:
            self._picking.pick(index)
        else:
            return
        self._tell()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Light the slot under the pointer, or begin to drag what is selected."""
        where = event.position().toPoint()
        if self._pressed is None or not event.buttons() & Qt.MouseButton.LeftButton:
            self._hover(where)
            return
        moved = (where - self._pressed).manhattanLength() >= QApplication.startDragDistance()
        if moved and self._pressed_on not in ("remove", "paint"):
            self._pressed = None
            self._drag()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Do what the click means."""
        where = event.position().toPoint()
        index = self._index_at(where)
        pressed, self._pressed = self._pressed, None
        if pressed is None or event.button() != Qt.MouseButton.LeftButton or index < 0:
            return
        if index != self._index_at(pressed):
            return
        slot, on = self._pool.slots[index].slot, self._button_at(index, where)
        if on != self._pressed_on:
            return
        if on == "remove":
            self.remove_wanted.emit((slot,))
        elif on == "paint":
            self.paint_wanted.emit(slot)
        elif not event.modifiers() & (_SHIFT | _CONTROL):
            self._picking.pick(index)
            self._tell()
            if on == "label":
                self.edit_label(index)
            else:
                self.show_slot(index)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Paint the mask of the slot under the pointer; the first click made it active."""
        where = event.position().toPoint()
        index = self._index_at(where)
        if event.button() != Qt.MouseButton.LeftButton or index < 0:
            return
        on = self._button_at(index, where)
        if on == "label":
            self.edit_label(index)
        elif on in ("remove", "paint"):
            self.mousePressEvent(event)
        elif not self._pool.slots[index].missing:
            self.paint_wanted.emit(self._pool.slots[index].slot)

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Scroll; with Ctrl, change the size of the pictures."""
        if event.modifiers() & _CONTROL:
            steps = event.angleDelta().y() / 120
            self.set_slot_px(round(self.slot_px * _ZOOM_STEP**steps))
            event.accept()
        else:
            super().wheelEvent(event)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """Ask for the menu, at the pointer or at the current slot."""
        self.menu_wanted.emit(self._menu_place(event, self._picking.current_index))

    def _explain(self, event: QHelpEvent) -> None:
        index = self._index_at(event.pos())
        if index < 0:
            QToolTip.hideText()
            return
        slot, on = self._pool.slots[index], self._button_at(index, event.pos())
        tips = {
            "remove": self.tr("Take out of the pool (Del); the photo stays"),
            "paint": self.tr("Paint a mask"),
        }
        masked = self._pool.has_mask(slot)
        text = tips.get(on) or slot_tip(
            slot, index, active=index == self._pool.active, masked=masked
        )
        error = self._thumbnails.error(slot.path)
        if error is not None and on not in tips and not slot.missing:
            text = f"{text}\n{error.message}"
        QToolTip.showText(event.globalPos(), text, self.viewport(), self.picture_rect(index))

    def _button_at(self, index: int, where: QPoint) -> str:
        """Return what of a slot lies at a point: remove | paint | label; empty: its picture."""
        if index < 0:
            return ""
        picture = self.picture_rect(index)
        if self.label_rect(index).contains(where):
            return "label"
        if remove_box(picture).contains(where):
            return "remove"
        can_paint = not self._pool.slots[index].missing
        return "paint" if can_paint and brush_box(picture).contains(where) else ""

    # ------------------------------------------------------------ dragging

    def _drag(self) -> None:
        slots = self.selected_slots
        if not slots:
            return
        drag = QDrag(self.viewport())
        drag.setMimeData(mime_of([each.path for each in slots if not each.missing]))
        pictures = [self._picture_of(each.path) for each in slots[:_MOST_SHEETS]]
        drag.setPixmap(drag_picture(pictures, len(slots), self.devicePixelRatioF()))
        drag.setHotSpot(QPoint(-tokens().space_2, -tokens().space_2))
        self.dragged = tuple(each.slot for each in slots)
        self.carry(drag)
        self.dragged = ()
        self.show_gap(None)

    def _picture_of(self, path: bytes) -> QImage | None:
        known = self._thumbnails.thumbnail(path)
        return None if known is None else known.image

    def gap_at(self, where: QPoint) -> int:
        """Return before which slot something dropped at a point of the viewport would come."""
        return gap_at(self._cells, where + QPoint(0, self._scroll))

    def show_gap(self, where: QPoint | None) -> None:
        """Draw where something would be dropped; None: nowhere. Scrolls at the edges."""
        line = None
        if where is not None:
            inside = where + QPoint(0, self._scroll)
            line = gap_line(self._cells, gap_at(self._cells, inside), inside)
            self._drag_at = where
        if line != self._drop_line:
            self._drop_line = line
            self.viewport().update()
        beyond = where is not None and bool(self._step_beyond(where))
        if beyond and not self._scroll_on.isActive():
            self._scroll_on.start()
        elif not beyond:
            self._scroll_on.stop()

    def _step_beyond(self, where: QPoint) -> int:
        inner = QRect(self.viewport().rect()).adjusted(0, _EDGE_PX, 0, -_EDGE_PX)
        return scroll_step(where.y() - inner.top(), inner.height())

    def _scroll_while_dragging(self) -> None:
        bar = self.verticalScrollBar()
        bar.setValue(bar.value() + self._step_beyond(self._drag_at))
        self.show_gap(self._drag_at)

    def drop_dragged(self, where: QPoint) -> None:
        """Move the slots that are dragged here to a point of the viewport."""
        order = [self._pool.index_of(name) for name in self.dragged]
        to = place_after_move(order, self.gap_at(where))
        if order != list(range(to, to + len(order))):
            self._pool.move(self.dragged, to)


def _carry(drag: QDrag) -> object:
    """Offer copies only: a file manager must not move what the pool refers to."""
    return drag.exec(Qt.DropAction.CopyAction)
