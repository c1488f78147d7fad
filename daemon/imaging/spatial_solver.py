"""Least squares for splines over a picture whose coefficients are maps of colours."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import linalg

from daemon.imaging.lattice import FloatArray
from daemon.imaging.spatial import spline_weights

# scipy carries no types
_factor: Any = linalg.cholesky_banded
_back: Any = linalg.cho_solve_banded

_TAPS = 3
"""Quadratic splines that overlap at a place, along each axis."""


class SplineEquations:
    """Normal equations of sum over splines i, j: B_i(x) B_j(y) * terms * unknown_ij = target.

    The unknowns are numbered along the grid's short axis first, so that those which meet lie close
    to each other: the matrix is a band, and factored exactly.
    """

    def __init__(
        self, long: NDArray[Any], short: NDArray[Any], intervals: tuple[int, int], terms: FloatArray
    ) -> None:
        """Take samples at places along both axes.

        Args:
            long: Shape (M,), 0..1: place along the axis with more intervals.
            short: Shape (M,), the other axis.
            intervals: How many along the long and the short axis.
            terms: Shape (M, K): functions of each sample's colour.
        """
        self._shape = intervals[0] + 2, intervals[1] + 2, terms.shape[1]

        first_long, weights_long = spline_weights(long, intervals[0])
        first_short, weights_short = spline_weights(short, intervals[1])
        cell = first_long * intervals[1] + first_short
        self._order = np.argsort(cell, kind="stable")
        self._starts = np.searchsorted(
            cell[self._order], np.arange(intervals[0] * intervals[1] + 1)
        )
        place = weights_long[:, :, None] * weights_short[:, None, :]
        self._places = place.reshape(len(place), -1)[self._order]
        self._terms = np.ascontiguousarray(terms[self._order], np.float32)
        self._intervals = intervals

    @property
    def unknowns(self) -> int:
        """How many there are for each target."""
        return int(np.prod(self._shape))

    @property
    def band(self) -> int:
        """Width of the band, the diagonal included."""
        return ((_TAPS - 1) * (self._shape[1] + 1) + 1) * self._shape[2]

    def solve(
        self, targets: FloatArray, weights: FloatArray, penalty: NDArray[np.float64]
    ) -> FloatArray:
        """The coefficients that explain the targets best.

        Args:
            targets: Shape (M, 3).
            weights: Shape (M,), >= 0.
            penalty: What smoothness adds to the band, shape (band, unknowns), lower form.

        Returns:
            Shape (long splines, short splines, K, 3).
        """
        matrix = penalty.copy()
        wanted = np.zeros((self.unknowns, 3))
        share = np.sqrt(weights[self._order], dtype=np.float32)[:, None]
        goals = targets[self._order].astype(np.float32) * share
        places = self._places * share
        local = self._local_unknowns()
        rows, columns = np.tril_indices(len(local))
        spots = (local[rows] - local[columns]) * self.unknowns + local[columns]
        flat = matrix.reshape(-1)
        for cell, shift in self._cells():
            design = places[cell][:, :, None] * self._terms[cell][:, None, :]
            design = design.reshape(len(design), -1)
            flat[spots + shift] += (design.T @ design)[rows, columns]
            wanted[local + shift] += design.T @ goals[cell]
        factor = _factor(matrix, overwrite_ab=True, lower=True, check_finite=False)
        found = _back((factor, True), wanted, overwrite_b=True, check_finite=False)
        return found.reshape(*self._shape, 3).astype(np.float32)

    def predict(self, coefficients: FloatArray) -> FloatArray:
        """What solved coefficients make of the samples; shape (M, 3)."""
        flat = coefficients.reshape(-1, 3)
        local = self._local_unknowns()
        result = np.empty((len(self._order), 3), np.float32)
        for cell, shift in self._cells():
            design = self._places[cell][:, :, None] * self._terms[cell][:, None, :]
            result[self._order[cell]] = design.reshape(len(design), -1) @ flat[local + shift]
        return result

    def _local_unknowns(self) -> NDArray[np.intp]:
        """Numbers of the unknowns that meet in the first cell."""
        _, short, terms = self._shape
        taps = np.arange(_TAPS)
        return (
            (taps[:, None, None] * short + taps[None, :, None]) * terms + np.arange(terms)
        ).ravel()

    def _cells(self) -> list[tuple[slice, int]]:
        """The samples of every cell that has any, and how far its unknowns are moved."""
        _, short, terms = self._shape
        cells: list[tuple[slice, int]] = []
        for cell, (start, stop) in enumerate(
            zip(self._starts[:-1].tolist(), self._starts[1:].tolist(), strict=True)
        ):
            if stop > start:
                row, column = divmod(cell, self._intervals[1])
                cells.append((slice(start, stop), (row * short + column) * terms))
        return cells

    def smoothness(
        self, levels: int, slope: float, bend: float, tone: float, size: float
    ) -> NDArray[np.float64]:
        """What keeps the coefficients smooth and small, in the form that :meth:`solve` takes.

        Args:
            levels: Levels of brightness that the terms belong to, the first index of them.
            slope: Weight of differences between neighbouring splines.
            bend: Weight of second differences, of a grid of ten intervals.
            tone: Weight of differences between neighbouring levels.
            size: Weight of the coefficients themselves.
        """
        long, short, terms = self._shape
        per_level = terms // levels
        scale = 1.0 / (long * short)
        band = np.zeros((self.band, self.unknowns))
        band[0] += size * scale
        for axis, count, stride in ((0, long, short * terms), (1, short, terms)):
            for order, weight in ((1, slope), (2, bend * (count / 10) ** 2)):
                steps = _squared_differences(count, order) * (weight * scale)
                for away in range(order + 1):
                    along = np.diagonal(steps, -away)
                    column = np.zeros((long, short, terms))
                    part = column[: len(along)] if axis == 0 else column[:, : len(along)]
                    part += along[:, None, None] if axis == 0 else along[:, None]
                    band[away * stride] += column.ravel()
        steps = _squared_differences(levels, 1) * (tone * scale)
        for away in range(2):
            along = np.diagonal(steps, -away)
            column = np.zeros((long * short, levels, per_level))
            column[:, : len(along)] = along[:, None]
            band[away * per_level] += column.ravel()
        return band


def _squared_differences(count: int, order: int) -> NDArray[np.float64]:
    steps = np.diff(np.eye(count), order, axis=0)
    return steps.T @ steps
