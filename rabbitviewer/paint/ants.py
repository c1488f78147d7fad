"""The marching ants along the line where a mask is half, in device pixels."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QImage, QPainter, QTransform

from daemon.imaging.masks.contour import ant_colors, contour_pixels
from rabbitviewer.paint.buffer import MaskBuffer
from rabbitviewer.paint.level_paint import Table, draw_values, wrap

_LIGHT, _DARK = 0xFFFFFFFF, 0xFF000000


class Ants:
    """One line, found once and kept while neither mask nor zoom changes; marching is cheap."""

    def __init__(self, buffer: MaskBuffer, to_device: QTransform, seen: QRect, grey: Table) -> None:
        """Find the line.

        Args:
            buffer: The mask.
            to_device: From the mask's pixels to device pixels.
            seen: Device pixels to look at.
            grey: An opaque grey for each value.
        """
        self._made_for = (buffer.revision, QTransform(to_device), QRect(seen))
        rows, columns = np.nonzero(contour_pixels(_shown(buffer, to_device, seen, grey)))
        self._left = self._top = 0
        if len(rows):
            self._left, self._top = int(columns.min()), int(rows.min())
        self._rows, self._columns = rows - self._top, columns - self._left
        self._left += seen.left()
        self._top += seen.top()
        size = (int(self._rows.max()) + 1, int(self._columns.max()) + 1) if len(rows) else (0, 0)
        self._pixels = np.zeros(size, np.uint32)

    def fits(self, buffer: MaskBuffer, to_device: QTransform, seen: QRect) -> bool:
        """Tell whether the line is still the one of *buffer*, seen so."""
        revision, transform, rect = self._made_for
        return revision == buffer.revision and transform == to_device and rect.contains(seen)

    def draw(self, painter: QPainter, phase: int, length_px: int) -> None:
        """Draw it, the ants *phase* pixels on their way."""
        if self._pixels.size:
            light = ant_colors(self._rows + self._top, self._columns + self._left, phase, length_px)
            colors = np.where(light, np.uint32(_LIGHT), np.uint32(_DARK))
            self._pixels[self._rows, self._columns] = colors
            painter.drawImage(self._left, self._top, wrap(self._pixels))


def _shown(
    buffer: MaskBuffer, to_device: QTransform, seen: QRect, grey: Table
) -> NDArray[np.uint8]:
    """Return the mask's values at the device's pixels, a border of one pixel around *seen*."""
    around = seen.adjusted(-1, -1, 1, 1)
    image = QImage(around.size(), QImage.Format.Format_RGB32)
    image.fill(Qt.GlobalColor.black)
    painter = QPainter(image)
    painter.translate(-around.left(), -around.top())
    draw_values(painter, buffer.pyramid, to_device, around, grey)
    painter.end()
    shape = (image.height(), image.bytesPerLine() // 4, 4)
    pixels = np.frombuffer(image.constBits(), np.uint8).reshape(shape)
    return pixels[:, : image.width(), 0].copy()
