"""Draws a mask over its photo: tinted, alone, or as a line of marching ants."""

from __future__ import annotations

import dataclasses
from typing import Literal

import numpy as np
from PySide6.QtCore import QRect, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QTransform

from rabbitviewer.paint.ants import Ants
from rabbitviewer.paint.buffer import MaskBuffer, to_rect
from rabbitviewer.paint.level_paint import Table, draw_values

View = Literal["overlay", "mask", "ants"]


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
        self._ants: Ants | None = None

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
        all_of_it = self._buffer.box
        box = self._buffer.painted if look.view == "overlay" else all_of_it
        place = to_device.mapRect(QRectF(to_rect(box))).toAlignedRect()
        photo = to_device.mapRect(QRectF(to_rect(all_of_it))).toAlignedRect()
        seen = place.adjusted(-1, -1, 1, 1).intersected(photo).intersected(exposed)
        if box.is_empty or seen.isEmpty():
            return
        painter.save()
        painter.setClipRect(seen, Qt.ClipOperation.IntersectClip)
        if look.view == "ants":
            if self._ants is None or not self._ants.fits(self._buffer, to_device, seen):
                self._ants = Ants(self._buffer, to_device, seen, self._grey)
            self._ants.draw(painter, look.ants_phase, look.ant_px)
        else:
            table = self._grey if look.view == "mask" else self._table(look)
            draw_values(painter, self._buffer.pyramid, to_device, seen, table)
        painter.restore()

    def _table(self, look: OverlayLook) -> Table:
        key = (look.color.rgba(), look.opacity)
        if self._tint is None or self._tint[0] != key:
            self._tint = (key, _tint_table(look.color, look.opacity))
        return self._tint[1]


def _tint_table(color: QColor, opacity: float) -> Table:
    """Return the premultiplied colour for each value, shape (256,), uint32."""
    alpha = np.rint(np.arange(256) * min(max(opacity, 0.0), 1.0) * color.alphaF())
    red, green, blue = (
        np.rint(alpha * part / 255).astype(np.uint32)
        for part in (color.red(), color.green(), color.blue())
    )
    return _packed(np.rint(alpha).astype(np.uint32), red, green, blue)


def _grey_table() -> Table:
    """Return an opaque grey for each value, shape (256,), uint32."""
    values = np.arange(256, dtype=np.uint32)
    return _packed(np.full_like(values, 255), values, values, values)


def _packed(alpha: Table, red: Table, green: Table, blue: Table) -> Table:
    parts = np.stack((blue, green, red, alpha), axis=1).astype(np.uint32)
    return (parts << np.array((0, 8, 16, 24), np.uint32)).sum(axis=1, dtype=np.uint32)
