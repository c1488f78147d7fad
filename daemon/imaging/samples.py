"""Pixels gathered into weighted colour pairs, a few thousand that stand for all of them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from daemon.imaging.lattice import FloatArray

_MIN_CELL_WEIGHT = 1e-3


@dataclass(frozen=True, eq=False)
class Samples:
    """Colour pairs to be explained.

    Attributes:
        colors: Where they are, shape (M, 3), 0..1.
        targets: What they become, shape (M, 3).
        weights: How much each counts, shape (M,), summing to 1.
    """

    colors: NDArray[np.float64]
    targets: NDArray[np.float64]
    weights: NDArray[np.float64]


class ColorCells:
    """Pixels sorted into cells of the colour cube, to be averaged under changing weights."""

    def __init__(self, colors: FloatArray, cells: int) -> None:
        """Sort *colors*, shape (P, 3), 0..1, into *cells* per side."""
        cell = np.clip(colors * cells, 0, cells - 1).astype(np.int32)
        index = (cell[:, 0] * cells + cell[:, 1]) * cells + cell[:, 2]
        used = np.bincount(index, minlength=cells**3) > 0
        compact = np.cumsum(used, dtype=np.int32) - 1
        self._index = compact[index]
        self._starts = np.arange(len(colors) + 1, dtype=np.int32)
        self._used = int(np.count_nonzero(used))
        self._colors = colors.astype(np.float64)

    def average(self, targets: FloatArray, weights: FloatArray, *, crowd: float) -> Samples:
        """Weighted means of both sides per cell.

        The means of the colours matter as much as those of the targets: a cell's middle is not
        where its pixels are.

        Args:
            targets: Shape (P, 3).
            weights: Shape (P,), >= 0.
            crowd: Total weight from which more pixels in one cell count for little.

        Returns:
            One sample per cell that has any weight; empty when none has.
        """
        matrix = sparse.csc_matrix(
            (weights.astype(np.float64), self._index, self._starts),
            shape=(self._used, len(self._index)),
        )
        total = matrix @ np.ones(len(self._index))
        some = total > _MIN_CELL_WEIGHT
        mass = total[some, None]
        share = total[some] / (1 + total[some] / crowd)
        return Samples(
            (matrix @ self._colors)[some] / mass,
            (matrix @ targets.astype(np.float64))[some] / mass,
            share / max(share.sum(), 1e-300),
        )
