"""How far a result is from the truth, in CIEDE2000 and in levels of a gray ramp."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.fidelity.color_tools import Colors
from daemon.imaging.difference import delta_e_2000, srgb_to_lab
from daemon.imaging.lattice import FloatArray
from daemon.imaging.lut import apply_lut

_CELLS = 64
_RAMP_STEPS = 1021
"""Finer than the 256 levels, and no multiple of the lattice's 32 steps."""


@dataclass(frozen=True)
class Difference:
    """CIEDE2000 over the measured pixels.

    Attributes:
        mean: Against the truth in float; the truth itself, rounded to 8 bit, has about 0.16.
        p95: 95th percentile of the same.
        p999: 99.9th percentile.
        unseen: Mean over the pixels whose colours the small copy lacks; None without any.
        rounded: Mean against the truth rounded to 8 bit; the truth itself has 0.
    """

    mean: float
    p95: float
    p999: float
    unseen: float | None
    rounded: float


@dataclass(frozen=True)
class Ramp:
    """What becomes of a black-to-white ramp, in 8-bit levels, the worst of the channels.

    Attributes:
        back: How far it falls back below a level it had reached, beyond what the truth does.
        bend: Largest second difference beyond the truth's, over steps of four levels: banding.
    """

    back: float
    bend: float


@dataclass(frozen=True, eq=False)
class Reference:
    """The measured pixels of one photo under one edit.

    Attributes:
        truth: Their graded colours in float, shape (N, 3).
        unseen: Shape (N,), True where the small copy has no pixel in the same cell of 64^3.
    """

    truth: Colors
    unseen: NDArray[np.bool_]

    def compare(self, result: NDArray[np.uint8]) -> Difference:
        """Measure *result*, shape (N, 3), the same pixels in the same order."""
        found = srgb_to_lab(result / np.float64(255))
        apart = delta_e_2000(found, srgb_to_lab(self.truth))
        rounded = np.rint(self.truth * 255)
        off = np.flatnonzero((rounded != result).any(axis=1))
        missed = delta_e_2000(found[off], srgb_to_lab(rounded[off] / 255))
        return Difference(
            mean=float(apart.mean()),
            p95=float(np.percentile(apart, 95)),
            p999=float(np.percentile(apart, 99.9)),
            unseen=float(apart[self.unseen].mean()) if self.unseen.any() else None,
            rounded=float(missed.sum() / len(result)),
        )


def without_partner(colors: NDArray[np.uint8], small: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Mark the *colors*, shape (N, 3), whose cell of 64^3 holds no pixel of *small*."""
    seen = np.zeros(_CELLS**3, bool)
    seen[_cell(small.reshape(-1, 3))] = True
    return ~seen[_cell(colors)]


def _cell(colors: NDArray[np.uint8]) -> NDArray[np.int64]:
    return (colors >> 2).astype(np.int64) @ np.array([_CELLS * _CELLS, _CELLS, 1])


def travel(lut: FloatArray, truth: Callable[[Colors], Colors]) -> Ramp:
    """Walk a gray ramp through *lut* and through the true grade."""
    gray = np.repeat(np.linspace(0, 1, _RAMP_STEPS)[:, None], 3, axis=1)
    found = apply_lut(gray[None].astype(np.float32), lut)[0]
    walked = np.clip(found.astype(np.float64), 0, 1) * 255
    wanted = truth(gray) * 255
    back = _fallen(walked) - _fallen(wanted)
    apart = walked - wanted
    step = 4 * (_RAMP_STEPS - 1) // 255
    bend = apart[2 * step :] - 2 * apart[step:-step] + apart[: -2 * step]
    return Ramp(back=max(float(back.max()), 0.0), bend=float(np.abs(bend).max()))


def _fallen(ramp: NDArray[Any]) -> NDArray[Any]:
    return np.maximum.accumulate(ramp, axis=0) - ramp
