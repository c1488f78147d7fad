"""Grades with hard edges in the colour cube, which a lattice of 33 nodes can only round off."""

from __future__ import annotations

import numpy as np

from benchmarks.fidelity.color_tools import Colors, from_hsv, luma, saturate, to_hsv
from benchmarks.fidelity.grades import Grade


def _posterize(colors: Colors) -> Colors:
    return np.floor(np.clip(colors, 0, 1) * 5.999) / 5


def _only_red(colors: Colors) -> Colors:
    hue, saturation, _ = to_hsv(colors)
    kept = ((hue < 25) | (hue > 335)) & (saturation > 0.25)
    return np.where(kept[:, None], colors, luma(colors))


def _solarize(colors: Colors) -> Colors:
    return np.where(colors > 0.5, 1 - colors, colors) * 1.8


def _replace_greens(colors: Colors) -> Colors:
    hue, saturation, value = to_hsv(colors)
    return from_hsv(np.where((hue > 60) & (hue < 180), hue - 50, hue), saturation, value)


def _tint_below(colors: Colors) -> Colors:
    dark = luma(colors) < 0.35
    return np.where(dark, colors * [0.6, 0.8, 1.1], colors * [1.1, 1.0, 0.85])


def _crush(colors: Colors) -> Colors:
    return np.where(colors < 0.12, 0, saturate(colors, 1.15))


HARD: tuple[Grade, ...] = (
    Grade("posterize", _posterize),
    Grade("only red", _only_red),
    Grade("solarize", _solarize),
    Grade("replaced greens", _replace_greens),
    Grade("tinted shadows, hard", _tint_below),
    Grade("crushed blacks", _crush),
)
