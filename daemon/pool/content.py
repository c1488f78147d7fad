"""Tells whether a slot's photo or mask is another one than a result was made from."""

from __future__ import annotations

import asyncio
import json
import logging
import os
from collections.abc import Callable, Collection, Mapping
from pathlib import Path

from daemon.protocol.errors import ErrorKind, RabbitError
from daemon.storage.pool_files import hash_files
from daemon.storage.pool_state import PoolState, StoredSlot

log = logging.getLogger(__name__)

StaleLookup = Callable[[str, Mapping[str, str]], Collection[str]]
"""Called with a pool's id and the content hash of slots; returns those with an older result."""

_MAX_KNOWN = 20_000
_Seen = tuple[bytes, int, int, bytes, int, int]


class ContentHashes:
    """Hashes of image and mask bytes, worked out once per content, kept in a file of the cache.

    Only slots for which somebody asked once (a result was made) are looked at again by itself.
    """

    def __init__(self, path: Path) -> None:
        """Keep what is known in *path*; it is safe to delete."""
        self._path = path
        self._known: dict[tuple[str, str], tuple[_Seen, str]] | None = None
        self._running: dict[tuple[str, _Seen], asyncio.Task[str]] = {}

    async def of(self, pool_id: str, slot: StoredSlot) -> str:
        """Return the hash of a slot's image and mask.

        Raises:
            RabbitError: one of them cannot be read.
        """
        known = await self._load()
        seen = _seen(slot)
        found = known.get((pool_id, slot.slot))
        if found is not None and found[0] == seen:
            return found[1]
        key = (pool_id, seen)
        task = self._running.get(key)
        if task is None:
            task = asyncio.create_task(asyncio.to_thread(_hash, slot))
            self._running[key] = task
            task.add_done_callback(lambda _: self._running.pop(key, None))
        digest = await asyncio.shield(task)
        known.pop((pool_id, slot.slot), None)
        known[pool_id, slot.slot] = (seen, digest)
        while len(known) > _MAX_KNOWN:
            del known[next(iter(known))]
        await asyncio.to_thread(self._save, dict(known))
        return digest

    async def current(self, state: PoolState) -> dict[str, str]:
        """Return the hashes, as they are now, of those slots for which one was asked before."""
        known = await self._load()
        hashes: dict[str, str] = {}
        for slot in state.slots:
            if (state.pool_id, slot.slot) in known and not slot.missing:
                try:
                    hashes[slot.slot] = await self.of(state.pool_id, slot)
                except RabbitError as error:
                    log.info("%s", error)
        return hashes

    async def _load(self) -> dict[tuple[str, str], tuple[_Seen, str]]:
        if self._known is None:
            loaded = await asyncio.to_thread(self._read)
            if self._known is None:
                self._known = loaded
        return self._known

    def _read(self) -> dict[tuple[str, str], tuple[_Seen, str]]:
        try:
            found = json.loads(self._path.read_bytes())
            return {
                (pool_id, slot): (
                    (os.fsencode(path), size, mtime, os.fsencode(mask), mask_size, mask_mtime),
                    str(digest),
                )
                for pool_id, slot, path, size, mtime, mask, mask_size, mask_mtime, digest in found
            }
        except FileNotFoundError:
            return {}
        except (OSError, ValueError, TypeError) as error:
            log.warning("%s could not be read: %s", self._path, error)
            return {}

    def _save(self, known: dict[tuple[str, str], tuple[_Seen, str]]) -> None:
        rows = [
            (*key, os.fsdecode(seen[0]), *seen[1:3], os.fsdecode(seen[3]), *seen[4:], digest)
            for key, (seen, digest) in known.items()
        ]
        temp = self._path.with_name(self._path.name + f".{os.getpid()}.new")
        try:
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            temp.write_text(json.dumps(rows), "ascii")
            temp.replace(self._path)
        except OSError as error:
            log.warning("%s could not be written: %s", self._path, error)


def _seen(slot: StoredSlot) -> _Seen:
    image = (slot.path, slot.image_size, slot.image_mtime_ns)
    return (*image, slot.mask_file, slot.mask_size, slot.mask_mtime_ns)


def _hash(slot: StoredSlot) -> str:
    try:
        return hash_files(slot.path, slot.mask_file)
    except OSError as error:
        raise RabbitError(
            ErrorKind.UNREADABLE,
            f"{os.fsdecode(slot.path)} or its mask could not be read: {error.strerror}.",
            "Check that its drive is connected.",
        ) from error
