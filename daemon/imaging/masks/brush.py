"""What a mask is painted with: the brush, and the points of a stroke."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

MIN_SIZE_PX = 1.0
MAX_SIZE_PX = 2000.0


@dataclass(frozen=True)
class Brush:
    """A round brush. Everything is in pixels of the photo, so that zoom does not matter.

    Attributes:
        size_px: Diameter, 1..2000.
        hardness: Share of the radius that is full, 0..1; 1 has an edge of a pixel.
        opacity: No stroke changes a value further than this share of the way, 0..1.
        flow: How much one pass of a quarter of the diameter leaves, 0..1; 1: all at once.
        pressure_size: The pen's pressure makes the brush smaller.
        pressure_opacity: The pen's pressure makes the stroke fainter.

    Raises:
        ValueError: A figure is out of its range.
    """

    size_px: float = 100.0
    hardness: float = 0.8
    opacity: float = 1.0
    flow: float = 1.0
    pressure_size: bool = False
    pressure_opacity: bool = False

    def __post_init__(self) -> None:
        if not MIN_SIZE_PX <= self.size_px <= MAX_SIZE_PX:
            raise ValueError(
                f"A brush of {self.size_px:g} px cannot be used: choose {MIN_SIZE_PX:g} to "
                f"{MAX_SIZE_PX:g} px."
            )
        for name in ("hardness", "opacity", "flow"):
            share = getattr(self, name)
            if not 0.0 <= share <= 1.0:
                raise ValueError(f"The brush's {name} cannot be {share:g}: choose 0 to 1.")


class StrokePoint(NamedTuple):
    """A point of a stroke.

    Attributes:
        column: From the photo's left edge, pixels; the first pixel's middle is 0.5.
        row: From the photo's upper edge, pixels.
        pressure: Of the pen, 0..1; a mouse presses with 1.
    """

    column: float
    row: float
    pressure: float = 1.0
