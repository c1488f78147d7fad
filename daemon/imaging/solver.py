"""Linear algebra of the lattice: energies of roughness, refining, conjugate gradients."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.interpolate import CubicSpline
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


@lru_cache(maxsize=8)
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
def _spline(coarse: int, fine: int) -> NDArray[np.float64]:
    """Natural cubic splines through the nodes of a line, at those of a finer one."""
    nodes, points = np.linspace(0, 1, coarse), np.linspace(0, 1, fine)
    return np.asarray(CubicSpline(nodes, np.eye(coarse), bc_type="natural")(points))


def refine(nodes: NDArray[np.float64], size: int) -> NDArray[np.float64]:
    """A smooth field on a finer lattice; natural splines bend least between its nodes.

    Args:
        nodes: Shape (N, N, N, K), N >= 3.
        size: Nodes a side wanted.
    """
    line = _spline(nodes.shape[0], size)
    for axis in range(3):
        nodes = np.moveaxis(np.tensordot(line, nodes, axes=(1, axis)), 0, axis)
    return np.ascontiguousarray(nodes)


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


def solve_symmetric(
    matrix: Matrix,
    target: NDArray[np.float64],
    *,
    max_steps: int = 60,
    tolerance: float = 1e-3,
) -> NDArray[np.float64]:
    """Conjugate gradients scaled by the diagonal, all right-hand sides side by side.

    Args:
        matrix: Sparse CSR (M, M), symmetric, positive definite.
        target: Right-hand sides, shape (M, K).
        max_steps: Give up after so many steps: the answer is then close, not exact.
        tolerance: Scaled residual at which to stop, relative to that of zero.

    Returns:
        The solutions, shape (M, K).
    """
    answer = np.zeros_like(target)
    residual = target.copy()
    inverse = 1 / np.maximum(matrix.diagonal(), 1e-30)[:, None]
    direction = inverse * residual
    energy = _products(residual, direction)
    enough = np.maximum(tolerance**2 * energy, _NOTHING)
    for _ in range(max_steps):
        if (energy <= enough).all():
            break
        image = matrix @ direction
        length = energy / np.maximum(_products(direction, image), 1e-300)
        answer += length * direction
        residual -= length * image
        scaled = inverse * residual
        previous, energy = energy, _products(residual, scaled)
        direction *= energy / np.maximum(previous, 1e-300)
        direction += scaled
    return answer


def _products(first: NDArray[np.float64], second: NDArray[np.float64]) -> NDArray[np.float64]:
    """Inner products of the columns."""
    return np.einsum("ij,ij->j", first, second)
