"""Two pictures brought onto the points of one grid: depth, size, place, what to trust."""

from __future__ import annotations

import math
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from daemon.imaging.lattice import FloatArray
from daemon.imaging.parallel import side_by_side
from daemon.imaging.processor import check_depth
from daemon.imaging.registration import Placement, Size, known_geometries, register
from daemon.imaging.resample import AxisMap, stretch
from daemon.imaging.sampling import Grid, sample

MAX_PAIR_PX = 1_600_000
"""Larger pictures are shrunk to this before they are compared."""

_SIMILAR = 1.2
"""Linear ratio up to which two pictures are of similar size."""

_BLACK, _WHITE = 0.5 / 255, 254.5 / 255
_FEW_CLIPPED = 1e-3
_SAME_PLACE_PX = 0.08
_EDGE_CONTRAST = 6 / 255
_LEAST_WEIGHT = 1e-2
_BORDER = 2


@dataclass(frozen=True, eq=False)
class AlignedPair:
    """Both pictures at the points of one grid, which lies on the returned one.

    Attributes:
        sent: Shape (H, W, 3), float32, encoded sRGB 0..1; blurred, so that noise and a part of
            the softness of the returned picture are in both.
        returned: Same.
        weights: Shape (H, W), float32, 0..1: which points may count at all.
        trust: Shape (H, W), float32, 0..1: *weights*, and little where neighbours differ.
        clipped: Shape (H, W, 3), float32, 0..1: share of the blurred returned pixels that are
            black or white in a channel, so that their goal may lie beyond; None: hardly any.
        placement: Where the returned picture lies on the sent one.
        sent_size: Height and width of the sent picture, in the pixels that *placement* is in.
        returned_size: Height and width of the returned picture; same.
        grid: The points, in pixels of the returned picture.
    """

    sent: FloatArray
    returned: FloatArray
    weights: FloatArray
    trust: FloatArray
    clipped: FloatArray | None
    placement: Placement
    sent_size: Size
    returned_size: Size
    grid: Grid

    @property
    def size(self) -> Size:
        """Height and width of the arrays."""
        return self.sent.shape[0], self.sent.shape[1]

    def positions(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Where each row and each column lies in the sent picture, 0 (top, left) to 1."""
        rows, columns = self.grid.axes(*self.placement.maps(self.sent_size, self.returned_size))
        height, width = self.sent_size
        return (rows.positions + 0.5) / height, (columns.positions + 0.5) / width


def align(
    original_small: NDArray[Any],
    edited_small: NDArray[Any],
    weights: NDArray[Any] | None = None,
    *,
    search: bool = True,
    checkpoint: Callable[[float], object] | None = None,
) -> AlignedPair:
    """Bring what was sent and what came back onto one grid.

    Args:
        original_small: Shape (H, W, 3), sRGB, uint8, uint16 or float32 0..1.
        edited_small: Shape (h, w, 3), same; the size may differ.
        weights: Shape (H, W), 0..1 or an unsigned integer type's full range; None: all count.
        search: Search for the edit's place; False: take it as a stretch of the original.
        checkpoint: Called with the share that is done, 0..1, between the steps.

    Raises:
        ValueError: a shape does not fit.
        TypeError: another dtype.
    """
    sent, returned = side_by_side(_normalize, (original_small, edited_small))
    share = _normalize_weights(weights, original_small.shape)
    sent, returned, share = _to_similar_size(sent, returned, share)
    tell = checkpoint or _ignore
    tell(0.1)
    grid = Grid.on(returned.shape[0], returned.shape[1])
    with ThreadPoolExecutor(1) as beside:
        looked_at = beside.submit(_look_at, returned, grid)
        placement = _place(sent, returned, search=search)
        goal, clipped = looked_at.result()
    tell(0.6)
    sizes = (sent.shape[0], sent.shape[1]), (returned.shape[0], returned.shape[1])
    rows, columns = grid.axes(*placement.maps(*sizes))
    seen = np.ones((grid.height, grid.width), np.float32)
    if placement != Placement():
        seen = np.outer(rows.inside(sizes[0][0]), columns.inside(sizes[0][1]))
    known = seen * sample(share, rows, columns) if share.min() < 1 else seen
    squares = (sent * sent).sum(axis=2)
    moved, power = side_by_side(lambda image: sample(image, rows, columns), (sent, squares))
    variance = power - (moved * moved).sum(axis=2)
    return AlignedPair(
        moved,
        goal,
        known,
        _trust(np.maximum(variance, 0), known),
        clipped,
        placement,
        *sizes,
        grid,
    )


def _look_at(returned: FloatArray, grid: Grid) -> tuple[FloatArray, FloatArray | None]:
    """The returned picture on the grid, and the share of its pixels that clipped, if any did."""
    here = grid.axes(AxisMap(), AxisMap())
    clipped = (returned >= _WHITE) | (returned <= _BLACK)
    some = np.count_nonzero(clipped) > _FEW_CLIPPED * clipped.size
    return sample(returned, *here), sample(clipped.astype(np.float32), *here) if some else None


def _ignore(fraction: float) -> None:
    del fraction


def _normalize(image: NDArray[Any]) -> FloatArray:
    """Float32 0..1."""
    if image.ndim != 3 or image.shape[2] != 3 or not image.size:
        raise ValueError(f"a picture has the shape (H, W, 3), not {image.shape}")
    check_depth(image.dtype)
    if image.dtype == np.float32:
        return np.clip(np.nan_to_num(image), 0, 1)
    return image * np.float32(1 / np.iinfo(image.dtype).max)


def _normalize_weights(weights: NDArray[Any] | None, shape: tuple[int, ...]) -> FloatArray:
    if weights is None:
        return np.ones(shape[:2], np.float32)
    if weights.shape != shape[:2]:
        raise ValueError(f"the weights are {weights.shape}, the picture {shape[:2]}")
    if weights.dtype.kind == "u":
        return weights * np.float32(1 / np.iinfo(weights.dtype).max)
    return np.clip(np.nan_to_num(weights.astype(np.float32)), 0, 1)


def _to_similar_size(
    sent: FloatArray, returned: FloatArray, share: FloatArray
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Shrink what is too large, or much larger than its partner."""
    pixels = [image.shape[0] * image.shape[1] for image in (sent, returned)]
    wanted = min(*pixels, MAX_PAIR_PX)
    sizes = [_shrunk_size(image, wanted) for image in (sent, returned)]
    if sizes[0] != sent.shape[:2]:
        sent, share = stretch(sent, sizes[0]), stretch(share, sizes[0])
    if sizes[1] != returned.shape[:2]:
        returned = stretch(returned, sizes[1])
    return sent, returned, share


def _shrunk_size(image: FloatArray, wanted_px: int) -> Size:
    height, width = image.shape[:2]
    step = math.sqrt(height * width / wanted_px)
    if step <= _SIMILAR:
        return height, width
    return max(round(height / step), 1), max(round(width / step), 1)


def _place(sent: FloatArray, returned: FloatArray, *, search: bool) -> Placement:
    sizes = (sent.shape[0], sent.shape[1]), (returned.shape[0], returned.shape[1])
    if not search:
        return known_geometries(*sizes)[0]
    found = register(sent, returned)
    if sizes[0] == sizes[1] and found.moves_at_most(_SAME_PLACE_PX, sizes[1]):
        return Placement()
    return found


def _trust(variance: FloatArray, weights: FloatArray) -> FloatArray:
    """Weights: little where neighbours differ, for there softness and misfits rule.

    A floor keeps colours alive that occur only in textures.
    """
    trust = np.maximum(1 / (1 + variance / _EDGE_CONTRAST**2), _LEAST_WEIGHT) * weights
    if min(trust.shape) > 8 * _BORDER:
        inner = np.zeros_like(trust)
        core = (slice(_BORDER, -_BORDER),) * 2
        inner[core] = trust[core]
        trust = inner
    return trust
