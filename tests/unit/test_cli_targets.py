from __future__ import annotations

import os
from pathlib import Path

import pytest

from rabbitviewer.commands.targets import UsageError, cube_target, output_target


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> bytes:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "folder").mkdir()
    return os.fsencode(tmp_path)


@pytest.mark.parametrize(
    ("out", "photos", "expected"),
    [
        (None, 3, b""),
        ("b.PNG", 1, b"/b.PNG"),
        ("b", 1, b"/b"),
        ("folder", 1, b"/folder/"),
        ("folder/", 2, b"/folder/"),
        ("new/", 1, b"/new/"),
        ("new", 2, b"/new/"),
        ("sub/{stem}_x.tif", 2, b"/sub/{stem}_x.tif"),
        ("{stem}-{operation}", 2, b"/{stem}-{operation}"),
        ("2024.05.my look", 1, b"/2024.05.my look"),
    ],
)
def test_what_was_typed_is_an_absolute_file_folder_or_pattern(
    here: bytes, out: str | None, photos: int, expected: bytes
) -> None:
    assert output_target(out, photos) == (here + expected if expected else b"")


def test_a_folder_above_is_allowed_where_it_is_no_pattern(here: bytes) -> None:
    assert output_target("../b.png", 1) == os.path.dirname(here) + b"/b.png"


@pytest.mark.parametrize(
    ("out", "photos"),
    [
        ("b.png", 2),
        ("{operation}.png", 2),
        ("b.cr2", 1),
        ("../{stem}", 1),
        ("a/../{stem}", 2),
        ("{stem}/..", 2),
        ("{name}", 2),
        ("{stem}}", 1),
        ("", 1),
    ],
)
def test_what_cannot_be_is_wrong_usage(out: str, photos: int) -> None:
    with pytest.raises(UsageError):
        output_target(out, photos)


@pytest.mark.parametrize(
    ("cube", "photos", "expected"),
    [
        (None, 1, b""),
        ("look.cube", 1, b"/look.cube"),
        ("look", 1, b"/look.cube"),
        ("{stem}_{operation}", 2, b"/IMG.1_color_grade.cube"),
        ("folder", 2, b"/folder/IMG.1.cube"),
    ],
)
def test_the_cube_of_a_photo_is_one_file(
    here: bytes, cube: str | None, photos: int, expected: bytes
) -> None:
    assert cube_target(cube, "/p/IMG.1.jpg", photos) == (here + expected if expected else b"")


@pytest.mark.parametrize(("cube", "photos"), [("look.cube", 2), ("look.png", 1), ("../{stem}", 1)])
def test_a_cube_that_cannot_be_is_wrong_usage(cube: str, photos: int) -> None:
    with pytest.raises(UsageError):
        cube_target(cube, "/p/a.jpg", photos)
