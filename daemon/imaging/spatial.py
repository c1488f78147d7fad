"""A grade that varies over the picture: what is added to the LUT's colours, and where."""

from __future__ import annotations

import math
import struct
import zlib
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from daemon.imaging.filters import luma
from daemon.imaging.lattice import FloatArray

MIDDLE_GRAY = 0.5
"""Colours are measured from here in a change."""

_MAGIC = b"RVGRID\x01\n"
_HEADER = struct.Struct("<3H4d")
_CHECKSUM = struct.Struct("<I")
_MAX_SIDE, _MAX_LEVELS = 256, 64
_TERMS = 4


@dataclass(frozen=True, eq=False)
class SpatialGrid:
    """A correction on top of a LUT: a bilateral grid of affine changes of colour.

    The corrected colour is LUT(c) + A(x, y, g) * (c - middle gray, 1), where c is the pixel's own
    colour and g its brightness. Only the pixel's own colour guides: neighbours across an edge do
    not mix, so there are no halos. Over the picture A is a smooth spline (continuous with its
    slope: no seams), over the brightness it is blended between levels.

    Source: Chen, Adams, Wadhwa, Hasinoff 2016, "Bilateral guided upsampling"; splines instead of
    linear interpolation, and in the original's colours, so that LUT and grid simply add up.

    Attributes:
        coefficients: Shape (rows, columns, levels, 4, 3), float32: uniform quadratic B-splines of
            the position, one more on each side than the grid has intervals; for each level of
            brightness an offset (first) and a matrix on the colour's distance from middle gray.
        window: left, top, width, height: which part of the grid's extent the photo is.
    """

    coefficients: FloatArray
    window: tuple[float, float, float, float] = (0.0, 0.0, 1.0, 1.0)

    def __post_init__(self) -> None:
        """Refuse an array of another shape."""
        shape = self.coefficients.shape
        if len(shape) != 5 or min(shape[:2]) < 3 or shape[2] < 2 or shape[3:] != (_TERMS, 3):
            raise ValueError(f"a grid has the shape (rows, columns, levels, 4, 3), not {shape}")

    @property
    def intervals(self) -> tuple[int, int]:
        """How many intervals the grid has down and across."""
        return self.coefficients.shape[0] - 2, self.coefficients.shape[1] - 2

    @property
    def levels(self) -> int:
        """How many levels of brightness."""
        return self.coefficients.shape[2]

    def part(self, left: float, top: float, width: float, height: float) -> SpatialGrid:
        """The same grade of a part of the picture, all in shares of the picture as it is now.

        Raises:
            ValueError: the part is empty.
        """
        if not (width > 0 and height > 0):
            raise ValueError(f"a part of {width} x {height} of a picture is empty")
        x, y, across, down = self.window
        window = (x + left * across, y + top * down, width * across, height * down)
        return replace(self, window=window)

    def changes(self, down: NDArray[Any], across: NDArray[Any]) -> FloatArray:
        """What is added to the colours at all crossings of heights and widths.

        Args:
            down: Shape (H,), 0 (top) to 1.
            across: Shape (W,), 0 (left) to 1.

        Returns:
            Shape (H, W, levels * 4, 3), float32: factors of :func:`color_terms`.
        """
        left, top, width, height = self.window
        rows = spline_matrix(top + down * height, self.intervals[0])
        columns = spline_matrix(left + across * width, self.intervals[1])
        flat = self.coefficients.reshape(*self.coefficients.shape[:2], -1)
        partial = np.tensordot(rows, flat, axes=(1, 0))
        changes = np.tensordot(partial, columns, axes=(1, 1)).transpose(0, 2, 1)
        return np.ascontiguousarray(changes).reshape(len(down), len(across), -1, 3)

    def to_bytes(self) -> bytes:
        """The grid as the content of a file; the same on every machine."""
        header = _HEADER.pack(*self.coefficients.shape[:3], *self.window)
        body = header + np.ascontiguousarray(self.coefficients, "<f4").tobytes()
        return _MAGIC + body + _CHECKSUM.pack(zlib.crc32(body))

    @classmethod
    def from_bytes(cls, content: bytes) -> SpatialGrid:
        """Read what :meth:`to_bytes` wrote.

        Raises:
            ValueError: it is not that, is cut off, damaged, or of a newer kind.
        """
        head = len(_MAGIC) + _HEADER.size
        if not content.startswith(_MAGIC):
            raise ValueError("this is not a spatial grade that this version can read")
        if len(content) < head + _CHECKSUM.size:
            raise ValueError("the spatial grade is cut off")
        rows, columns, levels, *window = _HEADER.unpack_from(content, len(_MAGIC))
        if not (3 <= min(rows, columns) <= max(rows, columns) <= _MAX_SIDE):
            raise ValueError(f"a spatial grade of {rows} x {columns} is absurd")
        if not 2 <= levels <= _MAX_LEVELS:
            raise ValueError(f"a spatial grade with {levels} levels is absurd")
        count = rows * columns * levels * _TERMS * 3
        wanted = head + 4 * count + _CHECKSUM.size
        if len(content) != wanted:
            raise ValueError(f"the spatial grade has {len(content)} bytes instead of {wanted}")
        if zlib.crc32(content[len(_MAGIC) : -4]) != _CHECKSUM.unpack(content[-4:])[0]:
            raise ValueError("the spatial grade is damaged: its checksum differs")
        numbers = np.frombuffer(content, "<f4", count, head).astype(np.float32)
        if not (np.isfinite(numbers).all() and all(map(math.isfinite, window))):
            raise ValueError("the spatial grade holds a value that is not a finite number")
        if not (window[2] > 0 and window[3] > 0):
            raise ValueError("the spatial grade covers an empty part of the picture")
        coefficients = numbers.reshape(rows, columns, levels, _TERMS, 3)
        return cls(coefficients, (window[0], window[1], window[2], window[3]))


