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

_MASK, _OWN, _LOOK, _PART = "mask.png", "own", "look", ".part"
_PICTURE = "picture-"
SPATIAL = "spatial"
NOT_IN_THE_LUT = (
    "The LUT holds what is the same all over the picture; the part of the grade that varies over "
    "it is not in it."
)


class WorkFiles:
    """The names inside a job's work folder; each is complete or absent.

    Attributes:
        folder: The folder itself.
        mask: The mask as it was when the job began, at full size.
        sent: The small copy that is uploaded.
        clipped: Map of its clipped samples.
        icc: The photo's profile; absent for sRGB.
        edited: What the host made of it, checked.
        cube: The LUT; with it the fit is complete.
        grid: What of the grade varies over the picture, on top of the LUT; absent where nothing.
        look: The LUT of the look that the job applies.
        look_grid: As *grid*, for that.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.mask = folder / _MASK
        self.sent = folder / "sent.png"
        self.clipped = folder / "clipped.png"
        self.icc = folder / "photo.icc"
        self.edited = folder / "edited.png"
        self.cube = folder / "grade.cube"
        self.grid = folder / "grade.grid"
        self.look = folder / f"{_LOOK}.cube"
        self.look_grid = folder / f"{_LOOK}.grid"

    def original(self, record: JobRecord) -> Path:
        """Return the photo: where it lies, or the copy of a picture that a pool owns."""
        photo = Path(os.fsdecode(record.path))
        return self.folder / f"{_OWN}{photo.suffix}" if record.own_picture else photo

    def picture(self, binding: str) -> Path:
        """Return a further picture of the job, ready to be sent: ``reference_1``, ..."""
        return self.folder / f"{_PICTURE}{binding}.png"

    def given(self) -> list[Path]:
        """Return what the job was given and cannot make again: mask, pictures, look."""
        return [file for file in self._files() if _is_given(file)]

    def lut_of(self, record: JobRecord) -> Path:
        """Return the LUT that is applied: of the look, or the fitted one."""
        return self.look if record.applies_look else self.cube

    def is_fitted(self, record: JobRecord) -> bool:
        """Whether the fit of *record* is there with all that it consists of."""
        varies = record.fit is not None and record.fit.model == SPATIAL
        return self.cube.exists() and (not varies or self.grid.exists())

    def give_fit(self, cube: Path, grid: Path | None) -> None:
        """Give a fresh fit its names, the LUT last: where it is, the rest is too."""
        if grid is None:
            self.grid.unlink(missing_ok=True)
        else:
            grid.replace(self.grid)
        cube.replace(self.cube)

    def has_pictures(self) -> bool:
        """Whether what was sent and what came back are still there to be fitted anew."""
        return self.sent.exists() and self.clipped.exists() and self.edited.exists()

    def clear(self) -> None:
        """Remove what the job made; what it was given stays for another try."""
        self._remove_all_but(self.given())

    def keep_grade(self) -> None:
        """Remove what the job made but for its LUT and what belongs to it."""
        self._remove_all_but([*self.given(), *self._grade()])

    def hand_over(self, to: WorkFiles, *, pictures: bool, grade: bool) -> None:
        """Give another try what this one was given, and what it made as far as wanted.

        Args:
            to: Where it goes; this job keeps its own.
            pictures: Also what was sent to the host and what came back.
            grade: Also the fit, where the pictures that it was made of are there.
        """
        given, fit = self.given(), self._grade()
        wanted = list(given)
        if pictures:
            wanted += [file for file in self._files() if file not in (*given, *fit)]
        if grade and self.has_pictures():
            wanted += fit
        if wanted:
            to.folder.mkdir(0o700, parents=True, exist_ok=True)
        for file in wanted:
            if file.suffix != _PART:
                link_or_copy(file, to.folder / file.name)

    def _grade(self) -> list[Path]:
        return [file for file in self._files() if file in (self.cube, self.grid)]

    def _remove_all_but(self, keep: list[Path]) -> None:
        if not keep:
            shutil.rmtree(self.folder, ignore_errors=True)
        for file in self._files():
            if file not in keep:
                file.unlink(missing_ok=True)

    def _files(self) -> list[Path]:
        return list(self.folder.iterdir()) if self.folder.is_dir() else []


def _is_given(file: Path) -> bool:
    is_picture = file.name.startswith(_PICTURE) and file.suffix == ".png"
    return file.name == _MASK or file.stem in (_OWN, _LOOK) or is_picture


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
        **({"look": record.prompt, "look_id": record.look_id} if record.applies_look else {}),
        "prompt": record.prompt,
        **_more_words(record),
        "workflow": record.workflow,
        "parameters": record.parameters,
        "seed": record.seed,
        "strength": record.strength,
        "fit": record.fit_mode,
        "model": record.fit_mode if record.fit is None else record.fit.model,
        "channels": record.channels,
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


def _more_words(record: JobRecord) -> dict[str, object]:
    """Return what else was said, as far as it was."""
    words: dict[str, object] = {
        "prompt_used": record.prompt_used if record.prompt_used != record.prompt else "",
        "negative": record.negative,
        "prompt_2": record.prompt_2,
        "negative_prompt_2": record.negative_prompt_2,
        "images": list(record.images),
    }
    return {name: value for name, value in words.items() if value}


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
