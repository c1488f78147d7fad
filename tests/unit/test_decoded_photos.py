"""A photo that was decoded for the small copy is not decoded again, and never a wrong one used."""

import dataclasses
import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from daemon.decode.model import Encoding, Metadata, Photo
from daemon.handlers import reading
from daemon.handlers.decoded_photos import MAX_AGE_S, DecodedPhotos, FileStamp
from daemon.handlers.reading import read_and_keep, read_kept
from daemon.protocol.errors import ErrorKind, RabbitError

STAMP = FileStamp(1, 2, 3, 4, 5)


def photo_of(side: int) -> Photo:
    return Photo(
        pixels=np.zeros((side, side, 3), np.uint8),
        icc=None,
        color_space="srgb",
        metadata=Metadata(),
        encoding=Encoding(),
        format="png",
        bit_depth=8,
        source_width_px=side,
        source_height_px=side,
    )


@pytest.fixture
def settled(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every file counts as written long ago."""
    monkeypatch.setattr(reading, "_SETTLED_NS", -(10**18))


def write(path: Path, level: int) -> bytes:
    Image.fromarray(np.full((20, 30, 3), level, np.uint8)).save(path, "PNG", compress_level=0)
    return os.fsencode(path)


def level_of(photo: Photo) -> int:
    return int(photo.pixels[0, 0, 0])


def test_a_kept_photo_is_handed_over_once() -> None:
    photos, photo = DecodedPhotos(), photo_of(8)
    photos.keep(b"a", STAMP, photo)
    assert photos.take(b"a", STAMP) is photo
    assert photos.take(b"a", STAMP) is None


@pytest.mark.parametrize("field", FileStamp.__struct_fields__)
def test_another_state_of_the_file_is_another_photo(field: str) -> None:
    photos = DecodedPhotos()
    photos.keep(b"a", STAMP, photo_of(8))
    values = {name: getattr(STAMP, name) + (name == field) for name in STAMP.__struct_fields__}
    assert photos.take(b"a", FileStamp(**values)) is None
    assert photos.take(b"a", STAMP) is None


def test_the_oldest_make_room() -> None:
    photos = DecodedPhotos(limit_bytes=2 * 8 * 8 * 3)
    for name in (b"a", b"b", b"c"):
        photos.keep(name, STAMP, photo_of(8))
    assert [photos.take(name, STAMP) is not None for name in (b"a", b"b", b"c")] == [
        False,
        True,
        True,
    ]


def test_a_photo_over_the_limit_is_not_kept_and_drives_nobody_out() -> None:
    photos = DecodedPhotos(limit_bytes=8 * 8 * 3)
    photos.keep(b"a", STAMP, photo_of(8))
    photos.keep(b"huge", STAMP, photo_of(9))
    assert photos.take(b"huge", STAMP) is None
    assert photos.take(b"a", STAMP) is not None


def test_what_nobody_came_for_is_let_go_of() -> None:
    now = [0.0]
    photos = DecodedPhotos(clock=lambda: now[0])
    photos.keep(b"a", STAMP, photo_of(8))
    now[0] = MAX_AGE_S + 1
    photos.drop_old()
    now[0] = 0.0
    assert photos.take(b"a", STAMP) is None


@pytest.mark.usefixtures("settled")
def test_the_second_reading_decodes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, photos = write(tmp_path / "a.png", 7), DecodedPhotos()
    first = read_and_keep(path, photos)
    monkeypatch.setattr(reading, "read_photo", lambda _: pytest.fail("decoded again"))
    assert read_kept(path, photos) is first


@pytest.mark.usefixtures("settled")
def test_a_file_that_was_written_over_is_decoded_again(tmp_path: Path) -> None:
    path, photos = write(tmp_path / "a.png", 7), DecodedPhotos()
    read_and_keep(path, photos)
    write(tmp_path / "a.png", 9)
    assert level_of(read_kept(path, photos)) == 9


@pytest.mark.usefixtures("settled")
def test_a_file_put_in_its_place_with_its_time_is_decoded_again(tmp_path: Path) -> None:
    path, photos = write(tmp_path / "a.png", 7), DecodedPhotos()
    read_and_keep(path, photos)
    found = (tmp_path / "a.png").stat()
    other = write(tmp_path / "b.png", 9)
    os.utime(other, ns=(found.st_atime_ns, found.st_mtime_ns))
    (tmp_path / "b.png").replace(tmp_path / "a.png")
    assert level_of(read_kept(path, photos)) == 9


@pytest.mark.usefixtures("settled")
def test_a_file_that_changes_while_it_is_read_is_not_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, photos = write(tmp_path / "a.png", 7), DecodedPhotos()
    read = reading.read_photo

    def read_slowly(wanted: bytes) -> Photo:
        photo = read(wanted)
        write(tmp_path / "a.png", 9)
        return photo

    monkeypatch.setattr(reading, "read_photo", read_slowly)
    assert level_of(read_and_keep(path, photos)) == 7
    monkeypatch.setattr(reading, "read_photo", read)
    assert level_of(read_kept(path, photos)) == 9


def test_a_file_written_just_now_is_not_kept(tmp_path: Path) -> None:
    path, photos = write(tmp_path / "a.png", 7), DecodedPhotos()
    first = read_and_keep(path, photos)
    assert read_kept(path, photos) is not first


@pytest.mark.usefixtures("settled")
def test_a_file_that_vanished_is_said_to_be_gone(tmp_path: Path) -> None:
    path, photos = write(tmp_path / "a.png", 7), DecodedPhotos()
    read_and_keep(path, photos)
    (tmp_path / "a.png").unlink()
    with pytest.raises(RabbitError) as failed:
        read_kept(path, photos)
    assert failed.value.info.kind is ErrorKind.NOT_FOUND


def test_keeping_a_newer_state_replaces_the_older_one() -> None:
    photos, newer = DecodedPhotos(), dataclasses.replace(photo_of(8), bit_depth=16)
    photos.keep(b"a", STAMP, photo_of(8))
    photos.keep(b"a", STAMP, newer)
    assert photos.take(b"a", STAMP) is newer
