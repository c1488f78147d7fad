"""Colours, tones, nouns and adjectives of the built-in look, and what each means said plainly.

"slightly", "very", "less", "no" (``modifiers``) scale it. Entries stand under the words that are
matched: lower case, no punctuation.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from daemon.builtin_host.looks.parameters import GradeParameters, tone

G = GradeParameters
_TONE_CHROMA = 0.055


def toned(**zones: tuple[float, float]) -> GradeParameters:
    """Coloured zones: ``shadow=(hue in degrees, strength)``, likewise midtone and highlight."""
    grade = GradeParameters()
    for zone, (hue_deg, strength) in zones.items():
        grade = grade.plus(tone(zone, hue_deg, strength * _TONE_CHROMA))
    return grade


@dataclass(frozen=True)
class Quality:
    """An adjective for the picture or for one zone ("warm", "bright shadows").

    Attributes:
        grade: Meaning for the whole picture; ``None`` when it needs a zone.
        zones: Meaning for "shadows", "midtones", "highlights", "blacks", "whites".
    """

    grade: GradeParameters | None
    zones: dict[str, GradeParameters] = field(default_factory=dict[str, GradeParameters])


TEAL, ORANGE, AMBER, BLUE = 210.0, 58.0, 72.0, 255.0

COLORS: dict[str, tuple[float, float]] = {
    "amber": (AMBER, 1.0),
    "aqua": (195.0, 0.9),
    "azure": (240.0, 0.9),
    "beige": (80.0, 0.5),
    "blue": (BLUE, 1.0),
    "bronze": (70.0, 0.9),
    "brown": (60.0, 0.9),
    "burgundy": (15.0, 0.9),
    "copper": (50.0, 1.0),
    "cream": (90.0, 0.5),
    "crimson": (20.0, 1.0),
    "cyan": (200.0, 1.0),
    "emerald": (158.0, 1.0),
    "gold": (85.0, 1.0),
    "golden": (85.0, 1.0),
    "green": (145.0, 1.0),
    "indigo": (275.0, 1.0),
    "lavender": (300.0, 0.7),
    "lilac": (315.0, 0.7),
    "lime": (125.0, 1.0),
    "magenta": (330.0, 1.0),
    "mint": (165.0, 0.6),
    "navy": (262.0, 1.0),
    "olive": (115.0, 0.8),
    "orange": (ORANGE, 1.0),
    "peach": (52.0, 0.6),
    "pink": (355.0, 0.8),
    "purple": (308.0, 1.0),
    "red": (27.0, 1.0),
    "rose": (8.0, 0.8),
    "rust": (42.0, 1.0),
    "salmon": (32.0, 0.8),
    "teal": (TEAL, 1.0),
    "turquoise": (190.0, 1.0),
    "violet": (298.0, 1.0),
    "yellow": (105.0, 1.0),
}
"""Colours: OKLab hue in degrees and strength."""

ZONES: dict[str, str] = {
    "blacks": "blacks",
    "dark tones": "shadows",
    "darks": "shadows",
    "highlight": "highlights",
    "highlights": "highlights",
    "lights": "highlights",
    "mid tones": "midtones",
    "mids": "midtones",
    "midtone": "midtones",
    "midtones": "midtones",
    "shadow": "shadows",
    "shadows": "shadows",
    "whites": "whites",
}

ZONE_LEVELS: dict[str, GradeParameters] = {
    "blacks": G(blacks=0.6),
    "shadows": G(shadows=0.55),
    "midtones": G(exposure_ev=0.3),
    "highlights": G(highlights=0.55),
    "whites": G(whites=0.6),
}
"""What raising a zone means."""

PROPERTIES: dict[str, GradeParameters] = {
    "black point": G(blacks=0.6),
    "brightness": G(exposure_ev=0.5),
    "chroma": G(saturation=0.35),
    "color": G(saturation=0.35),
    "colors": G(saturation=0.35),
    "colour": G(saturation=0.35),
    "colours": G(saturation=0.35),
    "contrast": G(contrast=0.4),
    "exposure": G(exposure_ev=0.6),
    "fade": G(fade=0.6),
    "light": G(exposure_ev=0.4),
    "saturation": G(saturation=0.35),
    "temperature": G(temperature=0.55),
    "vibrance": G(vibrance=0.5),
    "warmth": G(temperature=0.55),
    "white point": G(whites=0.6),
}
"""Nouns that can be raised and lowered."""

NEED_DIRECTION = frozenset({"color", "colors", "colour", "colours", "light"})
"""Properties that mean something only with a direction ("more color", not "warm color")."""


def _levels(amount: float) -> dict[str, GradeParameters]:
    return {zone: grade.scaled(amount) for zone, grade in ZONE_LEVELS.items()}


def _tints(hue_deg: float, strength: float) -> dict[str, GradeParameters]:
    return {zone: toned(**{name: (hue_deg, strength)}) for zone, name in ZONE_TONES.items()}


ZONE_TONES: dict[str, str] = {
    "blacks": "shadow",
    "shadows": "shadow",
    "midtones": "midtone",
    "highlights": "highlight",
    "whites": "highlight",
}
"""Where colour goes that is asked for a zone."""

_WARM = Quality(G(temperature=0.55), _tints(AMBER, 0.8))
_COOL = Quality(G(temperature=-0.55), _tints(BLUE, 0.8))
_BRIGHT = Quality(G(exposure_ev=0.45), _levels(1.0))
_DARK = Quality(G(exposure_ev=-0.55), _levels(-1.0))
_DEEP = Quality(G(contrast=0.25, blacks=-0.4), _levels(-1.1))
_SOFT = Quality(
    G(contrast=-0.35, highlights=-0.15),
    {
        "blacks": G(blacks=0.5),
        "shadows": G(shadows=0.4),
        "midtones": G(contrast=-0.2),
        "highlights": G(highlights=-0.5),
        "whites": G(whites=-0.5),
    },
)
_HARD = Quality(
    G(contrast=0.6),
    {
        "blacks": G(blacks=-0.6),
        "shadows": G(shadows=-0.5),
        "midtones": G(contrast=0.4),
        "highlights": G(highlights=0.5),
        "whites": G(whites=0.5),
    },
)
_FADED = Quality(
    G(fade=0.65, saturation=-0.12, contrast=-0.1),
    {
        "blacks": G(fade=0.7),
        "shadows": G(fade=0.6),
        "midtones": G(contrast=-0.25),
        "highlights": G(whites=-0.6),
        "whites": G(whites=-0.7),
    },
)
_RICH = Quality(G(saturation=0.25, contrast=0.2), _levels(-0.7))
_LIFTED = Quality(None, _levels(1.0))
_CRUSHED = Quality(
    None,
    {
        "blacks": G(blacks=-0.9, contrast=0.1),
        "shadows": G(shadows=-0.8, blacks=-0.5),
        "highlights": G(highlights=-0.6),
        "whites": G(whites=-0.6),
    },
)

QUALITIES: dict[str, Quality] = {
    "bright": _BRIGHT,
    "brighten": _BRIGHT,
    "brighter": _BRIGHT,
    "chilly": _COOL,
    "cold": _COOL,
    "colder": _COOL,
    "cool": _COOL,
    "cool down": _COOL,
    "cooler": _COOL,
    "crush": _CRUSHED,
    "crushed": _CRUSHED,
    "dark": _DARK,
    "darken": _DARK,
    "darker": _DARK,
    "deep": _DEEP,
    "deepen": _DEEP,
    "deeper": _DEEP,
    "faded": _FADED,
    "hard": _HARD,
    "harder": _HARD,
    "harsh": _HARD,
    "lifted": _LIFTED,
    "lighten": _BRIGHT,
    "lighter": _BRIGHT,
    "open": _LIFTED,
    "open up": _LIFTED,
    "recovered": _LIFTED,
    "rich": _RICH,
    "richer": _RICH,
    "soft": _SOFT,
    "soften": _SOFT,
    "softer": _SOFT,
    "warm": _WARM,
    "warm up": _WARM,
    "warmer": _WARM,
    "washed out": _FADED,
}
