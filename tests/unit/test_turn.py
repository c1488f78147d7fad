"""Turning without loss: only the orientation differs, and every one of the eight is right."""

import io
import os
import stat
import struct
from pathlib import Path

import numpy as np
import pytest
import tifffile
from PIL import Image, ImageOps

from daemon.decode.exif import Exif
from daemon.decode.orientation import upright_view
from daemon.decode.photo import read_photo
from daemon.decode.turn import turned, write_turned
from daemon.protocol.errors import ErrorKind, RabbitError

TURNS = {
    "right": lambda image: np.rot90(image, -1),
    "left": lambda image: np.rot90(image, 1),
    "half": lambda image: np.rot90(image, 2),
    "mirror": np.fliplr,
    "flip": np.flipud,
}
STORED = np.arange(6, dtype=np.uint8).reshape(2, 3)


def picture() -> Image.Image:
    """Return a picture that no turn leaves as it is."""
    rows, columns = np.mgrid[0:24, 0:40]
    return Image.fromarray(
        np.stack([rows * 10, columns * 6, rows * columns // 5], axis=-1).astype(np.uint8)
    )


def exif(orientation: int | None) -> bytes:
    """Return an EXIF block with a camera's name, a date and a maker note."""
    block = Image.Exif()
    block[271] = "Maker"
    block[272] = "Model"
    if orientation is not None:
        block[274] = orientation
    block.get_ifd(34665)[36867] = "2024:01:02 03:04:05"
    block.get_ifd(34665)[37500] = b"maker note" * 20
    return block.tobytes()


def save(path: Path, orientation: int | None = None, *, bare: bool = False, **more: object) -> None:
    block = b"" if bare else exif(orientation)
    picture().save(path, **({"exif": block} if block else {}), **more)


def turn(path: Path, way: str) -> bytes:
    """Turn *path* into a file beside it and return its content."""
    temp = path.with_name("temp.rvpart")
    write_turned(os.fsencode(path), way, os.fsencode(temp), lambda: None)
    data = temp.read_bytes()
    temp.unlink()
    return data


def upright(data: bytes) -> np.ndarray:
    with Image.open(io.BytesIO(data)) as opened:
        return np.asarray(ImageOps.exif_transpose(opened).convert("RGB"))


@pytest.mark.parametrize("way", TURNS)
@pytest.mark.parametrize("orientation", range(1, 9))
def test_every_turn_of_every_orientation_shows_what_the_hand_would_make(
    orientation: int, way: str
) -> None:
    seen = TURNS[way](upright_view(STORED, orientation))
    assert np.array_equal(upright_view(STORED, turned(orientation, way)), seen)


def test_an_unknown_turn_is_refused() -> None:
    with pytest.raises(RabbitError) as caught:
        turned(1, "sideways")
    assert caught.value.info.kind is ErrorKind.INVALID_REQUEST


def test_only_the_value_of_the_orientation_differs_in_a_jpeg(tmp_path: Path) -> None:
    save(tmp_path / "a.jpg", 6, quality=90)
    before = (tmp_path / "a.jpg").read_bytes()
    after = turn(tmp_path / "a.jpg", "right")
    different = [at for at, pair in enumerate(zip(before, after, strict=True)) if len({*pair}) > 1]
    assert len(before) == len(after)
    assert len(different) == 1
    assert (before[different[0]], after[different[0]]) == (6, 3)


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("name", ["a.jpg", "a.png", "a.webp", "a.tif"])
def test_other_programs_show_the_turned_photo_turned(
    tmp_path: Path, name: str, orientation: int
) -> None:
    path = tmp_path / name
    save(path, orientation, **({"lossless": True} if name.endswith("webp") else {}))
    wanted = np.rot90(upright(path.read_bytes()), -1)
    assert np.array_equal(upright(turn(path, "right")), wanted)


@pytest.mark.parametrize("name", ["a.jpg", "a.png", "a.webp", "a.tif"])
def test_a_photo_without_any_exif_gets_the_smallest_that_turns_it(
    tmp_path: Path, name: str
) -> None:
    path = tmp_path / name
    save(path, bare=True)
    before = path.read_bytes()
    after = turn(path, "left")
    assert np.array_equal(upright(after), np.rot90(upright(before), 1))
    assert len(after) - len(before) < 200


@pytest.mark.parametrize("name", ["a.jpg", "a.png", "a.webp"])
def test_exif_without_an_orientation_keeps_all_it_has(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    save(path, None)
    after = turn(path, "half")
    with Image.open(io.BytesIO(after)) as opened:
        block = opened.getexif()
        assert block[274] == 3
        assert (block[271], block[272]) == ("Maker", "Model")
        assert block.get_ifd(34665)[37500] == b"maker note" * 20


def test_our_own_decoder_agrees(tmp_path: Path) -> None:
    save(tmp_path / "a.png", 8)
    wanted = np.fliplr(read_photo(os.fsencode(tmp_path / "a.png")).pixels)
    (tmp_path / "b.png").write_bytes(turn(tmp_path / "a.png", "mirror"))
    assert np.array_equal(read_photo(os.fsencode(tmp_path / "b.png")).pixels, wanted)


@pytest.mark.parametrize("byteorder", ["<", ">"])
@pytest.mark.parametrize("bigtiff", [False, True])
def test_tiffs_of_16_bits_keep_their_samples(tmp_path: Path, byteorder: str, bigtiff: bool) -> None:
    pixels = np.arange(12 * 8 * 3, dtype=np.uint16).reshape(12, 8, 3) * 200
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, pixels, photometric="rgb", byteorder=byteorder, bigtiff=bigtiff)
    (tmp_path / "b.tif").write_bytes(turn(path, "right"))
    with tifffile.TiffFile(tmp_path / "b.tif") as opened:
        assert opened.pages[0].tags[274].value == 6
        assert np.array_equal(opened.asarray(), pixels)


def test_turning_and_turning_back_gives_the_very_same_bytes(tmp_path: Path) -> None:
    path = tmp_path / "a.jpg"
    save(path, 1)
    before = path.read_bytes()
    path.write_bytes(turn(path, "left"))
    assert turn(path, "right") == before


def test_a_thumbnail_and_what_follows_the_picture_stay(tmp_path: Path) -> None:
    path = tmp_path / "a.jpg"
    save(path, 1)
    path.write_bytes(path.read_bytes() + b"a gain map, or a video of a phone")
    assert turn(path, "left").endswith(b"a gain map, or a video of a phone")


def test_an_exif_block_without_any_field_gets_its_first(tmp_path: Path) -> None:
    empty = b"Exif\0\0MM\0*\0\0\0\x08" + bytes(6)
    picture().save(tmp_path / "a.jpg", exif=empty, quality=90)
    after = turn(tmp_path / "a.jpg", "right")
    assert upright(after).shape == (40, 24, 3)


def test_an_orientation_of_an_odd_type_is_written_anew(tmp_path: Path) -> None:
    path = tmp_path / "a.jpg"
    save(path, 1)
    data = path.read_bytes()
    at = data.index(struct.pack(">HHI", 274, 3, 1))
    path.write_bytes(data[:at] + struct.pack(">HHI", 274, 1, 1) + data[at + 8 :])
    after = turn(path, "right")
    with Image.open(io.BytesIO(after)) as opened:
        assert opened.getexif()[274] == 6


def test_a_damaged_exif_block_is_a_sentence_and_nothing_is_left(tmp_path: Path) -> None:
    path = tmp_path / "a.jpg"
    save(path, 1)
    path.write_bytes(path.read_bytes().replace(b"Exif\0\0MM\0*", b"Exif\0\0XX\0*"))
    with pytest.raises(RabbitError) as caught:
        turn(path, "right")
    assert caught.value.info.kind is ErrorKind.UNREADABLE
    assert os.listdir(tmp_path) == ["a.jpg"]


@pytest.mark.parametrize("name", ["a.gif", "a.bmp"])
def test_formats_that_state_no_orientation_are_refused_with_advice(
    tmp_path: Path, name: str
) -> None:
    picture().save(tmp_path / name)
    with pytest.raises(RabbitError) as caught:
        turn(tmp_path / name, "right")
    assert caught.value.info.kind is ErrorKind.UNSUPPORTED_FORMAT
    assert caught.value.info.hint


def test_permissions_are_kept(tmp_path: Path) -> None:
    path = tmp_path / "a.jpg"
    save(path, 1)
    path.chmod(0o604)
    temp = tmp_path / "t"
    write_turned(os.fsencode(path), "left", os.fsencode(temp), lambda: None)
    assert stat.S_IMODE(temp.stat().st_mode) == 0o604


def test_the_new_block_is_one_that_our_reader_takes(tmp_path: Path) -> None:
    path = tmp_path / "a.jpg"
    save(path, bare=True)
    after = turn(path, "flip")
    start = after.index(b"Exif\0\0") + 6
    assert Exif.of(after[start:]).orientation == 4
