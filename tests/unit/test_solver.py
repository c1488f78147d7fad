"""Energies of roughness by integral, solvers against numpy's own."""

import numpy as np
import pytest
from scipy import sparse

from daemon.imaging.lattice import identity_lut, tetrahedral_weights
from daemon.imaging.solver import ExactSolver, refine, smoothness, solve_symmetric

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
    matrix = lattice_problem(9)
    target = RNG.random((729, 3)) * matrix.diagonal()[:, None]
    answer = solve_symmetric(matrix, target, max_steps=3000, tolerance=1e-9)
    expected = ExactSolver(matrix)(target)
    np.testing.assert_allclose(answer, expected, atol=1e-6 * np.abs(expected).max())


def test_where_nothing_is_missing_nothing_is_added():
    assert not solve_symmetric(lattice_problem(9), np.zeros((729, 3))).any()


def test_refining_keeps_the_nodes_and_follows_a_cubic_between_them():
    def curve(x):
        # no curvature at either end, like a natural spline
        return x**3 - 1.5 * x**2 + 0.5 * x

    coarse, fine = identity_lut(9).astype(np.float64), identity_lut(33).astype(np.float64)
    refined = refine(curve(coarse[..., :1]), 33)
    np.testing.assert_allclose(refined[::4, ::4, ::4], curve(coarse[..., :1]), atol=1e-12)
    flat = refine(coarse @ np.array([[0.2], [0.5], [-0.3]]), 33)
    np.testing.assert_allclose(flat, fine @ np.array([[0.2], [0.5], [-0.3]]), atol=1e-6)
