"""How good a fitted grade is, in figures, a verdict and a sentence."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from daemon.imaging.difference import delta_e_2000, srgb_to_lab
from daemon.imaging.filters import gradient_magnitude, luma
from daemon.imaging.lattice import FloatArray
from daemon.imaging.pair import AlignedPair
from daemon.imaging.registration import Placement, Size
from daemon.imaging.resample import shrink
from daemon.imaging.spatial import SpatialGrid
from daemon.imaging.spatial_blocks import Blocks
from daemon.imaging.spatial_evidence import weigh_evidence
from daemon.imaging.spatial_fit import SpatialFit, area_fit, fit_spatial, residual, without
from daemon.imaging.spatial_regions import inserted_regions

EXCELLENT, GOOD, FAIR, NOT_GLOBAL_VERDICT, NO_MATCH_VERDICT = (
    "excellent",
    "good",
    "fair",
    "not_global",
    "no_match",
)

NOT_GLOBAL = (
    "The edit is not a pure colour change: parts of the picture were graded differently, and one "
    "look for the whole photo can only follow it on average."
)
NO_MATCH = (
    "The returned picture does not match the photo: it shows something else, or was moved too "
    "far, and the colours taken from it may be wrong."
)

_LEAST_OUTLINE_MATCH = 0.2
"""Unrelated pictures stay below 0.15, the worst edits of the same picture above 0.28."""

_VISIBLE_SPREAD = 1 / 255
_LEAST_LEFT = 0.05
"""Of the outlines' contrast; the flattest grades leave a tenth."""

_EXCELLENT, _GOOD = 0.4, 1.0
_GRID_FACTOR = 2.0
_LEAST_MASS = 0.05
_ALL = 0.9995
_DOUBTED = 0.25
_CONSIDERABLE, _MUCH_CHANGED = 0.02, 0.12
_NO_CHANGE = 0.5 / 255
"""Below it there is nothing to explain but how both pictures were rounded and compressed."""


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
    """A fitted grade and how well it explains the edit.

    Attributes:
        lut: Shape (N, N, N, 3), float32, indexed [red, green, blue]; -0.15..1.15.
        delta_e_mean: Mean CIEDE2000 between prediction and returned picture, over the areas whose
            content is the photo's.
        delta_e_p95: 95th percentile of the same.
        explained: Share of the edit's energy that the grade explains, 0..1.
        registration: Where the returned picture lay.
        warning: Empty, or a sentence for the user.
        grid: What is added to the LUT's colours over the picture; None: nothing.
        spatial_score: How far whole areas miss their colour under the LUT alone, 8-bit levels.
        verdict: excellent | good | fair | not_global | no_match.
        summary: The verdict and its figures in one sentence.
    """

    lut: FloatArray
    delta_e_mean: float
    delta_e_p95: float
    explained: float
    registration: FoundPlace
    warning: str = ""
    grid: SpatialGrid | None = None
    spatial_score: float = 0.0
    verdict: str = ""
    summary: str = ""


class EncodedSpace(Protocol):
    """The space that a LUT lives in."""

    def to_srgb(self, colors: FloatArray) -> FloatArray:
        """Shape (..., 3), from this space's encoding to encoded sRGB."""
        ...


def judge(
    lut: FloatArray,
    pair: AlignedPair,
    blocks: Blocks,
    space: EncodedSpace,
    original_size: Size,
    fit: str = "lut",
) -> GradeFit:
    """Say how well a LUT explains an edit, and add what varies over the picture where wanted.

    Args:
        lut: The fitted LUT.
        pair: What it was fitted to.
        blocks: The same from afar, in the LUT's space.
        space: The LUT's space.
        original_size: Height and width of the original as it was given.
        fit: ``lut``, ``spatial``, or ``auto``: spatial where the LUT alone does not do.
    """
    inserted = inserted_regions(blocks)
    evidence = weigh_evidence(blocks, inserted)
    alone = _Measured.of(blocks, inserted, blocks.graded, space)
    spatial: SpatialFit | None = None
    measured = alone
    if fit == "spatial" or (fit == "auto" and evidence.spatial):
        spatial = fit_spatial(blocks, lut.shape[0], inserted)
        measured = _Measured.of(blocks, inserted, spatial.predicted, space)
    warning, verdict = "", _verdict(measured, spatial=spatial is not None)
    if outline_match(pair) < _LEAST_OUTLINE_MATCH:
        warning, verdict = NO_MATCH, NO_MATCH_VERDICT
    elif spatial is None and evidence.spatial:
        warning, verdict = NOT_GLOBAL, NOT_GLOBAL_VERDICT
    return GradeFit(
        lut=lut if spatial is None else spatial.lut,
        delta_e_mean=measured.mean,
        delta_e_p95=measured.p95,
        explained=measured.explained,
        registration=_found_place(pair.placement, pair.returned_size, original_size),
        warning=warning,
        grid=None if spatial is None else spatial.grid,
        spatial_score=evidence.score,
        verdict=verdict,
        summary=_summary(verdict, measured, None if spatial is None else alone),
    )


