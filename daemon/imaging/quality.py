"""How good a fitted LUT is, and when to say that one LUT cannot explain the edit."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from daemon.imaging.difference import delta_e_2000, srgb_to_lab
from daemon.imaging.filters import gradient_magnitude, luma
from daemon.imaging.lattice import FloatArray
from daemon.imaging.registration import Placement
from daemon.imaging.resample import shrink

NOT_GLOBAL = (
    "The edit is not a pure colour change: parts of the picture were graded differently, and one "
    "look for the whole photo can only follow it on average."
)
NO_MATCH = (
    "The returned picture does not match the photo: it shows something else, or was moved too "
    "far, and the colours taken from it may be wrong."
)

_BLOCKS = 24
_LARGEST_BLOCK_RESIDUAL = 8.7
"""8-bit levels: global edits stay below 7.4, spatial ones start at 10.2."""

_LEAST_OUTLINE_MATCH = 0.2
"""Unrelated pictures stay below 0.15, the worst edits of the same picture above 0.28."""

_MEASURED_PX = 100_000


@dataclass(frozen=True)
class FoundPlace:
    """Where the returned picture's content lay on the sent one.

    Attributes:
        dx_px: Moved to the right, pixels of the original as given.
        dy_px: Moved down.
        scale: Enlarged beyond the exact stretch, 1.0: not.
        rotation_deg: Always 0: models do not turn pictures.
    """

    dx_px: float = 0.0
    dy_px: float = 0.0
    scale: float = 1.0
    rotation_deg: float = 0.0


@dataclass(frozen=True, eq=False)
class GradeFit:
    """A fitted LUT and how well it explains the edit.

    Attributes:
        lut: Shape (N, N, N, 3), float32, indexed [red, green, blue]; -0.15..1.15.
        delta_e_mean: Mean CIEDE2000 between prediction and returned picture away from edges.
        delta_e_p95: 95th percentile of the same.
        explained: Share of the edit's energy that the LUT explains, 0..1.
        registration: Where the returned picture lay.
        warning: Empty, or a sentence for the user.
    """

    lut: FloatArray
    delta_e_mean: float
    delta_e_p95: float
    explained: float
    registration: FoundPlace
    warning: str = ""


@dataclass(frozen=True, eq=False)
class Judged:
    """What a fit is judged by, all low-passed and on the same pixels.

    Attributes:
        sent: Shape (H, W, 3), encoded sRGB.
        returned: Same.
        predicted: What the LUT makes of *sent*; same, not clipped.
        weights: Shape (H, W), small near edges.
    """

    sent: FloatArray
    returned: FloatArray
    predicted: FloatArray
    weights: FloatArray


def report(
    lut: FloatArray,
    judged: Judged,
    placement: Placement,
    original_size: tuple[int, int],
) -> GradeFit:
    """Put the figures of a fit together.

    Args:
        lut: The fitted LUT.
        judged: The pictures and the prediction.
        placement: Where the edit lay, in pixels of *judged*.
        original_size: Height and width of the original as it was given.
    """
    predicted = np.clip(judged.predicted, 0, 1)
    mean, p95 = _differences(judged, predicted)
    warning = ""
    if outline_match(judged) < _LEAST_OUTLINE_MATCH:
        warning = NO_MATCH
    elif block_residual(judged, predicted) > _LARGEST_BLOCK_RESIDUAL:
        warning = NOT_GLOBAL
    return GradeFit(
        lut=lut,
        delta_e_mean=mean,
        delta_e_p95=p95,
        explained=_explained(judged, predicted),
        registration=_found_place(placement, judged, original_size),
        warning=warning,
    )


def _found_place(placement: Placement, judged: Judged, original: tuple[int, int]) -> FoundPlace:
    height, width = judged.sent.shape[:2]
    zoom = (placement.log_zoom_x + placement.log_zoom_y) / 2
    # adding zero turns -0.0 into 0.0
    return FoundPlace(
        dx_px=-placement.shift_x_px * original[1] / width + 0.0,
        dy_px=-placement.shift_y_px * original[0] / height + 0.0,
        scale=math.exp(-zoom),
    )


def _differences(judged: Judged, predicted: FloatArray) -> tuple[float, float]:
    calm = np.flatnonzero(judged.weights > 0.3 * judged.weights.max())
    if not len(calm):
        return 0.0, 0.0
    calm = calm[:: max(len(calm) // _MEASURED_PX, 1)]
    labs = [srgb_to_lab(image.reshape(-1, 3)[calm]) for image in (predicted, judged.returned)]
    difference = delta_e_2000(labs[0], labs[1])
    return float(difference.mean()), float(np.percentile(difference, 95))


def _explained(judged: Judged, predicted: FloatArray) -> float:
    weights = judged.weights[..., None]
    change = float((weights * (judged.returned - judged.sent) ** 2).sum())
    rest = float((weights * (judged.returned - predicted) ** 2).sum())
    if change <= 0:
        return 1.0
    return min(max(1 - rest / change, 0.0), 1.0)


def block_residual(judged: Judged, predicted: FloatArray) -> float:
    """How far whole areas miss their colour, in 8-bit levels: large for an edit in places.

    The residual is averaged in blocks, about 24 across, by weight; invented content fills few of
    them, so the 75th percentile over the blocks is not moved by it.
    """
    height, width = judged.weights.shape
    side = max(max(height, width) // _BLOCKS, 1)
    rows, columns = height // side, width // side
    weights = judged.weights[: rows * side, : columns * side]
    residual = (judged.returned - predicted)[: rows * side, : columns * side] * 255
    grid = (rows, side, columns, side)
    mass = weights.reshape(grid).mean(axis=(1, 3))
    total = (residual * weights[..., None]).reshape(*grid, 3).mean(axis=(1, 3))
    known = mass > 0.02
    if not known.any():
        return 0.0
    return float(np.percentile(np.sqrt(((total[known] / mass[known, None]) ** 2).sum(axis=1)), 75))


def outline_match(judged: Judged) -> float:
    """Correlation of the outlines of both pictures; 1 where there are none to compare."""
    step = max(max(judged.weights.shape) / 256, 1.0)
    edges = [gradient_magnitude(luma(shrink(i, step))) for i in (judged.sent, judged.returned)]
    spreads = [float(edge.std()) for edge in edges]
    if min(spreads) < 1 / 255:
        return 1.0
    first, second = (edge - edge.mean() for edge in edges)
    return float((first * second).mean() / (spreads[0] * spreads[1]))
