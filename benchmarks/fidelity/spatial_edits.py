"""Edits that no LUT can hold, because they depend on the place, each on top of a global grade."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from benchmarks.fidelity.color_tools import Colors, luma, saturate, step, to_code, to_light
from benchmarks.fidelity.grades import GLOBAL, Change

Places = np.ndarray
"""Shape (N, 2): x to the right and y down, 0..1 over the photo."""


@dataclass(frozen=True)
class SpatialEdit:
    """An edit by name.

    Attributes:
        name: What the tables call it.
        base: The global grade underneath.
        change: From graded colours, shape (N, 3), and their places to colours, not clipped.
    """

    name: str
    base: Change
    change: Callable[[Colors, Places], Colors]

    def __call__(self, colors: Colors, places: Places) -> Colors:
        """The edited *colors*, shape (N, 3), 0..1."""
        return np.clip(self.change(self.base(colors.astype(np.float64)), places), 0, 1)


def _from(places: Places, x: float, y: float, wide: float = 1.0, high: float = 1.0) -> Colors:
    """Distance from a point, in units of *wide* and *high*, shape (N, 1)."""
    return np.hypot((places[:, 0] - x) / wide, (places[:, 1] - y) / high)[:, None]


def _gain(colors: Colors, gain: Colors) -> Colors:
    return to_code(to_light(np.clip(colors, 0, 1)) * gain)


def _vignette(colors: Colors, places: Places) -> Colors:
    return _gain(colors, 1 - 0.72 * step(_from(places, 0.5, 0.5), 0.2, 0.75))


def _graduated_sky(colors: Colors, places: Places) -> Colors:
    top = 1 - step(places[:, 1:], 0.15, 0.6)
    bright = step(luma(colors), 0.2, 0.6)
    return _gain(colors, 1 + top * bright * (np.array([0.42, 0.52, 0.8]) - 1))


def _relight(colors: Colors, places: Places) -> Colors:
    side = step(places[:, :1], 0.0, 1.0)
    return _gain(colors, (0.5 + 1.1 * side) * (1 + side * np.array([0.12, 0.0, -0.12])))


def _subject_pop(colors: Colors, places: Places) -> Colors:
    subject = 1 - step(_from(places, 0.52, 0.55, 0.45, 0.6), 0.45, 1.0)
    lifted = _gain(saturate(colors, 1.2), np.full((1, 1), 1.35))
    around = _gain(saturate(colors, 0.55), np.full((1, 1), 0.6))
    return around + subject * (lifted - around)


def _light_leak(colors: Colors, places: Places) -> Colors:
    leak = 0.75 * (1 - step(_from(places, 1.0, 0.15), 0.0, 0.75)) * np.array([1.0, 0.55, 0.2])
    return 1 - (1 - np.clip(colors, 0, 1)) * (1 - leak)


def _tilted_tint(colors: Colors, places: Places) -> Colors:
    along = step(0.6 * places[:, :1] + 0.4 * places[:, 1:], 0.1, 0.9)
    return colors * (
        np.array([1.18, 0.98, 0.75]) * (1 - along) + np.array([0.75, 0.97, 1.2]) * along
    )


def _dodge_and_burn(colors: Colors, places: Places) -> Colors:
    dodge = 1 - step(_from(places, 0.3, 0.35, 0.35, 0.4), 0.1, 1.0)
    burn = 1 - step(_from(places, 0.75, 0.7, 0.4, 0.35), 0.1, 1.0)
    return _gain(colors, 2.0 ** (0.9 * dodge - 1.1 * burn))


_BASES = {grade.name: grade.change for grade in GLOBAL}

SPATIAL: tuple[SpatialEdit, ...] = (
    SpatialEdit("vignette", _BASES["soft contrast"], _vignette),
    SpatialEdit("graduated sky", _BASES["warm"], _graduated_sky),
    SpatialEdit("relight", _BASES["film print"], _relight),
    SpatialEdit("subject pop", _BASES["cool"], _subject_pop),
    SpatialEdit("light leak", _BASES["faded"], _light_leak),
    SpatialEdit("tilted tint", _BASES["muted"], _tilted_tint),
    SpatialEdit("dodge and burn", _BASES["gold and blue"], _dodge_and_burn),
)
