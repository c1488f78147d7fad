"""The groups of duplicates, painted: rows of thumbnails with the figures one chooses by."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator

from PySide6.QtCore import QEvent, QLocale, QPoint, QRect, Qt, QTimer, Signal
from PySide6.QtGui import (
    QColor,
    QFont,
    QFontMetrics,
    QHelpEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QResizeEvent,
    QShowEvent,
)
from PySide6.QtWidgets import QAbstractScrollArea, QFrame, QToolTip, QWidget

from rabbitviewer.browse.cell_painter import Cell, CellPainter
from rabbitviewer.models.duplicates import DuplicatesModel, Group
from rabbitviewer.models.thumbnails import ThumbnailStore
from rabbitviewer.theme.icons import paint_icon
from rabbitviewer.theme.theme import figures_font
from rabbitviewer.theme.tokens import Tokens, tokens
from rabbitviewer.words import file_name

_CELL = 188
_DIMMED = 0.4
_VIEWER = "duplicates"
_MEGA = 1_000_000


@dataclasses.dataclass(frozen=True)
class _Place:
    """Where one photo stands in the whole."""

    group: int
    path: bytes
    box: QRect


class DuplicatesView(QAbstractScrollArea):
    """Click or Space: stays or goes; K: only this one stays; Enter: compare the group.

    Signals:
        compare_wanted: lay a group side by side (its number).
    """

    compare_wanted = Signal(int)

    def __init__(
        self, model: DuplicatesModel, thumbnails: ThumbnailStore, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._model = model
        self._thumbnails = thumbnails
        self._painter = CellPainter()
        self._tops: list[int] = []
        self._height = 0
        self._current = (0, 0)
        self._nothing = ("", "")
        self._timer = QTimer(self, singleShot=True, interval=25)
        self._timer.timeout.connect(self._want)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setAccessibleName(self.tr("Groups of duplicates"))
        self.viewport().setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        model.groups_changed.connect(self._lay_out)
        thumbnails.ready.connect(self._on_ready)

    @property
    def current(self) -> bytes:
        """The photo that keys act on; empty: none."""
        group, place = self._current
        groups = self._model.groups
        if group < len(groups) and place < len(groups[group].paths):
            return groups[group].paths[place]
        return b""

    def say_nothing(self, title: str, words: str) -> None:
        """Show *title* and *words* while there are no groups."""
        self._nothing = (title, words)
        self.setAccessibleDescription(f"{title} {words}".strip())
        self.viewport().update()

    def cell_rect(self, group: int, place: int) -> QRect:
        """Return where a photo of a group lies in the viewport."""
        return self._box(group, place).translated(0, -self._scroll)

    def rest(self) -> None:
        """Ask for no more thumbnails."""
        self._thumbnails.want((), viewer=_VIEWER)

    # ------------------------------------------------------------ layout

    @property
    def _scroll(self) -> int:
        return self.verticalScrollBar().value()

    @property
    def _columns(self) -> int:
        look = tokens()
        room = self.viewport().width() - look.space_4
        return max(room // (_CELL + look.space_3), 1)

    @property
    def _pitch(self) -> int:
        look = tokens()
        return _CELL + 2 * (look.font_small + look.space_1) + look.space_3

    def _lay_out(self) -> None:
        look = tokens()
        self._tops = []
        top = look.space_2
        for group in self._model.groups:
            self._tops.append(top)
            lines = -(-len(group.paths) // self._columns)
            top += self._heading + lines * self._pitch + look.space_3
        self._height = top
        bar = self.verticalScrollBar()
        bar.setPageStep(self.viewport().height())
        bar.setSingleStep(self._pitch // 3)
        bar.setRange(0, max(top - self.viewport().height(), 0))
        group, place = self._current
        group = min(group, max(len(self._model.groups) - 1, 0))
        count = len(self._model.groups[group].paths) if self._model.groups else 1
        self._current = (group, min(place, count - 1))
        self.viewport().update()
        self._timer.start()

    @property
    def _heading(self) -> int:
        return tokens().font_body + tokens().space_4

    def _box(self, group: int, place: int) -> QRect:
        look = tokens()
        line, column = divmod(place, self._columns)
        left = look.space_4 + column * (_CELL + look.space_3)
        top = self._tops[group] + self._heading + line * self._pitch
        return QRect(left, top, _CELL, _CELL)

    def _seen(self) -> Iterator[_Place]:
        """Go through the photos that touch the viewport."""
        top, bottom = self._scroll, self._scroll + self.viewport().height()
        for number, group in enumerate(self._model.groups):
            below = self._tops[number + 1] if number + 1 < len(self._tops) else self._height
            if below < top or self._tops[number] > bottom:
                continue
            for place, path in enumerate(group.paths):
                yield _Place(number, path, self._box(number, place).translated(0, -top))

    def _at(self, where: QPoint) -> tuple[int, int] | None:
        for place in self._seen():
            if place.box.contains(where):
                return place.group, self._model.groups[place.group].paths.index(place.path)
        return None

    # ------------------------------------------------------------ thumbnails

    def _want(self) -> None:
        if self.isVisible():
            self._thumbnails.want([place.path for place in self._seen()], viewer=_VIEWER)

    def _on_ready(self, path: bytes) -> None:
        if self.isVisible() and any(place.path == path for place in self._seen()):
            self.viewport().update()

    # ------------------------------------------------------------ painting

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint headings and cells that are seen."""
        look = tokens()
        painter = QPainter(self.viewport())
        painter.fillRect(event.rect(), QColor(look.photo_area))
        if not self._model.groups:
            self._paint_nothing(painter, look)
        self._painter.begin()
        drawn = -1
        for place in self._seen():
            group = self._model.groups[place.group]
            if place.group != drawn:
                drawn = place.group
                self._paint_heading(painter, drawn, group, look)
            self._paint_photo(painter, place, group, look)
        painter.end()
        if self._painter.left_rough:
            QTimer.singleShot(0, self.viewport(), self.viewport().update)

    def _paint_nothing(self, painter: QPainter, look: Tokens) -> None:
        title, words = self._nothing
        room = self.viewport().rect().adjusted(look.space_5, 0, -look.space_5, -look.space_5)
        flags = Qt.AlignmentFlag.AlignHCenter | Qt.TextFlag.TextWordWrap
        painter.setFont(_font(self.font(), look.font_title, bold=True))
        painter.setPen(QColor(look.text))
        box = room.adjusted(0, room.height() * 2 // 5, 0, 0)
        used = painter.boundingRect(box, flags, title)
        painter.drawText(box, flags, title)
        painter.setFont(_font(self.font(), look.font_body))
        painter.setPen(QColor(look.text_secondary))
        painter.drawText(box.adjusted(0, used.height() + look.space_2, 0, 0), flags, words)

    def _paint_heading(self, painter: QPainter, number: int, group: Group, look: Tokens) -> None:
        top = self._tops[number] - self._scroll
        count = len(group.paths)
        words = self.tr("{n} equal files") if group.exact else self.tr("{n} alike")
        painter.setFont(_font(self.font(), look.font_body, bold=True))
        painter.setPen(QColor(look.text))
        box = QRect(look.space_4, top, self.viewport().width() - 2 * look.space_4, self._heading)
        painter.drawText(box, Qt.AlignmentFlag.AlignVCenter, words.format(n=count))

    def _paint_photo(self, painter: QPainter, place: _Place, group: Group, look: Tokens) -> None:
        path, kept = place.path, place.path in group.kept
        cell = Cell(
            path,
            file_name(path),
            self._thumbnails.thumbnail(path),
            broken=self._thumbnails.error(path) is not None,
            current=path == self.current and self.hasFocus(),
        )
        painter.setOpacity(1.0 if kept else _DIMMED)
        self._painter.paint(painter, place.box, cell, look)
        painter.setOpacity(1.0)
        corner = QRect(0, 0, look.icon, look.icon)
        corner.moveTopRight(place.box.topRight() + QPoint(-look.space_1, look.space_1))
        name, color = ("ph.check-circle-fill", look.accent)
        if not kept:
            name, color = ("ph.circle", look.text_secondary)
        paint_icon(painter, corner, name, color)
        if path == group.best and not group.exact:
            self._paint_best(painter, place.box, look)
        self._paint_caption(painter, place, group, look, kept=kept)

    def _paint_best(self, painter: QPainter, box: QRect, look: Tokens) -> None:
        font = _font(self.font(), look.font_small, bold=True)
        painter.setFont(font)
        text = self.tr("Best")
        width = QFontMetrics(font).horizontalAdvance(text) + look.space_3
        tag = QRect(box.left() + look.space_1, box.top() + look.space_1, width, look.icon)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(look.accent))
        painter.drawRoundedRect(tag, look.space_1, look.space_1)
        painter.setPen(QColor(look.on_accent))
        painter.drawText(tag, Qt.AlignmentFlag.AlignCenter, text)

    def _paint_caption(
        self, painter: QPainter, place: _Place, group: Group, look: Tokens, *, kept: bool
    ) -> None:
        line = look.font_small + look.space_1
        box = QRect(place.box.left(), place.box.bottom() + look.space_1, _CELL, line)
        font = _font(self.font(), look.font_small)
        painter.setFont(font)
        metrics = QFontMetrics(font)
        painter.setPen(QColor(look.text if kept else look.text_secondary))
        name = metrics.elidedText(file_name(place.path), Qt.TextElideMode.ElideMiddle, _CELL)
        painter.drawText(box, Qt.AlignmentFlag.AlignVCenter, name)
        painter.setPen(QColor(look.text_secondary))
        painter.drawText(
            box.translated(0, line), Qt.AlignmentFlag.AlignVCenter, self.figures(place.path, group)
        )

    def figures(self, path: bytes, group: Group) -> str:
        """Return resolution, size and sharpness of a photo as far as they are known."""
        locale, parts = QLocale(), list[str]()
        thumbnail = self._thumbnails.thumbnail(path)
        if thumbnail is not None and thumbnail.source_width:
            pixels = thumbnail.source_width * thumbnail.source_height / _MEGA
            parts.append(self.tr("{n} MP").format(n=locale.toString(pixels, "f", 1)))
        size = self._model.sizes.get(path)
        if size is not None:
            places = 1 if size >= _MEGA else 0
            form = QLocale.DataSizeFormat.DataSizeSIFormat
            parts.append(locale.formattedDataSize(size, places, form))
        if path in group.sharpness:
            share = round(100 * group.sharpness[path])
            parts.append(self.tr("sharp {n} %").format(n=share))
        return " · ".join(parts)

    # ------------------------------------------------------------ hands

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Let the photo under the pointer stay, or not."""
        found = self._at(event.position().toPoint())
        if found is not None and event.button() == Qt.MouseButton.LeftButton:
            self._current = found
            self._model.toggle(found[0], self.current)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Compare the group under the pointer; the click before it is taken back."""
        found = self._at(event.position().toPoint())
        if found is not None and event.button() == Qt.MouseButton.LeftButton:
            self._current = found
            self._model.toggle(found[0], self.current)
            self.compare_wanted.emit(found[0])

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Move and choose."""
        group, key, path = self._current[0], event.key(), self.current
        moves = {
            Qt.Key.Key_Left: (0, -1),
            Qt.Key.Key_Right: (0, 1),
            Qt.Key.Key_Up: (-1, 0),
            Qt.Key.Key_Down: (1, 0),
        }
        if not path:
            super().keyPressEvent(event)
        elif key in moves:
            self._move(*moves[Qt.Key(key)])
        elif key == Qt.Key.Key_Space:
            self._model.toggle(group, path)
        elif key == Qt.Key.Key_K:
            self._model.keep_only(group, path)
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.compare_wanted.emit(group)
        else:
            super().keyPressEvent(event)

    def _move(self, groups: int, places: int) -> None:
        group, place = self._current
        group = min(max(group + groups, 0), len(self._model.groups) - 1)
        last = len(self._model.groups[group].paths) - 1
        self._current = (group, min(max(place + places, 0), last))
        box = self._box(*self._current).adjusted(0, -self._heading, 0, self._pitch - _CELL)
        bar = self.verticalScrollBar()
        if box.top() < bar.value():
            bar.setValue(box.top())
        elif box.bottom() > bar.value() + self.viewport().height():
            bar.setValue(box.bottom() - self.viewport().height())
        self.viewport().update()

    # ------------------------------------------------------------ Qt

    def viewportEvent(self, event: QEvent) -> bool:
        """Name the whole path under the pointer."""
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            found = self._at(event.pos())
            if found is None:
                QToolTip.hideText()
            else:
                path = self._model.groups[found[0]].paths[found[1]]
                QToolTip.showText(event.globalPos(), path.decode("utf-8", "replace"), self)
            return True
        return super().viewportEvent(event)

    def scrollContentsBy(self, dx: int, dy: int) -> None:
        """Show another part."""
        super().scrollContentsBy(dx, dy)
        self.viewport().update()
        self._timer.start()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Lay out for the new width."""
        super().resizeEvent(event)
        self._lay_out()

    def showEvent(self, event: QShowEvent) -> None:
        """Ask for what is seen."""
        super().showEvent(event)
        self._timer.start()


def _font(base: QFont, size_px: int, *, bold: bool = False) -> QFont:
    font = figures_font(base)
    font.setPixelSize(size_px)
    font.setBold(bold)
    return font
