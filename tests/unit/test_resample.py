"""Moving and shrinking images: exact where arithmetic says so."""

import numpy as np
import pytest

from daemon.imaging.resample import AxisMap, resample, shrink, stretch

RNG = np.random.default_rng(21)


def ramp(height, width):
    rows, columns = np.mgrid[0:height, 0:width].astype(np.float32)
    return 3 * rows + 5 * columns


def test_the_plain_map_returns_the_image():
    image = RNG.random((9, 13, 3), dtype=np.float32)
    np.testing.assert_allclose(resample(image, (9, 13), AxisMap(), AxisMap()), image, atol=1e-7)


@pytest.mark.parametrize("cubic", [True, False])
def test_a_slope_moves_by_parts_of_a_pixel(cubic):
    moved = resample(ramp(12, 14), (12, 14), AxisMap(1, 0.25), AxisMap(1, -0.5), cubic=cubic)
    expected = ramp(12, 14) + 3 * 0.25 - 5 * 0.5
    np.testing.assert_allclose(moved[3:-3, 3:-3], expected[3:-3, 3:-3], atol=1e-4)


def test_a_shift_by_whole_pixels_takes_the_neighbours():
    image = RNG.random((8, 8), dtype=np.float32)
    moved = resample(image, (8, 8), AxisMap(1, 2), AxisMap(1, -1))
    np.testing.assert_allclose(moved[:6, 1:], image[2:, :7], atol=1e-7)


def test_beyond_the_image_its_edge_is_repeated():
    image = RNG.random((4, 4), dtype=np.float32)
    moved = resample(image, (4, 4), AxisMap(1, 10), AxisMap())
    np.testing.assert_allclose(moved, np.repeat(image[3:], 4, axis=0), atol=1e-7)


def test_an_even_image_stays_even_at_any_size():
    image = np.full((31, 17, 3), 0.25, np.float32)
    small = resample(image, (7, 5), AxisMap.stretch(31, 7), AxisMap.stretch(17, 5))
    np.testing.assert_allclose(small, 0.25, atol=1e-6)


def test_stretching_maps_edge_to_edge():
    axis = AxisMap.stretch(8, 4)
    assert axis.positions(4).tolist() == [0.5, 2.5, 4.5, 6.5]


def test_shrinking_keeps_slopes_in_their_place():
    small = shrink(ramp(40, 48), 4)
    assert small.shape == (10, 12)
    # the middle of target pixel (2, 3) is source (9.5, 13.5)
    assert small[2, 3] == pytest.approx(3 * 9.5 + 5 * 13.5, abs=1e-3)


def test_shrinking_removes_what_is_too_fine_to_show():
    stripes = np.tile(np.array([0.0, 1.0], np.float32), (32, 16))
    np.testing.assert_allclose(shrink(stripes, 4)[2:-2, 2:-2], 0.5, atol=1e-6)


def test_shrinking_by_one_returns_the_image_itself():
    image = ramp(4, 4)
    assert shrink(image, 1) is image


def test_shrinking_far_leaves_one_pixel():
    assert shrink(ramp(5, 9), 50).shape == (1, 1)


@pytest.mark.parametrize("step", [2, 3.5, 4])
def test_a_map_on_a_coarser_level_says_the_same(step):
    axis = AxisMap(1.02, -3.7)
    # centre of coarse target pixel 5, taken through the fine map by hand
    fine_target = (5 + 0.5) * step - 0.5
    fine_source = 1.02 * fine_target - 3.7
    expected = (fine_source + 0.5) / step - 0.5
    assert axis.on_level(step).positions(6)[5] == pytest.approx(expected)


def test_stretching_to_another_size_keeps_the_edges_in_place():
    small = stretch(ramp(30, 50), (10, 20))
    # the middle of target pixel (4, 10) is source (13, 25.75)
    assert small[4, 10] == pytest.approx(3 * 13 + 5 * 25.75, abs=0.1)
