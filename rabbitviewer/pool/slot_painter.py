"""What a slot of the pool looks like in each of its states."""

from __future__ import annotations

import dataclasses

from PySide6.QtCore import QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPainter

from daemon.protocol.values import PoolSlot
from rabbitviewer.browse.cell_badges import paint_chip, paint_ring
from rabbitviewer.browse.cell_painter import Cell, CellPainter
from rabbitviewer.models.thumbnails import Thumbnail
from rabbitviewer.pool.pool_words import missing_words
from rabbitviewer.theme.icons import paint_icon
from rabbitviewer.theme.theme import figures_font
from rabbitviewer.theme.tokens import Tokens, tokens
from rabbitviewer.words import file_name

_GONE_OPACITY = 0.35
_EDGE = 20


@dataclasses.dataclass(slots=True)
class SlotLook:
    """One slot as it is to be painted.

    Attributes:
        slot: What the pool says of it.
        index: Where it stands.
        thumbnail: Its pixels; None: not there yet.
        broken: It cannot be decoded.
        active: It feeds edits.
        masked: Something is painted on it.
        selected: It is one of the selected slots.
        focused: It is the one that keys act on, and they do.
        on_show: Its photo is in the photo view.
        tools: Its buttons are shown: the pointer is over it, or keys act on it.
        lit: Which of them the pointer is over: remove | paint; empty: none.
        hint: What stands in place of an absent label; empty: nothing.
        editing: Its label is being edited over it.
    """

    slot: PoolSlot
    index: int
    thumbnail: Thumbnail | None = None
    broken: bool = False
    active: bool = False
    masked: bool = False
    selected: bool = False
    focused: bool = False
    on_show: bool = False
    tools: bool = False
    lit: str = ""
    hint: str = ""
    editing: bool = False


def remove_box(picture: QRect) -> QRect:
    """Return where the cross of a slot lies."""
    box = QRect(0, 0, _EDGE, _EDGE)
    box.moveTopRight(picture.topRight())
    return box.translated(-tokens().space_1, tokens().space_1)


def brush_box(picture: QRect) -> QRect:
    """Return where the brush of a slot lies."""
    box = QRect(0, 0, _EDGE, _EDGE)
    box.moveBottomRight(picture.bottomRight())
    return box.translated(-tokens().space_1, -tokens().space_1)


class SlotPainter:
    """Paints slots; pictures as the photo grid does."""

    def __init__(self) -> None:
        self._cells = CellPainter()

    @property
    def left_rough(self) -> bool:
        """Whether some pictures were drawn coarsely and want another repaint."""
        return self._cells.left_rough

    def begin(self) -> None:
        """A repaint starts."""
        self._cells.begin()

    def paint(self, painter: QPainter, picture: QRect, label: QRect, it: SlotLook) -> None:
        """Paint the slot *it*: its picture into one box, its label into another."""
        look = tokens()
        whole = picture.united(label)
        if it.selected:
            painter.fillRect(whole, QColor(look.accent_soft if it.active else look.raised))
        painter.fillRect(picture, QColor(look.photo_area))
        self._paint_picture(painter, picture, it, look)
        _paint_rings(painter, picture, whole, it, look)
        _paint_index(painter, picture, it, look)
        _paint_marks(painter, picture, it, look)
        if it.tools:
            _paint_button(painter, remove_box(picture), "ph.x", look, lit=it.lit == "remove")
            if not it.slot.missing:
                brush = brush_box(picture)
                _paint_button(painter, brush, "ph.paint-brush", look, lit=it.lit == "paint")
        if not it.editing:
            _paint_label(painter, label, it, look)

    def _paint_picture(self, painter: QPainter, box: QRect, it: SlotLook, look: Tokens) -> None:
        gone = it.slot.missing
        cell = Cell(
            it.slot.path,
            file_name(it.slot.path),
            it.thumbnail,
            broken=it.broken and not gone,
        )
        painter.setOpacity(_GONE_OPACITY if gone and it.thumbnail is not None else 1.0)
        self._cells.paint(painter, box, cell, look)
        painter.setOpacity(1.0)
        if gone:
            _paint_gone(painter, box, look, on_photo=it.thumbnail is not None)


