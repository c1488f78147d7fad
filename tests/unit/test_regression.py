"""Binning by hand, the affine base, and lattices that explain their samples."""

import numpy as np
import pytest

from daemon.imaging.lattice import identity_lut, interpolate
from daemon.imaging.regression import AffineBase, ColorCells, Samples, Smoothing, fit_lattice

RNG = np.random.default_rng(51)


def samples_of(change, count=4000):
    colors = RNG.random((count, 3))
    return Samples(colors, change(colors), np.full(count, 1 / count))


def test_a_cell_holds_the_weighted_means_of_both_sides():
    colors = np.array([[0.1, 0.1, 0.1], [0.2, 0.1, 0.1], [0.9, 0.9, 0.9]], np.float32)
    targets = np.array([[0.4, 0, 0], [0.7, 0, 0], [1, 1, 1]], np.float32)
    cells = ColorCells(colors, 2)
    samples = cells.average(targets, np.array([1, 2, 0], np.float32), crowd=1e9)
    np.testing.assert_allclose(samples.colors, [[0.5 / 3, 0.1, 0.1]], atol=1e-6)
    np.testing.assert_allclose(samples.targets, [[0.6, 0, 0]], atol=1e-6)
    assert samples.weights.tolist() == [1.0]


def test_crowded_cells_count_for_little_more():
    colors = np.concatenate([np.full((90, 3), 0.1), np.full((10, 3), 0.9)]).astype(np.float32)
    samples = ColorCells(colors, 4).average(colors, np.ones(100, np.float32), crowd=30)
    # 90 / (1 + 3) = 22.5 against 10 / (1 + 1/3) = 7.5
    np.testing.assert_allclose(samples.weights, [0.75, 0.25], atol=1e-6)


def test_no_weight_leaves_no_samples():
    colors = RNG.random((10, 3)).astype(np.float32)
    samples = ColorCells(colors, 8).average(colors, np.zeros(10, np.float32), crowd=30)
    assert samples.colors.shape == (0, 3)


def test_without_samples_the_lattice_is_the_identity():
    empty = Samples(np.zeros((0, 3)), np.zeros((0, 3)), np.zeros(0))
    lut = fit_lattice(empty, 9, AffineBase(empty), Smoothing())
    np.testing.assert_allclose(lut, identity_lut(9), atol=1e-6)


def test_white_and_out_of_range_colours_fall_into_the_last_cell():
    cells = ColorCells(np.array([[1, 1, 1], [1.2, 1, 1], [-0.1, 0, 0]], np.float32), 64)
    samples = cells.average(np.zeros((3, 3), np.float32), np.ones(3, np.float32), crowd=1e9)
    assert len(samples.weights) == 2


def test_the_base_finds_an_affine_change():
    matrix = np.array([[1.1, 0.05, 0], [0, 0.9, 0.1], [0.02, 0, 0.8]])
    samples = samples_of(lambda x: x @ matrix + 0.03)
    found = AffineBase(samples, ridge=1e-9)(np.eye(3))
    np.testing.assert_allclose(found, matrix + 0.03, atol=1e-6)


def test_the_base_of_a_single_colour_hardly_turns_the_rest():
    samples = Samples(np.full((1, 3), 0.5), np.full((1, 3), 0.6), np.ones(1))
    moved = AffineBase(samples)(np.full((1, 3), 0.5))
    np.testing.assert_allclose(moved, 0.6, atol=1e-2)


@pytest.mark.parametrize(("size", "error"), [(5, 0.012), (9, 0.005), (17, 0.003), (20, 0.003)])
def test_a_smooth_change_is_found_everywhere(size, error):
    def change(x):
        return x**1.5 * 0.8 + 0.1

    samples = samples_of(change)
    lut = fit_lattice(samples, size, AffineBase(samples), Smoothing())
    colors = RNG.uniform(0.1, 1, (500, 3))
    np.testing.assert_allclose(interpolate(lut, colors), change(colors), atol=error)


def test_a_lattice_that_begins_near_the_truth_ends_where_one_from_nothing_does():
    samples = samples_of(lambda colors: colors**1.3 * 0.9)
    base = AffineBase(samples)
    anew = fit_lattice(samples, 33, base, Smoothing())
    begun = fit_lattice(samples, 17, base, Smoothing())
    again = fit_lattice(samples, 33, base, Smoothing(), max_steps=10, start=begun)
    np.testing.assert_allclose(again, anew, atol=1 / 255)
