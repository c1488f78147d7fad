"""Transfer functions of ICC profiles: parsed, evaluated and inverted, also outside 0..1.

A colour outside a space's gamut has values below 0 or above 1. Every curve is continued there
(mirrored through the origin below 0, by its own formula or last slope above 1), so that a round
trip returns what went in and clipping stays visible.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float32]

_MAX_TABLE = 65536


class Curve(Protocol):
    """Encoded value to linear light and back, on arrays of any shape."""

    def decode(self, values: FloatArray) -> FloatArray:
        """Return linear light."""
        ...

    def encode(self, values: FloatArray) -> FloatArray:
        """Return encoded values."""
        ...


@dataclass(frozen=True)
class ParametricCurve:
    """ICC parametric curve: ``(a x + b)^g + e`` from *d* on, ``c x + f`` below."""

    g: float
    a: float = 1.0
    b: float = 0.0
    c: float = 0.0
    d: float = 0.0
    e: float = 0.0
    f: float = 0.0

    def decode(self, values: FloatArray) -> FloatArray:
        """Return linear light."""
        size = np.abs(values)
        upper = np.power(np.maximum(self.a * size + self.b, 0), self.g) + self.e
        linear = np.where(size >= self.d, upper, self.c * size + self.f) if self.d > 0 else upper
        return np.copysign(linear, values).astype(np.float32, copy=False)

    def encode(self, values: FloatArray) -> FloatArray:
        """Return encoded values."""
        size = np.abs(values)
        upper = (np.power(np.maximum(size - self.e, 0), 1.0 / self.g) - self.b) / self.a
        if self.d > 0 and self.c > 0:
            joint = self.c * self.d + self.f
            upper = np.where(size >= joint, upper, (size - self.f) / self.c)
        return np.copysign(upper, values).astype(np.float32, copy=False)


@dataclass(frozen=True)
class TableCurve:
    """Samples at even distances over 0..1, rising."""

    samples: NDArray[np.float64]

    def decode(self, values: FloatArray) -> FloatArray:
        """Return linear light."""
        positions = np.linspace(0.0, 1.0, len(self.samples))
        return _interpolate(values, positions, self.samples)

    def encode(self, values: FloatArray) -> FloatArray:
        """Return encoded values."""
        positions = np.linspace(0.0, 1.0, len(self.samples))
        rising = np.concatenate([[True], np.diff(self.samples) > 0])
        return _interpolate(values, self.samples[rising], positions[rising])


def parse_curve(data: bytes) -> Curve | None:
    """Return a ``curv`` or ``para`` tag as a curve; ``None`` when it is none we can invert."""
    if data[:4] == b"para" and len(data) >= 16:
        return _parse_parametric(data)
    if data[:4] != b"curv" or len(data) < 12:
        return None
    (count,) = struct.unpack_from(">I", data, 8)
    if count == 0:
        return ParametricCurve(1.0)
    if len(data) < 12 + 2 * count or count > _MAX_TABLE:
        return None
    values = np.frombuffer(data, ">u2", count, 12)
    if count == 1:
        return ParametricCurve(float(values[0]) / 256) if values[0] else None
    samples = values.astype(np.float64) / 65535
    if samples[0] < 0 or samples[-1] <= samples[0] or bool((np.diff(samples) < 0).any()):
        return None
    return TableCurve(samples)


def pure_gamma(gamma: float) -> bytes:
    """Return a ``curv`` tag of one power, rounded to 1/256."""
    return b"curv\0\0\0\0" + struct.pack(">IH", 1, round(gamma * 256))


def srgb_curve() -> bytes:
    """Return sRGB's transfer function as a ``para`` tag (IEC 61966-2-1)."""
    values = (2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045)
    return b"para\0\0\0\0\0\x03\0\0" + struct.pack(">5i", *(round(v * 65536) for v in values))


def _parse_parametric(data: bytes) -> ParametricCurve | None:
    (kind,) = struct.unpack_from(">H", data, 8)
    counts = {0: 1, 1: 3, 2: 4, 3: 5, 4: 7}
    if kind not in counts or len(data) < 12 + 4 * counts[kind]:
        return None
    p = [v / 65536 for v in struct.unpack_from(f">{counts[kind]}i", data, 12)]
    if p[0] <= 0 or (kind > 0 and p[1] <= 0):
        return None
    if kind == 0:
        return ParametricCurve(p[0])
    if kind in (1, 2):
        offset = p[3] if kind == 2 else 0.0
        return ParametricCurve(p[0], p[1], p[2], 0.0, max(-p[2] / p[1], 0.0), offset, offset)
    return ParametricCurve(p[0], p[1], p[2], p[3], p[4], *p[5:])


def _interpolate(
    values: FloatArray, positions: NDArray[np.float64], samples: NDArray[np.float64]
) -> FloatArray:
    size = np.abs(values)
    result = np.interp(size, positions, samples)
    slope = (samples[-1] - samples[-2]) / (positions[-1] - positions[-2])
    beyond = size > positions[-1]
    result = np.where(beyond, samples[-1] + (size - positions[-1]) * slope, result)
    return np.copysign(result, values).astype(np.float32)
