"""Canny: edges one pixel wide, with the steps and constants of kornia's definition.

Source: Canny 1986; kornia.filters.canny (its documentation): Gaussian 5 x 5 of sigma 1, Sobel
without normalisation, suppression along eight directions, hysteresis over eight neighbours.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from daemon.builtin_host.nodes.base import NodeContext, NodeResult, Run
from daemon.builtin_host.values import Image, Json, NodeFailed

Plane = npt.NDArray[np.float32]

_LUMA = np.array([0.299, 0.587, 0.114], np.float32)
_EPSILON = np.float32(1e-6)
_COLOR_CHANNELS = (1, 3)
_ROWS = 256
_AHEAD = ((0, 1), (1, 1), (1, 0), (1, -1), (0, -1), (-1, -1), (-1, 0), (-1, 1))
"""Row and column of the neighbour in direction k * 45 degrees."""


def canny(inputs: Json, context: NodeContext) -> NodeResult:
    """Canny: 1 on edges, 0 elsewhere, in three channels."""
    image: Image = inputs["image"]
    low, high = float(inputs["low_threshold"]), float(inputs["high_threshold"])
    if low > high:
        raise NodeFailed(
            "Invalid input thresholds. low_threshold should be smaller than or equal to the "
            f"high_threshold. Got: {low}>{high}",
            "kornia.core.exceptions.BaseError",
        )
    if image.shape[3] not in _COLOR_CHANNELS:
        shape = [image.shape[0], image.shape[3], *image.shape[1:3]]
        raise NodeFailed(
            f"Not a color or gray tensor. Got shape {shape}.\ncanny expects 1 or 3 channels.",
            "kornia.core.exceptions.ImageError",
        )
    out = np.empty((*image.shape[:3], 3), np.float32)
    for number, picture in enumerate(image):
        gray = picture @ _LUMA if picture.shape[-1] > 1 else picture[..., 0]
        out[number] = _edges(gray.astype(np.float32), low, high, context)[..., None]
    return NodeResult((out,))


def _edges(gray: Plane, low: float, high: float, context: NodeContext) -> Plane:
    context.checkpoint()
    kernel = np.exp(-(np.arange(-2, 3, dtype=np.float32) ** 2) / 2)
    kernel /= kernel.sum()
    smooth = ndimage.correlate1d(gray, kernel, axis=0, mode="mirror")
    smooth = ndimage.correlate1d(smooth, kernel, axis=1, mode="mirror")
    context.checkpoint()
    across, down = (
        np.asarray(ndimage.sobel(smooth, axis=axis, mode="nearest"), np.float32) for axis in (1, 0)
    )
    strength = np.sqrt(across * across + down * down + _EPSILON)
    context.checkpoint()
    strength = _crests(strength, across, down, context)
    context.checkpoint()
    labels = np.empty(strength.shape, np.int32)
    ndimage.label(strength > low, np.ones((3, 3)), output=labels)
    context.checkpoint()
    kept = np.zeros(int(labels.max()) + 1, np.float32)
    kept[labels[strength > high]] = 1
    kept[0] = 0
    return kept[labels]


def _crests(strength: Plane, across: Plane, down: Plane, context: NodeContext) -> Plane:
    """*strength* where a pixel is stronger than both its neighbours along its gradient, else 0.

    What lies outside the picture has strength 0.
    """
    padded = np.pad(strength, 1)
    steps = np.array(_AHEAD)
    out = np.zeros_like(strength)
    for top in range(0, strength.shape[0], _ROWS):
        context.checkpoint()
        part = slice(top, top + _ROWS)
        here = strength[part]
        turns = np.round(np.degrees(np.arctan2(down[part], across[part])) / 45).astype(np.int8) % 8
        rows = np.arange(here.shape[0], dtype=np.int32)[:, None]
        columns = np.arange(here.shape[1], dtype=np.int32)[None, :]
        crest = np.ones(here.shape, bool)
        for opposite in (0, 4):
            step = steps[(turns + opposite) % 8]
            ahead = padded[rows + top + 1 + step[..., 0], columns + 1 + step[..., 1]]
            crest &= here > ahead
        out[part][crest] = here[crest]
    return out


RUNS: dict[str, Run] = {"Canny": canny}
