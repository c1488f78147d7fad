"""A job's files: those in its work folder, the recipe in its result, the LUT it leaves."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import msgspec

from daemon.edits.outputs import (
    CUBE,
    check_writable,
    cube_target,
    name_file,
    remove_temporary,
)
from daemon.protocol.errors import ErrorKind, RabbitError
from daemon.storage.job_record import JobRecord


class WorkFiles:
    """The names inside a job's work folder; each is complete or absent.

    Attributes:
        folder: The folder itself.
        sent: The small copy that is uploaded.
        clipped: Map of its clipped samples.
        icc: The photo's profile; absent for sRGB.
        edited: What the host made of it, checked.
        cube: The LUT.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.sent = folder / "sent.png"
        self.clipped = folder / "clipped.png"
        self.icc = folder / "photo.icc"
        self.edited = folder / "edited.png"
        self.cube = folder / "grade.cube"


def recipe_of(record: JobRecord) -> str:
    """Return what is embedded in the result: enough to do the same again."""
    return msgspec.json.encode(
        {
            "rabbitviewer": 1,
            "operation": record.operation,
            "prompt": record.prompt,
            "workflow": record.workflow,
            "parameters": record.parameters,
            "seed": record.seed,
            "strength": record.strength,
            "fit": record.fit_mode,
            "lut_size": record.lut_size,
            "ai": record.ai,
        }
    ).decode()


def copy_cube(cube: Path, record: JobRecord) -> bytes:
    """Write the LUT where the user wants it, under a free name; once per job.

    Raises:
        RabbitError: it cannot be written; says where the photo's result is all the same.
    """
    if record.cube_path:
        return record.cube_path
    target = cube_target(record.cube)
    temp = target.temporary(record.job_id)
    try:
        check_writable(target)
        with Path(os.fsdecode(temp)).open("wb") as file:
            file.write(cube.read_bytes())
            file.flush()
            os.fsync(file.fileno())
        return name_file(temp, target, CUBE)
    except (OSError, RabbitError) as error:
        remove_temporary(temp)
        full = isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT)
        raise RabbitError(
            ErrorKind.DISK_FULL if full else ErrorKind.OUTPUT_REFUSED,
            f"The photo was graded, {os.fsdecode(record.result_path)}, but its LUT could not be "
            f"written to {os.fsdecode(record.cube)}: {_reason(error)}.",
            "Free some space or choose another place with --cube.",
        ) from error


def _reason(error: OSError | RabbitError) -> str:
    if isinstance(error, RabbitError):
        return error.info.message.rstrip(".")
    return error.strerror or str(error)
