"""A common grid for two pictures: blurred and sampled in one pass, wherever its points fall."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from daemon.imaging.lattice import FloatArray
from daemon.imaging.resample import AxisMap

COMPARED_PX = 250_000
"""Points that two pictures are compared at: more points of blurred pictures hold nothing new."""

_SIGMA_PX = 1.2
_SIGMA_STEPS = 0.6
"""Blur in steps of the grid from which on nothing aliases."""

_REACH = 3.0
_INSIDE_PX = 2.0


@dataclass(frozen=True)
class Grid:
    """Points on a picture: the middles of squares of *step* pixels that fill it.

    Attributes:
        height: Rows of points.
        width: Columns of points.
        step: Pixels from one to the next.
    """

    height: int
    width: int
    step: float

    @classmethod
    def on(cls, height_px: int, width_px: int) -> Grid:
        """The grid for a picture; a small one has a point on each pixel."""
        step = max(math.sqrt(height_px * width_px / COMPARED_PX), 1.0)
        return cls(max(int(height_px / step), 1), max(int(width_px / step), 1), step)

    def axes(self, rows: AxisMap, columns: AxisMap) -> tuple[Axis, Axis]:
        """Where the points lie in another picture, given where the pixels do."""
        return self._axis(rows, self.height), self._axis(columns, self.width)

    def _axis(self, axis: AxisMap, count: int) -> Axis:
        first = axis.scale * (self.step / 2 - 0.5) + axis.offset
        positions = axis.scale * self.step * np.arange(count, dtype=np.float64) + first
        return Axis(positions, axis.scale * max(_SIGMA_PX, _SIGMA_STEPS * self.step))


@dataclass(frozen=True, eq=False)
class Axis:
    """Points along one side of a picture.

    Attributes:
        positions: In pixels, from the middle of the first one.
        sigma_px: Width of the Gaussian blur around each.
    """

    positions: NDArray[np.float64]
    sigma_px: float

    def matrix(self, source: int) -> Any:  # noqa: ANN401
        """Sparse (points, *source*) matrix; the edge pixels are repeated outwards."""
        reach = _REACH * self.sigma_px
        center = self.positions[:, None]
        taps = np.ceil(center - reach) + np.arange(int(2 * reach) + 1)
        weights = np.exp(-0.5 * ((taps - center) / self.sigma_px) ** 2)
        weights /= weights.sum(axis=1, keepdims=True)
        columns = np.clip(taps, 0, source - 1).astype(np.int32)
        starts = np.arange(len(center) + 1) * taps.shape[1]
        return sparse.csr_matrix(
            (weights.astype(np.float32).ravel(), columns.ravel(), starts),
            shape=(len(center), source),
        )

    def inside(self, source: int) -> NDArray[np.float32]:
        """1 where a point lies well inside a side of *source* pixels, else 0."""
        near, far = self.positions >= _INSIDE_PX - 0.5, self.positions <= source - _INSIDE_PX - 0.5
        return (near & far).astype(np.float32)


def sample(image: FloatArray, rows: Axis, columns: Axis) -> FloatArray:
    """The blurred image at points.

    Args:
        image: Shape (H, W) or (H, W, C), float32.
        rows: Where the rows of points lie.
        columns: Where the columns lie.

    Returns:
        Shape (rows, columns) or (rows, columns, C), float32.
    """
    height, width = len(rows.positions), len(columns.positions)
    partial = rows.matrix(image.shape[0]) @ image.reshape(image.shape[0], -1)
    turned = partial.reshape(height, image.shape[1], -1).transpose(1, 0, 2)
    result = columns.matrix(image.shape[1]) @ turned.reshape(image.shape[1], -1)
    upright = result.reshape(width, height, -1).transpose(1, 0, 2)
    return np.ascontiguousarray(upright).reshape(height, width, *image.shape[2:])
