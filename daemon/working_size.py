"""Which size a photo is sent in, and how it lies on that canvas; plain figures, no pixels."""

from __future__ import annotations

import math
from dataclasses import dataclass

_LANDSCAPE = (
    (1104, 944),
    (1184, 880),
    (1248, 832),
    (1328, 800),
    (1392, 752),
    (1456, 720),
    (1504, 688),
    (1568, 672),
)
KONTEXT_SIZES: tuple[tuple[int, int], ...] = (
    *((height, width) for width, height in reversed(_LANDSCAPE)),
    (1024, 1024),
    *_LANDSCAPE,
)
"""The 17 sizes (width, height) that FLUX.1 Kontext was trained on.

ComfyUI's node FluxKontextImageScale crops a picture to the nearest of them; a picture that has
one of these sizes passes through it untouched.
"""

_WORKING_PX = 1024 * 1024
_STEP_PX = 16
"""Models work on blocks of 16 pixels."""


@dataclass(frozen=True)
class CanvasPlan:
    """Geometry of the small copy.

    Attributes:
        width_px: Width of the picture that is sent.
        height_px: Height of it.
        box: left, top, width, height of the photo inside it, pixels.
    """

    width_px: int
    height_px: int
    box: tuple[int, int, int, int]


def plan_canvas(
    width_px: int, height_px: int, *, long_edge_px: int = 0, kontext_sizes: bool = False
) -> CanvasPlan:
    """Choose the canvas for a photo so that a model takes it whole and uncropped.

    Args:
        width_px: Upright width of the photo, >= 1.
        height_px: Upright height of the photo, >= 1.
        long_edge_px: Long edge wanted; 0: near one megapixel. Photos are never enlarged for it.
        kontext_sizes: Take the size of :data:`KONTEXT_SIZES` that the photo fills best, enlarging
            a small photo where needed; *long_edge_px* is then not looked at.

    Returns:
        The canvas; the photo keeps its aspect ratio (to a pixel) and lies in the middle.

    Raises:
        ValueError: a size below 1, or a negative long edge.
    """
    if width_px < 1 or height_px < 1 or long_edge_px < 0:
        raise ValueError(f"no canvas for {width_px} x {height_px}, long edge {long_edge_px}")
    if kontext_sizes:
        canvas = min(KONTEXT_SIZES, key=lambda size: _misfit(width_px / height_px, size))
        photo = _fit_inside(width_px, height_px, canvas)
    else:
        photo = _shrink(width_px, height_px, long_edge_px)
        canvas = (_round_up(photo[0]), _round_up(photo[1]))
    left, top = (canvas[0] - photo[0]) // 2, (canvas[1] - photo[1]) // 2
    return CanvasPlan(canvas[0], canvas[1], (left, top, photo[0], photo[1]))


def _misfit(aspect: float, size: tuple[int, int]) -> float:
    return abs(math.log(aspect * size[1] / size[0]))


def _fit_inside(width_px: int, height_px: int, canvas: tuple[int, int]) -> tuple[int, int]:
    scale = min(canvas[0] / width_px, canvas[1] / height_px)
    return (
        min(max(round(width_px * scale), 1), canvas[0]),
        min(max(round(height_px * scale), 1), canvas[1]),
    )


def _shrink(width_px: int, height_px: int, long_edge_px: int) -> tuple[int, int]:
    if long_edge_px:
        scale = min(1.0, long_edge_px / max(width_px, height_px))
    else:
        scale = min(1.0, math.sqrt(_WORKING_PX / (width_px * height_px)))
    return max(round(width_px * scale), 1), max(round(height_px * scale), 1)


def _round_up(length_px: int) -> int:
    return -(-length_px // _STEP_PX) * _STEP_PX
