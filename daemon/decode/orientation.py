"""The eight EXIF orientations: turning pixels upright with little extra memory."""

from __future__ import annotations

from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

_Array = TypeVar("_Array", bound="NDArray[np.generic]")

_BLOCK_PX = 256


def swaps_sides(orientation: int) -> bool:
    """Return whether width and height change places."""
    return orientation >= 5


def upright_view(image: _Array, orientation: int) -> _Array:
    """Return *image* (H, W, ...) turned upright, as a view.

    Args:
        image: As stored.
        orientation: EXIF tag 274: 1 as is, 2 mirrored, 3 half a turn, 4 upside down, 5 transposed,
            6 needs a quarter turn clockwise, 7 transversed, 8 a quarter turn anticlockwise.
    """
    if orientation >= 5:
        image = image.swapaxes(0, 1)  # pyright: ignore[reportAssignmentType]
    rows, columns = _FLIPS[orientation]
    return image[::rows, ::columns]  # pyright: ignore[reportReturnType]


def stored_view(upright: _Array, orientation: int) -> _Array:
    """Return the view of an upright image in which pixels stand as the file stores them."""
    return upright_view(upright, _INVERSE[orientation])


def turn_upright(image: _Array, orientation: int) -> _Array:
    """Return *image* upright and contiguous; in place where the shape allows it."""
    if orientation == 1:
        return image
    view = upright_view(image, orientation)
    if swaps_sides(orientation):
        result = np.empty(view.shape, view.dtype)
        for top in range(0, view.shape[0], _BLOCK_PX):
            for left in range(0, view.shape[1], _BLOCK_PX):
                part = (slice(top, top + _BLOCK_PX), slice(left, left + _BLOCK_PX))
                result[part] = view[part]
        return result  # pyright: ignore[reportReturnType]
    if not image.flags.writeable:
        return np.ascontiguousarray(view)  # pyright: ignore[reportReturnType]
    _flip_in_place(image, orientation)
    return image


def _flip_in_place(image: NDArray[np.generic], orientation: int) -> None:
    if orientation in (2, 3):
        for top in range(0, image.shape[0], _BLOCK_PX):
            band = image[top : top + _BLOCK_PX]
            band[:] = band[:, ::-1].copy()
    if orientation in (3, 4):
        half = image.shape[0] // 2
        for top in range(0, half, _BLOCK_PX):
            bottom = min(top + _BLOCK_PX, half)
            upper = image[top:bottom].copy()
            lower = image[image.shape[0] - bottom : image.shape[0] - top]
            image[top:bottom] = lower[::-1]
            lower[:] = upper[::-1]


_FLIPS = {
    1: (1, 1),
    2: (1, -1),
    3: (-1, -1),
    4: (-1, 1),
    5: (1, 1),
    6: (1, -1),
    7: (-1, -1),
    8: (-1, 1),
}
_INVERSE = {1: 1, 2: 2, 3: 3, 4: 4, 5: 5, 6: 8, 7: 7, 8: 6}
