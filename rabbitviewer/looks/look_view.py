"""The painted part of the looks: lays them out, paints what is seen, asks for its pictures."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence

from PySide6.QtCore import QPoint, QTimer, Signal
from PySide6.QtGui import (
    QColor,
    QHideEvent,
    QPainter,
    QPaintEvent,
    QResizeEvent,
    QShowEvent,
)
from PySide6.QtWidgets import QWidget

from daemon.protocol.values import LookInfo
from rabbitviewer.browse.labelled_cells import LabelledCells
from rabbitviewer.browse.labelled_view import LabelledView
from rabbitviewer.looks.look_painter import LookCell, paint_look
from rabbitviewer.models.look_pictures import LookPictures
from rabbitviewer.models.looks import LooksModel
from rabbitviewer.pool.label_field import LabelField
from rabbitviewer.theme.tokens import tokens

_HURRY_S = 0.25
_REST_MS = 150
_FIRST_SHAPE = 2 / 3
_NEAR_LINES = 2
_MOST_PX = 512
_MOST_LETTERS = 120


class LookView(LabelledView):
    """The looks of the library on one photo; only what is seen is painted and asked for.

    Signals:
        current_changed: keys act on another look (its id; empty: on none).
    """

    current_changed = Signal(str)

    def __init__(
        self, looks: LooksModel, pictures: LookPictures, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._looks = looks
        self._pictures = pictures
        self._shown: tuple[LookInfo, ...] = ()
        self._words = ""
        self._path = b""
        self._profile = ""
        self._since_s = 0.0
        self._current = ""
        self._chosen = ""
        self._shape = _FIRST_SHAPE
        self._cells = self._make_cells()
        self._name = LabelField(self.viewport(), self)
        self._name.setMaxLength(_MOST_LETTERS)
        self._name.setAccessibleName(self.tr("Name of the look"))
        self._name.ended.connect(self._on_name_ended)
        self._want_timer = QTimer(self, singleShot=True)
        self._want_timer.timeout.connect(self._want)
        self.setAccessibleName(self.tr("Looks"))
        self.verticalScrollBar().setAccessibleName(self.tr("Scroll the looks"))
        looks.changed.connect(self._on_changed)
        pictures.ready.connect(self._on_ready)
        self._on_changed()

    # ------------------------------------------------------------ from outside

    @property
    def shown(self) -> Sequence[LookInfo]:
        """The looks that the search leaves, in order."""
        return self._shown

    @property
    def current(self) -> str:
        """The look that keys act on; empty: none."""
        return self._current

    @property
    def chosen(self) -> str:
        """The look that is tried on the photo until another one is; empty: none."""
        return self._chosen

    def index_of(self, look_id: str) -> int:
        """Return where a look stands; -1: it is not shown."""
        return next((i for i, each in enumerate(self._shown) if each.look_id == look_id), -1)

    def set_photo(self, path: bytes, profile: str = "") -> None:
        """Show the looks on another photo; empty: on none."""
        if (path, profile) == (self._path, self._profile):
            return
        self._path, self._profile = path, profile
        now_s = time.monotonic()
        hurried = now_s - self._since_s < _HURRY_S
        self._since_s = now_s
        self._want_soon(_REST_MS if hurried else 0)

    def search(self, words: str) -> None:
        """Show the looks in whose names *words* occur; empty: all."""
        self._words = words.casefold().strip()
        self.verticalScrollBar().setValue(0)
        self._on_changed()

    def set_chosen(self, look_id: str) -> None:
        """Mark the look that is tried on the photo."""
        if look_id != self._chosen:
            self._chosen = look_id
            self.viewport().update()

    def set_current(self, look_id: str) -> None:
        """Let keys act on a look, and bring it into view."""
        if look_id != self._current:
            self._current = look_id
            self._describe()
            self.viewport().update()
            self.current_changed.emit(look_id)
        self.bring_into_view(self.index_of(look_id))

    def edit_name(self, look_id: str) -> None:
        """Edit the name of a look in place."""
        index = self.index_of(look_id)
        if index >= 0:
            self.bring_into_view(index)
            self._name.setGeometry(self._field_rect(index))
            self._name.edit(look_id, self._shown[index].name)
            self.viewport().update()

    # ------------------------------------------------------------ layout

    def _make_cells(self) -> LabelledCells:
        look = tokens()
        return LabelledCells(
            count=len(self._shown),
            width=max(self.width() - self._bar_px, look.look),
            cell_px=look.look,
            gap=look.space_2,
            label_px=look.font_small + look.space_2,
            shape=self._shape,
        )

    def _lay_out(self) -> None:
        self._cells = self._make_cells()
        self._fit_scroll_bar()
        self._place_name()
        self._hover(self._pointer)
        self.viewport().update()

    def _place_name(self) -> None:
        """Keep the field over its name; a look that went takes it along."""
        if self._name.slot:
            index = self.index_of(self._name.slot)
            if index < 0:
                self._name.cancel()
            else:
                self._name.setGeometry(self._field_rect(index))

    # ------------------------------------------------------------ keeping in step

    def _on_changed(self) -> None:
        before = self.index_of(self._current)
        self._shown = tuple(
            each for each in self._looks.looks if self._words in each.name.casefold()
        )
        if self._current and self.index_of(self._current) < 0:
            last = len(self._shown) - 1
            near = self._shown[min(max(before, 0), last)].look_id if last >= 0 else ""
            self._current = near
            self.current_changed.emit(near)
        self._lay_out()
        self._describe()
        self._want_soon(0)

    def _on_ready(self) -> None:
        size = self._pictures.size()
        shape = size.height() / size.width() if size.isValid() else self._shape
        if not math.isclose(shape, self._shape, rel_tol=0.02):
            self._shape = shape
            self._lay_out()
            self._want_soon(0)
        self.viewport().update()

    def _on_name_ended(self, look_id: str, name: str | None, step: int) -> None:
        if name:
            self._looks.rename(look_id, name)
        index = self.index_of(look_id) + step
        if step and 0 <= index < len(self._shown):
            self.set_current(self._shown[index].look_id)
            self.edit_name(self._shown[index].look_id)
        self.viewport().update()

    def _describe(self) -> None:
        """Say to a screen reader where we are."""
        index = self.index_of(self._current)
        words = ""
        if index >= 0:
            words = self.tr("{name}, {place} of {count}").format(
                name=self._shown[index].name, place=index + 1, count=len(self._shown)
            )
        self.setAccessibleDescription(words)

    # ------------------------------------------------------------ pictures

    def _want_soon(self, after_ms: int) -> None:
        if after_ms or not self._want_timer.isActive():
            self._want_timer.start(after_ms)

    def _want(self) -> None:
        """Ask for what is seen, then for the lines below it; nothing while nobody looks."""
        if not self.isVisible() or not self._path:
            self._pictures.want(self._path, (), 0)
            return
        seen = self._seen()
        near = range(
            seen.stop, min(seen.stop + _NEAR_LINES * self._cells.columns, len(self._shown))
        )
        edge_px = min(math.ceil(self._cells.edge * self.devicePixelRatioF()), _MOST_PX)
        self._pictures.set_profile(self._profile)
        wanted = [self._shown[each].look_id for each in (*seen, *near)]
        self._pictures.want(self._path, wanted, edge_px)
        self._on_ready()

    # ------------------------------------------------------------ painting

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the looks that are seen."""
        painter = QPainter(self.viewport())
        painter.fillRect(event.rect(), QColor(tokens().panel))
        for index in self._seen():
            box = self._cells.rect(index).translated(0, -self._scroll)
            if box.adjusted(-3, -3, 3, 3).intersects(event.rect()):
                paint_look(
                    painter, self.picture_rect(index), self.label_rect(index), self._cell(index)
                )
        painter.end()

    def _cell(self, index: int) -> LookCell:
        look = self._shown[index]
        return LookCell(
            look.name,
            self._pictures.picture(look.look_id) if self._path else None,
            broken=bool(self._path) and self._pictures.error is not None,
            chosen=look.look_id == self._chosen,
            hovered=index == self._hovered,
            focused=look.look_id == self._current and self.hasFocus(),
            editing=look.look_id == self._name.slot,
        )

    def _hover(self, where: QPoint | None) -> None:
        """The pointer is at *where*; None: it left."""
        self._pointer = where
        index = -1 if where is None else self._index_at(where)
        if index != self._hovered:
            self._hovered = index
            self.viewport().update()
            self._on_hovered(self._shown[index].look_id if index >= 0 else "")

    def _on_hovered(self, look_id: str) -> None:
        """The pointer is over another look; the grid says."""
        del look_id

    # ------------------------------------------------------------ Qt

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Lay the looks out for the new width; the chosen one stays in view."""
        super().resizeEvent(event)
        self._lay_out()
        self.bring_into_view(self.index_of(self._current))
        self._want_soon(_REST_MS if self._pictures.path else 0)

    def scrollContentsBy(self, dx: int, dy: int) -> None:
        """Show another part, and ask for what it needs."""
        super().scrollContentsBy(dx, dy)
        self._place_name()
        self._hover(self._pointer)
        self.viewport().update()
        self._want_soon(0)

    def showEvent(self, event: QShowEvent) -> None:
        """Ask for what is seen."""
        super().showEvent(event)
        self._want_soon(0)

    def hideEvent(self, event: QHideEvent) -> None:
        """Ask for nothing."""
        super().hideEvent(event)
        self._hover(None)
        self._want_soon(0)
