"""The mask of a job: copied into its work folder and looked at before anything is sent."""

from __future__ import annotations

import asyncio
import hashlib
import os
import stat
from pathlib import Path
from typing import TypeVar

from daemon.protocol.errors import EMPTY_MASK, ErrorKind, RabbitError
from daemon.render import Priority, RenderManager, of_kind
from daemon.storage.job_record import MaskFacts
from daemon.tasks import (
    AnyTask,
    CheckMask,
    ImportMask,
    MaskChecked,
    MaskWritten,
    PhotoInfoRead,
    ReadPhotoInfo,
)

MAX_MASK_BYTES = 1 << 30
_BLOCK_BYTES = 1 << 20
_DIGEST_BYTES = 16

_R = TypeVar("_R", MaskChecked, MaskWritten, PhotoInfoRead)


class JobMasks:
    """Takes masks for jobs; what becomes of the file afterwards never changes the job."""

    def __init__(self, render: RenderManager) -> None:
        self._render = render

    async def take(
        self, source: bytes, photo: bytes, target: Path, *, resize: bool = False
    ) -> MaskFacts:
        """Copy a mask to *target* and make sure that an edit of *photo* can use it.

        Args:
            source: The mask's file.
            photo: The photo it is for.
            target: Where the copy goes; its folder exists.
            resize: Fit a mask of another size.

        Raises:
            RabbitError: ``invalid_request`` for an all-black mask or one of another size (both are
                named); else what is wrong with the file.
        """
        size = await self._upright_size(photo)
        digest = await asyncio.to_thread(_copy, source, target)
        seen = await self._look(source, target, (0, 0) if resize else size)
        if seen.is_empty:
            raise RabbitError.from_info(EMPTY_MASK)
        resized = (seen.width_px, seen.height_px) != size
        if resized:
            seen = await self._fit(target, size)
            digest = await asyncio.to_thread(_digest, target)
        return MaskFacts(
            width_px=seen.width_px,
            height_px=seen.height_px,
            box=seen.box,
            digest=digest,
            resized=resized,
        )

    async def _look(self, source: bytes, copy: Path, size: tuple[int, int]) -> MaskChecked:
        """Have a worker read the copy; a failure names the file that the user knows."""
        wanted = CheckMask(path=os.fsencode(copy), width_px=size[0], height_px=size[1])
        try:
            return await self._ask(wanted, MaskChecked)
        except RabbitError as error:
            info = error.info
            named = info.message.replace(str(copy), os.fsdecode(source))
            raise RabbitError(info.kind, named, info.hint, info.context) from error

    async def _fit(self, mask: Path, size: tuple[int, int]) -> MaskChecked:
        """Bring the copy to the photo's size."""
        fresh = mask.with_name(mask.name + ".part")
        wanted = ImportMask(
            path=os.fsencode(mask),
            png_path=os.fsencode(fresh),
            width_px=size[0],
            height_px=size[1],
            resize=True,
        )
        await self._ask(wanted, MaskWritten)
        await asyncio.to_thread(fresh.replace, mask)
        seen = await self._ask(CheckMask(path=os.fsencode(mask), generation=1), MaskChecked)
        if seen.is_empty:
            raise RabbitError.from_info(EMPTY_MASK)
        return seen

    async def _upright_size(self, photo: bytes) -> tuple[int, int]:
        info = await self._ask(ReadPhotoInfo(path=photo), PhotoInfoRead)
        return info.width_px, info.height_px

    async def _ask(self, task: AnyTask, kind: type[_R]) -> _R:
        result, _ = await self._render.submit(task, priority=Priority.NEAR).result()
        return of_kind(result, kind)


def _copy(source: bytes, target: Path) -> str:
    """Copy a regular file, durably; returns its digest."""
    name = os.fsdecode(source)
    flags = os.O_RDONLY
    for flag in ("O_NONBLOCK", "O_CLOEXEC", "O_NOCTTY", "O_BINARY"):
        flags |= getattr(os, flag, 0)
    try:
        handle = os.open(source, flags)
    except (FileNotFoundError, NotADirectoryError) as error:
        hint = "It may have been moved or renamed."
        raise RabbitError(ErrorKind.NOT_FOUND, f"There is no mask {name}.", hint) from error
    except (OSError, ValueError) as error:
        reason = (error.strerror if isinstance(error, OSError) else "") or str(error)
        problem = f"The mask {name} cannot be opened: {reason}."
        raise RabbitError(ErrorKind.PERMISSION_DENIED, problem) from error
    digest = hashlib.blake2b(digest_size=_DIGEST_BYTES)
    status = os.fstat(handle)
    if not stat.S_ISREG(status.st_mode):
        os.close(handle)
        problem = f"The mask {name} is a folder, pipe or device."
        raise RabbitError(ErrorKind.INVALID_REQUEST, problem, "Name a picture file.")
    with os.fdopen(handle, "rb") as stream:
        if status.st_size > MAX_MASK_BYTES:
            raise RabbitError(ErrorKind.UNREADABLE, f"{name} is too large for a mask.")
        with target.open("wb") as copy:
            while block := stream.read(_BLOCK_BYTES):
                digest.update(block)
                copy.write(block)
            copy.flush()
            os.fsync(copy.fileno())
    return digest.hexdigest()


def _digest(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(
            stream, lambda: hashlib.blake2b(digest_size=_DIGEST_BYTES)
        ).hexdigest()
