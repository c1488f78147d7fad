"""Owns ``catalogue.db``, the index of all photos: it may be deleted, and costs only time then."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import sqlite3
import time
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

from daemon.protocol.errors import ErrorKind, RabbitError
from daemon.protocol.values import PhotoMarks
from daemon.storage import catalogue_reading as reading
from daemon.storage import catalogue_schema
from daemon.storage.catalogue_reading import FactsRow
from daemon.storage.catalogue_writing import Writer
from daemon.tasks import PhotoFacts

log = logging.getLogger(__name__)

_T = TypeVar("_T")
_DAMAGED = ("malformed", "not a database", "file is encrypted")
_CACHE_KB = 4096
_GONE_KEPT_S = 90 * 86400


class CatalogueStore:
    """The catalogue on disk: read on one thread, written on another.

    A damaged database is moved aside, which the log says, and begun anew. One of a newer version
    is left alone: everything that needs it fails with the sentence.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._reading = ThreadPoolExecutor(max_workers=1, thread_name_prefix="catalogue-read")
        self._writing = ThreadPoolExecutor(max_workers=1, thread_name_prefix="catalogue-write")
        self._reader: sqlite3.Connection | None = None
        self._writer: Writer | None = None
        self._refusal: RabbitError | None = None
        self._mending = asyncio.Lock()
        self._mended = 0

    async def open(self) -> None:
        """Open or create the database; what hinders it is said in the log and by every use."""
        try:
            await self._write(lambda _: None)
        except RabbitError as error:
            log.warning("%s %s", error.info.message, error.info.hint)

    async def close(self) -> None:
        """Close the database and end its threads."""
        loop = asyncio.get_running_loop()
        await loop.run_in_executor(self._reading, self._close_reader)
        await loop.run_in_executor(self._writing, self._close_writer)
        self._reading.shutdown(wait=True)
        self._writing.shutdown(wait=True)

    # ------------------------------------------------------------ reading

    async def each_row(
        self,
        wanted: Mapping[bytes, Sequence[bytes] | None],
        take: Callable[[bytes, Iterable[FactsRow]], None],
    ) -> None:
        """Call *take*, on the reading thread, with folder and facts of the photos that are known.

        Args:
            wanted: Names by folder; ``None``: all of the folder.
            take: Must be quick.
        """
        await self._read(lambda db: reading.each_row(db, wanted, take))

    async def names(
        self, cameras: Collection[int], lenses: Collection[int], keywords: Collection[int]
    ) -> reading.Names:
        """Return the words behind the numbers in rows."""
        return await self._read(lambda db: reading.names(db, cameras, lenses, keywords))

    async def facts_of(self, paths: Sequence[bytes]) -> dict[bytes, PhotoFacts]:
        """Return what is known of each of *paths*."""
        return await self._read(lambda db: reading.facts_of(db, paths))

    async def search(self, text: str, limit: int) -> list[tuple[bytes, int, int]]:
        """Return path, size and time of the photos in whose words every word of *text* begins."""
        return await self._read(lambda db: reading.search(db, text, limit))

    async def elsewhere(
        self, facts: Sequence[PhotoFacts], limit: int
    ) -> dict[bytes, tuple[bytes, ...]]:
        """Return for the photos that are not known where the same content is known to be."""
        return await self._read(lambda db: reading.elsewhere(db, facts, limit))

    async def count(self) -> int:
        """Return how many photos are known."""
        return await self._read(reading.count)

    async def folder_marks(self, top: bytes) -> dict[bytes, int]:
        """Return the folders at and below *top* with the times for which they are known."""
        return await self._read(lambda db: reading.folder_marks(db, top))

    # ------------------------------------------------------------ writing

    async def put(
        self, facts: Sequence[PhotoFacts], moved: Mapping[bytes, bytes]
    ) -> list[tuple[bytes, FactsRow]]:
        """Take over the facts of photos in one transaction; return their rows by folder.

        Args:
            facts: What was read.
            moved: Old paths, which are gone, by new paths.
        """
        return await self._write(lambda writer: writer.put(facts, moved))

    async def put_marks(
        self, marks: Sequence[PhotoMarks], sidecars: Mapping[bytes, int]
    ) -> list[tuple[bytes, FactsRow]]:
        """Take over marks of photos that are known; return their rows by folder.

        Args:
            marks: What is said now.
            sidecars: When the sidecar of each was written, in nanoseconds.
        """
        return await self._write(lambda writer: writer.put_marks(marks, sidecars))

    async def mark_gone(self, paths: Iterable[bytes]) -> None:
        """Remember that photos are not where they were: they may turn up elsewhere."""
        now_s = int(time.time())
        await self._write(lambda writer: writer.mark_gone(paths, now_s))

    async def mark_back(self, paths: Iterable[bytes]) -> None:
        """Remember that photos are there again."""
        await self._write(lambda writer: writer.mark_gone(paths, 0))

    async def mark_folder(self, folder: bytes, mtime_ns: int) -> None:
        """Remember that all of a folder is known as of *mtime_ns*."""
        await self._write(lambda writer: writer.mark_folder(folder, mtime_ns))

    async def rest(self) -> None:
        """Give back memory that is only needed while something is asked often."""
        await self._write(Writer.shrink)
        await self._read(lambda db: db.execute("PRAGMA shrink_memory").fetchall())

    # ------------------------------------------------------------ the threads

    async def _read(self, work: Callable[[sqlite3.Connection], _T]) -> _T:
        if self._writer is None:
            await self._write(lambda _: None)
        return await self._run(self._reading, lambda: work(self._open_reader()))

    async def _write(self, work: Callable[[Writer], _T]) -> _T:
        return await self._run(self._writing, lambda: work(self._open_writer()))

    async def _run(self, thread: ThreadPoolExecutor, work: Callable[[], _T]) -> _T:
        if self._refusal is not None:
            raise self._refusal
        loop = asyncio.get_running_loop()
        seen = self._mended
        try:
            return await loop.run_in_executor(thread, work)
        except RabbitError as error:
            self._refusal = error
            raise
        except sqlite3.Error as error:
            if not any(word in str(error) for word in _DAMAGED):
                raise self._failure(error) from error
            log.warning("%s is damaged: %s", self._path, error)
        except OSError as error:
            raise self._failure(error) from error
        async with self._mending:
            if seen == self._mended:
                await loop.run_in_executor(self._reading, self._close_reader)
                await loop.run_in_executor(self._writing, self._begin_anew)
                self._mended += 1
        try:
            return await loop.run_in_executor(thread, work)
        except sqlite3.Error as error:
            raise self._failure(error) from error

    def _failure(self, error: sqlite3.Error | OSError) -> RabbitError:
        text = str(error)
        kind, hint = ErrorKind.INTERNAL, "Move it away: it is made again from the photos."
        if "full" in text:
            kind, hint = ErrorKind.DISK_FULL, "Free space on its disk."
        elif "disk I/O" in text:
            kind, hint = ErrorKind.UNREADABLE, "Check that its disk has room and is connected."
        elif "readonly" in text or "unable to open" in text or isinstance(error, OSError):
            kind, hint = ErrorKind.PERMISSION_DENIED, "Check that it and its folder can be written."
        return RabbitError(kind, f"The catalogue {self._path} could not be used: {text}.", hint)

    def _open_writer(self) -> Writer:
        if self._writer is None:
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            with contextlib.suppress(OSError):  # SQLite says what is wrong with the file
                self._path.touch(0o600)
            connection = self._connect()
            try:
                catalogue_schema.prepare(connection, self._path)
                writer = Writer(connection)
                writer.forget_gone(int(time.time()) - _GONE_KEPT_S)
            except BaseException:
                connection.close()
                raise
            self._writer = writer
        return self._writer

    def _open_reader(self) -> sqlite3.Connection:
        if self._reader is None:
            self._reader = self._connect()
            self._reader.execute("PRAGMA query_only = ON")
        return self._reader

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(
            self._path, check_same_thread=False, isolation_level=None, cached_statements=64
        )
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = NORMAL")
            connection.execute(f"PRAGMA cache_size = -{_CACHE_KB}")
        except BaseException:
            connection.close()
            raise
        return connection

    def _close_reader(self) -> None:
        if self._reader is not None:
            self._reader.close()
            self._reader = None

    def _close_writer(self) -> None:
        if self._writer is not None:
            self._writer.close()
            self._writer = None

    def _begin_anew(self) -> None:
        with contextlib.suppress(sqlite3.Error):
            self._close_writer()
        self._writer = None
        target = self._free_name()
        for ending in ("-wal", "-shm"):
            with contextlib.suppress(OSError):
                os.unlink(f"{self._path}{ending}")
        with contextlib.suppress(OSError):
            os.replace(self._path, target)
        log.warning("the catalogue is made again; the damaged one is now %s", target)
        self._open_writer()  # whoever reads next finds its tables

    def _free_name(self) -> Path:
        day = time.strftime("%Y-%m-%d")
        target = self._path.with_name(f"{self._path.name}.broken-{day}")
        number = 1
        while target.exists():
            number += 1
            target = self._path.with_name(f"{self._path.name}.broken-{day}-{number}")
        return target
