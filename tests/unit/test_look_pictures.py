"""A photo under looks, as a worker draws it: the right colours, whatever the photo's space."""

from __future__ import annotations

import os
import zlib
from pathlib import Path

import numpy as np
import pytest
import tifffile
from PIL import Image

from daemon.decode.color import profile_for
from daemon.decode.display import as_jpeg
from daemon.decode.screen_color import to_screen
from daemon.decode.thumbnail import fit_preview
from daemon.handlers.grading import apply_to_photo
from daemon.handlers.grid_files import write_grid
from daemon.handlers.looks import show_grades
from daemon.handlers.lut_files import write_lut
from daemon.imaging.lattice import identity_lut
from daemon.imaging.spatial import SpatialGrid
from daemon.tasks import ApplyLut, GradesShown, ShowCached, ShowGrades
from tests.fakes.graded_photos import coffee
from tests.fakes.quiet import QuietContext

WIDTH, HEIGHT = 60, 40


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    path = tmp_path / "photo.png"
    Image.fromarray(coffee()[::10, ::10]).save(path)
    return path


def lut(folder: Path, name: str, change: float, space: str = "srgb") -> bytes:
    path = os.fsencode(folder / f"{name}.cube")
    nodes = identity_lut(17) ** np.float32(change)
    write_lut(path, nodes.astype(np.float32), space=space, title=name)
    return path


def show(path: Path, *luts: bytes, **wanted: object) -> tuple[GradesShown, np.ndarray]:
    task = ShowGrades(
        path=os.fsencode(path),
        max_width_px=WIDTH,
        max_height_px=HEIGHT,
        lut_paths=luts,
        generation=path.stat().st_mtime_ns,
        **wanted,
    )
    shown, blob = show_grades(task, QuietContext())
    shape = (len(shown.shown), shown.height_px, shown.width_px, 4)
    return shown, np.frombuffer(blob, np.uint8).reshape(shape)


def rgb(picture: np.ndarray) -> np.ndarray:
    return picture[..., 2::-1].astype(int)


def applied(path: Path, cube: bytes, folder: Path, **wanted: object) -> np.ndarray:
    """The same grade by the way of the full size, on an sRGB monitor."""
    target = folder / f"applied{path.suffix}"
    wanted = {"extension": path.suffix, **wanted}
    task = ApplyLut(path=os.fsencode(path), cube_path=cube, temp_path=os.fsencode(target), **wanted)
    apply_to_photo(task, QuietContext())
    fitted = fit_preview(os.fsencode(target), 0, 0)
    return to_screen(fitted.pixels, fitted.icc, None).astype(int)


def test_every_look_has_its_picture_in_the_order_asked_for(photo: Path, tmp_path: Path) -> None:
    dark, same = lut(tmp_path, "dark", 2.0), lut(tmp_path, "same", 1.0)
    shown, pictures = show(photo, dark, same)
    assert shown.shown == (0, 1)
    assert (rgb(pictures[1]) == coffee()[::10, ::10]).all()
    assert rgb(pictures[0]).mean() < rgb(pictures[1]).mean() - 20
    assert (pictures[..., 3] == 255).all()


def test_a_look_that_cannot_be_read_is_left_out(photo: Path, tmp_path: Path) -> None:
    bad = tmp_path / "bad.cube"
    bad.write_text("LUT_3D_SIZE 2\n")
    gone = os.fsencode(tmp_path / "gone.cube")
    shown, pictures = show(photo, os.fsencode(bad), lut(tmp_path, "dark", 2.0), gone)
    assert shown.shown == (1,)
    assert len(pictures) == 1


@pytest.mark.parametrize("channels", ["all", "luma", "chroma"])
@pytest.mark.parametrize("strength", [0.5, 1.0, 1.5])
def test_a_preview_is_what_the_result_will_be(
    photo: Path, tmp_path: Path, channels: str, strength: float
) -> None:
    dark = lut(tmp_path, "dark", 1.6)
    how = {"strength": strength, "channels": channels}
    _, (picture,) = show(photo, dark, **how)
    assert np.abs(rgb(picture) - applied(photo, dark, tmp_path, **how)).max() <= 1


@pytest.mark.parametrize("space", ["adobe-rgb", "display-p3", "prophoto"])
@pytest.mark.parametrize("own", ["srgb", "adobe-rgb", "prophoto"])
def test_a_look_of_another_space_looks_as_its_result_will(
    tmp_path: Path, own: str, space: str
) -> None:
    path = tmp_path / "wide.tif"
    pixels = coffee()[::10, ::10].astype(np.uint16) * 257
    tifffile.imwrite(path, pixels, photometric="rgb", iccprofile=profile_for(own))
    dark = lut(tmp_path, "dark", 1.4, space)
    _, (picture,) = show(path, dark)
    assert np.abs(rgb(picture) - applied(path, dark, tmp_path)).max() <= 1


