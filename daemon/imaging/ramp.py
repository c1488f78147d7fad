"""The grey ramp of a LUT: it rises, except where the photo's own greys say otherwise."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import optimize

from daemon.imaging.lattice import identity_lut
from daemon.imaging.regression import Base
from daemon.imaging.samples import Samples

_NEAR_GREY = 2.0
"""Spread of the channels, in nodes, up to which a sample speaks for the greys."""

_REACH = 3.0
"""How far from the axis, in nodes, a correction fades."""

_ENOUGH = 3
_CLEAR = 2.5 / 255
"""A smaller fall is noise, whatever is beside it: one sees no step back, but does see banding."""

# scipy carries no types
_isotonic: Any = optimize.isotonic_regression


def steady_ramp(lut: NDArray[np.float64], samples: Samples, base: Base) -> NDArray[np.float64]:
    """Take back reversals of the grey ramp that nothing supports.

    A ramp that clearly falls between two nodes which both have samples beside them stays, and so
    does one where the curves over the whole photo fall too: a solarised photo has both. Elsewhere
    the nearest rising ramp is taken, and the colours around follow.

    Args:
        lut: Shape (N, N, N, 3).
        samples: What it was fitted to.
        base: The curves under it.

    Returns:
        The same array where nothing falls, else a corrected one.
    """
    size = lut.shape[0]
    axis = np.arange(size)
    ramp = lut[axis, axis, axis]
    falling = np.diff(base(np.repeat(axis[:, None] / (size - 1), 3, axis=1)), axis=0) < 0
    may_fall = falling | _known(samples, size)[:, None]
    risen = [_rise(*channel) for channel in zip(ramp.T, may_fall.T, strict=True)]
    change = np.column_stack(risen) - ramp
    if not np.abs(change).max() > 0:
        return lut
    colors = identity_lut(size).astype(np.float64) * (size - 1)
    grey = colors.mean(axis=3)
    fade = np.exp(-0.5 * (np.ptp(colors, axis=3) / _REACH) ** 2)
    spread = np.stack([np.interp(grey, axis, channel) for channel in change.T], axis=3)
    return lut + fade[..., None] * spread


def _known(samples: Samples, size: int) -> NDArray[np.bool_]:
    """Which steps of the axis have samples at both ends."""
    near = np.ptp(samples.colors, axis=1) * (size - 1) <= _NEAR_GREY
    node = np.rint(samples.colors[near].mean(axis=1) * (size - 1)).astype(np.intp)
    enough = np.bincount(node, minlength=size)[:size] >= _ENOUGH
    return enough[1:] & enough[:-1]


def _rise(channel: NDArray[np.float64], may_fall: NDArray[np.bool_]) -> NDArray[np.float64]:
    """The nearest ramp that falls only in the steps that may."""
    steps = np.diff(channel)
    may_fall = may_fall & _clearly_falling(steps)
    kept = np.where(may_fall, np.maximum(-steps, 0), 0)
    if (steps + kept >= 0).all():
        return channel
    lifted = np.concatenate([[0.0], np.cumsum(kept)])
    return np.asarray(_isotonic(channel + lifted).x) - lifted


def _clearly_falling(steps: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Which steps belong to a fall, step by step, that goes far enough."""
    falls = steps < 0
    fall = np.cumsum(np.diff(falls, prepend=False))
    depth = np.bincount(fall, np.where(falls, -steps, 0))
    return falls & (depth[fall] >= _CLEAR)
