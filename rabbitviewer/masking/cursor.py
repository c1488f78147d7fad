"""The pointer while painting: the brush's true outline, with a second ring for its hardness."""

from __future__ import annotations

import math

from PySide6.QtCore import QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QRegion

from rabbitviewer.theme.tokens import Tokens

_LEAST_RING = 3.0
_CROSS = 6.0
_INNER_GAP = 3.0
_LARGE_RING = 64.0
_SOFT_LINE = 0.55


def paint_ring(
    painter: QPainter,
    middle: QPointF,
    radius: float,
    hardness: float,
    ratio: float,
    look: Tokens,
) -> None:
    """Draw the outline round *middle* so that it is seen on black, on white and on the overlay.

    Args:
        painter: Counts device pixels.
        middle: Where the pointer is, device pixels.
        radius: Of the brush, device pixels.
        hardness: 0..1: the share of the radius within which it paints fully.
        ratio: Device pixels per logical one: how thick lines are.
        look: The theme.
    """
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    dark, light = QColor(look.photo_area_black), QColor(look.on_overlay)
    if radius < _LEAST_RING * ratio:
        _paint_cross(painter, middle, ratio, dark, light)
    else:
        dark.setAlphaF(_SOFT_LINE)
        for color, width in ((dark, 3.0), (light, 1.2)):
            painter.setPen(QPen(color, width * ratio))
            painter.drawEllipse(middle, radius, radius)
        inner = radius * hardness
        if _LEAST_RING * ratio <= inner <= radius - _INNER_GAP * ratio:
            light.setAlphaF(_SOFT_LINE)
            dark.setAlphaF(_SOFT_LINE / 2)
            for color, width in ((dark, 2.4), (light, 1.0)):
                painter.setPen(QPen(color, width * ratio))
                painter.drawEllipse(middle, inner, inner)
    painter.restore()


def ring_region(middle: QPointF, radius: float, hardness: float, ratio: float) -> QRegion:
    """Return what the outline covers, device pixels.

    A large ring costs what lies along its lines to repaint, not what it encloses: the cells of a
    grid that it touches. The grid stands still, so that the regions of two moments stay simple.
    """
    reach = 3 * ratio
    outer = max(radius, _CROSS * ratio) + reach
    box = QRectF(middle.x() - outer, middle.y() - outer, 2 * outer, 2 * outer).toAlignedRect()
    if radius < _LARGE_RING * ratio:
        return QRegion(box)
    cell = 1 << (int(radius) // 4).bit_length()
    rings = (radius, radius * hardness)
    region = QRegion()
    for top in range(box.top() // cell * cell, box.bottom() + 1, cell):
        for left in range(box.left() // cell * cell, box.right() + 1, cell):
            near, far = _distances(QRect(left, top, cell, cell), middle)
            if any(near <= ring + reach and far >= ring - reach for ring in rings):
                region += QRect(left, top, cell, cell).intersected(box)
    return region


def _distances(cell: QRect, point: QPointF) -> tuple[float, float]:
    """Return how far the nearest and the farthest place of *cell* are from *point*."""
    left, right = cell.left() - point.x(), cell.left() + cell.width() - point.x()
    top, bottom = cell.top() - point.y(), cell.top() + cell.height() - point.y()
    near = math.hypot(max(left, -right, 0.0), max(top, -bottom, 0.0))
    return near, math.hypot(max(-left, right), max(-top, bottom))


def _paint_cross(
    painter: QPainter, middle: QPointF, ratio: float, dark: QColor, light: QColor
) -> None:
    arm, gap = _CROSS * ratio, 2 * ratio
    for color, width in ((dark, 3.0), (light, 1.2)):
        painter.setPen(QPen(color, width * ratio))
        for across, down in ((1, 0), (-1, 0), (0, 1), (0, -1)):
            painter.drawLine(
                middle + QPointF(across * gap, down * gap),
                middle + QPointF(across * arm, down * arm),
            )
