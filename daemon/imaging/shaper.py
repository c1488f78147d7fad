"""What some LUT files do to colours before the lattice: curves per channel, another range."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from daemon.imaging.lattice import FloatArray

Triple = tuple[float, float, float]
ZERO: Triple = (0.0, 0.0, 0.0)
ONE: Triple = (1.0, 1.0, 1.0)


@dataclass(frozen=True, eq=False)
class Curves:
    """A one-dimensional LUT: a curve for each channel, linear between its entries.

    Attributes:
        values: Shape (M, 3), float32, M >= 2.
        low: The input that the first entry is for, per channel; below it the curve stays level.
        high: The input of the last entry.
    """

    values: FloatArray
    low: Triple = ZERO
    high: Triple = ONE

    def apply(self, colors: FloatArray) -> FloatArray:
        """Return *colors*, shape (..., 3), through the curves, float32."""
        result = np.empty(colors.shape, np.float32)
        for channel in range(3):
            inputs = np.linspace(self.low[channel], self.high[channel], len(self.values))
            result[..., channel] = np.interp(
                colors[..., channel], inputs, self.values[:, channel].astype(np.float64)
            )
        return result


@dataclass(frozen=True, eq=False)
class Shaper:
    """The way to the lattice.

    Attributes:
        low: The colour at the lattice's first corner; what lies below is clamped to it.
        high: The colour at its last corner.
        curves: They come first; None: there are none.
    """

    low: Triple = ZERO
    high: Triple = ONE
    curves: Curves | None = None

    def apply(self, colors: FloatArray) -> FloatArray:
        """Return where *colors*, shape (..., 3), lie in the lattice, 0..1, float32."""
        shaped = colors if self.curves is None else self.curves.apply(colors)
        low, high = np.array(self.low, np.float32), np.array(self.high, np.float32)
        return np.clip((shaped - low) / (high - low), 0, 1).astype(np.float32, copy=False)
