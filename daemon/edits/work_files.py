"""A job's files: those in its work folder, the recipe in its result, the LUT it leaves."""

from __future__ import annotations

import errno
import os
import shutil
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

_MASK, _OWN = "mask.png", "own"


class WorkFiles:
    """The names inside a job's work folder; each is complete or absent.

    Attributes:
        folder: The folder itself.
        mask: The mask as it was when the job began, at full size.
        sent: The small copy that is uploaded.
        clipped: Map of its clipped samples.
        icc: The photo's profile; absent for sRGB.
        edited: What the host made of it, checked.
        cube: The LUT.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.mask = folder / _MASK
        self.sent = folder / "sent.png"
        self.clipped = folder / "clipped.png"
        self.icc = folder / "photo.icc"
        self.edited = folder / "edited.png"
        self.cube = folder / "grade.cube"

    def original(self, record: JobRecord) -> Path:
        """Return the photo: where it lies, or the copy of a picture that a pool owns."""
        photo = Path(os.fsdecode(record.path))
        return self.folder / f"{_OWN}{photo.suffix}" if record.own_picture else photo

    def given(self) -> list[Path]:
        """Return what the job was given and cannot make again: mask and own picture."""
        return [file for file in self._files() if file.name == _MASK or file.stem == _OWN]

    def clear(self) -> None:
        """Remove what the job made; what it was given stays for another try."""
        keep = self.given()
        if not keep:
            shutil.rmtree(self.folder, ignore_errors=True)
        for file in self._files():
            if file not in keep:
                file.unlink(missing_ok=True)

    def hand_over(self, to: WorkFiles, *, everything: bool) -> None:
        """Give another try what this one was given and, with *everything*, what it made."""
        given = self.given()
        files = self._files() if everything else given
        if files:
            to.folder.mkdir(0o700, parents=True, exist_ok=True)
        for file in files:
            if file in given:
                link_or_copy(file, to.folder / file.name)
            else:
                file.rename(to.folder / file.name)

    def _files(self) -> list[Path]:
        return list(self.folder.iterdir()) if self.folder.is_dir() else []


def link_or_copy(source: Path, target: Path) -> None:
    """Have the present content of *source* at *target* too, whatever becomes of its name."""
    try:
        os.link(source, target)
    except OSError:
        part = target.with_name(target.name + ".part")
        shutil.copyfile(source, part)
        part.replace(target)


def recipe_of(record: JobRecord) -> str:
    """Return what is embedded in the result: enough to do the same again."""
    recipe: dict[str, object] = {
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
    if record.pool_id:
        recipe["pool"] = {
            "pool_id": record.pool_id,
            "index": record.index,
            "slot": record.slot,
        }
    if record.mask is not None:
        recipe["mask"] = {
            "width": record.mask.width_px,
            "height": record.mask.height_px,
            "box": record.mask.box,
            "blake2b": record.mask.digest,
            "resized": record.mask.resized,
        }
    return msgspec.json.encode(recipe).decode()


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
