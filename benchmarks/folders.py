"""Folders for the benchmarks: camera-like JPEGs, half of them with an EXIF thumbnail."""

from __future__ import annotations

import io
import os
import struct
from pathlib import Path

from photos import photo_pixels
from PIL import Image

SIZES = ((6000, 4000), (4256, 2832))
DISTINCT = 10
BYTES_PER_PIXEL = 0.28
_THUMBNAIL_BOX = (160, 120)


def make_folder(folder: Path, count: int, prefix: str = "IMG_") -> Path:
    """Fill *folder* with *count* photos of 24 and 12 MP, by hard links to a few real files."""
    folder.mkdir(parents=True, exist_ok=True)
    originals = make_originals(folder.parent / "originals")
    present = {entry.name for entry in os.scandir(folder)}
    for number in range(count):
        name = f"{prefix}{number:06d}.jpg"
        if name not in present:
            os.link(originals[number % len(originals)], folder / name)
    return folder


def make_originals(folder: Path) -> list[Path]:
    """Write the few files that everything links to, once; the first one has 24 MP."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = [folder / f"original_{number:02d}.jpg" for number in range(DISTINCT)]
    if all(path.exists() for path in paths):
        return paths
    pixels = {size: photo_pixels(*size) for size in SIZES}
    for number, path in enumerate(paths):
        picture = pixels[SIZES[number % len(SIZES)]]
        rolled = Image.fromarray(picture[:, ::-1] if number % 4 >= 2 else picture)
        exif = _exif_with_thumbnail(rolled) if number % 4 < 2 else b""
        path.write_bytes(_near(rolled, exif))
    return paths


def _near(picture: Image.Image, exif: bytes) -> bytes:
    """Encode at the quality whose size is the nearest to what cameras write."""
    wanted = BYTES_PER_PIXEL * picture.width * picture.height
    tries = [_encode(picture, quality, exif) for quality in (82, 88, 92, 94, 95)]
    return min(tries, key=lambda data: abs(len(data) - wanted))


def _encode(picture: Image.Image, quality: int, exif: bytes = b"") -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", quality=quality, exif=exif)
    return buffer.getvalue()


def _exif_with_thumbnail(picture: Image.Image) -> bytes:
    """Return an EXIF segment with date, camera and a 160 x 120 thumbnail with black bars."""
    small = Image.new("RGB", _THUMBNAIL_BOX)
    inside = picture.copy()
    inside.thumbnail(_THUMBNAIL_BOX)
    small.paste(inside, (0, (_THUMBNAIL_BOX[1] - inside.height) // 2))
    jpeg = _encode(small, 80)
    date, camera = b"2024:05:17 10:20:30\0", b"Benchmark One\0"
    after_first = 8 + 2 + 2 * 12 + 4
    texts = after_first + len(date) + len(camera)
    second = struct.pack("<H", 3) + _entry(0x0103, 3, 1, 6)
    jpeg_at = texts + 2 + 3 * 12 + 4
    second += _entry(0x0201, 4, 1, jpeg_at) + _entry(0x0202, 4, 1, len(jpeg)) + bytes(4)
    first = struct.pack("<H", 2) + _entry(0x0110, 2, len(camera), after_first + len(date))
    first += _entry(0x0132, 2, len(date), after_first) + struct.pack("<I", texts)
    return b"Exif\0\0II*\0" + struct.pack("<I", 8) + first + date + camera + second + jpeg


def _entry(tag: int, kind: int, count: int, value: int) -> bytes:
    return struct.pack("<HHII", tag, kind, count, value)
