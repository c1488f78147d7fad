"""Gaussian noise of a seed, number for number as PyTorch's CPU generator gives it.

PyTorch draws from a 32-bit Mersenne Twister. From 16 numbers on, it fills all of them with uniform
24-bit fractions and turns every 16 into normal ones by the Box-Muller transform, the first eight
of them with the last eight; a rest of fewer than 16 is drawn anew with the last 16. Fewer than
16 in all are drawn one by one in double precision.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import numpy.typing as npt

_BLOCK = 16
_HALF = _BLOCK // 2
_PIECE = 1 << 20
_FRACTION_BITS = 24

Floats = npt.NDArray[np.float32]


def standard_normal(seed: int, count: int, checkpoint: Callable[[], None]) -> Floats:
    """*count* normally distributed numbers.

    Args:
        seed: Only its lowest 32 bits count.
        count: How many.
        checkpoint: Called between pieces of work; raises to stop.

    Returns:
        Shape (count,), float32.
    """
    if count < _BLOCK:
        return _one_by_one(seed, count)
    source = np.random.MT19937()
    source._legacy_seeding(seed & 0xFFFFFFFF)  # the twister's own, seeded by one number
    out = np.empty(count, np.float32)
    whole = out.size - out.size % _BLOCK
    for start in range(0, out.size, _PIECE):
        checkpoint()
        stop = min(start + _PIECE, out.size)
        out[start:stop] = _uniform(source, stop - start)
    for start in range(0, whole, _PIECE):
        checkpoint()
        _to_normal(out[start : min(start + _PIECE, whole)])
    if whole != out.size:
        out[-_BLOCK:] = _uniform(source, _BLOCK)
        _to_normal(out[-_BLOCK:])
    return out


def _one_by_one(seed: int, count: int) -> Floats:
    source = np.random.MT19937()
    source._legacy_seeding(seed & 0xFFFFFFFF)  # as above
    out: list[float] = []
    while len(out) < count:
        first, second = (_fraction(*source.random_raw(2).tolist()) for _ in range(2))
        radius = math.sqrt(-2 * math.log1p(-second))
        angle = 2 * math.pi * first
        out += [radius * math.cos(angle), radius * math.sin(angle)]
    return np.array(out[:count], np.float32)


def _fraction(high: int, low: int) -> float:
    """Uniform in [0, 1) from the lowest 53 of 64 bits."""
    return ((high << 32 | low) & ((1 << 53) - 1)) * 2.0**-53


def _uniform(source: np.random.MT19937, count: int) -> Floats:
    raw = source.random_raw(count) & np.uint64((1 << _FRACTION_BITS) - 1)
    return raw.astype(np.float32) * np.float32(2.0**-_FRACTION_BITS)


def _to_normal(values: Floats) -> None:
    """Turn uniform numbers in [0, 1) into normal ones in place, 16 at a time."""
    blocks = values.reshape(-1, _BLOCK)
    radius = np.sqrt(np.float32(-2) * np.log(1 - blocks[:, :_HALF]))
    angle = np.float32(2 * np.pi) * blocks[:, _HALF:]
    blocks[:, :_HALF] = radius * np.cos(angle)
    blocks[:, _HALF:] = radius * np.sin(angle)
