"""Boxes of a mask's pixels, and the squares of 256 pixels that a mask is kept and undone by."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

TILE_PX = 256

Values = NDArray[np.uint8]
TileKey = tuple[int, int]


class Box(NamedTuple):
    """Whole pixels from (*left*, *top*) up to, not including, (*right*, *bottom*)."""

    left: int
    top: int
    right: int
    bottom: int

    @property
    def width(self) -> int:
        """Columns; 0 when empty."""
        return max(self.right - self.left, 0)

    @property
    def height(self) -> int:
        """Rows; 0 when empty."""
        return max(self.bottom - self.top, 0)

    @property
    def is_empty(self) -> bool:
        """Whether it holds no pixel."""
        return self.right <= self.left or self.bottom <= self.top

    @property
    def slices(self) -> tuple[slice, slice]:
        """Rows and columns, to index an array of the whole mask."""
        return slice(self.top, self.bottom), slice(self.left, self.right)

    def united(self, other: Box) -> Box:
        """Return the smallest box around both; an empty one adds nothing."""
        if self.is_empty:
            return other
        if other.is_empty:
            return self
        return Box(
            min(self.left, other.left),
            min(self.top, other.top),
            max(self.right, other.right),
            max(self.bottom, other.bottom),
        )

    def intersected(self, other: Box) -> Box:
        """Return what lies in both."""
        return Box(
            max(self.left, other.left),
            max(self.top, other.top),
            min(self.right, other.right),
            min(self.bottom, other.bottom),
        )

    def moved(self, columns: int, rows: int) -> Box:
        """Return the box shifted."""
        return Box(self.left + columns, self.top + rows, self.right + columns, self.bottom + rows)

    def inside(self, other: Box) -> tuple[slice, slice]:
        """Rows and columns, to index an array that begins where *other* does."""
        return self.moved(-other.left, -other.top).slices


NOTHING = Box(0, 0, 0, 0)


def whole(values: Values) -> Box:
    """Return the box of a whole mask, shape (H, W)."""
    return Box(0, 0, values.shape[1], values.shape[0])


def box_around(left: float, top: float, right: float, bottom: float) -> Box:
    """Return the whole pixels that are touched by a box of fractions."""
    return Box(math.floor(left), math.floor(top), math.ceil(right), math.ceil(bottom))


def tile_keys(box: Box) -> Iterator[TileKey]:
    """Yield (row, column) of every tile that *box* touches, row by row."""
    if box.is_empty:
        return
    for row in range(box.top // TILE_PX, (box.bottom - 1) // TILE_PX + 1):
        for column in range(box.left // TILE_PX, (box.right - 1) // TILE_PX + 1):
            yield row, column


def tile_box(key: TileKey, limits: Box) -> Box:
    """Return the pixels of a tile, those outside *limits* left out."""
    row, column = key
    left, top = column * TILE_PX, row * TILE_PX
    return Box(left, top, left + TILE_PX, top + TILE_PX).intersected(limits)


def uniform_value(values: NDArray[np.uint8] | NDArray[np.uint16]) -> int | None:
    """Return the one value that all of *values* have, or None when they differ."""
    first = int(values[0, 0])
    return first if int(values.min()) == first and int(values.max()) == first else None
