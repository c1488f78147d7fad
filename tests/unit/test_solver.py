"""Energies of roughness by integral, solvers against numpy's own."""

import numpy as np
import pytest
from scipy import sparse

from daemon.imaging.lattice import identity_lut, tetrahedral_weights
from daemon.imaging.solver import ExactSolver, Multilevel, smoothness, solve_symmetric

RNG = np.random.default_rng(41)


def energy(field, thin_plate, membrane):
    size = field.shape[0]
    flat = field.astype(np.float64).ravel()
    return float(flat @ (smoothness(size, thin_plate, membrane) @ flat))


def red(size):
    return identity_lut(size)[..., 0].astype(np.float64)


@pytest.mark.parametrize("size", [2, 5, 17])
def test_affine_lattices_do_not_bend(size):
    colors = identity_lut(size).astype(np.float64)
    assert energy(colors @ np.array([1.0, -2.0, 0.5]) + 0.3, 1, 0) == pytest.approx(0, abs=1e-6)


@pytest.mark.parametrize("size", [9, 17])
def test_bending_approaches_the_integral_of_the_second_derivative(size):
    # f = r^2: the integral of f''^2 is 4; a lattice has (n - 2) n^2 of n^3 ... cells of h^3
    expected = 4 * (size - 2) * size**2 / (size - 1) ** 3
    assert energy(red(size) ** 2, 1, 0) == pytest.approx(expected, rel=1e-6)


def test_mixed_second_derivatives_count_twice():
    colors = identity_lut(9).astype(np.float64)
    # f = r g: f_rg = 1, counted twice; (n - 1)^2 n cells of h^3
    assert energy(colors[..., 0] * colors[..., 1], 1, 0) == pytest.approx(2 * 9 / 8, rel=1e-6)


def test_stretching_approaches_the_integral_of_the_squared_slope():
    # f = r: (n - 1) n^2 edges of slope 1, h^3 each
    assert energy(red(9), 0, 1) == pytest.approx(9**2 / 8**2, rel=1e-6)


def lattice_problem(size):
    """Two hundred colours known, the rest smooth: the same problem at every size."""
    nodes, shares = tetrahedral_weights(np.random.default_rng(5).random((200, 3)), size)
    rows = np.repeat(np.arange(200), 4)
    design = sparse.csr_matrix((shares.ravel(), (rows, nodes.ravel())), shape=(200, size**3))
    return (design.T @ design / 200 + smoothness(size, 1e-6, 1e-6)).tocsr()


def test_the_exact_solver_agrees_with_numpy():
    matrix = lattice_problem(5)
    target = RNG.random((125, 3))
    np.testing.assert_allclose(
        ExactSolver(matrix)(target), np.linalg.solve(matrix.toarray(), target), rtol=1e-6
    )


def test_the_iterative_solver_agrees_with_the_exact_one():
    matrix, coarse = lattice_problem(9), lattice_problem(5)
    target = RNG.random((729, 3)) * matrix.diagonal()[:, None]
    answer = solve_symmetric(
        matrix,
        target,
        np.zeros_like(target),
        Multilevel(9, matrix, {5: coarse}),
        max_steps=3000,
        tolerance=1e-9,
    )
    expected = ExactSolver(matrix)(target)
    np.testing.assert_allclose(answer, expected, atol=1e-6 * np.abs(expected).max())


def test_starting_at_the_answer_changes_nothing():
    matrix = lattice_problem(9)
    answer = RNG.random((729, 3))
    again = solve_symmetric(
        matrix, matrix @ answer, answer, Multilevel(9, matrix, {5: lattice_problem(5)})
    )
    np.testing.assert_allclose(again, answer, atol=1e-9)


def test_coarser_lattices_save_steps():
    matrix = lattice_problem(17)
    target = RNG.random((17**3, 1)) * matrix.diagonal()[:, None]
    start = np.zeros_like(target)
    expected = solve_symmetric(matrix, target, start, lambda r: r, max_steps=4000, tolerance=1e-9)
    coarser = {9: lattice_problem(9)}
    few = solve_symmetric(
        matrix, target, start, Multilevel(17, matrix, coarser), max_steps=60, tolerance=1e-9
    )
    plain = solve_symmetric(matrix, target, start, lambda r: r, max_steps=60, tolerance=1e-9)
    assert np.abs(few - expected).max() < 0.05 * np.abs(plain - expected).max()
