"""LUT files as others read them: the same colours from OpenColorIO and ffmpeg, on photographs."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PyOpenColorIO import INTERP_TETRAHEDRAL, OPTIMIZATION_NONE, Config, FileTransform

from daemon.handlers.grading import apply_to_photo
from daemon.handlers.lut_files import read_lut, write_lut
from daemon.imaging.cube import Cube, format_file
from daemon.imaging.lattice import identity_lut
from daemon.imaging.shaper import Curves, Shaper
from daemon.tasks import ApplyLut
from tests.end2end.program import Program
from tests.fakes.graded_photos import astronaut, chelsea, coffee
from tests.fakes.quiet import QuietContext

pytestmark = [pytest.mark.slow]
ffmpeg_there = pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="needs ffmpeg")

PHOTOS = {"astronaut": astronaut, "chelsea": chelsea, "coffee": coffee}


def look(size: int = 33) -> np.ndarray:
    """A grade that mixes the channels, and leaves 0..1 here and there."""
    x = identity_lut(size)
    mixed = x + 0.45 * np.sin(3 * x[..., [1, 2, 0]]) * x * (1 - x) - 0.02
    return np.clip(mixed, -0.05, 1.1).astype(np.float32)


def curves(entries: int) -> np.ndarray:
    ramp = np.linspace(0, 1, entries)
    return np.stack([ramp**0.7, ramp**1.4, 0.05 + 0.9 * ramp**2], axis=1).astype(np.float32)


FORMS = {
    "lattice": Cube(look()),
    "range": Cube(look(17), shaper=Shaper((-0.1, 0.0, 0.0), (1.2, 1.5, 1.0))),
    "curves": Cube(
        identity_lut(2), shaper=Shaper(curves=Curves(curves(1024))), one_dimensional=True
    ),
    "narrow curves": Cube(
        identity_lut(2),
        shaper=Shaper(curves=Curves(curves(64), (0.1, 0.1, 0.1), (0.9, 0.9, 0.9))),
        one_dimensional=True,
    ),
    "curves and lattice": Cube(
        look(17), shaper=Shaper((0.0, 0.0, 0.0), (1.25, 1.25, 1.25), Curves(curves(256)))
    ),
}


@pytest.fixture(params=PHOTOS)
def picture(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A photograph in a file without loss."""
    path = tmp_path / f"{request.param}.png"
    Image.fromarray(PHOTOS[request.param]()).save(path)
    return path


def pixels(path: Path) -> np.ndarray:
    with Image.open(path) as opened:
        return np.asarray(opened.convert("RGB")).astype(int)


def ours(photo: Path, lut: Path) -> np.ndarray:
    target = photo.with_name("ours.png")
    task = ApplyLut(
        path=os.fsencode(photo),
        cube_path=os.fsencode(lut),
        temp_path=os.fsencode(target),
        extension=".png",
    )
    apply_to_photo(task, QuietContext())
    return pixels(target)


def by_opencolorio(photo: Path, lut: Path) -> np.ndarray:
    transform = FileTransform(str(lut), interpolation=INTERP_TETRAHEDRAL)
    processor = (
        Config.CreateRaw().getProcessor(transform).getOptimizedCPUProcessor(OPTIMIZATION_NONE)
    )
    colors = (pixels(photo) / 255).astype(np.float32)
    processor.applyRGB(colors)
    return np.rint(np.clip(colors, 0, 1) * 255).astype(int)


def by_ffmpeg(photo: Path, filters: str, *inputs: Path) -> np.ndarray:
    target = photo.with_name("theirs.png")
    given = [word for path in (photo, *inputs) for word in ("-i", str(path))]
    command = ["ffmpeg", "-y", "-v", "error", *given, "-filter_complex", filters]
    subprocess.run([*command, "-pix_fmt", "rgb24", target], check=True, timeout=60)
    return pixels(target)


def difference(first: np.ndarray, second: np.ndarray) -> int:
    return int(np.abs(first - second).max())


@pytest.mark.parametrize("form", FORMS)
def test_opencolorio_gives_the_same_picture_from_our_file(picture: Path, form: str) -> None:
    lut = picture.with_name("look.cube")
    lut.write_text(format_file(FORMS[form]), encoding="utf-8")
    assert difference(ours(picture, lut), by_opencolorio(picture, lut)) <= 1


# ffmpeg 5 multiplies the values of a file by the length of its range, so others are left out
@ffmpeg_there
def test_ffmpeg_gives_the_same_picture_from_our_cube(picture: Path) -> None:
    lut = picture.with_name("look.cube")
    lut.write_text(format_file(FORMS["lattice"]), encoding="utf-8")
    theirs = by_ffmpeg(picture, f"format=gbrpf32le,lut3d={lut}:interp=tetrahedral")
    assert difference(ours(picture, lut), theirs) <= 1


@ffmpeg_there
def test_ffmpeg_gives_the_same_picture_from_our_curves(picture: Path) -> None:
    lut = picture.with_name("look.cube")
    lut.write_text(format_file(FORMS["curves"]), encoding="utf-8")
    theirs = by_ffmpeg(picture, f"format=gbrpf32le,lut1d={lut}:interp=linear")
    assert difference(ours(picture, lut), theirs) <= 1


@ffmpeg_there
@pytest.mark.parametrize("size", [9, 36, 64])
def test_ffmpeg_gives_the_same_picture_from_our_hald(picture: Path, size: int) -> None:
    hald = picture.with_name("hald.png")
    write_lut(os.fsencode(hald), look(size), space="srgb", title="", hald=True)
    filters = "[0]format=gbrpf32le[a];[1]format=gbrpf32le[b];[a][b]haldclut=interp=tetrahedral"
    assert difference(ours(picture, hald), by_ffmpeg(picture, filters, hald)) <= 1


@ffmpeg_there
@pytest.mark.parametrize("level", [2, 4, 8])
def test_ffmpegs_own_hald_changes_nothing(picture: Path, level: int) -> None:
    hald = picture.with_name("hald.png")
    command = ["ffmpeg", "-y", "-v", "error", "-f", "lavfi", "-i", f"haldclutsrc=level={level}"]
    subprocess.run([*command, "-frames:v", "1", hald], check=True, timeout=60)
    cube, _ = read_lut(os.fsencode(hald))
    # ffmpeg cuts the fractions of a level off where it draws one
    np.testing.assert_allclose(cube.lut, identity_lut(level**2), atol=1.01 / 255)
    assert difference(ours(picture, hald), pixels(picture)) <= 1


def test_a_look_goes_round_through_files_of_both_kinds(program: Program, tmp_path: Path) -> None:
    photo, cube = tmp_path / "photo.png", tmp_path / "look.cube"
    Image.fromarray(coffee()).save(photo)
    cube.write_text(format_file(Cube(look(64))), encoding="utf-8")
    program.json("lut", "convert", cube, tmp_path / "look.png")
    program.json("lut", "convert", tmp_path / "look.png", tmp_path / "back.cube")
    made = [
        pixels(Path(program.json("lut", "apply", photo, lut, "-o", tmp_path / out)["result_path"]))
        for lut, out in ((cube, "a.png"), (tmp_path / "back.cube", "b.png"))
    ]
    assert difference(*made) <= 1
