"""What a worker does with a picture that a host sent as a result: it reads all of it."""

from __future__ import annotations

from collections.abc import Callable

from daemon.decode.host_picture import Expected, accept_picture
from daemon.handlers.context import Context
from daemon.tasks import CheckImage, PixelsMade, Task, TaskResult


def check_image(task: CheckImage, context: Context) -> tuple[PixelsMade, bytes]:
    """Decode a host's picture completely and leave a plain PNG in its place."""
    context.checkpoint()
    expected = Expected(task.host, task.sent_path, task.sent_size, task.graded, task.origin)
    height, width = accept_picture(task.path, expected).shape[:2]
    made = PixelsMade(
        width_px=width, height_px=height, source_width_px=width, source_height_px=height
    )
    return made, b""


HANDLERS: dict[type[Task], Callable[..., tuple[TaskResult, bytes]]] = {CheckImage: check_image}
