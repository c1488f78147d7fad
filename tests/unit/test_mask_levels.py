"""Smaller copies of a mask, and the line where it is half."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from daemon.imaging.masks.boxes import Box
from daemon.imaging.masks.contour import ant_colors, contour_pixels
from daemon.imaging.masks.pyramid import Pyramid, halve

sizes = st.tuples(st.integers(1, 300), st.integers(1, 300))


def noise(height: int, width: int) -> np.ndarray:
    return np.random.default_rng(height * 1000 + width).integers(0, 256, (height, width), np.uint8)


def test_halving_averages_two_by_two_and_rounds_to_the_nearest() -> None:
    values = np.uint8([[0, 255, 10], [0, 0, 30], [7, 8, 200]])
    assert halve(values).tolist() == [[64, 20], [8, 200]]


@given(sizes, st.sampled_from((0, 1, 128, 254, 255)))
def test_an_even_mask_stays_even(size: tuple[int, int], value: int) -> None:
    pyramid = Pyramid(np.full(size, value, np.uint8))
    pyramid.update(Box(0, 0, size[1], size[0]))
    assert {int(v) for level in pyramid.levels for v in np.unique(level)} == {value}


@given(sizes, st.data())
def test_updating_boxes_gives_what_updating_all_gives(
    size: tuple[int, int], data: st.DataObject
) -> None:
    height, width = size
    left, top = data.draw(st.integers(0, width - 1)), data.draw(st.integers(0, height - 1))
    box = Box(
        left, top, data.draw(st.integers(left + 1, width)), data.draw(st.integers(top + 1, height))
    )
    values = noise(*size)
    pyramid = Pyramid(values)
    pyramid.update(Box(0, 0, width, height))
    values[box.slices] = ~values[box.slices]
    pyramid.update(box)
    fresh = Pyramid(values)
    fresh.update(Box(0, 0, width, height))
    assert all(map(np.array_equal, pyramid.levels, fresh.levels))


@given(sizes)
def test_no_level_is_more_than_half_of_the_one_before(size: tuple[int, int]) -> None:
    shapes = [level.shape for level in Pyramid(np.zeros(size, np.uint8)).levels]
    assert shapes[1:] == [((h + 1) // 2, (w + 1) // 2) for h, w in shapes[:-1]]
    assert max(shapes[-1]) <= 64


def test_the_level_that_fits_has_nearly_as_many_pixels_as_are_shown() -> None:
    pyramid = Pyramid(np.zeros((6144, 8192), np.uint8))
    assert [pyramid.level_for(scale) for scale in (8, 1, 0.63, 0.6, 0.3, 0.15, 0.001)] == [
        0, 0, 0, 1, 2, 3, 7
    ]  # fmt: skip


def test_levels_take_a_third_of_the_mask() -> None:
    assert Pyramid(np.zeros((4096, 4096), np.uint8)).size_bytes <= 4096 * 4096 / 3


def test_the_line_goes_round_what_is_half_selected() -> None:
    values = np.zeros((6, 7), np.uint8)
    values[1:5, 1:6] = 128
    values[0, 0] = 127
    line = contour_pixels(values)
    assert line.astype(int).tolist() == [
        [1, 1, 1, 1, 1],
        [1, 0, 0, 0, 1],
        [1, 0, 0, 0, 1],
        [1, 1, 1, 1, 1],
    ]


def test_ants_are_as_long_as_told_and_move_by_a_pixel() -> None:
    columns = np.arange(12)
    rows = np.zeros(12, np.int64)
    still = ant_colors(rows, columns, 0, 3)
    assert still.astype(int).tolist() == [1, 1, 1, 0, 0, 0, 1, 1, 1, 0, 0, 0]
    assert np.array_equal(ant_colors(rows, columns, 1, 3)[:-1], still[1:])
