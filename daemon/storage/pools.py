"""Owns the pools on the disk: every change is made on one thread and durable when it returns."""

from __future__ import annotations

import asyncio
import itertools
import os
import shutil
import time
import uuid
from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

import msgspec

from daemon.protocol.errors import ErrorKind, RabbitError
from daemon.storage.pool_files import explained
from daemon.storage.pool_folder import NewPicture, PoolFolder
from daemon.storage.pool_manifest import Manifest, Reference
from daemon.storage.pool_names import checked_name, usable_name
from daemon.storage.pool_photos import PhotoLook
from daemon.storage.pool_registry import PoolRegistry
from daemon.storage.pool_state import PoolState

_T = TypeVar("_T")


class PoolStore:
    """The pools below one folder; a pool is named by id or name, empty: the current one."""

    def __init__(
        self,
        folder: Path,
        *,
        now: Callable[[], float] = time.time,
        photos: PhotoLook | None = None,
    ) -> None:
        self._registry = PoolRegistry(os.fsencode(folder), now, photos or PhotoLook())
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="pools")
        self._revisions = itertools.count(1)

    async def close(self) -> None:
        """End its thread; what was asked for before is done."""
        self._thread.shutdown(wait=True)

    # ------------------------------------------------------------ reading

    async def get(self, pool: str = "") -> PoolState:
        """Return a pool as it is now; the current one is made where there is none.

        What was repaired in it is not among its problems: that is for those who tell it to a
        client, by :meth:`look` or a change.

        Raises:
            RabbitError: there is none of that name, or it cannot be read.
        """

        def work() -> PoolState:
            self._registry.refresh()
            return self._numbered(self._registry.named(pool).state(self._registry.listed()))

        return await self._run(work)

    async def look(self, pool: str = "") -> PoolState:
        """Return a pool as :meth:`get`, with what was repaired in it since it was last told."""
        return await self._change(pool, lambda _: [])

    def temporary(self, state: PoolState, ending: str = ".png") -> bytes:
        """Return the name of a file in the folder of a pool for what is to become part of it.

        It must be synced when it is handed over; what is left behind is removed at the next start.
        """
        return os.path.join(state.folder, f".{uuid.uuid4().hex}{ending}.rvpart".encode())

    # ------------------------------------------------------------ changing one pool

    async def add(
        self,
        pool: str,
        new: Sequence[Reference | NewPicture],
        *,
        at: int = -1,
        activate: bool = False,
    ) -> PoolState:
        """Put photos in; what does not fit is named in the answer's problems."""
        return await self._change(pool, lambda each: each.add(new, at, activate=activate))

    async def remove(self, pool: str, slots: Sequence[str]) -> PoolState:
        """Take slots out, with their masks."""
        return await self._change(pool, lambda each: each.remove(slots))

    async def activate(self, pool: str, slot: str) -> PoolState:
        """Make a slot the active one."""
        return await self._change(pool, lambda each: each.activate(slot))

    async def label(self, pool: str, slot: str, label: str) -> PoolState:
        """Give a slot a label."""
        return await self._change(pool, lambda each: each.label(slot, label))

    async def move(self, pool: str, slots: Sequence[str], to: int) -> PoolState:
        """Move slots so that the first stands at index *to*."""
        return await self._change(pool, lambda each: each.move(slots, to))

    async def set_mask(
        self, pool: str, slot: str, temp_png: bytes | None, *, words: str = ""
    ) -> PoolState:
        """Give a slot a mask, or none.

        Args:
            pool: The pool.
            slot: The slot.
            temp_png: A synced 8-bit gray PNG, named by :meth:`temporary`; it is renamed. None: the
                mask is taken away.
            words: What the pool's undo takes back; empty: it is not for its undo (what is painted).
        """
        return await self._change(pool, lambda each: each.set_mask(slot, temp_png or b"", words))

    async def undo(self, pool: str, *, redo: bool = False) -> PoolState:
        """Take back the newest step of a pool, or do it again.

        Raises:
            RabbitError: ``nothing_to_undo``.
        """
        return await self._change(pool, lambda each: each.undo(redo=redo))

    async def follow(self, moved: Mapping[bytes, Reference]) -> list[PoolState]:
        """Let photos be found where they are now; return the pools that have one of them.

        Args:
            moved: What is known of each now, by its old path.
        """

        def work() -> list[PoolState]:
            self._registry.refresh()
            changed = [each for each in self._registry.pools.values() if each.follow(moved)]
            return [self._state(each) for each in changed]

        return await self._run(work)

    async def with_photos(self, paths: Collection[bytes]) -> list[PoolState]:
        """Return the pools that have one of the photos *paths*."""

        def work() -> list[PoolState]:
            self._registry.refresh()
            return [
                self._state(pool)
                for pool in self._registry.pools.values()
                if any(each.path in paths for each in pool.references())
            ]

        return await self._run(work)

    async def references(self) -> dict[bytes, Reference]:
        """Return every photo outside that a pool has, by path."""

        def work() -> dict[bytes, Reference]:
            self._registry.refresh()
            return {
                each.path: each
                for pool in self._registry.pools.values()
                for each in pool.references()
            }

        return await self._run(work)

    # ------------------------------------------------------------ the pools themselves

    async def new(self, name: str) -> PoolState:
        """Create an empty pool and make it current; a taken name gets ``(2)``."""

        def work() -> PoolState:
            self._registry.refresh()
            pool = self._registry.create(
                self._registry.free_name(checked_name(name)), lambda _: Manifest()
            )
            self._registry.set_current(pool)
            return self._state(pool)

        return await self._run(work)

    async def use(self, pool: str) -> PoolState:
        """Make a pool the current one."""

        def work() -> PoolState:
            self._registry.refresh()
            found = self._registry.named(pool)
            self._registry.set_current(found)
            return self._state(found)

        return await self._run(work)

    async def rename(self, pool: str, name: str) -> PoolState:
        """Give a pool another name.

        Raises:
            RabbitError: ``already_exists``; another one has it.
        """

        def rename(each: PoolFolder) -> list[str]:
            wanted = checked_name(name)
            others = [other for other in self._registry.pools.values() if other is not each]
            if any(other.name.casefold() == wanted.casefold() for other in others):
                raise RabbitError(
                    ErrorKind.ALREADY_EXISTS,
                    f"There is a pool {wanted} already.",
                    "Choose another name.",
                )
            each.write_name(wanted)
            return []

        return await self._change(pool, rename)

    async def duplicate(self, pool: str, name: str = "") -> PoolState:
        """Copy a pool with masks and labels under a new id; return the copy."""

        def work() -> PoolState:
            self._registry.refresh()
            source = self._registry.named(pool)
            wanted = self._registry.free_name(checked_name(name or source.name))
            return self._state(self._registry.create(wanted, source.copy_into))

        return await self._run(work)

    async def stage(self) -> bytes:
        """Make a folder for the files of a pool to be; :meth:`adopt` makes it one."""

        def work() -> bytes:
            self._registry.refresh()
            return self._registry.stage()

        return await self._run(work)

    async def adopt(self, staged: bytes, name: str, manifest: Manifest) -> PoolState:
        """Make a folder of :meth:`stage`, with synced files, a pool; a taken name gets ``(2)``."""

        def work() -> PoolState:
            self._registry.refresh()
            wanted = self._registry.free_name(usable_name(name))
            return self._state(self._registry.adopt(staged, wanted, manifest))

        return await self._run(work)

    async def give_up(self, staged: bytes) -> None:
        """Remove a folder of :meth:`stage` that does not become a pool."""
        await self._run(lambda: shutil.rmtree(staged, ignore_errors=True))

    async def delete(self, pool: str, discard: Callable[[bytes], None]) -> PoolState:
        """Delete a pool; return the one that is current then.

        Args:
            pool: The pool.
            discard: Puts a folder into the trash; called on the store's thread. Where there is no
                trash, the folder is kept for a week.
        """

        def work() -> PoolState:
            self._registry.refresh()
            found = self._registry.named(pool)
            self._registry.delete(found, discard)
            return self._state(self._registry.current())

        return await self._run(work)

    # ------------------------------------------------------------ on the thread

    async def _run(self, work: Callable[[], _T]) -> _T:
        def explaining() -> _T:
            try:
                return work()
            except OSError as error:
                raise explained(error, "The pool could not be read or written") from error

        return await asyncio.get_running_loop().run_in_executor(self._thread, explaining)

    async def _change(self, pool: str, change: Callable[[PoolFolder], list[str]]) -> PoolState:
        def work() -> PoolState:
            self._registry.refresh()
            found = self._registry.named(pool)
            return self._state(found, change(found))

        return await self._run(work)

    def _state(self, pool: PoolFolder, problems: Sequence[str] = ()) -> PoolState:
        told = [*self._registry.problems(pool), *problems]
        return self._numbered(pool.state(self._registry.listed(), told))

    def _numbered(self, state: PoolState) -> PoolState:
        return msgspec.structs.replace(state, revision=next(self._revisions))
