"""Owns the looks library: a list of JSON lines, and a ``.cube`` for every look."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import logging
import os
import re
import time
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from daemon.protocol.errors import ErrorKind, RabbitError
from daemon.protocol.values import LookInfo
from daemon.storage import look_list
from daemon.storage.appending import append_durably
from daemon.storage.look_list import Known, StoredLook
from daemon.storage.pool_files import (
    link_or_copy,
    make_folder,
    set_aside,
    sync_folder,
    write_durably,
)

log = logging.getLogger(__name__)

_T = TypeVar("_T")

KEEP_DELETED_S = 30 * 86400.0
MAX_LOOKS = 2000
MAX_NAME = 120
_TIDY_ABOVE_BYTES = 1 << 20
_HEAD_BYTES = 1 << 16
_NUMBERED = re.compile(r"(.*) \((\d+)\)")
_FULL = (28, 122)  # ENOSPC, EDQUOT


class LookStore:
    """Every look on the disk; a change that was answered is there whatever happens then.

    The list is appended to and fsynced. What it does not know is read from the ``.cube`` files
    themselves, so that a list that is broken or gone costs dates and new names only.
    """

    def __init__(self, folder: Path, *, now: Callable[[], float] = time.time) -> None:
        self._folder = folder
        self._list = folder / "looks.jsonl"
        self._now = now
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="looks")
        self._known: Known | None = None
        self._lines_bytes = 0

    async def close(self) -> None:
        """End its thread; what was asked for before is done."""
        self._thread.shutdown(wait=True)

    async def all(self) -> tuple[LookInfo, ...]:
        """Return the looks by name."""
        return await self._run(self._sorted)

    async def get(self, look_id: str) -> LookInfo:
        """Return a look.

        Raises:
            RabbitError: ``not_found``.
        """
        return await self._run(lambda: self._existing(look_id).info)

    def cube(self, look_id: str) -> Path:
        """Return where the LUT of a look stands."""
        return self._folder / f"{look_id}.cube"

    async def temporary(self) -> Path:
        """Return where a worker writes the LUT of a look that is to come.

        Raises:
            RabbitError: the folder cannot be made.
        """

        def work() -> Path:
            self._load()
            self._prepare()
            return self._folder / f".{uuid.uuid4().hex}.rvpart"

        return await self._run(work)

    async def add(self, info: LookInfo, lut: Path) -> LookInfo:
        """Take a look in; the fsynced file *lut* becomes its LUT.

        Returns:
            The look with its id and a name that no other has.

        Raises:
            RabbitError: the name cannot be used, or the disk refuses.
        """
        return await self._run(lambda: self._add(info, lut))

    async def rename(self, look_id: str, name: str) -> LookInfo:
        """Give a look another name; one that is taken gets a number."""

        def work() -> LookInfo:
            look = self._existing(look_id)
            wanted = self._free_name(checked_name(name), but=look_id)
            if wanted != look.info.name:
                self._append({"rename": look_id, "name": wanted})
            return self._existing(look_id).info

        return await self._run(work)

    async def delete(self, look_id: str) -> None:
        """Take a look out of the library; it can be restored for 30 days."""

        def work() -> None:
            self._existing(look_id)
            self._append({"delete": look_id, "at": self._now()})
            self._purge()

        await self._run(work)

    async def restore(self, look_id: str) -> LookInfo:
        """Take a deleted look back; one that is there stays as it is.

        Raises:
            RabbitError: ``not_found``; it is gone for good.
        """

        def work() -> LookInfo:
            look = self._load().get(look_id)
            if look is None:
                raise _no_look(look_id)
            if look.deleted:
                name = self._free_name(look.info.name, but=look_id)
                changes: list[dict[str, Any]] = [{"restore": look_id}]
                if name != look.info.name:
                    changes.append({"rename": look_id, "name": name})
                self._append(*changes)
            return self._existing(look_id).info

        return await self._run(work)

    async def give(self, look_id: str, target: Path) -> LookInfo:
        """Have the LUT of a look at *target* too, whatever becomes of the look.

        Raises:
            RabbitError: ``not_found``, ``unreadable`` (it is not what was saved), or the disk
                refuses.
        """

        def work() -> LookInfo:
            look = self._existing(look_id)
            try:
                make_folder(os.fsencode(target.parent))
                link_or_copy(os.fsencode(self.cube(look_id)), os.fsencode(target))
                sync_folder(os.fsencode(target.parent))
                whole = not look.digest or _digest(target) == look.digest
            except FileNotFoundError as error:
                raise _lost(
                    ErrorKind.NOT_FOUND, look, "is gone from the library's folder"
                ) from error
            if not whole:
                target.unlink()
                raise _lost(ErrorKind.UNREADABLE, look, "is damaged")
            return look.info

        return await self._run(work)

    # ------------------------------------------------------------ on the thread

    async def _run(self, work: Callable[[], _T]) -> _T:
        try:
            return await asyncio.get_running_loop().run_in_executor(self._thread, work)
        except OSError as error:
            raise self._explained(error) from error

    def _sorted(self) -> tuple[LookInfo, ...]:
        looks = [look.info for look in self._load().values() if not look.deleted]
        return tuple(sorted(looks, key=lambda look: (look.name.casefold(), look.name)))

    def _existing(self, look_id: str) -> StoredLook:
        look = self._load().get(look_id)
        if look is None or look.deleted:
            raise _no_look(look_id)
        return look

    def _add(self, info: LookInfo, lut: Path) -> LookInfo:
        known = self._load()
        if sum(not look.deleted for look in known.values()) >= MAX_LOOKS:
            raise RabbitError(
                ErrorKind.INVALID_REQUEST,
                f"The library holds {MAX_LOOKS} looks already.",
                "Delete some that you do not use.",
            )
        name = self._free_name(checked_name(info.name))
        info = msgspec.structs.replace(
            info, look_id=uuid.uuid4().hex, name=name, added=round(self._now(), 3)
        )
        digest = _digest(lut)
        lut.replace(self.cube(info.look_id))
        try:
            sync_folder(os.fsencode(self._folder))
            self._append(look_list.saved(info, digest))
        except BaseException:
            with contextlib.suppress(OSError):
                self.cube(info.look_id).unlink()
            raise
        return info

    def _free_name(self, name: str, *, but: str = "") -> str:
        """Return *name*, with a number where another look of the library has it."""
        taken = {
            look.info.name.casefold()
            for key, look in self._load().items()
            if key != but and not look.deleted
        }
        if name.casefold() not in taken:
            return name
        found = _NUMBERED.fullmatch(name)
        stem, number = (found[1], int(found[2])) if found else (name, 1)
        while True:
            number += 1
            ending = f" ({number})"
            wanted = stem[: MAX_NAME - len(ending)].rstrip() + ending
            if wanted.casefold() not in taken:
                return wanted

    def _prepare(self) -> None:
        make_folder(os.fsencode(self._folder))

    def _load(self) -> Known:
        if self._known is not None:
            return self._known
        try:
            data = self._list.read_bytes()
        except FileNotFoundError:
            data = b""
        known, damaged = look_list.read_lines(data)
        found = self._cubes()
        missing = [key for key in known if key not in found]
        for key in missing:
            log.warning("the LUT of the look %r is gone", known.pop(key).info.name)
        self._known, self._lines_bytes = known, len(data)
        strays = [key for key in found if key not in known]
        self._adopt(strays)
        if damaged:
            log.warning("%s: lines that were damaged: %d", self._list, damaged)
            set_aside(os.fsencode(self._list))
        if damaged or strays or (data and not data.endswith(b"\n")):
            self._rewrite()
        self._purge()
        return known

    def _cubes(self) -> set[str]:
        """Return the ids that have a LUT; what a killed daemon left half-written goes."""
        found: set[str] = set()
        with contextlib.suppress(FileNotFoundError):
            for file in list(self._folder.iterdir()):
                if file.suffix == ".cube" and look_list.LOOK_ID.fullmatch(file.stem):
                    found.add(file.stem)
                elif file.name.startswith(".") and file.suffix == ".rvpart":
                    with contextlib.suppress(OSError):
                        file.unlink()
        return found

    def _adopt(self, look_ids: list[str]) -> None:
        """Take in the looks whose files are there though the list does not name them."""
        assert self._known is not None
        for look_id in sorted(look_ids, key=lambda key: self.cube(key).stat().st_mtime):
            with self.cube(look_id).open("rb") as file:
                head = file.read(_HEAD_BYTES)
            added = self.cube(look_id).stat().st_mtime
            info = look_list.info_from_head(look_id, head, added)
            if info is None:
                log.warning("%s is no LUT", self.cube(look_id))
                continue
            name = self._free_name(usable_name(info.name))
            info = msgspec.structs.replace(info, name=name)
            self._known[look_id] = StoredLook(info, _digest(self.cube(look_id)))

    def _append(self, *changes: dict[str, Any]) -> None:
        known = self._load()
        data = look_list.encoded(changes)
        self._prepare()
        new = not self._list.exists()
        append_durably(self._list, data)
        if new:
            sync_folder(os.fsencode(self._folder))
        for change in changes:
            look_list.apply_change(known, change)
        self._lines_bytes += len(data)
        least = sum(300 for _ in known) + 1
        if self._lines_bytes > _TIDY_ABOVE_BYTES and self._lines_bytes > 3 * least:
            self._rewrite()

    def _rewrite(self) -> None:
        """Write the list anew with what counts; without success it stays as it is."""
        data = look_list.encoded(look_list.lines_of(self._known or {}))
        try:
            self._prepare()
            write_durably(os.fsencode(self._list), data)
            self._lines_bytes = len(data)
        except OSError as error:
            log.warning("%s could not be written anew: %s", self._list, error)

    def _purge(self) -> None:
        """Forget what was deleted long ago."""
        assert self._known is not None
        oldest = self._now() - KEEP_DELETED_S
        old = [key for key, look in self._known.items() if 0 < look.deleted < oldest]
        if not old:
            return
        for key in old:
            self.cube(key).unlink(missing_ok=True)
        self._append(*({"forget": key} for key in old))

    def _explained(self, error: OSError) -> RabbitError:
        full = error.errno in _FULL
        return RabbitError(
            ErrorKind.DISK_FULL if full else ErrorKind.PERMISSION_DENIED,
            f"The looks in {self._folder} could not be used: {error.strerror or error}.",
            "Free space on its disk." if full else "Check that its folder can be written.",
        )


def checked_name(name: str) -> str:
    """Return *name* without blanks around it.

    Raises:
        RabbitError: a look cannot be called so.
    """
    plain = " ".join(name.split(" ")).strip()
    if not plain or len(plain) > MAX_NAME or not plain.isprintable():
        raise RabbitError(
            ErrorKind.INVALID_REQUEST,
            f"A look cannot be called {plain[:MAX_NAME]!r}.",
            f"Give it a name of 1 to {MAX_NAME} letters.",
        )
    return plain


def usable_name(text: str) -> str:
    """Return a name that a look can have, as close to *text* as may be."""
    printable = "".join(letter if letter.isprintable() else " " for letter in text)
    return " ".join(printable.split())[:MAX_NAME].rstrip() or "Look"


def _no_look(look_id: str) -> RabbitError:
    return RabbitError(
        ErrorKind.NOT_FOUND,
        f"There is no look {look_id[:64]!r} in the library.",
        "It may have been deleted; `rabbitviewer looks list` shows those that are there.",
    )


def _lost(kind: ErrorKind, look: StoredLook, how: str) -> RabbitError:
    message = f"The LUT of the look '{look.info.name}' {how}."
    return RabbitError(kind, message, "Save or import the look again.")


def _digest(file: Path) -> str:
    return hashlib.blake2b(file.read_bytes(), digest_size=16).hexdigest()
