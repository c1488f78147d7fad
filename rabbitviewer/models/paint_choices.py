"""What the user set for painting masks, as it is remembered from one time to the next."""

from __future__ import annotations

from typing import Literal

import msgspec

Mode = Literal["replace", "add", "subtract", "intersect"]
View = Literal["overlay", "mask", "ants"]


class PaintChoices(msgspec.Struct, frozen=True, kw_only=True):
    """All of it, as it is remembered.

    Attributes:
        tool: Name of the tool.
        size_px: Diameter of the brush, photo pixels; 0: as suits the photo.
        hardness: 0 (soft to the middle) .. 1 (a sharp edge).
        opacity: 0..1: the most that one stroke paints.
        flow: 0..1: what every dab of a stroke adds.
        pressure_size: A pen's pressure counts for the size.
        pressure_opacity: A pen's pressure counts for the opacity.
        mode: How an area combines with the mask: replace | add | subtract | intersect.
        tolerance: Distance in CIELAB that is still similar.
        contiguous: Only what is connected with the click.
        low: Luminosity from here, 0..1.
        high: Up to here.
        softness: Width of the soft ends, 0..1.
        view: overlay | mask | ants.
        color: Of the overlay; empty: the theme's.
        overlay: Opacity of the overlay where the mask is white, 0..1.
    """

    tool: str = "brush"
    size_px: float = 0.0
    hardness: float = 0.75
    opacity: float = 1.0
    flow: float = 1.0
    pressure_size: bool = True
    pressure_opacity: bool = False
    mode: Mode = "add"
    tolerance: float = 12.0
    contiguous: bool = True
    low: float = 0.0
    high: float = 0.5
    softness: float = 0.1
    view: View = "overlay"
    color: str = ""
    overlay: float = 0.5
