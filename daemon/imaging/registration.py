"""Where the returned picture lies on the one that was sent: zoom and shift, found robustly."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from daemon.imaging.filters import gradient, gradient_magnitude, low_pass, luma
from daemon.imaging.lattice import FloatArray
from daemon.imaging.phase import phase_correlate
from daemon.imaging.processor import run_lut
from daemon.imaging.regression import AffineBase, ColorCells, Smoothing, fit_lattice
from daemon.imaging.resample import AxisMap, resample, shrink

Size = tuple[int, int]
"""Height and width, pixels."""

_SEARCH_PX = 256
_EXPECTED_SHIFT_PX = 24.0
"""Models move a picture by a few pixels; several times that is looked for."""

_ZOOMS = (-0.03, -0.02, -0.0125, -0.006, 0.0, 0.006, 0.0125, 0.02, 0.03)
_COARSE_STEP, _FINE_STEP = 4, 2
_LEAST_LEVEL_PX = 32
_BORDER_PX = 8
_CLIPPED_RESIDUAL = 12 / 255
_KNOWN_GEOMETRY_BONUS = 1.002
_TUKEY = 4.685
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

    def changed(self, change: NDArray[np.float64]) -> Placement:
        """Add to the four values in their order."""
        before = (self.log_zoom_x, self.log_zoom_y, self.shift_x_px, self.shift_y_px)
        return Placement(*(value + float(more) for value, more in zip(before, change, strict=True)))

    def maps(self, sent: Size, returned: Size) -> tuple[AxisMap, AxisMap]:
        """Where each row and column of the *returned* picture lies in the *sent* one."""
        rows = _axis(sent[0], returned[0], self.log_zoom_y, self.shift_y_px)
        return rows, _axis(sent[1], returned[1], self.log_zoom_x, self.shift_x_px)

    def moves_at_most(self, distance_px: float, returned: Size) -> bool:
        """Whether no corner of the returned picture moves farther than *distance_px*."""
        right = abs(self.shift_x_px) + abs(self.log_zoom_x) * returned[1] / 2
        down = abs(self.shift_y_px) + abs(self.log_zoom_y) * returned[0] / 2
        return max(right, down) <= distance_px


def _axis(sent: int, returned: int, log_zoom: float, shift_px: float) -> AxisMap:
    scale = sent / returned * math.exp(log_zoom)
    return AxisMap(scale, sent / 2 - 0.5 + scale * (0.5 - returned / 2 + shift_px))


def known_geometries(sent: Size, returned: Size) -> tuple[Placement, ...]:
    """What a host does on purpose: stretch to its size, or crop the middle to its aspect."""
    aspect = math.log(sent[1] / sent[0] * returned[0] / returned[1])
    if abs(aspect) <= _SAME_ASPECT:
        return (Placement(),)
    cropped = Placement(log_zoom_x=-aspect) if aspect > 0 else Placement(log_zoom_y=aspect)
    return Placement(), cropped


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
    if min(*sent.shape[:2], *returned.shape[:2]) < _LEAST_LEVEL_PX:
        return Placement()
    search = _Search(sent, returned)
    known = known_geometries(search.sent_size, search.returned_size)
    found: list[tuple[float, Placement]] = []
    for start in known:
        scored = [(search.mismatch(p, _COARSE_STEP), p) for p in (start, search.jump(start))]
        _, best = min(scored, key=_first)
        refined = search.refine(best, start, _COARSE_STEP, 8)
        finest = search.refine(refined, start, _FINE_STEP, 6)
        found.append((search.mismatch(finest, _FINE_STEP), finest))
    score, placement = min(found, key=_first)
    known_score, kept = min(((search.mismatch(p, _FINE_STEP), p) for p in known), key=_first)
    return kept if known_score <= score * _KNOWN_GEOMETRY_BONUS else placement


def _first(scored: tuple[float, Placement]) -> float:
    return scored[0]


class _Search:
    """One pair of pictures at the sizes that the search needs."""

    def __init__(self, sent: FloatArray, returned: FloatArray) -> None:
        self.sent_size: Size = (sent.shape[0], sent.shape[1])
        self.returned_size: Size = (returned.shape[0], returned.shape[1])
        smallest = min(*self.sent_size, *self.returned_size)
        steps = [s for s in (_FINE_STEP, _COARSE_STEP) if smallest >= s * _LEAST_LEVEL_PX]
        self._levels = {step: (shrink(sent, step), shrink(returned, step)) for step in steps}
        self._full = (sent, returned)

    def _level(self, step: int) -> tuple[float, FloatArray, FloatArray]:
        if step in self._levels:
            return step, *self._levels[step]
        return 1, *self._full

    def jump(self, start: Placement) -> Placement:
        """The zoom and shift near *start* at which the outlines coincide best."""
        step = max(max(self.returned_size) / _SEARCH_PX, 1.0)
        sent, returned = (shrink(luma(image), step) for image in self._full)
        outline = np.sqrt(gradient_magnitude(returned))
        best, best_response = start, -1.0
        for zoom in _ZOOMS:
            placement = Placement(start.log_zoom_x + zoom, start.log_zoom_y + zoom)
            rows, columns = self._maps(placement, step)
            size = (returned.shape[0], returned.shape[1])
            moved = resample(sent, size, rows, columns, cubic=False)
            moved_outline = np.sqrt(gradient_magnitude(moved))
            shift = phase_correlate(outline, moved_outline, expected_px=_EXPECTED_SHIFT_PX / step)
            if shift.response > best_response:
                best_response = shift.response
                best = Placement(
                    placement.log_zoom_x,
                    placement.log_zoom_y,
                    shift.right_px * step,
                    shift.down_px * step,
                )
        return best

    def mismatch(self, placement: Placement, wanted_step: int) -> float:
        """Clipped residual on the edges after a quick colour fit; small is good."""
        step, sent, returned = self._level(wanted_step)
        moved = self._move(sent, placement, step, returned)
        mapped = run_lut(_quick_lut(moved, returned), moved)
        inner = (slice(_BORDER_PX, -_BORDER_PX),) * 2
        residual = np.abs(luma(returned - mapped))[inner]
        edges = gradient_magnitude(luma(mapped))[inner]
        weights = np.minimum(edges / (edges.mean() + 1e-6), 4)
        return float((np.minimum(residual, _CLIPPED_RESIDUAL) * weights).mean())

    def refine(
        self, placement: Placement, known: Placement, wanted_step: int, rounds: int
    ) -> Placement:
        """Gauss-Newton on the brightness of the colour-mapped sent picture."""
        step, sent, returned = self._level(wanted_step)
        goal = luma(returned)
        stretch = known.log_zoom_x - known.log_zoom_y
        mapped = goal
        for turn in range(rounds):
            if turn % 3 == 0:
                quick = _quick_lut(self._move(sent, placement, step, returned), returned)
                mapped = luma(run_lut(quick, sent))
            moved = self._move(mapped, placement, step, goal)
            change = _gauss_newton_step(moved, goal, placement, step, stretch)
            placement = placement.changed(change)
            if max(abs(change[2]), abs(change[3]), abs(change[0]) * goal.shape[1] / 2) < 0.01:
                break
        return placement

    def _maps(self, placement: Placement, step: float) -> tuple[AxisMap, AxisMap]:
        rows, columns = placement.maps(self.sent_size, self.returned_size)
        return rows.on_level(step), columns.on_level(step)

    def _move(
        self, sent: FloatArray, placement: Placement, step: float, like: FloatArray
    ) -> FloatArray:
        rows, columns = self._maps(placement, step)
        return resample(sent, (like.shape[0], like.shape[1]), rows, columns)


def _quick_lut(sent: FloatArray, returned: FloatArray) -> FloatArray:
    """A coarse colour map, good enough to compare brightness under."""
    colors = low_pass(sent, 1.0).reshape(-1, 3)
    cells = ColorCells(colors, 24)
    weights = np.ones(len(colors), np.float32)
    samples = cells.average(low_pass(returned, 1.0).reshape(-1, 3), weights, crowd=200.0)
    smoothing = Smoothing(thin_plate=1e-5, membrane=1e-5)
    return fit_lattice(samples, 9, AffineBase(samples), smoothing).astype(np.float32)


def _gauss_newton_step(
    moved: FloatArray, goal: FloatArray, placement: Placement, step: float, stretch: float
) -> NDArray[np.float64]:
    """Change of (log zoom x, log zoom y, shift x, shift y), the shifts in full-size pixels."""
    border = max(2, int(16 / step))
    inner = (slice(border, -border),) * 2
    residual = (goal - moved)[inner].ravel()
    down, right = (slope[inner].ravel() for slope in gradient(moved))
    weights = _tukey(residual)
    height, width = goal.shape
    # from the middle, in full-size pixels
    ys = (np.arange(height) - (height / 2 - 0.5)) * step + placement.shift_y_px
    xs = (np.arange(width) - (width / 2 - 0.5)) * step + placement.shift_x_px
    zoom_x = right.reshape(-1, width - 2 * border) * xs[None, border:-border]
    zoom_y = down.reshape(height - 2 * border, -1) * ys[border:-border, None]
    jacobian = np.stack([zoom_x.ravel(), zoom_y.ravel(), right, down], axis=1) / step
    weighted = jacobian * weights[:, None]
    normal: NDArray[Any] = (weighted.T @ jacobian).astype(np.float64)
    slope: NDArray[Any] = (weighted.T @ residual).astype(np.float64)
    # the zooms of both axes belong together unless the known geometry stretches
    tie = max(normal[0, 0], normal[1, 1])
    normal[:2, :2] += tie * np.array([[1.0, -1.0], [-1.0, 1.0]])
    excess = tie * (placement.log_zoom_x - placement.log_zoom_y - stretch)
    slope[0] -= excess
    slope[1] += excess
    normal += np.diag(np.diag(normal) * 1e-3 + 1e-9)
    limit = np.array([0.02, 0.02, 4 * step, 4 * step])
    return np.clip(np.linalg.solve(normal, slope), -limit, limit)


def _tukey(residual: FloatArray) -> FloatArray:
    spread = 1.4826 * float(np.median(np.abs(residual))) + 1e-4
    return np.clip(1 - (residual / (_TUKEY * spread)) ** 2, 0, 1) ** 2
