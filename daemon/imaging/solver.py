"""Linear algebra of the lattice: energies of roughness, multilevel conjugate gradients."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse.linalg import splu

Matrix = Any
"""A scipy sparse matrix."""

_NOTHING = 1e-20
"""Energy below which there is nothing left to solve for: an edit that changes nothing."""

_diagonals: Any = sparse.diags
_factor: Any = splu


def _power(matrix: Matrix) -> Matrix:
    return matrix.T @ matrix


def _along(first: Matrix, second: Matrix, third: Matrix) -> Matrix:
    return sparse.kron(sparse.kron(first, second), third, format="csr")


@lru_cache(maxsize=4)
def smoothness(size: int, thin_plate: float, membrane: float) -> Matrix:
    """Energy of roughness on a lattice, scaled to the unit cube so that the size does not matter.

    Args:
        size: Nodes a side.
        thin_plate: Weight of the squared second derivatives.
        membrane: Weight of the squared first derivatives.

    Returns:
        Sparse CSR (size^3, size^3), symmetric, positive semidefinite.
    """
    step = 1 / (size - 1)
    same = sparse.identity(size, format="csr")
    first = _diagonals([-1.0, 1.0], [0, 1], shape=(size - 1, size), format="csr")
    bend = _diagonals([1.0, -2.0, 1.0], [0, 1, 2], shape=(max(size - 2, 0), size), format="csr")
    slope, curve = _power(first), _power(bend)
    bending = (
        _along(curve, same, same)
        + _along(same, curve, same)
        + _along(same, same, curve)
        + 2 * _along(slope, slope, same)
        + 2 * _along(slope, same, slope)
        + 2 * _along(same, slope, slope)
    )
    stretching = _along(slope, same, same) + _along(same, slope, same) + _along(same, same, slope)
    return (thin_plate / step * bending + membrane * step * stretching).tocsr()


@lru_cache(maxsize=8)
def _refinement(coarse: int, fine: int) -> tuple[Matrix, Matrix]:
    """Trilinear interpolation from a coarse lattice to a fine one, and its transpose."""
    position = np.linspace(0, coarse - 1, fine)
    cell = np.minimum(position.astype(np.intp), coarse - 2)
    share = position - cell
    line = sparse.csr_matrix(
        (
            np.stack([1 - share, share], axis=1).ravel(),
            np.stack([cell, cell + 1], axis=1).ravel(),
            np.arange(fine + 1) * 2,
        ),
        shape=(fine, coarse),
    )
    matrix = _along(line, line, line)
    return matrix, matrix.T.tocsr()


class ExactSolver:
    """Solver of a small sparse symmetric positive definite system (9^3 nodes: 5 ms)."""

    def __init__(self, matrix: Matrix) -> None:
        """Factor *matrix*, sparse (M, M)."""
        # not a dense Cholesky: BLAS would wake its threads for every little solve
        self._factors: Any = _factor(
            matrix.tocsc(),
            permc_spec="MMD_AT_PLUS_A",
            diag_pivot_thresh=0.0,
            options={"SymmetricMode": True},
        )

    def __call__(self, residual: NDArray[np.float64]) -> NDArray[np.float64]:
        """Solve for right-hand sides of shape (M, K)."""
        return np.asarray(self._factors.solve(residual))


class Multilevel:
    """Preconditioner that corrects on coarser lattices too (Bramble, Pasciak, Xu 1990).

    One lattice alone hears of a far sample only after as many steps as there are nodes between:
    the empty part of the colour cube would keep the errors of earlier rounds.
    """

    def __init__(self, size: int, matrix: Matrix, coarser: dict[int, Matrix]) -> None:
        """Prepare for *matrix* on a lattice of *size*.

        Args:
            size: Nodes a side.
            matrix: Sparse CSR (size^3, size^3).
            coarser: The same problem on coarser lattices, by size; the coarsest is solved exactly.
        """
        self._inverse = _inverse_diagonal(matrix)
        coarsest = min(coarser)
        self._exact = (_refinement(coarsest, size), ExactSolver(coarser[coarsest]))
        self._between = [
            (_refinement(between, size), _inverse_diagonal(coarser[between]))
            for between in coarser
            if between != coarsest
        ]

    def __call__(self, residual: NDArray[np.float64]) -> NDArray[np.float64]:
        """Approximate solution for right-hand sides of shape (M, K)."""
        answer = self._inverse * residual
        for (refine, restrict), inverse in self._between:
            answer += refine @ (inverse * (restrict @ residual))
        (refine, restrict), solve = self._exact
        answer += refine @ solve(restrict @ residual)
        return answer


def _inverse_diagonal(matrix: Matrix) -> NDArray[np.float64]:
    return 1 / np.maximum(matrix.diagonal(), 1e-30)[:, None]


def solve_symmetric(
    matrix: Matrix,
    target: NDArray[np.float64],
    start: NDArray[np.float64],
    precondition: Callable[[NDArray[np.float64]], NDArray[np.float64]],
    *,
    max_steps: int = 200,
    tolerance: float = 1e-4,
) -> NDArray[np.float64]:
    """Preconditioned conjugate gradients, all right-hand sides side by side.

    Args:
        matrix: Sparse CSR (M, M), symmetric, positive definite.
        target: Right-hand sides, shape (M, K).
        start: First guess, shape (M, K); not written to.
        precondition: Cheap symmetric approximation of the inverse.
        max_steps: Give up after so many steps: the answer is then close, not exact.
        tolerance: Preconditioned residual at which to stop, relative to that of zero.

    Returns:
        The solutions, shape (M, K).
    """
    answer = start.copy()
    residual = target - matrix @ answer
    direction = precondition(residual).copy()
    energy = (residual * direction).sum(axis=0)
    enough = np.maximum(tolerance**2 * (target * precondition(target)).sum(axis=0), _NOTHING)
    for _ in range(max_steps):
        if (energy <= enough).all():
            break
        image = matrix @ direction
        length = energy / np.maximum((direction * image).sum(axis=0), 1e-300)
        answer += length * direction
        residual -= length * image
        preconditioned = precondition(residual)
        previous, energy = energy, (residual * preconditioned).sum(axis=0)
        direction *= energy / np.maximum(previous, 1e-300)
        direction += preconditioned
    return answer
