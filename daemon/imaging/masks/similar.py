"""Selects what looks like the colour that was clicked: by distance in CIE L*a*b*.

Every distance is worked out once per 8-bit colour, not per pixel: the colours within reach lie in
a small box of the colour cube, the box becomes a table, and pixels are looked up in it. Where the
box is large, pairs of levels share an entry (half a level away from its middle at most).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from daemon.imaging.masks.boxes import NOTHING, Box, Values, whole
from daemon.imaging.masks.geometry import box_of, grown_box

Pixels = NDArray[np.uint8] | NDArray[np.uint16]
ToLab = Callable[[NDArray[np.float32]], NDArray[np.floating[Any]]]
Checkpoint = Callable[[], None]

SOFT_STEP = 2.3
"""Distance in CIELAB that is just noticeable (Mahy, Van Eycken, Oosterlinck 1994)."""

_label: Any = ndimage.label  # scipy carries no types
_CELL = 8
_MARGIN = 4
_STRIP_PX = 1 << 17
_MOST_ENTRIES = 1 << 21
_FEW = 4
_FIRST_WINDOW_PX = 1024


@dataclass(frozen=True)
class _Table:
    """Mask values of the 8-bit colours in a box of the colour cube.

    Attributes:
        low: The box's lowest red, green and blue.
        values: Shape (reds, greens, blues), uint8; colours outside are not selected.
        halved: 1 where an entry stands for two levels of every channel, else 0.
    """

    low: tuple[int, int, int]
    values: Values
    halved: int


def similar(
    pixels: Pixels,
    row: int,
    column: int,
    *,
    tolerance: float,
    to_lab: ToLab,
    checkpoint: Checkpoint,
) -> Values:
    """Select all pixels that look like one of them.

    Selected fully up to *tolerance*; over the next just noticeable difference (or over the
    tolerance, where that is smaller) it falls to nothing, so that edges are soft.

    Args:
        pixels: Shape (H, W, C), C >= 3, RGB first; looked at in 8 bits.
        row: Of the pixel that was clicked.
        column: As above.
        tolerance: >= 0, Euclidean distance in CIELAB (CIE 1976).
        to_lab: Takes colours (N, 3), float32, 0..1 in the photo's space, to L*a*b*.
        checkpoint: Called between strips; may raise to stop.

    Returns:
        Shape (H, W), uint8.
    """
    color = _eight_bit(pixels[row, column, :3])
    table = _table(color, tolerance, to_lab, checkpoint)
    height, width = pixels.shape[:2]
    result = np.zeros((height, width), np.uint8)
    step = max(1, _STRIP_PX // width)
    for top in range(0, height, step):
        checkpoint()
        _look_up(pixels[top : top + step], table, result[top : top + step])
    return result


def connected(values: Values, row: int, column: int, checkpoint: Checkpoint) -> tuple[Box, Values]:
    """Keep of a selection what is connected with a pixel.

    Ways lead over sides of fully selected pixels; a border of one pixel keeps its softer values.

    Args:
        values: Shape (H, W), uint8.
        row: Of the pixel; it is selected fully.
        column: As above.
        checkpoint: Called now and then; may raise to stop.

    Returns:
        The box around what is kept, and its values.
    """
    limits = whole(values)
    if values[row, column] != 255:
        return NOTHING, np.empty((0, 0), np.uint8)
    reach = _FIRST_WINDOW_PX
    while True:
        checkpoint()
        around = Box(column - reach, row - reach, column + reach + 1, row + reach + 1)
        window = around.intersected(limits)
        labels = np.empty((window.height, window.width), np.int32)
        _label(values[window.slices] == 255, output=labels)
        found = labels == labels[row - window.top, column - window.left]
        del labels
        inner = box_of(found.view(np.uint8))
        if window == limits or _is_inside(inner.moved(window.left, window.top), window, limits):
            break
        reach *= 2
    place = inner.moved(window.left, window.top)
    box = grown_box(place, 1, limits)
    core = np.zeros((box.height, box.width), np.bool_)
    core[place.inside(box)] = found[inner.slices]
    near = ndimage.binary_dilation(core, np.ones((3, 3), np.bool_))
    return box, np.where(near, values[box.slices], 0).astype(np.uint8)


def cut(values: Values) -> tuple[Box, Values]:
    """Return the box around what is selected, and its values; shape (H, W), uint8."""
    box = box_of(values)
    return box, np.ascontiguousarray(values[box.slices])


def _is_inside(found: Box, window: Box, limits: Box) -> bool:
    """Whether *found* touches no edge of *window* but those of the photo."""
    return (
        (found.left > window.left or window.left == limits.left)
        and (found.top > window.top or window.top == limits.top)
        and (found.right < window.right or window.right == limits.right)
        and (found.bottom < window.bottom or window.bottom == limits.bottom)
    )


def _eight_bit(pixels: Pixels) -> Values:
    """Return samples in 8 bits, rounded."""
    if pixels.dtype == np.uint8:
        return pixels  # pyright: ignore[reportReturnType]
    return ((pixels.astype(np.uint32) * 255 + 32895) >> 16).astype(np.uint8)


def _table(color: Values, tolerance: float, to_lab: ToLab, checkpoint: Checkpoint) -> _Table:
    """Return the table of a click: exact, or of pairs of levels where that would be too large."""
    soft = min(SOFT_STEP, tolerance)
    clicked = color[None].astype(np.float32) / np.float32(255)
    lab = np.asarray(to_lab(clicked.astype(np.float32)))[0]

    def share_at(colors: NDArray[np.float32]) -> NDArray[Any]:
        checkpoint()
        distance = np.linalg.norm(to_lab(colors) - lab, axis=1)
        return np.clip((tolerance + soft - distance) / soft, 0, 1) if soft else distance <= 0

    low, high = _cube_box(color, lab, tolerance + soft, to_lab)
    if _entries_between(low, high) <= _MOST_ENTRIES:
        return _filled(low, high, 0, color, share_at)
    rough = _filled(low, high, 1, color, share_at)
    for axis in range(3):
        others = tuple(other for other in range(3) if other != axis)
        used = np.flatnonzero(rough.values.any(axis=others))
        high[axis] = min(low[axis] + 2 * int(used[-1]) + 1 + _MARGIN, high[axis])
        low[axis] = max(low[axis] + 2 * int(used[0]) - _MARGIN, low[axis])
    if _entries_between(low, high) <= _MOST_ENTRIES:
        return _filled(low, high, 0, color, share_at)
    return rough


def _filled(
    low: list[int],
    high: list[int],
    halved: int,
    color: Values,
    share_at: Callable[[NDArray[np.float32]], NDArray[Any]],
) -> _Table:
    """Return a table whose entries are worked out; *color* itself is selected."""
    sides = [
        (np.arange(low[i], high[i] + 1, 1 + halved, dtype=np.float32) + halved / 2) / 255
        for i in range(3)
    ]
    values = np.empty([len(side) for side in sides], np.uint8)
    plane = np.empty((len(sides[1]), len(sides[2]), 3), np.float32)
    plane[..., 1], plane[..., 2] = sides[1][:, None], sides[2][None]
    for index, red in enumerate(sides[0]):
        plane[..., 0] = red
        share = share_at(plane.reshape(-1, 3))
        values[index] = np.rint(share * 255).reshape(plane.shape[:2])
    values[tuple((int(color[i]) - low[i]) >> halved for i in range(3))] = 255
    return _Table((low[0], low[1], low[2]), values, halved)


def _entries_between(low: list[int], high: list[int]) -> int:
    return math.prod(high[i] - low[i] + 1 for i in range(3))


def _cube_box(
    color: Values, lab: NDArray[Any], reach: float, to_lab: ToLab
) -> tuple[list[int], list[int]]:
    """Return the lowest and highest red, green and blue of colours that may be within *reach*.

    Looks at the corners of cells of 8 levels; a cell can hold a colour that is nearer than its
    corners by at most its own extent.
    """
    levels = np.append(np.arange(0, 255, _CELL), 255)
    grid = np.stack(np.meshgrid(levels, levels, levels, indexing="ij"), axis=-1)
    corners = np.asarray(to_lab((grid.reshape(-1, 3) / 255).astype(np.float32)))
    corners = corners.reshape(*grid.shape[:3], 3)
    nearest = _over_cells(np.linalg.norm(corners - lab, axis=-1), np.minimum)
    extent = np.zeros_like(nearest)
    for axis in range(3):
        steps = np.linalg.norm(np.diff(corners, axis=axis), axis=-1)
        extent += _over_cells(steps, np.maximum, skip=axis)
    inside = nearest - extent <= reach
    inside[tuple(int(value) // _CELL for value in color)] = True
    low: list[int] = []
    high: list[int] = []
    for axis in range(3):
        others = tuple(other for other in range(3) if other != axis)
        cells = np.flatnonzero(inside.any(axis=others))
        low.append(int(levels[cells[0]]))
        high.append(int(levels[cells[-1] + 1]))
    return low, high


def _over_cells(
    corners: NDArray[Any], pick: Callable[..., NDArray[Any]], skip: int = -1
) -> NDArray[Any]:
    """Return what *pick* finds among the corners of every cell; axis *skip* has cells already."""
    for axis in range(3):
        if axis != skip:
            first = corners.take(range(corners.shape[axis] - 1), axis=axis)
            corners = pick(first, corners.take(range(1, corners.shape[axis]), axis=axis))
    return corners


def _look_up(strip: Pixels, table: _Table, result: Values) -> None:
    """Write the mask values of *strip* (rows, W, C) into *result*, which is zero."""
    sides = table.values.shape
    samples: list[Values] = []
    inside = np.ones(result.shape, np.bool_)
    for i in range(3):
        sample = (_eight_bit(strip[..., i]) - np.uint8(table.low[i])) >> np.uint8(table.halved)
        if sides[i] < 256:
            inside &= sample < sides[i]
        samples.append(sample)
    count = np.count_nonzero(inside)
    if not count:
        return
    if count * _FEW < inside.size:
        places = np.flatnonzero(inside)
        found = _entries([sample.reshape(-1)[places] for sample in samples], table.values)
        result.reshape(-1)[places] = found
        return
    for i in range(3):
        np.minimum(samples[i], min(sides[i] - 1, 255), out=samples[i])
    np.multiply(_entries(samples, table.values), inside, out=result)


def _entries(samples: list[Values], table: Values) -> Values:
    """Return the table's entries at red, green and blue *samples*, all of one shape."""
    index = samples[0].astype(np.intp)
    for i in (1, 2):
        index *= table.shape[i]
        index += samples[i]
    return table.reshape(-1).take(index)
