"""Grow, shrink, feather, smooth and fill holes: against their definitions, and as properties."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from scipy import ndimage

from daemon.imaging.masks import morphology
from daemon.imaging.masks.blur import SIGMAS_IN_RADIUS, blurred
from daemon.imaging.masks.boxes import Box
from daemon.imaging.masks.discs import dilated
from daemon.imaging.masks.morphology import fill_holes

VALUES = st.sampled_from([0, 0, 0, 1, 90, 128, 254, 255, 255])
MASKS = arrays(np.uint8, array_shapes(min_dims=2, max_dims=2, max_side=24), elements=VALUES)
RADII = st.sampled_from([0.0, 0.5, 1.0, 1.42, 2.0, 2.24, 3.7, 6.0])


def calm() -> None:
    return


def applied(mask: np.ndarray, box: Box, values: np.ndarray) -> np.ndarray:
    """Return the whole mask after a change."""
    result = mask.copy()
    result[box.slices] = values
    return result


def grown(mask: np.ndarray, radius: float) -> np.ndarray:
    return applied(mask, *morphology.grow(mask, radius, calm))


def shrunk(mask: np.ndarray, radius: float) -> np.ndarray:
    return applied(mask, *morphology.shrink(mask, radius, calm))


def feathered(mask: np.ndarray, radius: float) -> np.ndarray:
    return applied(mask, *morphology.feather(mask, radius, calm))


def smoothed(mask: np.ndarray, radius: float) -> np.ndarray:
    return applied(mask, *morphology.smooth(mask, radius, calm))


def filled(mask: np.ndarray) -> np.ndarray:
    return applied(mask, *fill_holes(mask, calm))


def disc(radius: float) -> np.ndarray:
    reach = int(radius)
    rows, columns = np.mgrid[-reach : reach + 1, -reach : reach + 1]
    return rows**2 + columns**2 <= radius**2


def square(side: int = 60, edge: int = 20, value: int = 255) -> np.ndarray:
    mask = np.zeros((side, side), np.uint8)
    mask[edge:-edge, edge:-edge] = value
    return mask


# ---------------------------------------------------------------- grow and shrink


@given(MASKS, RADII)
def test_growing_takes_the_largest_value_within_a_disc(mask: np.ndarray, radius: float) -> None:
    expected = ndimage.grey_dilation(mask, footprint=disc(radius), mode="constant", cval=0)
    assert np.array_equal(grown(mask, radius), expected)


@given(MASKS, RADII)
def test_shrinking_takes_the_smallest_value_within_a_disc(mask: np.ndarray, radius: float) -> None:
    expected = ndimage.grey_erosion(mask, footprint=disc(radius), mode="constant", cval=255)
    assert np.array_equal(shrunk(mask, radius), expected)


@given(MASKS, RADII)
def test_a_grown_mask_contains_the_mask(mask: np.ndarray, radius: float) -> None:
    assert (grown(mask, radius) >= mask).all()


@given(MASKS, RADII)
def test_a_shrunken_mask_lies_in_the_mask(mask: np.ndarray, radius: float) -> None:
    assert (shrunk(mask, radius) <= mask).all()


@given(MASKS, RADII)
def test_growing_and_shrinking_back_loses_nothing(mask: np.ndarray, radius: float) -> None:
    assert (shrunk(grown(mask, radius), radius) >= mask).all()


@given(MASKS, RADII)
def test_shrinking_and_growing_back_adds_nothing(mask: np.ndarray, radius: float) -> None:
    assert (grown(shrunk(mask, radius), radius) <= mask).all()


@given(MASKS, RADII, RADII)
def test_a_larger_radius_grows_no_less(mask: np.ndarray, first: float, second: float) -> None:
    small, large = sorted((first, second))
    assert (grown(mask, large) >= grown(mask, small)).all()


def test_a_pixel_grows_to_a_disc() -> None:
    mask = np.zeros((21, 21), np.uint8)
    mask[10, 10] = 200
    expected = np.zeros_like(mask)
    expected[5:16, 5:16] = disc(5) * 200
    assert np.array_equal(grown(mask, 5), expected)


@pytest.mark.parametrize("radius", [40.0, 150.0])
def test_squares_in_which_nothing_differs_are_right_too(radius: float) -> None:
    mask = np.zeros((700, 900), np.uint8)
    mask[:300, 100:800] = 255
    mask[350, 400] = 90
    near = ndimage.distance_transform_edt(mask != 255) <= radius
    near_gray = ndimage.distance_transform_edt(mask == 0) <= radius
    expected = np.where(near, 255, np.where(near_gray, 90, 0))
    assert np.array_equal(dilated(mask, radius, calm), expected)


# ---------------------------------------------------------------- feather


@pytest.mark.parametrize("radius", [2.0, 9.5, 30.0, 75.0])
def test_a_feather_is_a_gaussian_bell(radius: float) -> None:
    mask = square(260, 90)
    mask[120:140] = 77
    sigma = radius / SIGMAS_IN_RADIUS
    expected = ndimage.gaussian_filter(mask.astype(float), sigma, mode="nearest", truncate=8)
    assert np.abs(feathered(mask, radius) - expected).max() < 2


@pytest.mark.parametrize("radius", [8.0, 60.0])
def test_a_feather_ends_where_its_radius_does(radius: float) -> None:
    mask = np.zeros((9, 400), np.uint8)
    mask[:, 200:] = 255
    row = feathered(mask, radius)[4]
    assert not row[: 200 - int(radius) - 1].any()
    assert (row[200 + int(radius) + 1 :] == 255).all()
    assert row[199] + row[200] in (254, 255, 256)


@given(st.integers(0, 255), st.sampled_from([0.7, 5.0, 33.0, 120.0]))
def test_a_mask_of_one_value_stays_under_a_feather(value: int, radius: float) -> None:
    mask = np.full((37, 53), value, np.uint8)
    assert (blurred(mask, radius, calm) == value).all()


@given(MASKS)
def test_no_feather_changes_nothing(mask: np.ndarray) -> None:
    assert np.array_equal(feathered(mask, 0), mask)


# ---------------------------------------------------------------- smooth


def test_smoothing_rounds_corners_and_leaves_straight_edges() -> None:
    result = smoothed(square(), 6)
    assert result[20, 20] == 0
    assert (result[20, 30] == 255) == (result[30, 20] == 255)
    assert result[19, 30] < 128 <= result[20, 30]
    assert result[30, 30] == 255


def test_smoothing_takes_specks_away_and_fills_pinholes() -> None:
    mask = square()
    mask[5, 5] = 255
    mask[30, 30] = 0
    result = smoothed(mask, 4)
    assert result[5, 5] == 0
    assert result[30, 30] == 255


def test_smoothing_leaves_a_soft_edge_soft() -> None:
    mask = np.tile(np.clip(np.arange(-50, 250), 0, 200).astype(np.uint8), (40, 1))
    assert np.abs(smoothed(mask, 6).astype(int) - mask).max() <= 4


@given(MASKS, RADII)
def test_smoothing_stays_within_the_values_around(mask: np.ndarray, radius: float) -> None:
    reach = max(int(np.ceil(radius)), 1)
    result = smoothed(mask, radius)
    assert (result <= grown(mask, reach)).all()
    assert (result >= shrunk(mask, reach)).all()


# ---------------------------------------------------------------- holes


def test_a_hole_is_filled_and_a_bay_is_not() -> None:
    mask = square()
    mask[28:32, 28:32] = 0
    mask[20:30, 24:26] = 0
    expected = mask.copy()
    expected[28:32, 28:32] = 255
    assert np.array_equal(filled(mask), expected)


def test_a_hole_with_a_soft_rim_is_filled_to_the_ridge() -> None:
    rows, columns = np.mgrid[:80, :80]
    far = np.hypot(rows - 40, columns - 40)
    ring = np.clip(300 - np.abs(far - 25) * 30, 0, 255).astype(np.uint8)
    result = filled(ring)
    assert (result[far < 25] == 255).all()
    assert np.array_equal(result[far > 27], ring[far > 27])


def test_what_touches_the_photos_edge_is_open() -> None:
    mask = np.zeros((20, 20), np.uint8)
    mask[:10, 5] = mask[:10, 15] = mask[10, 5:16] = 255
    assert np.array_equal(filled(mask), mask)


@given(MASKS)
def test_filling_holes_twice_is_filling_them_once(mask: np.ndarray) -> None:
    once = filled(mask)
    assert (once >= mask).all()
    assert np.array_equal(filled(once), once)


@given(arrays(np.bool_, array_shapes(min_dims=2, max_dims=2, max_side=24)))
def test_holes_of_a_hard_mask_are_those_of_the_reference(mask: np.ndarray) -> None:
    hard = mask.astype(np.uint8) * 255
    assert np.array_equal(filled(hard), ndimage.binary_fill_holes(mask) * np.uint8(255))


# ---------------------------------------------------------------- stopping


def test_a_change_can_be_stopped() -> None:
    def stop() -> None:
        raise InterruptedError

    with pytest.raises(InterruptedError):
        morphology.grow(square(), 5, stop)
