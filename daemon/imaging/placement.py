"""Where one picture lies on another: zoom and shift, and what a host does on purpose."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from daemon.imaging.resample import AxisMap

Size = tuple[int, int]
"""Height and width, pixels."""

_SAME_ASPECT = 1e-3


@dataclass(frozen=True)
class Placement:
    """Zoom and shift from the returned picture's pixels to those of the sent one.

    Attributes:
        log_zoom_x: Natural logarithm of the horizontal scale beyond the exact stretch.
        log_zoom_y: Same, vertical.
        shift_x_px: Added to the returned picture's column (from its centre) before scaling.
        shift_y_px: Added to its row.
    """

    log_zoom_x: float = 0.0
    log_zoom_y: float = 0.0
    shift_x_px: float = 0.0
    shift_y_px: float = 0.0

    def values(self) -> NDArray[np.float64]:
        """The four numbers in their order."""
        return np.array([self.log_zoom_x, self.log_zoom_y, self.shift_x_px, self.shift_y_px])

    def changed(self, change: NDArray[np.float64]) -> Placement:
        """Add to the four values in their order."""
        return Placement(*(float(value) for value in self.values() + change))

    def maps(self, sent: Size, returned: Size) -> tuple[AxisMap, AxisMap]:
        """Where each row and column of the *returned* picture lies in the *sent* one."""
        rows = _axis(sent[0], returned[0], self.log_zoom_y, self.shift_y_px)
        return rows, _axis(sent[1], returned[1], self.log_zoom_x, self.shift_x_px)

    def moves_at_most(self, distance_px: float, returned: Size) -> bool:
        """Whether no corner of the returned picture moves farther than *distance_px*."""
        return corner_px(self.values(), returned) <= distance_px


def corner_px(change: NDArray[np.float64], returned: Size) -> float:
    """How far a change of a placement's four values moves the corners, pixels."""
    zooms, shifts = np.abs(change[:2]), np.abs(change[2:])
    return float((shifts + zooms * (returned[1] / 2, returned[0] / 2)).max())


def _axis(sent: int, returned: int, log_zoom: float, shift_px: float) -> AxisMap:
    scale = sent / returned * math.exp(log_zoom)
    return AxisMap(scale, sent / 2 - 0.5 + scale * (0.5 - returned / 2 + shift_px))


def known_geometries(sent: Size, returned: Size) -> tuple[Placement, ...]:
    """What a host does on purpose: stretch to its size, or crop the middle to its aspect."""
    aspect = _aspect(sent, returned)
    if abs(aspect) <= _SAME_ASPECT:
        return (Placement(),)
    cropped = Placement(log_zoom_x=-aspect) if aspect > 0 else Placement(log_zoom_y=aspect)
    return Placement(), cropped


def padded_geometry(sent: Size, returned: Size) -> Placement:
    """The whole sent picture in the middle, with bars beside it or above and below."""
    aspect = _aspect(sent, returned)
    return Placement(log_zoom_y=aspect) if aspect > 0 else Placement(log_zoom_x=-aspect)


def whole_pixel_crops(sent: Size, returned: Size) -> tuple[Placement, ...]:
    """The centre crop as hosts cut it: at whole pixels, which is a little beside the exact one."""
    aspect = _aspect(sent, returned)
    if abs(aspect) <= _SAME_ASPECT:
        return ()
    across = aspect > 0
    length, target = (sent[1], returned[1]) if across else (sent[0], returned[0])
    exact = length * math.exp(-abs(aspect))
    even = length - 2 * round((length - exact) / 2)
    cuts = {(round(exact), (length - round(exact)) // 2), (even, (length - even) // 2)}
    return tuple(
        _cut(length, kept, first, target, across=across) for kept, first in sorted(cuts) if kept > 0
    )


def _cut(length: int, kept: int, first: int, target: int, *, across: bool) -> Placement:
    zoom = math.log(kept / length)
    shift = (first + kept / 2 - length / 2) * target / kept
    if across:
        return Placement(log_zoom_x=zoom, shift_x_px=shift)
    return Placement(log_zoom_y=zoom, shift_y_px=shift)


def _aspect(sent: Size, returned: Size) -> float:
    """How much wider the sent picture is, logarithm."""
    return math.log(sent[1] / sent[0] * returned[0] / returned[1])
