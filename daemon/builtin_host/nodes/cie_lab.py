"""sRGB to CIE L*a*b* (D65) and back, with the constants that kornia documents.

They are rounded a little otherwise than the standard's, so results agree with the real server's.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from daemon.builtin_host.values import Image

Wide = npt.NDArray[np.float64]

_TO_XYZ = np.array(
    [
        [0.412453, 0.357580, 0.180423],
        [0.212671, 0.715160, 0.072169],
        [0.019334, 0.119193, 0.950227],
    ]
)
_TO_RGB = np.linalg.inv(_TO_XYZ)
_WHITE = np.array([0.95047, 1.0, 1.08883])
_CUBE_FROM = 0.008856
_CUBE_ROOT_FROM = 0.2068966
_SLOPE = 7.787
_OFFSET = 4.0 / 29.0


def to_lab(image: Image) -> Wide:
    """L* in 0..100, a*, b* of sRGB-encoded pixels, shape (..., 3)."""
    encoded = image.astype(np.float64)
    linear = np.where(
        encoded > 0.04045, ((np.maximum(encoded, 0) + 0.055) / 1.055) ** 2.4, encoded / 12.92
    )
    scaled = linear @ _TO_XYZ.T / _WHITE
    bent = np.where(
        scaled > _CUBE_FROM, np.cbrt(np.maximum(scaled, _CUBE_FROM)), _SLOPE * scaled + _OFFSET
    )
    x, y, z = np.moveaxis(bent, -1, 0)
    return np.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], axis=-1)


def from_lab(lab: Wide) -> Wide:
    """sRGB-encoded pixels, clipped to 0..1."""
    lightness, a, b = np.moveaxis(lab, -1, 0)
    y = (lightness + 16) / 116
    bent = np.stack([a / 500 + y, y, np.maximum(y - b / 200, 0)], axis=-1)
    scaled = np.where(bent > _CUBE_ROOT_FROM, bent**3, (bent - _OFFSET) / _SLOPE)
    linear = (scaled * _WHITE) @ _TO_RGB.T
    encoded = np.where(
        linear > 0.0031308,
        1.055 * np.maximum(linear, 0.0031308) ** (1 / 2.4) - 0.055,
        12.92 * linear,
    )
    return np.clip(encoded, 0, 1)
