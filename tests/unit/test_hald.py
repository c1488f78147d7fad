"""Hald CLUTs: pictures of lattices, read and written; what is none is refused with its reason."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from daemon.imaging.hald import HaldError, hald_from_lut, lut_from_hald, nearest_level
from daemon.imaging.lattice import identity_lut, interpolate


def noisy_lut(size: int) -> np.ndarray:
    noise = np.random.default_rng(3).uniform(-0.2, 0.2, (size, size, size, 3))
    return np.clip(identity_lut(size) + noise, 0, 1).astype(np.float32)


def test_the_first_pixels_of_a_hald_are_the_shades_of_red() -> None:
    picture = hald_from_lut(identity_lut(4), 2, np.uint8)
    assert picture.shape == (8, 8, 3)
    assert picture[0, :4].tolist() == [[0, 0, 0], [85, 0, 0], [170, 0, 0], [255, 0, 0]]


def test_after_red_comes_green_and_then_blue() -> None:
    picture = hald_from_lut(identity_lut(4), 2, np.uint8).reshape(-1, 3)
    assert picture[4].tolist() == [0, 85, 0]
    assert picture[16].tolist() == [0, 0, 85]
    assert picture[-1].tolist() == [255, 255, 255]


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@given(level=st.integers(2, 5))
def test_a_lattice_of_the_pictures_size_is_read_as_it_was_drawn(
    dtype: type[np.uint8] | type[np.uint16], level: int
) -> None:
    lut = noisy_lut(level**2)
    read, held = lut_from_hald(hald_from_lut(lut, level, dtype))
    assert held == level**2
    np.testing.assert_allclose(read, lut, atol=0.51 / np.iinfo(dtype).max)


def test_transparency_counts_for_nothing() -> None:
    picture = hald_from_lut(noisy_lut(4), 2)
    clear = np.concatenate([picture, np.zeros((8, 8, 1), np.uint16)], axis=2)
    assert (lut_from_hald(clear)[0] == lut_from_hald(picture)[0]).all()


def test_a_lattice_of_another_size_is_interpolated() -> None:
    lut = noisy_lut(3)
    read, _ = lut_from_hald(hald_from_lut(lut, 3))
    np.testing.assert_allclose(read, interpolate(lut, identity_lut(9)), atol=1e-5)


def test_a_picture_of_more_nodes_than_can_be_used_is_reduced() -> None:
    red = np.linspace(0, 65535, 144).round().astype(np.uint16)
    picture = np.zeros((144, 144, 144, 3), np.uint16)
    picture[..., 0] = red
    lut, held = lut_from_hald(picture.reshape(1728, 1728, 3))
    assert (held, lut.shape[0]) == (144, 129)
    np.testing.assert_allclose(lut[:, 5, 7, 0], np.linspace(0, 1, 129), atol=2e-5)


def test_values_outside_zero_to_one_are_cut() -> None:
    lut = np.full((4, 4, 4, 3), 1.5, np.float32)
    lut[..., 2] = -0.5
    assert (hald_from_lut(lut, 2, np.uint8) == [255, 255, 0]).all()


@pytest.mark.parametrize(
    ("shape", "reason"),
    [
        ((8, 8), "is gray"),
        ((8, 8, 1), "is gray"),
        ((8, 9, 3), "is no square"),
        ((9, 9, 3), "is 9 pixels wide"),
        ((1, 1, 3), "is 1 pixels wide"),
        ((4913, 4913, 3), "is 4913 pixels wide"),
    ],
)
def test_a_picture_that_is_no_hald_is_refused_with_the_reason(
    shape: tuple[int, ...], reason: str
) -> None:
    with pytest.raises(HaldError, match=reason):
        lut_from_hald(np.broadcast_to(np.uint8(0), shape))


@pytest.mark.parametrize(("size", "level"), [(2, 2), (4, 2), (17, 4), (33, 6), (65, 8), (129, 11)])
def test_the_nearest_level_is_taken(size: int, level: int) -> None:
    assert nearest_level(size) == level


@pytest.mark.parametrize("level", [1, 17])
def test_there_are_no_other_levels(level: int) -> None:
    with pytest.raises(ValueError, match="level of 2 to 16"):
        hald_from_lut(identity_lut(2), level)
