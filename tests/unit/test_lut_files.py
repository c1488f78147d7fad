"""Masks and LUT files from anybody, read in a worker: never hangs, says what is wrong."""

import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from daemon.handlers.lut_files import read_lut, read_mask, write_lut
from daemon.protocol.errors import ErrorKind, RabbitError


def saved(path: Path, pixels: np.ndarray) -> bytes:
    Image.fromarray(pixels).save(path)
    return os.fsencode(path)


def refusal(read: object, *arguments: object) -> RabbitError:
    with pytest.raises(RabbitError) as caught:
        read(*arguments)
    return caught.value


@pytest.fixture
def pipe(tmp_path: Path) -> bytes:
    path = tmp_path / "pipe"
    os.mkfifo(path)
    return os.fsencode(path)


def test_a_16_bit_mask_means_what_its_8_bit_twin_means(tmp_path: Path) -> None:
    values = np.array([[0, 1, 128, 255]], np.uint8)
    deep = saved(tmp_path / "deep.png", values.astype(np.uint16) * 257)
    assert (read_mask(deep, 4, 1) == values).all()


def test_a_mask_that_is_missing_is_not_called_damaged(tmp_path: Path) -> None:
    error = refusal(read_mask, os.fsencode(tmp_path / "no.png"), 1, 1)
    assert error.info.kind is ErrorKind.NOT_FOUND
    assert error.info.message == f"There is no file {tmp_path}/no.png."


def test_a_mask_that_is_no_picture_is_refused_without_a_librarys_words(tmp_path: Path) -> None:
    path = tmp_path / "text.png"
    path.write_text("no picture")
    error = refusal(read_mask, os.fsencode(path), 1, 1)
    assert error.info.kind is ErrorKind.NOT_A_PHOTO
    assert error.info.message.startswith(f"{path} is not a photo")


def test_a_pipe_in_a_masks_place_is_refused_at_once(pipe: bytes) -> None:
    assert refusal(read_mask, pipe, 1, 1).info.kind is ErrorKind.NOT_A_PHOTO


def test_a_pipe_in_a_luts_place_is_refused_at_once(pipe: bytes) -> None:
    assert refusal(read_lut, pipe).info.kind is ErrorKind.INVALID_REQUEST


def test_a_lut_that_is_missing_is_told_as_such(tmp_path: Path) -> None:
    error = refusal(read_lut, os.fsencode(tmp_path / "no.cube"))
    assert error.info.kind is ErrorKind.NOT_FOUND


def test_a_picture_in_a_luts_place_is_told_apart_from_a_damaged_lut(tmp_path: Path) -> None:
    photo = saved(tmp_path / "photo.jpg", np.zeros((8, 8), np.uint8))
    assert "is not a .cube file" in refusal(read_lut, photo).info.message


def test_a_lut_that_finds_no_room_says_so() -> None:
    lut = np.zeros((2, 2, 2, 3), np.float32)
    error = refusal(lambda: write_lut(b"/dev/full", lut, space="srgb", title=""))
    assert error.info.kind is ErrorKind.DISK_FULL
