"""Rectangles, ellipses and polygons as selections with smooth edges."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from daemon.imaging.masks.boxes import Box, Values, box_around
from daemon.imaging.masks.outline import Floats, Outline

_SAGITTA_PX = 1 / 512


class Cover(Protocol):
    """A selection that is worked out box by box."""

    @property
    def box(self) -> Box:
        """The pixels that may be selected; all others are not."""
        ...

    def cover(self, box: Box) -> Values | int:
        """Return the selection within *box*, shape (height, width), or one value for all."""
        ...


@dataclass(frozen=True)
class Rectangle:
    """An upright rectangle between two corners, in any order; pixels of the photo.

    Attributes:
        left: Column of one corner.
        top: Row of one corner.
        right: Column of the other.
        bottom: Row of the other.
    """

    left: float
    top: float
    right: float
    bottom: float

    def cover(self) -> Cover:
        """Prepare it; pixels on the edge are selected by the share that lies inside."""
        return _RectangleCover(
            (min(self.left, self.right), max(self.left, self.right)),
            (min(self.top, self.bottom), max(self.top, self.bottom)),
        )


@dataclass(frozen=True)
class Ellipse:
    """The ellipse that an upright box holds; pixels of the photo.

    Attributes:
        left: Column of one corner of the box.
        top: Row of one corner.
        right: Column of the other.
        bottom: Row of the other.
    """

    left: float
    top: float
    right: float
    bottom: float

    def cover(self) -> Cover:
        """Prepare it: a polygon that is nowhere further than 1/512 px from the curve."""
        across, down = abs(self.right - self.left) / 2, abs(self.bottom - self.top) / 2
        step = math.sqrt(8 * _SAGITTA_PX / max(across, down, _SAGITTA_PX))
        count = 4 * max(math.ceil(math.tau / step / 4), 4)
        angles = np.arange(count) * (math.tau / count)
        columns = (self.left + self.right) / 2 + across * np.cos(angles)
        rows = (self.top + self.bottom) / 2 + down * np.sin(angles)
        return Outline(np.stack((columns, rows), axis=1))


@dataclass(frozen=True)
class Polygon:
    """A lasso: a closed outline through (column, row) points; pixels of the photo.

    Attributes:
        points: The corners in order; fewer than three select nothing.
    """

    points: tuple[tuple[float, float], ...]

    def cover(self) -> Cover:
        """Prepare it; pixels on the edge are selected by the share that lies inside."""
        corners: Floats = np.array(self.points, np.float64).reshape(-1, 2)
        return Outline(corners)


@dataclass(frozen=True)
class _RectangleCover:
    columns: tuple[float, float]
    rows: tuple[float, float]

    @property
    def box(self) -> Box:
        return box_around(self.columns[0], self.rows[0], self.columns[1], self.rows[1])

    def cover(self, box: Box) -> Values | int:
        if box.intersected(self.box).is_empty:
            return 0
        inner = Box(
            math.ceil(self.columns[0]),
            math.ceil(self.rows[0]),
            math.floor(self.columns[1]),
            math.floor(self.rows[1]),
        )
        if inner.intersected(box) == box:
            return 255
        down = _overlap(self.rows, box.top, box.height)
        across = _overlap(self.columns, box.left, box.width)
        return np.rint(down[:, None] * (across[None, :] * 255)).astype(np.uint8)


def _overlap(span: tuple[float, float], first: int, count: int) -> Floats:
    """Return how much of each of *count* pixels from *first* on lies within *span*, 0..1."""
    edges = np.arange(first, first + count, dtype=np.float64)
    return np.clip(np.minimum(edges + 1, span[1]) - np.maximum(edges, span[0]), 0.0, 1.0)
