"""Sidecar files: which one is read and written, which wins, and that nothing is ever lost."""

from __future__ import annotations

import os
import stat
import struct
import zlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daemon.files.primitives import temporary_beside as temporary_of_file_work
from daemon.protocol.errors import RabbitError
from daemon.sidecars import (
    ChangedMeanwhileError,
    MarksChange,
    commit,
    companions,
    embedded_xmp,
    photos_of,
    plan_marks,
    read_marks,
    renamed,
    write_marks,
)
from daemon.sidecars.files import temporary_beside

DATA = Path(__file__).parent.parent / "data" / "sidecars"
RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
XMP = "http://ns.adobe.com/xap/1.0/"
DC = "http://purl.org/dc/elements/1.1/"


def packet(**properties: str) -> bytes:
    """A small packet with simple XMP properties."""
    said = " ".join(f'xmp:{name}="{value}"' for name, value in properties.items())
    return (
        f'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="{RDF}"><rdf:Description '
        f'rdf:about="" xmlns:xmp="{XMP}" {said}/></rdf:RDF></x:xmpmeta>'
    ).encode()


def jpeg(xmp: bytes = b"") -> bytes:
    """A JPEG's markers, with a packet."""
    body = b"http://ns.adobe.com/xap/1.0/\0" + xmp
    segment = b"\xff\xe1" + struct.pack(">H", len(body) + 2) + body if xmp else b""
    return b"\xff\xd8\xff\xe0\x00\x04ab" + segment + b"\xff\xda\x00\x02\xff\xd9"


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    path = tmp_path / "photo.jpg"
    path.write_bytes(jpeg())
    return path


def set_age(path: Path, seconds_ago: float) -> None:
    now = path.stat().st_mtime
    os.utime(path, (now - seconds_ago, now - seconds_ago))


def marks(path: Path):
    return read_marks(os.fsencode(path))


def write(path: Path, naming: str = "full", **change: object):
    return write_marks(os.fsencode(path), MarksChange(**change), naming=naming)  # type: ignore[arg-type]


# ---------------------------------------------------------------- names


@pytest.mark.parametrize("name", ["photo.jpg.xmp", "photo.xmp", "photo.jpg.XMP", "photo.XMP"])
def test_both_names_are_read_and_the_existing_one_is_written(photo: Path, name: str) -> None:
    sidecar = photo.with_name(name)
    sidecar.write_bytes(packet(Rating="2"))
    assert marks(photo).rating == 2
    write(photo, naming="stem" if name.startswith("photo.jpg") else "full", rating=4)
    assert os.fsencode(sidecar) == marks(photo).sidecar
    assert [path.name for path in photo.parent.iterdir() if path != photo] == [name]
    assert marks(photo).rating == 4


@pytest.mark.parametrize(("naming", "name"), [("full", "photo.jpg.xmp"), ("stem", "photo.xmp")])
def test_a_new_sidecar_is_called_as_the_settings_say(photo: Path, naming: str, name: str) -> None:
    written = write(photo, naming, rating=1)
    assert written.before is None
    assert written.path == os.fsencode(photo.with_name(name))
    assert marks(photo).rating == 1


def test_of_two_sidecars_the_newest_is_read_and_written(photo: Path) -> None:
    old, new = photo.with_name("photo.jpg.xmp"), photo.with_name("photo.xmp")
    old.write_bytes(packet(Rating="1"))
    new.write_bytes(packet(Rating="5"))
    set_age(old, 60)
    assert marks(photo).rating == 5
    write(photo, rating=3)
    assert b'Rating="1"' in old.read_bytes()
    assert b'Rating="3"' in new.read_bytes()


def test_companions_of_a_raw_and_jpeg_pair_stay_with_the_last(photo: Path) -> None:
    raw, shared = photo.with_name("photo.CR3"), photo.with_name("photo.xmp")
    own = photo.with_name("photo.jpg.xmp")
    for path in (raw, shared, own):
        path.write_bytes(b"x")
    assert companions(os.fsencode(photo)) == (os.fsencode(own),)
    assert companions(os.fsencode(raw)) == ()
    photo.unlink()
    assert companions(os.fsencode(raw)) == (os.fsencode(shared),)


