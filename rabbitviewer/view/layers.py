"""What is painted over a photo in its own pixels: the protocol of a layer, and the geometry."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol, cast

from PySide6.QtCore import QRect, QRectF
from PySide6.QtGui import QPainter, QRegion, QTransform

from rabbitviewer.view.turning import ViewTurn

MOST_PARTS = 96


class CanvasLayer(Protocol):
    """Paints itself over the photo, as part of the canvas."""

    def paint(self, painter: QPainter, to_device: QTransform, exposed: QRect) -> None:
        """Paint what lies in *exposed*.

        Args:
            painter: Counts device pixels.
            to_device: From pixels of the upright photo (column, row) to device pixels.
            exposed: The part that is repainted, device pixels.
        """
        ...

    def paint_lines(self, painter: QPainter) -> None:
        """Paint once, over all parts, what is drawn in lines: their cost is not that of an area.

        Args:
            painter: Counts device pixels; clipped to what is repainted.
        """
        ...


def photo_to_device(target: QRectF, turn: ViewTurn, width: int, height: int) -> QTransform:
    """Return the way from pixels of the upright photo to device pixels.

    Args:
        target: Where the whole photo lies as it is seen, device pixels.
        turn: How it is turned for looking.
        width: Of the upright photo, its own pixels.
        height: As above.
    """
    across, down = target.width(), target.height()
    if turn.swaps_sides:
        across, down = down, across
    way = QTransform.fromTranslate(target.center().x(), target.center().y())
    way.rotate(90 * turn.quarters)
    if turn.mirrored:
        way.scale(-1, 1)
    way.scale(across / max(width, 1), down / max(height, 1))
    return way.translate(-width / 2, -height / 2)


def outward(rect: QRectF) -> QRect:
    """Return the whole pixels that *rect* touches, and one more all round."""
    return rect.toAlignedRect().adjusted(-1, -1, 1, 1)


def parts_of(region: QRegion, most: int = MOST_PARTS) -> tuple[QRect, ...]:
    """Return the rectangles of *region*; its bounds alone where they are more than *most*."""
    if region.rectCount() > most:
        return (region.boundingRect(),)
    return tuple(cast("Iterable[QRect]", region))  # Qt's declarations leave the iterator out
