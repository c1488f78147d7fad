"""The same cases through the real command line, on written files: the whole path must agree."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import tifffile
from numpy.typing import NDArray
from PIL import Image, ImageOps

from benchmarks.fidelity.cases import Pair
from benchmarks.fidelity.degradations import Kind, degrade
from benchmarks.fidelity.figures import Difference, Reference, without_partner
from benchmarks.fidelity.measure import edited, small_copy
from benchmarks.fidelity.methods import grade_pixels, run
from benchmarks.fidelity.tables import Table
from daemon.decode.color import profile_for, transform

Pixels = NDArray[np.uint8]

_SAMPLES = 200_000
_TURNED = 6
"""EXIF orientation: the camera was held upright, its first row is the right edge."""


@dataclass(frozen=True)
class Form:
    """How a photo lies on the disk.

    Attributes:
        name: What the table calls it.
        suffix: The file's ending.
        result_suffix: That of the result, which is to be lossless.
        write: Puts sRGB pixels into a file.
        read: Gets sRGB pixels out of one, whatever its depth and space.
        from_small: The fit is given the small copy as a file of its own, not the photo.
        tolerance: Accepted difference of the mean CIEDE2000 from the one in process.
    """

    name: str
    suffix: str
    result_suffix: str
    write: Callable[[Path, Pixels], None]
    read: Callable[[Path], Pixels]
    from_small: bool = False
    tolerance: float = 0.02


def _write_png(path: Path, pixels: Pixels) -> None:
    Image.fromarray(pixels).save(path, compress_level=1)


def _write_turned_jpeg(path: Path, pixels: Pixels) -> None:
    exif = Image.Exif()
    exif[0x0112] = _TURNED
    turned = Image.fromarray(np.rot90(pixels))
    turned.save(path, quality=97, subsampling=0, exif=exif)


def _write_deep_tiff(path: Path, pixels: Pixels) -> None:
    tifffile.imwrite(path, pixels.astype(np.uint16) * 257, photometric="rgb")


def _write_wide_tiff(path: Path, pixels: Pixels) -> None:
    icc = profile_for("display-p3")
    wide = transform(pixels.astype(np.float32) / np.float32(255), None, icc)
    deep = np.rint(np.clip(wide, 0, 1) * 65535).astype(np.uint16)
    tifffile.imwrite(path, deep, photometric="rgb", iccprofile=icc)


def _read(path: Path) -> Pixels:
    with Image.open(path) as picture:
        return np.asarray(ImageOps.exif_transpose(picture).convert("RGB"))


def _read_deep(path: Path) -> Pixels:
    with tifffile.TiffFile(path) as file:
        page = file.pages.first
        colors = page.asarray()[..., :3].astype(np.float32) / np.float32(65535)
        tag = page.tags.get("InterColorProfile")
        icc = None if tag is None else tag.value
    srgb = colors if icc is None else transform(colors, icc, None)
    return np.rint(np.clip(srgb, 0, 1) * 255).astype(np.uint8)


FORMS: tuple[Form, ...] = (
    Form("PNG", ".png", ".png", _write_png, _read),
    Form("JPEG turned by EXIF", ".jpg", ".png", _write_turned_jpeg, _read),
    Form("16-bit TIFF", ".tif", ".tif", _write_deep_tiff, _read_deep),
    Form("PNG, small copy fitted", ".png", ".png", _write_png, _read, from_small=True),
    Form("16-bit TIFF in Display P3", ".tif", ".tif", _write_wide_tiff, _read_deep, tolerance=0.15),
)
"""The program fits to a small copy that is not rounded; in Display P3 it fits in that space."""


@dataclass(frozen=True)
class Compared:
    """One case through both ways.

    Attributes:
        pair: Photo and edit.
        kind: How the edit came back.
        form: How the photo lay on the disk.
        command: ``lut extract`` with ``lut apply``, or ``lut spatial``.
        through_cli: The figures of the written result.
        in_process: Those of the functions called directly.
    """

    pair: Pair
    kind: Kind
    form: Form
    command: str
    through_cli: Difference
    in_process: Difference

    @property
    def agree(self) -> bool:
        """Whether both ways lead to the same figures."""
        return abs(self.through_cli.mean - self.in_process.mean) <= self.form.tolerance


def compare(pairs: Sequence[Pair]) -> list[Compared]:
    """Send each pair through the command line, every one in another form.

    Raises:
        SystemExit: a command failed; its own words are shown.
    """
    with tempfile.TemporaryDirectory() as temp:
        folder = Path(temp)
        line = _CommandLine(folder / "home")
        try:
            return [
                _compare(
                    pair, pair.kinds[turn % len(pair.kinds)], FORMS[turn % len(FORMS)], line, folder
                )
                for turn, pair in enumerate(pairs)
            ]
        finally:
            line.run("daemon", "stop", "--force")


def as_table(compared: Sequence[Compared]) -> Table:
    """Both ways beside each other."""
    head = ("photo", "edit", "came back", "photo's file", "command", "", "mean", "in process")
    lines = tuple(
        (
            one.pair.photo.name,
            one.pair.edit_name,
            one.kind,
            one.form.name,
            one.command,
            "same" if one.agree else "DIFFERS",
            f"{one.through_cli.mean:.3f}",
            f"{one.in_process.mean:.3f}",
        )
        for one in compared
    )
    return Table("Through the command line", head, lines)


class _CommandLine:
    """The program, with a home of its own."""

    def __init__(self, home: Path) -> None:
        self._env = {**os.environ, "RABBITVIEWER_HOME": str(home)}

    def run(self, *words: str | Path) -> dict[str, object]:
        """Run one command; its JSON document."""
        command = [sys.executable, "-m", "rabbitviewer", *map(str, words), "--json"]
        done = subprocess.run(command, env=self._env, capture_output=True, text=True, check=False)
        if done.returncode:
            raise SystemExit(f"{' '.join(command)} failed: {done.stderr.strip()}")
        return json.loads(done.stdout)


def _compare(pair: Pair, kind: Kind, form: Form, line: _CommandLine, folder: Path) -> Compared:
    photo, edit = folder / f"photo{form.suffix}", folder / "edit.png"
    out, look = folder / f"out{form.result_suffix}", folder / "look.cube"
    form.write(photo, pair.photo.pixels())
    pixels = form.read(photo)
    small = small_copy(pixels)
    truth = edited(pair.edit, small).reshape(small.shape).astype(np.float32)
    other = small_copy(pair.other.pixels()).astype(np.float32) / np.float32(255)
    returned = degrade(truth, kind, pair.name, other)
    _write_png(edit, returned)
    original = photo
    if form.from_small:
        original = folder / "small.png"
        _write_png(original, small)
    spatial = pair.group == "spatial"
    if spatial:
        line.run("lut", "spatial", original, edit, photo, "-o", out)
    else:
        line.run("lut", "extract", original, edit, "-o", look)
        line.run("lut", "apply", photo, look, "-o", out)
    count = pixels.shape[0] * pixels.shape[1]
    picked = np.sort(np.random.default_rng(1).integers(count, size=_SAMPLES))
    unseen = without_partner(pixels.reshape(-1, 3)[picked], small)
    reference = Reference(edited(pair.edit, pixels, picked), unseen)
    found = run("our spatial" if spatial else "our LUT", small, returned, pair.edit)
    result = form.read(out)
    for file in (photo, original, edit, out, look):
        file.unlink(missing_ok=True)
    return Compared(
        pair,
        kind,
        form,
        "lut spatial" if spatial else "lut extract, lut apply",
        reference.compare(result.reshape(-1, 3)[picked]),
        reference.compare(grade_pixels(found, pixels, picked)),
    )
