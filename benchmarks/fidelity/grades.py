"""Global grades with a known truth: a colour's result depends on the colour alone."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from benchmarks.fidelity.color_tools import (
    Colors,
    curve,
    from_hsv,
    luma,
    near_hue,
    saturate,
    step,
    to_code,
    to_hsv,
    to_light,
)
from benchmarks.fidelity.random_grades import random_grade

Points = Sequence[tuple[float, float]]
Change = Callable[[Colors], Colors]


@dataclass(frozen=True)
class Grade:
    """A grade by name.

    Attributes:
        name: What the tables call it.
        change: From encoded sRGB, shape (N, 3), 0..1, to the same, not clipped.
    """

    name: str
    change: Change

    def __call__(self, colors: Colors) -> Colors:
        """The graded *colors*, shape (N, 3), 0..1."""
        return np.clip(self.change(colors.astype(np.float64)), 0, 1)


def in_light(stops: float, balance: Sequence[float] = (1, 1, 1)) -> Change:
    """Exposure and white balance, where they belong: in linear light."""
    gain = 2.0**stops * np.array(balance)
    return lambda colors: to_code(to_light(colors) * gain)


def by_curve(points: Points, saturation: float = 1.0) -> Change:
    """One tone curve for all channels."""
    return lambda colors: curve(saturate(colors, saturation), points)


def by_curves(red: Points, green: Points, blue: Points) -> Change:
    """A tone curve for each channel."""
    all_points = (red, green, blue)

    def change(colors: Colors) -> Colors:
        return np.stack([curve(colors[:, i], all_points[i]) for i in range(3)], axis=1)

    return change


def split_tone(
    shadows: Sequence[float], lights: Sequence[float], contrast: float = 0.0, chroma: float = 1.0
) -> Change:
    """One tint for the shadows, another for the lights, over an S-curve."""
    points = ((0, 0), (0.25, 0.25 - contrast / 4), (0.75, 0.75 + contrast / 4), (1, 1))

    def change(colors: Colors) -> Colors:
        gray = luma(colors)
        toned = curve(saturate(colors, chroma), points)
        return toned + (1 - gray) ** 2 * np.array(shadows) + gray**2 * np.array(lights)

    return change


def by_matrix(rows: Sequence[Sequence[float]], *, light: bool = True) -> Change:
    """A channel mixer, in linear light or on the encoded values."""
    matrix = np.array(rows).T
    if light:
        return lambda colors: to_code(np.maximum(to_light(colors) @ matrix, 0))
    return lambda colors: colors @ matrix


def monochrome(
    weights: Sequence[float], points: Points, tint: Sequence[float] = (1, 1, 1)
) -> Change:
    """Black and white through a colour filter, toned."""

    def change(colors: Colors) -> Colors:
        gray = curve(np.clip(colors @ np.array(weights), 0, 1), points)
        return gray[:, None] ** (1 / np.array(tint))

    return change


def shift_hues(*moves: tuple[float, float, float, float]) -> Change:
    """Turn some hues and change their saturation: (centre, width, turn, saturation) in degrees."""

    def change(colors: Colors) -> Colors:
        hue, saturation, value = to_hsv(colors)
        turned, factor = hue, np.ones_like(hue)
        for center, width, turn, amount in moves:
            share = near_hue(hue, center, width)
            turned = turned + turn * share
            factor = factor * (1 + (amount - 1) * share)
        return from_hsv(turned, saturation * factor, value)

    return change


def rotate_hue(degrees: float, chroma: float = 1.0) -> Change:
    """Turn every hue alike, around the gray axis of YIQ."""
    to_yiq = np.array([[0.299, 0.587, 0.114], [0.596, -0.274, -0.322], [0.211, -0.523, 0.312]])
    cosine, sine = np.cos(np.radians(degrees)) * chroma, np.sin(np.radians(degrees)) * chroma
    turn = np.array([[1, 0, 0], [0, cosine, -sine], [0, sine, cosine]])
    return by_matrix((np.linalg.inv(to_yiq) @ turn @ to_yiq).tolist(), light=False)


def bleach(share: float) -> Change:
    """Bleach bypass: a silver picture, overlaid on the colours."""

    def change(colors: Colors) -> Colors:
        gray = np.repeat(luma(colors), 3, axis=1)
        low, high = 2 * colors * gray, 1 - 2 * (1 - colors) * (1 - gray)
        overlaid = low + (high - low) * step(gray, 0.3, 0.7)
        return colors + share * (saturate(overlaid, 0.6) - colors)

    return change


def film(gain: float, tint: float) -> Change:
    """A filmic shoulder and toe (Narkowicz's fit of ACES) with a warm or cool base."""

    def change(colors: Colors) -> Colors:
        x = to_light(colors) * gain
        shown = x * (2.51 * x + 0.03) / (x * (2.43 * x + 0.59) + 0.14)
        return saturate(to_code(np.clip(shown, 0, 1)), 1.05) + np.array([tint, 0, -tint])

    return change


def gradient_map(share: float, stops: Sequence[Sequence[float]]) -> Change:
    """Blend in a colour ramp that is walked by luma."""
    places = np.linspace(0, 1, len(stops))

    def change(colors: Colors) -> Colors:
        gray = luma(colors)[:, 0]
        ramp = [
            curve(gray, list(zip(places, column, strict=True)))
            for column in zip(*stops, strict=True)
        ]
        return colors + share * (np.stack(ramp, axis=1) - colors)

    return change


def vibrance(amount: float) -> Change:
    """More colour where there is little."""

    def change(colors: Colors) -> Colors:
        hue, saturation, value = to_hsv(colors)
        return from_hsv(hue, saturation + amount * saturation * (1 - saturation), value)

    return change


_SOFT_S = ((0, 0), (0.25, 0.2), (0.75, 0.81), (1, 1))
_NIGHT = in_light(-1.5, (0.75, 0.9, 1.35))

GLOBAL: tuple[Grade, ...] = (
    Grade("brighter", in_light(0.6)),
    Grade("darker", in_light(-0.9)),
    Grade("warm", in_light(0.0, (1.15, 1.0, 0.8))),
    Grade("cool", in_light(0.0, (0.84, 1.0, 1.2))),
    Grade("tungsten", in_light(0.25, (1.35, 1.0, 0.6))),
    Grade("green tint", in_light(0.0, (0.93, 1.08, 0.92))),
    Grade("magenta tint", in_light(-0.1, (1.08, 0.88, 1.1))),
    Grade("soft contrast", by_curve(_SOFT_S)),
    Grade("hard contrast", by_curve(((0, 0), (0.2, 0.08), (0.5, 0.5), (0.8, 0.92), (1, 1)), 1.1)),
    Grade("clipped contrast", lambda colors: 0.5 + (colors - 0.5) * 1.5),
    Grade("gamma up", lambda colors: colors**0.72),
    Grade("gamma down", lambda colors: colors**1.4),
    Grade("faded", by_curve(((0, 0.09), (0.3, 0.33), (0.7, 0.72), (1, 0.93)), 0.75)),
    Grade("matte", by_curve(((0, 0.14), (0.2, 0.2), (0.6, 0.62), (1, 0.97)), 0.9)),
    Grade("high key", by_curve(((0, 0.06), (0.2, 0.36), (0.6, 0.85), (1, 1)))),
    Grade("low key", by_curve(((0, 0), (0.4, 0.2), (0.8, 0.62), (1, 0.95)))),
    Grade("teal and orange", split_tone((-0.08, 0.02, 0.08), (0.07, 0.01, -0.08), 0.25, 1.1)),
    Grade("gold and blue", split_tone((-0.02, 0.0, 0.1), (0.08, 0.04, -0.08))),
    Grade("purple and green", split_tone((0.05, -0.03, 0.07), (-0.02, 0.04, -0.02), 0.1, 0.9)),
    Grade(
        "cross process",
        by_curves(
            ((0, 0), (0.25, 0.15), (0.75, 0.88), (1, 1)),
            ((0, 0.02), (0.3, 0.25), (0.7, 0.78), (1, 1)),
            ((0, 0.18), (0.5, 0.5), (1, 0.82)),
        ),
    ),
    Grade(
        "old slide",
        by_curves(
            ((0, 0.08), (0.5, 0.58), (1, 0.98)),
            ((0, 0.04), (0.5, 0.5), (1, 0.92)),
            ((0, 0.12), (0.4, 0.38), (1, 0.78)),
        ),
    ),
    Grade("bleach bypass", bleach(0.85)),
    Grade("half bleach", bleach(0.45)),
    Grade("black and white", monochrome((0.5, 0.4, 0.1), _SOFT_S)),
    Grade("red filter", monochrome((1.1, 0.1, -0.2), ((0, 0), (0.5, 0.42), (1, 1)))),
    Grade("sepia", monochrome((0.3, 0.6, 0.1), ((0, 0.04), (1, 0.97)), (1.35, 1.05, 0.75))),
    Grade(
        "cyanotype", gradient_map(0.9, ((0.02, 0.06, 0.2), (0.2, 0.42, 0.62), (0.95, 0.98, 0.96)))
    ),
    Grade(
        "sunset map", gradient_map(0.45, ((0.1, 0.02, 0.2), (0.75, 0.3, 0.25), (1.0, 0.92, 0.6)))
    ),
    Grade("day for night", lambda colors: saturate(_NIGHT(colors), 0.7) + np.array([0, 0, 0.02])),
    Grade("film print", film(1.6, 0.012)),
    Grade("cool film", film(1.1, -0.02)),
    Grade("channel mix", by_matrix(((0.85, 0.12, 0.03), (0.12, 0.8, 0.08), (0.02, 0.15, 0.83)))),
    Grade("two strip", by_matrix(((1.0, 0, 0), (0, 0.6, 0.4), (0, 0.45, 0.55)), light=False)),
    Grade("hue turned 15", rotate_hue(15)),
    Grade("hue turned back 25", rotate_hue(-25, 0.9)),
    Grade("muted", lambda colors: saturate(colors, 0.45)),
    Grade("vivid", lambda colors: saturate(colors, 1.35)),
    Grade("vibrance", vibrance(0.6)),
    Grade("autumn greens", shift_hues((100, 70, -50, 1.2))),
    Grade("teal skies", shift_hues((220, 60, -22, 1.15), (30, 40, 6, 1.1))),
    *(Grade(f"random {seed}", random_grade(seed)) for seed in range(1, 7)),
)
"""Smooth grades that one LUT can hold."""
