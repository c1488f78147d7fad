"""Whether an edit differs from place to place: asked of places that the answer has not seen."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from daemon.imaging.lattice import FloatArray
from daemon.imaging.spatial_blocks import Blocks
from daemon.imaging.spatial_fit import GridShape, GridSystem, area_fit, residual, without

_SQUARES = 20
_SHAPE = GridShape(intervals=8, levels=3, tone=1e-4, size=1e-4)
_VISIBLE = 1.5
_HALVED = 0.5
_TRIMMED = 0.1
_LEAST_MASS = 0.15

_LEAST = ((0.25, 1.6), (0.16, 5.0))
"""Share of the squares, and gain in 8-bit levels: a little over much of the picture, or much over
a part that is larger than what models invent. What one LUT follows nearly as well stays below."""

_LEAST_WON = 0.68
"""Of the squares that miss visibly: of vignettes, skies and lights 0.73 to 0.99 were foretold, of
grades with hard edges in the colour cube mostly under 0.65, for they miss wherever a colour is."""


@dataclass(frozen=True)
class Evidence:
    """What a correction fitted to one half of the picture does to the other.

    Attributes:
        score: How far whole areas miss their colour under the LUT alone, 8-bit levels: the 75th
            percentile over the squares.
        gain: How much of that the other half foretells, 8-bit levels, without the best and the
            worst tenth of the squares: invented content fills few.
        share: Of the squares: those that miss visibly and that the other half brings at least
            a good part of the way.
        won: The same, of those that miss visibly.
    """

    score: float
    gain: float
    share: float
    won: float

    @property
    def spatial(self) -> bool:
        """Whether the edit differs from place to place."""
        return self.won > _LEAST_WON and any(
            self.share > share and self.gain > gain for share, gain in _LEAST
        )


def weigh_evidence(blocks: Blocks, inserted: NDArray[np.bool_]) -> Evidence:
    """Ask each half of the picture, cut like a chessboard, about the other.

    What a LUT cannot follow in colour (hard-edged grades), noise and misplaced edges leave a
    residual that says nothing about the squares next to it; a vignette's does.

    Args:
        blocks: The pair and the LUT's prediction.
        inserted: Cells that show something else, shape (rows, columns).
    """
    weights = without(blocks, inserted)
    side = max(round(max(blocks.shape) / _SQUARES), 1)
    row, column = np.divmod(blocks.cell, blocks.shape[1])
    across = blocks.shape[1] // side + 1
    square = row // side * across + column // side
    white = (row // side + column // side) % 2 == 0
    rest = residual(blocks, blocks.graded)
    before = _squared_means(rest, weights, square)
    score = float(np.sqrt(np.percentile(before, 75))) if len(before) else 0.0
    visible = before > _VISIBLE**2
    if not len(before) or visible.mean() <= _LEAST[-1][0]:
        # too little to ask about, whatever the answer
        return Evidence(score, 0.0, 0.0, 0.0)
    foretold = np.zeros_like(rest)
    for known in (white, ~white):
        if not (weights[known] > 0).any():
            return Evidence(score, 0.0, 0.0, 0.0)
        system = GridSystem(blocks, _SHAPE, known)
        _, change = system.solve(rest, weights)
        believed = weights * area_fit(blocks, rest - change)
        _, change = system.solve(rest, believed)
        foretold[~known] = change[~known]
    after = _squared_means(rest - foretold, weights, square)
    gains = np.sort(before - after)
    trim = int(_TRIMMED * len(gains))
    gain = max(float(gains[trim : len(gains) - trim].mean()), 0.0)
    won = visible & (after < _HALVED * before)
    share = float(won.mean())
    return Evidence(score, float(np.sqrt(gain)), share, share / float(visible.mean()))


def _squared_means(
    values: FloatArray, weights: FloatArray, square: NDArray[np.intp]
) -> NDArray[np.float64]:
    """Squared length of the mean over each square that has enough weight, in 8-bit levels."""
    mass = np.bincount(square, weights)
    enough = mass > _LEAST_MASS * np.median(mass[mass > 0]) if mass.any() else mass > 0
    sums = [np.bincount(square, values[:, k] * weights)[enough] for k in range(3)]
    means = np.stack(sums, axis=-1) * 255 / mass[enough, None]
    return (means * means).sum(axis=1)
