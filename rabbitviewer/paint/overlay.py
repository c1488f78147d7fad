"""Draws a mask over its photo: tinted, alone, or as a line of marching ants."""

from __future__ import annotations

import dataclasses
import math
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QRect, QRectF, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QTransform

from daemon.imaging.masks.boxes import Box, box_around, whole
from daemon.imaging.masks.contour import ant_colors, contour_pixels
from rabbitviewer.paint.buffer import MaskBuffer, to_rect

View = Literal["overlay", "mask", "ants"]

_NEAREST_FROM_ZOOM = 4.0
_SAME_SCALE = 1e-6
_MARGIN_PX = 2
_STRIP_ROWS = 64
_LIGHT, _DARK = 0xFFFFFFFF, 0xFF000000

Table = NDArray[np.uint32]


@dataclasses.dataclass(frozen=True)
class OverlayLook:
    """How the mask is seen.

    Attributes:
        color: Of the tint.
        opacity: Of the tint where the mask is full, 0..1.
        view: overlay | mask (it alone, grey) | ants (the line where it is half).
        ants_phase: Counts up to let the ants march.
        ant_px: Length of an ant, device pixels.
    """

    color: QColor
    opacity: float = 0.5
    view: View = "overlay"
    ants_phase: int = 0
    ant_px: int = 4