def spline_weights(positions: NDArray[Any], intervals: int) -> tuple[NDArray[np.intp], FloatArray]:
    """The three uniform quadratic B-splines that are not zero at each position.

    Args:
        positions: Shape (M,), clamped to 0..1.
        intervals: Between 0 and 1, >= 1; there are two splines more.

    Returns:
        Index of the first, shape (M,), and their values, shape (M, 3), float32, summing to 1.
    """
    scaled = np.clip(positions, 0, 1) * intervals
    first = np.minimum(scaled.astype(np.intp), intervals - 1)
    t = scaled - first
    weights = np.stack([(1 - t) ** 2 / 2, 0.5 + t - t * t, t * t / 2], axis=-1)
    return first, weights.astype(np.float32)


def spline_matrix(positions: NDArray[Any], intervals: int) -> FloatArray:
    """The values of all splines at each position, shape (M, intervals + 2)."""
    return _spread(*spline_weights(positions, intervals), intervals + 2)


def _spread(first: NDArray[np.intp], weights: FloatArray, count: int) -> FloatArray:
    """Neighbouring weights as the rows of a matrix of shape (M, count), zero elsewhere."""
    rows = np.zeros((len(first), count), np.float32)
    places = first[:, None] + np.arange(weights.shape[1])
    np.put_along_axis(rows, places, weights, axis=1)
    return rows


def color_terms(colors: NDArray[Any], levels: int) -> FloatArray:
    """The functions of a colour that a change is a combination of.

    Args:
        colors: Shape (M, 3), 0..1.
        levels: Levels of brightness, >= 2.

    Returns:
        Shape (M, levels * 4), float32: for each level, as far as the colour's brightness is at it,
        a constant and the distance from middle gray.
    """
    scaled = np.clip(luma(colors.astype(np.float32, copy=False)), 0, 1) * (levels - 1)
    below = np.minimum(scaled.astype(np.intp), levels - 2)
    above = (scaled - below).astype(np.float32)
    level = _spread(below, np.stack([1 - above, above], axis=-1), levels)
    affine = np.ones((len(colors), _TERMS), np.float32)
    affine[:, 1:] = colors - np.float32(MIDDLE_GRAY)
    return (level[:, :, None] * affine[:, None, :]).reshape(len(colors), -1)