def _paint_gone(painter: QPainter, box: QRect, look: Tokens, *, on_photo: bool) -> None:
    """Say in the middle of the picture that the photo is missing."""
    font = QFont(painter.font())
    font.setPixelSize(look.font_small)
    metrics = QFontMetrics(font)
    text = missing_words()
    width = max(metrics.horizontalAdvance(text), look.icon) + look.space_3
    chip = QRect(0, 0, width, look.icon + metrics.height() + look.space_2)
    chip.moveCenter(box.center())
    if on_photo:
        paint_chip(painter, chip, look)
    color = look.on_overlay if on_photo else look.text_secondary
    inside = chip.adjusted(0, look.space_1, 0, -look.space_1)
    icon = QRect(inside.topLeft(), QSize(inside.width(), look.icon))
    paint_icon(painter, icon, "ph.link-break", color)
    painter.setFont(font)
    painter.setPen(QColor(color))
    words = inside.adjusted(0, look.icon, 0, 0)
    painter.drawText(words, Qt.AlignmentFlag.AlignCenter, text)


def _paint_rings(
    painter: QPainter, picture: QRect, whole: QRect, it: SlotLook, look: Tokens
) -> None:
    """Ring the active slot in the accent; show selection and focus in neutral lines."""
    if it.active:
        width = look.selection_ring
        paint_ring(painter, picture, look.accent, width)
        paint_ring(painter, picture.adjusted(width, width, -width, -width), look.overlay, 1)
    elif it.on_show:
        paint_ring(painter, picture, look.text_secondary, 1)
    if it.focused:
        paint_ring(painter, whole.adjusted(-2, -2, 2, 2), look.text_secondary, 1)
    elif it.selected:
        paint_ring(painter, whole.adjusted(-1, -1, 1, 1), look.text_disabled, 1)


def _paint_index(painter: QPainter, picture: QRect, it: SlotLook, look: Tokens) -> None:
    """Number the slot in the upper left corner; the active one on the accent."""
    font = figures_font(painter.font())
    font.setPixelSize(look.font_small)
    font.setBold(it.active)
    metrics = QFontMetrics(font)
    text = str(it.index)
    width = max(metrics.horizontalAdvance(text) + look.space_2, _EDGE - 2)
    chip = QRect(picture.topLeft(), QSize(width, _EDGE - 4)).translated(look.space_1, look.space_1)
    paint_chip(painter, chip, look)
    if it.active:
        painter.setBrush(QColor(look.accent))
        painter.drawRoundedRect(chip, look.space_1, look.space_1)
    painter.setFont(font)
    painter.setPen(QColor(look.on_accent if it.active else look.on_overlay))
    painter.drawText(chip, Qt.AlignmentFlag.AlignCenter, text)


def _paint_marks(painter: QPainter, picture: QRect, it: SlotLook, look: Tokens) -> None:
    """Tell of a mask, of older results and of trouble along the lower edge, from the left."""
    left = picture.left() + look.space_1
    top = picture.bottom() - look.space_1 - _EDGE + 3
    edge = _EDGE - 2
    if it.masked:
        _paint_dot(painter, QRect(left, top, edge, edge), look)
        left += edge + look.space_1 // 2
    if it.slot.stale:
        _paint_mark(painter, QRect(left, top, edge, edge), "ph.clock-counter-clockwise", look)
        left += edge + look.space_1 // 2
    if it.slot.problem and not it.slot.missing:
        _paint_mark(painter, QRect(left, top, edge, edge), "ph.warning", look)


def _paint_dot(painter: QPainter, chip: QRect, look: Tokens) -> None:
    paint_chip(painter, chip, look)
    dot = QRectF(0, 0, look.dot, look.dot)
    dot.moveCenter(QRectF(chip).center())
    painter.setBrush(QColor(look.mask))
    painter.drawEllipse(dot)


def _paint_mark(painter: QPainter, chip: QRect, icon: str, look: Tokens) -> None:
    paint_chip(painter, chip, look)
    paint_icon(painter, chip.adjusted(3, 3, -3, -3), icon, look.on_overlay)


def _paint_button(painter: QPainter, box: QRect, icon: str, look: Tokens, *, lit: bool) -> None:
    paint_chip(painter, box, look)
    if lit:
        painter.setBrush(QColor(look.accent))
        painter.drawRoundedRect(box, look.space_1, look.space_1)
    color = look.on_accent if lit else look.on_overlay
    paint_icon(painter, box.adjusted(3, 3, -3, -3), icon, color)


def _paint_label(painter: QPainter, box: QRect, it: SlotLook, look: Tokens) -> None:
    text, color = it.slot.label, look.text
    if not text:
        text, color = it.hint, look.text_secondary
    if not text:
        return
    font = QFont(painter.font())
    font.setPixelSize(look.font_small)
    font.setBold(False)
    painter.setFont(font)
    painter.setPen(QColor(color))
    room = box.adjusted(look.space_1 // 2, 0, -look.space_1 // 2, 0)
    shown = QFontMetrics(font).elidedText(text, Qt.TextElideMode.ElideRight, room.width())
    painter.drawText(room, Qt.AlignmentFlag.AlignCenter, shown)
