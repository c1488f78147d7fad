"""How far one picture is shifted against another: phase correlation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import fft

from daemon.imaging.lattice import FloatArray

# scipy carries no types
_forward: Any = fft.rfft2
_backward: Any = fft.irfft2

_REACH = 2


@dataclass(frozen=True)
class Shift:
    """Displacement of the second picture against the first.

    Attributes:
        down_px: Along the rows' axis, parts of a pixel included.
        right_px: Along the columns' axis.
        response: Share of the correlation that gathers in the peak; near 1 for a pure shift.
    """

    down_px: float
    right_px: float
    response: float


def phase_correlate(first: FloatArray, second: FloatArray, *, expected_px: float = 0.0) -> Shift:
    """Find the shift that carries *first* onto *second*.

    Args:
        first: Shape (H, W), float32, at least 5 pixels a side.
        second: Same shape.
        expected_px: > 0: how far pictures usually move; of equally good shifts the shorter one
            is then taken, which settles stripes and grids.

    Returns:
        The shift, up to half a side; correct for a picture whose content wraps around too.
    """
    height, width = first.shape
    window = np.outer(np.hanning(height + 2)[1:-1], np.hanning(width + 2)[1:-1])
    spectrum = _forward(second * window) * np.conj(_forward(first * window))
    spectrum /= np.maximum(np.abs(spectrum), 1e-12)
    surface = _backward(spectrum, s=(height, width))
    if expected_px > 0:
        surface *= np.outer(_nearness(height, expected_px), _nearness(width, expected_px))
    row, column = np.unravel_index(int(surface.argmax()), surface.shape)
    around = np.arange(-_REACH, _REACH + 1)
    patch = surface[np.ix_((row + around) % height, (column + around) % width)]
    patch = np.maximum(patch, 0)
    mass = max(float(patch.sum()), 1e-12)
    down = float(row) + float(patch.sum(axis=1) @ around) / mass
    right = float(column) + float(patch.sum(axis=0) @ around) / mass
    return Shift(_unwrap(down, height), _unwrap(right, width), mass)


def _nearness(length: int, expected_px: float) -> FloatArray:
    distance = fft.fftfreq(length, 1 / length) / expected_px
    return np.exp(-0.5 * distance**2).astype(np.float32)


def _unwrap(position: float, length: int) -> float:
    return position - length if position > length / 2 else position
