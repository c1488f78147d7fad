"""Files that killed a worker: refused, with the reason, until they change; also after a restart."""

from __future__ import annotations

import contextlib
import os
import threading
import time
from collections import OrderedDict
from pathlib import Path

import msgspec

from daemon.protocol.errors import ErrorInfo

MAX_REMEMBERED = 1024
FORGOTTEN_AFTER_S = 600.0

Stamp = tuple[int, int]


class _Entry(msgspec.Struct, frozen=True):
    files: tuple[bytes, ...]
    stamps: tuple[Stamp, ...]
    error: ErrorInfo


class _Record(msgspec.Struct, frozen=True):
    """What is on the disk; it counts for the same program under the same limits alone."""

    circumstances: str
    entries: tuple[_Entry, ...]


class RefusedFiles:
    """Remembers which files, in which state, ended a worker of one pool."""

    def __init__(self, record: Path | None = None, circumstances: str = "") -> None:
        """Read what was refused before.

        Args:
            record: The file in which it is kept; ``None``: nowhere.
            circumstances: Program and limits; under others every file gets another chance.
        """
        self._record = record
        self._circumstances = circumstances
        self._writing = threading.Lock()
        self._known: OrderedDict[
            tuple[bytes, ...], tuple[tuple[Stamp, ...], ErrorInfo, float | None]
        ] = OrderedDict()
        self._load()

    def remember(
        self, files: tuple[bytes, ...], error: ErrorInfo, *, for_a_while: bool = False
    ) -> None:
        """Refuse *files* (asked for together) from now on because of *error*; reads the disk.

        Args:
            files: What the task read.
            error: What to say.
            for_a_while: Forget it after ten minutes, because the file may not be to blame.
        """
        if not files:
            return
        expires = time.monotonic() + FORGOTTEN_AFTER_S if for_a_while else None
        self._known[files] = (_stamps(files), error, expires)
        self._known.move_to_end(files)
        while len(self._known) > MAX_REMEMBERED:
            self._known.popitem(last=False)
        if not for_a_while:
            self._save()

    def knows(self, files: tuple[bytes, ...]) -> bool:
        """Whether it is worth asking :meth:`reason`; reads nothing."""
        return files in self._known

    def reason(self, files: tuple[bytes, ...]) -> ErrorInfo | None:
        """Return why *files* are refused, None when they are not (any more); reads the disk."""
        found = self._known.get(files)
        if found is None:
            return None
        stamps, error, expires = found
        if stamps != _stamps(files) or (expires is not None and time.monotonic() > expires):
            self._known.pop(files, None)
            return None
        return error

    def forget(self, circumstances: str = "") -> None:
        """Give every file another chance (the limits have changed)."""
        self._known.clear()
        self._circumstances = circumstances

    def _load(self) -> None:
        if self._record is None:
            return
        try:
            found = msgspec.msgpack.decode(self._record.read_bytes(), type=_Record)
        except (OSError, msgspec.MsgspecError):
            return
        if found.circumstances == self._circumstances:
            for entry in found.entries[-MAX_REMEMBERED:]:
                self._known[entry.files] = (entry.stamps, entry.error, None)

    def _save(self) -> None:
        """Write down what is refused for good; where that fails it is found out again."""
        if self._record is None:
            return
        with self._writing:
            known = tuple(self._known.items())
            entries = tuple(
                _Entry(files, stamps, error)
                for files, (stamps, error, expires) in known
                if expires is None
            )
            temporary = self._record.with_suffix(".new")
            with contextlib.suppress(OSError):
                self._record.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
                temporary.write_bytes(msgspec.msgpack.encode(_Record(self._circumstances, entries)))
                temporary.replace(self._record)


def _stamps(files: tuple[bytes, ...]) -> tuple[Stamp, ...]:
    return tuple(_stamp(path) for path in files)


def _stamp(path: bytes) -> Stamp:
    try:
        found = os.stat(path)  # noqa: PTH116 - the path is bytes
    except (OSError, ValueError):
        return (0, -1)
    return (found.st_mtime_ns, found.st_size)
