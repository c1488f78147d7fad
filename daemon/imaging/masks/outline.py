"""The exact area that a closed outline covers of every pixel."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from daemon.imaging.masks.boxes import NOTHING, Box, Values, box_around

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


class Outline:
    """A closed polygon, cut into pieces that each lie within one pixel.

    Each piece adds, to its pixel and to all those right of it, the signed area between itself and
    their right edges; the sums along the rows are the exact areas. Where an outline crosses itself,
    what it goes round in either sense is inside (parts gone round once in each sense are not).

    Source: the signed-area accumulation of FreeType's smooth rasterizer and of font-rs.

    Attributes:
        box: The pixels it may touch.
    """

    def __init__(self, points: Floats) -> None:
        """Prepare.

        Args:
            points: Shape (N, 2), float64: column and row of the corners, pixels of the photo.
        """
        self.box = NOTHING
        starts, ends = points, np.roll(points, -1, axis=0)
        slanted = starts[:, 1] != ends[:, 1]
        self._starts, self._ends = starts[slanted], ends[slanted]
        self._pieces: tuple[tuple[int, int], _Pieces] | None = None
        if len(points) >= 3:
            left, top = points.min(axis=0)
            right, bottom = points.max(axis=0)
            self.box = box_around(float(left), float(top), float(right), float(bottom))

    def cover(self, box: Box) -> Values | int:
        """Return how much of each pixel of *box* is inside: 255 is all of it.

        Boxes side by side share their work when they are asked for one after the other.

        Returns:
            Shape (height, width), uint8, rounded to the nearest; or one value for all of them.
        """
        if box.intersected(self.box).is_empty:
            return 0
        pieces = self._between(box.top, box.bottom)
        columns = pieces.columns - box.left
        before, within = columns < 0, (columns >= 0) & (columns < box.width)
        ahead = _sums(pieces.rows[before], pieces.heights[before], box.height)
        if not within.any():
            return _along_rows(ahead, box.width)
        width = box.width + 1
        places = pieces.rows[within] * width + columns[within]
        heights, areas = pieces.heights[within], pieces.areas[within]
        total = _sums(places, areas, box.height * width)
        total += _sums(places + 1, heights - areas, box.height * width)
        sums = total.reshape(box.height, width)
        sums[:, 0] += ahead
        return _to_values(np.cumsum(sums, axis=1)[:, :-1])

    def _between(self, top: int, bottom: int) -> _Pieces:
        if self._pieces is None or self._pieces[0] != (top, bottom):
            pieces = _Pieces.of(*_within_rows(self._starts, self._ends, top, bottom), top)
            self._pieces = ((top, bottom), pieces)
        return self._pieces[1]


@dataclass(frozen=True)
class _Pieces:
    """Parts of edges that lie within one pixel each.

    Attributes:
        rows: Of the pixels, from the top of the rows cut.
        columns: Of the pixels.
        heights: How far each goes down (negative: up).
        areas: Signed area between the piece and the pixel's right edge.
    """

    rows: Ints
    columns: Ints
    heights: Floats
    areas: Floats

    @staticmethod
    def of(starts: Floats, ends: Floats, top: int) -> _Pieces:
        starts, ends = _cut(*_cut(starts, ends, axis=1), axis=0)
        middle = (starts + ends) / 2
        columns = np.floor(middle[:, 0]).astype(np.int64)
        heights = ends[:, 1] - starts[:, 1]
        rows = np.floor(middle[:, 1]).astype(np.int64) - top
        return _Pieces(rows, columns, heights, heights * (columns + 1 - middle[:, 0]))


def _within_rows(starts: Floats, ends: Floats, top: int, bottom: int) -> tuple[Floats, Floats]:
    """Return the parts of edges between two rows; what lies outside is left out."""
    a, b = starts[:, 1], ends[:, 1]
    touching = (np.minimum(a, b) < bottom) & (np.maximum(a, b) > top)
    starts, ends = starts[touching], ends[touching]
    a, b = starts[:, 1:], ends[:, 1:]
    slope = (ends[:, :1] - starts[:, :1]) / (b - a)
    cut_a, cut_b = np.clip(a, top, bottom), np.clip(b, top, bottom)
    return (
        np.hstack((starts[:, :1] + (cut_a - a) * slope, cut_a)),
        np.hstack((ends[:, :1] + (cut_b - b) * slope, cut_b)),
    )


def _along_rows(ahead: Floats, width: int) -> Values | int:
    """Return rows of one value each; one value when all rows have the same."""
    values = _to_values(ahead)
    if int(values.min()) == int(values.max()):
        return int(values[0])
    return np.repeat(values[:, None], width, axis=1)


def _sums(places: Ints, amounts: Floats, count: int) -> Floats:
    return np.bincount(places, amounts, count).astype(np.float64)


def _to_values(areas: Floats) -> Values:
    return np.rint(np.minimum(np.abs(areas), 1.0) * 255).astype(np.uint8)


def _cut(starts: Floats, ends: Floats, *, axis: int) -> tuple[Floats, Floats]:
    """Cut edges wherever they cross a whole number along *axis*."""
    low = np.minimum(starts[:, axis], ends[:, axis])
    high = np.maximum(starts[:, axis], ends[:, axis])
    first = np.floor(low)
    pieces = np.maximum(np.ceil(high) - first, 1).astype(np.int64)
    edge = np.repeat(np.arange(len(starts)), pieces)
    step = np.arange(len(edge)) - np.repeat(np.cumsum(pieces) - pieces, pieces)
    length = (high - low)[edge]
    safe = np.where(length > 0, length, 1.0)
    from_ = np.where(step > 0, (first[edge] + step - low[edge]) / safe, 0.0)
    to = np.where(step < pieces[edge] - 1, (first[edge] + step + 1 - low[edge]) / safe, 1.0)
    rising = (starts[:, axis] <= ends[:, axis])[edge]
    share_a = np.where(rising, from_, 1 - to)[:, None]
    share_b = np.where(rising, to, 1 - from_)[:, None]
    a, b = starts[edge], ends[edge]
    return a + (b - a) * share_a, a + (b - a) * share_b
