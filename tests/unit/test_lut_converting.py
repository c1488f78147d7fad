"""LUT files written as another kind or size by a worker, and what their notes say."""

from __future__ import annotations

import os
from pathlib import Path

import imagecodecs
import numpy as np
import pytest
from PIL import Image

from daemon.handlers.lut_converting import convert_lut
from daemon.handlers.lut_files import read_lut, write_lut
from daemon.handlers.lut_tables import find_lut
from daemon.imaging.cube import parse_cube
from daemon.imaging.lattice import identity_lut
from daemon.protocol.errors import ErrorKind, RabbitError
from daemon.tasks import ConvertLut, LutConverted
from tests.fakes.quiet import QuietContext

CURVE = "LUT_1D_SIZE 3\n0 0 0\n0.1 0.5 0.9\n1 1 1\n"


def smooth_lut(size: int) -> np.ndarray:
    return (identity_lut(size) ** np.float32(1.3)).astype(np.float32)


def cube_file(folder: Path, size: int = 33, space: str = "srgb") -> Path:
    path = folder / "look.cube"
    write_lut(os.fsencode(path), smooth_lut(size), space=space, title="Soft")
    return path


def convert(source: Path, target: Path, **wanted: object) -> LutConverted:
    task = ConvertLut(source_path=os.fsencode(source), target_path=os.fsencode(target), **wanted)
    return convert_lut(task, QuietContext())[0]


def test_a_cube_stays_as_it_is_but_for_its_title(tmp_path: Path) -> None:
    source = cube_file(tmp_path, 5, "adobe-rgb")
    found = convert(source, tmp_path / "b.cube", title="Dawn")
    assert (found.space, found.size, found.title, found.notes) == ("adobe-rgb", 5, "Dawn", ())
    cube, _ = read_lut(os.fsencode(tmp_path / "b.cube"))
    assert cube.title == "Dawn"
    np.testing.assert_allclose(cube.lut, smooth_lut(5), atol=1e-6)


def test_curves_stay_curves(tmp_path: Path) -> None:
    (tmp_path / "a.cube").write_text(CURVE)
    assert convert(tmp_path / "a.cube", tmp_path / "b.cube").size == 3
    cube = parse_cube((tmp_path / "b.cube").read_text())
    assert cube.one_dimensional


def test_curves_at_a_size_become_a_lattice_and_the_note_says_how_far_off(tmp_path: Path) -> None:
    (tmp_path / "a.cube").write_text(CURVE)
    found = convert(tmp_path / "a.cube", tmp_path / "b.cube", size=32)
    assert "sampled at 32 nodes" in found.notes[0]
    assert parse_cube((tmp_path / "b.cube").read_text()).lut.shape[0] == 32


def test_a_cube_becomes_the_nearest_hald_and_comes_back(tmp_path: Path) -> None:
    source, hald = cube_file(tmp_path), tmp_path / "h.png"
    notes = convert(source, hald, hald=True).notes
    assert "36 instead of 33" in notes[0]
    picture = imagecodecs.png_decode(hald.read_bytes())
    assert (picture.shape, picture.dtype) == ((216, 216, 3), np.uint16)
    convert(hald, tmp_path / "back.cube")
    back, _ = read_lut(os.fsencode(tmp_path / "back.cube"))
    np.testing.assert_allclose(back.lut, smooth_lut(36), atol=2e-3)


def test_a_hald_of_a_wide_space_says_that_others_will_not_know(tmp_path: Path) -> None:
    source = cube_file(tmp_path, 4, "prophoto")
    (note,) = convert(source, tmp_path / "h.png", hald=True).notes
    assert "prophoto" in note


def test_values_that_a_hald_cannot_hold_are_told(tmp_path: Path) -> None:
    path = tmp_path / "look.cube"
    write_lut(os.fsencode(path), identity_lut(4) * 1.2, space="srgb", title="")
    (note,) = convert(path, tmp_path / "h.png", hald=True).notes
    assert "were cut" in note


def test_curves_within_range_lose_nothing_but_their_steps_as_a_hald(tmp_path: Path) -> None:
    rows = "LUT_1D_SIZE 3\n0 0 0\n.4 .5 .6\n1 1 1\n"
    (tmp_path / "a.cube").write_text(rows)
    notes = convert(tmp_path / "a.cube", tmp_path / "h.png", hald=True).notes
    assert not [note for note in notes if "were cut" in note]


@pytest.mark.parametrize(
    ("mode", "size", "reason"),
    [("P", (8, 8), "palette"), ("L", (8, 8), "gray"), ("RGB", (8, 9), "square")],
)
def test_a_picture_that_is_no_hald_is_refused_by_name(
    tmp_path: Path, mode: str, size: tuple[int, int], reason: str
) -> None:
    path = tmp_path / "p.png"
    Image.new(mode, size).save(path)
    with pytest.raises(RabbitError, match=reason) as caught:
        read_lut(os.fsencode(path))
    assert caught.value.info.kind is ErrorKind.UNREADABLE
    assert str(path) in caught.value.info.message


def test_a_hald_with_transparency_and_a_profile_is_read(tmp_path: Path) -> None:
    picture = np.full((8, 8, 4), 128, np.uint8)
    Image.fromarray(picture, "RGBA").save(tmp_path / "h.png")
    cube, notes = read_lut(os.fsencode(tmp_path / "h.png"))
    assert (cube.space, notes) == ("srgb", ())
    np.testing.assert_allclose(cube.lut, 128 / 255)


def test_a_lut_is_found_again_in_its_table_under_another_name(tmp_path: Path) -> None:
    tables = os.fsencode(tmp_path / "tables")
    fresh = tmp_path / "fresh.part"
    convert(cube_file(tmp_path, 5), fresh, tables=tables)
    look = fresh.rename(tmp_path / "named.cube")
    (table,) = (tmp_path / "tables").iterdir()
    table.write_bytes(table.read_bytes().replace(b"Soft", b"Sofa"))
    assert find_lut(os.fsencode(look), tables).title == "Sofa"


def test_a_lut_that_changed_is_not_taken_from_its_table(tmp_path: Path) -> None:
    tables = os.fsencode(tmp_path / "tables")
    path = tmp_path / "look.cube"
    convert(cube_file(tmp_path, 5), tmp_path / "l.part", tables=tables)
    write_lut(os.fsencode(path), identity_lut(3), space="srgb", title="Other")
    assert find_lut(os.fsencode(path), tables).title == "Other"


def test_a_damaged_table_is_made_again(tmp_path: Path) -> None:
    tables = tmp_path / "tables"
    look = cube_file(tmp_path, 5)
    find_lut(os.fsencode(look), os.fsencode(tables))
    (table,) = tables.iterdir()
    table.write_bytes(table.read_bytes()[:-1])
    look = look.rename(tmp_path / "another.cube")  # the worker remembers by name
    assert find_lut(os.fsencode(look), os.fsencode(tables)).lut.shape[0] == 5
