"""What grades are made of: light and its encoding, luma, saturation, curves, hue."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import PchipInterpolator

Colors = NDArray[np.floating[Any]]
"""Encoded sRGB, shape (N, 3), 0..1."""

_LUMA = np.array([0.2126, 0.7152, 0.0722])


def to_light(colors: Colors) -> Colors:
    """From encoded sRGB to linear light (IEC 61966-2-1)."""
    return np.where(
        colors <= 0.04045, colors / 12.92, ((np.maximum(colors, 0) + 0.055) / 1.055) ** 2.4
    )


def to_code(light: Colors) -> Colors:
    """From linear light to encoded sRGB."""
    bright = 1.055 * np.maximum(light, 1e-12) ** (1 / 2.4) - 0.055
    return np.where(light <= 0.0031308, light * 12.92, bright)


def luma(colors: Colors) -> Colors:
    """Luma by the weights of Rec. 709, shape (N, 1)."""
    return (colors @ _LUMA)[:, None]


def saturate(colors: Colors, amount: float) -> Colors:
    """Distance from gray times *amount*."""
    gray = luma(colors)
    return gray + amount * (colors - gray)


def curve(values: Colors, points: Sequence[tuple[float, float]]) -> Colors:
    """A smooth curve through *points* that overshoots nowhere (PCHIP), any shape."""
    before, after = zip(*points, strict=True)
    return PchipInterpolator(before, after)(np.clip(values, 0, 1))


def step(values: Colors, low: float, high: float) -> Colors:
    """Rise from 0 at *low* to 1 at *high*, without a kink."""
    share = np.clip((values - low) / (high - low), 0, 1)
    return share * share * (3 - 2 * share)


def to_hsv(colors: Colors) -> tuple[Colors, Colors, Colors]:
    """Hue in degrees, saturation and value, each of shape (N,)."""
    colors = np.clip(colors, 0, 1)
    high, low = colors.max(axis=1), colors.min(axis=1)
    spread = high - low
    safe = np.where(spread > 1e-9, spread, 1)
    red, green, blue = colors.T
    hue = np.select(
        [spread <= 1e-9, high == red, high == green],
        [0, (green - blue) / safe % 6, (blue - red) / safe + 2],
        (red - green) / safe + 4,
    )
    return hue * 60, spread / np.maximum(high, 1e-9), high


def from_hsv(hue: Colors, saturation: Colors, value: Colors) -> Colors:
    """Back from :func:`to_hsv`; the hue may run beyond a turn."""
    saturation = np.clip(saturation, 0, 1)
    channels: list[Colors] = []
    for start in (5, 3, 1):
        turn = (start + hue / 60) % 6
        channels.append(value * (1 - saturation * np.clip(np.minimum(turn, 4 - turn), 0, 1)))
    return np.stack(channels, axis=1)


def near_hue(hue: Colors, center: float, width: float) -> Colors:
    """1 at the hue *center*, smoothly 0 from *width* degrees away."""
    distance = np.abs((hue - center + 180) % 360 - 180)
    return 1 - step(distance, 0, width)
