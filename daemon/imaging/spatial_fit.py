"""Fitting what a LUT cannot explain: a correction that varies smoothly over the picture."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from daemon.imaging.curves import CurveBase
from daemon.imaging.filters import box_mean
from daemon.imaging.lattice import FloatArray, identity_lut, interpolate, resize_lut
from daemon.imaging.regression import AffineBase, Samples, Smoothing, fit_lattice
from daemon.imaging.spatial import SpatialGrid, color_terms
from daemon.imaging.spatial_blocks import Blocks
from daemon.imaging.spatial_regions import enclosed
from daemon.imaging.spatial_solver import SplineEquations

_LUT_ROUNDS = (9, 9, 17)
_STIFF = 1e-3
"""Stiffness of the curves that come first."""

_HEADROOM = 0.15
_TUKEY = 6.0
_GENUINE_LIMIT = 10.0
"""An area whose content is the photo's for sure may miss its colour so many times farther."""

_LEAST_SPREAD = 1 / 255
_RESIDUAL_WINDOW = 3
_LEAST_SHARE = 0.1
_DOUBTED = 0.5
_CLIPPED_HIGH, _CLIPPED_LOW = 253.5 / 255, 1.5 / 255


@dataclass(frozen=True)
class GridShape:
    """How fine a grid is, and how smooth it is kept against the samples' total weight of 1.

    Attributes:
        intervals: Along the picture's long side.
        levels: Of brightness.
        slope: Against differences between neighbours.
        bend: Against second differences.
        tone: Against differences between levels of brightness.
        size: Against any correction at all.
    """

    intervals: int = 12
    levels: int = 5
    slope: float = 3e-5
    bend: float = 3e-4
    tone: float = 3e-5
    size: float = 3e-6


@dataclass(frozen=True, eq=False)
class SpatialFit:
    """A LUT and a grid that were fitted together, and how they explain their samples.

    Attributes:
        lut: What is common to the whole picture, shape (N, N, N, 3).
        grid: What differs from place to place, over the whole sent picture.
        predicted: What both make of the samples, shape (M, 3).
        weights: Of the samples after the last round, shape (M,).
    """

    lut: FloatArray
    grid: SpatialGrid
    predicted: FloatArray
    weights: FloatArray


def fit_spatial(
    blocks: Blocks, lut_size: int, inserted: NDArray[np.bool_], shape: GridShape | None = None
) -> SpatialFit:
    """Fit LUT and grid by turns, each to what the other leaves.

    It begins with a few curves over the whole picture. A LUT alone would bend after an edit that
    differs from place to place, for colours that occur in one place only: what tells those from
    their neighbours, be it noise or a codec's blocks, would be magnified. Once the grid explains
    the places, a LUT need not. From round to round, areas that neither explains are trusted less:
    a patch of invented content has a residual that its neighbours share, noise does not.

    Args:
        blocks: The pair.
        lut_size: Nodes a side of the new LUT.
        inserted: Cells that are known to show something else, shape (rows, columns).
        shape: How fine and smooth the grid is.
    """
    system = GridSystem(blocks, shape or GridShape())
    first = without(blocks, inserted)
    weights = first
    curves = CurveBase(_samples(blocks, blocks.goal, first), stiffness=_STIFF)
    graded = curves(blocks.sent).astype(np.float32)
    rest = blocks.goal - graded
    coefficients, change = system.solve(rest, weights)
    nodes: NDArray[np.floating[Any]] | None = None
    for size in _LUT_ROUNDS:
        rest = residual(blocks, graded + change)
        weights = first * area_fit(blocks, rest)
        samples = _samples(blocks, graded + rest, weights)
        if not len(samples.weights):
            break
        nodes = fit_lattice(samples, min(size, lut_size), AffineBase(samples), Smoothing())
        graded = interpolate(nodes, blocks.sent).astype(np.float32)
        rest = change + residual(blocks, graded + change)
        coefficients, change = system.solve(rest, weights)
    if nodes is None:
        nodes = identity_lut(lut_size)
    lut = resize_lut(np.clip(nodes, -_HEADROOM, 1 + _HEADROOM), lut_size).astype(np.float32)
    return SpatialFit(lut, SpatialGrid(coefficients), graded + change, weights)


