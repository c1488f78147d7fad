"""ColorTransfer: gives pictures the colours of another, by three published methods.

Sources: Reinhard et al. 2001 (mean and deviation in CIE L*a*b*); Pitié, Kokaram 2007 (the linear
Monge-Kantorovich map between covariances); histogram matching by cumulative shares, 256 levels.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from daemon.builtin_host.nodes.base import NodeContext, NodeResult, Run
from daemon.builtin_host.nodes.cie_lab import from_lab, to_lab
from daemon.builtin_host.values import Image, Json, NodeFailed

_LEVELS = 256
_TINY = 1e-6
_COLORS = 3

Wide = npt.NDArray[np.float64]
Statistics = tuple[Wide, Wide]
"""Mean, shape (3,), and deviation (3,) or covariance (3, 3)."""


def color_transfer(inputs: Json, context: NodeContext) -> NodeResult:
    """ColorTransfer: ``image_target`` in the colours of ``image_ref``, ``strength`` of the way."""
    target: Image = inputs["image_target"]
    reference: Image = inputs["image_ref"]
    strength = float(inputs["strength"])
    if strength == 0:
        return NodeResult((target,))
    if target.shape[3] != _COLORS or reference.shape[3] != _COLORS:
        wrong = target if target.shape[3] != _COLORS else reference
        size = [1, wrong.shape[3], *wrong.shape[1:3]]
        raise NodeFailed(
            f"Input size must have a shape of (*, 3, H, W). Got torch.Size({size})", "ValueError"
        )
    sources, references = _frames(target, reference, inputs)
    if inputs["method"] == "histogram":
        move = _by_histogram
        before, after = _same, _same
    else:
        move = _METHODS[inputs["method"]]
        before, after = to_lab, from_lab
    out = np.empty_like(target)
    for number, frame in enumerate(target):
        context.checkpoint()
        start = before(frame)
        wanted = move(
            start,
            [before(part) for part in sources(number)],
            [before(part) for part in references(number)],
        )
        out[number] = np.clip(after(start + (wanted - start) * strength), 0, 1)
        context.progress(number + 1, len(target), None)
    return NodeResult((out,))


_Frames = Callable[[int], Image]


def _frames(target: Image, reference: Image, inputs: Json) -> tuple[_Frames, _Frames]:
    """Which pictures are measured for each frame: of the target, and of the reference."""
    mode = inputs.get("source_stats")
    if mode == "per_frame":
        last = len(reference) - 1
        return (
            lambda number: target[number : number + 1],
            lambda number: reference[min(number, last) :][:1],
        )
    if mode == "uniform":
        return lambda _: target, lambda _: reference
    index = min(int(inputs["source_stats.target_index"]), len(target) - 1)
    return lambda _: target[index : index + 1], lambda _: reference


def _same(image: Image | Wide) -> Wide:
    return image.astype(np.float64)


def _by_deviation(start: Wide, sources: list[Wide], references: list[Wide]) -> Wide:
    mean, spread = _deviation(sources)
    wanted_mean, wanted_spread = _deviation(references)
    return (start - mean) * (wanted_spread / spread) + wanted_mean


def _by_covariance(start: Wide, sources: list[Wide], references: list[Wide]) -> Wide:
    mean, spread = _covariance(sources)
    wanted_mean, wanted_spread = _covariance(references)
    return (start - mean) @ _linear_map(spread, wanted_spread).T + wanted_mean


def _deviation(frames: list[Wide]) -> Statistics:
    mean = np.mean([frame.mean(axis=(0, 1)) for frame in frames], axis=0)
    square = np.mean([((frame - mean) ** 2).mean(axis=(0, 1)) for frame in frames], axis=0)
    return mean, np.maximum(np.sqrt(square), _TINY)


def _covariance(frames: list[Wide]) -> Statistics:
    mean = np.mean([frame.mean(axis=(0, 1)) for frame in frames], axis=0)
    flat = [(frame - mean).reshape(-1, _COLORS) for frame in frames]
    return mean, np.mean([part.T @ part / len(part) for part in flat], axis=0)


def _linear_map(spread: Wide, wanted: Wide) -> Wide:
    """T with ``T spread T' = wanted`` that moves colours the least."""
    values, vectors = np.linalg.eigh(spread)
    root = np.maximum(np.sqrt(np.maximum(values, 0)), _TINY)
    forward, back = vectors * root, vectors / root
    inner, axes = np.linalg.eigh(forward.T @ wanted @ forward)
    half = (axes * np.sqrt(np.maximum(inner, 0))) @ axes.T
    return back @ half @ back.T


def _by_histogram(start: Wide, sources: list[Wide], references: list[Wide]) -> Wide:
    out = np.empty_like(start)
    levels = _level_of(start)
    for channel in range(_COLORS):
        shares, wanted = (_shares(frames, channel) for frames in (sources, references))
        table = np.minimum(np.searchsorted(wanted, shares), _LEVELS - 1) / (_LEVELS - 1)
        out[..., channel] = table[levels[..., channel]]
    return out


def _shares(frames: list[Wide], channel: int) -> npt.NDArray[np.float32]:
    """Share of pixels up to each level, shape (256,)."""
    counts = sum(
        np.bincount(_level_of(frame[..., channel]).ravel(), minlength=_LEVELS) for frame in frames
    )
    total = np.cumsum(counts).astype(np.float32)
    return total / total[-1]


def _level_of(values: Wide) -> npt.NDArray[np.int64]:
    scaled = values.astype(np.float32) * np.float32(_LEVELS - 1)
    return np.clip(scaled.astype(np.int64), 0, _LEVELS - 1)


_METHODS = {"reinhard_lab": _by_deviation, "mkl_lab": _by_covariance}

RUNS: dict[str, Run] = {"ColorTransfer": color_transfer}
