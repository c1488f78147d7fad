"""Writes a pool as plain pictures, as the ComfyUI node "Image Pool (Grid)" reads them."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import json
import os
import re
import shutil
import uuid
import zipfile
from collections.abc import Awaitable, Callable, Iterator

from daemon.pool.arriving import Arrivals, RefusedError, copy_synced
from daemon.pool.sizes import PhotoSizes
from daemon.pool.together import together
from daemon.protocol.errors import ErrorKind, RabbitError, readable
from daemon.protocol.messages import PoolExport, PoolExported
from daemon.protocol.peer import Peer
from daemon.storage.pool_files import explained, sync_folder
from daemon.storage.pool_manifest import (
    MANIFEST,
    MASK_ENDING,
    MAX_TOLD,
    Entry,
    Manifest,
    format_manifest,
    numbered_slot,
)
from daemon.storage.pool_state import PoolState, StoredSlot
from daemon.storage.pools import PoolStore

_MAX_NUMBER = 10_000
_TEMPORARY = b".rvpart"
_MARK_LETTERS = 8
_MARK = re.compile(rb"[0-9a-f]{8}")
_NO_HARD_LINKS = {errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.EMLINK, errno.ENOSYS}

FlushMasks = Callable[[str], Awaitable[None]]


class PoolExporter:
    """Answers ``pool_export``."""

    def __init__(
        self, store: PoolStore, arrivals: Arrivals, sizes: PhotoSizes, flush: FlushMasks
    ) -> None:
        """Prepare.

        Args:
            store: The pools on the disk.
            arrivals: Makes PNGs of photos.
            sizes: Tell whether a mask fits its photo.
            flush: Saves what is being painted in a pool.
        """
        self._store = store
        self._arrivals = arrivals
        self._sizes = sizes
        self._flush = flush
        self._running: set[bytes] = set()

    async def export(self, peer: Peer, request: PoolExport) -> PoolExported:
        """Write a pool; what is written gets its name when it is whole.

        Raises:
            RabbitError: it cannot be written; nothing is left.
        """
        del peer
        state = await self._store.get(request.pool)
        output = await asyncio.to_thread(_checked, bytes(request.output), state.folder)
        await self._flush(state.pool_id)
        state = await self._store.get(state.pool_id)
        begin, name = os.path.split(output)
        stem = b"." + name[:180] + b"."
        await asyncio.to_thread(_sweep, begin, stem, frozenset(self._running))
        staged = os.path.join(begin, stem + uuid.uuid4().hex[:_MARK_LETTERS].encode() + _TEMPORARY)
        zipped = staged + b".zip"
        self._running.add(staged)
        try:
            await asyncio.to_thread(os.mkdir, staged)
            entries, notes = await self._write_all(state, staged)
            manifest = _manifest(state, entries)
            await asyncio.to_thread(_finish_folder, staged, manifest, state.name)
            if name.lower().endswith(b".zip"):
                await asyncio.to_thread(_pack, staged, zipped)
                path = await asyncio.to_thread(_name_file, zipped, output)
            else:
                path = await asyncio.to_thread(_name_folder, staged, output)
        except OSError as error:
            what = f"The pool {state.name} could not be written to {os.fsdecode(output)}"
            raise explained(error, what) from error
        finally:
            await asyncio.to_thread(_clean, staged, zipped)
            self._running.discard(staged)
        if len(notes) > MAX_TOLD:
            notes = [*notes[: MAX_TOLD - 1], f"{len(notes) - MAX_TOLD + 1} more are missing."]
        return PoolExported(path=path, count=len(manifest.slots), notes=tuple(notes))

    async def _write_all(
        self, state: PoolState, staged: bytes
    ) -> tuple[list[Entry | None], list[str]]:
        """Write pictures and masks; return the entry of each slot (None: left out), and why."""
        there = [slot.slot for slot in state.slots if not slot.missing]
        names = {slot: numbered_slot(number + 1) for number, slot in enumerate(there)}

        async def one(indexed: tuple[int, StoredSlot]) -> tuple[Entry | None, str]:
            index, slot = indexed
            if slot.missing:
                return None, f"Slot {index} was left out: {slot.problem}"
            return await self._write(index, slot, names[slot.slot], staged)

        done = await together(one, enumerate(state.slots))
        return [entry for entry, _ in done], [note for _, note in done if note]

    async def _write(
        self, index: int, slot: StoredSlot, name: str, staged: bytes
    ) -> tuple[Entry | None, str]:
        """Write a slot's picture and mask; return its entry, and what is to be said of it."""
        image = name + ".png"
        try:
            await self._arrivals.to_png(slot.path, os.path.join(staged, image.encode()))
        except RabbitError as error:
            if error.info.kind in (ErrorKind.DISK_FULL, ErrorKind.INTERNAL):
                raise
            return None, f"Slot {index} was left out: {error.info.message}"
        except RefusedError as error:
            why = f"{readable(os.fsdecode(slot.path))} {error}."
            return None, f"Slot {index} was left out: {why}"
        mask, why = (name + MASK_ENDING, "") if slot.mask_file else (None, slot.problem)
        if mask:
            try:
                await self._sizes.check_mask(slot.path, slot.mask_file)
            except RabbitError as error:
                mask, why = None, error.info.message
            else:
                target = os.path.join(staged, mask.encode())
                await asyncio.to_thread(copy_synced, slot.mask_file, target)
        note = f"Slot {index} was written without its mask: {why}" if why else ""
        return Entry(image, mask, slot.label, slot.added), note


