"""Fitting what a LUT cannot explain: a correction that varies smoothly over the picture."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from daemon.imaging.filters import box_mean, luma
from daemon.imaging.lattice import FloatArray
from daemon.imaging.spatial import SpatialGrid, color_terms
from daemon.imaging.spatial_blocks import Blocks
from daemon.imaging.spatial_solver import SplineEquations

_LONG_INTERVALS = 12
_LEVELS = 6
_ROUNDS = 4
_TUKEY = 6.0
_LEAST_SPREAD = 1 / 255
_RESIDUAL_WINDOW = 3
_CLIPPED_HIGH, _CLIPPED_LOW = 253.5 / 255, 1.5 / 255


@dataclass(frozen=True)
class Stiffness:
    """How smooth a grid is kept, against the samples' total weight of 1.

    Attributes:
        slope: Against differences between neighbours.
        bend: Against second differences.
        tone: Against differences between levels of brightness.
        size: Against any correction at all.
    """

    slope: float = 1e-4
    bend: float = 1e-3
    tone: float = 1e-4
    size: float = 1e-5


@dataclass(frozen=True, eq=False)
class SpatialFit:
    """A fitted grid, and what it was fitted to.

    Attributes:
        grid: Over the whole sent picture.
        predicted: What LUT and grid make of the blocks, shape (rows, columns, 3).
        trusted: Weights of the blocks after the last round, shape (rows, columns).
    """

    grid: SpatialGrid
    predicted: FloatArray
    trusted: FloatArray


def fit_grid(blocks: Blocks, stiffness: Stiffness | None = None) -> SpatialFit:
    """Fit the correction that leads from the LUT's colours to those that came back.

    Blocks that no smooth correction explains are trusted less from round to round, as an area: a
    patch of invented content has a residual that its neighbours share, noise does not.

    Args:
        blocks: The pair and the LUT's prediction.
        stiffness: How smooth the grid is kept.
    """
    wide = blocks.weights.shape[1] >= blocks.weights.shape[0]
    rows, columns = blocks.weights.shape
    shorter = max(round(_LONG_INTERVALS * min(rows, columns) / max(rows, columns)), 2)
    down, across = (m.ravel() for m in np.meshgrid(blocks.down, blocks.across, indexing="ij"))
    terms = color_terms(blocks.graded.reshape(-1, 3), luma(blocks.sent).ravel(), _LEVELS)
    long, short = (across, down) if wide else (down, across)
    equations = SplineEquations(long, short, (_LONG_INTERVALS, shorter), terms)
    how = stiffness or Stiffness()
    penalty = equations.smoothness(_LEVELS, how.slope, how.bend, how.tone, how.size)
    change = (blocks.goal - blocks.graded).reshape(-1, 3)
    too_bright = (blocks.goal >= _CLIPPED_HIGH).reshape(-1, 3)
    too_dark = (blocks.goal <= _CLIPPED_LOW).reshape(-1, 3)
    first = blocks.weights.ravel()
    weights, wanted = first, change
    turn = 0
    while True:
        total = max(float(weights.sum()), 1e-9)
        found = equations.solve(wanted, weights / np.float32(total), penalty)
        predicted = equations.predict(found)
        turn += 1
        if turn == _ROUNDS:
            break
        # clipped goals are one-sided: beyond them is as good as on them
        beyond = (too_bright & (predicted > change)) | (too_dark & (predicted < change))
        wanted = np.where(beyond, predicted, change)
        residual = (wanted - predicted).reshape(rows, columns, 3)
        weights = first * _fits(residual, blocks.weights).ravel()
    coefficients = found.reshape(*found.shape[:2], _LEVELS, -1, 3)
    if wide:
        coefficients = coefficients.transpose(1, 0, 2, 3, 4)
    return SpatialFit(
        SpatialGrid(np.ascontiguousarray(coefficients)),
        blocks.graded + predicted.reshape(rows, columns, 3),
        weights.reshape(rows, columns),
    )


def _fits(residual: FloatArray, weights: FloatArray) -> NDArray[np.float32]:
    """Tukey's weights of the areas by their residual."""
    smooth = box_mean(residual, _RESIDUAL_WINDOW)
    distance = np.sqrt((smooth * smooth).sum(axis=2))
    calm = weights > 0.3 * weights.max()
    spread = 1.4826 * float(np.median(distance[calm])) if calm.any() else 0.0
    limit = np.float32(_TUKEY * max(spread, _LEAST_SPREAD))
    return np.clip(1 - (distance / limit) ** 2, 0, 1) ** 2
