"""How large the photos of pools are: the upright size that their masks have."""

from __future__ import annotations

import asyncio
import os
from collections import OrderedDict

import msgspec

from daemon.protocol.errors import ErrorKind, RabbitError
from daemon.render import Priority, RenderManager, of_kind
from daemon.tasks import PhotoInfoRead, ReadPhotoInfo

_KEPT = 1024


class PhotoSize(msgspec.Struct, frozen=True):
    """A photo's size and which content of its file has it.

    Attributes:
        width_px: Upright.
        height_px: Upright.
        size_bytes: Of the file.
        mtime_ns: Of the file.
    """

    width_px: int
    height_px: int
    size_bytes: int
    mtime_ns: int


class PhotoSizes:
    """Asks a worker for the size of a photo, once for every content of its file."""

    def __init__(self, render: RenderManager) -> None:
        self._render = render
        self._known: OrderedDict[bytes, PhotoSize] = OrderedDict()

    async def of(self, path: bytes) -> PhotoSize:
        """Return the upright size of the photo *path*.

        Raises:
            RabbitError: it is not there, may not be read, or is no photo that has a mask.
        """
        try:
            found = await asyncio.to_thread(os.stat, path)
        except OSError as error:
            raise _not_there(path, error) from error
        known = self._known.get(path)
        if known and (known.size_bytes, known.mtime_ns) == (found.st_size, found.st_mtime_ns):
            self._known.move_to_end(path)
            return known
        asked = self._render.submit(ReadPhotoInfo(path=path), priority=Priority.VISIBLE)
        info = of_kind((await asked.result())[0], PhotoInfoRead)
        if info.format == "video":
            raise RabbitError(
                ErrorKind.UNSUPPORTED_FORMAT,
                f"{os.fsdecode(path)} is a video; only photos have masks.",
                "Choose a photo.",
            )
        size = PhotoSize(info.width_px, info.height_px, found.st_size, found.st_mtime_ns)
        self._known[path] = size
        while len(self._known) > _KEPT:
            self._known.popitem(last=False)
        return size

    async def check_mask(self, photo: bytes, mask: bytes) -> None:
        """Make sure that a mask in a pool's folder has the size of its photo.

        Raises:
            RabbitError: ``invalid_request``, both sizes are named; or one of them cannot be read.
        """
        has, wanted = await self.of(mask), await self.of(photo)
        if (has.width_px, has.height_px) != (wanted.width_px, wanted.height_px):
            raise RabbitError(
                ErrorKind.INVALID_REQUEST,
                f"The mask of {os.fsdecode(photo)} is {has.width_px} x {has.height_px} pixels, "
                f"the photo {wanted.width_px} x {wanted.height_px}.",
                "One of them was changed by another program; give the photo another mask.",
            )

    async def if_there(self, path: bytes) -> PhotoSize | None:
        """Return the size of a photo as :meth:`of`; None: it cannot be read now."""
        try:
            return await self.of(path)
        except RabbitError:
            return None


def _not_there(path: bytes, error: OSError) -> RabbitError:
    name = os.fsdecode(path)
    if isinstance(error, PermissionError):
        return RabbitError(
            ErrorKind.PERMISSION_DENIED,
            f"{name} may not be read by this user.",
            "Change its permissions.",
        )
    return RabbitError(
        ErrorKind.NOT_FOUND,
        f"The photo {name} is not there, so its size and mask cannot be told.",
        "Bring it back, or take it out of the pool.",
    )
