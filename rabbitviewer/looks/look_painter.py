"""What a look of the library looks like in each of its states."""

from __future__ import annotations

import dataclasses

from PySide6.QtCore import QRect, QRectF, QSizeF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QImage, QPainter

from rabbitviewer.browse.cell_badges import paint_ring
from rabbitviewer.theme.icons import paint_icon
from rabbitviewer.theme.tokens import Tokens, tokens


@dataclasses.dataclass(slots=True)
class LookCell:
    """One look as it is to be painted.

    Attributes:
        name: Its name.
        image: The photo under it; None: not there yet.
        broken: The photo cannot be shown.
        chosen: It is tried on the photo.
        hovered: The pointer is over it.
        focused: It is the one that keys act on, and they do.
        editing: Its name is being edited over it.
    """

    name: str
    image: QImage | None = None
    broken: bool = False
    chosen: bool = False
    hovered: bool = False
    focused: bool = False
    editing: bool = False


def paint_look(painter: QPainter, picture: QRect, label: QRect, it: LookCell) -> None:
    """Paint the look *it*: its picture into one box, its name into another."""
    look = tokens()
    whole = picture.united(label)
    if it.chosen or it.hovered:
        ground = whole.adjusted(-2, -2, 2, 2)
        painter.fillRect(ground, QColor(look.accent_soft if it.chosen else look.raised))
    painter.fillRect(picture, QColor(look.photo_area))
    if it.image is not None:
        _paint_image(painter, picture, it.image)
    elif it.broken:
        side = look.icon
        box = QRect(0, 0, side, side)
        box.moveCenter(picture.center())
        paint_icon(painter, box, "ph.warning-circle", look.text_disabled)
    _paint_rings(painter, picture, whole, it, look)
    if not it.editing:
        _paint_name(painter, label, it, look)


def _paint_image(painter: QPainter, box: QRect, image: QImage) -> None:
    size = QSizeF(image.size()).scaled(QSizeF(box.size()), Qt.AspectRatioMode.KeepAspectRatio)
    place = QRectF(0, 0, round(size.width()), round(size.height()))
    place.moveCenter(QRectF(box).center())
    place.moveTopLeft(QRectF(place).topLeft().toPoint().toPointF())
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
    painter.drawImage(place, image)


def _paint_rings(
    painter: QPainter, picture: QRect, whole: QRect, it: LookCell, look: Tokens
) -> None:
    if it.chosen:
        paint_ring(painter, picture, look.accent, look.selection_ring)
    if it.focused:
        paint_ring(painter, whole.adjusted(-3, -3, 3, 3), look.text_secondary, 1)


def _paint_name(painter: QPainter, box: QRect, it: LookCell, look: Tokens) -> None:
    font = QFont(painter.font())
    font.setPixelSize(look.font_small)
    painter.setFont(font)
    painter.setPen(QColor(look.text if it.chosen or it.hovered else look.text_secondary))
    room = box.adjusted(2, 0, -2, 0)
    shown = QFontMetrics(font).elidedText(it.name, Qt.TextElideMode.ElideMiddle, room.width())
    painter.drawText(room, Qt.AlignmentFlag.AlignCenter, shown)
