"""The painted part of the pool: lays slots out, paints what is seen, asks for its pictures."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QLine, QPoint, QTimer, Signal
from PySide6.QtGui import (
    QColor,
    QHideEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QResizeEvent,
    QShowEvent,
)
from PySide6.QtWidgets import QWidget

from daemon.protocol.values import PoolSlot
from rabbitviewer.browse.labelled_cells import LabelledCells
from rabbitviewer.browse.labelled_view import LabelledView
from rabbitviewer.models.pool import PoolModel
from rabbitviewer.models.thumbnails import ThumbnailStore
from rabbitviewer.pool.label_field import LabelField
from rabbitviewer.pool.pool_words import slot_description
from rabbitviewer.pool.slot_painter import SlotLook, SlotPainter
from rabbitviewer.pool.slot_picking import SlotPicking
from rabbitviewer.theme.tokens import tokens

SLOT_SIZES = (64, 256)
_WANT_MS = 25
_NEAR_LINES = 2
_VIEWER = "pool"


class SlotView(LabelledView):
    """The slots of the pool; only what is seen is painted and asked for.

    Signals:
        picked: other slots are selected.
        size_changed: pictures have another size (logical pixels).
    """

    picked = Signal()
    size_changed = Signal(int)

    def __init__(
        self, pool: PoolModel, thumbnails: ThumbnailStore, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._pool = pool
        self._thumbnails = thumbnails
        self._picking = SlotPicking()
        self._painter = SlotPainter()
        self._slot_px = tokens().slot
        self._cells = self._make_cells()
        self._lit = ""
        self._drop_line: QLine | None = None
        self._on_show = b""
        self._pool_id = ""
        self._active = ""
        self._label = LabelField(self.viewport(), self)
        self._label.ended.connect(self._on_label_ended)
        self._want_timer = QTimer(self, singleShot=True, interval=_WANT_MS)
        self._want_timer.timeout.connect(self._want)
        self._sharpen_timer = QTimer(self, singleShot=True, interval=0)
        self._sharpen_timer.timeout.connect(self.viewport().update)
        self.setAccessibleName(self.tr("Photos of the pool"))
        self.verticalScrollBar().setAccessibleName(self.tr("Scroll the pool"))
        pool.changed.connect(self._on_changed)
        pool.masks_changed.connect(self._on_masks_changed)
        pool.photos_changed.connect(thumbnails.forget)
        thumbnails.ready.connect(self._on_thumbnail_ready)
        self._on_changed()

    # ------------------------------------------------------------ from outside

    @property
    def selected(self) -> tuple[str, ...]:
        """The selected slots in order; the current one alone when none is."""
        return self._picking.selected

    @property
    def selected_slots(self) -> tuple[PoolSlot, ...]:
        """The same as the pool knows them."""
        names = set(self._picking.selected)
        return tuple(each for each in self._pool.slots if each.slot in names)

    @property
    def current(self) -> str:
        """The slot that keys act on; empty: none."""
        return self._picking.current

    @property
    def slot_px(self) -> int:
        """Least edge of a picture, logical pixels."""
        return self._slot_px

    def set_slot_px(self, slot_px: int) -> None:
        """Make pictures about this large; the current one stays in view.

        Sizes outside :data:`SLOT_SIZES` are brought inside.
        """
        slot_px = min(max(slot_px, SLOT_SIZES[0]), SLOT_SIZES[1])
        if slot_px != self._slot_px:
            self._slot_px = slot_px
            self._lay_out()
            self.bring_into_view(self._picking.current_index)
            self.size_changed.emit(slot_px)

    def choose(self, names: Sequence[str]) -> None:
        """Select slots and bring the first into view."""
        self._picking.select(names)
        self._tell()
        self.bring_into_view(self._picking.current_index)

    @property
    def on_show(self) -> bytes:
        """The photo in the photo view; empty: none."""
        return self._on_show

    def set_on_show(self, path: bytes) -> None:
        """Mark the slot whose photo is in the photo view."""
        if path != self._on_show:
            self._on_show = path
            self.viewport().update()

    def edit_label(self, index: int) -> None:
        """Edit the label of a slot in place."""
        if 0 <= index < len(self._pool.slots):
            self.bring_into_view(index)
            slot = self._pool.slots[index]
            self._label.setGeometry(self._field_rect(index))
            self._label.edit(slot.slot, slot.label)
            self.viewport().update()

    # ------------------------------------------------------------ layout

    def _make_cells(self) -> LabelledCells:
        look = tokens()
        return LabelledCells(
            count=len(self._pool.slots),
            width=max(self.width() - self._bar_px, SLOT_SIZES[0]),
            cell_px=self._slot_px,
            gap=look.space_2,
            label_px=look.font_small + look.space_2,
        )

    def _lay_out(self) -> None:
        self._cells = self._make_cells()
        self._fit_scroll_bar()
        self._place_label()
        self._hover(self._pointer)
        self.viewport().update()
        self._want_soon()

    def _place_label(self) -> None:
        """Keep the field over its label; a slot that went takes it along."""
        if self._label.slot:
            index = self._pool.index_of(self._label.slot)
            if index < 0:
                self._label.cancel()
            else:
                self._label.setGeometry(self._field_rect(index))

    # ------------------------------------------------------------ keeping in step

    def _on_changed(self) -> None:
        picking, active = self._picking, self._pool.active_slot
        alone = picking.count < 2
        before = picking.selected
        picking.follow(self._pool.slots)
        if self._pool.pool_id != self._pool_id:
            self._pool_id = self._pool.pool_id
            self._active = ""
            alone = True
            self.verticalScrollBar().setValue(0)
        self._lay_out()
        name = active.slot if active is not None else ""
        if name != self._active:
            self._active = name
            if alone and name:
                picking.pick(self._pool.active)
                self.bring_into_view(self._pool.active)
        self._describe()
        if picking.selected != before:
            self.picked.emit()

    def _on_masks_changed(self) -> None:
        self._describe()
        self.viewport().update()

    def _on_thumbnail_ready(self, path: bytes) -> None:
        slots = self._pool.slots
        for index in self._seen():
            if slots[index].path == path:
                self.viewport().update(self.picture_rect(index))

    def _on_label_ended(self, slot: str, label: str | None, step: int) -> None:
        if label is not None:
            self._pool.set_label(slot, label)
        index = self._pool.index_of(slot) + step
        if step and 0 <= index < len(self._pool.slots):
            self._picking.pick(index)
            self._tell()
            self.edit_label(index)
        self.viewport().update()

    def _tell(self) -> None:
        """Others are picked."""
        self._describe()
        self.viewport().update()
        self.picked.emit()

    def _describe(self) -> None:
        """Say to a screen reader where we are."""
        index = self._picking.current_index
        words = ""
        if index >= 0:
            slot = self._pool.slots[index]
            words = slot_description(
                slot,
                index,
                len(self._pool.slots),
                active=index == self._pool.active,
                masked=self._pool.has_mask(slot),
            )
        self.setAccessibleDescription(words)

    # ------------------------------------------------------------ thumbnails

    def _want_soon(self) -> None:
        if not self._want_timer.isActive():
            self._want_timer.start()

    def _want(self) -> None:
        """Ask for what is seen, then for the lines round it; nothing while nobody looks."""
        if not self.isVisible():
            self._thumbnails.want((), viewer=_VIEWER)
            return
        slots, seen = self._pool.slots, self._seen()
        margin = _NEAR_LINES * self._cells.columns
        near = [
            *range(seen.stop, min(seen.stop + margin, len(slots))),
            *range(seen.start - 1, max(seen.start - 1 - margin, -1), -1),
        ]
        self._thumbnails.want(
            [slots[each].path for each in seen if not slots[each].missing],
            [slots[each].path for each in near if not slots[each].missing],
            viewer=_VIEWER,
        )

    # ------------------------------------------------------------ painting

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the slots that are seen."""
        look = tokens()
        painter = QPainter(self.viewport())
        painter.fillRect(event.rect(), QColor(look.panel))
        self._painter.begin()
        for index in self._seen():
            box = self._cells.rect(index).translated(0, -self._scroll)
            if box.adjusted(-2, -2, 2, 2).intersects(event.rect()):
                self._painter.paint(
                    painter, self.picture_rect(index), self.label_rect(index), self._look(index)
                )
        if self._drop_line is not None:
            painter.setPen(QPen(QColor(look.accent), look.selection_ring + 1))
            painter.drawLine(self._drop_line.translated(0, -self._scroll))
        painter.end()
        if self._painter.left_rough:
            self._sharpen_timer.start()

    def _look(self, index: int) -> SlotLook:
        slot = self._pool.slots[index]
        focused = slot.slot == self._picking.current and self.hasFocus()
        hovered = index == self._hovered
        return SlotLook(
            slot,
            index,
            self._thumbnails.thumbnail(slot.path),
            broken=self._thumbnails.error(slot.path) is not None,
            active=index == self._pool.active,
            masked=self._pool.has_mask(slot),
            selected=slot.slot in self._picking and (focused or self._picking.count > 1),
            focused=focused,
            on_show=slot.path == self._on_show,
            tools=hovered or focused,
            lit=self._lit if hovered else "",
            hint=self.tr("Add a label") if hovered else "",
            editing=slot.slot == self._label.slot,
        )

    def update_slot(self, index: int) -> None:
        """Repaint one slot."""
        if 0 <= index < self._cells.count:
            box = self._cells.rect(index).translated(0, -self._scroll)
            self.viewport().update(box.adjusted(-3, -3, 3, 3))

    def _hover(self, where: QPoint | None) -> None:
        """The pointer is at *where*; None: it left."""
        self._pointer = where
        index = -1 if where is None else self._index_at(where)
        lit = self._button_at(index, where) if where is not None else ""
        if (index, lit) != (self._hovered, self._lit):
            for each in (self._hovered, index):
                self.update_slot(each)
            self._hovered, self._lit = index, lit

    def _button_at(self, index: int, where: QPoint) -> str:
        """Return which button of a slot lies at a point; the grid says."""
        del index, where
        return ""

    # ------------------------------------------------------------ Qt

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Lay the slots out for the new width; the active one stays in view."""
        super().resizeEvent(event)
        seen = range(self._scroll, self._scroll + event.oldSize().height())
        active = self._pool.active
        was_seen = 0 <= active < self._cells.count and self._cells.rect(active).center().y() in seen
        top = self._seen().start
        before = self._cells.columns, self._cells.pitch
        self._lay_out()
        if (self._cells.columns, self._cells.pitch) != before and top > 0:
            self.verticalScrollBar().setValue(self._cells.rect(top).top() - self._cells.gap)
        if was_seen:
            self.bring_into_view(active)

    def scrollContentsBy(self, dx: int, dy: int) -> None:
        """Show another part, and ask for what it needs."""
        super().scrollContentsBy(dx, dy)
        self._place_label()
        self._hover(self._pointer)
        self.viewport().update()
        self._want_soon()

    def showEvent(self, event: QShowEvent) -> None:
        """Ask for what is seen, and whether photos changed meanwhile."""
        super().showEvent(event)
        self._pool.refresh()
        self._want_soon()

    def hideEvent(self, event: QHideEvent) -> None:
        """Ask for nothing."""
        super().hideEvent(event)
        self._want_soon()
