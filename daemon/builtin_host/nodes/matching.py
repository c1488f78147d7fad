"""Makes pictures and masks fit each other: channels, sizes, lengths of batches."""

from __future__ import annotations

import numpy as np

from daemon.builtin_host.resample import Checkpoint, crop_to_aspect, resize
from daemon.builtin_host.values import Image, NodeFailed, require_size


def require_same_size(images: list[Image], *, but_in: int) -> None:
    """Refuse pictures (B, H, W, C) that differ in another dimension than *but_in*."""
    for number, image in enumerate(images):
        for axis, (expected, got) in enumerate(zip(images[0].shape, image.shape, strict=True)):
            if axis != but_in and expected != got:
                raise NodeFailed(
                    f"Sizes of tensors must match except in dimension {but_in}. Expected size "
                    f"{expected} but got size {got} for tensor number {number} in the list.",
                    "RuntimeError",
                )


def with_channels(image: Image, channels: int) -> Image:
    """*image* with so many channels: the last ones cut off, or opaque ones added."""
    missing = channels - image.shape[-1]
    if missing <= 0:
        return image[..., :channels]
    ones = np.ones((*image.shape[:-1], missing), np.float32)
    return np.concatenate([image, ones], axis=-1)


def repeat_all(batch: Image, count: int) -> Image:
    """The first *count* of a batch that starts again at its end; masks as well."""
    if batch.shape[0] >= count:
        return batch[:count]
    require_size(count, batch.shape[1], batch.shape[2], batch[0, 0, 0].size)
    times = -(-count // batch.shape[0])
    return np.concatenate([batch] * times)[:count]


def repeat_last(batch: Image, count: int) -> Image:
    """A batch of *count*, its last one repeated."""
    missing = count - batch.shape[0]
    if missing <= 0:
        return batch
    return np.concatenate([batch, np.repeat(batch[-1:], missing, axis=0)])


def like_first(first: Image, second: Image, checkpoint: Checkpoint) -> Image:
    """*second* in the size of *first*: bilinear, cut to its aspect in the centre."""
    height_px, width_px = first.shape[1:3]
    if second.shape[1:3] == (height_px, width_px):
        return second
    cropped = crop_to_aspect(second, width_px, height_px)
    return resize(cropped, width_px, height_px, "bilinear", checkpoint)
