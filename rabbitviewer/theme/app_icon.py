"""The program's icon, drawn, so that it is sharp at every size."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QIcon, QPainter, QPainterPath, QPixmap, QTransform

from rabbitviewer.theme.tokens import DARK

_SIZES = (16, 24, 32, 48, 64, 128, 256)


def app_icon() -> QIcon:
    """Return the icon: a rabbit's head, its ears up, on the dark ground of the window."""
    icon = QIcon()
    for size in _SIZES:
        icon.addPixmap(_draw(size))
    return icon


def _draw(size: int) -> QPixmap:
    pixmap = QPixmap(size, size)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.scale(size / 64, size / 64)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(DARK.panel))
    painter.drawRoundedRect(QRectF(2, 2, 60, 60), 14, 14)
    painter.setBrush(QColor(DARK.accent))
    painter.drawPath(_head())
    painter.setBrush(QColor(DARK.panel))
    painter.drawEllipse(QPointF(32, 42.5), 7.5, 7.5)
    painter.setBrush(QColor(DARK.text))
    painter.drawEllipse(QPointF(34.8, 39.8), 2.2, 2.2)
    painter.end()
    return pixmap


def _head() -> QPainterPath:
    """A round head that is a lens too, and two ears."""
    path = QPainterPath()
    path.setFillRule(Qt.FillRule.WindingFill)
    path.addEllipse(QPointF(32, 42), 14.5, 13.5)
    ear = QPainterPath()
    ear.addEllipse(QPointF(0, -15), 5.2, 15)
    for side in (-1, 1):
        place = QTransform().translate(32 + side * 6.5, 36).rotate(side * 13)
        path.addPath(place.map(ear))
    return path