def test_sidecars_are_renamed_with_their_photo() -> None:
    assert renamed(b"/a/p.jpg.xmp", b"/a/p.jpg", b"/b/q.jpg") == b"/b/q.jpg.xmp"
    assert renamed(b"/a/p.XMP", b"/a/p.jpg", b"/b/q.jpg") == b"/b/q.XMP"
    assert renamed(b"/a/p.jpg.pp3", b"/a/p.jpg", b"/a/r.JPG") == b"/a/r.JPG.pp3"


def test_a_sidecar_names_its_photos(photo: Path) -> None:
    raw = photo.with_name("photo.NEF")
    raw.write_bytes(b"x")
    full = photo.with_name("photo.jpg.xmp")
    assert photos_of(os.fsencode(full)) == (os.fsencode(photo),)
    found = photos_of(os.fsencode(photo.with_name("photo.xmp")))
    assert set(found) == {os.fsencode(photo), os.fsencode(raw)}


# ---------------------------------------------------------------- who wins


def test_the_later_metadata_date_wins(photo: Path) -> None:
    photo.write_bytes(jpeg(packet(Rating="4", MetadataDate="2024-05-01T10:00:00+02:00")))
    sidecar = photo.with_name("photo.xmp")
    sidecar.write_bytes(packet(Rating="2", MetadataDate="2024-05-01T09:00:00Z"))
    assert marks(photo).rating == 2
    sidecar.write_bytes(packet(Rating="2", MetadataDate="2024-05-01T07:59:59Z"))
    assert marks(photo).rating == 4


def test_without_dates_the_file_changed_last_wins(photo: Path) -> None:
    photo.write_bytes(jpeg(packet(Rating="4")))
    sidecar = photo.with_name("photo.xmp")
    sidecar.write_bytes(packet(Rating="2"))
    set_age(photo, 60)
    assert marks(photo).rating == 2
    set_age(sidecar, 120)
    assert marks(photo).rating == 4


def test_a_photo_that_says_nothing_never_wins(photo: Path) -> None:
    photo.write_bytes(jpeg(packet(Rating="0", MetadataDate="2030-01-01T00:00:00Z")))
    photo.with_name("photo.xmp").write_bytes(packet(Rating="2", MetadataDate="2020-01-01"))
    assert marks(photo).rating == 2


def test_a_new_sidecar_repeats_what_the_photo_says(photo: Path) -> None:
    photo.write_bytes(jpeg((DATA / "lightroom_classic.xmp").read_bytes()))
    before = marks(photo)
    write(photo, rating=1)
    after = marks(photo)
    assert after.rating == 1
    assert (after.label, after.flag, after.title) == (before.label, before.flag, before.title)
    assert after.keywords == before.keywords
    assert after.sidecar


def test_an_older_sidecar_takes_over_what_the_photo_says(photo: Path) -> None:
    photo.write_bytes(jpeg(packet(Rating="4", Label="Blue", MetadataDate="2024-05-01T10:00:00Z")))
    sidecar = photo.with_name("photo.xmp")
    sidecar.write_bytes(packet(Rating="2", Label="Red", MetadataDate="2020-05-01T10:00:00Z"))
    write(photo, flag="pick")
    after = marks(photo)
    assert (after.rating, after.label, after.flag) == (4, "blue", "pick")
    assert b'xmp:Rating="4"' in sidecar.read_bytes()


def test_no_stars_beat_the_photos_own(photo: Path) -> None:
    photo.write_bytes(jpeg(packet(Rating="4")))
    set_age(photo, 60)
    write(photo, rating=0)
    assert marks(photo).rating == 0


# ---------------------------------------------------------------- writing


def test_undoing_gives_the_bytes_back(photo: Path) -> None:
    sidecar = photo.with_name("photo.xmp")
    sidecar.write_bytes((DATA / "darktable.xmp").read_bytes())
    written = write(photo, rating=1, label="red", add_keywords=("x",))
    assert sidecar.read_bytes() == written.after
    assert written.before == (DATA / "darktable.xmp").read_bytes()


def test_permissions_are_kept_and_no_temporary_file_stays(photo: Path) -> None:
    sidecar = photo.with_name("photo.xmp")
    sidecar.write_bytes(packet(Rating="1"))
    sidecar.chmod(0o640)
    write(photo, rating=2)
    assert stat.S_IMODE(sidecar.stat().st_mode) == 0o640
    assert sorted(path.name for path in photo.parent.iterdir()) == ["photo.jpg", "photo.xmp"]


