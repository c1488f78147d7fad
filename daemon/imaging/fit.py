"""Fitting a LUT to a pair of pictures: registration, robust rounds, report."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from daemon.imaging.filters import box_mean, local_variance, low_pass
from daemon.imaging.lattice import FloatArray, check_lut_size, resize_lut
from daemon.imaging.processor import check_depth, run_lut
from daemon.imaging.quality import GradeFit, Judged, report
from daemon.imaging.registration import Placement, known_geometries, register
from daemon.imaging.regression import AffineBase, ColorCells, Smoothing, fit_lattice
from daemon.imaging.resample import AxisMap, resample, stretch

Checkpoint = Callable[[float], object]
"""Called with the share that is done, 0..1; may block, may raise to stop."""

MAX_PAIR_PX = 1_600_000
"""Larger pictures are shrunk to this before they are compared."""

_SIMILAR = 1.2
"""Linear ratio up to which two pictures are of similar size."""

_MAX_SOLVED_SIZE = 33
_SAME_PLACE_PX = 0.08
_SIGMA_PX = 1.2
_EDGE_WINDOW_PX = 5
_EDGE_CONTRAST = 6 / 255
_LEAST_WEIGHT = 1e-2
_BORDER_PX = 2
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


@dataclass(frozen=True, eq=False)
class _Pair:
    """Both pictures on the same pixels.

    Attributes:
        sent: Shape (H, W, 3), encoded sRGB.
        returned: Same shape.
        weights: Shape (H, W), 0..1.
    """

    sent: FloatArray
    returned: FloatArray
    weights: FloatArray


def extract_lut(
    original_small: NDArray[Any],
    edited_small: NDArray[Any],
    lut_size: int = 33,
    *,
    register: bool = True,
    weights: NDArray[Any] | None = None,
    space: Space | None = None,
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
        checkpoint: Called between the steps.

    Returns:
        The LUT and how well it explains the edit.

    Raises:
        ValueError: a shape or size does not fit.
        TypeError: another dtype.
    """
    check_lut_size(lut_size)
    tell = checkpoint or _ignore
    sent, returned = _normalize(original_small), _normalize(edited_small)
    share = _normalize_weights(weights, original_small.shape)
    sent, returned, share = _to_similar_size(sent, returned, share)
    tell(0.05)
    placement = _place(sent, returned, search=register)
    tell(0.35)
    pair = _align(sent, returned, share, placement)
    smooth = _Pair(low_pass(pair.sent, _SIGMA_PX), low_pass(pair.returned, _SIGMA_PX), pair.weights)
    tell(0.45)
    trusted = _trust(pair)
    rounds = _Rounds(smooth, trusted, space or _Srgb())
    lut = rounds.run(lut_size, tell)
    judged = Judged(smooth.sent, smooth.returned, rounds.predict(lut), trusted)
    return report(lut, judged, rounds.touched(lut_size), placement, original_small.shape[:2])


def _ignore(fraction: float) -> None:
    del fraction


# ------------------------------------------------------------------ the pair on the same pixels


def _normalize(image: NDArray[Any]) -> FloatArray:
    """Float32 0..1."""
    if image.ndim != 3 or image.shape[2] != 3 or not image.size:
        raise ValueError(f"a picture has the shape (H, W, 3), not {image.shape}")
    check_depth(image.dtype)
    if image.dtype == np.float32:
        return np.clip(np.nan_to_num(image), 0, 1)
    return image.astype(np.float32) / np.float32(np.iinfo(image.dtype).max)


def _normalize_weights(weights: NDArray[Any] | None, shape: tuple[int, ...]) -> FloatArray | None:
    if weights is None:
        return None
    if weights.shape != shape[:2]:
        raise ValueError(f"the weights are {weights.shape}, the picture {shape[:2]}")
    if weights.dtype.kind == "u":
        return weights.astype(np.float32) / np.float32(np.iinfo(weights.dtype).max)
    return np.clip(weights.astype(np.float32), 0, 1)


