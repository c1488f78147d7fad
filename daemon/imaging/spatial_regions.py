"""Regions of a returned picture that show something else, told by their outline."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from daemon.imaging.spatial_blocks import Blocks

# scipy carries no types
_label: Any = ndimage.label
_objects: Any = ndimage.find_objects
_dilate: Any = ndimage.binary_dilation

_LEAST_CELLS = 6
_LARGEST_SHARE = 0.15
_LARGEST_ENCLOSED = 0.02
_LEAST_CONTRAST = 6 / 255
_GENUINE = 0.35
_NEAR, _AROUND = 2, 5
_ALIKE = 0.5
_EIGHT = np.ones((3, 3), bool)


def inserted_regions(blocks: Blocks) -> NDArray[np.bool_]:
    """Smooth regions with an outline that the sent picture does not have; shape (rows, columns).

    Inside a smooth patch that a model painted over a smooth part of the photo nothing tells it
    from a local grade. But it ends where the photo has no edge: all around it the structures of
    both pictures differ, and beyond that line the colours are changed in another way. A region
    that shows the photo's own texture is never taken for one.
    """
    # an outline may be one cell wide and lie between two of them: it is widened before it divides
    alike = ~_dilate(blocks.alike < _ALIKE, _EIGHT)
    labels, count = _label(alike)
    inserted = np.zeros(blocks.shape, bool)
    if count < 2:
        return inserted
    total, mass = blocks.by_cell(blocks.goal - blocks.graded, blocks.weights)
    change = total / np.maximum(mass, np.float32(1e-9))[..., None]
    sizes = np.bincount(labels.ravel(), minlength=count + 1)
    for number, place in enumerate(_objects(labels), 1):
        if not _LEAST_CELLS <= sizes[number] <= _LARGEST_SHARE * labels.size:
            continue
        box = tuple(slice(max(s.start - _AROUND, 0), s.stop + _AROUND) for s in place)
        inside = labels[box] == number
        beyond = _dilate(inside, iterations=_AROUND) & ~_dilate(inside, iterations=_NEAR)
        beyond &= alike[box]
        if blocks.genuine[box][inside].mean() > _GENUINE or beyond.sum() < _LEAST_CELLS:
            continue
        medians = [np.median(change[box][part], axis=0) for part in (inside, beyond)]
        if float(np.linalg.norm(medians[0] - medians[1])) > _LEAST_CONTRAST:
            inserted[box] |= _dilate(inside, iterations=_NEAR)
    return inserted


def enclosed(blocks: Blocks, doubted: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Small parts of the picture that *doubted* cells surround; shape (rows, columns).

    A flexible grid can reach the colours in the middle of a painted-over patch, not those around
    it: that it explains the middle then says nothing. Parts with the photo's own texture stay.
    """
    labels, count = _label(~doubted)
    found = np.zeros(blocks.shape, bool)
    sizes = np.bincount(labels.ravel(), minlength=count + 1)
    for number in range(1, count + 1):
        if sizes[number] <= _LARGEST_ENCLOSED * labels.size:
            inside = labels == number
            if blocks.genuine[inside].mean() <= _GENUINE:
                found |= inside
    return found
