"""Masks in a worker: looked at, unfolded for painting, packed again."""

from __future__ import annotations

import os
import resource
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from daemon.handlers import masking
from daemon.protocol.errors import ErrorKind, RabbitError
from daemon.tasks import CheckMask, LoadMask, WriteMask
from tests.fakes.quiet import QuietContext

SOFT = np.array([[0, 1, 128, 255], [9, 0, 0, 254], [7, 7, 7, 7]], np.uint8)


@pytest.fixture
def context() -> QuietContext:
    return QuietContext()


@pytest.fixture
def little_room() -> Iterator[None]:
    """Let files end at 40 bytes, as on a disk that is full."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (40, before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, before)


def saved(path: Path, pixels: np.ndarray) -> bytes:
    Image.fromarray(pixels).save(path)
    return os.fsencode(path)


def load(context: QuietContext, folder: Path, mask: bytes, offset: int = 0) -> Path:
    values = folder / "values"
    task = LoadMask(
        mask_path=mask, values_path=bytes(values), offset=offset, width_px=4, height_px=3
    )
    masking.load_mask(task, context)
    return values


def write(context: QuietContext, folder: Path, values: bytes, offset: int = 0) -> bool:
    task = WriteMask(
        values_path=values,
        offset=offset,
        width_px=4,
        height_px=3,
        png_path=bytes(folder / "out.png"),
    )
    return masking.store_mask(task, context)[0].is_empty


def test_a_mask_comes_back_from_painting_as_it_went(tmp_path: Path, context: QuietContext) -> None:
    values = load(context, tmp_path, saved(tmp_path / "mask.png", SOFT), offset=16)
    assert not write(context, tmp_path, bytes(values), offset=16)
    assert (np.asarray(Image.open(tmp_path / "out.png")) == SOFT).all()


def test_what_stands_before_the_values_is_left_alone(tmp_path: Path, context: QuietContext) -> None:
    (tmp_path / "values").write_bytes(b"x" * 40)
    values = load(context, tmp_path, saved(tmp_path / "mask.png", SOFT), offset=16)
    assert values.read_bytes() == b"x" * 16 + SOFT.tobytes()


def test_without_a_mask_painting_begins_with_zeros(tmp_path: Path, context: QuietContext) -> None:
    (tmp_path / "values").write_bytes(b"x" * 40)
    values = load(context, tmp_path, b"", offset=16)
    assert values.read_bytes() == b"x" * 16 + bytes(12)


def test_zeros_are_written_as_an_empty_mask(tmp_path: Path, context: QuietContext) -> None:
    assert write(context, tmp_path, b"")
    with Image.open(tmp_path / "out.png") as picture:
        assert (picture.mode, picture.size, picture.getextrema()) == ("L", (4, 3), (0, 0))


def test_one_value_above_zero_is_a_mask(tmp_path: Path, context: QuietContext) -> None:
    values = tmp_path / "values"
    values.write_bytes(bytes(11) + b"\x01")
    assert not write(context, tmp_path, bytes(values))


def test_a_painting_that_is_too_short_is_refused(tmp_path: Path, context: QuietContext) -> None:
    (tmp_path / "values").write_bytes(bytes(11))
    with pytest.raises(RabbitError, match="shorter than 4 x 3"):
        write(context, tmp_path, bytes(tmp_path / "values"))


def test_a_full_disk_is_told_and_leaves_no_file(
    tmp_path: Path, context: QuietContext, little_room: None
) -> None:
    with pytest.raises(RabbitError) as caught:
        write(context, tmp_path, b"")
    assert caught.value.info.kind is ErrorKind.DISK_FULL
    assert not (tmp_path / "out.png").exists()


def test_a_painting_that_does_not_fit_is_refused_before_it_is_mapped(
    tmp_path: Path, context: QuietContext, little_room: None
) -> None:
    with pytest.raises(RabbitError) as caught:
        load(context, tmp_path, b"", offset=4096)
    assert caught.value.info.kind is ErrorKind.DISK_FULL
    assert not (tmp_path / "values").exists()


def test_a_look_tells_size_and_box(tmp_path: Path, context: QuietContext) -> None:
    mask = np.zeros((5, 7), np.uint8)
    mask[1, 2] = 1
    mask[3, 4] = 255
    found, _ = masking.check_mask(CheckMask(path=saved(tmp_path / "m.png", mask)), context)
    assert (found.width_px, found.height_px, found.is_empty) == (7, 5, False)
    assert found.box == (2, 1, 3, 3)


def test_a_look_tells_that_all_is_black(tmp_path: Path, context: QuietContext) -> None:
    mask = saved(tmp_path / "m.png", np.zeros((5, 7), np.uint8))
    found, _ = masking.check_mask(CheckMask(path=mask), context)
    assert found.is_empty
    assert found.box == (0, 0, 0, 0)


def test_a_mask_of_another_size_is_refused_with_both(tmp_path: Path, context: QuietContext) -> None:
    mask = saved(tmp_path / "m.png", np.zeros((5, 7), np.uint8))
    with pytest.raises(RabbitError) as caught:
        masking.check_mask(CheckMask(path=mask, width_px=9, height_px=5), context)
    assert caught.value.info.kind is ErrorKind.INVALID_REQUEST
    assert caught.value.info.message == "The mask is 7 x 5 pixels, the photo 9 x 5."


def test_a_damaged_mask_is_unreadable(tmp_path: Path, context: QuietContext) -> None:
    whole = Path(os.fsdecode(saved(tmp_path / "m.png", SOFT))).read_bytes()
    (tmp_path / "cut.png").write_bytes(whole[:-20])
    with pytest.raises(RabbitError) as caught:
        masking.check_mask(CheckMask(path=bytes(tmp_path / "cut.png")), context)
    assert caught.value.info.kind is ErrorKind.UNREADABLE
