"""Applying a grade that varies over the picture to a photo of any size, strip by strip."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
from numpy.typing import NDArray

from daemon.imaging.apply import MAX_STRENGTH, Checkpoint
from daemon.imaging.channels import Channels, check_channels, keep_change, keep_channels
from daemon.imaging.lattice import (
    FloatArray,
    blend_with_identity,
    check_lut,
    identity_lut,
)
from daemon.imaging.parallel import in_order
from daemon.imaging.processor import LutProcessor, check_depth
from daemon.imaging.spatial import SpatialGrid, color_terms

_CELLS_PER_INTERVAL = 2
"""At two, the splines' curves between the nodes are straight within a fraction of a level."""

_THREADS = 2
_CHANGE_LUT_SIZE = 17
_TILE_PX = 12 * 1024
"""A tile and its five buffers stay in a core's cache."""

_CORNERS = ((0, 0), (0, 1), (1, 0), (1, 1))


def apply_spatial(
    image: NDArray[Any],
    lut: FloatArray,
    grid: SpatialGrid,
    *,
    strength: float = 1.0,
    mask: NDArray[Any] | None = None,
    channels: str = "all",
    out: NDArray[Any] | None = None,
    checkpoint: Checkpoint | None = None,
) -> NDArray[Any]:
    """Grade a whole photo, on two threads, with a LUT and the correction that varies over it.

    Only a pixel's own colour and place decide, so nothing bleeds over an edge; the correction is
    continuous over the whole photo.

    Args:
        image: Shape (H, W, 3) or (H, W, 4) with straight alpha last; uint8, uint16 or float32.
            Float pixels are clamped to 0..1 on the way in; the result is not clipped.
        lut: Shape (N, N, N, 3), N in 2..129, indexed [red, green, blue], in the image's space.
        grid: The correction; *image* is all of its window.
        strength: 0..1.5, linear in the change: 0 returns the image, 1 is the grade itself.
        mask: Shape (H, W), 0 keeps and full (1.0, or the integer type's largest value) grades.
            Pixels under 0 come out untouched, bit by bit.
        channels: ``all``, ``luma`` or ``chroma``, as for
            :func:`~daemon.imaging.apply.apply_lut`.
        out: Where to write, may be *image* itself; None: a new array.
        checkpoint: Called after every row of cells.

    Returns:
        *out*, or a new array like *image*.

    Raises:
        ValueError: a shape, the strength or *channels* does not fit.
        TypeError: another dtype.
    """
    _check(image, strength, mask, out)
    target = np.empty_like(image) if out is None else out
    if strength == 0 or not image.size:
        np.copyto(target, image)
        return target
    height, width = image.shape[:2]
    with ThreadPoolExecutor(_THREADS) as pool:
        grade = _SpatialGrade(image, lut, grid, strength, check_channels(channels), pool)

        def work(row: int) -> int:
            strip = grade.down.slices[row]
            for column in range(len(grade.across.slices)):
                for rows in _slices(strip.start, strip.stop, tile_rows):
                    grade.run(row, column, rows, target, mask)
            return strip.stop

        tile_rows = max(_TILE_PX * len(grade.across.slices) // width, 1)
        for done_rows in in_order(pool, work, range(len(grade.down.slices)), ahead=_THREADS):
            if checkpoint is not None:
                checkpoint(done_rows / height)
    return target


def _slices(start: int, stop: int, step: int) -> Iterator[slice]:
    for top in range(start, stop, step):
        yield slice(top, min(top + step, stop))


def _check(
    image: NDArray[Any], strength: float, mask: NDArray[Any] | None, out: NDArray[Any] | None
) -> None:
    if image.ndim != 3 or image.shape[2] not in (3, 4):
        raise ValueError(f"an image has the shape (H, W, 3) or (H, W, 4), not {image.shape}")
    check_depth(image.dtype)
    if not 0 <= strength <= MAX_STRENGTH:
        raise ValueError(f"the strength is 0 to {MAX_STRENGTH}, not {strength}")
    if mask is not None and mask.shape != image.shape[:2]:
        raise ValueError(f"the mask is {mask.shape}, the image {image.shape[:2]}")
    if out is not None and (out.shape != image.shape or out.dtype != image.dtype):
        raise ValueError(f"out is {out.dtype} {out.shape}, not {image.dtype} {image.shape}")


class _Axis:
    """Cells along one axis of the photo, and where each pixel lies between their ends."""

    def __init__(self, length_px: int, cells: int) -> None:
        centers = np.arange(length_px) + 0.5
        cell = np.minimum((centers * cells / length_px).astype(np.intp), cells - 1)
        self.nodes = np.arange(cells + 1) / cells
        self.fraction = (centers * cells / length_px - cell).astype(np.float32)
        edges = np.searchsorted(cell, np.arange(cells + 1))
        self.slices = [slice(int(start), int(stop)) for start, stop in itertools.pairwise(edges)]


class _SpatialGrade:
    """Grades tiles of one photo, from any thread.

    At every node of a fine lattice over the photo, what the grid adds is tabulated over the colours
    as a small LUT; a pixel takes the blend of the four around it.
    """

    def __init__(
        self,
        image: NDArray[Any],
        lut: FloatArray,
        grid: SpatialGrid,
        strength: float,
        kept: Channels,
        pool: ThreadPoolExecutor,
    ) -> None:
        self._image = image
        whole = image.dtype != np.float32
        self._full = float(np.iinfo(image.dtype).max) if whole else 1.0
        # in the integers' scale from the start, and half a level up for rounding: saves two steps
        self._half = np.float32(0.5 if whole else 0.0)
        nodes = check_lut(lut)
        base = (
            blend_with_identity(keep_channels(nodes, kept), strength) * np.float32(self._full)
            + self._half
        )
        self._base = LutProcessor(base, image.dtype, np.float32)
        axes = [
            _Axis(length, max(math.ceil(_CELLS_PER_INTERVAL * intervals * share), 1))
            for length, intervals, share in zip(
                image.shape[:2], grid.intervals, (grid.window[3], grid.window[2]), strict=True
            )
        ]
        self.down, self.across = axes
        size = _CHANGE_LUT_SIZE
        terms = color_terms(identity_lut(size).reshape(-1, 3), grid.levels)
        terms *= np.float32(self._full * strength)

        def tabulate(row: float) -> list[LutProcessor]:
            changes = grid.changes(np.array([row]), self.across.nodes)[0]
            tables = keep_change(terms @ changes, kept).reshape(-1, size, size, size, 3)
            return [LutProcessor(table, image.dtype, np.float32) for table in tables]

        self._changes = list(pool.map(tabulate, self.down.nodes))
        self._across = np.repeat(self.across.fraction, image.shape[2])

    def run(
        self, row: int, column: int, rows: slice, target: NDArray[Any], mask: NDArray[Any] | None
    ) -> None:
        """Grade the *rows* of the image that lie in one cell into *target*."""
        tile = (rows, self.across.slices[column])
        source, goal = self._image[tile], target[tile]
        if not source.size:
            return
        share = None if mask is None else _as_share(mask[tile])
        if share is not None and share.max() <= 0:
            np.copyto(goal, source)
        elif share is None or share.min() >= 1:
            self._finish(source, goal, self._grade(row, column, tile))
        else:
            self._finish(source, goal, self._grade(row, column, tile), share)

    def _grade(self, row: int, column: int, tile: tuple[slice, slice]) -> FloatArray:
        source = np.ascontiguousarray(self._image[tile])
        base, *corners = (np.empty(source.shape, np.float32) for _ in range(5))
        self._base.run(source, base)
        for corner, (below, right) in zip(corners, _CORNERS, strict=True):
            self._changes[row + below][column + right].run(source, corner)
        channels = source.shape[2]
        samples = slice(tile[1].start * channels, tile[1].stop * channels)
        flat = [corner.reshape(len(source), -1) for corner in corners]
        upper = _blend(flat[0], flat[1], self._across[samples])
        lower = _blend(flat[2], flat[3], self._across[samples])
        base += _blend(upper, lower, self.down.fraction[tile[0], None]).reshape(base.shape)
        return base

    def _finish(
        self,
        source: NDArray[Any],
        goal: NDArray[Any],
        graded: FloatArray,
        share: FloatArray | None = None,
    ) -> None:
        """Blend with the original, round, and keep alpha."""
        colors = graded[..., :3]
        if self._half:
            np.clip(colors, 0, self._full + 0.25, out=colors)
        alpha = source[..., 3:].copy()
        if share is None:
            np.copyto(goal[..., :3], colors, casting="unsafe")
        else:
            before = source[..., :3].copy()
            colors -= before + self._half
            colors *= share[..., None]
            colors += before + self._half
            np.copyto(goal[..., :3], colors, casting="unsafe")
            np.copyto(goal[..., :3], before, where=share[..., None] <= 0)
        goal[..., 3:] = alpha


def _blend(first: FloatArray, second: FloatArray, share: FloatArray) -> FloatArray:
    """The way from *first* to *second*, in place of *first*."""
    second -= first
    second *= share
    first += second
    return first


def _as_share(mask: NDArray[Any]) -> FloatArray:
    """A mask as float32 0..1."""
    if mask.dtype.kind == "u":
        return mask.astype(np.float32) / np.float32(np.iinfo(mask.dtype).max)
    return np.clip(mask.astype(np.float32), 0, 1)
