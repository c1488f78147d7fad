"""What a worker does to turn a photo without loss."""

from __future__ import annotations

from collections.abc import Callable

from daemon.decode.turn import write_turned
from daemon.handlers.context import Context
from daemon.tasks import PhotoTurned, Task, TaskResult, TurnPhoto


def turn_photo(task: TurnPhoto, context: Context) -> tuple[PhotoTurned, bytes]:
    """Write the turned photo beside the old one; the daemon gives it its name."""
    orientation = write_turned(task.path, task.turn, task.temp_path, context.checkpoint)
    return PhotoTurned(orientation=orientation), b""


HANDLERS: dict[type[Task], Callable[..., tuple[TaskResult, bytes]]] = {TurnPhoto: turn_photo}
