"""Nodes about transparency: split, join, Porter and Duff's operators.

A mask is what is transparent: mask = 1 - alpha.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from daemon.builtin_host.nodes.base import NodeContext, NodeResult, Run
from daemon.builtin_host.nodes.matching import repeat_all
from daemon.builtin_host.resample import crop_to_aspect, resize, resize_mask
from daemon.builtin_host.values import Image, Json, Mask, NodeFailed, require_size

_OPAQUE_CHANNELS = 3
_ROWS = 256
_TINY = np.float32(1e-5)


def split_image_with_alpha(inputs: Json, context: NodeContext) -> NodeResult:
    """SplitImageWithAlpha: the colours, and the transparency as a mask (zeros without one)."""
    del context
    image: Image = inputs["image"]
    if image.shape[3] > _OPAQUE_CHANNELS:
        mask = 1 - image[..., _OPAQUE_CHANNELS]
    else:
        mask = np.zeros(image.shape[:3], np.float32)
    return NodeResult((np.ascontiguousarray(image[..., :_OPAQUE_CHANNELS]), mask))


def join_image_with_alpha(inputs: Json, context: NodeContext) -> NodeResult:
    """JoinImageWithAlpha: ``alpha`` (a mask, resized if need be) becomes the transparency."""
    image: Image = inputs["image"]
    count = max(image.shape[0], inputs["alpha"].shape[0])
    require_size(count, image.shape[1], image.shape[2], _OPAQUE_CHANNELS + 1)
    mask = resize_mask(inputs["alpha"], image.shape[2], image.shape[1], context.checkpoint)
    colors = repeat_all(image[..., :_OPAQUE_CHANNELS], count)
    alpha = 1 - repeat_all(mask, count)
    return NodeResult((np.concatenate([colors, alpha[..., None]], axis=-1),))


def porter_duff(inputs: Json, context: NodeContext) -> NodeResult:
    """PorterDuffImageComposite: ``source`` with ``destination`` by one of 18 operators.

    Source: Porter, Duff 1984; the blend modes as the Android documentation defines them.
    """
    source: Image = inputs["source"]
    destination: Image = inputs["destination"]
    if source.shape[-1] != destination.shape[-1]:
        raise NodeFailed("", "AssertionError")
    masks: tuple[Mask, Mask] = (inputs["source_alpha"], inputs["destination_alpha"])
    count = min(len(source), len(destination), len(masks[0]), len(masks[1]))
    images: list[Image] = []
    alphas: list[Mask] = []
    for number in range(count):
        context.checkpoint()
        below = destination[number : number + 1]
        height_px, width_px = below.shape[1:3]
        above = source[number : number + 1]
        above = _fitted(above, width_px, height_px, context)
        above_alpha, below_alpha = (
            _fitted(1 - mask[number : number + 1, ..., None], width_px, height_px, context)
            for mask in masks
        )
        image, alpha = np.empty_like(below), np.empty_like(below_alpha)
        for top in range(0, height_px, _ROWS):
            context.checkpoint()
            rows = (slice(None), slice(top, top + _ROWS))
            image[rows], alpha[rows] = _combine(
                above[rows], above_alpha[rows], below[rows], below_alpha[rows], inputs["mode"]
            )
        images.append(image)
        alphas.append(1 - alpha[..., 0])
    return NodeResult((np.concatenate(images), np.concatenate(alphas)))


def _fitted(image: Image, width_px: int, height_px: int, context: NodeContext) -> Image:
    if image.shape[1:3] == (height_px, width_px):
        return image
    cropped = crop_to_aspect(image, width_px, height_px)
    return resize(cropped, width_px, height_px, "bicubic", context.checkpoint)


def _combine(
    source: Image, source_alpha: Image, destination: Image, destination_alpha: Image, mode: str
) -> tuple[Image, Image]:
    """Composite with premultiplied colours; returns straight colours and alpha."""
    alpha_of, color_of = _MODES[mode]
    alpha = alpha_of(source_alpha, destination_alpha)
    color = color_of(
        source * source_alpha, source_alpha, destination * destination_alpha, destination_alpha
    )
    straight = np.where(alpha > _TINY, color / np.maximum(alpha, _TINY), 0)
    return _bounded(straight), _bounded(alpha)


def _bounded(values: npt.NDArray[Any]) -> Image:
    bounded: Image = values.clip(0, 1).astype(np.float32)
    return bounded


def _union(a: Image, b: Image) -> npt.NDArray[Any]:
    return a + b - a * b


def _overlay(s: Image, sa: Image, d: Image, da: Image) -> npt.NDArray[Any]:
    """As the real server has it: source and destination swapped in the light half."""
    return np.where(2 * d < da, 2 * s * d, sa * da - 2 * (da - s) * (sa - d))


_Alpha = Callable[[Image, Image], npt.NDArray[Any]]
_Color = Callable[[Image, Image, Image, Image], npt.NDArray[Any]]
_MODES: dict[str, tuple[_Alpha, _Color]] = {
    "ADD": (lambda sa, da: np.clip(sa + da, 0, 1), lambda s, sa, d, da: np.clip(s + d, 0, 1)),
    "CLEAR": (lambda sa, da: np.zeros_like(da), lambda s, sa, d, da: np.zeros_like(d)),
    "DARKEN": (
        _union,
        lambda s, sa, d, da: (1 - da) * s + (1 - sa) * d + np.minimum(s, d),
    ),
    "DST": (lambda sa, da: da, lambda s, sa, d, da: d),
    "DST_ATOP": (lambda sa, da: sa, lambda s, sa, d, da: sa * d + (1 - da) * s),
    "DST_IN": (lambda sa, da: sa * da, lambda s, sa, d, da: d * sa),
    "DST_OUT": (lambda sa, da: (1 - sa) * da, lambda s, sa, d, da: (1 - sa) * d),
    "DST_OVER": (
        lambda sa, da: da + (1 - da) * sa,
        lambda s, sa, d, da: d + (1 - da) * s,
    ),
    "LIGHTEN": (
        _union,
        lambda s, sa, d, da: (1 - da) * s + (1 - sa) * d + np.maximum(s, d),
    ),
    "MULTIPLY": (lambda sa, da: sa * da, lambda s, sa, d, da: s * d),
    "OVERLAY": (_union, _overlay),
    "SCREEN": (_union, lambda s, sa, d, da: s + d - s * d),
    "SRC": (lambda sa, da: sa, lambda s, sa, d, da: s),
    "SRC_ATOP": (lambda sa, da: da, lambda s, sa, d, da: da * s + (1 - sa) * d),
    "SRC_IN": (lambda sa, da: sa * da, lambda s, sa, d, da: s * da),
    "SRC_OUT": (lambda sa, da: (1 - da) * sa, lambda s, sa, d, da: (1 - da) * s),
    "SRC_OVER": (
        lambda sa, da: sa + (1 - sa) * da,
        lambda s, sa, d, da: s + (1 - sa) * d,
    ),
    "XOR": (
        lambda sa, da: (1 - da) * sa + (1 - sa) * da,
        lambda s, sa, d, da: (1 - da) * s + (1 - sa) * d,
    ),
}

RUNS: dict[str, Run] = {
    "SplitImageWithAlpha": split_image_with_alpha,
    "JoinImageWithAlpha": join_image_with_alpha,
    "PorterDuffImageComposite": porter_duff,
}
