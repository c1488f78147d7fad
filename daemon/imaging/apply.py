"""Applying a LUT to a photo of any size, strip by strip, with strength and mask."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
from numpy.typing import NDArray

from daemon.imaging.channels import keep_channels
from daemon.imaging.lattice import FloatArray, blend_with_identity, check_lut
from daemon.imaging.parallel import in_order
from daemon.imaging.processor import check_depth
from daemon.imaging.quads import CHUNK_PX, QuadGrade, Workspace

Checkpoint = Callable[[float], object]
"""Called with the share that is done, 0..1; may block, may raise to stop."""

MAX_STRENGTH = 1.5

_STRIP_PX = 512 * 1024


def apply_lut(
    image: NDArray[Any],
    lut: FloatArray,
    *,
    strength: float = 1.0,
    mask: NDArray[Any] | None = None,
    channels: str = "all",
    out: NDArray[Any] | None = None,
    threads: int = 2,
    checkpoint: Checkpoint | None = None,
) -> NDArray[Any]:
    """Grade a photo: tetrahedral interpolation, rounded to nearest, alpha left alone.

    Args:
        image: Shape (H, W, 3) or (H, W, 4) with straight alpha last; uint8, uint16 or float32.
            Float pixels are clamped to 0..1 on the way in; the result is not clipped.
        lut: Shape (N, N, N, 3), N in 2..129, indexed [red, green, blue], in the image's space.
        strength: 0..1.5, linear in the change: 0 returns the image, 1 is the LUT itself.
        mask: Shape (H, W), 0 keeps and full (1.0, or the integer type's largest value) grades.
            Pixels under 0 come out untouched, bit by bit.
        channels: ``all``; ``luma``: the graded luma with the image's chroma; ``chroma``: the
            reverse. Luma is Y' of BT.709 on the encoded values, chroma the differences to it
            (:mod:`daemon.imaging.channels`).
        out: Where to write, may be *image* itself; None: a new array.
        threads: How many work at the same time.
        checkpoint: Called after every strip of about half a megapixel.

    Returns:
        *out*, or a new array like *image*.

    Raises:
        ValueError: a shape, the strength or *channels* does not fit.
        TypeError: another dtype.
    """
    _check(image, mask, out)
    target = np.empty_like(image) if out is None else out
    grade = StripGrade(lut, image.dtype, strength=strength, channels=channels)

    def work(rows: slice) -> int:
        grade.run(image[rows], target[rows], None if mask is None else mask[rows])
        return rows.stop

    height = image.shape[0]
    with ThreadPoolExecutor(threads) as pool:
        for done_rows in in_order(pool, work, _strips(height, image.shape[1]), ahead=threads):
            if checkpoint is not None:
                checkpoint(done_rows / height)
    return target


def _check(image: NDArray[Any], mask: NDArray[Any] | None, out: NDArray[Any] | None) -> None:
    if image.ndim != 3 or image.shape[2] not in (3, 4):
        raise ValueError(f"an image has the shape (H, W, 3) or (H, W, 4), not {image.shape}")
    check_depth(image.dtype)
    if mask is not None and mask.shape != image.shape[:2]:
        raise ValueError(f"the mask is {mask.shape}, the image {image.shape[:2]}")
    if out is not None and (out.shape != image.shape or out.dtype != image.dtype):
        raise ValueError(f"out is {out.dtype} {out.shape}, not {image.dtype} {image.shape}")


def _strips(height: int, width: int) -> Iterator[slice]:
    rows = max(_STRIP_PX // max(width, 1), 1)
    for top in range(0, height, rows):
        yield slice(top, min(top + rows, height))


class StripGrade:
    """Grades one strip at a time, from any thread: for who has other things to do in between."""

    def __init__(
        self,
        lut: FloatArray,
        dtype: np.dtype[Any],
        *,
        strength: float = 1.0,
        channels: str = "all",
    ) -> None:
        """Prepare; arguments as for :func:`apply_lut`.

        Raises:
            ValueError: the LUT's shape, the strength or *channels* does not fit.
            TypeError: another dtype.
        """
        check_depth(dtype)
        if not 0 <= strength <= MAX_STRENGTH:
            raise ValueError(f"the strength is 0 to {MAX_STRENGTH}, not {strength}")
        kept = keep_channels(check_lut(lut), channels)
        self._grade = QuadGrade(blend_with_identity(kept, strength), dtype)
        self._dtype = dtype
        self._spaces: list[Workspace] = []

    def run(
        self, image: NDArray[Any], target: NDArray[Any], mask: NDArray[Any] | None = None
    ) -> None:
        """Write the graded *image* into *target*, which it may be; shapes as for :func:`apply_lut`.

        No other thread may work on the same rows.
        """
        if not image.size:
            return
        source = np.ascontiguousarray(image)
        graded = target if target.flags.c_contiguous else np.empty_like(source)
        channels = image.shape[2]
        pixels, results = source.reshape(-1, channels), graded.reshape(-1, channels)
        values = None if mask is None else mask.reshape(-1)
        try:
            space = self._spaces.pop()
        except IndexError:
            space = Workspace(self._dtype)
        for start in range(0, len(pixels), CHUNK_PX):
            part = slice(start, start + CHUNK_PX)
            self._run(space, pixels[part], results[part], None if values is None else values[part])
        self._spaces.append(space)
        if graded is not target:
            target[:] = graded

    def _run(
        self,
        space: Workspace,
        source: NDArray[Any],
        target: NDArray[Any],
        mask: NDArray[Any] | None,
    ) -> None:
        if mask is None or mask.min() >= _white_of(mask):
            self._grade.run(space, source, target)
        elif mask.max() <= 0:
            np.copyto(target, source)
        else:
            self._grade.blend(space, source, target, _as_share(mask))


def _white_of(mask: NDArray[Any]) -> float:
    """The value that grades fully."""
    return float(np.iinfo(mask.dtype).max) if mask.dtype.kind == "u" else 1.0


def _as_share(mask: NDArray[Any]) -> FloatArray:
    """A mask as float32 0..1."""
    if mask.dtype.kind == "u":
        return mask.astype(np.float32) / np.float32(np.iinfo(mask.dtype).max)
    return np.clip(mask.astype(np.float32), 0, 1)
