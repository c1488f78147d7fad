"""Puts a mask's values on the device's pixels, in colours, from the level that fits the zoom."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QRect, QRectF, Qt
from PySide6.QtGui import QImage, QPainter, QTransform

from daemon.imaging.masks.boxes import Box, Values, box_around, whole
from daemon.imaging.masks.pyramid import Pyramid

Table = NDArray[np.uint32]

_NEAREST_FROM_ZOOM = 4.0
_SAME_SCALE = 1e-6
_MARGIN_PX = 2
_STRIP_ROWS = 64
_SWAPPED = QTransform(0, 1, 1, 0, 0, 0)


def draw_values(
    painter: QPainter, pyramid: Pyramid, to_device: QTransform, seen: QRect, table: Table
) -> None:
    """Draw the values of *seen*, strip by strip.

    Qt shares out the smooth drawing of more than some 90 rows to other threads and waits for them;
    on a busy machine that takes many times as long as drawing a small part itself. And it is three
    times as fast where columns stay columns: a mask lying on its side is drawn from its transpose.

    Args:
        painter: Counts device pixels.
        pyramid: Of the mask.
        to_device: From the mask's pixels to device pixels.
        seen: Device pixels.
        table: A premultiplied colour for each value, shape (256,), uint32.
    """
    scale = math.sqrt(abs(to_device.determinant()))
    number = pyramid.level_for(scale)
    values = pyramid.levels[number]
    from_level = QTransform.fromScale(2**number, 2**number) * to_device
    if _is_nothing(from_level.m11(), from_level.m22(), scale):
        values, from_level = values.T, _SWAPPED * from_level
    aligned = _is_nothing(from_level.m12(), from_level.m21(), scale)
    same_scale = abs(scale * 2**number - 1) < _SAME_SCALE
    hard = scale >= _NEAREST_FROM_ZOOM or same_scale
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, on=False)
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, on=not hard)
    draw = _draw_hard if hard and aligned else _draw_through_qt
    for top in range(seen.top(), seen.bottom() + 1, _STRIP_ROWS):
        strip = QRect(seen.left(), top, seen.width(), _STRIP_ROWS).intersected(seen)
        draw(painter, values, from_level, strip, table)


def _is_nothing(first: float, second: float, scale: float) -> bool:
    return max(abs(first), abs(second)) < _SAME_SCALE * scale


def wrap(pixels: Table) -> QImage:
    """Look at *pixels* (premultiplied ARGB, shape (H, W)), which must outlive the image."""
    height, width = pixels.shape
    kind = QImage.Format.Format_ARGB32_Premultiplied
    return QImage(pixels.data, width, height, width * 4, kind)


def _draw_through_qt(
    painter: QPainter, values: Values, from_level: QTransform, strip: QRect, table: Table
) -> None:
    to_level, _ = from_level.inverted()
    wanted = to_level.mapRect(QRectF(strip))
    box = box_around(
        wanted.left() - _MARGIN_PX,
        wanted.top() - _MARGIN_PX,
        wanted.right() + _MARGIN_PX,
        wanted.bottom() + _MARGIN_PX,
    ).intersected(whole(values))
    if box.is_empty:
        return
    pixels = table.take(values[box.slices])
    painter.save()
    painter.setClipRect(strip, Qt.ClipOperation.IntersectClip)
    painter.setTransform(from_level, combine=True)
    painter.drawImage(box.left, box.top, wrap(pixels))
    painter.restore()


def _draw_hard(
    painter: QPainter, values: Values, from_level: QTransform, strip: QRect, table: Table
) -> None:
    """Give each device pixel the value that its middle lies in.

    Qt rounds its steps, so that what it scales depends on where the clip begins: parts drawn again
    would not fit the rest.
    """
    left, columns = _sources(
        strip.left(), strip.width(), (from_level.dx(), from_level.m11()), values.shape[1]
    )
    top, rows = _sources(
        strip.top(), strip.height(), (from_level.dy(), from_level.m22()), values.shape[0]
    )
    if len(rows) and len(columns):
        box = Box(int(columns.min()), int(rows.min()), int(columns.max()) + 1, int(rows.max()) + 1)
        few = table.take(values[box.slices])
        pixels = few[rows - box.top].take(columns - box.left, axis=1)
        painter.drawImage(left, top, wrap(pixels))


def _sources(
    first: int, count: int, way: tuple[float, float], length: int
) -> tuple[int, NDArray[np.intp]]:
    """Return the first device pixel that has a source, and the sources from there on."""
    shift, scale = way
    places = np.floor((np.arange(first, first + count) + (0.5 - shift)) / scale).astype(np.intp)
    inside = np.nonzero((places >= 0) & (places < length))[0]
    return first + (int(inside[0]) if len(inside) else 0), places[inside]
