import pytest

from daemon.protocol.formats import (
    LISTED_EXTENSIONS,
    WRITABLE_EXTENSIONS,
    is_listed,
    result_extension,
    writable_format,
)


@pytest.mark.parametrize(
    ("format_name", "path", "expected"),
    [
        ("jpeg", "a.jpg", ".jpg"),
        ("jpeg", "a.JPEG", ".jpeg"),
        ("png", "a.png", ".png"),
        ("tiff", "a.tiff", ".tiff"),
        ("tiff", "a.tif", ".tif"),
        ("webp", "a.webp", ".webp"),
        ("gif", "a.gif", ".png"),
        ("bmp", "a.bmp", ".png"),
        ("heic", "a.heic", ".tiff"),
        ("avif", "a.avif", ".tiff"),
        ("jxl", "a.jxl", ".tiff"),
        ("raw", "a.nef", ".tiff"),
        ("png", "really-a-png.jpg", ".png"),
    ],
)
def test_a_result_is_of_its_originals_kind(format_name: str, path: str, expected: str) -> None:
    assert result_extension(format_name, path) == expected


@pytest.mark.parametrize("format_name", ["heic", "avif", "jxl", "raw"])
def test_the_settings_can_ask_for_jpeg_instead_of_tiff(format_name: str) -> None:
    assert result_extension(format_name, "a.x", raw_format="jpeg") == ".jpg"


def test_a_palette_becomes_a_png() -> None:
    assert result_extension("tiff", "a.tif", palette=True) == ".png"


def test_endings_count_in_any_case_and_as_bytes() -> None:
    assert is_listed(b"/photos/caf\xe9.CR2")
    assert not is_listed("notes.txt")


def test_what_can_be_written_is_listed_too() -> None:
    assert WRITABLE_EXTENSIONS <= LISTED_EXTENSIONS
    assert {writable_format(e) for e in WRITABLE_EXTENSIONS} == {"jpeg", "png", "tiff", "webp"}


def test_writing_an_unwritable_ending_is_refused() -> None:
    with pytest.raises(KeyError):
        writable_format(".heic")


def test_videos_are_listed_but_never_written() -> None:
    assert is_listed("/photos/MVI_0001.MOV")
    assert ".mp4" not in WRITABLE_EXTENSIONS
