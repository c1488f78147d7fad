"""Smooth random grades: nobody can have tuned a method to them."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from benchmarks.fidelity.color_tools import Colors, curve

_WAVES = 6
_SWING = 0.035
_MIX = 0.1


def random_grade(seed: int) -> Callable[[Colors], Colors]:
    """A channel mix, a rising curve per channel and a few slow waves through the colour cube.

    Args:
        seed: The same seed gives the same grade on every machine.

    Returns:
        From encoded sRGB, shape (N, 3), to the same, not clipped.
    """
    rng = np.random.default_rng([2024, seed])
    matrix = np.eye(3) + rng.uniform(-_MIX, _MIX, (3, 3))
    matrix /= matrix.sum(axis=1, keepdims=True)
    places = np.linspace(0, 1, 5)
    levels = np.cumsum(rng.uniform(0.4, 1.6, (3, 5)), axis=1)
    levels = (levels - levels[:, :1]) / (levels[:, -1:] - levels[:, :1])
    ends = rng.uniform((0.0, 0.88), (0.08, 1.0), (3, 2))
    points = ends[:, :1] + (ends[:, 1:] - ends[:, :1]) * levels
    frequency = rng.uniform(-0.9, 0.9, (_WAVES, 3))
    phase = rng.uniform(0, 2 * np.pi, _WAVES)
    amplitude = rng.normal(0, _SWING / np.sqrt(_WAVES / 2), (_WAVES, 3))

    def change(colors: Colors) -> Colors:
        mixed = np.clip(colors @ matrix.T, 0, 1)
        toned = [curve(mixed[:, i], list(zip(places, points[i], strict=True))) for i in range(3)]
        waves = np.sin(2 * np.pi * colors @ frequency.T + phase) @ amplitude
        return np.stack(toned, axis=1) + waves

    return change