def test_a_large_picture_of_another_space_is_close_to_its_result(tmp_path: Path) -> None:
    path = tmp_path / "wide.tif"
    tifffile.imwrite(path, coffee(), photometric="rgb", iccprofile=profile_for("adobe-rgb"))
    dark = lut(tmp_path, "dark", 1.4, "srgb")
    task = ShowGrades(
        path=os.fsencode(path), max_width_px=600, max_height_px=400, lut_paths=(dark,)
    )
    _, blob = show_grades(task, QuietContext())
    difference = np.abs(
        rgb(np.frombuffer(blob, np.uint8).reshape(400, 600, 4)) - applied(path, dark, tmp_path)
    )
    assert difference.max() <= 3
    assert difference.mean() < 0.2


def varying_grid(folder: Path) -> bytes:
    """A grade that is darker on the left than on the right."""
    coefficients = np.zeros((5, 6, 3, 4, 3), np.float32)
    coefficients[..., 0, :] = np.linspace(-0.2, 0.2, 6, dtype=np.float32)[:, None, None]
    path = os.fsencode(folder / "grade.grid")
    write_grid(path, SpatialGrid(coefficients))
    return path


@pytest.mark.parametrize("own", ["srgb", "adobe-rgb"])
def test_a_grade_that_varies_over_the_photo_looks_as_its_result_will(
    tmp_path: Path, own: str
) -> None:
    path = tmp_path / "photo.tif"
    picture = coffee()[::10, ::10].copy()
    tifffile.imwrite(path, picture, photometric="rgb", iccprofile=profile_for(own))
    same, grid = lut(tmp_path, "same", 1.0), varying_grid(tmp_path)
    how = {"grid_path": grid, "strength": 0.8, "channels": "luma"}
    _, (shown,) = show(path, same, **how)
    _, (plain,) = show(path, same)
    change = (rgb(shown) - rgb(plain)).mean((0, 2))
    assert change[:10].mean() < -5
    assert change[-10:].mean() > 5
    assert np.abs(rgb(shown) - applied(path, same, tmp_path, **how)).max() <= 1


def test_the_monitors_profile_counts(photo: Path, tmp_path: Path) -> None:
    icc = tmp_path / "monitor.icc"
    wide = profile_for("prophoto")
    assert wide is not None
    icc.write_bytes(wide)
    same = lut(tmp_path, "same", 1.0)
    _, (picture,) = show(photo, same, profile_path=os.fsencode(icc))
    expected = to_screen(coffee()[::10, ::10].copy(), None, wide)
    assert np.abs(rgb(picture) - expected).max() <= 1


def cached(folder: Path, picture: np.ndarray, icc: bytes | None) -> ShowCached:
    source = folder / "source.png"
    Image.fromarray(picture).save(source, icc_profile=icc)
    jpeg = as_jpeg(fit_preview(os.fsencode(source), 0, 0), 98, own_colors=True)
    (folder / "pack").write_bytes(b"..." + jpeg)
    return ShowCached(
        pack_path=os.fsencode(folder / "pack"),
        offset=3,
        length=len(jpeg),
        checksum=zlib.crc32(jpeg),
        source_width_px=6000,
        source_height_px=4000,
    )


def test_the_kept_picture_stands_in_for_the_photo(tmp_path: Path) -> None:
    path = tmp_path / "not-decoded.jpg"
    path.write_bytes(b"the file itself is not looked at")
    kept = cached(tmp_path, coffee()[::10, ::10], None)
    shown, (picture,) = show(path, lut(tmp_path, "same", 1.0), kept=kept)
    assert (shown.source_width_px, shown.source_height_px) == (6000, 4000)
    assert np.abs(rgb(picture) - coffee()[::10, ::10]).mean() < 8


def test_a_kept_picture_that_is_gone_is_no_failure(photo: Path, tmp_path: Path) -> None:
    kept = cached(tmp_path, coffee()[::10, ::10], None)
    (tmp_path / "pack").unlink()
    _, (picture,) = show(photo, lut(tmp_path, "same", 1.0), kept=kept)
    assert (rgb(picture) == coffee()[::10, ::10]).all()


@pytest.mark.parametrize(("space", "taken"), [("srgb", True), ("prophoto", False)])
def test_a_kept_srgb_picture_stands_in_for_srgb_photos_only(
    tmp_path: Path, space: str, taken: bool
) -> None:
    path = tmp_path / "photo.jpg"
    dark = np.full((HEIGHT, WIDTH, 3), 40, np.uint8)
    Image.fromarray(dark).save(path, icc_profile=profile_for(space))
    kept = cached(tmp_path, np.full((HEIGHT, WIDTH, 3), 200, np.uint8), None)
    _, (picture,) = show(path, lut(tmp_path, "same", 1.0), kept_srgb=kept)
    assert (rgb(picture).mean() > 150) == taken


def test_a_single_picture_goes_into_the_surface(photo: Path, tmp_path: Path) -> None:
    surface = os.fsencode(tmp_path / "surface")
    task = ShowGrades(
        path=os.fsencode(photo),
        max_width_px=WIDTH,
        max_height_px=HEIGHT,
        lut_paths=(lut(tmp_path, "same", 1.0),),
        surface_path=surface,
    )
    shown, blob = show_grades(task, QuietContext())
    assert (shown.surface_path, blob) == (surface, b"")
    assert len((tmp_path / "surface").read_bytes()) == WIDTH * HEIGHT * 4
