"""Small neighbourhood filters that the fit and the registration share."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import ndimage

from daemon.imaging.lattice import FloatArray

# scipy carries no types
_gaussian: Any = ndimage.gaussian_filter1d
_uniform: Any = ndimage.uniform_filter1d
_correlate: Any = ndimage.correlate1d

_LUMA = np.array([0.30, 0.59, 0.11], dtype=np.float32)


def luma(image: FloatArray) -> FloatArray:
    """Brightness of encoded RGB: shape (..., 3) to (...)."""
    return image @ _LUMA


def low_pass(image: FloatArray, sigma_px: float) -> FloatArray:
    """Gaussian blur of rows and columns; shape (H, W) or (H, W, C), float32."""
    for axis in (0, 1):
        image = _gaussian(image, sigma_px, axis=axis, mode="nearest", truncate=3.5)
    return image


def box_mean(image: FloatArray, size_px: int) -> FloatArray:
    """Mean over a square window; shape (H, W) or (H, W, C), float32."""
    for axis in (0, 1):
        image = _uniform(image, size_px, axis=axis, mode="nearest")
    return image


def local_variance(image: FloatArray, size_px: int) -> FloatArray:
    """Variance within a square window, summed over the channels; (H, W, C) to (H, W)."""
    mean = box_mean(image, size_px)
    square = box_mean((image * image).sum(axis=2), size_px)
    return np.maximum(square - (mean * mean).sum(axis=2), 0)


def gradient(image: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Slope along rows and columns, per pixel, smoothed across; shape (H, W) each."""
    slopes: list[FloatArray] = []
    for axis in (0, 1):
        slope = _correlate(image, [-0.5, 0, 0.5], axis=axis, mode="nearest")
        slopes.append(_correlate(slope, [0.25, 0.5, 0.25], axis=1 - axis, mode="nearest"))
    return slopes[0], slopes[1]


def gradient_magnitude(image: FloatArray) -> FloatArray:
    """Steepness per pixel; shape (H, W)."""
    down, right = gradient(image)
    return np.hypot(down, right)
