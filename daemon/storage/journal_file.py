"""The journal's file: JSON lines that are on the disk before what they announce is done."""

from __future__ import annotations

import contextlib
import errno
import logging
import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO, NamedTuple

import msgspec

from daemon.protocol.errors import ErrorKind, RabbitError
from daemon.storage.journal_records import Line, NoteLine

log = logging.getLogger(__name__)

_lines = msgspec.json.Decoder(Line)
_notes = msgspec.json.Decoder(NoteLine)


class Span(NamedTuple):
    """Where a line stands in the file."""

    offset: int
    size: int


class JournalFile:
    """Appends lines; a line that was torn by a crash is dropped when the file is opened."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: BinaryIO | None = None
        self.size_bytes = 0

    def open(self) -> list[tuple[Line, Span]]:
        """Open or create the file and return its lines, without their records.

        Raises:
            RabbitError: it cannot be used.
        """
        try:
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            handle = os.open(self._path, os.O_RDWR | os.O_CREAT | getattr(os, "O_BINARY", 0), 0o600)
            self._file = os.fdopen(handle, "r+b")
            found = list(self._read(self._file))
            self._cut(self._file)
        except OSError as error:
            raise self._failure(error) from error
        return found

    def close(self) -> None:
        """Close the file."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def append(self, *lines: Line, durable: bool) -> list[Span]:
        """Append *lines*; with *durable* they are on the disk when this returns.

        Raises:
            RabbitError: they could not be written; nothing of them stands in the file then.
        """
        file = self._opened()
        texts = [msgspec.json.encode(line) + b"\n" for line in lines]
        try:
            file.seek(self.size_bytes)
            file.write(b"".join(texts))
            file.flush()
            if durable:
                os.fsync(file.fileno())
        except OSError as error:
            with contextlib.suppress(OSError):
                self._reopen()
            raise self._failure(error) from error
        spans: list[Span] = []
        for text in texts:
            spans.append(Span(self.size_bytes, len(text)))
            self.size_bytes += len(text)
        return spans

    def note_at(self, span: Span) -> NoteLine:
        """Return the line at *span* with its records.

        Raises:
            RabbitError: the file cannot be read any more.
        """
        file = self._opened()
        try:
            file.seek(span.offset)
            return _notes.decode(file.read(span.size))
        except OSError as error:
            raise self._failure(error) from error

    def replace(self, lines: Iterable[Line]) -> list[tuple[Line, Span]]:
        """Put a shorter journal in the place of this one, in one step.

        Raises:
            RabbitError: it could not be written; the old one stays.
        """
        fresh = self._path.with_suffix(".new")
        try:
            handle = os.open(
                fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | getattr(os, "O_BINARY", 0), 0o600
            )
            with os.fdopen(handle, "wb") as stream:
                for line in lines:
                    stream.write(msgspec.json.encode(line) + b"\n")
                stream.flush()
                os.fsync(stream.fileno())
            self.close()
            fresh.replace(self._path)
            _sync_folder(self._path.parent)
        except OSError as error:
            with contextlib.suppress(OSError):
                fresh.unlink()
            if self._file is None:
                self.open()
            raise self._failure(error) from error
        return self.open()

    def _read(self, file: BinaryIO) -> Iterator[tuple[Line, Span]]:
        """Yield the lines; `size_bytes` is the end of the last whole one."""
        self.size_bytes = 0
        file.seek(0)
        for text in file:
            if not text.endswith(b"\n"):
                return
            span = Span(self.size_bytes, len(text))
            self.size_bytes += len(text)
            try:
                yield _lines.decode(text), span
            except (msgspec.DecodeError, UnicodeDecodeError):
                log.warning("%s: the line at byte %d is damaged", self._path, span.offset)

    def _cut(self, file: BinaryIO) -> None:
        """Take away what a crash left of a line."""
        if os.fstat(file.fileno()).st_size > self.size_bytes:
            file.truncate(self.size_bytes)
            os.fsync(file.fileno())

    def _reopen(self) -> None:
        """Forget what a failed write left in the buffer and in the file."""
        if self._file is not None:
            with contextlib.suppress(OSError):
                self._file.close()
        self._file = self._path.open("r+b")
        self._cut(self._file)

    def _opened(self) -> BinaryIO:
        if self._file is None:
            raise RabbitError(ErrorKind.INTERNAL, "The journal of file work is not open.")
        return self._file

    def _failure(self, error: OSError) -> RabbitError:
        message = (
            f"The journal {self._path} could not be written, so nothing was changed: "
            f"{error.strerror or error}."
        )
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            return RabbitError(ErrorKind.DISK_FULL, message, "Free space on its disk.")
        return RabbitError(
            ErrorKind.PERMISSION_DENIED, message, "Check that it and its folder can be written."
        )


def _sync_folder(folder: Path) -> None:
    if not hasattr(os, "O_DIRECTORY"):
        return
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
