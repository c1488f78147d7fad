"""A mask at another size: averaged down, interpolated up, black and white exact."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from daemon.imaging.area import area_weights

Mask = NDArray[np.uint8]

_BAND_ROWS = 64


def resize_mask(mask: Mask, width_px: int, height_px: int) -> Mask:
    """Bring a mask to another size, edge to edge.

    An axis that shrinks is averaged over the area of each new pixel, one that grows is interpolated
    between pixel centres; black and white areas stay exactly 0 and 255, and a pixel that anything
    painted reaches stays above zero, so that a thin stroke never vanishes.

    Args:
        mask: Shape (H, W), uint8.
        width_px: Wanted width.
        height_px: Wanted height.

    Returns:
        Shape (height_px, width_px), uint8.
    """
    height, width = mask.shape
    if (width, height) == (width_px, height_px):
        return mask.copy()
    down, across = _weights(height, height_px), _weights(width, width_px)
    result = np.empty((height_px, width_px), np.uint8)
    for top in range(0, height_px, _BAND_ROWS):
        bottom = min(top + _BAND_ROWS, height_px)
        weights = down[top:bottom]
        used = weights.indices
        first, last = int(used.min()), int(used.max()) + 1
        narrow = weights[:, first:last] @ mask[first:last].astype(np.float32)
        band = (across @ np.ascontiguousarray(narrow.T)).T
        result[top:bottom] = np.maximum(np.rint(band), band > 0)
    return result


def _weights(source_px: int, target_px: int) -> sparse.csr_array:
    if target_px <= source_px:
        return area_weights(source_px, target_px)
    centers = (np.arange(target_px) + 0.5) * (source_px / target_px) - 0.5
    centers = np.clip(centers, 0, source_px - 1)
    before = np.minimum(centers.astype(np.int64), max(source_px - 2, 0))
    share = (centers - before).astype(np.float32)
    after = np.minimum(before + 1, source_px - 1)
    rows = np.repeat(np.arange(target_px), 2)
    columns = np.stack([before, after], axis=1).ravel()
    weights = np.stack([1 - share, share], axis=1).ravel()
    return sparse.csr_array((weights, (rows, columns)), shape=(target_px, source_px))
