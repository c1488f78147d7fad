"""Photos brought to the size at which grades are learnt."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from daemon.decode.model import Pixels
from daemon.imaging.area import downscale
from daemon.imaging.lattice import FloatArray

SRGB = "srgb"
_CLIP_TOLERANCE = 0.5 / 255


def resize(pixels: Pixels, width: int, height: int) -> FloatArray:
    """Bring *pixels* to a size: averaged down, or repeated first where the photo is tiny.

    Returns:
        Shape (height, width, C), float32 0..1.
    """
    factor = max(-(-width // pixels.shape[1]), -(-height // pixels.shape[0]))
    if factor > 1:
        pixels = pixels.repeat(factor, axis=0).repeat(factor, axis=1)
    return downscale(pixels, width, height)


def clips(srgb: FloatArray) -> NDArray[np.bool_]:
    """Whether a colour lies outside sRGB: shape (H, W) of (H, W, 3)."""
    beyond = (srgb < -_CLIP_TOLERANCE) | (srgb > 1 + _CLIP_TOLERANCE)
    return np.logical_or.reduce(beyond, axis=2)
