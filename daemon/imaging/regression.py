"""From weighted colour pairs to a smooth lattice: binning, affine base, regularised regression."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from daemon.imaging.lattice import identity_lut, tetrahedral_weights
from daemon.imaging.samples import ColorCells, Samples
from daemon.imaging.solver import ExactSolver, refine, smoothness, solve_symmetric

__all__ = ["AffineBase", "Base", "ColorCells", "Samples", "Smoothing", "fit_lattice"]

_COARSER_SIZES = (9, 17)
_WHOLE_SIZE = 17
"""Up to this a lattice is bettered everywhere: splines from 9 nodes ring in the empty parts."""

Base = Callable[[NDArray[Any]], NDArray[np.float64]]
"""Maps colours of shape (M, 3): what a lattice falls back to where there are no samples."""


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


class _Level:
    """The samples on a lattice of one size."""

    def __init__(self, samples: Samples, size: int, smoothing: Smoothing) -> None:
        nodes, shares = tetrahedral_weights(samples.colors, size)
        starts = np.arange(len(nodes) + 1) * 4
        self._weights = samples.weights[:, None]
        self._nodes = nodes
        self._shares = shares.ravel()
        self._starts = starts
        self._roughness = smoothness(size, smoothing.thin_plate, smoothing.membrane)
        self._count = size**3

    def _design(self, columns: NDArray[Any], count: int) -> Any:  # noqa: ANN401
        return sparse.csr_matrix(
            (self._shares, columns.ravel(), self._starts), shape=(len(columns), count)
        )

    def solve(self, rest: NDArray[np.float64]) -> NDArray[np.float64]:
        """The whole lattice, exactly."""
        design = self._design(self._nodes, self._count)
        weighted = design.multiply(self._weights).T.tocsr()
        # where no sample is near, roughness alone leaves the affine part of a lattice free
        tiny = 1e-12 * sparse.identity(self._count, format="csr")
        matrix = weighted @ design + self._roughness + tiny
        return ExactSolver(matrix)(weighted @ rest)

    def correct(
        self, rest: NDArray[np.float64], guess: NDArray[np.float64], *, max_steps: int
    ) -> None:
        """Better *guess*, shape (nodes, 3); of a fine lattice only the nodes beside samples."""
        beside = np.full(self._count, self._count <= _WHOLE_SIZE**3)
        beside[self._nodes] = True
        active = np.flatnonzero(beside)
        place = np.zeros(self._count, np.int32)
        place[active] = np.arange(len(active))
        design = self._design(place[self._nodes], len(active))
        weighted = design.multiply(self._weights).T.tocsr()
        stiff = self._roughness[active]
        missing = weighted @ (rest - design @ guess[active]) - stiff @ guess
        matrix = (weighted @ design + stiff[:, active]).tocsr()
        guess[active] += solve_symmetric(matrix, missing, max_steps=max_steps)


def fit_lattice(
    samples: Samples,
    size: int,
    base: Base,
    smoothing: Smoothing,
    *,
    max_steps: int = 60,
    start: NDArray[Any] | None = None,
) -> NDArray[np.float64]:
    """The smoothest lattice near *base* that explains the samples under tetrahedral interpolation.

    A coarse lattice is solved exactly, for it reaches all of the colour cube; a finer one starts
    from it, and in the end only the nodes beside samples have anything to add.

    Args:
        samples: Colour pairs.
        size: Nodes a side.
        base: The lattice is solved for as a departure from it.
        smoothing: Stiffness.
        max_steps: Of the solver on each finer lattice.
        start: A lattice of at most *size* nodes a side that is nearly right; the coarser ones are
            then left out. None: begin with the coarsest.

    Returns:
        Shape (size, size, size, 3), float64, not clipped.
    """
    rest = samples.targets - base(samples.colors)
    sizes = [*(coarse for coarse in _COARSER_SIZES if coarse < size), size]
    if start is None:
        first = sizes.pop(0)
        departure = _Level(samples, first, smoothing).solve(rest).reshape(first, first, first, 3)
    else:
        departure = start - _on_nodes(base, start.shape[0])
        sizes = [finer for finer in sizes if finer >= start.shape[0]]
    for finer in sizes:
        if finer != departure.shape[0]:
            departure = refine(departure, finer)
        _Level(samples, finer, smoothing).correct(
            rest, departure.reshape(-1, 3), max_steps=max_steps
        )
    return _on_nodes(base, size) + departure


def _on_nodes(base: Base, size: int) -> NDArray[np.float64]:
    return base(identity_lut(size).reshape(-1, 3)).reshape(size, size, size, 3)
