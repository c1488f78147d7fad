"""What a worker does for the histogram: counts a photo's samples at the size of the screen."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from daemon.decode.display import fitted_size, on_grey, resized
from daemon.decode.photo import read_for_looking, to_8_bit
from daemon.decode.source import open_source
from daemon.handlers.context import Context
from daemon.imaging.tones import count_tones
from daemon.tasks import MeasureTones, Task, TaskResult, TonesMeasured


def tones(task: MeasureTones, context: Context) -> tuple[TonesMeasured, bytes]:
    """Count samples; the blob is four times 256 counts (u32), then a byte per pixel."""
    context.checkpoint()
    with open_source(task.path) as source:
        photo = read_for_looking(
            source, min_width_px=task.max_width_px, min_height_px=task.max_height_px
        )
    context.checkpoint()
    height, width = photo.pixels.shape[:2]
    size = fitted_size(width, height, task.max_width_px, task.max_height_px)
    small = resized(on_grey(to_8_bit(photo.pixels)), *size)
    counted = count_tones(small.astype(np.uint8, copy=False))
    made = TonesMeasured(
        width_px=size[0], height_px=size[1], blown=counted.blown, blocked=counted.blocked
    )
    return made, counted.bins.astype("<u4").tobytes() + counted.clipping.tobytes()


HANDLERS: dict[type[Task], Callable[..., tuple[TaskResult, bytes]]] = {MeasureTones: tones}
