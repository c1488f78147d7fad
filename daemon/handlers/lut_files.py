"""The files beside a photo in a worker: the ``.cube`` of a look, the mask of where it goes."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from daemon.decode import mask_file
from daemon.decode.plain import open_regular
from daemon.handlers.context import Context
from daemon.imaging.cube import Cube, format_cube, parse_cube
from daemon.imaging.lattice import FloatArray
from daemon.protocol.errors import ErrorKind, RabbitError
from daemon.tasks import ConvertLut, LutConverted, Task, TaskResult

_MAX_CUBE_BYTES = 256 << 20
_HEAD_BYTES = 4096
_COMMENT = "Made by RabbitViewer: robust lattice regression, tetrahedral"


def read_mask(path: bytes, width_px: int, height_px: int) -> NDArray[np.uint8]:
    """Read the mask of a photo of that upright size, from a picture of any kind.

    Returns:
        Shape (H, W), uint8; 255 = edit, 0 = keep.

    Raises:
        RabbitError: it cannot be read, or has another size.
    """
    mask = mask_file.read_mask(path)
    mask_file.check_mask_size(mask.shape[1], mask.shape[0], width_px, height_px)
    return mask


def read_cube(path: bytes) -> Cube:
    """Read a LUT.

    Raises:
        RabbitError: it is not there, no ``.cube`` file, too large or damaged; names the line.
    """
    name = os.fsdecode(path)
    with open_regular(path) as file:
        if os.fstat(file.fileno()).st_size > _MAX_CUBE_BYTES:
            raise RabbitError(ErrorKind.UNREADABLE, f"{name} is too large for a LUT.")
        try:
            data = file.read()
        except OSError as error:
            reason = error.strerror or str(error)
            raise RabbitError(ErrorKind.UNREADABLE, f"{name} cannot be read: {reason}.") from error
    if b"\0" in data[:_HEAD_BYTES]:
        raise RabbitError(
            ErrorKind.UNREADABLE, f"{name} is not a .cube file.", "Export the look as .cube first."
        )
    try:
        return parse_cube(data.decode("utf-8", errors="replace"))
    except ValueError as error:
        raise RabbitError(ErrorKind.UNREADABLE, f"The LUT {name} is damaged: {error}.") from error


def write_cube(path: bytes, lut: FloatArray, *, space: str, title: str) -> None:
    """Write a LUT; it is on the disk on return.

    Raises:
        RabbitError: ``disk_full`` or ``permission_denied``.
    """
    text = format_cube(lut, title=title, space=space, comments=(_COMMENT,))
    try:
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        folder = os.fsdecode(os.path.dirname(path))
        if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
            kind, message = ErrorKind.DISK_FULL, f"The disk is full: no LUT fits into {folder}."
        else:
            reason = error.strerror or str(error)
            kind = ErrorKind.PERMISSION_DENIED
            message = f"No LUT can be written into {folder}: {reason}."
        raise RabbitError(kind, message, "Free some space or choose another folder.") from error


def convert_lut(task: ConvertLut, context: Context) -> tuple[LutConverted, bytes]:
    """Write a LUT file as another kind or size."""
    context.checkpoint()
    cube = read_cube(task.source_path)
    write_cube(task.target_path, cube.lut, space=cube.space, title=task.title or cube.title)
    return LutConverted(space=cube.space, size=cube.lut.shape[0], title=task.title), b""


HANDLERS: dict[type[Task], Callable[..., tuple[TaskResult, bytes]]] = {ConvertLut: convert_lut}
