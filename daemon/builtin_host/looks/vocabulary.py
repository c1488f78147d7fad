"""The words that the built-in look understands, as data; ``docs/looks.md`` is made from it.

Every entry stands under the words that are matched (lower case, no punctuation). A grade given
here is what the word means said plainly; "slightly", "very", "less", "no" scale it.
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
class Look:
    """A named look or a plain adjustment: its grade and what it is called in reports."""

    grade: GradeParameters
    title: str = ""


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

STOPS: dict[str, float] = {
    "a stop": 1.0,
    "ev": 1.0,
    "half a stop": 0.5,
    "half stop": 0.5,
    "one stop": 1.0,
    "stop": 1.0,
    "stops": 1.0,
    "two stops": 2.0,
}
"""Exposure in stops; a number before it multiplies, "darker" after it turns it round."""


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

_BLACK_AND_WHITE = G(monochrome=1.0, contrast=0.12)
_TEAL_ORANGE = toned(shadow=(TEAL, 0.95), highlight=(ORANGE, 0.65)).plus(
    G(contrast=0.15, vibrance=0.12)
)
_BLEACH = G(saturation=-0.55, contrast=0.55, highlights=0.15)
_WARM_FILM = toned(shadow=(130.0, 0.12), highlight=(80.0, 0.35)).plus(
    G(temperature=0.3, contrast=0.12, fade=0.25, highlights=-0.25, saturation=-0.05)
)
_COOL_FILM = toned(shadow=(215.0, 0.4), highlight=(100.0, 0.12)).plus(
    G(temperature=-0.22, contrast=0.12, fade=0.25, highlights=-0.2, saturation=-0.08)
)
_SLIDE = G(contrast=0.42, saturation=0.28, blacks=-0.25, temperature=0.08)
_PRINT = toned(shadow=(40.0, 0.3), midtone=(75.0, 0.2), highlight=(95.0, 0.35)).plus(
    G(fade=0.75, saturation=-0.3, contrast=-0.15, temperature=0.15)
)
_INSTANT = toned(shadow=(190.0, 0.35), highlight=(90.0, 0.45)).plus(
    G(fade=0.6, saturation=-0.15, contrast=0.05, highlights=-0.1, exposure_ev=0.1)
)
_VINTAGE = toned(shadow=(45.0, 0.25), highlight=(88.0, 0.45)).plus(
    G(fade=0.5, saturation=-0.22, contrast=-0.05, temperature=0.22, highlights=-0.2)
)
_GOLDEN_HOUR = toned(shadow=(305.0, 0.12), midtone=(72.0, 0.25), highlight=(78.0, 0.75)).plus(
    G(temperature=0.6, contrast=0.05, shadows=0.15, vibrance=0.2, tint=0.08)
)
_MOONLIGHT = toned(shadow=(258.0, 0.7), midtone=(250.0, 0.35), highlight=(230.0, 0.2)).plus(
    G(exposure_ev=-0.9, temperature=-0.6, saturation=-0.4, contrast=0.15, highlights=-0.3)
)
_BLUE_HOUR = toned(shadow=(262.0, 0.7), midtone=(262.0, 0.3), highlight=(340.0, 0.15)).plus(
    G(temperature=-0.55, exposure_ev=-0.25, contrast=0.05, vibrance=0.15)
)
_MUTED = G(saturation=-0.35, contrast=-0.05)
_PASTEL = toned(shadow=(320.0, 0.2), highlight=(20.0, 0.12)).plus(
    G(exposure_ev=0.35, contrast=-0.4, saturation=-0.2, fade=0.35, vibrance=0.2)
)
_HIGH_KEY = G(exposure_ev=0.9, shadows=0.5, contrast=-0.15, blacks=0.25)
_LOW_KEY = G(exposure_ev=-0.8, shadows=-0.3, contrast=0.35, blacks=-0.3)
_MOODY = toned(shadow=(205.0, 0.3), highlight=(70.0, 0.2)).plus(
    G(exposure_ev=-0.4, contrast=0.2, saturation=-0.22, highlights=-0.35, fade=0.15)
)
_DRAMATIC = G(contrast=0.6, highlights=-0.2, shadows=-0.15, vibrance=0.15)
_PUNCHY = G(contrast=0.4, saturation=0.2, blacks=-0.2)
_VIVID = G(saturation=0.35, vibrance=0.35, contrast=0.12)
_CINEMATIC = toned(shadow=(TEAL, 0.45), highlight=(ORANGE, 0.4)).plus(
    G(contrast=0.3, saturation=-0.1, highlights=-0.25, fade=0.14, blacks=-0.1)
)
_CYBERPUNK = toned(shadow=(285.0, 0.95), midtone=(330.0, 0.35), highlight=(200.0, 0.75)).plus(
    G(contrast=0.3, vibrance=0.4, exposure_ev=-0.2, temperature=-0.2)
)

LOOKS: dict[str, Look] = {
    "airy": Look(G(exposure_ev=0.5, contrast=-0.25, shadows=0.4, blacks=0.3, saturation=-0.08)),
    "analog": Look(_WARM_FILM, "warm film"),
    "analogue": Look(_WARM_FILM, "warm film"),
    "arctic": Look(G(temperature=-0.75, exposure_ev=0.2, saturation=-0.2), "arctic"),
    "autumn": Look(toned(highlight=(65.0, 0.4)).plus(G(temperature=0.4, saturation=0.1))),
    "autumnal": Look(toned(highlight=(65.0, 0.4)).plus(G(temperature=0.4, saturation=0.1))),
    "black and white": Look(_BLACK_AND_WHITE),
    "black white": Look(_BLACK_AND_WHITE, "black and white"),
    "b w": Look(_BLACK_AND_WHITE, "black and white"),
    "bw": Look(_BLACK_AND_WHITE, "black and white"),
    "bleach bypass": Look(_BLEACH),
    "bleached": Look(_BLEACH, "bleach bypass"),
    "blockbuster": Look(_TEAL_ORANGE, "teal and orange"),
    "blue hour": Look(_BLUE_HOUR),
    "cinema": Look(_CINEMATIC, "cinematic"),
    "cinematic": Look(_CINEMATIC),
    "colorful": Look(_VIVID, "vivid"),
    "colourful": Look(_VIVID, "vivid"),
    "contrasty": Look(G(contrast=0.5)),
    "cool film": Look(_COOL_FILM),
    "cross process": Look(G(cross_process=0.9, saturation=0.1), "cross process"),
    "cross processed": Look(G(cross_process=0.9, saturation=0.1), "cross process"),
    "cross processing": Look(G(cross_process=0.9, saturation=0.1), "cross process"),
    "cyberpunk": Look(_CYBERPUNK),
    "dark and moody": Look(_MOODY.plus(G(exposure_ev=-0.25))),
    "day for night": Look(_MOONLIGHT, "moonlight"),
    "desaturate": Look(G(saturation=-0.5), "desaturated"),
    "desaturated": Look(G(saturation=-0.5)),
    "desert": Look(toned(midtone=(70.0, 0.5)).plus(G(temperature=0.35, saturation=-0.1))),
    "documentary": Look(G(saturation=-0.2, contrast=0.25)),
    "dramatic": Look(_DRAMATIC),
    "dreamy": Look(_PASTEL.plus(G(contrast=-0.1, temperature=0.1))),
    "dull": Look(G(saturation=-0.3, contrast=-0.2)),
    "dusk": Look(_BLUE_HOUR, "blue hour"),
    "ethereal": Look(_PASTEL, "pastel"),
    "faded film": Look(_WARM_FILM.plus(G(fade=0.4, saturation=-0.1))),
    "faded photo": Look(_PRINT, "faded print"),
    "faded print": Look(_PRINT),
    "film": Look(_WARM_FILM, "warm film"),
    "film like": Look(_WARM_FILM, "warm film"),
    "film noir": Look(G(monochrome=1.0, contrast=0.75, exposure_ev=-0.25, blacks=-0.3), "noir"),
    "filmic": Look(_WARM_FILM, "warm film"),
    "flat": Look(G(contrast=-0.6)),
    "frosty": Look(G(temperature=-0.75, exposure_ev=0.2, saturation=-0.2), "arctic"),
    "gloomy": Look(_MOODY.plus(G(temperature=-0.25)), "moody"),
    "golden hour": Look(_GOLDEN_HOUR),
    "gray": Look(_BLACK_AND_WHITE, "black and white"),
    "grayscale": Look(_BLACK_AND_WHITE, "black and white"),
    "greyscale": Look(_BLACK_AND_WHITE, "black and white"),
    "green cast": Look(G(tint=-0.7)),
    "green tint": Look(G(tint=-0.7)),
    "greenish": Look(G(tint=-0.7), "green tint"),
    "gritty": Look(_BLEACH.plus(G(shadows=-0.1)), "bleach bypass"),
    "hazy": Look(G(fade=0.5, contrast=-0.3, highlights=-0.1)),
    "high contrast": Look(G(contrast=0.6)),
    "high key": Look(_HIGH_KEY),
    "horror": Look(toned(shadow=(175.0, 0.6)).plus(_BLEACH).plus(G(exposure_ev=-0.5))),
    "icy": Look(G(temperature=-0.75, exposure_ev=0.2, saturation=-0.2), "arctic"),
    "infrared": Look(G(monochrome=1.0, red_filter=1.0, contrast=0.4), "red filter"),
    "instant film": Look(_INSTANT),
    "kodachrome": Look(_SLIDE.plus(G(temperature=0.12)), "slide film"),
    "light and airy": Look(
        G(exposure_ev=0.6, contrast=-0.25, shadows=0.45, blacks=0.3, saturation=-0.08)
    ),
    "low contrast": Look(G(contrast=-0.5)),
    "low key": Look(_LOW_KEY),
    "low saturation": Look(G(saturation=-0.45)),
    "magenta cast": Look(G(tint=0.7)),
    "magenta tint": Look(G(tint=0.7)),
    "matrix": Look(
        toned(shadow=(150.0, 0.8), midtone=(145.0, 0.5), highlight=(140.0, 0.3)).plus(
            G(contrast=0.3, tint=-0.4)
        )
    ),
    "matte": Look(G(fade=0.75, contrast=0.05, saturation=-0.1)),
    "matt": Look(G(fade=0.75, contrast=0.05, saturation=-0.1), "matte"),
    "melancholic": Look(_MOODY.plus(G(temperature=-0.25)), "moody"),
    "midnight": Look(_MOONLIGHT, "moonlight"),
    "mono": Look(_BLACK_AND_WHITE, "black and white"),
    "monochrome": Look(_BLACK_AND_WHITE, "black and white"),
    "moody": Look(_MOODY),
    "moonlight": Look(_MOONLIGHT),
    "moonlit": Look(_MOONLIGHT, "moonlight"),
    "muted": Look(_MUTED),
    "neon": Look(_CYBERPUNK, "cyberpunk"),
    "night": Look(_MOONLIGHT, "moonlight"),
    "noir": Look(G(monochrome=1.0, contrast=0.75, exposure_ev=-0.25, blacks=-0.3)),
    "nordic": Look(G(temperature=-0.3, saturation=-0.3, exposure_ev=0.1, contrast=0.1)),
    "nostalgic": Look(_VINTAGE, "vintage"),
    "old photo": Look(_PRINT, "faded print"),
    "overexposed": Look(G(exposure_ev=0.9)),
    "pale": Look(G(saturation=-0.35, exposure_ev=0.2, contrast=-0.15)),
    "pastel": Look(_PASTEL),
    "pastels": Look(_PASTEL, "pastel"),
    "polaroid": Look(_INSTANT, "instant film"),
    "pop": Look(_PUNCHY, "punchy"),
    "portra": Look(_WARM_FILM, "warm film"),
    "punch": Look(_PUNCHY, "punchy"),
    "punchy": Look(_PUNCHY),
    "red filter": Look(G(monochrome=1.0, red_filter=0.7, contrast=0.3)),
    "retro": Look(_VINTAGE.plus(G(saturation=0.1, contrast=0.1))),
    "romantic": Look(toned(highlight=(10.0, 0.35)).plus(G(temperature=0.25, contrast=-0.15))),
    "saturate": Look(G(saturation=0.35), "saturated"),
    "saturated": Look(G(saturation=0.35)),
    "sepia": Look(
        toned(shadow=(62.0, 0.5), midtone=(72.0, 0.95), highlight=(82.0, 0.6)).plus(
            G(monochrome=1.0, fade=0.15)
        )
    ),
    "silver retention": Look(_BLEACH, "bleach bypass"),
    "slide": Look(_SLIDE, "slide film"),
    "slide film": Look(_SLIDE),
    "summer": Look(G(temperature=0.3, exposure_ev=0.15, vibrance=0.35)),
    "sunny": Look(G(temperature=0.35, exposure_ev=0.25, vibrance=0.2)),
    "sunrise": Look(_GOLDEN_HOUR.plus(G(exposure_ev=0.1, tint=0.15)), "golden hour"),
    "sunset": Look(_GOLDEN_HOUR.plus(toned(shadow=(310.0, 0.3))), "golden hour"),
    "teal and orange": Look(_TEAL_ORANGE),
    "teal orange": Look(_TEAL_ORANGE, "teal and orange"),
    "orange and teal": Look(_TEAL_ORANGE, "teal and orange"),
    "orange teal": Look(_TEAL_ORANGE, "teal and orange"),
    "tropical": Look(toned(shadow=(195.0, 0.3)).plus(G(vibrance=0.5, saturation=0.12))),
    "underexposed": Look(G(exposure_ev=-0.9)),
    "velvia": Look(_SLIDE.plus(G(saturation=0.25)), "slide film"),
    "vibrant": Look(_VIVID, "vivid"),
    "vintage": Look(_VINTAGE),
    "vivid": Look(_VIVID),
    "warm film": Look(_WARM_FILM),
    "western": Look(toned(midtone=(68.0, 0.5)).plus(G(temperature=0.4, contrast=0.25))),
    "wintry": Look(G(temperature=-0.5, exposure_ev=0.2, saturation=-0.25), "winter"),
    "winter": Look(G(temperature=-0.5, exposure_ev=0.2, saturation=-0.25)),
    "no color": Look(_BLACK_AND_WHITE, "black and white"),
    "no colour": Look(_BLACK_AND_WHITE, "black and white"),
    "no colors": Look(_BLACK_AND_WHITE, "black and white"),
    "no colours": Look(_BLACK_AND_WHITE, "black and white"),
    "no saturation": Look(_BLACK_AND_WHITE, "black and white"),
    "without color": Look(_BLACK_AND_WHITE, "black and white"),
    "without colour": Look(_BLACK_AND_WHITE, "black and white"),
    "without saturation": Look(_BLACK_AND_WHITE, "black and white"),
    "recover highlights": Look(G(highlights=-0.6, whites=-0.2)),
    "recover shadows": Look(G(shadows=0.6)),
    "s curve": Look(G(contrast=0.4)),
}
"""Whole looks and adjustments that need no noun. The title defaults to the words."""

INTENSITIES: dict[str, float] = {
    "a bit": 0.55,
    "a hint": 0.4,
    "a hint of": 0.4,
    "a little": 0.55,
    "a little bit": 0.5,
    "a lot": 1.5,
    "a touch": 0.4,
    "a touch of": 0.4,
    "barely": 0.3,
    "considerably": 1.4,
    "dramatically": 1.6,
    "extra": 1.4,
    "extreme": 1.9,
    "extremely": 1.9,
    "fairly": 0.9,
    "gently": 0.5,
    "gentle": 0.5,
    "heavily": 1.6,
    "heavy": 1.6,
    "hint of": 0.4,
    "intense": 1.6,
    "intensely": 1.6,
    "mild": 0.55,
    "mildly": 0.55,
    "moderate": 0.8,
    "moderately": 0.8,
    "much": 1.5,
    "quite": 1.15,
    "rather": 1.1,
    "really": 1.4,
    "slight": 0.5,
    "slightly": 0.5,
    "somewhat": 0.65,
    "strong": 1.5,
    "strongly": 1.5,
    "subtle": 0.45,
    "subtly": 0.45,
    "super": 1.7,
    "touch of": 0.4,
    "ultra": 1.8,
    "very": 1.5,
    "way": 1.6,
}
"""How much: factor on what follows."""

AMOUNTS: dict[str, float] = {
    "add": 1.0,
    "added": 1.0,
    "bump": 1.0,
    "bump up": 1.0,
    "extra bit of": 0.7,
    "less": -0.8,
    "lose": -1.0,
    "minus": -1.0,
    "more": 1.0,
    "most": 1.3,
    "plus": 1.0,
    "reduce": -1.0,
    "reduced": -1.0,
    "remove": -1.2,
    "tame": -0.8,
    "tone down": -0.8,
    "weak": -0.7,
    "weaker": -0.8,
}
"""More or less of something; less of a dark thing is brighter."""

LEVELS: dict[str, float] = {
    "boost": 1.1,
    "boosted": 1.1,
    "cut": -1.0,
    "decrease": -1.0,
    "decreased": -1.0,
    "down": -1.0,
    "drop": -1.0,
    "dropped": -1.0,
    "high": 1.2,
    "higher": 1.0,
    "increase": 1.0,
    "increased": 1.0,
    "lift": 1.0,
    "low": -1.2,
    "lower": -1.0,
    "lowered": -1.0,
    "pull down": -1.0,
    "push": 1.0,
    "raise": 1.0,
    "raised": 1.0,
    "turn down": -1.0,
    "turn up": 1.0,
    "up": 1.0,
}
"""Up or down with a noun: a level, brighter or darker for a zone."""

NEGATIONS: dict[str, float] = {
    "avoid": -0.8,
    "don t": -0.8,
    "never": -0.8,
    "no": -0.8,
    "not": -0.8,
    "not so": 0.4,
    "not that": 0.4,
    "not too": 0.5,
    "not very": 0.4,
    "without": -0.8,
}
"""The other way; "not too" and "not very" mean a little."""

IMPOSSIBLE: tuple[str, ...] = (
    "add object",
    "background",
    "bloom",
    "blur",
    "blurry",
    "bokeh",
    "clarity",
    "crop",
    "dehaze",
    "denoise",
    "depth of field",
    "erase",
    "eyes",
    "face",
    "faces",
    "fog",
    "glow",
    "grain",
    "grainy",
    "hair",
    "halation",
    "halo",
    "hdr",
    "lens flare",
    "letterbox",
    "light leak",
    "light leaks",
    "noise",
    "painting",
    "people",
    "person",
    "rain",
    "relight",
    "replace",
    "scratches",
    "sharp",
    "sharpen",
    "sharper",
    "sharpness",
    "skin",
    "sky",
    "smoke",
    "snow",
    "texture",
    "tilt shift",
    "vignette",
    "vignetting",
)
"""Known, but more than a change of colour: reported as not possible here."""

BOUNDARIES: tuple[str, ...] = (
    "aesthetic",
    "atmosphere",
    "but",
    "effect",
    "feel",
    "feeling",
    "grade",
    "grading",
    "image",
    "look",
    "looks",
    "mood",
    "photo",
    "photograph",
    "picture",
    "style",
    "then",
    "vibe",
    "vibes",
    "with",
)
"""Words without a meaning of their own that end a thought."""

FILLERS: tuple[str, ...] = (
    "a",
    "an",
    "and",
    "apply",
    "are",
    "as",
    "at",
    "be",
    "bring",
    "cast",
    "colored",
    "coloured",
    "for",
    "from",
    "get",
    "give",
    "graded",
    "have",
    "hue",
    "hues",
    "i",
    "in",
    "into",
    "is",
    "it",
    "its",
    "keep",
    "kind",
    "let",
    "like",
    "make",
    "me",
    "my",
    "of",
    "on",
    "overall",
    "please",
    "s",
    "should",
    "so",
    "some",
    "that",
    "the",
    "this",
    "tint",
    "tinted",
    "tints",
    "to",
    "tonality",
    "tone",
    "toned",
    "tones",
    "toward",
    "towards",
    "turn",
    "want",
)
"""Words that are passed over."""
