"""Peak memory and time of reading, grading and writing 100 MP photos, one process per photo.

Run: ``python benchmarks/large_photos.py [FOLDER]`` (needs 2 GB of room there; Linux).
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import imagecodecs
import numpy as np
import simplejpeg
import tifffile

WIDTH_PX, HEIGHT_PX = 11_548, 8_660
CASES = (
    ("plain.tif", {"rowsperstrip": 64}),
    ("turned.tif", {"rowsperstrip": 64, "extratags": [(274, 3, 1, 6, True)]}),
    ("packed.tif", {"rowsperstrip": 64, "compression": "deflate", "predictor": True}),
    ("one-strip.tif", {"rowsperstrip": HEIGHT_PX, "compression": "deflate", "predictor": True}),
    ("deep.png", {}),
    ("photo.jpg", {}),
)


def draw() -> np.ndarray:
    """Return a smooth picture with noise, (H, W, 3) uint16."""
    rows = np.linspace(0, 50_000, HEIGHT_PX)[:, None]
    columns = np.linspace(0, 12_000, WIDTH_PX)[None, :]
    picture = np.empty((HEIGHT_PX, WIDTH_PX, 3), np.uint16)
    random = np.random.default_rng(1)
    for top in range(0, HEIGHT_PX, 256):
        band = picture[top : top + 256]
        plane = (rows[top : top + 256] + columns).astype(np.uint16)
        band[:] = plane[..., None] + random.integers(0, 1500, band.shape, dtype=np.uint16)
    return picture


def make(folder: Path) -> None:
    """Write every case's photo."""
    picture = draw()
    for name, options in CASES:
        if name.endswith(".tif"):
            tifffile.imwrite(folder / name, picture, photometric="rgb", **options)
    (folder / "deep.png").write_bytes(imagecodecs.png_encode(picture, level=1))
    eight = (picture >> 8).astype(np.uint8)
    (folder / "photo.jpg").write_bytes(simplejpeg.encode_jpeg(eight, 92, colorsubsampling="420"))


def peak_mb() -> int:
    """Return the most memory that this process has held, MB."""
    status = Path("/proc/self/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) >> 10


def measure(path: Path) -> None:
    """Read, grade and write one photo in this process; print the figures as JSON."""
    from daemon.decode.parcel import Unfinished
    from daemon.decode.photo import read_photo
    from daemon.decode.writing import write_photo
    from daemon.imaging.apply import StripGrade

    axis = np.linspace(0, 1, 33, dtype=np.float32)
    lut = np.stack(np.meshgrid(axis, axis, axis, indexing="ij"), -1) ** np.float32(0.9)
    started = time.monotonic()
    photo = read_photo(os.fsencode(path))
    read = time.monotonic()
    read_peak_mb = peak_mb()
    grade, pixels = StripGrade(lut, photo.pixels.dtype), photo.pixels
    growing = Unfinished(pixels, lambda rows: grade.run(pixels[rows], pixels[rows]))
    target = path.with_name(f"out{path.suffix}")
    write_photo(os.fsencode(target), growing, path.suffix, source=photo)
    written = time.monotonic()
    target.unlink()
    figures = {
        "photo": path.name,
        "read_s": round(read - started, 2),
        "grade_and_write_s": round(written - read, 2),
        "read_peak_mb": read_peak_mb,
        "peak_mb": peak_mb(),
    }
    print(json.dumps(figures))


def main(arguments: list[str]) -> None:
    """Make the photos, then measure each in a fresh process."""
    if arguments[:1] == ["--measure"]:
        measure(Path(arguments[1]))
        return
    with tempfile.TemporaryDirectory(dir=arguments[0] if arguments else None) as name:
        make(Path(name))
        for case, _ in CASES:
            photo = str(Path(name) / case)
            subprocess.run([sys.executable, __file__, "--measure", photo], check=True)


if __name__ == "__main__":
    main(sys.argv[1:])
