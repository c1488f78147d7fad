"""What a mask is painted with, for the rooms that know no arrays."""

from __future__ import annotations

from daemon.imaging.masks.brush import MAX_SIZE_PX, MIN_SIZE_PX, Brush, StrokePoint
from daemon.imaging.masks.combine import MODES, Mode
from daemon.imaging.masks.gradient import LinearGradient, RadialGradient
from daemon.imaging.masks.shapes import Ellipse, Polygon, Rectangle

Shape = Rectangle | Ellipse | Polygon | LinearGradient | RadialGradient

__all__ = [
    "MAX_SIZE_PX",
    "MIN_SIZE_PX",
    "MODES",
    "Brush",
    "Ellipse",
    "LinearGradient",
    "Mode",
    "Polygon",
    "RadialGradient",
    "Rectangle",
    "Shape",
    "StrokePoint",
]