def test_a_linked_sidecar_stays_a_link(photo: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    real = elsewhere / "real.xmp"
    real.write_bytes(packet(Rating="1"))
    link = photo.with_name("photo.xmp")
    link.symlink_to(real)
    write(photo, rating=5)
    assert link.is_symlink()
    assert b'Rating="5"' in real.read_bytes()


def test_another_programs_change_in_between_is_not_lost(photo: Path) -> None:
    sidecar = photo.with_name("photo.xmp")
    sidecar.write_bytes(packet(Rating="1"))
    planned, _ = plan_marks(os.fsencode(photo), MarksChange(rating=4), naming="full")
    theirs = packet(Rating="1", Label="Red")
    sidecar.write_bytes(theirs)
    with pytest.raises(ChangedMeanwhileError):
        commit(planned)
    assert sidecar.read_bytes() == theirs


def test_a_sidecar_that_came_in_between_is_not_lost(photo: Path) -> None:
    planned, _ = plan_marks(os.fsencode(photo), MarksChange(rating=4), naming="full")
    theirs = packet(Label="Red")
    photo.with_name("photo.jpg.xmp").write_bytes(theirs)
    with pytest.raises(ChangedMeanwhileError):
        commit(planned)


@pytest.mark.parametrize("broken", [b"<x:xmpmeta", b"\x00\x01\x02", b"<html></html>"])
def test_a_broken_sidecar_is_refused_and_left_as_it_is(photo: Path, broken: bytes) -> None:
    sidecar = photo.with_name("photo.xmp")
    sidecar.write_bytes(broken)
    assert "photo.xmp cannot be used" in marks(photo).problem
    with pytest.raises(RabbitError, match=r"photo\.xmp cannot be used"):
        write(photo, rating=3)
    assert sidecar.read_bytes() == broken


def test_an_empty_sidecar_is_filled(photo: Path) -> None:
    sidecar = photo.with_name("photo.xmp")
    sidecar.write_bytes(b"")
    write(photo, rating=3)
    assert marks(photo).rating == 3
    assert marks(photo).sidecar == os.fsencode(sidecar)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="the system has no FIFOs")
def test_a_fifo_in_a_sidecars_place_holds_nobody_up(photo: Path) -> None:
    os.mkfifo(photo.with_name("photo.xmp"))
    assert "not a regular file" in marks(photo).problem


def test_a_folder_in_a_sidecars_place_is_told_and_left_alone(photo: Path) -> None:
    photo.with_name("photo.xmp").mkdir()
    assert "not a regular file" in marks(photo).problem
    with pytest.raises(RabbitError, match="not a regular file"):
        write(photo, rating=1)


def test_a_folder_that_is_called_like_a_photo_says_nothing(tmp_path: Path) -> None:
    (tmp_path / "folder.jpg").mkdir()
    assert embedded_xmp(os.fsencode(tmp_path / "folder.jpg")) == b""


def test_a_photo_whose_name_is_as_long_as_can_be_gets_a_sidecar_of_its_stem(
    photo: Path,
) -> None:
    longest = photo.rename(photo.with_name("x" * 251 + ".jpg"))
    write(longest, rating=4)
    assert longest.with_suffix(".xmp").is_file()
    assert marks(longest).rating == 4


def test_a_photo_that_is_gone_is_told(tmp_path: Path) -> None:
    with pytest.raises(RabbitError, match=r"gone\.jpg is not there any more"):
        write(tmp_path / "gone.jpg", rating=1)
    assert list(tmp_path.iterdir()) == []


def test_names_that_are_no_text_are_marked(tmp_path: Path) -> None:
    path = os.path.join(os.fsencode(tmp_path), b"caf\xe9 \n.jpg")
    with open(path, "wb") as file:
        file.write(jpeg())
    write_marks(path, MarksChange(rating=2, add_keywords=("a\x00b",)), naming="full")
    assert read_marks(path).rating == 2
    assert read_marks(path).keywords == ("ab",)