def _manifest(state: PoolState, entries: list[Entry | None]) -> Manifest:
    kept = tuple(each for each in entries if each is not None)
    before = sum(each is not None for each in entries[: max(state.active, 0)])
    return Manifest(min(before, len(kept) - 1), kept)


def _checked(output: bytes, pool: bytes) -> bytes:
    """Return where to write, whose folder is there.

    Raises:
        RabbitError: ``output_refused`` or ``permission_denied``.
    """
    if not os.path.isabs(output) or b"\0" in output:
        raise _refused(output, "is not an absolute path", "Give the full path.")
    output = os.path.normpath(output)
    begin = os.path.dirname(output)
    pools = os.path.realpath(os.path.dirname(pool))
    if os.path.realpath(output).startswith(pools + os.sep.encode()):
        raise _refused(output, "lies among the pools themselves", "Choose another folder.")
    try:
        os.makedirs(begin, exist_ok=True)
    except OSError as error:
        raise _refused(begin, f"cannot be made ({error.strerror})", "Choose another folder.") from (
            error
        )
    if not os.access(begin, os.W_OK | os.X_OK):
        raise RabbitError(
            ErrorKind.PERMISSION_DENIED,
            f"The folder {os.fsdecode(begin)} cannot be written.",
            "Choose another folder.",
        )
    return output


def _refused(path: bytes, why: str, advice: str) -> RabbitError:
    return RabbitError(ErrorKind.OUTPUT_REFUSED, f"{os.fsdecode(path)} {why}.", advice)


def _finish_folder(folder: bytes, manifest: Manifest, name: str) -> None:
    told = json.dumps({"name": name}, indent=1) + "\n"
    for file_name, data in ((MANIFEST, format_manifest(manifest)), ("pool.json", told.encode())):
        with open(os.path.join(folder, file_name.encode()), "xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
    sync_folder(folder)


def _pack(folder: bytes, target: bytes) -> None:
    """Pack the files of *folder* as they are; each is removed when it is in."""
    with open(target, "xb") as file:
        with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED, strict_timestamps=False) as archive:
            for name in sorted(os.listdir(folder)):
                path = os.path.join(folder, name)
                archive.write(os.fsdecode(path), os.fsdecode(name))
                os.unlink(path)
        file.flush()
        os.fsync(file.fileno())


def _name_folder(staged: bytes, output: bytes) -> bytes:
    """Give a folder the first free name; what has one is never replaced."""
    for path in _names(output):
        if os.path.lexists(path):
            continue
        try:
            os.rename(staged, path)
        except OSError as error:
            if error.errno in (errno.ENOTEMPTY, errno.EEXIST, errno.ENOTDIR):
                continue
            raise
        sync_folder(os.path.dirname(path))
        return path
    raise _refused(output, "and its numbered names are all taken", "Choose another name.")


def _name_file(temp: bytes, output: bytes) -> bytes:
    """Give a file the first free name; what has one is never replaced."""
    for path in _names(output):
        try:
            os.link(temp, path)
        except FileExistsError:
            continue
        except OSError as error:
            if error.errno not in _NO_HARD_LINKS:
                raise
            if os.path.lexists(path):
                continue
            os.rename(temp, path)
        sync_folder(os.path.dirname(path))
        return path
    raise _refused(output, "and its numbered names are all taken", "Choose another name.")


def _names(output: bytes) -> Iterator[bytes]:
    yield output
    stem, ending = os.path.splitext(output) if output.lower().endswith(b".zip") else (output, b"")
    for number in range(1, _MAX_NUMBER):
        yield b"%s-%d%s" % (stem, number, ending)


def _sweep(folder: bytes, stem: bytes, running: frozenset[bytes]) -> None:
    """Remove what exports of the same name left in *folder* when their daemon was killed."""
    with contextlib.suppress(OSError), os.scandir(folder) as entries:
        names = [entry.name for entry in entries if entry.name.startswith(stem)]
        marks = {name[: len(stem) + _MARK_LETTERS + len(_TEMPORARY)] for name in names}
        for name in marks:
            staged = os.path.join(folder, name)
            letters = name[len(stem) :].removesuffix(_TEMPORARY)
            if _MARK.fullmatch(letters) and staged not in running:
                _clean(staged, staged + b".zip")


def _clean(staged: bytes, zipped: bytes) -> None:
    shutil.rmtree(staged, ignore_errors=True)
    with contextlib.suppress(OSError):
        os.unlink(zipped)
