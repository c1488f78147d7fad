"""How far apart a brush prints, so that its prints are never seen one by one."""

from __future__ import annotations

import math

from daemon.imaging.masks.brush import Brush

_LEAST_PX = 0.5
_LEAST_PRESSURE = 0.02
_OUTLINE_PX = 1 / 16
_LEVEL = 1 / 255


class Spacing:
    """What a brush is after pressure, and the distances between its prints."""

    def __init__(self, brush: Brush) -> None:
        self._brush = brush

    def radius(self, pressure: float) -> float:
        """Return the brush's radius, pixels."""
        radius = self._brush.size_px / 2
        if self._brush.pressure_size:
            radius *= max(_pressed(pressure), _LEAST_PRESSURE)
        return max(radius, 0.5)

    def strength(self, pressure: float) -> float:
        """Return what pressure leaves of the brush's opacity, 0..1."""
        return _pressed(pressure) if self._brush.pressure_opacity else 1.0

    def full_way(self, radius: float) -> float:
        """Return the way after which a flow below 1 has been left once: a quarter of the size."""
        return max(radius / 2, _LEAST_PX)

    def least_step(self, pressure: float) -> float:
        """Return how near two points of a way may be; jitter of whole screen pixels is nearer."""
        return math.sqrt(2 * self.radius(pressure)) / 2

    def between(self, radius: float, fading: float = 0.0) -> float:
        """Return the distance from a print of *radius* to the next.

        Args:
            radius: Pixels.
            fading: Change of the strength along the way, per pixel, >= 0.
        """
        spacing = self._joined(radius) if self._brush.flow >= 1 else self._added(radius)
        if fading > 0:
            spacing = min(spacing, max(2 * _LEVEL / fading, spacing / 4, 1.0))
        return max(math.floor(spacing * 64 + 0.375) / 64, _LEAST_PX)

    def _joined(self, radius: float) -> float:
        """Flow 1, prints joined by their maximum.

        Between two prints the outline of equal values is nearer to the middle by s^2 / (8 y), with
        y its distance from there. That is to be a sixteenth of a pixel at most, or else no more
        than a level of the values where they fall steepest (1.5 per width of the soft edge).
        """
        hardness = self._brush.hardness
        edge = max(radius * (1 - hardness), 1.0)
        away = radius * (1 + hardness) / 2
        return math.sqrt(8 * away * max(_OUTLINE_PX, _LEVEL * edge / 1.5))

    def _added(self, radius: float) -> float:
        """Flow below 1, where the front of every print is seen inside the stroke.

        A hard print is to add four levels at most; a soft one runs into the next when they are a
        quarter of its edge apart. Sixteen prints lie on a diameter at least, 128 at most.
        """
        edge = radius * (1 - self._brush.hardness)
        faint = 4 * _LEVEL * self.full_way(radius) / max(self._brush.flow, _LEVEL)
        return min(max(faint, edge / 4, radius / 64), radius / 8)


def _pressed(pressure: float) -> float:
    return min(max(pressure, 0.0), 1.0)
