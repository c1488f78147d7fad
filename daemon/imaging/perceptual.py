"""What tells photos that look alike: a hash of their coarse structure, and how sharp they are."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

FloatMap = NDArray[np.float32]

_SIDE = 32
_KEPT = 11
_BITS = 64


def perceptual_hash(luma: FloatMap) -> int:
    """64 bits that stay nearly the same when a photo is scaled, compressed or brightened.

    The signs, against their median, of the 64 lowest frequencies of the photo squeezed to 32 x 32
    pixels, the mean left out, in zigzag order.

    Args:
        luma: Shape (H, W), any range; upright.

    Returns:
        0 .. 2**64 - 1; unrelated photos differ in about 32 bits, versions of one in a few.

    Source: Zauner 2010, "Implementation and Benchmarking of Perceptual Image Hash Functions", 3.2.
    """
    waves = _cosines()
    spectrum = waves @ _squeezed(luma) @ waves.T
    lowest = np.array([spectrum[row, column] for row, column in _zigzag()])
    bits = lowest > np.median(lowest)
    return int.from_bytes(np.packbits(bits).tobytes(), "big")


def sharpness(luma: FloatMap) -> float:
    """How much of a photo's contrast is fine detail: variance of its Laplacian over its variance.

    Args:
        luma: Shape (H, W), any range; at least 3 x 3.

    Returns:
        0 (even, or without any detail) and up, unitless; to compare photos of one scene, decoded
        at one size.

    Source: Pech-Pacheco et al. 2000, "Diatom autofocusing in brightfield microscopy", LAPV;
    divided by the variance, so that a brighter exposure is not a sharper one.
    """
    if min(luma.shape) < 3:
        return 0.0
    inner = luma[1:-1, 1:-1]
    around = luma[:-2, 1:-1] + luma[2:, 1:-1] + luma[1:-1, :-2] + luma[1:-1, 2:]
    contrast = float(np.var(inner))
    return float(np.var(around - 4 * inner)) / contrast if contrast > 1e-6 else 0.0


def _squeezed(luma: FloatMap) -> FloatMap:
    """Return *luma* as 32 x 32 means; a smaller picture's pixels are repeated."""
    for axis in (0, 1):
        length = luma.shape[axis]
        if length < _SIDE:
            luma = np.repeat(luma, -(-_SIDE // length), axis=axis)
            length = luma.shape[axis]
        edges = np.arange(_SIDE) * length // _SIDE
        counts = np.diff(np.append(edges, length)).astype(np.float32)
        sums = np.add.reduceat(luma, edges, axis=axis)
        luma = np.asarray(sums / (counts[:, None] if axis == 0 else counts), dtype=np.float32)
    return luma


def _cosines() -> FloatMap:
    """Return the lowest waves of the discrete cosine transform, type II; shape (11, 32)."""
    frequency = np.arange(_KEPT)[:, None]
    place = np.arange(_SIDE)[None, :]
    angles = np.pi * frequency * (2 * place + 1) / (2 * _SIDE)
    return np.asarray(np.cos(angles), dtype=np.float32)


def _zigzag() -> list[tuple[int, int]]:
    """Return (row, column) of the 64 lowest frequencies without the mean."""
    places = [(row, column) for row in range(_KEPT) for column in range(_KEPT)]
    return sorted(places, key=lambda place: (sum(place), place))[1 : _BITS + 1]
