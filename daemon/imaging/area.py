"""Area-averaging downscale: every source pixel counts once, nothing rings, nothing is skipped."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import scipy.sparse as sparse
from numpy.typing import NDArray

_BAND_ROWS = 32
_THREADS = 2


def area_weights(source_px: int, target_px: int) -> sparse.csr_array:
    """Return the (target, source) matrix whose rows average the source pixels they cover.

    Args:
        source_px: Length of the axis now.
        target_px: Length wanted, <= *source_px*.
    """
    edges = np.linspace(0.0, source_px, target_px + 1)
    first = np.floor(edges[:-1]).astype(np.int64)
    last = np.minimum(np.ceil(edges[1:]).astype(np.int64), source_px)
    counts = last - first
    rows = np.repeat(np.arange(target_px), counts)
    starts = np.repeat(np.cumsum(counts) - counts, counts)
    columns = np.repeat(first, counts) + np.arange(int(counts.sum())) - starts
    low = np.maximum(columns, edges[:-1][rows])
    high = np.minimum(columns + 1, edges[1:][rows])
    weights = ((high - low) * (target_px / source_px)).astype(np.float32)
    return sparse.csr_array((weights, (rows, columns)), shape=(target_px, source_px))


def downscale(
    pixels: NDArray[np.uint8] | NDArray[np.uint16], width_px: int, height_px: int
) -> NDArray[np.float32]:
    """Average *pixels* down to a smaller size.

    Args:
        pixels: Shape (H, W, C), uint8 or uint16.
        width_px: Wanted width, <= W.
        height_px: Wanted height, <= H.

    Returns:
        Shape (height_px, width_px, C), float32, the source's range mapped to 0..1.
    """
    height, width, channels = pixels.shape
    scale = np.float32(1.0 / np.iinfo(pixels.dtype).max)
    down, across = area_weights(height, height_px), area_weights(width, width_px)
    result = np.empty((height_px, width_px, channels), np.float32)

    def fill(top: int) -> None:
        bottom = min(top + _BAND_ROWS, height_px)
        weights = down[top:bottom]
        used = weights.indices
        first, last = int(used.min()), int(used.max()) + 1
        rows = pixels[first:last].astype(np.float32).reshape(last - first, width * channels)
        narrow = (weights[:, first:last] @ rows).reshape(bottom - top, width, channels)
        columns = narrow.transpose(1, 0, 2).reshape(width, -1)
        band = (across @ columns).reshape(width_px, bottom - top, channels)
        np.multiply(band.transpose(1, 0, 2), scale, out=result[top:bottom])

    with ThreadPoolExecutor(_THREADS) as pool:
        for _ in pool.map(fill, range(0, height_px, _BAND_ROWS)):
            pass
    return result
