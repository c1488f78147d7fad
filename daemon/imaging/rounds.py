"""Robust rounds: fit stiffly, believe less what does not fit, fit again more freely."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from daemon.imaging.curves import CurveBase
from daemon.imaging.lattice import FloatArray, identity_lut, resize_lut
from daemon.imaging.ramp import steady_ramp
from daemon.imaging.regression import Smoothing, fit_lattice
from daemon.imaging.samples import Samples
from daemon.imaging.scene import HEADROOM, Scene
from daemon.imaging.suspicion import believe

_MAX_SOLVED_SIZE = 33
_STIFF, _FREE = 1e-4, 2e-6
"""Stiffness of the curves while they stand alone, and under a lattice."""

_FIRST_SMOOTHING = Smoothing(thin_plate=1e-6, membrane=1e-6)
_LAST_SMOOTHING = Smoothing(thin_plate=3e-7, membrane=3e-7)
_STIFF_ROUNDS = 2
_LATTICE_ROUNDS = (9, 17)
_FIRST_STEPS, _LAST_STEPS = 30, 40
"""Of the solver: to see what does not fit, a lattice need not be solved to the end."""


def fit_robustly(
    fine: Scene, coarse: Scene, lut_size: int, tell: Callable[[float], object]
) -> FloatArray:
    """The LUT that most of the picture agrees on.

    A stiff model comes first: it cannot bend to a colour that only an invented region has, so
    that region stands out and is not believed by the freer models after it.

    Args:
        fine: All points: the last fit is to them.
        coarse: The same picture at a lower resolution, for all rounds before.
        lut_size: Nodes a side.
        tell: Called with the share that is done, 0..1.

    Returns:
        Shape (lut_size, lut_size, lut_size, 3), float32, -0.15..1.15.
    """
    goal, belief = coarse.goal, np.ones_like(coarse.trust)
    rounds = _STIFF_ROUNDS + len(_LATTICE_ROUNDS)
    lut = identity_lut(_LATTICE_ROUNDS[-1])
    for turn in range(rounds):
        # what clipped bends the first curves; they go on to where it would have been
        trust = coarse.trust if turn else coarse.unclipped_trust()
        samples = coarse.samples(goal, trust * belief)
        lut = _model(samples, turn)
        predicted = coarse.predict(lut)
        goal = coarse.reachable_goal(predicted)
        belief = believe(predicted, goal, coarse.trust)
        tell((turn + 1) / (rounds + 1))
    goal = fine.reachable_goal(fine.predict(lut))
    samples = fine.samples(goal, fine.trust * _enlarged(belief, fine.trust.shape))
    base = CurveBase(samples, stiffness=_FREE)
    solved = min(lut_size, _MAX_SOLVED_SIZE)
    start = lut.astype(np.float64) if solved >= lut.shape[0] else None
    nodes = fit_lattice(samples, solved, base, _LAST_SMOOTHING, max_steps=_LAST_STEPS, start=start)
    nodes = steady_ramp(nodes, samples, base)
    return resize_lut(np.clip(nodes, -HEADROOM, 1 + HEADROOM), lut_size).astype(np.float32)


def _model(samples: Samples, turn: int) -> FloatArray:
    """The fit of one round, as a LUT."""
    if turn < _STIFF_ROUNDS:
        size = _LATTICE_ROUNDS[-1]
        nodes = CurveBase(samples, stiffness=_STIFF)(identity_lut(size).reshape(-1, 3))
        return nodes.reshape(size, size, size, 3).astype(np.float32)
    base = CurveBase(samples, stiffness=_FREE)
    size = _LATTICE_ROUNDS[turn - _STIFF_ROUNDS]
    return fit_lattice(samples, size, base, _FIRST_SMOOTHING, max_steps=_FIRST_STEPS).astype(
        np.float32
    )


def _enlarged(belief: FloatArray, shape: tuple[int, ...]) -> FloatArray:
    """Bring *belief* back from a halved picture; the same where it is not halved."""
    if belief.shape == shape:
        return belief
    rows = np.minimum(np.arange(shape[0]) // 2, belief.shape[0] - 1)
    columns = np.minimum(np.arange(shape[1]) // 2, belief.shape[1] - 1)
    return belief[rows[:, None], columns]
