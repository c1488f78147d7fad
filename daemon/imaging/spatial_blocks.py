"""A pair of pictures seen from afar: what a grade that varies over the picture is fitted to."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from daemon.imaging.filters import box_mean, luma
from daemon.imaging.lattice import FloatArray
from daemon.imaging.pair import AlignedPair

_BLOCKS = 20_000
_NOISE = 3 / 255
_LEAST_ALIKE, _ALIKE = 0.2, 0.6
_STRUCTURE_WINDOW = 3


@dataclass(frozen=True, eq=False)
class Blocks:
    """Means over square blocks of an aligned pair, by trust.

    Attributes:
        sent: Shape (rows, columns, 3), float32, in the LUT's space.
        graded: What the LUT makes of the pixels; same.
        goal: What came back; same.
        weights: Shape (rows, columns), float32, 0..1: trust, and next to nothing where the returned
            picture's structure is another one than the sent one's.
        down: Where the rows' middles lie in the sent picture, shape (rows,), 0 (top) to 1.
        across: Where the columns' middles lie, shape (columns,), 0 (left) to 1.
    """

    sent: FloatArray
    graded: FloatArray
    goal: FloatArray
    weights: FloatArray
    down: NDArray[np.float64]
    across: NDArray[np.float64]


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
    side = max(round(math.sqrt(height * width / _BLOCKS)), 1)
    rows, columns = height // side, width // side

    def mean(image: FloatArray) -> FloatArray:
        cut = image[: rows * side, : columns * side]
        # first along the rows: adding neighbours in memory is what costs
        partial = cut.reshape(rows, side, columns * side, -1).mean(axis=1)
        whole = partial.reshape(rows, columns, side, -1).mean(axis=2)
        return whole.reshape(rows, columns, *image.shape[2:])

    mass = mean(pair.trust)
    share = pair.trust[..., None]
    inverse = 1 / np.maximum(mass, np.float32(1e-9))[..., None]
    sent, after, wanted = (
        (mean(image * share) * inverse).astype(np.float32, copy=False)
        for image in (colors, graded, goal)
    )
    before, later = luma(graded), luma(goal)
    moments = [before, later, before * before, later * later, before * later]
    structure = _same_structure(*(box_mean(mean(m), _STRUCTURE_WINDOW) for m in moments))
    down, across = (
        positions[: count * side].reshape(count, side).mean(axis=1)
        for positions, count in zip(pair.positions(), (rows, columns), strict=True)
    )
    return Blocks(sent, after, wanted, mass * structure, down, across)


def _same_structure(
    first: FloatArray, second: FloatArray, first2: FloatArray, second2: FloatArray, both: FloatArray
) -> FloatArray:
    """How far two pictures vary alike around each block, 0..1; even areas count as alike.

    Invented content varies in its own way; a grade, wherever it is, keeps the photo's.

    Source: the structure term of Wang et al. 2004, "Image quality assessment: from error
    visibility to structural similarity", with the contrast's.
    """
    spread1, spread2 = (
        np.maximum(square - mean * mean, 0) for square, mean in ((first2, first), (second2, second))
    )
    noise = np.float32(2 * _NOISE**2)
    alike = (2 * (both - first * second) + noise) / (spread1 + spread2 + noise)
    share = np.clip((alike - _LEAST_ALIKE) / (_ALIKE - _LEAST_ALIKE), 0, 1)
    return (share * share * (3 - 2 * share)).astype(np.float32, copy=False)
