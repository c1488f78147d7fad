"""Linear algebra of the lattice: smoothness energies and a block conjugate-gradient solver."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

Matrix = Any
"""A scipy sparse matrix."""

_diagonals: Any = sparse.diags


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


def solve_symmetric(
    matrix: Matrix,
    target: NDArray[np.float64],
    start: NDArray[np.float64],
    *,
    max_steps: int,
    tolerance: float,
) -> NDArray[np.float64]:
    """Conjugate gradients with Jacobi preconditioning, all right-hand sides side by side.

    Args:
        matrix: Sparse CSR (M, M), symmetric, positive definite.
        target: Right-hand sides, shape (M, K).
        start: First guess, shape (M, K); not written to.
        max_steps: Give up after so many steps: the answer is then close, not exact.
        tolerance: Preconditioned residual at which to stop, relative to that of zero.

    Returns:
        The solutions, shape (M, K).
    """
    inverse = 1 / np.maximum(matrix.diagonal(), 1e-30)[:, None]
    answer = start.copy()
    residual = target - matrix @ answer
    direction = inverse * residual
    energy = (residual * direction).sum(axis=0)
    enough = tolerance**2 * ((target * inverse) * target).sum(axis=0)
    for _ in range(max_steps):
        if (energy <= enough).all():
            break
        image = matrix @ direction
        length = energy / np.maximum((direction * image).sum(axis=0), 1e-300)
        answer += length * direction
        residual -= length * image
        preconditioned = inverse * residual
        previous, energy = energy, (residual * preconditioned).sum(axis=0)
        direction *= energy / np.maximum(previous, 1e-300)
        direction += preconditioned
    return answer
