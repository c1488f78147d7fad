"""What a worker does to tell photos that look alike."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from daemon.decode.thumbnail import make_thumbnail
from daemon.handlers.context import Context
from daemon.imaging.perceptual import perceptual_hash, sharpness
from daemon.tasks import HashPhoto, PhotoHashed, Task, TaskResult

SIDE_PX = 1024
_BGR_LUMA = np.array([0.114, 0.587, 0.299], dtype=np.float32)


def hash_photo(task: HashPhoto, context: Context) -> tuple[PhotoHashed, bytes]:
    """Work out hash and sharpness of a photo, upright and in sRGB, at one size for all."""
    context.checkpoint()
    picture = make_thumbnail(task.path, SIDE_PX)
    luma = picture.pixels[..., :3] @ _BGR_LUMA
    result = PhotoHashed(
        perceptual_hash=perceptual_hash(luma),
        sharpness=sharpness(luma),
        pixels=picture.source_width_px * picture.source_height_px,
    )
    return result, b""


HANDLERS: dict[type[Task], Callable[..., tuple[TaskResult, bytes]]] = {HashPhoto: hash_photo}
