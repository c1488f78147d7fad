"""Changes of a whole mask's shape: grow, shrink, feather, smooth, fill holes.

Each takes the mask, shape (H, W), uint8, and returns the box in which anything may change with the
new values of it, shape (box.height, box.width); outside it the mask stays as it is. Only the part
around what is painted is looked at. *checkpoint* is called now and then and may raise to stop.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from daemon.imaging.masks.blur import SIGMAS_IN_RADIUS, Checkpoint, blurred, margin_of
from daemon.imaging.masks.boxes import NOTHING, Box, Values, whole
from daemon.imaging.masks.discs import dilated
from daemon.imaging.masks.geometry import box_of, grown_box

Changed = tuple[Box, Values]

# scipy carries no types
_label: Any = ndimage.label

_HOLE_LEVELS = (0, 31, 63, 95, 127, 159, 191, 223, 239, 247, 251, 254)
_BAND_ROWS = 64


def grow(mask: Values, radius_px: float, checkpoint: Checkpoint) -> Changed:
    """Give every pixel the largest value within a disc; a pixel's own counts, so nothing shrinks.

    Args:
        mask: The mask.
        radius_px: >= 0; pixels whose centres are that far away are within.
        checkpoint: See above.
    """
    box = grown_box(box_of(mask), int(radius_px), whole(mask))
    if box.is_empty:
        return _nothing()
    return box, dilated(mask[box.slices], radius_px, checkpoint)


def shrink(mask: Values, radius_px: float, checkpoint: Checkpoint) -> Changed:
    """Give every pixel the smallest value within a disc; beyond the photo the mask goes on.

    Args:
        mask: The mask.
        radius_px: As for :func:`grow`.
        checkpoint: See above.
    """
    box = box_of(mask)
    if box.is_empty:
        return _nothing()
    near = grown_box(box, int(radius_px), whole(mask))
    kept = _least(mask[near.slices], radius_px, checkpoint)
    return box, np.ascontiguousarray(kept[box.inside(near)])


def feather(mask: Values, radius_px: float, checkpoint: Checkpoint) -> Changed:
    """Make edges soft: a hard one reaches from full to nothing within the radius on either side.

    Args:
        mask: The mask.
        radius_px: >= 0; the bell's standard deviation is a 3.33rd of it.
        checkpoint: See above.
    """
    if radius_px <= 0:
        return _nothing()
    box = grown_box(box_of(mask), margin_of(radius_px), whole(mask))
    if box.is_empty:
        return _nothing()
    near = grown_box(box, margin_of(radius_px), whole(mask))
    soft = blurred(mask[near.slices], radius_px, checkpoint)
    return box, np.ascontiguousarray(soft[box.inside(near)])


def smooth(mask: Values, radius_px: float, checkpoint: Checkpoint) -> Changed:
    """Round off an outline: specks, gaps and corners smaller than the radius go.

    The mask is blurred, then its edges get the steepness back that they had: hard ones stay hard,
    soft ones soft. No pixel leaves the range of values around it.

    Args:
        mask: The mask.
        radius_px: >= 0.
        checkpoint: See above.
    """
    if radius_px <= 0:
        return _nothing()
    limits = whole(mask)
    reach = max(math.ceil(radius_px), 1)
    box = grown_box(box_of(mask), reach, limits)
    if box.is_empty:
        return _nothing()
    near = grown_box(box, max(margin_of(radius_px), reach + 1), limits)
    values = mask[near.slices]
    inner = box.inside(near)
    steep = np.ascontiguousarray(dilated(_steepness(values), reach, checkpoint)[inner])
    most = np.ascontiguousarray(dilated(values, reach, checkpoint)[inner])
    least = np.ascontiguousarray(_least(values, reach, checkpoint)[inner])
    result = np.ascontiguousarray(blurred(values, radius_px, checkpoint)[inner])
    variance = 2 * math.pi * (radius_px / SIGMAS_IN_RADIUS) ** 2
    for top in range(0, box.height, _BAND_ROWS):
        checkpoint()
        part = slice(top, top + _BAND_ROWS)
        low, high = least[part].astype(np.float32), most[part].astype(np.float32)
        middle = (low + high) / 2
        slope = steep[part] / np.maximum(high - low, 1)
        gain = np.sqrt(1 + variance * slope * slope)
        steeper = middle + gain * (result[part] - middle)
        result[part] = np.rint(np.clip(steeper, low, high))
    return box, result


def fill_holes(mask: Values, checkpoint: Checkpoint) -> Changed:
    """Fill what is enclosed: no way leads out of it but over higher values, sides touching.

    A hole is filled up to the lowest ridge around it, in steps of the levels at which enclosures
    are looked for (12 of them, dense near white); what touches the photo's edge is open.

    Args:
        mask: The mask.
        checkpoint: See above.
    """
    box = box_of(mask)
    if box.is_empty:
        return _nothing()
    values = mask[box.slices]
    result = values.copy()
    present = _present(values)
    done: set[int] = set()
    for level in _HOLE_LEVELS:
        above = present[present > level]
        if not above.size or int(above[0]) in done:
            continue
        done.add(int(above[0]))
        checkpoint()
        enclosed = _enclosed(values, level)
        if enclosed is None:
            break
        np.maximum(result, np.uint8(above[0]), out=result, where=enclosed)
    return box, result


def _enclosed(values: Values, level: int) -> NDArray[np.bool_] | None:
    """Return where regions of at most *level* do not reach the array's edge; None: nowhere."""
    open_ = np.ones((values.shape[0] + 2, values.shape[1] + 2), np.bool_)
    np.less_equal(values, level, out=open_[1:-1, 1:-1])
    labels = np.empty(open_.shape, np.int32)
    count = _label(open_, output=labels)
    if count < 2:
        return None
    for top in range(0, open_.shape[0], _BAND_ROWS):
        part = slice(top, top + _BAND_ROWS)
        open_[part] &= labels[part] != labels[0, 0]
    return open_[1:-1, 1:-1]


def _present(values: Values) -> NDArray[np.int64]:
    """Return which values there are, in order."""
    counts = np.zeros(256, np.int64)
    for top in range(0, values.shape[0], _BAND_ROWS):
        counts += np.bincount(values[top : top + _BAND_ROWS].ravel(), minlength=256)
    return np.flatnonzero(counts)


def _least(values: Values, radius_px: float, checkpoint: Checkpoint) -> Values:
    """Return the smallest value within a disc; beyond the array is full."""
    inverse = dilated(255 - values, radius_px, checkpoint)
    np.subtract(255, inverse, out=inverse)
    return inverse


def _steepness(values: Values) -> Values:
    """Return the largest step from each pixel to the next one in its row or column."""
    result = np.zeros_like(values)
    for axis in (0, 1):
        here = values[:-1] if axis == 0 else values[:, :-1]
        there = values[1:] if axis == 0 else values[:, 1:]
        step = np.maximum(here, there) - np.minimum(here, there)
        target = result[:-1] if axis == 0 else result[:, :-1]
        np.maximum(target, step, out=target)
    return result


def _nothing() -> Changed:
    return NOTHING, np.empty((0, 0), np.uint8)
