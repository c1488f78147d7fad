"""Photographs for the benchmarks: real ones from scikit-image, laid out to the size asked for."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from skimage import data

_SOURCES = ("astronaut", "coffee", "chelsea")
_ENLARGE = 2
_NOISE = 2.0


def photo_pixels(width_px: int, height_px: int) -> NDArray[np.uint8]:
    """Lay real photographs out over a canvas, mirrored at their edges, with a camera's noise.

    Returns:
        Shape (height_px, width_px, 3), uint8.
    """
    rng = np.random.default_rng(7)
    canvas = np.empty((height_px, width_px, 3), np.uint8)
    tiles = [_enlarged(name) for name in _SOURCES]
    top = row = 0
    while top < height_px:
        left = column = 0
        tile_height = min(tile.shape[0] for tile in tiles)
        while left < width_px:
            tile = tiles[(row + column) % len(tiles)]
            if column % 2:
                tile = tile[:, ::-1]
            part = tile[: min(tile_height, height_px - top), : width_px - left]
            noisy = part + rng.normal(0.0, _NOISE, part.shape)
            canvas[top : top + part.shape[0], left : left + part.shape[1]] = noisy.clip(0, 255)
            left += part.shape[1]
            column += 1
        top += tile_height
        row += 1
    return canvas


def write_jpeg(path: Path, width_px: int, height_px: int, quality: int = 92) -> Path:
    """Write such a photograph as JPEG, once."""
    if not path.exists():
        buffer = io.BytesIO()
        Image.fromarray(photo_pixels(width_px, height_px)).save(buffer, "JPEG", quality=quality)
        path.write_bytes(buffer.getvalue())
    return path


def _enlarged(name: str) -> NDArray[np.float32]:
    picture = Image.fromarray(getattr(data, name)())
    size = (picture.width * _ENLARGE, picture.height * _ENLARGE)
    return np.asarray(picture.resize(size, Image.Resampling.LANCZOS), np.float32)
