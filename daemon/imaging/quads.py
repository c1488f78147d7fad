"""Pixels as groups of four floats: the one layout in which OpenColorIO needs no detour.

Three-channel pixels are repacked a few times faster than OpenColorIO does it: a pixel and the first
sample of its neighbour are copied as one number of four samples' width. What then stands in the
fourth channel is nobody's business.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from daemon.imaging.lattice import FloatArray
from daemon.imaging.processor import LutProcessor, describe

CHUNK_PX = 1 << 16
"""Pixels that are worked on at once: few enough for a cache, many enough for numpy."""

_HALF = np.float32(0.5)
_DENSE = 0.7
_WIDE: dict[np.dtype[Any], np.dtype[Any]] = {
    np.dtype(np.uint8): np.dtype(np.uint32),
    np.dtype(np.uint16): np.dtype(np.uint64),
    np.dtype(np.float32): np.dtype(np.complex128),
}


class Quads:
    """Room for one chunk of pixels.

    Attributes:
        floats: Shape (CHUNK_PX, 4), float32: what is graded.
        samples: Same shape, in the image's dtype; the same array where that is float32.
        wide: Shape (CHUNK_PX,): *samples*, a pixel as one number.
    """

    def __init__(self, dtype: np.dtype[Any]) -> None:
        self.floats = np.empty((CHUNK_PX, 4), np.float32)
        self.samples: NDArray[Any] = (
            self.floats if dtype == np.float32 else np.empty((CHUNK_PX, 4), dtype)
        )
        self.wide = self.samples.reshape(-1).view(_WIDE[dtype])
        self._described: dict[int, Any] = {}

    def fill(self, pixels: NDArray[Any]) -> None:
        """Put *pixels*, shape (n, 3) or (n, 4), C-contiguous, into the samples."""
        count, channels = pixels.shape
        if channels == 4:
            self.samples[:count] = pixels
            return
        np.copyto(self.wide[: count - 1], _overlapping(pixels))
        self.samples[count - 1, :3] = pixels[count - 1]

    def drain(self, pixels: NDArray[Any]) -> None:
        """Write the samples into *pixels*, of the layout that they were filled from."""
        count, channels = pixels.shape
        if channels == 4:
            pixels[:] = self.samples[:count]
            return
        # the fourth sample of each number is written over by the first of the next
        np.copyto(_overlapping(pixels), self.wide[: count - 1])
        pixels[count - 1] = self.samples[count - 1, :3]

    def described(self, count: int) -> Any:  # noqa: ANN401
        """Return the first *count* floats as :meth:`LutProcessor.run_again` takes them."""
        if count not in self._described:
            self._described[count] = describe(self.floats[None, :count])
        return self._described[count]


def _overlapping(pixels: NDArray[Any]) -> NDArray[Any]:
    """All pixels but the last as numbers that reach one sample into the next pixel."""
    shape, stride = (pixels.shape[0] - 1,), 3 * pixels.itemsize
    return np.ndarray(shape, _WIDE[pixels.dtype], pixels, strides=(stride,))


class Workspace:
    """What one thread needs at a time to grade images of one dtype."""

    def __init__(self, dtype: np.dtype[Any]) -> None:
        self.whole = Quads(dtype)
        self._part: Quads | None = None
        self._dtype = dtype

    @property
    def part(self) -> Quads:
        """Room for those pixels of a chunk that a mask chooses."""
        if self._part is None:
            self._part = Quads(self._dtype)
        return self._part


class QuadGrade:
    """A LUT for runs of pixels of one depth, rounded to nearest; usable from any thread."""

    def __init__(self, lut: FloatArray, dtype: np.dtype[Any]) -> None:
        """Prepare *lut*, shape (N, N, N, 3), for pixels of *dtype* (uint8, uint16, float32)."""
        self._rounds = dtype != np.float32
        self._white = np.float32(np.iinfo(dtype).max if self._rounds else 1)
        self._clips = self._rounds and bool(lut.min() < 0 or lut.max() > 1)
        # with half a level in every node, cutting off the decimals rounds
        nodes = lut * self._white + _HALF if self._rounds else lut
        self._processor = LutProcessor(nodes, np.float32, np.float32)

    def run(self, space: Workspace, source: NDArray[Any], target: NDArray[Any]) -> None:
        """Write the graded *source* into *target*; a fourth channel is passed on as it is.

        Args:
            space: Used by nobody else meanwhile.
            source: Shape (n, 3) or (n, 4), C-contiguous, 1 <= n <= CHUNK_PX.
            target: Like *source*, which it may be.
        """
        quads, (count, channels) = space.whole, source.shape
        quads.fill(source)
        self._grade(quads, count)
        if self._rounds:
            np.copyto(quads.samples[:count], quads.floats[:count], casting="unsafe")
        if channels == 4:
            quads.samples[:count, 3] = source[:, 3]
        quads.drain(target)

    def blend(
        self, space: Workspace, source: NDArray[Any], target: NDArray[Any], share: FloatArray
    ) -> None:
        """Do the same as far as *share*, shape (n,), 0..1, says; pixels under 0 keep every bit."""
        whole = part = space.whole
        whole.fill(source)
        # adding nothing to integers is exact: where few stay as they are, picking costs more
        picks = not self._rounds or np.count_nonzero(share) < _DENSE * len(share)
        chosen = np.flatnonzero(share != 0) if picks else None
        if chosen is not None:
            part, share = space.part, share[chosen]
            whole.wide[: len(source)].take(chosen, out=part.wide[: len(chosen)], mode="clip")
        samples, graded = part.samples[: len(share)], part.floats[: len(share)]
        before = samples.astype(np.float32)
        alpha = samples[:, 3].copy() if source.shape[1] == 4 else None
        if self._rounds:
            before += _HALF
        self._grade(part, len(share))
        graded -= before
        graded *= _four_times(share)
        graded += before
        if self._rounds:
            np.copyto(samples, graded, casting="unsafe")
        if alpha is not None:
            samples[:, 3] = alpha
        if chosen is not None:
            whole.wide[chosen] = part.wide[: len(chosen)]
        whole.drain(target)

    def _grade(self, quads: Quads, count: int) -> None:
        """Turn samples into graded floats, of which the integer part is the result."""
        floats = quads.floats[:count]
        if self._rounds:
            np.copyto(floats, quads.samples[:count])
            np.multiply(floats, np.float32(1) / self._white, out=floats)
        self._processor.run_again(quads.described(count))
        if self._clips:
            np.clip(floats, _HALF, self._white + _HALF, out=floats)


def _four_times(share: FloatArray) -> FloatArray:
    """Return *share*, shape (n,), for all samples of its pixels: shape (n, 4)."""
    result = np.empty((len(share), 4), np.float32)
    for channel in range(4):
        result[:, channel] = share
    return result
