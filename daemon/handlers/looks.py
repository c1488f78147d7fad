"""What a worker does for looks: a photo under many of them, or under one at screen size."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from daemon.decode.display import bgrx
from daemon.decode.screen_color import to_screen
from daemon.decode.thumbnail import fit_preview
from daemon.handlers.context import Context
from daemon.handlers.looking import monitor_profile
from daemon.handlers.lut_files import read_cube
from daemon.imaging.apply import apply_lut
from daemon.protocol.errors import RabbitError
from daemon.tasks import GradesShown, ShowGrades, Task, TaskResult


def show_grades(task: ShowGrades, context: Context) -> tuple[GradesShown, bytes]:
    """Show the photo under each LUT; the pixels stand one after the other."""
    context.checkpoint()
    fitted = fit_preview(task.path, task.max_width_px, task.max_height_px)
    photo = fitted.pixels if not fitted.is_bgrx else fitted.pixels[..., 2::-1]
    pictures: list[bytes] = []
    shown: list[int] = []
    for index, path in enumerate(task.lut_paths):
        context.checkpoint()
        try:
            cube = read_cube(path)
        except RabbitError:
            continue
        graded = apply_lut(np.ascontiguousarray(photo), cube.lut, strength=task.strength)
        monitor = monitor_profile(task.profile_path)
        pictures.append(bgrx(to_screen(graded, fitted.icc, monitor)).tobytes())
        shown.append(index)
    height, width = photo.shape[:2]
    result = GradesShown(
        width_px=width,
        height_px=height,
        shown=tuple(shown),
        source_width_px=fitted.source_width_px,
        source_height_px=fitted.source_height_px,
    )
    return result, b"".join(pictures)


HANDLERS: dict[type[Task], Callable[..., tuple[TaskResult, bytes]]] = {ShowGrades: show_grades}
