"""A pair of pictures seen from afar: what a grade that varies over the picture is fitted to."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from daemon.imaging.filters import luma
from daemon.imaging.lattice import FloatArray
from daemon.imaging.pair import AlignedPair

_CELLS = 8000
_TONES = 8
_CROWD = 20.0
_NOISE = 3 / 255
_VISIBLE = 4 / 255
_LEAST_ALIKE, _ALIKE = 0.2, 0.6
_LEAST_MASS = 1e-6


@dataclass(frozen=True, eq=False)
class Blocks:
    """Means over small cells of an aligned pair, dark and bright pixels of a cell apart.

    Attributes:
        sent: Shape (M, 3), float32, in the LUT's space.
        graded: What the LUT makes of the pixels; same.
        goal: What came back; same.
        weights: Shape (M,), float32: trust, and next to nothing where the returned picture's
            structure is another one than the sent one's.
        cell: Shape (M,): number of the cell, row by row.
        shape: Rows and columns of cells.
        down: Where the rows' middles lie in the sent picture, shape (rows,), 0 (top) to 1.
        across: Where the columns' middles lie, shape (columns,), 0 (left) to 1.
        alike: Shape (rows, columns), 0..1: how far both vary alike; even areas count as alike.
        genuine: Same: they vary alike, and visibly: the content is the photo's for sure.
    """

    sent: FloatArray
    graded: FloatArray
    goal: FloatArray
    weights: FloatArray
    cell: NDArray[np.intp]
    shape: tuple[int, int]
    down: NDArray[np.float64]
    across: NDArray[np.float64]
    alike: FloatArray
    genuine: FloatArray

    def places(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Where each sample lies in the sent picture: from the top and from the left, 0..1."""
        row, column = np.divmod(self.cell, self.shape[1])
        return self.down[row], self.across[column]

    def by_cell(self, values: FloatArray, weights: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Sums of weighted values (M, 3) and of the weights, over the samples of each cell.

        Returns:
            Shapes (rows, columns, 3) and (rows, columns).
        """
        count = self.shape[0] * self.shape[1]
        sums = [np.bincount(self.cell, values[:, k] * weights, count) for k in range(3)]
        mass = np.bincount(self.cell, weights, count).reshape(self.shape)
        total = np.stack(sums, axis=-1).reshape(*self.shape, 3)
        return total.astype(np.float32), mass.astype(np.float32)


def cut_blocks(
    pair: AlignedPair, colors: FloatArray, graded: FloatArray, goal: FloatArray
) -> Blocks:
    """Average the pixels of a pair.

    Args:
        pair: Gives the trust and the place.
        colors: The sent picture in the LUT's space, shape (H, W, 3).
        graded: What the LUT makes of it.
        goal: The returned picture in the same space.
    """
    height, width = pair.size
    side = max(round(math.sqrt(height * width / _CELLS)), 1)
    row, column = np.arange(height) // side, np.arange(width) // side
    shape = (int(row[-1]) + 1, int(column[-1]) + 1)
    count = shape[0] * shape[1]
    cell = (row[:, None] * shape[1] + column).astype(np.int32)
    tone = np.clip(luma(colors) * _TONES, 0, _TONES - 1).astype(np.int32)
    index = (cell * _TONES + tone).ravel()
    trust = pair.trust.ravel()
    mass = np.bincount(index, trust, count * _TONES)
    used = np.flatnonzero(mass > _LEAST_MASS)

    def mean(image: FloatArray) -> FloatArray:
        planes = [image[..., k].ravel() * trust for k in range(3)]
        sums = [np.bincount(index, plane, count * _TONES)[used] for plane in planes]
        return (np.stack(sums, axis=-1) / mass[used, None]).astype(np.float32)

    alike, genuine = _structure(luma(graded), luma(goal), cell.ravel(), shape)
    down, across = (
        np.bincount(numbers, positions) / np.bincount(numbers)
        for numbers, positions in zip((row, column), pair.positions(), strict=True)
    )
    own = used // _TONES
    weights = mass[used] / (1 + mass[used] / _CROWD) * alike.ravel()[own]
    return Blocks(
        mean(colors),
        mean(graded),
        mean(goal),
        weights.astype(np.float32),
        own,
        shape,
        down,
        across,
        alike,
        genuine,
    )


def _structure(
    first: FloatArray, second: FloatArray, cell: NDArray[Any], shape: tuple[int, int]
) -> tuple[FloatArray, FloatArray]:
    """How far two pictures vary alike in each cell, and where that is sure.

    Invented content varies in its own way; a grade, wherever it is, keeps the photo's.

    Source: the structure term of Wang et al. 2004, "Image quality assessment: from error
    visibility to structural similarity", with the contrast's.
    """
    count = np.bincount(cell, minlength=shape[0] * shape[1])

    def mean(image: FloatArray) -> NDArray[np.float64]:
        return np.bincount(cell, image.ravel(), len(count)) / np.maximum(count, 1)

    mean1, mean2 = mean(first), mean(second)
    common = 2 * (mean(first * second) - mean1 * mean2)
    spread = np.maximum(mean(first * first) - mean1**2, 0)
    spread += np.maximum(mean(second * second) - mean2**2, 0)
    noise = 2 * _NOISE**2
    ratio = (common + noise) / (spread + noise)
    share = np.clip((ratio - _LEAST_ALIKE) / (_ALIKE - _LEAST_ALIKE), 0, 1)
    alike = share * share * (3 - 2 * share)
    genuine = spread / (spread + _VISIBLE**2) * np.clip((ratio - 0.5) / 0.4, 0, 1)
    rows_columns = (
        alike.astype(np.float32).reshape(shape),
        genuine.astype(np.float32).reshape(shape),
    )
    return rows_columns
