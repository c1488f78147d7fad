"""Similar colours and ranges of brightness: against CIELAB itself, connected or everywhere."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import ndimage

from daemon.imaging.difference import srgb_to_lab
from daemon.imaging.masks import similar as similar_colours
from daemon.imaging.masks.luminosity import luminosity
from daemon.imaging.masks.similar import SOFT_STEP, connected, cut, similar

PIXELS = arrays(np.uint8, (6, 7, 3), elements=st.integers(0, 255))


def calm() -> None:
    return


def selected(pixels: np.ndarray, row: int, column: int, tolerance: float) -> np.ndarray:
    return similar(pixels, row, column, tolerance=tolerance, to_lab=srgb_to_lab, checkpoint=calm)


def by_definition(pixels: np.ndarray, row: int, column: int, tolerance: float) -> np.ndarray:
    lab = srgb_to_lab(pixels / 255)
    distance = np.linalg.norm(lab - lab[row, column], axis=-1)
    soft = min(SOFT_STEP, tolerance)
    share = np.clip((tolerance + soft - distance) / soft, 0, 1) if soft else distance == 0
    return share * 255


# ---------------------------------------------------------------- similar colours


@settings(max_examples=10)
@given(PIXELS, st.sampled_from([0.0, 1.0, 7.5, 12.0]))
def test_similar_is_a_distance_in_cielab(pixels: np.ndarray, tolerance: float) -> None:
    pixels[3:] = np.clip(pixels[2, 3].astype(int) + pixels[3:] // 24 - 5, 0, 255)
    expected = by_definition(pixels, 2, 3, tolerance)
    assert np.abs(selected(pixels, 2, 3, tolerance) - expected).max() <= 1


@settings(max_examples=10)
@given(PIXELS, st.sampled_from([30.0, 60.0, 300.0]))
def test_a_wide_reach_is_at_most_half_a_level_off(pixels: np.ndarray, tolerance: float) -> None:
    lab = srgb_to_lab(pixels / 255)
    distance = np.linalg.norm(lab - lab[2, 3], axis=-1)
    result = selected(pixels, 2, 3, tolerance)
    assert (result[distance < tolerance - 1.5] == 255).all()
    assert (result[distance > tolerance + SOFT_STEP + 1.5] == 0).all()


@settings(max_examples=10)
@given(PIXELS, st.sampled_from([0.0, 5.0, 80.0]))
def test_the_pixel_that_was_clicked_is_always_selected(pixels: np.ndarray, by: float) -> None:
    assert selected(pixels, 2, 3, by)[2, 3] == 255


@settings(max_examples=10)
@given(PIXELS)
def test_a_larger_tolerance_selects_no_less(pixels: np.ndarray) -> None:
    assert (selected(pixels, 0, 0, 12) >= selected(pixels, 0, 0, 6)).all()


def test_the_borders_of_the_colour_cube_are_no_limit() -> None:
    levels = np.array([0, 1, 7, 8, 127, 128, 247, 248, 254, 255], np.uint8)
    grid = np.stack(np.meshgrid(levels, levels, levels), axis=-1).reshape(10, 100, 3)
    for row, column in ((0, 0), (9, 99), (4, 37)):
        expected = by_definition(grid, row, column, 9)
        assert np.abs(selected(grid, row, column, 9) - expected).max() <= 1


def test_sixteen_bits_select_what_eight_bits_do() -> None:
    pixels = np.arange(6 * 9 * 3, dtype=np.uint8).reshape(6, 9, 3)
    deep = pixels.astype(np.uint16) * 257
    assert np.array_equal(selected(deep, 1, 1, 10), selected(pixels, 1, 1, 10))


def test_transparency_does_not_matter() -> None:
    pixels = np.full((3, 4, 4), 90, np.uint8)
    pixels[..., 3] = np.arange(4)
    assert (selected(pixels, 0, 0, 1) == 255).all()


# ---------------------------------------------------------------- connected


def whole(values: np.ndarray, row: int, column: int) -> np.ndarray:
    box, kept = connected(values, row, column, calm)
    result = np.zeros_like(values)
    result[box.slices] = kept
    return result


@given(arrays(np.uint8, (12, 15), elements=st.sampled_from([0, 120, 255])))
def test_connected_is_one_component_with_its_soft_border(values: np.ndarray) -> None:
    values[5, 6] = 255
    labels, _ = ndimage.label(values == 255)
    core = labels == labels[5, 6]
    near = ndimage.binary_dilation(core, np.ones((3, 3)))
    assert np.array_equal(whole(values, 5, 6), np.where(near, values, 0))


def test_a_component_larger_than_the_first_look_is_followed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(similar_colours, "_FIRST_WINDOW_PX", 4)
    values = np.zeros((60, 70), np.uint8)
    values[30, 3:66] = 255
    values[5:31, 65] = 255
    values[50:55, 20:25] = 255
    expected = values.copy()
    expected[50:55, 20:25] = 0
    assert np.array_equal(whole(values, 30, 10), expected)


def test_corners_do_not_connect() -> None:
    values = np.zeros((4, 4), np.uint8)
    values[0, 0] = values[1, 1] = values[2, 2] = 255
    result = whole(values, 0, 0)
    assert result[2, 2] == 0


def test_nothing_selected_is_an_empty_box() -> None:
    box, values = cut(np.zeros((5, 6), np.uint8))
    assert box.is_empty
    assert values.size == 0


# ---------------------------------------------------------------- brightness


def ramp(dtype: type[np.generic]) -> np.ndarray:
    full = int(np.iinfo(dtype).max)
    gray = np.linspace(0, full, 256).round().astype(dtype)
    return np.repeat(gray[None, :, None], 3, axis=2)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_brightness_is_selected_between_its_ends(dtype: type[np.generic]) -> None:
    row = luminosity(ramp(dtype), 0.2, 0.6, 0.0, calm)[0]
    assert np.array_equal(np.flatnonzero(row), np.arange(51, 154))
    assert set(row) == {0, 255}


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_soft_ends_fall_to_nothing_over_the_softness(dtype: type[np.generic]) -> None:
    row = luminosity(ramp(dtype), 0.4, 0.6, 0.2, calm)[0].astype(int)
    assert (row[102:154] == 255).all()
    assert abs(row[77] - 128) <= 3
    assert abs(row[178] - 128) <= 3
    assert row[50] == row[205] == 0


def test_all_of_the_range_selects_all() -> None:
    assert (luminosity(ramp(np.uint8), 0, 1, 0, calm) == 255).all()


def test_brightness_counts_the_colours_as_the_histogram_does() -> None:
    pixels = np.array([[[255, 0, 0], [0, 255, 0], [0, 0, 255]]], np.uint8)
    assert luminosity(pixels, 0.5, 1, 0, calm).tolist() == [[0, 255, 0]]
    assert luminosity(pixels, 0.15, 0.5, 0, calm).tolist() == [[255, 0, 0]]
