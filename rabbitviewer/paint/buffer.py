"""A mask's values where the daemon put them, and what is known about them at a glance."""

from __future__ import annotations

import math
import mmap
from collections.abc import Iterable

import numpy as np
from PySide6.QtCore import QRect

from daemon.imaging.masks.boxes import (
    NOTHING,
    TILE_PX,
    Box,
    Values,
    tile_box,
    tile_keys,
    whole,
)
from daemon.imaging.masks.pyramid import Pyramid

_CALL_PX = 1 << 18

Mapping = mmap.mmap | memoryview | bytearray | bytes


class MaskBuffer:
    """The values of one mask, mapped: what is painted is in the file at once.

    Attributes:
        values: Shape (height, width), uint8: a view of the mapping, which lives as long as it.
        pyramid: The same in fewer pixels.
        revision: Counts the changes told to :meth:`refresh`.
    """

    def __init__(self, mapping: Mapping, offset: int, width: int, height: int) -> None:
        """Look at a mapping; nothing is read yet (see :meth:`refresh`).

        Args:
            mapping: Writable; kept, never closed.
            offset: Where the values begin, bytes.
            width: Of the upright photo, pixels.
            height: As above.

        Raises:
            ValueError: The mapping is too short.
        """
        self.values = values_in(mapping, offset, width, height)
        self.pyramid = Pyramid(self.values)
        self.revision = 0
        grid = (math.ceil(height / TILE_PX), math.ceil(width / TILE_PX))
        self._lowest = np.zeros(grid, np.uint8)
        self._highest = np.zeros(grid, np.uint8)

    @property
    def width(self) -> int:
        """Columns."""
        return self.values.shape[1]

    @property
    def height(self) -> int:
        """Rows."""
        return self.values.shape[0]

    @property
    def box(self) -> Box:
        """All of it."""
        return whole(self.values)

    @property
    def is_empty(self) -> bool:
        """Whether every value is 0; costs nothing."""
        return not self._highest.any()

    @property
    def is_full(self) -> bool:
        """Whether every value is 255; costs nothing."""
        return int(self._lowest.min()) == 255

    @property
    def painted(self) -> Box:
        """A box around all that is not 0, in whole tiles; costs nothing."""
        rows, columns = np.nonzero(self._highest)
        if not len(rows):
            return NOTHING
        first = tile_box((int(rows.min()), int(columns.min())), self.box)
        return first.united(tile_box((int(rows.max()), int(columns.max())), self.box))

    def refresh(self, boxes: Iterable[Box]) -> Box:
        """Bring pyramid and glance up to date where the values were changed.

        Args:
            boxes: Where; best 2 MP together at most.

        Returns:
            A box around all of them.
        """
        several = [box.intersected(self.box) for box in boxes]
        around = NOTHING
        for box in several:
            around = around.united(box)
        together = sum(box.width * box.height + _CALL_PX for box in several)
        self.revision += 1
        for box in [around] if around.width * around.height <= together else several:
            self.pyramid.update(box)
        for key in {key for box in several for key in tile_keys(box)}:
            tile = self.values[tile_box(key, self.box).slices]
            self._lowest[key], self._highest[key] = tile.min(), tile.max()
        return around


def values_in(mapping: Mapping, offset: int, width: int, height: int) -> Values:
    """Look at the values in a mapping, shape (height, width), uint8.

    Raises:
        ValueError: The mapping is too short.
    """
    if len(mapping) - offset < width * height:
        raise ValueError(
            f"The mask's file holds {len(mapping) - offset} values, not the {width} x {height} of "
            "its photo: open the mask again."
        )
    flat = np.frombuffer(mapping, np.uint8, width * height, offset)
    return flat.reshape(height, width)


def to_rect(box: Box) -> QRect:
    """Return *box* as Qt counts."""
    return QRect(box.left, box.top, box.width, box.height)


def to_box(rect: QRect) -> Box:
    """Return Qt's *rect* as a box."""
    return Box(rect.left(), rect.top(), rect.left() + rect.width(), rect.top() + rect.height())
