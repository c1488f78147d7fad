"""A LUT of any kind in floating point, exactly as its file says, and baked into a lattice."""

from __future__ import annotations

import numpy as np

from daemon.imaging.channels import check_channels, keep_change
from daemon.imaging.lattice import FloatArray, identity_lut
from daemon.imaging.processor import LutProcessor, run_lut
from daemon.imaging.shaper import Shaper


class ExactGrade:
    """A LUT of any kind, ready for floats; made once and called often."""

    def __init__(
        self,
        lut: FloatArray,
        shaper: Shaper | None = None,
        *,
        strength: float = 1.0,
        channels: str = "all",
    ) -> None:
        """Prepare.

        Args:
            lut: Shape (N, N, N, 3).
            shaper: The way to it; None: the lattice spans 0..1.
            strength: 0..1.5, linear in the change.
            channels: all | luma | chroma, as for :func:`daemon.imaging.apply.apply_lut`.
        """
        self._lattice = LutProcessor(lut, np.float32, np.float32)
        self._shaper = shaper
        self._strength = np.float32(strength)
        self._channels = check_channels(channels)

    def change(self, colors: FloatArray) -> FloatArray:
        """Return what is to be added to *colors*, shape (..., 3), float32; nothing is clipped.

        Colours outside the LUT's range change as the nearest inside it.
        """
        given = np.ascontiguousarray(colors, np.float32).reshape(1, -1, 3)
        shaped = given if self._shaper is None else self._shaper.apply(given)
        if self._shaper is None:
            given = np.clip(given, 0, 1)
        graded = np.empty_like(given)
        if graded.size:
            self._lattice.run(np.ascontiguousarray(shaped), graded)
        graded -= given
        change = keep_change(graded, self._channels)
        return (change * self._strength).reshape(colors.shape)

    def apply(self, colors: FloatArray) -> FloatArray:
        """Return *colors*, shape (..., 3), graded, float32, unclipped."""
        return colors + self.change(colors)


def bake(lut: FloatArray, shaper: Shaper | None, size: int) -> FloatArray:
    """Return the same colour change as a plain lattice over 0..1, sampled at its nodes.

    Args:
        lut: Shape (N, N, N, 3).
        shaper: The way to it.
        size: Nodes a side wanted.
    """
    return ExactGrade(lut, shaper).apply(identity_lut(size))


def baking_error(lut: FloatArray, shaper: Shaper | None, baked: FloatArray) -> float:
    """Return how far *baked* is off at most, in levels of 255, on 60,000 colours.

    Half of them are shades of grey and near it, where it shows.
    """
    rng = np.random.default_rng(5)
    grey = np.linspace(0, 1, 30_000, dtype=np.float32)[:, None]
    near = grey + rng.uniform(-0.02, 0.02, (30_000, 3)).astype(np.float32)
    anywhere = rng.uniform(0, 1, (30_000, 3)).astype(np.float32)
    colors = np.clip(np.concatenate([near, anywhere]), 0, 1).astype(np.float32)
    exact = np.clip(ExactGrade(lut, shaper).apply(colors), 0, 1)
    found = np.clip(run_lut(baked, colors), 0, 1)
    return float(np.abs(exact - found).max() * 255)
