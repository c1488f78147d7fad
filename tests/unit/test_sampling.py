"""Blurring and thinning in one pass."""

import numpy as np
import pytest

from daemon.imaging.resample import AxisMap
from daemon.imaging.sampling import COMPARED_PX, Grid, sample

SAME = AxisMap()


def test_a_small_picture_has_a_point_on_each_pixel():
    assert Grid.on(40, 30) == Grid(40, 30, 1.0)


def test_a_large_picture_has_so_many_points_and_no_more():
    grid = Grid.on(3000, 2000)
    assert grid.height * grid.width <= COMPARED_PX
    assert grid.height * grid.width > 0.98 * COMPARED_PX


@pytest.mark.parametrize("size", [(1, 1), (50, 70), (900, 800)])
def test_an_even_picture_stays_even(size):
    grid = Grid.on(*size)
    image = np.full((*size, 3), 0.3, np.float32)
    points = sample(image, *grid.axes(SAME, SAME))
    assert points.shape == (grid.height, grid.width, 3)
    np.testing.assert_allclose(points, 0.3, atol=1e-6)


def test_points_lie_in_the_middle_of_their_squares():
    slope = np.repeat(np.arange(1200, dtype=np.float32)[:, None], 1200, axis=1)
    grid = Grid.on(1200, 1200)
    rows, columns = grid.axes(SAME, SAME)
    points = sample(slope, rows, columns)
    # the square of point k covers the pixels k * step to (k + 1) * step
    middle = (np.arange(grid.height) + 0.5) * grid.step - 0.5
    np.testing.assert_allclose(points[10:-10, 50], middle[10:-10], atol=0.02)


def test_a_shifted_picture_is_sampled_where_it_lies():
    slope = np.repeat(np.arange(60, dtype=np.float32)[:, None], 50, axis=1)
    points = sample(slope, *Grid.on(40, 50).axes(AxisMap(1.0, 7.25), SAME))
    np.testing.assert_allclose(points[:, 25], np.arange(40) + 7.25, atol=0.02)
