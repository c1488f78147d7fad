"""Masks that come from picture files, and those that are written to files outside."""

from __future__ import annotations

import asyncio
import errno
import os
from pathlib import Path

from daemon.pool.sizes import PhotoSizes
from daemon.protocol.errors import ErrorKind, RabbitError
from daemon.protocol.messages import PoolSetMask
from daemon.render import Priority, RenderManager
from daemon.storage import pool_paintings
from daemon.storage.pool_state import PoolState, StoredSlot
from daemon.storage.pools import PoolStore
from daemon.tasks import ImportMask, MaskWritten, WriteMask

_AWAY = "Take the mask away"


class MaskFiles:
    """Reads masks from anybody's pictures, writes them as PNG."""

    def __init__(
        self, store: PoolStore, render: RenderManager, sizes: PhotoSizes, drop: Path
    ) -> None:
        """Prepare; *drop* is where clients leave pictures that become the daemon's."""
        self._store = store
        self._render = render
        self._sizes = sizes
        self._drop = os.fsencode(drop)

    def picture(self, path: bytes, *, take: bool) -> bytes:
        """Return a picture's path; one to be taken must lie in the drop folder. Blocks.

        Raises:
            RabbitError: ``invalid_request``.
        """
        plain = bytes(path)
        if not os.path.isabs(plain):
            raise RabbitError(
                ErrorKind.INVALID_REQUEST,
                f"{os.fsdecode(plain)!r} names no file.",
                "Give the whole path of a picture.",
            )
        if take:
            inside = os.path.dirname(plain) == self._drop
            if not inside or os.path.basename(plain) in (b".", b"..") or os.path.islink(plain):
                raise RabbitError(
                    ErrorKind.INVALID_REQUEST,
                    f"{os.fsdecode(plain)} does not lie in the drop folder and is left alone.",
                    "Only files there become the daemon's.",
                )
        return plain

    async def give(
        self, state: PoolState, slot: StoredSlot, request: PoolSetMask
    ) -> tuple[PoolState, tuple[str, ...]]:
        """Give a slot the mask that *request* names, or none; undo takes it back.

        Returns:
            The pool afterwards, and what there is to say about it.

        Raises:
            RabbitError: the picture or the photo cannot be read, or their sizes differ.
        """
        if not request.mask:
            return await self._set(state, slot, None), ()
        path = await asyncio.to_thread(self.picture, request.mask, take=request.take)
        size = await self._sizes.of(slot.path)
        temp = self._store.temporary(state)
        task = ImportMask(
            path=path,
            png_path=temp,
            width_px=size.width_px,
            height_px=size.height_px,
            alpha=request.alpha,
            invert=request.invert,
            resize=request.resize,
        )
        try:
            written, _ = await self._render.submit(task, priority=Priority.EDIT).result()
            empty = isinstance(written, MaskWritten) and written.is_empty
            after = await self._set(state, slot, None if empty else temp)
        finally:
            await asyncio.to_thread(pool_paintings.discard, temp)
        if request.take:
            await asyncio.to_thread(pool_paintings.discard, path)
        if not empty:
            return after, ()
        name = os.fsdecode(os.path.basename(path))
        return after, (f"{name} is all black, so the photo has no mask now.",)

    def check_output(self, output: bytes, state: PoolState) -> None:
        """Refuse a file that no mask of a pool is written to. Blocks.

        Raises:
            RabbitError: ``output_refused``.
        """
        name = os.fsdecode(output)
        if not os.path.isabs(output) or not output.lower().endswith(b".png"):
            raise RabbitError(
                ErrorKind.OUTPUT_REFUSED,
                f"A mask is written as PNG, not as {name!r}.",
                "Give a whole path that ends in .png.",
            )
        if any(_is_same(output, slot.path) for slot in state.slots):
            raise RabbitError(
                ErrorKind.OUTPUT_REFUSED,
                f"{name} is a photo of the pool and is not written over.",
                "Choose another name for the mask.",
            )
        pools = os.path.realpath(os.path.dirname(state.folder))
        if os.path.realpath(output).startswith(pools + os.sep.encode()):
            raise RabbitError(
                ErrorKind.OUTPUT_REFUSED,
                f"{name} lies among the pools themselves.",
                "Choose another folder for the mask.",
            )

    async def write(self, state: PoolState, slot: StoredSlot, output: bytes) -> None:
        """Write a slot's mask, zeros where it has none, as the file *output*.

        Raises:
            RabbitError: it could not be.
        """
        if slot.mask_file:
            await _copy(slot.mask_file, output)
            return
        size = await self._sizes.of(slot.path)
        temp = self._store.temporary(state)
        task = WriteMask(
            values_path=b"",
            offset=0,
            width_px=size.width_px,
            height_px=size.height_px,
            png_path=temp,
        )
        try:
            await self._render.submit(task, priority=Priority.NEAR).result()
            await _copy(temp, output)
        finally:
            await asyncio.to_thread(pool_paintings.discard, temp)

    async def _set(self, state: PoolState, slot: StoredSlot, temp: bytes | None) -> PoolState:
        words = "Set mask" if temp else _AWAY
        return await self._store.set_mask(state.pool_id, slot.slot, temp, words=words)


def _is_same(output: bytes, photo: bytes) -> bool:
    """Return whether two paths name one file; only photos of the same name are looked at."""
    if os.path.normpath(output) == os.path.normpath(photo):
        return True
    if os.path.basename(output).lower() != os.path.basename(photo).lower():
        return False
    try:
        return os.path.samefile(output, photo)
    except OSError:
        return False


async def _copy(source: bytes, target: bytes) -> None:
    try:
        await asyncio.to_thread(pool_paintings.copy_out, source, target)
    except OSError as error:
        full = error.errno in (errno.ENOSPC, errno.EDQUOT)
        raise RabbitError(
            ErrorKind.DISK_FULL if full else ErrorKind.PERMISSION_DENIED,
            f"The mask could not be written as {os.fsdecode(target)}: {error.strerror}.",
            "Free some space there." if full else "Choose a folder that can be written.",
        ) from error
