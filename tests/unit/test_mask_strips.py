"""Masks that this program wrote unfold as they were; every other PNG is left to its decoder."""

from __future__ import annotations

import os
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from daemon.decode import mask_strips
from daemon.decode.mask_file import Mask, read_mask, rows_of, write_mask
from daemon.decode.mask_strips import unfold_strips
from daemon.decode.source import open_source
from daemon.protocol.errors import ErrorKind, RabbitError

SIZES = [(1, 1), (3, 2), (640, 481), (4096, 1500), (2_200_000, 3)]


def mask_of(width: int, height: int) -> Mask:
    return np.random.default_rng(5).integers(0, 256, (height, width), dtype=np.uint8)


def written(path: Path, mask: Mask) -> bytes:
    name = os.fsencode(path)
    write_mask(name, mask.shape[1], mask.shape[0], rows_of(mask), lambda: None)
    return name


def unfolded(path: Path) -> Mask | None:
    with open_source(os.fsencode(path)) as source:
        return unfold_strips(source)


@pytest.mark.parametrize("size", SIZES)
def test_a_mask_unfolds_as_it_was_written(tmp_path: Path, size: tuple[int, int]) -> None:
    mask = mask_of(*size)
    written(tmp_path / "mask.png", mask)
    np.testing.assert_array_equal(unfolded(tmp_path / "mask.png"), mask)


def test_other_programs_read_the_same_values(tmp_path: Path) -> None:
    mask = mask_of(4096, 1500)
    written(tmp_path / "mask.png", mask)
    with Image.open(tmp_path / "mask.png") as picture:
        np.testing.assert_array_equal(np.asarray(picture), mask)


@pytest.mark.parametrize("mode", ["L", "RGB", "1", "LA", "P"])
def test_a_png_of_another_program_is_left_to_its_decoder(tmp_path: Path, mode: str) -> None:
    Image.fromarray(mask_of(64, 48)).convert(mode).save(tmp_path / "other.png")
    assert unfolded(tmp_path / "other.png") is None
    assert read_mask(os.fsencode(tmp_path / "other.png")).shape == (48, 64)


@pytest.mark.parametrize("at", [60, 200, 5000])
def test_a_changed_byte_is_no_mask_and_said_to_be_damaged(tmp_path: Path, at: int) -> None:
    path = tmp_path / "mask.png"
    name = written(path, mask_of(320, 200))
    data = bytearray(path.read_bytes())
    data[at] ^= 0x55
    path.write_bytes(data)
    assert unfolded(path) is None
    with pytest.raises(RabbitError) as failure:
        read_mask(name)
    assert failure.value.info.kind == ErrorKind.UNREADABLE


@pytest.mark.parametrize("share", [0.3, 0.9, 0.999])
def test_a_mask_that_was_cut_off_is_said_to_be_damaged(tmp_path: Path, share: float) -> None:
    path = tmp_path / "mask.png"
    name = written(path, mask_of(320, 200))
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * share)])
    assert unfolded(path) is None
    with pytest.raises(RabbitError):
        read_mask(name)


def test_strips_that_hold_more_than_they_say_are_not_unfolded(tmp_path: Path) -> None:
    path = tmp_path / "bomb.png"
    written(path, mask_of(8, 4))
    data = path.read_bytes()
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    strip = b"\x78\x5e" + packer.compress(bytes(1 << 24)) + packer.flush()
    chunk = struct.pack(">I", len(strip)) + b"IDAT" + strip
    chunk += struct.pack(">I", zlib.crc32(chunk[4:]))
    start, end = data.index(b"IDAT") - 4, data.rindex(b"IDAT") - 4
    path.write_bytes(data[:start] + chunk + data[end:])
    assert unfolded(path) is None


def test_a_mask_is_written_in_strips_of_whole_rows() -> None:
    parts = mask_strips.strip_rows(8192, 6144)
    assert [part.start for part in parts] == list(range(0, 6144, 256))
    assert parts[-1].stop == 6144
