"""Whole looks by name, and adjustments that need no noun, as data."""

from __future__ import annotations

from dataclasses import dataclass

from daemon.builtin_host.looks.parameters import GradeParameters
from daemon.builtin_host.looks.vocabulary import ORANGE, TEAL, toned

G = GradeParameters


@dataclass(frozen=True)
class Look:
    """A named look or a plain adjustment: its grade and what it is called in reports."""

    grade: GradeParameters
    title: str = ""


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
