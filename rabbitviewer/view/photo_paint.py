"""Puts a photo's pixels on the device's pixels: the right copy, nothing scaled that need not be."""

from __future__ import annotations

import contextlib
from collections.abc import Generator

from PySide6.QtCore import QRectF
from PySide6.QtGui import QImage, QPainter, QTransform

from rabbitviewer.models.preview import Preview
from rabbitviewer.view.turning import UPRIGHT, ViewTurn

_NEAREST_FROM_ZOOM = 4.0


@contextlib.contextmanager
def device_pixels(painter: QPainter) -> Generator[None]:
    """Let *painter* count device pixels, exactly on their grid, from the widget's corner.

    With a fractional scale a widget may begin between two device pixels; a photo must not.
    """
    painter.save()
    there = painter.deviceTransform()
    grid = QTransform.fromTranslate(round(there.dx()), round(there.dy()))
    back, _ = there.inverted()
    painter.setWorldTransform(grid * back, combine=True)
    yield
    painter.restore()


def draw_photo(
    painter: QPainter,
    target: QRectF,
    picture: Preview,
    turn: ViewTurn = UPRIGHT,
    *,
    rough: bool = False,
) -> None:
    """Draw *picture*, turned, so that it fills *target* (device pixels).

    Args:
        painter: Counts device pixels.
        target: Where the whole photo lies; only what is inside the clip costs time.
        picture: The photo and its smaller copies.
        turn: How it is seen.
        rough: Take no time for smoothness where the turn makes it dear.
    """
    width = target.height() if turn.swaps_sides else target.width()
    draw_image(painter, target, picture.level_for(width), turn, rough=rough)


def draw_image(
    painter: QPainter,
    target: QRectF,
    image: QImage,
    turn: ViewTurn = UPRIGHT,
    *,
    source: QRectF | None = None,
    rough: bool = False,
) -> None:
    """Draw *image* (or *source* of it), turned, so that it fills *target* (device pixels)."""
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, on=False)
    place = QRectF(target)
    if turn != UPRIGHT:
        painter.translate(target.center())
        painter.rotate(90 * turn.quarters)
        if turn.mirrored:
            painter.scale(-1, 1)
        width, height = target.width(), target.height()
        if turn.swaps_sides:
            width, height = height, width
        place = QRectF(-width / 2, -height / 2, width, height)
    part = source or QRectF(image.rect())
    scale = place.width() / max(part.width(), 1.0)
    if scale == 1.0 and place.height() == part.height() and source is None:
        painter.drawImage(place.topLeft(), image)
    else:
        smooth = scale < _NEAREST_FROM_ZOOM and not (rough and turn.swaps_sides)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, on=smooth)
        painter.drawImage(place, image, part)
    painter.restore()


def cover(target: QRectF, image: QImage) -> QRectF:
    """Return the middle part of *image* that has the proportions of *target*."""
    wanted = target.width() / max(target.height(), 1.0)
    width = min(float(image.width()), image.height() * wanted)
    height = min(float(image.height()), image.width() / max(wanted, 1e-6))
    return QRectF((image.width() - width) / 2, (image.height() - height) / 2, width, height)
