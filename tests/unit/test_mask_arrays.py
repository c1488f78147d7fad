"""Shapes and types of masks at every seam: what goes in, what comes out, what is left alone."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from daemon.decode.mask_file import ValuesFile, fill_values_file, read_mask, write_mask
from daemon.imaging.difference import srgb_to_lab
from daemon.imaging.masks import morphology
from daemon.imaging.masks.boxes import Box
from daemon.imaging.masks.geometry import box_of, grown_box
from daemon.imaging.masks.luminosity import luminosity
from daemon.imaging.masks.resizing import resize_mask
from daemon.imaging.masks.similar import connected, cut, similar
from daemon.protocol.errors import RabbitError

Change = Callable[[np.ndarray], tuple[Box, np.ndarray]]


def calm() -> None:
    return


def painted(height: int = 23, width: int = 31) -> np.ndarray:
    mask = np.zeros((height, width), np.uint8)
    mask[5:15, 8:20] = 255
    mask[9:11, 12:14] = 0
    return mask


CHANGES: dict[str, Change] = {
    "grow": lambda mask: morphology.grow(mask, 3.5, calm),
    "shrink": lambda mask: morphology.shrink(mask, 2, calm),
    "feather": lambda mask: morphology.feather(mask, 4, calm),
    "wide feather": lambda mask: morphology.feather(mask, 70, calm),
    "smooth": lambda mask: morphology.smooth(mask, 3, calm),
    "fill holes": lambda mask: morphology.fill_holes(mask, calm),
    "connected": lambda mask: connected(mask, 6, 9, calm),
    "cut": cut,
}
SELECTIONS = {
    "similar": lambda pixels: similar(
        pixels, 2, 3, tolerance=2, to_lab=srgb_to_lab, checkpoint=calm
    ),
    "luminosity": lambda pixels: luminosity(pixels, 0.2, 0.8, 0.1, calm),
}


@pytest.mark.parametrize("name", CHANGES)
def test_a_change_gives_the_values_of_its_box(name: str) -> None:
    box, values = CHANGES[name](painted())
    assert values.dtype == np.uint8
    assert values.shape == (box.height, box.width)
    assert values.flags.c_contiguous
    assert 0 <= box.left < box.right <= 31
    assert 0 <= box.top < box.bottom <= 23


@pytest.mark.parametrize("name", CHANGES)
def test_a_change_leaves_the_mask_itself_alone(name: str) -> None:
    mask = painted()
    mask.setflags(write=False)
    CHANGES[name](mask)
    assert np.array_equal(mask, painted())


@pytest.mark.parametrize("name", CHANGES)
def test_a_part_of_a_larger_array_will_do(name: str) -> None:
    larger = np.zeros((60, 70), np.uint8)
    part = larger[7:30, 11:42]
    part[...] = painted()
    box, values = CHANGES[name](part)
    expected_box, expected = CHANGES[name](painted())
    assert box == expected_box
    assert np.array_equal(values, expected)


@pytest.mark.parametrize("name", SELECTIONS)
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("channels", [3, 4])
def test_a_selection_has_the_photos_rows_and_columns(
    name: str, dtype: type[np.generic], channels: int
) -> None:
    values = SELECTIONS[name](np.zeros((9, 13, channels), dtype))
    assert values.shape == (9, 13)
    assert values.dtype == np.uint8


@given(st.integers(1, 9), st.integers(1, 9))
def test_the_smallest_masks_can_be_changed(height: int, width: int) -> None:
    mask = np.full((height, width), 255, np.uint8)
    for radius in (1.0, 30.0):
        for change in (morphology.grow, morphology.shrink, morphology.feather, morphology.smooth):
            box, values = change(mask, radius, calm)
            assert values.shape == (box.height, box.width)
            assert (values == 255).all()


def test_a_mask_file_is_one_gray_channel_of_eight_bits(tmp_path: Path) -> None:
    mask = painted()
    path = bytes(tmp_path / "mask.png")
    write_mask(path, 31, 23, lambda top, bottom: mask[top:bottom], calm)
    with Image.open(tmp_path / "mask.png") as picture:
        assert (picture.mode, picture.size) == ("L", (31, 23))
    found = read_mask(path)
    assert (found.shape, found.dtype) == ((23, 31), np.uint8)
    assert found.flags.writeable
    assert np.array_equal(found, mask)


def test_values_for_painting_are_rows_from_the_top(tmp_path: Path) -> None:
    mask = painted()
    path = tmp_path / "values"
    fill_values_file(bytes(path), 100, mask.shape, mask)
    assert path.read_bytes()[100:] == mask.tobytes()
    with ValuesFile(bytes(path), 100, 31, 23) as file:
        assert np.array_equal(file.read_rows(4, 9), mask[4:9])
        assert np.array_equal(file.read(), mask)


def test_another_size_is_a_mask_too() -> None:
    result = resize_mask(painted(), 50, 11)
    assert (result.shape, result.dtype) == ((11, 50), np.uint8)


def test_a_box_is_the_smallest_around_what_is_painted() -> None:
    assert box_of(painted()) == Box(8, 5, 20, 15)
    assert grown_box(box_of(painted()), 9, Box(0, 0, 31, 23)) == Box(0, 0, 29, 23)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="the system has no FIFOs")
def test_a_painting_is_read_from_a_plain_file_only(tmp_path: Path) -> None:
    pipe, link, real = tmp_path / "pipe", tmp_path / "link", tmp_path / "real"
    os.mkfifo(pipe)
    real.write_bytes(bytes(500))
    link.symlink_to(real)
    for path in (pipe, link):
        with pytest.raises(RabbitError, match="no plain file"):
            ValuesFile(bytes(path), 0, 4, 3)


def test_a_folder_that_cannot_be_written_is_not_told_as_a_full_disk(tmp_path: Path) -> None:
    (tmp_path / "values").mkdir()
    with pytest.raises(RabbitError, match="cannot be written") as refused:
        fill_values_file(bytes(tmp_path / "values"), 0, (3, 4), None)
    assert refused.value.info.hint == "Check that the folder can be written."
