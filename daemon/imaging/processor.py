"""The one place that speaks to OpenColorIO: a LUT made ready for arrays of one depth."""

# pyright: reportAttributeAccessIssue=false
# (OpenColorIO is compiled and carries no types)

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray
from PyOpenColorIO import (
    BIT_DEPTH_F32,
    BIT_DEPTH_UINT8,
    BIT_DEPTH_UINT16,
    INTERP_TETRAHEDRAL,
    OPTIMIZATION_NONE,
    Config,
    Lut3DTransform,
    PackedImageDesc,
)

from daemon.imaging.lattice import FloatArray, check_lut

_DEPTHS: dict[np.dtype[Any], Any] = {
    np.dtype(np.uint8): BIT_DEPTH_UINT8,
    np.dtype(np.uint16): BIT_DEPTH_UINT16,
    np.dtype(np.float32): BIT_DEPTH_F32,
}

_ROW_PX = 1024


def check_depth(dtype: np.dtype[Any]) -> None:
    """Refuse arrays that no LUT can be applied to.

    Raises:
        TypeError: *dtype* is not uint8, uint16 or float32.
    """
    if dtype not in _DEPTHS:
        raise TypeError(f"pixels are uint8, uint16 or float32, not {dtype}")


class LutProcessor:
    """A LUT ready to run over pixels, tetrahedral, from any thread.

    Integer output is clipped and rounded to nearest; float output is not clipped. Colours outside
    0..1 are clamped onto the lattice, NaN counts as 0.
    """

    def __init__(self, lut: FloatArray, source: DTypeLike, target: DTypeLike) -> None:
        """Prepare *lut*, shape (N, N, N, 3), for pixels of dtype *source* into dtype *target*.

        Raises:
            ValueError: not a LUT.
            TypeError: a dtype other than uint8, uint16 and float32.
        """
        nodes = check_lut(lut)
        for dtype in (np.dtype(source), np.dtype(target)):
            check_depth(dtype)
        transform = Lut3DTransform(gridSize=nodes.shape[0])
        transform.setInterpolation(INTERP_TETRAHEDRAL)
        transform.setData(nodes.ravel())
        # nothing to optimise in a single LUT, and nothing may be traded for speed
        self._processor = (
            Config.CreateRaw()
            .getProcessor(transform)
            .getOptimizedCPUProcessor(
                _DEPTHS[np.dtype(source)], _DEPTHS[np.dtype(target)], OPTIMIZATION_NONE
            )
        )

    def run(self, source: NDArray[Any], target: NDArray[Any]) -> None:
        """Write the graded *source* into *target*; they may be the same array.

        Args:
            source: Shape (H, W, 3) or (H, W, 4), C-contiguous; a fourth channel is passed on.
            target: Same shape, C-contiguous.
        """
        self._processor.apply(describe(source), describe(target))

    def run_again(self, description: Any) -> None:  # noqa: ANN401
        """Grade an array in place that :func:`describe` described; for many small runs."""
        self._processor.apply(description)


def describe(image: NDArray[Any]) -> Any:  # noqa: ANN401
    """Return OpenColorIO's view of *image*, (H, W, 3 or 4), C-contiguous, which must outlive it."""
    # not image.strides: numpy leaves those of axes of length 1 to chance
    height, width, channels = image.shape
    item = image.itemsize
    depth = _DEPTHS[image.dtype]
    pixel, row = item * channels, item * channels * width
    return PackedImageDesc(image, width, height, channels, depth, item, pixel, row)


def run_lut(lut: FloatArray, colors: FloatArray) -> FloatArray:
    """Grade float colours of any arrangement, unclipped: fast where it is called often.

    Args:
        lut: Shape (N, N, N, 3), float32.
        colors: Shape (..., 3), float32.

    Returns:
        Same shape, float32.
    """
    flat = np.ascontiguousarray(colors, dtype=np.float32).reshape(-1, 3)
    graded = np.empty_like(flat)
    processor = LutProcessor(lut, np.float32, np.float32)
    # OpenColorIO works row by row: one row of a million pixels leaves the cache, 4 x as slow
    whole = len(flat) // _ROW_PX * _ROW_PX
    for part, row_px in ((slice(whole), _ROW_PX), (slice(whole, None), len(flat) - whole)):
        if len(flat[part]):
            rows = flat[part].reshape(-1, row_px, 3)
            processor.run(rows, graded[part].reshape(rows.shape))
    return graded.reshape(colors.shape)