class MaskOverlay:
    """Draws one mask, from the level of its pyramid that fits the zoom."""

    def __init__(self, buffer: MaskBuffer) -> None:
        self._buffer = buffer
        self._tint: tuple[tuple[int, float], Table] | None = None
        self._grey = _grey_table()
        self._ants: _Ants | None = None

    def draw(
        self, painter: QPainter, to_device: QTransform, exposed: QRect, look: OverlayLook
    ) -> None:
        """Draw what lies in *exposed*.

        Args:
            painter: Counts device pixels.
            to_device: From pixels of the photo to device pixels; any turn or mirroring.
            exposed: Device pixels.
            look: How.
        """
        photo = QRectF(0, 0, self._buffer.width, self._buffer.height)
        seen = to_device.mapRect(photo).toAlignedRect().intersected(exposed)
        if seen.isEmpty():
            return
        painter.save()
        painter.setClipRect(seen, Qt.ClipOperation.IntersectClip)
        if look.view == "ants":
            self._draw_ants(painter, to_device, seen, look)
        elif look.view == "mask":
            self._draw_values(painter, to_device, seen, self._grey)
        else:
            painted = QRectF(to_rect(self._buffer.painted))
            seen = seen.intersected(to_device.mapRect(painted).toAlignedRect())
            self._draw_values(painter, to_device, seen, self._table(look))
        painter.restore()

    def _draw_values(
        self, painter: QPainter, to_device: QTransform, seen: QRect, table: Table
    ) -> None:
        if seen.isEmpty():
            return
        """Draw the values of *seen*, strip by strip.

        Qt shares out the smooth drawing of more than some 90 rows to other threads and waits for
        them; on a busy machine that takes many times as long as drawing a small part itself.
        """
        scale = math.sqrt(abs(to_device.determinant()))
        number = self._buffer.pyramid.level_for(scale)
        values = self._buffer.pyramid.levels[number]
        from_level = QTransform.fromScale(2**number, 2**number) * to_device
        to_level, _ = from_level.inverted()
        pixel_for_pixel = abs(scale * 2**number - 1) < _SAME_SCALE
        smooth = scale < _NEAREST_FROM_ZOOM and not pixel_for_pixel
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, on=False)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, on=smooth)
        for top in range(seen.top(), seen.bottom() + 1, _STRIP_ROWS):
            strip = QRect(seen.left(), top, seen.width(), _STRIP_ROWS).intersected(seen)
            box = _needed(to_level.mapRect(QRectF(strip)), values)
            if box.is_empty:
                continue
            pixels = table.take(values[box.slices])
            painter.save()
            painter.setClipRect(strip, Qt.ClipOperation.IntersectClip)
            painter.setTransform(from_level, combine=True)
            painter.drawImage(box.left, box.top, _image(pixels))
            painter.restore()

    def _table(self, look: OverlayLook) -> Table:
        key = (look.color.rgba(), look.opacity)
        if self._tint is None or self._tint[0] != key:
            self._tint = (key, _tint_table(look.color, look.opacity))
        return self._tint[1]

    def _draw_ants(
        self, painter: QPainter, to_device: QTransform, seen: QRect, look: OverlayLook
    ) -> None:
        ants = self._ants
        if ants is None or not ants.fits(self._buffer.revision, to_device, seen):
            ants = self._ants = self._find_ants(to_device, seen)
        ants.draw(painter, look.ants_phase, look.ant_px)

    def _find_ants(self, to_device: QTransform, seen: QRect) -> _Ants:
        around = seen.adjusted(-1, -1, 1, 1)
        image = QImage(around.size(), QImage.Format.Format_RGB32)
        image.fill(Qt.GlobalColor.black)
        inner = QPainter(image)
        inner.translate(-around.left(), -around.top())
        self._draw_values(inner, to_device, around, self._grey)
        inner.end()
        shape = (image.height(), image.bytesPerLine() // 4, 4)
        values = np.frombuffer(image.constBits(), np.uint8).reshape(shape)[:, : image.width(), 0]
        return _Ants(self._buffer.revision, QTransform(to_device), seen, values)


class _Ants:
    """The line of a mask in device pixels, kept while neither mask nor zoom changes."""

    def __init__(
        self, revision: int, to_device: QTransform, seen: QRect, values: NDArray[np.uint8]
    ) -> None:
        self._made_for = (revision, to_device, QRect(seen))
        rows, columns = np.nonzero(contour_pixels(values))
        self._rows = rows + seen.top()
        self._columns = columns + seen.left()
        self._left = int(self._columns.min()) if len(rows) else 0
        self._top = int(self._rows.min()) if len(rows) else 0
        size = (
            (int(self._rows.max()) - self._top + 1, int(self._columns.max()) - self._left + 1)
            if len(rows)
            else (0, 0)
        )
        self._pixels = np.zeros(size, np.uint32)
        self._image = _image(self._pixels)

    def fits(self, revision: int, to_device: QTransform, seen: QRect) -> bool:
        made, transform, rect = self._made_for
        return made == revision and transform == to_device and rect.contains(seen)

    def draw(self, painter: QPainter, phase: int, length_px: int) -> None:
        if not self._pixels.size:
            return
        light = ant_colors(self._rows, self._columns, phase, length_px)
        colors = np.where(light, np.uint32(_LIGHT), np.uint32(_DARK))
        self._pixels[self._rows - self._top, self._columns - self._left] = colors
        painter.drawImage(self._left, self._top, _image(self._pixels))


def _needed(wanted: QRectF, values: NDArray[np.uint8]) -> Box:
    """Return the pixels of a level that *wanted* of it is drawn from."""
    box = box_around(
        wanted.left() - _MARGIN_PX,
        wanted.top() - _MARGIN_PX,
        wanted.right() + _MARGIN_PX,
        wanted.bottom() + _MARGIN_PX,
    )
    return box.intersected(whole(values))


def _image(pixels: Table) -> QImage:
    """Wrap *pixels*, which must outlive the image."""
    height, width = pixels.shape
    kind = QImage.Format.Format_ARGB32_Premultiplied
    return QImage(pixels.data, width, height, width * 4, kind)


def _tint_table(color: QColor, opacity: float) -> Table:
    """Return the premultiplied colour for each value, shape (256,), uint32."""
    alpha = np.rint(np.arange(256) * min(max(opacity, 0.0), 1.0) * color.alphaF())
    red, green, blue = (
        np.rint(alpha * part / 255).astype(np.uint32)
        for part in (color.red(), color.green(), color.blue())
    )
    return _packed(np.rint(alpha).astype(np.uint32), red, green, blue)


def _grey_table() -> Table:
    values = np.arange(256, dtype=np.uint32)
    return _packed(np.full_like(values, 255), values, values, values)


def _packed(alpha: Table, red: Table, green: Table, blue: Table) -> Table:
    parts = np.stack((blue, green, red, alpha), axis=1).astype(np.uint32)
    return (parts << np.array((0, 8, 16, 24), np.uint32)).sum(axis=1, dtype=np.uint32)
