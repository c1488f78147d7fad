"""Where the returned picture lies on the one that was sent: zoom and shift, found robustly."""

from __future__ import annotations

import numpy as np

from daemon.imaging.alignment import Alignment
from daemon.imaging.filters import gradient_magnitude
from daemon.imaging.lattice import FloatArray
from daemon.imaging.levels import Level, Pyramid
from daemon.imaging.parallel import side_by_side
from daemon.imaging.phase import phase_correlate
from daemon.imaging.placement import (
    Placement,
    Size,
    corner_px,
    known_geometries,
    padded_geometry,
    whole_pixel_crops,
)
from daemon.imaging.resample import resample

__all__ = ["Placement", "Size", "known_geometries", "register"]

_LEAST_SIDE_PX = 32
_SEARCH_PX = 150
_EXPECTED_SHIFT_PX = 24.0
"""Models move a picture by a few pixels; several times that is looked for."""

_ZOOMS = (-0.024, -0.012, 0.0, 0.012, 0.024)
_MIDDLE_STEP, _FINE_STEP = 4, 2
_COARSE_ROUNDS, _MIDDLE_ROUNDS, _FINE_ROUNDS = 6, 3, 4
_KEPT = 2
_SAME_PLACE_PX = 2.0
_CLIPPED_SPREADS = 3.0
_LEAST_SPREAD = 0.5 / 255
_KNOWN_GEOMETRY_BONUS = 1.02
_UNSURE, _UNLIKE = 0.05, 0.25
"""Share of the contrast that stays unexplained where the place may be wrong, and where it is."""


def register(sent: FloatArray, returned: FloatArray) -> Placement:
    """Find where the returned picture lies on the sent one.

    The colours may differ by any global grade, parts of the content may be invented. The known
    geometry is kept unless another one is clearly better: on smooth photos a search only finds
    noise.

    Args:
        sent: Shape (H, W, 3), float32, encoded sRGB 0..1.
        returned: Shape (h, w, 3), same; of about as many pixels.

    Returns:
        The placement; pictures under 32 pixels a side are taken as they are.
    """
    if min(*sent.shape[:2], *returned.shape[:2]) < _LEAST_SIDE_PX:
        return Placement()
    pyramid = Pyramid(sent, returned)
    sizes = pyramid.sent_size, pyramid.returned_size
    known = known_geometries(*sizes)
    coarse = pyramid.level(pyramid.steps[-1])
    tried = _approach(pyramid, coarse, [(start, start) for start in known])
    contrast = float(coarse.values.std())
    if _unexplained(tried) > _UNSURE * contrast:
        tried += _approach(pyramid, coarse, [(_jump(pyramid, start), start) for start in known])
    if len(known) > 1 and _unexplained(tried) > _UNLIKE * contrast:
        padded = padded_geometry(*sizes)
        starts = padded, _jump(pyramid, padded)
        tried += _approach(pyramid, coarse, [(start, padded) for start in starts])
    ranked = _ranked(tried, coarse)
    hopeful = _different([found for _, found in ranked], pyramid.returned_size)
    middle = pyramid.level(pyramid.step(_MIDDLE_STEP))
    if middle is not coarse:
        side_by_side(lambda found: found.run(middle, _MIDDLE_ROUNDS, remap_every=2), hopeful)
    best = _ranked(hopeful, middle)[0][1] if len(hopeful) > 1 else hopeful[0]
    fine = pyramid.level(pyramid.step(_FINE_STEP))
    best.run(fine, _FINE_ROUNDS, remap_every=_FINE_ROUNDS)
    return _prefer_known(best, fine, [*known, *whole_pixel_crops(*sizes)])


def _approach(
    pyramid: Pyramid, level: Level, starts: list[tuple[Placement, Placement]]
) -> list[Alignment]:
    """The best places near each of (where to begin, what is expected)."""

    def approach(start: tuple[Placement, Placement]) -> Alignment:
        found = Alignment(pyramid.sent_size, pyramid.returned_size, *start)
        found.run(level, _COARSE_ROUNDS, remap_every=2)
        return found

    return side_by_side(approach, starts)


def _unexplained(tried: list[Alignment]) -> float:
    return min(found.spread for found in tried)


def _jump(pyramid: Pyramid, start: Placement) -> Placement:
    """The zoom and shift near *start* at which the outlines coincide best."""
    step = pyramid.step(max(max(pyramid.returned_size) // _SEARCH_PX, 1))
    sent, returned = pyramid.outlined(step)
    outline = np.sqrt(gradient_magnitude(returned))
    best, best_response = start, -1.0
    for zoom in _ZOOMS:
        zoomed = start.changed(np.array([zoom, zoom, 0.0, 0.0]))
        rows, columns = zoomed.maps(pyramid.sent_size, pyramid.returned_size)
        maps = rows.on_level(step), columns.on_level(step)
        moved = resample(sent, (returned.shape[0], returned.shape[1]), *maps, cubic=False)
        moved_outline = np.sqrt(gradient_magnitude(moved))
        shift = phase_correlate(outline, moved_outline, expected_px=_EXPECTED_SHIFT_PX / step)
        if shift.response > best_response:
            best_response = shift.response
            best = zoomed.changed(np.array([0, 0, shift.right_px * step, shift.down_px * step]))
    return best


def _ranked(tried: list[Alignment], level: Level) -> list[tuple[float, Alignment]]:
    """Badness and alignment, best first; all are measured on the same pixels."""
    residuals = side_by_side(lambda found: found.residuals(level, [found.placement])[0], tried)
    scores = zip(_badness(residuals), tried, strict=True)
    return sorted(scores, key=lambda scored: scored[0])


def _badness(residuals: list[FloatArray]) -> list[float]:
    """Mean of the clipped squares of each; 0 is perfect, 1 is nothing alike."""
    spread = min(1.4826 * float(np.median(each)) for each in residuals) + _LEAST_SPREAD
    scale = np.float32(1 / (_CLIPPED_SPREADS * spread))
    return [float((np.minimum(each * scale, 1) ** 2).mean()) for each in residuals]


def _different(ranked: list[Alignment], returned: Size) -> list[Alignment]:
    """The best few that did not end at the same place."""
    kept: list[Alignment] = []
    for found in ranked:
        values = found.placement.values()
        others = (corner_px(values - other.placement.values(), returned) for other in kept)
        if len(kept) < _KEPT and all(far > _SAME_PLACE_PX for far in others):
            kept.append(found)
    return kept


def _prefer_known(best: Alignment, level: Level, known: list[Placement]) -> Placement:
    scores = _badness(best.residuals(level, [best.placement, *known]))
    score, place = min(zip(scores[1:], known, strict=True), key=lambda scored: scored[0])
    return place if score <= scores[0] * _KNOWN_GEOMETRY_BONUS else best.placement
