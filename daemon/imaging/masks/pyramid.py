"""A mask in halves, quarters and so on, to be looked at from afar."""

from __future__ import annotations

import numpy as np

from daemon.imaging.masks.boxes import Box, Values

SMALLEST_PX = 64
_ENOUGH = 1.25
_STRIP_PX = 1 << 17


def halve(values: Values) -> Values:
    """Average blocks of two by two, rounded to the nearest; an odd edge counts twice.

    Args:
        values: Shape (H, W), uint8.

    Returns:
        Shape (ceil(H / 2), ceil(W / 2)), uint8.
    """
    height, width = values.shape
    even = np.empty((height + height % 2, width + width % 2), np.uint8)
    even[:height, :width] = values
    if width % 2:
        even[:height, width] = values[:, -1]
    if height % 2:
        even[height] = even[height - 1]
    pairs = even.view(np.uint16)
    sums = (pairs & np.uint16(255)) + (pairs >> np.uint16(8))
    blocks = sums[0::2] + sums[1::2]
    blocks += np.uint16(2)
    blocks >>= np.uint16(2)
    return blocks.astype(np.uint8)


def _halve_into(level: Values, box: Box, below: Values) -> None:
    """Work out *box* of *level*; in strips small enough to stay in the processor's cache."""
    rows = max(_STRIP_PX // (4 * box.width), 1)
    for top in range(box.top, box.bottom, rows):
        bottom = min(top + rows, box.bottom)
        source = below[2 * top : 2 * bottom, 2 * box.left : 2 * box.right]
        level[top:bottom, box.left : box.right] = halve(source)


class Pyramid:
    """The levels above a mask; they follow it only when told to.

    Attributes:
        levels: The mask itself, then each half the size of the one before, down to 64 pixels.
    """

    def __init__(self, values: Values) -> None:
        """Make the levels, empty; :meth:`update` fills them.

        Args:
            values: The mask, shape (H, W), uint8; watched, not copied.
        """
        self.levels: list[Values] = [values]
        while max(self.levels[-1].shape) > SMALLEST_PX:
            height, width = self.levels[-1].shape
            self.levels.append(np.zeros(((height + 1) // 2, (width + 1) // 2), np.uint8))

    @property
    def size_bytes(self) -> int:
        """What the levels above the mask take."""
        return sum(level.nbytes for level in self.levels[1:])

    def update(self, box: Box) -> None:
        """Work out again what the mask's pixels in *box* count for."""
        for below, level in zip(self.levels, self.levels[1:], strict=False):
            box = Box(box.left // 2, box.top // 2, (box.right + 1) // 2, (box.bottom + 1) // 2)
            if not box.is_empty:
                _halve_into(level, box, below)

    def level_for(self, scale: float) -> int:
        """Return the smallest level that has nearly a pixel for every pixel shown.

        A level a fifth too small looks no worse and spares up to three quarters of the work.

        Args:
            scale: Pixels shown per pixel of the mask.
        """
        level = 0
        while level + 1 < len(self.levels) and scale * 2 ** (level + 1) <= _ENOUGH:
            level += 1
        return level
