"""Gauss-Newton on placement and colours at once: both unknown, both needed for the other."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from daemon.imaging.lattice import FloatArray, identity_lut
from daemon.imaging.levels import Level, halve, slopes, soften
from daemon.imaging.parallel import side_by_side
from daemon.imaging.placement import Placement, Size, corner_px
from daemon.imaging.processor import run_lut
from daemon.imaging.resample import AxisMap, resample

_NODES = 9
_TERMS = 20
_LINEAR_TERMS = 4
_SQUARES = ((1, 1), (2, 2), (3, 3), (1, 2), (1, 3), (2, 3))
_CUBES = ((4, 1), (4, 2), (4, 3), (5, 1), (5, 2), (5, 3), (6, 1), (6, 2), (6, 3), (7, 3))
_BENDING = 2e-6
_LEVEL = 1e-6

_TUKEY = 4.685
_LEAST_SPREAD = 0.6 / 255
_PALE = 1 / 255
"""Slopes under this are mostly rounding."""
_LEFT_TO_MOVE = (1.0, 0.6, 0.5)
"""How far pixels of a level may still be misplaced, by round."""

_LIKENESS = 16.0
"""Neighbouring pixels err alike: so many count as one against what is expected."""
_EXPECTED_ZOOM = 0.02
_EXPECTED_SQUEEZE = 5e-4
_EXPECTED_SHIFT_PX = 8.0
_ENOUGH = 0.01


def color_terms(colors: FloatArray) -> FloatArray:
    """The monomials up to the third degree of colours, shape (M, 3) to (20, M)."""
    terms = np.empty((_TERMS, len(colors)), np.float32)
    terms[0] = 1
    np.multiply(colors.T, 2, out=terms[1:4])
    terms[1:4] -= 1
    for row, (first, second) in enumerate(_SQUARES + _CUBES, _LINEAR_TERMS):
        np.multiply(terms[first], terms[second], out=terms[row])
    return terms


_NODE_TERMS = color_terms(identity_lut(_NODES).reshape(-1, 3))


class Alignment:
    """A placement on its way to the best one, with the brightness that the colours become.

    Attributes:
        placement: Where the returned picture lies, as far as known.
        spread: Standard deviation of what it leaves unexplained, robust, 0..1.
    """

    def __init__(self, sent: Size, returned: Size, start: Placement, known: Placement) -> None:
        """Begin at *start*; *known* is what is expected where the pictures do not tell."""
        self._sizes = sent, returned
        self._known = known
        self.placement = start
        self._colors: NDArray[np.float64] | None = None
        self._latest: tuple[Level, FloatArray] | None = None
        self.spread = _LEAST_SPREAD

    def run(self, level: Level, rounds: int, *, remap_every: int = 1) -> None:
        """Improve the placement on *level*.

        Args:
            level: The pair at one size.
            rounds: At most so many steps.
            remap_every: Steps after which the whole picture's colours are mapped anew.
        """
        terms = self._terms(level)
        colors = self._first_colors(level, terms)
        mapped = level.goal
        mapped_with = colors
        for turn in range(rounds):
            if turn % remap_every == 0:
                mapped, mapped_with = self._mapped(level), colors
                self._latest = level, mapped
            moved = resample(mapped, level.size, *self._maps(self.placement, level.step))
            down, right = _at(level, *slopes(moved))
            residual: FloatArray = level.values - moved.ravel()[level.chosen]
            if mapped_with is not colors:
                residual -= (colors - mapped_with).astype(np.float32) @ terms
            left_px = _LEFT_TO_MOVE[min(turn, len(_LEFT_TO_MOVE) - 1)]
            steepness: FloatArray = np.add(down * down, right * right)
            weights = self._trust(residual, steepness, left_px)
            change = self._solve(level, terms, (down, right), residual, weights)
            limit = np.array([0.02, 0.02, 3 * level.step, 3 * level.step])
            move = np.clip(change[:4], -limit, limit)
            self.placement = self.placement.changed(move)
            self._colors = colors = colors + change[4:]
            moved_px = corner_px(move, self._sizes[1])
            if moved_px < _ENOUGH * level.step:
                break
            if moved_px > level.step / 2:
                terms = self._terms(level)

    def residuals(self, level: Level, placements: list[Placement]) -> list[FloatArray]:
        """What stays unexplained at the chosen pixels under each placement; shape (M,) each.

        Colours may change a little for each, so those last mapped on this level serve.
        """
        known, mapped = self._latest or (level, self._mapped(level))
        if known is not level:
            mapped = self._mapped(level)
        terms = self._terms(level)

        def unexplained(placement: Placement) -> FloatArray:
            moved = resample(mapped, level.size, *self._maps(placement, level.step))
            residual: FloatArray = level.values - moved.ravel()[level.chosen]
            weights = _tukey(residual, _spread(residual))
            change = _least_squares(terms, residual, weights)
            return np.abs(residual - change.astype(np.float32) @ terms)

        return side_by_side(unexplained, placements)

    def _maps(self, placement: Placement, step: int) -> tuple[AxisMap, AxisMap]:
        rows, columns = placement.maps(*self._sizes)
        return rows.on_level(step), columns.on_level(step)

    def _terms(self, level: Level) -> FloatArray:
        maps = self._maps(self.placement, level.step)
        moved = resample(level.sent, level.size, *maps, cubic=False)
        return color_terms(moved.reshape(-1, 3)[level.chosen])

    def _first_colors(self, level: Level, terms: FloatArray) -> NDArray[np.float64]:
        if self._colors is None:
            colors = _least_squares(terms, level.values, np.ones_like(level.values))
            predicted: FloatArray = np.clip(colors.astype(np.float32) @ terms, 0, 1)
            residual = level.values - predicted
            weights = _tukey(residual, _spread(residual))
            self._colors = _least_squares(terms, level.values, weights)
        return self._colors

    def _mapped(self, level: Level) -> FloatArray:
        """The sent picture's brightness in the returned one's colours, softened.

        Colours are mapped before they are averaged: afterwards a bent curve would move edges.
        """
        assert self._colors is not None
        nodes = np.clip(self._colors @ _NODE_TERMS, 0, 1).astype(np.float32)
        lut = np.repeat(nodes[:, None], 3, axis=1).reshape(_NODES, _NODES, _NODES, 3)
        mapped = run_lut(lut, level.finer)[..., 0]
        return soften(mapped if level.finer is level.sent else halve(mapped))

    def _trust(self, residual: FloatArray, steepness: FloatArray, left_px: float) -> FloatArray:
        """Weights: residuals that a misplacement of *left_px* explains are no outliers."""
        self.spread = _spread(residual)
        variance = steepness * np.float32(left_px**2)
        variance += np.float32(self.spread**2)
        weights = residual * residual
        weights /= variance
        weights *= np.float32(-1 / _TUKEY**2)
        weights += 1
        np.maximum(weights, 0, out=weights)
        weights *= weights
        weights *= np.float32(self.spread**2)
        weights /= variance
        pale = np.float32(_PALE**2)
        weights *= (steepness + np.float32(0.02) * pale) / (steepness + pale)
        return weights

    def _solve(
        self,
        level: Level,
        terms: FloatArray,
        down_right: tuple[FloatArray, FloatArray],
        residual: FloatArray,
        weights: FloatArray,
    ) -> NDArray[np.float64]:
        """Change of the four values and the colour terms."""
        unknowns = np.empty((4 + _TERMS, len(residual)), np.float32)
        np.multiply(down_right[1], np.float32(1 / level.step), out=unknowns[2])
        np.multiply(down_right[0], np.float32(1 / level.step), out=unknowns[3])
        unknowns[0] = unknowns[2] * (level.x_px + np.float32(self.placement.shift_x_px))
        unknowns[1] = unknowns[3] * (level.y_px + np.float32(self.placement.shift_y_px))
        unknowns[4:] = terms
        weighted = unknowns * weights
        normal: NDArray[Any] = (weighted @ unknowns.T).astype(np.float64)
        slope: NDArray[Any] = (weighted @ residual).astype(np.float64)
        stiff, excess = self._expectation()
        normal[:4, :4] += stiff
        slope[:4] -= excess
        pull = _pull(weights)
        assert self._colors is not None
        slope[4 + _LINEAR_TERMS :] -= (pull * self._colors)[_LINEAR_TERMS:]
        diagonal = np.diagonal(normal) * 1e-6 + np.concatenate([np.full(4, 1e-12), pull])
        return np.asarray(np.linalg.solve(normal + np.diag(diagonal), slope), np.float64)

    def _expectation(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """What is known beforehand, as precision and pull: little zoom and shift, no squeeze."""
        zoom, shift = 0.5 / _EXPECTED_ZOOM**2, 1 / _EXPECTED_SHIFT_PX**2
        stiff = np.diag([zoom, zoom, shift, shift])
        stiff[:2, :2] += np.array([[1.0, -1.0], [-1.0, 1.0]]) / _EXPECTED_SQUEEZE**2
        stiff *= self.spread**2 * _LIKENESS
        off = self.placement.values() - self._known.values()
        return stiff, stiff @ off


def _at(level: Level, first: FloatArray, second: FloatArray) -> tuple[FloatArray, FloatArray]:
    return first.ravel()[level.chosen], second.ravel()[level.chosen]


def _pull(weights: FloatArray) -> NDArray[np.float64]:
    """Bent colour curves need a reason."""
    total = float(weights.sum())
    return np.where(np.arange(_TERMS) < _LINEAR_TERMS, _LEVEL, _BENDING) * total + 1e-9


def _least_squares(
    terms: FloatArray, values: FloatArray, weights: FloatArray
) -> NDArray[np.float64]:
    weighted = terms * weights
    normal = (weighted @ terms.T).astype(np.float64) + np.diag(_pull(weights))
    solved = np.linalg.solve(normal, (weighted @ values).astype(np.float64))
    return np.asarray(solved, np.float64)


def _spread(residual: FloatArray) -> float:
    return 1.4826 * float(np.median(np.abs(residual[::7]))) + _LEAST_SPREAD


def _tukey(residual: FloatArray, spread: float) -> FloatArray:
    return np.clip(1 - (residual / np.float32(_TUKEY * spread)) ** 2, 0, 1) ** 2
