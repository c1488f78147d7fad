"""Hald CLUT: a lattice as a square picture, the form in which other photo programs pass looks on.

A picture of level L has L³ × L³ pixels and holds a lattice of L² nodes a side; read row by row,
red runs fastest, then green, then blue. The picture of a lattice that changes nothing, taken
through any program, comes back as that program's look.

Source: Eskil Steenberg, "Hald CLUT"; ImageMagick's ``hald:`` and ffmpeg's ``haldclut``.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from daemon.imaging.lattice import MAX_LUT_SIZE, FloatArray, check_lut, interpolate

MIN_LEVEL, MAX_LEVEL = 2, 16


class HaldError(ValueError):
    """A picture that is no Hald CLUT; the message goes on after the file's name."""


def lut_from_hald(pixels: NDArray[Any]) -> tuple[FloatArray, int]:
    """Read the lattice out of a picture.

    Args:
        pixels: Shape (H, W, 3), or (H, W, 4) whose fourth channel counts for nothing; uint8 or
            uint16.

    Returns:
        Shape (N, N, N, 3), float32, indexed [red, green, blue]; and the nodes a side that the
        picture holds, which N is too unless they are more than 129.

    Raises:
        HaldError: the picture has another shape.
    """
    if pixels.ndim != 3 or pixels.shape[2] not in (3, 4):
        raise HaldError("is gray; a Hald CLUT has red, green and blue")
    height, width = pixels.shape[:2]
    if height != width:
        raise HaldError(f"is no square ({width} × {height} pixels)")
    level = round(width ** (1 / 3))
    if level**3 != width or not MIN_LEVEL <= level <= MAX_LEVEL:
        raise HaldError(
            f"is {width} pixels wide; a Hald CLUT of level L has L × L × L, from "
            f"{MIN_LEVEL**3} to {MAX_LEVEL**3}"
        )
    size = level * level
    full = np.float32(np.iinfo(pixels.dtype).max)
    nodes = pixels[..., :3].reshape(size, size, size, 3).transpose(2, 1, 0, 3)
    lut = np.ascontiguousarray(nodes).astype(np.float32) / full
    if size > MAX_LUT_SIZE:
        return _sampled(lut, MAX_LUT_SIZE), size
    return lut, size


def hald_from_lut(
    lut: FloatArray, level: int, dtype: type[np.uint8] | type[np.uint16] = np.uint16
) -> NDArray[Any]:
    """Draw a lattice as a picture.

    Args:
        lut: Shape (N, N, N, 3); one of another size than the picture's is interpolated, values
            outside 0..1 are clipped.
        level: 2..16.
        dtype: Of the pixels.

    Returns:
        Shape (level³, level³, 3).

    Raises:
        ValueError: not a LUT, or no such level.
    """
    if not MIN_LEVEL <= level <= MAX_LEVEL:
        raise ValueError(f"a Hald CLUT has a level of {MIN_LEVEL} to {MAX_LEVEL}, not {level}")
    nodes = _sampled(check_lut(lut), level * level)
    values = np.rint(np.clip(nodes, 0, 1) * np.float32(np.iinfo(dtype).max)).astype(dtype)
    return np.ascontiguousarray(values.transpose(2, 1, 0, 3)).reshape(level**3, level**3, 3)


def nearest_level(size: int) -> int:
    """Return the level whose lattice is nearest to *size* nodes a side, and is one of ours.

    The larger of two that are as near, so that less is lost.
    """
    levels = [level for level in range(MIN_LEVEL, MAX_LEVEL + 1) if level**2 <= MAX_LUT_SIZE]
    return min(levels, key=lambda level: (abs(level**2 - size), -level))


def _sampled(lut: FloatArray, size: int) -> FloatArray:
    """Interpolate *lut* at *size* nodes a side, plane by plane: either may be larger than 129."""
    if lut.shape[0] == size:
        return lut
    axis = np.linspace(0, 1, size, dtype=np.float32)
    green, blue = np.meshgrid(axis, axis, indexing="ij")
    result = np.empty((size, size, size, 3), np.float32)
    for index, value in enumerate(axis):
        colors = np.stack([np.full_like(green, value), green, blue], axis=-1)
        result[index] = interpolate(lut, colors)
    return result
