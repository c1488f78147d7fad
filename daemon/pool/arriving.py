"""Looks at files that are to come into a pool: as references, or as pictures of its own."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec

from daemon.pool.together import together
from daemon.protocol.errors import ErrorKind, RabbitError, readable
from daemon.protocol.formats import format_by_extension
from daemon.protocol.messages import PoolAdd
from daemon.render import Priority, RenderManager, of_kind
from daemon.storage.pool_files import NotPlainError, plain_stat, refer_to
from daemon.storage.pool_manifest import MAX_SLOTS, Reference
from daemon.storage.pool_room import NewPicture
from daemon.storage.pool_state import PoolState
from daemon.storage.pools import PoolStore
from daemon.tasks import ExportPicture, PhotoInfoRead, ReadPhotoInfo

DROP_KEPT_S = 24 * 3600.0
_GONE = (FileNotFoundError, NotADirectoryError)


class Arrived(msgspec.Struct, frozen=True):
    """What can be put into the pool, in order, and a sentence for each file that cannot."""

    new: tuple[Reference | NewPicture, ...]
    problems: tuple[str, ...]


class RefusedError(ValueError):
    """A file cannot come into a pool; the message goes on after its name."""


class Arrivals:
    """Makes of files what a pool takes."""

    def __init__(self, render: RenderManager, drop: Path) -> None:
        """Prepare.

        Args:
            render: Reads and converts pictures.
            drop: The folder from which clients give files away.
        """
        self._render = render
        self._drop = os.path.abspath(os.fsencode(drop))

    async def look(self, request: PoolAdd, store: PoolStore, state: PoolState) -> Arrived:
        """Look at the files of *request*, which is for the pool *state*.

        Raises:
            RabbitError: no files are named.
        """
        paths = list(dict.fromkeys(bytes(path) for path in request.paths))
        if not paths:
            raise RabbitError(ErrorKind.INVALID_REQUEST, "No photos were named.", "Select some.")

        async def one(path: bytes) -> Reference | NewPicture | str:
            name = readable(os.fsdecode(path))
            try:
                return await self._one(path, request, store, state)
            except RefusedError as error:
                return f"{name} {error}."
            except RabbitError as error:
                return error.info.message
            except OSError as error:
                return f"{name} could not be read: {error.strerror or error}."

        found = await together(one, paths[: 2 * MAX_SLOTS])
        problems = [each for each in found if isinstance(each, str)]
        if len(paths) > 2 * MAX_SLOTS:
            problems.append(f"Only the first {2 * MAX_SLOTS} of {len(paths)} files were looked at.")
        new = tuple(each for each in found if not isinstance(each, str))
        return Arrived(new, tuple(problems))

    async def forget(self, new: Sequence[Reference | NewPicture]) -> None:
        """Remove the temporary files of what did not come into the pool after all."""
        temps = [each.temp for each in new if isinstance(each, NewPicture)]
        if temps:
            await asyncio.to_thread(_remove, temps)

    async def sweep(self) -> None:
        """Remove what lies in the drop folder for longer than a day: its client has gone."""
        await asyncio.to_thread(_sweep, self._drop, time.time() - DROP_KEPT_S)

    async def _one(
        self, path: bytes, request: PoolAdd, store: PoolStore, state: PoolState
    ) -> Reference | NewPicture:
        path = _plain(path)
        known = any(each.own and each.path == path for each in state.slots)
        if known and not (request.copy or request.take):
            return Reference(path)
        if request.take:
            await asyncio.to_thread(self._check_dropped, path)
        _check_kind(path)
        passing = path.startswith(os.path.dirname(state.folder) + os.sep.encode())
        passing = passing or os.path.dirname(path) == self._drop
        if not (request.copy or request.take or passing):
            return await asyncio.to_thread(_refer, path)
        temp = store.temporary(state)
        try:
            await self.to_png(path, temp)
        except BaseException:
            await asyncio.to_thread(_remove, [temp])
            raise
        if request.take:
            await asyncio.to_thread(_remove, [path])
        return NewPicture(temp)

    async def to_png(self, path: bytes, temp: bytes, *, own: bool = False) -> None:
        """Write a photo as an upright PNG to *temp*, synced; a PNG that is one keeps its bytes.

        Args:
            path: The photo.
            temp: Where to.
            own: *path* is a synced file of ours on the same disk: it may simply be renamed.

        Raises:
            RabbitError: it is no picture, or cannot be written.
            RefusedError: it is a folder, pipe or device.
            OSError: it cannot be copied.
        """
        await asyncio.to_thread(_check_file, path)
        read = self._render.submit(ReadPhotoInfo(path=path), priority=Priority.NEAR)
        facts = of_kind((await read.result())[0], PhotoInfoRead)
        if facts.format == "png" and facts.orientation == 1:
            if own:
                await asyncio.to_thread(os.rename, path, temp)
            else:
                await asyncio.to_thread(copy_synced, path, temp)
        else:
            task = ExportPicture(path=path, png_path=temp)
            await self._render.submit(task, priority=Priority.EDIT).result()

    def _check_dropped(self, path: bytes) -> None:
        if os.path.dirname(path) != self._drop or plain_stat(path) is None:
            raise RefusedError("does not lie in the drop folder, so it is not taken")


def moved_among(
    wanted: Mapping[bytes, Reference], paths: Sequence[bytes]
) -> dict[bytes, Reference]:
    """Return what is known now of photos at which something changed, by their old path; blocks.

    A photo is known by its content; where that is nowhere, what stands at its path is the photo.

    Args:
        wanted: Photos of pools at which something changed.
        paths: All at which something changed: old and new ones.
    """
    sizes = {known.size for known in wanted.values()}
    here: dict[bytes, Reference] = {}
    for path in dict.fromkeys(paths):
        with contextlib.suppress(OSError, NotPlainError):
            if path in wanted or os.stat(path).st_size in sizes:
                here[path] = refer_to(path)
    by_content = {found.content_id: found for found in here.values()}
    moved: dict[bytes, Reference] = {}
    for path, known in wanted.items():
        there = here.get(path)
        if there is not None and there.content_id == known.content_id:
            continue
        found = by_content.get(known.content_id, there)
        if found is not None:
            moved[path] = found
    return moved


def _plain(path: bytes) -> bytes:
    if not os.path.isabs(path) or b"\0" in path:
        raise RefusedError("is not an absolute path")
    return os.path.normpath(path)


def _check_kind(path: bytes) -> None:
    kind = format_by_extension(path)
    if kind is None:
        if os.path.isdir(path):
            raise RefusedError("is a folder; add the photos in it")
        if not os.path.lexists(path):
            raise RefusedError("is not there")
        raise RefusedError("is no photo")
    if kind.kind == "video":
        raise RefusedError("is a video, which cannot be edited")


def _refer(path: bytes) -> Reference:
    _check_file(path)
    try:
        return refer_to(path)
    except NotPlainError as error:
        raise RefusedError(str(error)) from error


def _check_file(path: bytes) -> None:
    if os.path.isdir(path):
        raise RefusedError("is a folder; add the photos in it")
    if not os.path.exists(path):
        raise RefusedError("is not there")
    if not os.path.isfile(path):
        raise RefusedError("is no file but a pipe or device")


def copy_synced(path: bytes, temp: bytes) -> None:
    """Copy the content of a file to the new file *temp*, on the disk on return; blocks."""
    with open(path, "rb") as source, open(temp, "xb") as target:
        shutil.copyfileobj(source, target, 1 << 20)
        target.flush()
        os.fsync(target.fileno())


def _remove(paths: Sequence[bytes]) -> None:
    for path in paths:
        with contextlib.suppress(OSError):
            os.unlink(path)


def _sweep(folder: bytes, before: float) -> None:
    with contextlib.suppress(OSError), os.scandir(folder) as entries:
        for entry in list(entries):
            with contextlib.suppress(OSError):
                if entry.is_file(follow_symlinks=False) and entry.stat().st_mtime < before:
                    os.unlink(entry.path)
