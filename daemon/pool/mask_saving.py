"""Turns what was painted into the mask of a slot, or keeps it aside where it fits no longer."""

from __future__ import annotations

import asyncio
import logging
import os

import msgspec

from daemon.pool.sizes import PhotoSizes
from daemon.protocol.errors import ErrorKind, RabbitError
from daemon.render import Priority, RenderManager, of_kind
from daemon.storage import pool_paintings
from daemon.storage.pool_paintings import HEADER_BYTES, Painting
from daemon.storage.pool_state import PoolState, StoredSlot
from daemon.storage.pools import PoolStore
from daemon.tasks import MaskWritten, WriteMask

log = logging.getLogger(__name__)


class Saved(msgspec.Struct, frozen=True):
    """What became of a painting.

    Attributes:
        state: The pool afterwards.
        aside: Empty, or why it is not the slot's mask and where it is kept, a sentence.
    """

    state: PoolState
    aside: str = ""


class MaskSaver:
    """Writes masks of pools."""

    def __init__(self, store: PoolStore, render: RenderManager, sizes: PhotoSizes) -> None:
        self._store = store
        self._render = render
        self._sizes = sizes

    async def save(self, pool_id: str, slot: str, values: bytes, painting: Painting) -> Saved:
        """Write the values of the painting *values* as a slot's mask.

        They may change meanwhile. A mask that is all black is none. One that is what the slot has
        already changes nothing. One whose photo has another size now, or whose slot is gone, is
        kept aside.

        Raises:
            RabbitError: it could not be written; the painting is untouched.
        """
        state = await self._store.get(pool_id)
        temp = self._store.temporary(state)
        try:
            written = await self._write(values, painting, temp)
            at = state.index_of(slot)
            if at < 0:
                why = f"{slot} is not in the pool {state.name} any more"
                return Saved(state, await self._aside(state, slot, temp, written, why))
            found = state.slots[at]
            if other := await self._other_size(found, painting):
                return Saved(state, await self._aside(state, slot, temp, written, other))
            return Saved(await self._set(state, found, temp, written))
        finally:
            await asyncio.to_thread(pool_paintings.discard, temp)

    async def _set(
        self, state: PoolState, slot: StoredSlot, temp: bytes, written: MaskWritten
    ) -> PoolState:
        if written.is_empty:
            if not slot.mask_file:
                return state
            return await self._store.set_mask(state.pool_id, slot.slot, None)
        old = slot.mask_file
        if old and await asyncio.to_thread(pool_paintings.is_same_file, temp, old):
            return state
        return await self._store.set_mask(state.pool_id, slot.slot, temp)

    async def _write(self, values: bytes, painting: Painting, temp: bytes) -> MaskWritten:
        task = WriteMask(
            values_path=values,
            offset=HEADER_BYTES,
            width_px=painting.width_px,
            height_px=painting.height_px,
            png_path=temp,
        )
        result, _ = await self._render.submit(task, priority=Priority.NEAR).result()
        return of_kind(result, MaskWritten)

    async def _other_size(self, slot: StoredSlot, painting: Painting) -> str:
        """Return in words that the photo has not the painting's size; empty: it has."""
        size = await self._sizes.if_there(slot.path)
        if size is None or (size.width_px, size.height_px) == (
            painting.width_px,
            painting.height_px,
        ):
            return ""
        return (
            f"{os.fsdecode(slot.path)} is {size.width_px} x {size.height_px} pixels now, "
            f"the mask was painted for {painting.width_px} x {painting.height_px}"
        )

    async def _aside(
        self, state: PoolState, slot: str, temp: bytes, written: MaskWritten, why: str
    ) -> str:
        if written.is_empty:
            return f"{why}; nothing was painted."
        try:
            kept = await asyncio.to_thread(pool_paintings.put_aside, state.folder, slot, temp)
        except OSError as error:
            raise RabbitError(
                ErrorKind.PERMISSION_DENIED,
                f"{why}, and its mask could not be kept aside: {error.strerror}.",
                "Check the disk that the pools are on.",
            ) from error
        log.warning("%s; it is kept as %s", why, os.fsdecode(kept))
        return f"{why}; it is kept as {os.fsdecode(kept)}."
