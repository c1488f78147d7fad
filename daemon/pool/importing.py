"""Reads an exported pool as a new one: every picture is looked at, nothing is believed."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable

import msgspec

from daemon.pool.arriving import Arrivals, RefusedError
from daemon.pool.sizes import PhotoSizes
from daemon.pool.together import together
from daemon.protocol.errors import ErrorKind, RabbitError, readable
from daemon.protocol.messages import PoolImport, PoolManifest
from daemon.protocol.peer import Peer
from daemon.render import Priority, RenderManager
from daemon.storage.pool_archive import Offered, Source, look_into, open_source
from daemon.storage.pool_files import explained
from daemon.storage.pool_manifest import MASK_ENDING, Entry, Manifest, numbered_slot
from daemon.storage.pool_state import PoolState
from daemon.storage.pools import PoolStore
from daemon.tasks import ImportMask, MaskWritten

Answer = Callable[[Peer, PoolState, tuple[str, ...]], PoolManifest]


class PoolImporter:
    """Answers ``pool_import``."""

    def __init__(
        self,
        store: PoolStore,
        arrivals: Arrivals,
        render: RenderManager,
        sizes: PhotoSizes,
        answer: Answer,
    ) -> None:
        """Prepare.

        Args:
            store: The pools on the disk.
            arrivals: Makes PNGs of pictures.
            render: Reads masks.
            sizes: Tells the size that a mask must have.
            answer: Tells the other clients of a pool and returns what to answer.
        """
        self._store = store
        self._arrivals = arrivals
        self._render = render
        self._sizes = sizes
        self._answer = answer

    async def import_pool(self, peer: Peer, request: PoolImport) -> PoolManifest:
        """Read a folder or archive as a new pool.

        Raises:
            RabbitError: it is none, or cannot be trusted; no pool was made.
        """
        path = bytes(request.path)
        if not os.path.isabs(path) or b"\0" in path:
            raise RabbitError(
                ErrorKind.INVALID_REQUEST,
                f"{readable(os.fsdecode(path))!r} is not an absolute path.",
                "Give the full path.",
            )
        path = await asyncio.to_thread(os.path.normpath, path)
        try:
            source = await asyncio.to_thread(open_source, path)
        except FileNotFoundError as error:
            raise RabbitError(
                ErrorKind.NOT_FOUND, f"{os.fsdecode(path)} is not there.", "Check the path."
            ) from error
        except OSError as error:
            raise _unreadable(path, error) from error
        try:
            return await self._read(peer, source, path, request.name)
        except OSError as error:
            raise _unreadable(path, error) from error
        finally:
            await asyncio.to_thread(source.close)

    async def _read(self, peer: Peer, source: Source, path: bytes, name: str) -> PoolManifest:
        offered = await asyncio.to_thread(look_into, source, path)
        stem = readable(os.fsdecode(os.path.splitext(os.path.basename(path))[0]))
        staged = await self._store.stage()
        try:
            manifest, problems = await self._fill(source, offered, staged)
            _check_any(path, offered, manifest, problems)
            state = await self._store.adopt(staged, name or offered.name or stem, manifest)
        except BaseException:
            await self._store.give_up(staged)
            raise
        return self._answer(peer, state, tuple(problems))

    async def _fill(
        self, source: Source, offered: Offered, staged: bytes
    ) -> tuple[Manifest, list[str]]:
        """Put the pictures and masks into *staged*; return the manifest they go with."""
        problems = list(offered.problems)
        reading = asyncio.Lock()

        async def one(indexed: tuple[int, Entry]) -> Entry | None:
            index, entry = indexed
            return await self._take(_Taking(source, reading, staged, index + 1), entry, problems)

        taken = await together(one, enumerate(offered.manifest.slots))
        active = offered.manifest.active
        before = sum(each is not None for each in taken[: max(active, 0)])
        entries = tuple(each for each in taken if each is not None)
        return Manifest(min(before, len(entries) - 1), entries), problems

    async def _take(self, at: _Taking, entry: Entry, problems: list[str]) -> Entry | None:
        try:
            image, temp = await at.fetch(entry.image, "image")
            await self._arrivals.to_png(image, at.path_of(at.slot + ".png"), own=bool(temp))
        except (RefusedError, RabbitError) as error:
            if _is_ours(error):
                raise
            why = _said(error).replace(os.fsdecode(at.copy_of(entry.image, "image")), "it")
            problems.append(f"{entry.image} was left out: {why}")
            await at.forget()
            return None
        mask = None
        if entry.mask:
            mask = await self._take_mask(at, entry.mask, problems)
        taken = Entry(at.slot + ".png", mask, entry.label, entry.added)
        await at.forget()
        return taken

    async def _take_mask(self, at: _Taking, name: str, problems: list[str]) -> str | None:
        kept = at.slot + MASK_ENDING
        try:
            path, _ = await at.fetch(name, "mask")
            size = await self._sizes.of(at.path_of(at.slot + ".png"))
            task = ImportMask(
                path=path,
                png_path=at.path_of(kept),
                width_px=size.width_px,
                height_px=size.height_px,
            )
            result, _ = await self._render.submit(task, priority=Priority.EDIT).result()
        except (RefusedError, RabbitError) as error:
            if _is_ours(error):
                raise
            problems.append(f"The mask {name} was left out: {_said(error)}")
            return None
        if isinstance(result, MaskWritten) and not result.is_empty:
            return kept
        await asyncio.to_thread(os.unlink, at.path_of(kept))
        return None


class _Taking(msgspec.Struct):
    """One slot on its way from a source into the folder of a pool to be."""

    source: Source
    reading: asyncio.Lock
    staged: bytes
    number: int
    temps: list[bytes] = []

    @property
    def slot(self) -> str:
        return numbered_slot(self.number)

    def path_of(self, name: str) -> bytes:
        return os.path.join(self.staged, os.fsencode(name))

    def copy_of(self, name: str, what: str) -> bytes:
        """Return where the copy of a file of an archive goes."""
        return self.path_of(f".{self.slot}.{what}{os.path.splitext(name)[1].lower()}")

    async def fetch(self, name: str, what: str) -> tuple[bytes, bytes]:
        """Return where a file of the source can be read, and the same again if it is a copy."""
        target = self.copy_of(name, what)
        async with self.reading:
            path = await asyncio.to_thread(self.source.fetch, name, target)
        if path == target:
            self.temps.append(target)
            return path, target
        return path, b""

    async def forget(self) -> None:
        """Remove the copies."""
        for path in self.temps:
            await asyncio.to_thread(_unlink, path)


def _check_any(path: bytes, offered: Offered, taken: Manifest, problems: list[str]) -> None:
    if taken.slots or not (offered.manifest.slots or problems):
        return
    raise RabbitError(
        ErrorKind.INVALID_REQUEST,
        f"No picture in {os.fsdecode(path)} could be read: {problems[-1]}",
        "Choose what `pool export` has written.",
    )


def _unlink(path: bytes) -> None:
    if os.path.lexists(path):
        os.unlink(path)


def _said(error: Exception) -> str:
    return error.info.message if isinstance(error, RabbitError) else f"it {error}."


def _is_ours(error: Exception) -> bool:
    """Return whether a failure is not the picture's: no room, no permission, a hostile archive."""
    kinds = (ErrorKind.DISK_FULL, ErrorKind.PERMISSION_DENIED, ErrorKind.INTERNAL)
    return isinstance(error, RabbitError) and error.info.kind in kinds


def _unreadable(path: bytes, error: OSError) -> RabbitError:
    return explained(error, f"The pool in {os.fsdecode(path)} could not be read")
