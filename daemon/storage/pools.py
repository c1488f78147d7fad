"""Owns the pools on the disk: every change is made on one thread and durable when it returns."""

from __future__ import annotations

import asyncio
import itertools
import json
import logging
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
from daemon.protocol.values import PoolInfo
from daemon.storage.pool_files import (
    KEEP_REMOVED_S,
    NotPlainError,
    explained,
    make_folder,
    read_plain,
    sync_folder,
    write_durably,
)
from daemon.storage.pool_folder import NewPicture, PoolFolder
from daemon.storage.pool_manifest import MANIFEST, Manifest, Reference, format_manifest
from daemon.storage.pool_photos import PhotoLook
from daemon.storage.pool_state import PoolState

log = logging.getLogger(__name__)

_T = TypeVar("_T")

CURRENT_FILE = b"current.json"
FIRST_NAME = "Pool"
MAX_POOLS = 200
MAX_NAME = 100
_MAX_CURRENT_BYTES = 64 << 10
_STAGED = b".new-"
_DELETED = ".deleted-"


class PoolStore:
    """The pools below one folder; a pool is named by id or name, empty: the current one."""

    def __init__(
        self,
        folder: Path,
        *,
        now: Callable[[], float] = time.time,
        photos: PhotoLook | None = None,
    ) -> None:
        self._folder = os.fsencode(folder)
        self._now = now
        self._photos = PhotoLook() if photos is None else photos
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="pools")
        self._pools: dict[str, PoolFolder] = {}
        self._broken: set[str] = set()
        self._found: list[str] = []
        self._revisions = itertools.count(1)
        self._seen_before = False

    async def close(self) -> None:
        """End its thread; what was asked for before is done."""
        self._thread.shutdown(wait=True)

    # ------------------------------------------------------------ reading

    async def get(self, pool: str = "") -> PoolState:
        """Return a pool as it is now; the current one is made where there is none.

        Raises:
            RabbitError: there is none of that name, or it cannot be read.
        """
        return await self._change(pool, lambda _: [])

    async def infos(self) -> tuple[PoolInfo, ...]:
        """Return all pools, by name."""
        return await self._run(self._listed)

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
            self._refresh()
            changed = [each for each in self._pools.values() if each.follow(moved)]
            return [self._state(each) for each in changed]

        return await self._run(work)

    async def with_photos(self, paths: Collection[bytes]) -> list[PoolState]:
        """Return the pools that have one of the photos *paths*."""

        def work() -> list[PoolState]:
            self._refresh()
            return [
                self._state(pool)
                for pool in self._pools.values()
                if any(each.path in paths for each in pool.references())
            ]

        return await self._run(work)

    async def references(self) -> dict[bytes, Reference]:
        """Return every photo outside that a pool has, by path."""

        def work() -> dict[bytes, Reference]:
            self._refresh()
            return {each.path: each for pool in self._pools.values() for each in pool.references()}

        return await self._run(work)

    # ------------------------------------------------------------ the pools themselves

    async def new(self, name: str) -> PoolState:
        """Create an empty pool and make it current; a taken name gets ``(2)``."""

        def work() -> PoolState:
            self._refresh()
            pool = self._create(self._free_name(_checked_name(name)), lambda _: Manifest())
            self._set_current(pool)
            return self._state(pool)

        return await self._run(work)

    async def use(self, pool: str) -> PoolState:
        """Make a pool the current one."""

        def work() -> PoolState:
            self._refresh()
            found = self._named(pool)
            self._set_current(found)
            return self._state(found)

        return await self._run(work)

    async def rename(self, pool: str, name: str) -> PoolState:
        """Give a pool another name.

        Raises:
            RabbitError: ``already_exists``; another one has it.
        """

        def rename(each: PoolFolder) -> list[str]:
            wanted = _checked_name(name)
            others = [other for other in self._pools.values() if other is not each]
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
            self._refresh()
            source = self._named(pool)
            wanted = self._free_name(_checked_name(name or source.name))
            return self._state(self._create(wanted, source.copy_into))

        return await self._run(work)

    async def stage(self) -> bytes:
        """Make a folder for the files of a pool to be; :meth:`adopt` makes it one."""

        def work() -> bytes:
            self._refresh()
            return self._stage()

        return await self._run(work)

    async def adopt(self, staged: bytes, name: str, manifest: Manifest) -> PoolState:
        """Make a folder of :meth:`stage`, with synced files, a pool; a taken name gets ``(2)``."""

        def work() -> PoolState:
            self._refresh()
            wanted = self._free_name(_usable_name(name))
            return self._state(self._adopted(staged, wanted, manifest))

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
            self._refresh()
            found = self._named(pool)
            try:
                discard(found.folder)
            except RabbitError as error:
                if error.info.kind is not ErrorKind.NO_TRASH:
                    raise
                name = f"{_DELETED}{int(self._now())}-{found.pool_id}"
                os.rename(found.folder, os.path.join(self._folder, name.encode()))
            sync_folder(self._folder)
            del self._pools[found.pool_id]
            return self._state(self._current())

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
            self._refresh()
            found = self._named(pool)
            return self._state(found, change(found))

        return await self._run(work)

    def _state(self, pool: PoolFolder, problems: Sequence[str] = ()) -> PoolState:
        told = [*self._found, *problems]
        self._found = []
        state = pool.state(self._listed_now(), told)
        return msgspec.structs.replace(state, revision=next(self._revisions))

    def _refresh(self) -> None:
        """Take notice of what has changed in the folder since the last time."""
        there = self._ids()
        for gone in self._pools.keys() - there:
            del self._pools[gone]
        for pool_id in sorted(there):
            pool = self._pools.get(pool_id)
            try:
                if pool is not None:
                    self._found += pool.refresh()
                    continue
                pool = PoolFolder(
                    os.path.join(self._folder, pool_id.encode()), self._now, self._photos
                )
                self._found += pool.load()
            except OSError as error:
                if pool_id not in self._broken:
                    log.warning("the pool %s cannot be read: %s", pool_id, error)
                self._broken.add(pool_id)
                self._pools.pop(pool_id, None)
                continue
            self._pools[pool_id] = pool
            self._name(pool)

    def _ids(self) -> set[str]:
        first, self._seen_before = not self._seen_before, True
        try:
            with os.scandir(self._folder) as entries:
                found = [each for each in entries if each.is_dir(follow_symlinks=False)]
        except FileNotFoundError:
            return set()
        if first:
            self._sweep(found)
        names = {os.fsdecode(each.name) for each in found}
        return {name for name in names if _is_id(name)}

    def _sweep(self, folders: list[os.DirEntry[bytes]]) -> None:
        """Remove what a killed daemon had begun, and what was deleted long ago."""
        for each in folders:
            if each.name.startswith(_STAGED) or self._is_old(os.fsdecode(each.name)):
                shutil.rmtree(each.path, ignore_errors=True)

    def _is_old(self, name: str) -> bool:
        """Return whether *name* is that of a pool deleted longer than a week ago."""
        when = name.removeprefix(_DELETED).split("-")[0] if name.startswith(_DELETED) else ""
        return when.isdigit() and self._now() - int(when) > KEEP_REMOVED_S

    def _name(self, pool: PoolFolder) -> None:
        """Let a pool have its name; one that has none, or another's, gets a free one."""
        said = pool.read_name()
        others = {each.name.casefold() for each in self._pools.values() if each is not pool}
        if said and _is_name(said) and said.casefold() not in others:
            pool.name = said
        else:
            pool.write_name(self._free_name(said if _is_name(said) else FIRST_NAME))

    def _named(self, pool: str) -> PoolFolder:
        """Return the pool of an id or name; empty: the current one."""
        if not pool:
            return self._current()
        found = self._pools.get(pool)
        if found is not None:
            return found
        for each in self._pools.values():
            if each.name == pool:
                return each
        for each in self._pools.values():
            if each.name.casefold() == pool.casefold():
                return each
        names = ", ".join(info.name for info in self._listed_now()[:8])
        raise RabbitError(
            ErrorKind.NOT_FOUND,
            f"There is no pool {pool[:MAX_NAME]!r}.",
            f"There are: {names}." if names else "",
        )

    def _current(self) -> PoolFolder:
        """Return the current pool; where none is, the first by name, or a new one."""
        pool = self._pools.get(self._said_current())
        if pool is None and self._pools:
            pool = self._pools[self._listed_now()[0].pool_id]
        if pool is None:
            pool = self._create(FIRST_NAME, lambda _: Manifest())
            self._set_current(pool)
        return pool

    def _said_current(self) -> str:
        path = os.path.join(self._folder, CURRENT_FILE)
        try:
            found = json.loads(read_plain(path, _MAX_CURRENT_BYTES))
            return str(found["pool_id"])
        except (OSError, NotPlainError, ValueError, KeyError, TypeError, RecursionError):
            return ""

    def _set_current(self, pool: PoolFolder) -> None:
        text = json.dumps({"pool_id": pool.pool_id}) + "\n"
        write_durably(os.path.join(self._folder, CURRENT_FILE), text.encode("ascii"))

    def _stage(self) -> bytes:
        """Make the folder of a pool to be; it has a temporary name until it is complete."""
        if len(self._pools) >= MAX_POOLS:
            raise RabbitError(
                ErrorKind.INVALID_REQUEST,
                f"There are {MAX_POOLS} pools already.",
                "Delete one that is no longer needed.",
            )
        make_folder(self._folder)
        staged = os.path.join(self._folder, _STAGED + str(uuid.uuid4()).encode())
        os.mkdir(staged, 0o700)
        return staged

    def _create(self, name: str, fill: Callable[[bytes], Manifest]) -> PoolFolder:
        """Make a pool of the files that *fill* puts into its folder."""
        staged = self._stage()
        try:
            return self._adopted(staged, name, fill(staged))
        except BaseException:
            shutil.rmtree(staged, ignore_errors=True)
            raise

    def _adopted(self, staged: bytes, name: str, manifest: Manifest) -> PoolFolder:
        """Make the complete folder *staged* a pool."""
        folder = os.path.join(self._folder, os.path.basename(staged)[len(_STAGED) :])
        write_durably(os.path.join(staged, os.fsencode(MANIFEST)), format_manifest(manifest))
        PoolFolder(staged, self._now, self._photos).write_name(name)
        os.rename(staged, folder)
        sync_folder(self._folder)
        pool = PoolFolder(folder, self._now, self._photos)
        self._found += pool.load()
        pool.name = name
        self._pools[pool.pool_id] = pool
        return pool

    def _free_name(self, name: str) -> str:
        """Return *name*, or *name* with a number that no other pool has."""
        taken = {each.name.casefold() for each in self._pools.values()}
        if name.casefold() not in taken:
            return name
        number = 2
        while f"{name} ({number})".casefold() in taken:
            number += 1
        return f"{name} ({number})"

    def _listed(self) -> tuple[PoolInfo, ...]:
        self._refresh()
        return self._listed_now()

    def _listed_now(self) -> tuple[PoolInfo, ...]:
        found = [PoolInfo(each.pool_id, each.name, each.count) for each in self._pools.values()]
        return tuple(sorted(found, key=lambda info: (info.name.casefold(), info.name)))


def _is_id(name: str) -> bool:
    try:
        return str(uuid.UUID(name)) == name
    except ValueError:
        return False


def _is_name(name: str) -> bool:
    plain = name.strip()
    return bool(plain) and plain == name and len(name) <= MAX_NAME + 10 and name.isprintable()


def _usable_name(name: str) -> str:
    """Return what of *name*, which somebody else gave, can be a pool's name."""
    plain = "".join(mark for mark in name if mark.isprintable()).strip()[:MAX_NAME].strip()
    return plain if plain and not _is_id(plain) else FIRST_NAME


def _checked_name(name: str) -> str:
    """Return *name* without blanks around it.

    Raises:
        RabbitError: ``invalid_request``; it is none.
    """
    plain = name.strip()
    if not _is_name(plain) or len(plain) > MAX_NAME or _is_id(plain):
        raise RabbitError(
            ErrorKind.INVALID_REQUEST,
            f"A pool cannot be called {name[:MAX_NAME]!r}.",
            f"Give it a name of 1 to {MAX_NAME} characters.",
        )
    return plain
