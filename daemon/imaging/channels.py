"""Which part of a grade counts: all of it, its brightness alone, or its colour alone.

The split is that of the blend modes "luminosity" and "colour" that photographers know: luma is a
weighted sum of the encoded values, chroma what is left when luma is taken from each of them
(Y'CbCr without its scaling). It is linear, and so is a LUT between its nodes: split at the nodes,
the LUT gives for every colour exactly what splitting the graded pixels would give.
"""

from __future__ import annotations

from typing import Literal

import numpy as np

from daemon.imaging.lattice import FloatArray, identity_lut

Channels = Literal["all", "luma", "chroma"]
CHANNELS: tuple[Channels, ...] = ("all", "luma", "chroma")

LUMA = np.array([0.2126, 0.7152, 0.0722], np.float32)
"""Weights of encoded red, green and blue (ITU-R BT.709-6, 3.2), in any RGB space."""


def check_channels(channels: str) -> Channels:
    """Return *channels* when it is one.

    Raises:
        ValueError: it is not ``all``, ``luma`` or ``chroma``.
    """
    if channels not in CHANNELS:
        raise ValueError(f"channels are all, luma or chroma, not {channels!r}")
    return channels


def keep_channels(lut: FloatArray, channels: str) -> FloatArray:
    """Reduce a LUT to a part of its change.

    Args:
        lut: Shape (N, N, N, 3), float32.
        channels: ``all``: *lut* itself; ``luma``: the graded luma with the original's chroma;
            ``chroma``: the graded chroma with the original's luma.

    Returns:
        Shape (N, N, N, 3), float32; like the sum of the other two parts' changes, it may leave
        0..1 where a colour of that luma and chroma does not exist.

    Raises:
        ValueError: other *channels*.
    """
    if check_channels(channels) == "all":
        return lut
    original = identity_lut(lut.shape[0])
    return original + keep_change(lut - original, channels)


def keep_change(change: FloatArray, channels: str) -> FloatArray:
    """Reduce what is added to colours, shape (..., 3), to a part, as :func:`keep_channels` does."""
    if channels == "all":
        return change
    brighter = (change @ LUMA)[..., None]
    kept = np.broadcast_to(brighter, change.shape) if channels == "luma" else change - brighter
    return kept.astype(np.float32, copy=False)
