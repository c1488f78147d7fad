"""Which pools there are: finds them, makes them, knows the current one. Blocks."""

from __future__ import annotations

import json
import logging
import os
import shutil
import uuid
from collections.abc import Callable

from daemon.protocol.errors import ErrorKind, RabbitError
from daemon.protocol.values import PoolInfo
from daemon.storage.pool_files import (
    KEEP_REMOVED_S,
    NotPlainError,
    make_folder,
    read_plain,
    sync_folder,
    write_durably,
)
from daemon.storage.pool_folder import PoolFolder
from daemon.storage.pool_manifest import MANIFEST, Manifest, format_manifest
from daemon.storage.pool_names import FIRST_NAME, MAX_NAME, free_name, is_id, is_name
from daemon.storage.pool_photos import PhotoLook

log = logging.getLogger(__name__)

CURRENT_FILE = b"current.json"
MAX_POOLS = 200
_MAX_CURRENT_BYTES = 64 << 10
_STAGED = b".new-"
_DELETED = ".deleted-"


class PoolRegistry:
    """The pools below one folder.

    Attributes:
        pools: By id, as :meth:`refresh` found them.
    """

    def __init__(self, folder: bytes, now: Callable[[], float], photos: PhotoLook) -> None:
        self._folder = folder
        self._now = now
        self._photos = photos
        self.pools: dict[str, PoolFolder] = {}
        self._broken: set[str] = set()
        self._problems: dict[str, list[str]] = {}
        self._seen_before = False

    def refresh(self) -> None:
        """Take notice of what has changed in the folder since the last time."""
        there = self._ids()
        for gone in self.pools.keys() - there:
            del self.pools[gone]
        for pool_id in sorted(there):
            pool = self.pools.get(pool_id)
            try:
                if pool is not None:
                    self._note(pool_id, pool.refresh())
                    continue
                pool = PoolFolder(
                    os.path.join(self._folder, pool_id.encode()), self._now, self._photos
                )
                self._note(pool_id, pool.load())
            except OSError as error:
                if pool_id not in self._broken:
                    log.warning("the pool %s cannot be read: %s", pool_id, error)
                    why = error.strerror or type(error).__name__
                    self._note("", [f"The pool in the folder {pool_id} cannot be read: {why}."])
                self._broken.add(pool_id)
                self.pools.pop(pool_id, None)
                continue
            self.pools[pool_id] = pool
            self._name(pool)

    def problems(self, pool: PoolFolder) -> list[str]:
        """Return what was repaired in *pool*, and what is wrong with them all; once."""
        return self._problems.pop(pool.pool_id, []) + self._problems.pop("", [])

    def free_name(self, name: str) -> str:
        """Return *name*, or *name* with a number that no other pool has."""
        return free_name(name, (each.name for each in self.pools.values()))

    def delete(self, pool: PoolFolder, discard: Callable[[bytes], None]) -> None:
        """Put a pool's folder into the trash; where there is none it is kept for a week."""
        try:
            discard(pool.folder)
        except RabbitError as error:
            if error.info.kind is not ErrorKind.NO_TRASH:
                raise
            name = f"{_DELETED}{int(self._now())}-{pool.pool_id}"
            os.rename(pool.folder, os.path.join(self._folder, name.encode()))
        sync_folder(self._folder)
        del self.pools[pool.pool_id]

    def _note(self, pool_id: str, problems: list[str]) -> None:
        if problems:
            self._problems.setdefault(pool_id, []).extend(problems)

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
        return {name for name in names if is_id(name)}

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
        others = {each.name.casefold() for each in self.pools.values() if each is not pool}
        if said and is_name(said) and said.casefold() not in others:
            pool.name = said
        else:
            pool.write_name(self.free_name(said if is_name(said) else FIRST_NAME))

    def named(self, pool: str) -> PoolFolder:
        """Return the pool of an id or name; empty: the current one."""
        if not pool:
            return self.current()
        found = self.pools.get(pool)
        if found is not None:
            return found
        for each in self.pools.values():
            if each.name == pool:
                return each
        for each in self.pools.values():
            if each.name.casefold() == pool.casefold():
                return each
        names = ", ".join(info.name for info in self.listed()[:8])
        raise RabbitError(
            ErrorKind.NOT_FOUND,
            f"There is no pool {pool[:MAX_NAME]!r}.",
            f"There are: {names}." if names else "",
        )

    def current(self) -> PoolFolder:
        """Return the current pool; where none is, the first by name, or a new one."""
        pool = self.pools.get(self._saidcurrent())
        if pool is None and self.pools:
            pool = self.pools[self.listed()[0].pool_id]
        if pool is None:
            pool = self.create(FIRST_NAME, lambda _: Manifest())
            self.set_current(pool)
        return pool

    def _saidcurrent(self) -> str:
        path = os.path.join(self._folder, CURRENT_FILE)
        try:
            found = json.loads(read_plain(path, _MAX_CURRENT_BYTES))
            return str(found["pool_id"])
        except (OSError, NotPlainError, ValueError, KeyError, TypeError, RecursionError):
            return ""

    def set_current(self, pool: PoolFolder) -> None:
        """Let *pool* be meant where none is named."""
        text = json.dumps({"pool_id": pool.pool_id}) + "\n"
        write_durably(os.path.join(self._folder, CURRENT_FILE), text.encode("ascii"))

    def stage(self) -> bytes:
        """Make the folder of a pool to be; it has a temporary name until it is complete."""
        if len(self.pools) >= MAX_POOLS:
            raise RabbitError(
                ErrorKind.INVALID_REQUEST,
                f"There are {MAX_POOLS} pools already.",
                "Delete one that is no longer needed.",
            )
        make_folder(self._folder)
        staged = os.path.join(self._folder, _STAGED + str(uuid.uuid4()).encode())
        os.mkdir(staged, 0o700)
        return staged

    def create(self, name: str, fill: Callable[[bytes], Manifest]) -> PoolFolder:
        """Make a pool of the files that *fill* puts into its folder."""
        staged = self.stage()
        try:
            return self.adopt(staged, name, fill(staged))
        except BaseException:
            shutil.rmtree(staged, ignore_errors=True)
            raise

    def adopt(self, staged: bytes, name: str, manifest: Manifest) -> PoolFolder:
        """Make the complete folder *staged* a pool."""
        folder = os.path.join(self._folder, os.path.basename(staged)[len(_STAGED) :])
        write_durably(os.path.join(staged, os.fsencode(MANIFEST)), format_manifest(manifest))
        PoolFolder(staged, self._now, self._photos).write_name(name)
        os.rename(staged, folder)
        sync_folder(self._folder)
        pool = PoolFolder(folder, self._now, self._photos)
        self._note(pool.pool_id, pool.load())
        pool.name = name
        self.pools[pool.pool_id] = pool
        return pool

    def listed(self) -> tuple[PoolInfo, ...]:
        """Return all pools, by name."""
        found = [PoolInfo(each.pool_id, each.name, each.count) for each in self.pools.values()]
        return tuple(sorted(found, key=lambda info: (info.name.casefold(), info.name)))