@dataclass(frozen=True)
class _Measured:
    """How well a prediction meets what came back, where that shows the photo.

    Attributes:
        mean: CIEDE2000.
        p95: 95th percentile of the same.
        explained: Share of the edit's energy, 0..1.
        changed: Share of the picture that was left out, 0..1: no colour change leads there.
    """

    mean: float
    p95: float
    explained: float
    changed: float

    @classmethod
    def of(
        cls,
        blocks: Blocks,
        inserted: NDArray[np.bool_],
        predicted: FloatArray,
        space: EncodedSpace,
    ) -> _Measured:
        fits = area_fit(blocks, residual(blocks, predicted))
        weights = without(blocks, inserted) * fits
        sent, returned, after = (
            np.clip(space.to_srgb(colors), 0, 1) for colors in (blocks.sent, blocks.goal, predicted)
        )
        _, believed = blocks.by_cell(sent, weights)
        _, known = blocks.by_cell(sent, blocks.weights)
        there = known > _LEAST_MASS * known.max()
        doubted = there & (inserted | (believed < _DOUBTED * known))
        changed = float(doubted.sum() / max(there.sum(), 1))
        explained = _explained(sent, returned, after, weights)
        return cls(*_differences(after, returned, weights), explained, changed)


def _verdict(measured: _Measured, *, spatial: bool) -> str:
    """How close the grade at full size is to the true one, as far as can be told from here.

    Calibrated on some 80 edits whose truth at full size was known (18 photos, 27 grades, 7 ways to
    vary them over the picture; clean and with everything that models do to a picture): under a LUT
    the true mean is about what is measured, up to three times that for hard-edged grades; under a
    grid, which follows what it is measured by, about twice that. So *excellent* means a true mean
    under about 0.5, *good* under about 1.5.
    Where more is left out than models invent, the edit was not understood.
    """
    expected = measured.mean * (_GRID_FACTOR if spatial else 1)
    if measured.changed > _MUCH_CHANGED or expected >= _GOOD:
        return FAIR
    return EXCELLENT if expected < _EXCELLENT else GOOD


def _summary(verdict: str, measured: _Measured, alone: _Measured | None) -> str:
    if verdict == NO_MATCH_VERDICT:
        return "The returned picture does not match the photo."
    share, mean = _percent(measured.explained), f"mean ΔE {measured.mean:.1f}"
    if alone is not None:
        sentence = (
            f"A LUT explains {_percent(alone.explained)} of this edit, a grade that varies over "
            f"the picture explains {share}, {mean}"
        )
    elif verdict == NOT_GLOBAL_VERDICT:
        sentence = f"A LUT explains {share} of this edit, {mean}: it is not only a colour change"
    else:
        sentence = f"A LUT explains {share} of this edit, {mean}"
    if measured.changed >= _CONSIDERABLE:
        return f"{sentence}; {_percent(measured.changed)} of the picture shows something else."
    return f"{sentence}."


def _percent(share: float) -> str:
    """Nearly all is not all."""
    return "100 %" if share > _ALL else f"{min(round(100 * share), 99)} %"


def _found_place(placement: Placement, size: Size, original: Size) -> FoundPlace:
    zoom = (placement.log_zoom_x + placement.log_zoom_y) / 2
    # adding zero turns -0.0 into 0.0
    return FoundPlace(
        dx_px=-placement.shift_x_px * original[1] / size[1] + 0.0,
        dy_px=-placement.shift_y_px * original[0] / size[0] + 0.0,
        scale=math.exp(-zoom),
    )


def _differences(
    predicted: FloatArray, returned: FloatArray, weights: FloatArray
) -> tuple[float, float]:
    calm = weights > 0.3 * weights.max(initial=0)
    if not calm.any():
        return 0.0, 0.0
    difference = delta_e_2000(srgb_to_lab(predicted[calm]), srgb_to_lab(returned[calm]))
    return float(difference.mean()), float(np.percentile(difference, 95))


def _explained(
    sent: FloatArray, returned: FloatArray, predicted: FloatArray, weights: FloatArray
) -> float:
    share = weights[..., None]
    change = float((share * (returned - sent) ** 2).sum())
    rest = float((share * (returned - predicted) ** 2).sum())
    if change <= 3 * float(weights.sum()) * _NO_CHANGE**2:
        return 1.0
    return min(max(1 - rest / change, 0.0), 1.0)


def outline_match(pair: AlignedPair) -> float:
    """Correlation of the outlines of both pictures.

    1 where there are none to compare; 0 where the photo's are gone, as when a host that refuses a
    request returns a black picture.
    """
    step = max(max(pair.size) / 256, 1.0)
    edges = [gradient_magnitude(luma(shrink(i, step))) for i in (pair.sent, pair.returned)]
    spreads = [float(edge.std()) for edge in edges]
    if spreads[0] >= _VISIBLE_SPREAD and spreads[1] < _LEAST_LEFT * spreads[0]:
        return 0.0
    if min(spreads) < _VISIBLE_SPREAD:
        return 1.0
    first, second = (edge - edge.mean() for edge in edges)
    return float((first * second).mean() / (spreads[0] * spreads[1]))
