import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from daemon.decode.facts import read_facts
from daemon.decode.facts_words import camera_name, day_and_time, day_in_xmp, plain_text
from daemon.handlers.cataloguing import scan_facts
from daemon.tasks import PhotoFacts, ScanFacts

PHONE = Path(__file__).parents[1] / "data" / "photos" / "phone.heic"
XMP = (
    b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF'
    b' xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about=""'
    b' xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmp:Rating="%s"'
    b' xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:subject><rdf:Bag>'
    b"<rdf:li>beach</rdf:li><rdf:li>sea</rdf:li></rdf:Bag></dc:subject>"
    b"</rdf:Description></rdf:RDF></x:xmpmeta>"
)


class NobodyWaits:
    def checkpoint(self, fraction=None):
        """Go on."""


def camera_exif() -> Image.Exif:
    exif = Image.Exif()
    exif[271], exif[272], exif[274] = "NIKON CORPORATION", "NIKON D850", 6
    exif[0x8769] = {
        33434: 1 / 250,
        33437: 2.8,
        34855: 400,
        37386: 50.0,
        36867: "2024:06:21 18:30:05",
        42036: "50 mm f/1.8",
    }
    exif[0x8825] = {1: "S", 2: (33.0, 30.0, 36.0), 3: "E", 4: (151.0, 15.0, 0.0)}
    return exif


def photo(folder: Path, name: str = "a.jpg", xmp: bytes = b"") -> Path:
    path = folder / name
    extra = {"xmp": xmp} if xmp else {}
    Image.new("RGB", (90, 60)).save(path, exif=camera_exif(), **extra)
    return path


def facts(path: Path) -> PhotoFacts:
    found = read_facts(os.fsencode(path))
    assert found is not None
    return found


def test_what_a_camera_wrote_is_known(tmp_path: Path) -> None:
    found = facts(photo(tmp_path))
    assert (found.format, found.width_px, found.height_px, found.orientation) == ("jpeg", 60, 90, 6)
    assert (found.camera, found.lens, found.taken) == (
        *("NIKON D850", "50 mm f/1.8"),
        "2024-06-21 18:30:05",
    )
    assert (found.iso, found.aperture, found.exposure_s, found.focal_mm) == (400, 2.8, 0.004, 50)
    assert (found.latitude, found.longitude) == (-33.51, 151.25)
    assert found.problem == ""


@pytest.mark.parametrize("name", ["a.png", "a.webp", "a.avif"])
def test_other_containers_tell_the_same(tmp_path: Path, name: str) -> None:
    found = facts(photo(tmp_path, name))
    assert (found.width_px, found.height_px, found.camera) == (60, 90, "NIKON D850")
    assert found.taken == "2024-06-21 18:30:05"


@pytest.mark.parametrize("name", ["a.gif", "a.bmp", "a.tif"])
def test_formats_without_a_camera_tell_their_size(tmp_path: Path, name: str) -> None:
    Image.new("RGB", (90, 60)).save(tmp_path / name)
    found = facts(tmp_path / name)
    assert (found.width_px, found.height_px, found.problem) == (90, 60, "")


def test_a_phones_heic_is_upright() -> None:
    found = facts(PHONE)
    assert (found.format, found.width_px, found.height_px) == ("heic", 240, 180)
    assert found.camera == "RabbitCam One"


def test_ratings_and_keywords_come_from_xmp(tmp_path: Path) -> None:
    found = facts(photo(tmp_path, xmp=XMP % b"4"))
    assert (found.rating, found.keywords) == (4, ("beach", "sea"))


def test_a_sidecar_speaks_for_its_photo(tmp_path: Path) -> None:
    path = photo(tmp_path)
    sidecar = tmp_path / "a.jpg.xmp"
    sidecar.write_bytes(XMP % b"5")
    found = facts(path)
    assert found.rating == 5
    assert found.sidecar_mtime_ns == sidecar.stat().st_mtime_ns


def test_content_is_known_again_under_another_name(tmp_path: Path) -> None:
    path = photo(tmp_path)
    before = facts(path)
    after = facts(path.rename(tmp_path / "b.jpg"))
    assert before.content_id == after.content_id
    assert len(before.content_id) == 16


def test_content_that_differs_in_the_middle_of_its_size_is_other_content(tmp_path: Path) -> None:
    first, second = tmp_path / "a.jpg", tmp_path / "b.jpg"
    first.write_bytes(photo(tmp_path, "c.jpg").read_bytes() + b"1")
    second.write_bytes(first.read_bytes()[:-1] + b"2")
    assert facts(first).content_id != facts(second).content_id


def test_a_file_that_vanished_is_left_out(tmp_path: Path) -> None:
    here = os.fsencode(photo(tmp_path))
    there = os.fsencode(tmp_path / "nothing.jpg")
    result, _ = scan_facts(ScanFacts(paths=(there, here)), NobodyWaits())
    assert [each.path for each in result.facts] == [here]


@pytest.mark.parametrize("content", [b"", b"hello" * 100, b"\xff\xd8\xff\xe1\xff\xff", b"II*\0"])
def test_what_is_no_photo_has_a_problem(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.jpg"
    path.write_bytes(content)
    assert facts(path).problem


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a.jpg")
    assert "pipe" in facts(tmp_path / "a.jpg").problem


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_damaged_header_never_raises(tmp_path: Path, data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(["a.jpg", "a.png", "a.webp", "a.avif", "a.dng"]))
    source = photo(tmp_path, "a.jpg" if name == "a.dng" else name, XMP % b"3")
    content = bytearray(source.read_bytes())
    if name == "a.dng":
        start = content.index(b"Exif\0\0") + 6
        content = content[start:]
    for _ in range(data.draw(st.integers(1, 12))):
        at = data.draw(st.integers(0, min(len(content), 900) - 1))
        content[at] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(1, len(content)))
    (tmp_path / name).write_bytes(content[:cut])
    found = facts(tmp_path / name)
    assert found.size_bytes == cut


@pytest.mark.parametrize(
    ("make", "model", "name"),
    [
        ("Canon", "Canon EOS R5", "Canon EOS R5"),
        ("NIKON CORPORATION", "NIKON D850", "NIKON D850"),
        ("OLYMPUS IMAGING CORP.", "E-M1", "OLYMPUS E-M1"),
        ("SONY", "ILCE-7M4", "SONY ILCE-7M4"),
        ("", "X-T5", "X-T5"),
        ("EASTMAN KODAK COMPANY", "KODAK DC240", "KODAK DC240"),
        ("Leica Camera AG", "LEICA Q3", "LEICA Q3"),
    ],
)
def test_the_maker_stands_once(make: str, model: str, name: str) -> None:
    assert camera_name(make, model) == name


@pytest.mark.parametrize("text", ["0000:00:00 00:00:00", "2023:02:29 10:00:00", "soon", ""])
def test_what_is_no_day_is_unknown(text: str) -> None:
    assert day_and_time(text) == ""


def test_a_day_in_xmp_counts_where_exif_is_silent() -> None:
    assert day_in_xmp(b'photoshop:DateCreated="2021-03-04T05:06:07+02:00"') == "2021-03-04 05:06:07"


def test_control_characters_do_not_reach_the_catalogue() -> None:
    assert plain_text("low\x00 \x1b[31m tide\n") == "low [31m tide"
