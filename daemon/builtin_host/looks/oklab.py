"""sRGB, linear light and OKLab, and how much chroma sRGB can show.

Source: B. Ottosson, "A perceptual color space for image processing" (2020); IEC 61966-2-1.
"""

from __future__ import annotations

import functools
from typing import Any

import numpy as np
import numpy.typing as npt

Pixels = npt.NDArray[np.floating[Any]]
"""Colours or single values of any shape; float32 throughout."""

_RGB_TO_LMS = np.array(
    [
        [0.4122214708, 0.5363325363, 0.0514459929],
        [0.2119034982, 0.6806995451, 0.1073969566],
        [0.0883024619, 0.2817188376, 0.6299787005],
    ],
    np.float32,
)
_LMS_TO_LAB = np.array(
    [
        [0.2104542553, 0.7936177850, -0.0040720468],
        [1.9779984951, -2.4285922050, 0.4505937099],
        [0.0259040371, 0.7827717662, -0.8086757660],
    ],
    np.float32,
)
_LMS_TO_RGB = np.linalg.inv(_RGB_TO_LMS.astype(np.float64)).astype(np.float32)
_LAB_TO_LMS = np.linalg.inv(_LMS_TO_LAB.astype(np.float64)).astype(np.float32)

_HUES = 180
_LEVELS = 96
_MAX_CHROMA = 0.4


def decode_srgb(encoded: Pixels) -> Pixels:
    """sRGB-encoded 0..1 to linear light."""
    low = encoded / np.float32(12.92)
    high = ((np.maximum(encoded, 0) + np.float32(0.055)) / np.float32(1.055)) ** np.float32(2.4)
    return np.where(encoded <= np.float32(0.04045), low, high)


def encode_srgb(linear: Pixels) -> Pixels:
    """Linear light to sRGB-encoded."""
    low = linear * np.float32(12.92)
    positive = np.maximum(linear, np.float32(1e-9))
    high = np.float32(1.055) * positive ** np.float32(1 / 2.4) - np.float32(0.055)
    return np.where(linear <= np.float32(0.0031308), low, high)


def linear_to_oklab(linear: Pixels) -> Pixels:
    """Linear sRGB (..., 3) to OKLab (..., 3)."""
    return np.cbrt(linear @ _RGB_TO_LMS.T) @ _LMS_TO_LAB.T


def oklab_to_linear(lab: Pixels) -> Pixels:
    """OKLab (..., 3) to linear sRGB (..., 3), which may leave 0..1."""
    roots = lab @ _LAB_TO_LMS.T
    return (roots * roots * roots) @ _LMS_TO_RGB.T


def max_chroma(lightness: Pixels, a: Pixels, b: Pixels) -> Pixels:
    """Largest OKLab chroma inside sRGB at a lightness and hue, from a table."""
    table = _gamut_table()
    hue = (np.arctan2(b, a) / np.float32(2 * np.pi) % 1) * np.float32(_HUES)
    level = np.clip(lightness, 0, 1) * np.float32(_LEVELS)
    column, row = hue.astype(np.int32), np.minimum(level.astype(np.int32), _LEVELS - 1)
    x, y = hue - column, level - row
    column, beside = column % _HUES, (column + 1) % _HUES
    lower = table[row, column] * (1 - x) + table[row, beside] * x
    upper = table[row + 1, column] * (1 - x) + table[row + 1, beside] * x
    return lower * (1 - y) + upper * y


@functools.cache
def _gamut_table() -> Pixels:
    """Shape (_LEVELS + 1, _HUES): chroma of the sRGB boundary by bisection."""
    lightness = np.linspace(0, 1, _LEVELS + 1, dtype=np.float32)[:, None]
    angle = np.linspace(0, 2 * np.pi, _HUES, endpoint=False, dtype=np.float32)[None, :]
    low = np.zeros((_LEVELS + 1, _HUES), np.float32)
    high = np.full_like(low, _MAX_CHROMA)
    level = np.broadcast_to(lightness, low.shape)
    for _ in range(20):
        middle = (low + high) / 2
        lab = np.stack([level, middle * np.cos(angle), middle * np.sin(angle)], -1)
        linear = oklab_to_linear(lab)
        inside = ((linear >= -1e-4) & (linear <= 1 + 1e-4)).all(-1)
        low, high = np.where(inside, middle, low), np.where(inside, high, middle)
    return low
