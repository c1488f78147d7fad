"""Resizing as PyTorch's ``interpolate`` defines it (no antialias), and Lanczos through Pillow.

Every method but Lanczos is separable and is described by taps: for each output position the input
positions it reads and their weights. Coordinates are half-pixel centred (``align_corners=False``).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PIL import Image as PillowImage

from daemon.builtin_host.values import Image, require_size

METHODS = ("nearest-exact", "bilinear", "area", "bicubic", "lanczos")
_BICUBIC_A = np.float32(-0.75)

Checkpoint = Callable[[], None]


@dataclass(frozen=True)
class Taps:
    """Weights of one axis: ``out[i] = sum_k weight[i, k] * in[index[i, k]]``.

    Attributes:
        index: Shape (out, k), int64, inside the input.
        weight: Shape (out, k), float32.
    """

    index: npt.NDArray[np.int64]
    weight: npt.NDArray[np.float32]


def resize(
    image: Image, width_px: int, height_px: int, method: str, checkpoint: Checkpoint
) -> Image:
    """Resize a batch.

    Args:
        image: Shape (B, H, W, C), float32.
        width_px: New width, at least 1.
        height_px: New height, at least 1.
        method: One of ``METHODS``.
        checkpoint: Called between pieces of work; raises to stop.

    Returns:
        Shape (B, height_px, width_px, C), float32; bicubic may leave 0..1.

    Raises:
        NodeFailed: the result would not fit the host's memory.
        KeyError: unknown method.
    """
    require_size(image.shape[0], height_px, width_px, image.shape[3])
    if method == "lanczos":
        return _resize_lanczos(image, width_px, height_px, checkpoint)
    taps_of = _TAPS[method]
    out = _apply(image, taps_of(image.shape[1], height_px), 1, checkpoint)
    return _apply(out, taps_of(image.shape[2], width_px), 2, checkpoint)


def resize_mask(mask: Image, width_px: int, height_px: int, checkpoint: Checkpoint) -> Image:
    """Resize masks (B, H, W) bilinearly."""
    return resize(mask[..., None], width_px, height_px, "bilinear", checkpoint)[..., 0]


def crop_to_aspect(image: Image, width_px: int, height_px: int) -> Image:
    """Cut the centre of a batch to the aspect of ``width_px`` x ``height_px``."""
    old_height, old_width = image.shape[1:3]
    old_aspect, new_aspect = old_width / old_height, width_px / height_px
    column = row = 0
    if old_aspect > new_aspect:
        column = round((old_width - old_width * (new_aspect / old_aspect)) / 2)
    elif old_aspect < new_aspect:
        row = round((old_height - old_height * (old_aspect / new_aspect)) / 2)
    return image[:, row : old_height - row, column : old_width - column]


def to_8_bit(image: Image) -> npt.NDArray[np.uint8]:
    """Quantise as the real server does: clip and truncate, never round."""
    return np.clip(np.float32(255.0) * image, 0, 255).astype(np.uint8)


def _apply(image: Image, taps: Taps, axis: int, checkpoint: Checkpoint) -> Image:
    shape = [-1 if a == axis else 1 for a in range(4)]
    if taps.index.shape[1] == 1:
        return np.take(image, taps.index[:, 0], axis=axis)
    size = list(image.shape)
    size[axis] = taps.index.shape[0]
    out = np.zeros(size, np.float32)
    for k in range(taps.index.shape[1]):
        checkpoint()
        out += np.take(image, taps.index[:, k], axis=axis) * taps.weight[:, k].reshape(shape)
    return out


def _centres(old: int, new: int) -> npt.NDArray[np.float32]:
    scale = np.float32(old) / np.float32(new)
    return (np.arange(new, dtype=np.float32) + np.float32(0.5)) * scale


def _nearest_exact(old: int, new: int) -> Taps:
    index = np.minimum(np.floor(_centres(old, new)).astype(np.int64), old - 1)
    return Taps(index[:, None], np.ones((new, 1), np.float32))


def _bilinear(old: int, new: int) -> Taps:
    position = np.maximum(_centres(old, new) - np.float32(0.5), 0)
    first = np.minimum(position.astype(np.int64), old - 1)
    second = np.minimum(first + 1, old - 1)
    share = position - first.astype(np.float32)
    return Taps(np.stack([first, second], 1), np.stack([1 - share, share], 1))


def _bicubic(old: int, new: int) -> Taps:
    position = _centres(old, new) - np.float32(0.5)
    base = np.floor(position)
    share = position - base
    index = np.clip(base.astype(np.int64)[:, None] + np.arange(-1, 3), 0, old - 1)
    weight = np.stack([_far(share + 1), _near(share), _near(1 - share), _far(2 - share)], 1)
    return Taps(index, weight)


def _near(x: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    return ((_BICUBIC_A + 2) * x - (_BICUBIC_A + 3)) * x * x + 1


def _far(x: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    return ((_BICUBIC_A * x - 5 * _BICUBIC_A) * x + 8 * _BICUBIC_A) * x - 4 * _BICUBIC_A


def _area(old: int, new: int) -> Taps:
    out = np.arange(new, dtype=np.int64)
    start = (out * old) // new
    stop = -((-(out + 1) * old) // new)
    length = stop - start
    offsets = np.arange(length.max())
    used = offsets[None, :] < length[:, None]
    index = np.minimum(start[:, None] + offsets, old - 1)
    return Taps(index, (used / length[:, None]).astype(np.float32))


_TAPS: dict[str, Callable[[int, int], Taps]] = {
    "nearest-exact": _nearest_exact,
    "bilinear": _bilinear,
    "area": _area,
    "bicubic": _bicubic,
}


def _resize_lanczos(image: Image, width_px: int, height_px: int, checkpoint: Checkpoint) -> Image:
    out = np.empty((image.shape[0], height_px, width_px, image.shape[3]), np.float32)
    for number, picture in enumerate(to_8_bit(image)):
        checkpoint()
        squeezed = picture[..., 0] if picture.shape[-1] == 1 else picture
        small = PillowImage.fromarray(squeezed).resize(
            (width_px, height_px), PillowImage.Resampling.LANCZOS
        )
        pixels = np.asarray(small, np.float32) / np.float32(255.0)
        out[number] = pixels.reshape(out.shape[1:])
    return out
