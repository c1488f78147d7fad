"""From weighted colour pairs to a smooth lattice: binning, affine base, regularised regression."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from daemon.imaging.lattice import FloatArray, identity_lut, resize_lut, tetrahedral_weights
from daemon.imaging.solver import ExactSolver, Multilevel, smoothness, solve_symmetric

_MIN_CELL_WEIGHT = 1e-3
_EXACT_SIZE = 9
_COARSER_SIZES = (_EXACT_SIZE, 17)


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


class AffineBase:
    """Weighted affine fit, pulled a little towards no change: what the lattice falls back to."""

    def __init__(self, samples: Samples, *, ridge: float = 1e-3) -> None:
        """Fit to *samples*; *ridge* is the pull, relative to a total weight of 1."""
        terms = self._terms(samples.colors)
        unchanged = np.concatenate([np.zeros((1, 3)), np.eye(3)])
        pull = np.diag([0.1 * ridge, ridge, ridge, ridge])
        weighted = terms * samples.weights[:, None]
        change = samples.targets - terms @ unchanged
        self._matrix = unchanged + np.linalg.solve(weighted.T @ terms + pull, weighted.T @ change)

    def __call__(self, colors: NDArray[Any]) -> NDArray[np.float64]:
        """Map colours of shape (M, 3)."""
        return self._terms(colors) @ self._matrix

    @staticmethod
    def _terms(colors: NDArray[Any]) -> NDArray[np.float64]:
        return np.concatenate([np.ones((len(colors), 1)), colors], axis=1, dtype=np.float64)


@dataclass(frozen=True)
class Smoothing:
    """How stiff the lattice is.

    Attributes:
        thin_plate: Weight of bending against the samples' total weight of 1.
        membrane: Weight of moving away from the affine base.
    """

    thin_plate: float = 1e-6
    membrane: float = 1e-6


class _Equations:
    """Normal equations of the samples on a lattice of one size."""

    def __init__(self, samples: Samples, size: int, smoothing: Smoothing) -> None:
        nodes, shares = tetrahedral_weights(samples.colors, size)
        starts = np.arange(len(nodes) + 1) * 4
        self.design: Any = sparse.csr_matrix(
            (shares.ravel(), nodes.ravel(), starts), shape=(len(nodes), size**3)
        )
        self.weighted: Any = self.design.multiply(samples.weights[:, None]).T.tocsr()
        # where no sample is near, roughness alone leaves the affine part of a lattice free
        tiny = 1e-12 * sparse.identity(size**3, format="csr")
        roughness = smoothness(size, smoothing.thin_plate, smoothing.membrane)
        self.matrix: Any = (self.weighted @ self.design + roughness + tiny).tocsr()


def fit_lattice(
    samples: Samples,
    size: int,
    base: AffineBase,
    smoothing: Smoothing,
    start: NDArray[np.float64] | None = None,
) -> NDArray[np.float64]:
    """The smoothest lattice near *base* that explains the samples under tetrahedral interpolation.

    Args:
        samples: Colour pairs.
        size: Nodes a side.
        base: The lattice is solved for as a departure from it.
        smoothing: Stiffness.
        start: A first guess, shape (N, N, N, 3) of any size; None: *base*.

    Returns:
        Shape (size, size, size, 3), float64, not clipped.
    """
    equations = _Equations(samples, size, smoothing)
    ground = base(identity_lut(size).reshape(-1, 3))
    target = equations.weighted @ (samples.targets - equations.design @ ground)
    if size <= _EXACT_SIZE:
        departure = ExactSolver(equations.matrix)(target)
    else:
        coarser = {
            coarse: _Equations(samples, coarse, smoothing).matrix
            for coarse in _COARSER_SIZES
            if coarse < size
        }
        guess = np.zeros_like(ground)
        if start is not None:
            guess = resize_lut(start, size).reshape(-1, 3) - ground
        precondition = Multilevel(size, equations.matrix, coarser)
        departure = solve_symmetric(equations.matrix, target, guess, precondition)
    return (ground + departure).reshape(size, size, size, 3)
