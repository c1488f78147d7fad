"""How a photo's samples are spread over the scale, and which lie at its ends."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

BLOWN_FROM = 254
BLOCKED_TO = 1
BLOWN, BLOCKED = 1, 2
_LUMA = (54, 183, 19)
_STRIP_PX = 1 << 18


@dataclass(frozen=True)
class ToneCounts:
    """What :func:`count_tones` found.

    Attributes:
        bins: Shape (4, 256), uint32: red, green, blue, luma.
        clipping: Shape (H, W), uint8: 0, :data:`BLOWN` or :data:`BLOCKED`.
        blown: Share of the pixels with a channel at the upper end, 0..1.
        blocked: Share of the pixels with all channels at the lower end, 0..1.
    """

    bins: NDArray[np.uint32]
    clipping: NDArray[np.uint8]
    blown: float
    blocked: float


def count_tones(pixels: NDArray[np.uint8]) -> ToneCounts:
    """Count the samples of *pixels*, shape (H, W, 3), uint8, in the photo's own space.

    Luma is the weighted sum of the encoded channels with the weights of Rec. ITU-R BT.709, which
    is what cameras and raw developers show. A pixel counts as blown as soon as one channel is, for
    its colour is lost then; as blocked only when nothing is left of any.
    """
    height, width = pixels.shape[:2]
    bins = np.zeros((4, 256), np.uint32)
    clipping = np.zeros((height, width), np.uint8)
    rows = max(1, _STRIP_PX // max(1, width))
    for top in range(0, height, rows):
        strip = pixels[top : top + rows]
        luma = np.zeros(strip.shape[:2], np.uint16)
        for channel, weight in enumerate(_LUMA):
            samples = strip[..., channel]
            bins[channel] += np.bincount(samples.ravel(), minlength=256).astype(np.uint32)
            luma += samples * np.uint16(weight)
        levels = (luma >> 8).astype(np.uint8)
        bins[3] += np.bincount(levels.ravel(), minlength=256).astype(np.uint32)
        marks = clipping[top : top + rows]
        largest = np.maximum(np.maximum(strip[..., 0], strip[..., 1]), strip[..., 2])
        marks[largest >= BLOWN_FROM] = BLOWN
        marks[largest <= BLOCKED_TO] = BLOCKED
    counted = np.bincount(clipping.ravel(), minlength=3) / max(1, clipping.size)
    return ToneCounts(bins, clipping, float(counted[BLOWN]), float(counted[BLOCKED]))
