"""Fitting a LUT to a pair of pictures: registration, robust rounds, report."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from daemon.imaging.filters import box_mean
from daemon.imaging.lattice import FloatArray, check_lut_size, resize_lut
from daemon.imaging.pair import AlignedPair, align
from daemon.imaging.processor import run_lut
from daemon.imaging.quality import GradeFit, judge
from daemon.imaging.regression import AffineBase, ColorCells, Smoothing, fit_lattice
from daemon.imaging.spatial_blocks import cut_blocks

Checkpoint = Callable[[float], object]
"""Called with the share that is done, 0..1; may block, may raise to stop."""

FITS = ("lut", "spatial", "auto")
"""What may be fitted: see :func:`extract_lut`."""

_MAX_SOLVED_SIZE = 33
_CELLS = 64
_CROWD = 30.0
_CLIPPED_HIGH, _CLIPPED_LOW = 253.5 / 255, 1.5 / 255
_HEADROOM = 0.15
_TUKEY = 4.685
_RESIDUAL_WINDOW_PX = 7
_LEAST_SPREAD = 0.7 / 255
_ROUNDS_IN_THE_MIDDLE = 3


class Space(Protocol):
    """A colour space to fit in, seen from encoded sRGB."""

    def from_srgb(self, colors: FloatArray) -> FloatArray:
        """Shape (..., 3), 0..1 and a little beyond, into this space's encoding."""
        ...

    def to_srgb(self, colors: FloatArray) -> FloatArray:
        """The way back."""
        ...


class _Srgb:
    """sRGB itself."""

    def from_srgb(self, colors: FloatArray) -> FloatArray:
        return colors

    def to_srgb(self, colors: FloatArray) -> FloatArray:
        return colors


def extract_lut(
    original_small: NDArray[Any],
    edited_small: NDArray[Any],
    lut_size: int = 33,
    *,
    register: bool = True,
    weights: NDArray[Any] | None = None,
    space: Space | None = None,
    fit: str = "lut",
    checkpoint: Checkpoint | None = None,
) -> GradeFit:
    """Fit the LUT that turns one picture into the other, as far as one LUT can.

    Robust against a shifted, zoomed or cropped edit, noise, softness and invented content. An
    edit that changes nothing gives the identity.

    Args:
        original_small: What was sent: shape (H, W, 3), sRGB, uint8, uint16 or float32 0..1.
        edited_small: What came back: shape (h, w, 3), same; sizes may differ.
        lut_size: Nodes a side, 2..129. Above 33 the LUT of 33 is refined: a photo holds no more
            detail than that.
        register: Search for the edit's place; False: take it as a stretch of the original.
        weights: Shape (H, W), 0..1 or an unsigned integer type's full range; 0: the original's
            pixel must not count.
        space: The space in which the LUT is to live; None: sRGB.
        fit: ``lut``; ``spatial``: a correction that varies over the picture on top of the LUT;
            ``auto``: that only where one LUT cannot explain the edit.
        checkpoint: Called between the steps.

    Returns:
        The LUT and how well it explains the edit.

    Raises:
        ValueError: a shape, a size or *fit* is not as above.
        TypeError: another dtype.
    """
    check_lut_size(lut_size)
    if fit not in FITS:
        raise ValueError(f"a fit is one of {', '.join(FITS)}, not {fit!r}")
    tell = checkpoint or _ignore
    pair = align(
        original_small,
        edited_small,
        weights,
        search=register,
        checkpoint=lambda share: tell(0.45 * share),
    )
    tell(0.45)
    rounds = _Rounds(pair, space or _Srgb())
    lut = rounds.run(lut_size, tell)
    height, width = original_small.shape[:2]
    blocks = cut_blocks(pair, *rounds.explain(lut))
    return judge(lut, pair, blocks, space or _Srgb(), (height, width), fit)


def _ignore(fraction: float) -> None:
    del fraction


# ------------------------------------------------------------------ robust rounds


class _Rounds:
    """Fits, looks at the residual image, trusts less what does not fit, and fits again finer."""

    def __init__(self, pair: AlignedPair, space: Space) -> None:
        self._space = space
        self._shape = pair.sent.shape
        exact = space.from_srgb(pair.sent).reshape(-1, 3)
        self._colors = np.clip(exact, 0, 1).astype(np.float32)
        # A colour on the edge of both spaces may land just outside this one. A photo has no such
        # pixel, so the sample moves to the edge, and its goal with it.
        self._beyond = (exact - self._colors).astype(np.float32)
        self._goal = pair.returned
        self._trusted = pair.trust
        self._cells = ColorCells(self._colors, _CELLS)
        self._too_bright = pair.returned >= _CLIPPED_HIGH
        self._too_dark = pair.returned <= _CLIPPED_LOW
        self._clipped = bool((self._too_bright | self._too_dark).mean() > 1e-3)

    def run(self, lut_size: int, tell: Checkpoint) -> FloatArray:
        """The LUT of *lut_size* nodes a side."""
        solved = min(lut_size, _MAX_SOLVED_SIZE)
        middle = min(solved, 17)
        plan = [min(solved, 9), *[middle] * _ROUNDS_IN_THE_MIDDLE, solved]
        lut: NDArray[np.float64] | None = None
        base: AffineBase | None = None
        goal, weights = self._goal, self._trusted
        for turn, size in enumerate(plan):
            targets = self._space.from_srgb(goal).reshape(-1, 3) - self._beyond
            samples = self._cells.average(targets, weights.ravel(), crowd=_CROWD)
            base = base or AffineBase(samples)
            lut = fit_lattice(samples, size, base, Smoothing(), lut)
            tell(0.5 + 0.45 * (turn + 1) / len(plan))
            if turn < len(plan) - 1:
                goal, weights = self._look(lut.astype(np.float32))
        assert lut is not None
        within = np.clip(lut, -_HEADROOM, 1 + _HEADROOM)
        return resize_lut(within, lut_size).astype(np.float32)

    def explain(self, lut: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
        """The sent picture, what *lut* makes of it, and what came back, all in the LUT's space."""
        graded = run_lut(lut, self._colors)
        goal = self._space.from_srgb(self._goal).reshape(-1, 3) - self._beyond
        colors, after, wanted = (i.reshape(self._shape) for i in (self._colors, graded, goal))
        return colors, after, wanted

    def predict(self, lut: FloatArray) -> FloatArray:
        """What *lut* makes of the sent picture, in sRGB, not clipped."""
        colors = run_lut(lut, self._colors) + self._beyond
        return self._space.to_srgb(colors.reshape(self._shape))

    def _look(self, lut: FloatArray) -> tuple[FloatArray, FloatArray]:
        """New goal and new weights after a fit.

        Clipped goals are one-sided: a prediction beyond them is as good as one on them.
        """
        predicted = self.predict(lut)
        goal = self._goal
        if self._clipped:
            above = np.minimum(predicted, 1 + _HEADROOM)
            below = np.maximum(predicted, -_HEADROOM)
            goal = np.where(self._too_bright & (predicted > goal), above, goal)
            goal = np.where(self._too_dark & (predicted < goal), below, goal)
        residual = box_mean(goal - predicted, _RESIDUAL_WINDOW_PX)
        distance = np.sqrt((residual * residual).sum(axis=2))
        calm = self._trusted > 0.3 * self._trusted.max()
        spread = 1.4826 * float(np.median(distance[calm])) if calm.any() else 0.0
        limit = _TUKEY * max(spread, _LEAST_SPREAD)
        return goal, self._trusted * np.clip(1 - (distance / limit) ** 2, 0, 1) ** 2
