"""What a worker does with LUT files for their own sake: writing them as another kind or size."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

from daemon.handlers.context import Context
from daemon.handlers.lut_files import read_lut, write_hald, write_synced
from daemon.handlers.lut_tables import keep_table
from daemon.imaging.cube import Cube, format_file
from daemon.imaging.exact import bake, baking_error
from daemon.imaging.hald import nearest_level
from daemon.tasks import ConvertLut, LutConverted, Task, TaskResult

_BAKED = 65
_SAYS_ERROR = 0.05
_CONVERTED = "Written by RabbitViewer, tetrahedral"
_SQUARE = "A Hald CLUT has a square of nodes a side: {} instead of {}."
_SAMPLED = (
    "The LUT was sampled at {} nodes a side; between them its colours differ by up to {:.1f} "
    "levels of 255."
)


def convert_lut(task: ConvertLut, context: Context) -> tuple[LutConverted, bytes]:
    """Write a LUT file as another kind or size."""
    context.checkpoint()
    cube, notes = read_lut(task.source_path)
    cube = dataclasses.replace(cube, title=task.title or cube.title)
    context.checkpoint(0.4)
    if task.hald:
        wanted = task.size or (cube.lut.shape[0] if cube.shaper is None else _BAKED)
        size = nearest_level(wanted) ** 2
        notes += (_SQUARE.format(size, wanted),) if size != wanted else ()
        cube, more = _sampled(cube, size)
        notes += more
    elif task.size and task.size != cube.size:
        cube, more = _sampled(cube, task.size)
        notes += more
    context.checkpoint(0.8)
    if task.hald:
        notes += write_hald(task.target_path, cube)
    else:
        write_synced(task.target_path, format_file(cube, (_CONVERTED,)).encode())
    if task.tables:
        keep_table(cube, task.target_path, task.tables)
    converted = LutConverted(space=cube.space, size=cube.size, title=cube.title, notes=notes)
    return converted, b""


def _sampled(cube: Cube, size: int) -> tuple[Cube, tuple[str, ...]]:
    """Return a plain lattice of *size* nodes a side, and how far it is off."""
    if cube.shaper is None and size == cube.lut.shape[0]:
        return cube, ()
    lut = bake(cube.lut, cube.shaper, size)
    error = baking_error(cube.lut, cube.shaper, lut)
    notes = (_SAMPLED.format(size, error),) if error >= _SAYS_ERROR else ()
    return Cube(lut, cube.space, cube.title), notes


HANDLERS: dict[type[Task], Callable[..., tuple[TaskResult, bytes]]] = {ConvertLut: convert_lut}