def _samples(blocks: Blocks, goal: FloatArray, weights: FloatArray) -> Samples:
    """What is sent and what becomes of it, where that weighs anything."""
    share = (weights / max(float(weights.sum()), 1e-9)).astype(np.float64)
    used = share > 0
    return Samples(blocks.sent[used].astype(np.float64), goal[used].astype(np.float64), share[used])


def without(blocks: Blocks, cells: NDArray[np.bool_]) -> FloatArray:
    """The samples' weights, nothing in some *cells*, shape (rows, columns)."""
    return np.where(cells.ravel()[blocks.cell], np.float32(0), blocks.weights)


def residual(blocks: Blocks, predicted: FloatArray) -> FloatArray:
    """What *predicted* misses; clipped goals are one-sided: beyond them is as good as on them."""
    rest = blocks.goal - predicted
    beyond = (blocks.goal >= _CLIPPED_HIGH) & (rest < 0)
    beyond |= (blocks.goal <= _CLIPPED_LOW) & (rest > 0)
    return np.where(beyond, np.float32(0), rest)


class GridSystem:
    """The equations of one grid for some of the samples of a pair."""

    def __init__(
        self, blocks: Blocks, shape: GridShape, chosen: NDArray[np.bool_] | None = None
    ) -> None:
        """Prepare for *blocks*; the grid has square cells on the picture.

        Args:
            blocks: The pair.
            shape: Of the grid.
            chosen: Shape (M,): which samples it may know; None: all.
        """
        rows, columns = blocks.shape
        self._wide = columns >= rows
        self._levels = shape.levels
        shorter = max(round(shape.intervals * min(rows, columns) / max(rows, columns)), 2)
        self._intervals = shape.intervals, shorter
        self._chosen = slice(None) if chosen is None else chosen
        self._equations = self._over(blocks, self._chosen)
        self._penalty = self._equations.smoothness(
            shape.levels, shape.slope, shape.bend, shape.tone, shape.size
        )
        self._all = self._equations if chosen is None else self._over(blocks, slice(None))

    def _over(self, blocks: Blocks, chosen: slice | NDArray[np.bool_]) -> SplineEquations:
        down, across = (place[chosen] for place in blocks.places())
        long, short = (across, down) if self._wide else (down, across)
        terms = color_terms(blocks.sent[chosen], self._levels)
        return SplineEquations(long, short, self._intervals, terms)

    def solve(self, wanted: FloatArray, weights: FloatArray) -> tuple[FloatArray, FloatArray]:
        """The grid's coefficients, and what they add to all samples, (M, 3).

        Args:
            wanted: What is to be added, shape (M, 3).
            weights: Shape (M,), >= 0.
        """
        own = weights[self._chosen]
        total = np.float32(max(float(own.sum()), 1e-9))
        found = self._equations.solve(wanted[self._chosen], own / total, self._penalty)
        coefficients = found.reshape(*found.shape[:2], self._levels, -1, 3)
        if self._wide:
            coefficients = coefficients.transpose(1, 0, 2, 3, 4)
        return np.ascontiguousarray(coefficients), self._all.predict(found)


def area_fit(blocks: Blocks, rest: FloatArray) -> FloatArray:
    """Tukey's weights of the samples, by the residual of the area around each; shape (M,)."""
    total, mass = blocks.by_cell(rest, blocks.weights)
    total, mass = box_mean(total, _RESIDUAL_WINDOW), box_mean(mass, _RESIDUAL_WINDOW)
    mean = total / np.maximum(mass, np.float32(1e-9))[..., None]
    distance = np.sqrt((mean * mean).sum(axis=2))
    known = mass > _LEAST_SHARE * np.median(mass)
    spread = 1.4826 * float(np.median(distance[known])) if known.any() else 0.0
    limit = _TUKEY * max(spread, _LEAST_SPREAD) * (1 + _GENUINE_LIMIT * blocks.genuine)
    weights: NDArray[np.float32] = np.clip(1 - (distance / limit) ** 2, 0, 1) ** 2
    weights[enclosed(blocks, weights < _DOUBTED)] = 0
    return weights.ravel()[blocks.cell]
