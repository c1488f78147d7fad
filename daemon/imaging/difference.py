"""How different two colours look: sRGB to CIE L*a*b*, and CIEDE2000."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

FloatImage = NDArray[np.floating[Any]]

_SRGB_TO_XYZ = np.array(
    [
        [0.4124564, 0.3575761, 0.1804375],
        [0.2126729, 0.7151522, 0.0721750],
        [0.0193339, 0.1191920, 0.9503041],
    ]
)
"""IEC 61966-2-1 primaries, D65."""

_WHITE = _SRGB_TO_XYZ.sum(axis=1)
_POW_25_7 = 25.0**7


def srgb_to_lab(image: NDArray[Any]) -> NDArray[np.float64]:
    """CIE L*a*b* (D65, 2 deg) of encoded sRGB.

    Args:
        image: Shape (..., 3), floating, 0..1; values outside are clipped.

    Returns:
        Same shape, float64; L in [0, 100].
    """
    return unbounded_srgb_to_lab(np.clip(image, 0, 1))


def unbounded_srgb_to_lab(image: NDArray[Any]) -> NDArray[np.float64]:
    """CIE L*a*b* (D65, 2 deg) of encoded sRGB, of colours outside its gamut too.

    Args:
        image: Shape (..., 3), floating; the curve goes on above 1 and, mirrored, below 0.

    Returns:
        Same shape, float64.
    """
    encoded = np.abs(image.astype(np.float64))
    linear = np.where(encoded <= 0.04045, encoded / 12.92, ((encoded + 0.055) / 1.055) ** 2.4)
    ratio = np.copysign(linear, image) @ (_SRGB_TO_XYZ / _WHITE[:, None]).T
    f = np.where(ratio > (6 / 29) ** 3, np.cbrt(ratio), ratio * (29 / 6) ** 2 / 3 + 4 / 29)
    return np.stack(
        [116 * f[..., 1] - 16, 500 * (f[..., 0] - f[..., 1]), 200 * (f[..., 1] - f[..., 2])],
        axis=-1,
    )


def delta_e_2000(first: FloatImage, second: FloatImage) -> NDArray[np.float64]:
    """Colour difference CIEDE2000 (kL = kC = kH = 1).

    Args:
        first: CIE L*a*b* (D65, 2 deg), shape (..., 3); L in [0, 100].
        second: Same layout as *first*.

    Returns:
        Shape (...), float64, >= 0, unitless.

    Raises:
        ValueError: shapes differ or the last axis is not 3.
    Source: Sharma, Wu, Dalal 2005, eq. 2-22; tested on its data table.
    """
    if first.shape != second.shape or first.shape[-1] != 3:
        raise ValueError(f"shapes {first.shape} and {second.shape} are not two equal (..., 3)")
    light1, chroma1, hue1, light2, chroma2, hue2 = _primed(
        first.astype(np.float64), second.astype(np.float64)
    )
    colored = chroma1 * chroma2 != 0
    turn = hue2 - hue1
    turn = np.where(turn > 180, turn - 360, np.where(turn < -180, turn + 360, turn))
    turn = np.where(colored, turn, 0)
    hue_delta = 2 * np.sqrt(chroma1 * chroma2) * np.sin(np.radians(turn) / 2)

    light = (light1 + light2) / 2
    chroma = (chroma1 + chroma2) / 2
    hue_sum = hue1 + hue2
    far = np.abs(hue1 - hue2) > 180
    hue = np.where(far, np.where(hue_sum < 360, hue_sum + 360, hue_sum - 360), hue_sum) / 2
    hue = np.where(colored, hue, hue_sum)

    offset = (light - 50) ** 2
    scale_light = 1 + 0.015 * offset / np.sqrt(20 + offset)
    scale_chroma = 1 + 0.045 * chroma
    scale_hue = 1 + 0.015 * chroma * _hue_weight(hue)
    by_light = (light2 - light1) / scale_light
    by_chroma = (chroma2 - chroma1) / scale_chroma
    by_hue = hue_delta / scale_hue
    total = by_light**2 + by_chroma**2 + by_hue**2 + _rotation(chroma, hue) * by_chroma * by_hue
    return np.sqrt(np.maximum(total, 0))


def _primed(
    first: NDArray[np.float64], second: NDArray[np.float64]
) -> tuple[NDArray[np.float64], ...]:
    """Lightness, chroma and hue (degrees, 0..360) of both after the stretch of a*."""
    chroma = (np.hypot(first[..., 1], first[..., 2]) + np.hypot(second[..., 1], second[..., 2])) / 2
    stretch = 1.5 - 0.5 * np.sqrt(chroma**7 / (chroma**7 + _POW_25_7))
    parts: list[NDArray[Any]] = []
    for lab in (first, second):
        a = stretch * lab[..., 1]
        hue = np.degrees(np.arctan2(lab[..., 2], a)) % 360
        parts += [lab[..., 0], np.hypot(a, lab[..., 2]), hue]
    return tuple(parts)


def _hue_weight(hue: NDArray[np.float64]) -> NDArray[np.float64]:
    return (
        1
        - 0.17 * np.cos(np.radians(hue - 30))
        + 0.24 * np.cos(np.radians(2 * hue))
        + 0.32 * np.cos(np.radians(3 * hue + 6))
        - 0.20 * np.cos(np.radians(4 * hue - 63))
    )


def _rotation(chroma: NDArray[np.float64], hue: NDArray[np.float64]) -> NDArray[np.float64]:
    angle = 30 * np.exp(-(((hue - 275) / 25) ** 2))
    return -2 * np.sqrt(chroma**7 / (chroma**7 + _POW_25_7)) * np.sin(np.radians(2 * angle))
