"""What a pool gives to scripts and workflows: always a photo and a mask, and their change hash."""

from __future__ import annotations

import asyncio
import contextlib
import os
import uuid
from collections.abc import Awaitable, Callable
from pathlib import Path

from daemon.pool.sizes import PhotoSizes
from daemon.protocol.errors import ErrorKind, RabbitError
from daemon.protocol.messages import PoolSelect, PoolSelected
from daemon.protocol.peer import Peer
from daemon.render import Priority, RenderManager
from daemon.storage.pool_state import PoolState, StoredSlot, change_hash
from daemon.tasks import WriteMask

Resolve = Callable[[str, str, int], Awaitable[tuple[PoolState, int, StoredSlot | None]]]
FlushMasks = Callable[[str], Awaitable[None]]


class SlotSelector:
    """Answers ``pool_select``; pictures that nobody made are made in a folder of the cache."""

    def __init__(
        self,
        resolve: Resolve,
        flush: FlushMasks,
        render: RenderManager,
        sizes: PhotoSizes,
        folder: Path,
    ) -> None:
        """Prepare.

        Args:
            resolve: Finds pool and slot.
            flush: Saves what is being painted in a pool.
            render: Writes masks.
            sizes: Tells the upright size of a photo.
            folder: For black pictures; safe to delete.
        """
        self._resolve = resolve
        self._flush = flush
        self._render = render
        self._sizes = sizes
        self._folder = folder

    async def select(self, peer: Peer, request: PoolSelect) -> PoolSelected:
        """Tell what the pool gives at an index; of an empty pool one black pixel.

        Raises:
            RabbitError: the photo is missing, its mask is of another size or gone, or the pool
                cannot be read.
        """
        del peer
        state, index, slot = await self._resolve(request.pool, "", request.index)
        if slot is not None:
            await self._flush(state.pool_id)
            state, index, slot = await self._resolve(state.pool_id, "", request.index)
        if slot is None:
            black = await self.zeros(1, 1)
            return PoolSelected(
                pool_id=state.pool_id,
                index=-1,
                count=0,
                label="",
                image=black,
                mask=black,
                painted=False,
                change_hash=change_hash(state, -1),
            )
        if slot.missing:
            raise RabbitError(
                ErrorKind.NOT_FOUND,
                f"Slot {index} of the pool {state.name} has no photo: {slot.problem}",
                "Bring the photo back, or take it out of the pool.",
            )
        if slot.problem:
            raise RabbitError(
                ErrorKind.NOT_FOUND,
                f"Slot {index} of the pool {state.name} has no mask: {slot.problem}",
                "Give the photo another mask, or take the mask away.",
            )
        mask = slot.mask_file
        if mask:
            await self._sizes.check_mask(slot.path, mask)
        else:
            size = await self._sizes.of(slot.path)
            mask = await self.zeros(size.width_px, size.height_px)
        return PoolSelected(
            pool_id=state.pool_id,
            index=index,
            count=len(state.slots),
            label=slot.label,
            image=slot.path,
            mask=mask,
            painted=bool(slot.mask_file),
            change_hash=change_hash(state, index),
            slot=slot.slot,
        )

    async def zeros(self, width_px: int, height_px: int) -> bytes:
        """Return a PNG that is all black, 8-bit gray, of this size."""
        path = os.fsencode(self._folder / f"black-{width_px}x{height_px}.png")
        if await asyncio.to_thread(os.path.isfile, path):
            return path
        await asyncio.to_thread(self._folder.mkdir, mode=0o700, parents=True, exist_ok=True)
        temp = os.fsencode(self._folder / f".{uuid.uuid4().hex}.png")
        task = WriteMask(
            values_path=b"", offset=0, width_px=width_px, height_px=height_px, png_path=temp
        )
        try:
            await self._render.submit(task, priority=Priority.EDIT).result()
            await asyncio.to_thread(os.replace, temp, path)
        finally:
            with contextlib.suppress(OSError):
                await asyncio.to_thread(os.unlink, temp)
        return path
