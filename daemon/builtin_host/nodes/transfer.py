"""ColorTransfer: gives pictures the colours of another, by three published methods.

Sources: Reinhard et al. 2001 (mean and deviation in CIE L*a*b*); Pitié, Kokaram 2007 (the linear
Monge-Kantorovich map between covariances); histogram matching by cumulative shares, 256 levels.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import numpy.typing as npt

from daemon.builtin_host.nodes.base import NodeContext, NodeResult, Run
from daemon.builtin_host.nodes.cie_lab import from_lab, to_lab
from daemon.builtin_host.resample import Checkpoint
from daemon.builtin_host.values import Image, Json, NodeFailed

_LEVELS = 256
_TINY = 1e-6
_COLORS = 3
_ROWS = 256
_MIDDLE = np.array([50.0, 0.0, 0.0])

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
    method = _METHODS[inputs["method"]]
    out = np.empty_like(target)
    for number, frame in enumerate(target):
        move = method(sources(number), references(number), context.checkpoint)
        for rows in _strips(frame):
            context.checkpoint()
            out[number, rows] = move(frame[rows], strength)
        context.progress(number + 1, len(target), None)
    return NodeResult((out,))


_Frames = Callable[[int], Image]
_Move = Callable[[Image, float], Image]


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


def _by_deviation(source: Image, reference: Image, checkpoint: Checkpoint) -> _Move:
    mean, spread = _deviation(source, checkpoint)
    wanted_mean, wanted_spread = _deviation(reference, checkpoint)
    return _in_lab(lambda lab: (lab - mean) * (wanted_spread / spread) + wanted_mean)


def _by_covariance(source: Image, reference: Image, checkpoint: Checkpoint) -> _Move:
    mean, spread = _covariance(source, checkpoint)
    wanted_mean, wanted_spread = _covariance(reference, checkpoint)
    linear = _linear_map(spread, wanted_spread).T
    return _in_lab(lambda lab: (lab - mean) @ linear + wanted_mean)


def _by_histogram(source: Image, reference: Image, checkpoint: Checkpoint) -> _Move:
    tables = [
        np.minimum(
            np.searchsorted(
                _shares(reference, channel, checkpoint), _shares(source, channel, checkpoint)
            ),
            _LEVELS - 1,
        ).astype(np.float32)
        / np.float32(_LEVELS - 1)
        for channel in range(_COLORS)
    ]

    def move(part: Image, strength: float) -> Image:
        levels = _level_of(part)
        matched = np.stack([tables[k][levels[..., k]] for k in range(_COLORS)], axis=-1)
        moved = part + (matched - part) * strength
        return moved.clip(0, 1).astype(np.float32, copy=False)

    return move


def _in_lab(change: Callable[[Wide], Wide]) -> _Move:
    def move(part: Image, strength: float) -> Image:
        lab = to_lab(part)
        return from_lab(lab + (change(lab) - lab) * strength).astype(np.float32)

    return move


def _strips(frame: Image) -> Iterator[slice]:
    """Rows of a picture, so that double precision never needs much memory."""
    for top in range(0, frame.shape[0], _ROWS):
        yield slice(top, top + _ROWS)


def _lab_pixels(frames: Image, checkpoint: Checkpoint) -> Iterator[Wide]:
    for frame in frames:
        for rows in _strips(frame):
            checkpoint()
            yield to_lab(frame[rows]).reshape(-1, _COLORS)


def _deviation(frames: Image, checkpoint: Checkpoint) -> Statistics:
    mean, spread = _covariance(frames, checkpoint)
    return mean, np.maximum(np.sqrt(np.maximum(np.diag(spread), 0)), _TINY)


def _covariance(frames: Image, checkpoint: Checkpoint) -> Statistics:
    """In one pass, about a point in the middle of the colours, where little cancels out."""
    count = frames.size // _COLORS
    total, product = np.zeros(_COLORS), np.zeros((_COLORS, _COLORS))
    for part in _lab_pixels(frames, checkpoint):
        moved = part - _MIDDLE
        total += moved.sum(axis=0)
        product += moved.T @ moved
    mean = total / count
    return mean + _MIDDLE, product / count - np.outer(mean, mean)


def _linear_map(spread: Wide, wanted: Wide) -> Wide:
    """T with ``T spread T' = wanted`` that moves colours the least."""
    values, vectors = np.linalg.eigh(spread)
    root = np.maximum(np.sqrt(np.maximum(values, 0)), _TINY)
    forward, back = vectors * root, vectors / root
    inner, axes = np.linalg.eigh(forward.T @ wanted @ forward)
    half = (axes * np.sqrt(np.maximum(inner, 0))) @ axes.T
    return back @ half @ back.T


def _shares(frames: Image, channel: int, checkpoint: Checkpoint) -> npt.NDArray[np.float32]:
    """Share of pixels up to each level, shape (256,)."""
    counts = np.zeros(_LEVELS, np.int64)
    for frame in frames:
        checkpoint()
        counts += np.bincount(_level_of(frame[..., channel]).ravel(), minlength=_LEVELS)
    total = np.cumsum(counts).astype(np.float32)
    return total / total[-1]


def _level_of(values: Image) -> npt.NDArray[np.uint8]:
    return np.clip(values * np.float32(_LEVELS - 1), 0, _LEVELS - 1).astype(np.uint8)


_METHODS: dict[str, Callable[[Image, Image, Checkpoint], _Move]] = {
    "reinhard_lab": _by_deviation,
    "mkl_lab": _by_covariance,
    "histogram": _by_histogram,
}

RUNS: dict[str, Run] = {"ColorTransfer": color_transfer}
