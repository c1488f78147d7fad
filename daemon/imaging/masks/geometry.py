"""Where a mask has values."""

from __future__ import annotations

import numpy as np

from daemon.imaging.masks.boxes import NOTHING, Box, Values


def box_of(mask: Values) -> Box:
    """Return the smallest box around all values above zero.

    Args:
        mask: Shape (H, W), uint8.
    """
    rows = np.flatnonzero(mask.any(axis=1))
    if not rows.size:
        return NOTHING
    top, bottom = int(rows[0]), int(rows[-1]) + 1
    columns = np.flatnonzero(mask[top:bottom].any(axis=0))
    return Box(int(columns[0]), top, int(columns[-1]) + 1, bottom)


def grown_box(box: Box, by_px: int, limits: Box) -> Box:
    """Return *box* with a margin, cut at *limits*; an empty one stays empty."""
    if box.is_empty:
        return NOTHING
    grown = Box(box.left - by_px, box.top - by_px, box.right + by_px, box.bottom + by_px)
    return grown.intersected(limits)