@given(name=st.one_of(st.binary(min_size=1), st.text(min_size=150, max_size=260).map(str.encode)))
def test_recovery_after_a_crash_finds_the_temporary_file(name: bytes) -> None:
    path = b"/photos/" + name.replace(b"/", b"")
    assert temporary_beside(path) == temporary_of_file_work(path)


def test_what_a_crash_left_is_no_hindrance(photo: Path) -> None:
    sidecar = photo.with_name("photo.jpg.xmp")
    left = Path(os.fsdecode(temporary_beside(os.fsencode(sidecar))))
    left.write_bytes(b"half")
    write(photo, rating=2)
    assert not left.exists()
    assert marks(photo).rating == 2


# ---------------------------------------------------------------- inside photos


def box(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I4s", len(body) + 8, kind) + body


def heic(xmp: bytes) -> bytes:
    """Boxes as ISO 14496-12 lays them out: an item of type mime, in the file's end."""
    item = b"\x02\0\0\0" + struct.pack(">HH4s", 7, 0, b"mime") + b"\0application/rdf+xml\0"
    info = box(b"iinf", b"\0\0\0\0\0\x01" + box(b"infe", item))

    def place(at: int) -> bytes:
        entry = struct.pack(">HHHHII", 7, 0, 0, 1, at, len(xmp))
        return box(b"iloc", b"\x01\0\0\0\x44\x00\0\x01" + entry)

    meta_size = len(box(b"meta", b"\0\0\0\0" + info + place(0)))
    head = box(b"ftyp", b"heic\0\0\0\0")
    at = len(head) + meta_size + 8
    return head + box(b"meta", b"\0\0\0\0" + info + place(at)) + box(b"mdat", xmp)


def tiff(xmp: bytes, order: str) -> bytes:
    head = (b"II*\0" if order == "<" else b"MM\0*") + struct.pack(order + "I", 8)
    entry = struct.pack(order + "HHHII", 1, 700, 1, len(xmp), 26)
    return head + entry + b"\0\0\0\0" + xmp


def png(xmp: bytes, *, packed: bool) -> bytes:
    text = b"XML:com.adobe.xmp\0" + (
        b"\x01\0\0\0" + zlib.compress(xmp) if packed else b"\0" * 4 + xmp
    )
    chunks = [(b"IHDR", bytes(13)), (b"IDAT", bytes(5)), (b"iTXt", text), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I4s", len(body), kind) + body + bytes(4) for kind, body in chunks
    )


def webp(xmp: bytes) -> bytes:
    odd = b"VP8X" + struct.pack("<I", 3) + b"abc\0"
    return b"RIFF\0\0\0\0WEBP" + odd + b"XMP " + struct.pack("<I", len(xmp)) + xmp


PACKET = packet(Rating="3")
UUID = bytes.fromhex("be7acfcb97a942e89c71999491e3afac")


@pytest.mark.parametrize(
    "data",
    [
        jpeg(PACKET),
        tiff(PACKET, "<"),
        tiff(PACKET, ">"),
        png(PACKET, packed=False),
        png(PACKET, packed=True),
        webp(PACKET),
        heic(PACKET),
        box(b"ftyp", b"crx \0\0\0\0") + box(b"uuid", UUID + PACKET),
        box(b"JXL ", b"\r\n\x87\n") + box(b"ftyp", b"jxl \0\0\0\0") + box(b"xml ", PACKET),
        b"FUJIFILM".ljust(84, b"\0") + struct.pack(">I", 92) + bytes(4) + jpeg(PACKET),
    ],
    ids=["jpeg", "tiff", "tiff-be", "png", "png-z", "webp", "heic", "cr3", "jxl", "raf"],
)
def test_the_packet_inside_a_photo_is_found(photo: Path, data: bytes) -> None:
    photo.write_bytes(data)
    assert embedded_xmp(os.fsencode(photo)) == PACKET
    photo.write_bytes(data[: len(data) - 40])
    embedded_xmp(os.fsencode(photo))


def test_a_damaged_packet_inside_a_photo_is_passed_over(photo: Path) -> None:
    photo.write_bytes(jpeg(b"<x:xmpmeta"))
    assert marks(photo).problem
    write(photo, rating=2)
    assert marks(photo).rating == 2
    assert marks(photo).problem == ""
