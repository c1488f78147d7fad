"""Gradients between two handles as selections."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from daemon.imaging.masks.boxes import Box, Values, box_around
from daemon.imaging.masks.shapes import Cover

_LEAST_PX = 0.01
_EVERYWHERE = Box(-(1 << 30), -(1 << 30), 1 << 30, 1 << 30)


@dataclass(frozen=True)
class LinearGradient:
    """Full before the first handle, nothing after the second, even in between.

    Lines of one value run at right angles to the line between the handles. Handles at one place
    select nothing.

    Attributes:
        from_column: The first handle, pixels of the photo.
        from_row: As above.
        to_column: The second handle.
        to_row: As above.
    """

    from_column: float
    from_row: float
    to_column: float
    to_row: float

    def cover(self) -> Cover:
        """Prepare it."""
        return _LinearCover(self)


@dataclass(frozen=True)
class RadialGradient:
    """Full in the middle, nothing from the ellipse on, even in between.

    Attributes:
        column: The middle, pixels of the photo.
        row: As above.
        radius_columns: Half the ellipse's width; below 0.01 px nothing is inside.
        radius_rows: Half its height; as above.
        core: Share of the radius up to which it is full, 0..1.
        inverted: Nothing in the middle, full from the ellipse on.
    """

    column: float
    row: float
    radius_columns: float
    radius_rows: float
    core: float = 0.0
    inverted: bool = False

    def cover(self) -> Cover:
        """Prepare it."""
        return _RadialCover(self)


@dataclass(frozen=True)
class _LinearCover:
    shape: LinearGradient

    @property
    def box(self) -> Box:
        return _EVERYWHERE

    def cover(self, box: Box) -> Values | int:
        it = self.shape
        across, down = it.to_column - it.from_column, it.to_row - it.from_row
        square = across * across + down * down
        if not square:
            return 0
        columns = np.arange(box.left, box.right, dtype=np.float32) + np.float32(
            0.5 - it.from_column
        )
        rows = np.arange(box.top, box.bottom, dtype=np.float32) + np.float32(0.5 - it.from_row)
        columns *= np.float32(-255 * across / square)
        rows *= np.float32(-255 * down / square)
        ends = (
            255 + float(c) + float(r)
            for c in (columns[0], columns[-1])
            for r in (rows[0], rows[-1])
        )
        if (settled := _settled(tuple(ends))) is not None:
            return settled
        return _to_values(np.float32(255) + rows[:, None] + columns[None, :])


@dataclass(frozen=True)
class _RadialCover:
    shape: RadialGradient

    @property
    def box(self) -> Box:
        return _EVERYWHERE if self.shape.inverted else self._reach

    def cover(self, box: Box) -> Values | int:
        it = self.shape
        outside = 255 if it.inverted else 0
        if (
            min(it.radius_columns, it.radius_rows) < _LEAST_PX
            or box.intersected(self._reach).is_empty
        ):
            return outside
        columns = (np.arange(box.left, box.right) + 0.5 - it.column) / it.radius_columns
        rows = (np.arange(box.top, box.bottom) + 0.5 - it.row) / it.radius_rows
        squares = (rows * rows).astype(np.float32)[:, None] + (columns * columns).astype(np.float32)
        fall = max(1.0 - it.core, 1e-6)
        values = _to_values((np.float32(1) - np.sqrt(squares)) * np.float32(255 / fall))
        return ~values if it.inverted else values

    @property
    def _reach(self) -> Box:
        it = self.shape
        return box_around(
            it.column - it.radius_columns,
            it.row - it.radius_rows,
            it.column + it.radius_columns,
            it.row + it.radius_rows,
        )


def _settled(corners: tuple[float, ...]) -> int | None:
    """Return the one value of a box whose corners all lie beyond the same handle."""
    if min(corners) >= 255:
        return 255
    return 0 if max(corners) <= 0 else None


def _to_values(values: NDArray[np.floating]) -> Values:
    return np.rint(np.clip(values, 0.0, 255.0)).astype(np.uint8)
