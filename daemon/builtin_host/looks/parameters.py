"""The knobs of a parametric grade, and how grades add up."""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass

_LIMITS: dict[str, tuple[float, float]] = {
    "exposure_ev": (-3.0, 3.0),
    "contrast": (-1.3, 1.4),
    "highlights": (-1.2, 1.2),
    "shadows": (-1.2, 1.2),
    "whites": (-1.2, 1.2),
    "blacks": (-1.2, 1.2),
    "temperature": (-1.8, 1.8),
    "tint": (-1.8, 1.8),
    "saturation": (-1.0, 1.2),
    "vibrance": (-1.0, 1.0),
    "fade": (0.0, 1.3),
    "monochrome": (0.0, 1.0),
    "red_filter": (-1.0, 1.0),
    "cross_process": (0.0, 1.3),
}
_TONES = ("shadow", "midtone", "highlight")
_LONGEST_TONE = 0.13


@dataclass(frozen=True, kw_only=True)
class GradeParameters:
    """A global grade; 0 everywhere changes nothing. Most knobs mean a clear effect at 1.

    Attributes:
        exposure_ev: Stops; highlights roll off instead of clipping.
        contrast: Slope around middle gray.
        highlights: Brightness of the bright tones.
        shadows: Brightness of the dark tones.
        whites: Brightness of the brightest tones.
        blacks: Brightness of the darkest tones.
        temperature: Positive warm, negative cool; 1 is 70 mired.
        tint: Positive magenta, negative green.
        saturation: -1 is gray, 1 doubles the chroma.
        vibrance: Saturation that spares what is saturated already.
        fade: Lifted blacks and dulled whites, as in an old print.
        monochrome: 1 is black and white.
        red_filter: How black and white weighs colours: 1 a red filter, -1 a blue one.
        cross_process: Slide film in the wrong developer.
        shadow_a: Colour added to the shadows, OKLab a.
        shadow_b: The same, OKLab b.
        midtone_a: Colour added to the midtones, OKLab a.
        midtone_b: The same, OKLab b.
        highlight_a: Colour added to the highlights, OKLab a.
        highlight_b: The same, OKLab b.
    """

    exposure_ev: float = 0.0
    contrast: float = 0.0
    highlights: float = 0.0
    shadows: float = 0.0
    whites: float = 0.0
    blacks: float = 0.0
    temperature: float = 0.0
    tint: float = 0.0
    saturation: float = 0.0
    vibrance: float = 0.0
    fade: float = 0.0
    monochrome: float = 0.0
    red_filter: float = 0.0
    cross_process: float = 0.0
    shadow_a: float = 0.0
    shadow_b: float = 0.0
    midtone_a: float = 0.0
    midtone_b: float = 0.0
    highlight_a: float = 0.0
    highlight_b: float = 0.0

    def plus(self, other: GradeParameters, factor: float = 1.0) -> GradeParameters:
        """This grade and *factor* times *other*, knob by knob."""
        return GradeParameters(
            **{
                knob.name: getattr(self, knob.name) + factor * getattr(other, knob.name)
                for knob in dataclasses.fields(self)
            }
        )

    def scaled(self, factor: float) -> GradeParameters:
        """Every knob times *factor*."""
        return GradeParameters().plus(self, factor)

    def limited(self) -> GradeParameters:
        """The grade within the range where it stays smooth and monotone.

        A negative fade deepens the blacks instead, a negative black and white adds colour.
        """
        values = dataclasses.asdict(self)
        if self.fade < 0:
            values["blacks"] += self.fade
        if self.monochrome < 0:
            values["saturation"] -= 0.5 * self.monochrome
        for name, (low, high) in _LIMITS.items():
            values[name] = min(max(values[name], low), high)
        for zone in _TONES:
            length = math.hypot(values[f"{zone}_a"], values[f"{zone}_b"])
            if length > _LONGEST_TONE:
                values[f"{zone}_a"] *= _LONGEST_TONE / length
                values[f"{zone}_b"] *= _LONGEST_TONE / length
        return GradeParameters(**values)

    def is_neutral(self) -> bool:
        """Whether the grade changes nothing."""
        return self.limited() == GradeParameters()


def tone(zone: str, hue_deg: float, chroma: float) -> GradeParameters:
    """A coloured zone.

    Args:
        zone: "shadow", "midtone" or "highlight".
        hue_deg: OKLab hue angle, degrees.
        chroma: OKLab chroma added where the zone is strongest, 0..0.1.
    """
    angle = math.radians(hue_deg)
    return GradeParameters(
        **{f"{zone}_a": chroma * math.cos(angle), f"{zone}_b": chroma * math.sin(angle)}
    )
