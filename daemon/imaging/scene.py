"""The aligned pair at one resolution, in the space that a LUT is fitted in."""

from __future__ import annotations

from typing import Protocol

import numpy as np

from daemon.imaging.lattice import FloatArray
from daemon.imaging.pair import AlignedPair
from daemon.imaging.processor import run_lut
from daemon.imaging.samples import ColorCells, Samples

HEADROOM = 0.15
"""How far a LUT may leave 0..1: where the edit clips, its curve goes on."""

_CELLS = 64
_CROWD = 3e-5
"""Of all points: so many of one colour count half of what they could."""

_PARTLY_CLIPPED, _WHOLLY_CLIPPED = np.float32(0.02), np.float32(0.8)
_NEARLY_CLIPPED = 3 / 255
_LEAST_CLEAR = 0.1
_QUARTER = np.float32(0.25)
_LEAST_SHARE = np.float32(1e-4)


class Space(Protocol):
    """A colour space to fit in, seen from encoded sRGB."""

    def from_srgb(self, colors: FloatArray) -> FloatArray:
        """Shape (..., 3), 0..1 and a little beyond, into this space's encoding."""
        ...

    def to_srgb(self, colors: FloatArray) -> FloatArray:
        """The way back."""
        ...


class Srgb:
    """sRGB itself."""

    def from_srgb(self, colors: FloatArray) -> FloatArray:
        """Return *colors*."""
        return colors

    def to_srgb(self, colors: FloatArray) -> FloatArray:
        """Return *colors*."""
        return colors


class Scene:
    """What was sent as colours to be mapped, what came back as their goal.

    Attributes:
        goal: The returned picture, shape (H, W, 3), encoded sRGB.
        trust: Weight of each point, shape (H, W).
    """

    def __init__(
        self,
        sent: FloatArray,
        returned: FloatArray,
        trust: FloatArray,
        clipped: FloatArray | None,
        space: Space,
    ) -> None:
        """Take two pictures, weights and shares of clipped pixels as in :class:`AlignedPair`."""
        self.goal = returned
        self.trust = trust
        self._space = space
        exact = space.from_srgb(sent).reshape(-1, 3)
        self._colors = np.clip(exact, 0, 1).astype(np.float32, copy=False)
        # A colour on the edge of both spaces may land just outside this one. A photo has no such
        # pixel, so the sample moves to the edge, and its goal with it.
        self._beyond = (exact - self._colors).astype(np.float32, copy=False)
        self._cells = ColorCells(self._colors, _CELLS)
        self._beyond_white = self._beyond_black = None
        if clipped is not None:
            # noise clips a part of what is nearly black; its mean is still next to the truth
            near = np.minimum(returned, 1 - returned) < _NEARLY_CLIPPED
            some = clipped > np.where(near, _WHOLLY_CLIPPED, _PARTLY_CLIPPED)
            self._beyond_white = some & (returned > 0.5)
            self._beyond_black = some & (returned <= 0.5)

    @classmethod
    def of(cls, pair: AlignedPair, space: Space) -> Scene:
        """Every point of *pair*."""
        return cls(pair.sent, pair.returned, pair.trust, pair.clipped, space)

    @classmethod
    def halved(cls, pair: AlignedPair, space: Space) -> Scene:
        """Means of two by two points by trust; an odd last row or column is left out."""
        # what is not trusted still has a structure
        share = np.maximum(pair.trust, _LEAST_SHARE)[..., None]
        mass = _sum_of_fours(share)
        sent, returned = (
            _sum_of_fours(image * share) / mass for image in (pair.sent, pair.returned)
        )
        clipped = None if pair.clipped is None else _sum_of_fours(pair.clipped) * _QUARTER
        return cls(sent, returned, _sum_of_fours(pair.trust) * _QUARTER, clipped, space)

    def samples(self, goal: FloatArray, weights: FloatArray) -> Samples:
        """Gather the points into colour pairs.

        Args:
            goal: Shape (H, W, 3), encoded sRGB.
            weights: Shape (H, W).
        """
        targets = self._space.from_srgb(goal).reshape(-1, 3) - self._beyond
        return self._cells.average(targets, weights.ravel(), crowd=_CROWD * weights.size)

    def predict(self, lut: FloatArray) -> FloatArray:
        """What *lut* makes of the sent picture, in sRGB, not clipped."""
        colors = run_lut(lut, self._colors) + self._beyond
        return self._space.to_srgb(colors.reshape(self.goal.shape))

    def unclipped_trust(self) -> FloatArray:
        """*trust* without the points that clipped, unless hardly any are left."""
        if self._beyond_white is None or self._beyond_black is None:
            return self.trust
        clear = self.trust * ~(self._beyond_white | self._beyond_black).any(axis=2)
        return clear if clear.sum() > _LEAST_CLEAR * self.trust.sum() else self.trust

    def reachable_goal(self, predicted: FloatArray) -> FloatArray:
        """The goal, one-sided where it is clipped: beyond white is as good as white."""
        if self._beyond_white is None or self._beyond_black is None:
            return self.goal
        above = np.clip(predicted, self.goal, np.float32(1 + HEADROOM))
        below = np.clip(predicted, np.float32(-HEADROOM), self.goal)
        return np.where(self._beyond_white, above, np.where(self._beyond_black, below, self.goal))

    def explain(self, lut: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
        """The sent picture, what *lut* makes of it, and what came back, all in the LUT's space.

        All within 0..1, as a picture holds it: beyond white counts as white.
        """
        shape = self.goal.shape
        wanted = self._space.from_srgb(self.goal).reshape(-1, 3) - self._beyond
        graded = np.clip(run_lut(lut, self._colors), 0, 1)
        return self._colors.reshape(shape), graded.reshape(shape), wanted.reshape(shape)


def _sum_of_fours(image: FloatArray) -> FloatArray:
    height, width = image.shape[0] // 2 * 2, image.shape[1] // 2 * 2
    rows = np.add(image[0:height:2, :width], image[1:height:2, :width])
    return np.add(rows[:, 0::2], rows[:, 1::2], dtype=np.float32)
