"""The small things on a cell: stars, flag, label, badges; drawn once and copied from then on."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence

from PySide6.QtCore import QPoint, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QPixmap

from rabbitviewer.models.shelf import FLAGS, LABELS
from rabbitviewer.theme.icons import paint_icon
from rabbitviewer.theme.tokens import DARK, LIGHT, Tokens, label_color

_STARS = 5
_BADGE_ICONS = {
    "edited": "ph.magic-wand",
    "pair": "ph.stack",
    "pool": "ph.tray",
    "video": "ph.film-strip",
}


def paint_chip(painter: QPainter, box: QRect, look: Tokens) -> None:
    """Draw the ground of something that lies on a photo."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(look.overlay))
    painter.drawRoundedRect(box, look.space_1, look.space_1)


def paint_ring(painter: QPainter, box: QRect, color: str, width: int) -> None:
    """Draw a line of *width* pixels inside the edge of *box*, with sharp corners."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, on=False)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    pen = QPen(QColor(color), width)
    pen.setJoinStyle(Qt.PenJoinStyle.MiterJoin)
    painter.setPen(pen)
    half = width / 2
    painter.drawRect(QRectF(box).adjusted(half, half, -half, -half))


def paint_label(painter: QPainter, photo: QRect, label: int, look: Tokens) -> None:
    """Draw a colour label as a thin line along the lower edge of the photo."""
    line = QRect(photo.left(), photo.bottom() - 2, photo.width(), 3)
    painter.fillRect(line, QColor(label_color(look, LABELS[min(label, len(LABELS) - 1)])))


def paint_stars(painter: QPainter, photo: QRect, rating: int, look: Tokens) -> None:
    """Draw a rating in the lower left corner of the photo; without one, where it would be."""
    stamp = _stars(rating, look.name, painter.device().devicePixelRatioF())
    painter.drawPixmap(_corner(photo, stamp, look, left=True), stamp)


def paint_flag(painter: QPainter, photo: QRect, flag: int, look: Tokens) -> None:
    """Draw pick or reject in the upper left corner of the photo."""
    name = FLAGS[min(flag, len(FLAGS) - 1)]
    stamp = _icon_stamp(
        "ph.x-circle" if name == "reject" else "ph.flag",
        look.error if name == "reject" else look.on_overlay,
        look.name,
        painter.device().devicePixelRatioF(),
    )
    painter.drawPixmap(photo.left() + look.space_1, photo.top() + look.space_1, stamp)


def paint_badges(painter: QPainter, photo: QRect, names: Sequence[str], look: Tokens) -> None:
    """Draw *names* (edited, pair, pool, video) from the photo's lower right corner leftward."""
    right = 0
    for name in names:
        ratio = painter.device().devicePixelRatioF()
        stamp = _icon_stamp(_BADGE_ICONS[name], look.on_overlay, look.name, ratio)
        place = _corner(photo, stamp, look, left=False)
        painter.drawPixmap(place - QPoint(right, 0), stamp)
        right += round(stamp.width() / ratio) + look.space_1


def _corner(photo: QRect, stamp: QPixmap, look: Tokens, *, left: bool) -> QPoint:
    size = stamp.deviceIndependentSize().toSize()
    top = photo.bottom() + 1 - size.height() - look.space_1
    if left:
        return QPoint(photo.left() + look.space_1, top)
    return QPoint(photo.right() + 1 - size.width() - look.space_1, top)


def _look(name: str) -> Tokens:
    return LIGHT if name == LIGHT.name else DARK


def _stamp(size: QSize, ratio: float, draw: Callable[[QPainter], None]) -> QPixmap:
    pixmap = QPixmap(size * ratio)
    pixmap.setDevicePixelRatio(ratio)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    draw(painter)
    painter.end()
    return pixmap


@functools.lru_cache(maxsize=64)
def _stars(rating: int, look_name: str, ratio: float) -> QPixmap:
    look = _look(look_name)
    edge = look.font_small + 1
    size = QSize(_STARS * edge + 2 * look.space_1, edge + 2 * 2)

    def draw(painter: QPainter) -> None:
        paint_chip(painter, QRect(QPoint(0, 0), size), look)
        for place in range(_STARS):
            box = QRect(look.space_1 + place * edge, 2, edge, edge)
            shown = place < rating
            color = look.on_overlay if shown else look.text_disabled
            paint_icon(painter, box, "ph.star-fill" if shown else "ph.star", color)

    return _stamp(size, ratio, draw)


@functools.lru_cache(maxsize=64)
def _icon_stamp(icon: str, color: str, look_name: str, ratio: float) -> QPixmap:
    look = _look(look_name)
    edge = look.font_body
    size = QSize(edge + 6, edge + 6)

    def draw(painter: QPainter) -> None:
        paint_chip(painter, QRect(QPoint(0, 0), size), look)
        paint_icon(painter, QRect(3, 3, edge, edge), icon, color)

    return _stamp(size, ratio, draw)
