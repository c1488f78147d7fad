"""Neighbourhood filters, by hand."""

import numpy as np
import pytest
from scipy import ndimage

from daemon.imaging.filters import (
    box_mean,
    gradient,
    gradient_magnitude,
    luma,
)


def test_luma_weighs_green_most():
    np.testing.assert_allclose(luma(np.eye(3, dtype=np.float32)), [0.30, 0.59, 0.11], atol=1e-6)


def test_the_box_mean_is_the_mean_of_its_window():
    image = np.zeros((7, 7), np.float32)
    image[3, 3] = 9
    np.testing.assert_allclose(box_mean(image, 3)[2:5, 2:5], 1, atol=1e-6)
    assert box_mean(image, 3)[1, 3] == pytest.approx(0, abs=1e-6)


@pytest.mark.parametrize("size_px", [1, 2, 3, 4, 5, 7, 12])
@pytest.mark.parametrize("shape", [(1, 1), (3, 200), (200, 3, 2), (150, 220, 3)])
def test_the_box_mean_agrees_with_scipy(shape, size_px):
    image = np.random.default_rng(8).random(shape).astype(np.float32)
    expected = image.astype(np.float64)
    for axis in (0, 1):
        expected = ndimage.uniform_filter1d(expected, size_px, axis=axis, mode="nearest")
    np.testing.assert_allclose(box_mean(image, size_px), expected, atol=1e-6)


def test_the_gradient_of_a_slope_is_the_slope():
    rows, columns = np.mgrid[0:9, 0:9].astype(np.float32)
    down, right = gradient(3 * rows + 4 * columns)
    np.testing.assert_allclose(down[1:-1, 1:-1], 3, atol=1e-5)
    np.testing.assert_allclose(right[1:-1, 1:-1], 4, atol=1e-5)
    magnitude = gradient_magnitude(3 * rows + 4 * columns)
    np.testing.assert_allclose(magnitude[1:-1, 1:-1], 5, atol=1e-5)