def _to_similar_size(
    sent: FloatArray, returned: FloatArray, share: FloatArray | None
) -> tuple[FloatArray, FloatArray, FloatArray | None]:
    """Shrink what is too large, or much larger than its partner."""
    pixels = [image.shape[0] * image.shape[1] for image in (sent, returned)]
    wanted = min(*pixels, MAX_PAIR_PX)
    sizes = [_shrunk_size(image, wanted) for image in (sent, returned)]
    if sizes[0] != sent.shape[:2]:
        sent = stretch(sent, sizes[0])
        share = None if share is None else stretch(share, sizes[0])
    if sizes[1] != returned.shape[:2]:
        returned = stretch(returned, sizes[1])
    return sent, returned, share


def _shrunk_size(image: FloatArray, wanted_px: int) -> tuple[int, int]:
    height, width = image.shape[:2]
    step = math.sqrt(height * width / wanted_px)
    if step <= _SIMILAR:
        return height, width
    return max(round(height / step), 1), max(round(width / step), 1)


def _place(sent: FloatArray, returned: FloatArray, *, search: bool) -> Placement:
    sizes = (sent.shape[0], sent.shape[1]), (returned.shape[0], returned.shape[1])
    if not search:
        return known_geometries(*sizes)[0]
    found = register(sent, returned)
    if sizes[0] == sizes[1] and found.moves_at_most(_SAME_PLACE_PX, sizes[1]):
        return Placement()
    return found


def _align(
    sent: FloatArray, returned: FloatArray, share: FloatArray | None, placement: Placement
) -> _Pair:
    """Bring the sent picture onto the returned one's pixels."""
    size = (returned.shape[0], returned.shape[1])
    if share is None:
        share = np.ones(sent.shape[:2], np.float32)
    if placement == Placement() and sent.shape == returned.shape:
        return _Pair(sent, returned, share)
    rows, columns = placement.maps((sent.shape[0], sent.shape[1]), size)
    moved = np.clip(resample(sent, size, rows, columns), 0, 1)
    seen = np.outer(_inside(rows, sent.shape[0], size[0]), _inside(columns, sent.shape[1], size[1]))
    known = np.clip(resample(share, size, rows, columns, cubic=False), 0, 1)
    return _Pair(moved, returned, known * seen)


def _inside(axis: AxisMap, source: int, target: int) -> NDArray[np.float32]:
    """1 where target pixels lie well inside the source, else 0."""
    position = axis.positions(target)
    return ((position >= 1.5) & (position <= source - 2.5)).astype(np.float32)


def _trust(pair: _Pair) -> FloatArray:
    """Weights: little where neighbours differ, for there softness and misfits rule.

    A floor keeps colours alive that occur only in textures.
    """
    variance = local_variance(pair.sent, _EDGE_WINDOW_PX)
    trust = np.maximum(1 / (1 + variance / _EDGE_CONTRAST**2), _LEAST_WEIGHT) * pair.weights
    if min(trust.shape) > 8 * _BORDER_PX:
        inner = np.zeros_like(trust)
        core = (slice(_BORDER_PX, -_BORDER_PX),) * 2
        inner[core] = trust[core]
        trust = inner
    return trust


# ------------------------------------------------------------------ robust rounds


class _Rounds:
    """Fits, looks at the residual image, trusts less what does not fit, and fits again finer."""

    def __init__(self, pair: _Pair, trusted: FloatArray, space: Space) -> None:
        self._space = space
        self._shape = pair.sent.shape
        exact = space.from_srgb(pair.sent).reshape(-1, 3)
        self._colors = np.clip(exact, 0, 1).astype(np.float32)
        # A colour on the edge of both spaces may land just outside this one. A photo has no such
        # pixel, so the sample moves to the edge, and its goal with it.
        self._beyond = (exact - self._colors).astype(np.float32)
        self._goal = pair.returned
        self._trusted = trusted
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

    def predict(self, lut: FloatArray) -> FloatArray:
        """What *lut* makes of the sent picture, in sRGB, not clipped."""
        colors = run_lut(lut, self._colors) + self._beyond
        return self._space.to_srgb(colors.reshape(self._shape))

    def touched(self, size: int) -> float:
        """Share of the nodes of a lattice of *size* that have colours beside them."""
        return self._cells.touched_nodes(size) / size**3

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
