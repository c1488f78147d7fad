"""Masks that a job takes: copied, looked at, refused in words before anything is sent."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from daemon.edits.masks import JobMasks
from daemon.protocol.errors import ErrorKind, RabbitError
from daemon.storage.job_record import MaskFacts
from tests.fakes.direct import DirectWorkers

ROTATED = 6


@pytest.fixture
def photo(tmp_path: Path) -> bytes:
    """A photo that lies on its side in the file: upright it is 40 wide and 60 high."""
    exif = Image.Exif()
    exif[0x0112] = ROTATED
    path = tmp_path / "photo.jpg"
    Image.new("RGB", (60, 40), (90, 120, 150)).save(path, exif=exif)
    return os.fsencode(path)


def mask_file(folder: Path, width: int, height: int, level: int = 255) -> bytes:
    values = np.zeros((height, width), np.uint8)
    values[height // 2 :, width // 4 :] = level
    path = folder / "painted.png"
    Image.fromarray(values).save(path)
    return os.fsencode(path)


def take(mask: bytes, photo: bytes, folder: Path, *, resize: bool = False) -> MaskFacts:
    masks = JobMasks(DirectWorkers())
    return asyncio.run(masks.take(mask, photo, folder / "mask.png", resize=resize))


def test_a_mask_has_the_size_of_the_upright_photo(tmp_path: Path, photo: bytes) -> None:
    facts = take(mask_file(tmp_path, 40, 60), photo, tmp_path)
    assert (facts.width_px, facts.height_px, facts.box) == (40, 60, (10, 30, 30, 30))
    assert not facts.resized


def test_what_becomes_of_the_masks_file_does_not_change_the_copy(
    tmp_path: Path, photo: bytes
) -> None:
    mask = mask_file(tmp_path, 40, 60)
    take(mask, photo, tmp_path)
    before = (tmp_path / "mask.png").read_bytes()
    mask_file(tmp_path, 40, 60, level=7)
    assert (tmp_path / "mask.png").read_bytes() == before


def test_another_size_is_refused_with_both_sizes(tmp_path: Path, photo: bytes) -> None:
    with pytest.raises(RabbitError) as caught:
        take(mask_file(tmp_path, 20, 30), photo, tmp_path)
    assert caught.value.info.kind is ErrorKind.INVALID_REQUEST
    assert "20 x 30" in caught.value.info.message
    assert "40 x 60" in caught.value.info.message


def test_another_size_is_made_to_fit_where_that_is_wished(tmp_path: Path, photo: bytes) -> None:
    facts = take(mask_file(tmp_path, 20, 30), photo, tmp_path, resize=True)
    assert (facts.width_px, facts.height_px, facts.resized) == (40, 60, True)
    with Image.open(tmp_path / "mask.png") as fitted:
        assert (fitted.size, fitted.mode) == ((40, 60), "L")


def test_an_all_black_mask_is_refused(tmp_path: Path, photo: bytes) -> None:
    with pytest.raises(RabbitError) as caught:
        take(mask_file(tmp_path, 40, 60, level=0), photo, tmp_path)
    assert caught.value.info.kind is ErrorKind.INVALID_REQUEST
    assert caught.value.info.message == "Inpaint mask strokes are empty."


def test_an_all_white_mask_is_allowed(tmp_path: Path, photo: bytes) -> None:
    path = tmp_path / "white.png"
    Image.new("L", (40, 60), 255).save(path)
    assert take(os.fsencode(path), photo, tmp_path).box == (0, 0, 40, 60)


@pytest.mark.parametrize("make", ["nothing", "folder", "pipe", "text"])
def test_what_is_no_mask_is_refused_by_its_name(tmp_path: Path, photo: bytes, make: str) -> None:
    path = tmp_path / "odd.png"
    {
        "nothing": lambda: None,
        "folder": path.mkdir,
        "pipe": lambda: os.mkfifo(path),
        "text": lambda: path.write_text("no picture"),
    }[make]()
    with pytest.raises(RabbitError, match=str(path)):
        take(os.fsencode(path), photo, tmp_path)
