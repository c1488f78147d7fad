"""Small neighbourhood filters that the fit and the registration share."""

from __future__ import annotations

import numpy as np

from daemon.imaging.lattice import FloatArray

_LUMA = np.array([0.30, 0.59, 0.11], dtype=np.float32)

_STRIP_BYTES = 256 * 1024
"""What is worked on at a time: it stays in the cache."""


def luma(image: FloatArray) -> FloatArray:
    """Brightness of encoded RGB: shape (..., 3) to (...)."""
    return image @ _LUMA


def box_mean(image: FloatArray, size_px: int) -> FloatArray:
    """Mean over a square window; shape (H, W) or (H, W, C), float32.

    Beyond the border its pixels are repeated; an even window reaches one pixel farther back.
    """
    before, after = size_px // 2, (size_px - 1) // 2
    height = image.shape[0]
    result = np.empty_like(image)
    strip = max(_STRIP_BYTES // max(image[:1].nbytes, 1), 4 * size_px)
    for top in range(0, height, strip):
        bottom = min(top + strip, height)
        missing = (max(before - top, 0), max(bottom + after - height, 0))
        part = image[max(top - before, 0) : bottom + after]
        part = np.pad(part, [missing, (before, after)] + [(0, 0)] * (image.ndim - 2), mode="edge")
        down = np.empty((bottom - top, *part.shape[1:]), np.float32)
        _sum_windows(part, size_px, down)
        target = result[top:bottom]
        _sum_windows(down.swapaxes(0, 1), size_px, target.swapaxes(0, 1))
        target *= np.float32(1 / size_px**2)
    return result


def _sum_windows(values: FloatArray, size: int, sums: FloatArray) -> None:
    """Write the sums of *size* neighbours along the first axis: doubling takes few additions."""
    count = len(sums)
    sums[...] = 0
    width, done = 1, 0
    while done < size:
        if size & width:
            sums += values[done : done + count]
            done += width
        if done < size:
            values = np.add(values[:-width], values[width:])
            width *= 2


def gradient(image: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Slope along rows and columns, per pixel, smoothed across; shape (H, W) each."""
    wide = np.pad(image, 1, mode="edge")
    along, across = np.subtract(wide[2:], wide[:-2]), np.subtract(wide[:, 2:], wide[:, :-2])
    down = np.add(along[:, :-2], along[:, 2:])
    right = np.add(across[:-2], across[2:])
    for total, middle in ((down, along[:, 1:-1]), (right, across[1:-1])):
        total += middle
        total += middle
        total *= np.float32(1 / 8)
    return down, right


def gradient_magnitude(image: FloatArray) -> FloatArray:
    """Steepness per pixel; shape (H, W)."""
    down, right = gradient(image)
    return np.sqrt(down * down + right * right)
