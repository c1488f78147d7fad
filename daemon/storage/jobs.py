"""Owns ``jobs.db``: every job is a row there before anything is sent to a host."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import sqlite3
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

import msgspec

from daemon.protocol.errors import ErrorKind, RabbitError
from daemon.storage.job_record import OPEN_STATES, JobRecord
from daemon.storage.past_job import PastJob

log = logging.getLogger(__name__)

_T = TypeVar("_T")

SCHEMA_VERSION = 2
KEPT_ENDED_JOBS = 2000
KEPT_LEFT_S = 30 * 86400.0

_CREATE = """
CREATE TABLE jobs (
    job_id TEXT PRIMARY KEY,
    created REAL NOT NULL,
    state TEXT NOT NULL,
    record BLOB NOT NULL
) STRICT;
CREATE INDEX jobs_by_time ON jobs (created DESC);
CREATE INDEX jobs_by_state ON jobs (state);
"""
_SINCE_2 = """
CREATE TABLE left_behind (
    prompt_id TEXT PRIMARY KEY,
    host TEXT NOT NULL,
    job_id TEXT NOT NULL,
    since REAL NOT NULL
) STRICT;
CREATE TABLE queue (name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT;
"""


class LeftBehind(msgspec.Struct, frozen=True):
    """A prompt of ours that must not run on at its host, which has not heard of that yet.

    Attributes:
        prompt_id: Its id there.
        host: As the job's record names it.
        job_id: Whose prompt it was.
    """

    prompt_id: str
    host: str
    job_id: str


class JobStore:
    """Jobs on disk, read and written on one thread of its own.

    Every :meth:`save` is durable when it returns (``synchronous=FULL``), so that what follows it
    (a prompt sent, a file renamed) is never unknown to the next daemon.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="storage")
        self._connection: sqlite3.Connection | None = None

    async def open(self) -> None:
        """Open or create the database.

        Raises:
            RabbitError: it was written by a newer version, is damaged, or cannot be opened.
        """
        await self._run(self._open)

    async def close(self) -> None:
        """Close the database and end its thread."""
        await self._run(self._close)
        self._thread.shutdown(wait=True)

    async def save(self, record: JobRecord, left: LeftBehind | None = None) -> None:
        """Insert or replace one job, durably; with it, or not at all, what it *left* behind."""
        await self._run(lambda: self._save([record], left))

    def save_soon(self, record: JobRecord) -> None:
        """Insert or replace one job before all that is asked for later; nothing waits for it."""
        self._thread.submit(self._save, [record], None).add_done_callback(_note_failure)

    async def save_all(self, records: Sequence[JobRecord]) -> None:
        """Insert or replace jobs, durably, all of them or none."""
        await self._run(lambda: self._save(records, None))

    async def left_behind(self) -> list[LeftBehind]:
        """Return the prompts that their hosts must still be told to cancel, oldest first."""
        sql = "SELECT prompt_id, host, job_id FROM left_behind WHERE since > ? ORDER BY since"
        oldest = time.time() - KEPT_LEFT_S
        rows = await self._run(lambda: self._db().execute(sql, (oldest,)).fetchall())
        return [LeftBehind(*row) for row in rows]

    async def forget_left(self, prompt_id: str) -> None:
        """A prompt that was left behind is no longer there."""
        sql = "DELETE FROM left_behind WHERE prompt_id = ?"
        await self._run(lambda: self._db().execute(sql, (prompt_id,)))

    async def is_paused(self) -> bool:
        """Whether the whole queue holds."""
        sql = "SELECT value FROM queue WHERE name = 'paused'"
        row = await self._run(lambda: self._db().execute(sql).fetchone())
        return bool(row and row[0])

    async def set_paused(self, paused: bool) -> None:
        """Have the whole queue hold or go on, durably."""
        sql = "INSERT OR REPLACE INTO queue VALUES ('paused', ?)"
        await self._run(lambda: self._db().execute(sql, (int(paused),)))

    async def get(self, job_id: str) -> JobRecord | None:
        """Return the job, or None where the id is unknown."""
        rows = await self._run(
            lambda: self._select("SELECT record FROM jobs WHERE job_id = ?", (job_id,))
        )
        return rows[0] if rows else None

    async def newest(self, limit: int, skip: int = 0) -> list[JobRecord]:
        """Return up to *limit* jobs, newest first, without the *skip* newest."""
        sql = "SELECT record FROM jobs ORDER BY created DESC LIMIT ? OFFSET ?"
        return await self._run(lambda: self._select(sql, (limit, skip)))

    async def named(self, beginnings: Sequence[str]) -> list[JobRecord]:
        """Return the jobs whose ids begin with one of *beginnings*, newest first."""
        wanted = [text for text in dict.fromkeys(beginnings) if text]

        def find() -> list[JobRecord]:
            sql = "SELECT record FROM jobs WHERE substr(job_id, 1, ?) = ?"
            rows = [self._select(sql, (len(text), text)) for text in wanted]
            found = {record.job_id: record for records in rows for record in records}
            return sorted(found.values(), key=lambda record: -record.created)

        return await self._run(find)

    async def open_jobs(self) -> list[JobRecord]:
        """Return the jobs with work left, oldest first."""
        marks = ",".join("?" * len(OPEN_STATES))
        sql = f"SELECT record FROM jobs WHERE state IN ({marks}) ORDER BY created"
        return await self._run(lambda: self._select(sql, OPEN_STATES))

    async def past_jobs(self, limit: int = KEPT_ENDED_JOBS) -> list[PastJob]:
        """Return what the last *limit* ended jobs tell about the next ones, oldest first."""
        marks = ",".join("?" * len(OPEN_STATES))
        sql = f"SELECT record FROM jobs WHERE state NOT IN ({marks}) ORDER BY created DESC LIMIT ?"

        def find() -> list[PastJob]:
            rows: list[tuple[bytes]] = self._db().execute(sql, (*OPEN_STATES, limit)).fetchall()
            return [msgspec.msgpack.decode(row, type=PastJob) for (row,) in reversed(rows)]

        return await self._run(find)

    async def done_from_pools(self) -> list[JobRecord]:
        """Return the done jobs whose photo came from a pool, oldest first.

        A record leaves out what has its default, so that others are passed over unread.
        """
        sql = (
            "SELECT record FROM jobs WHERE state = 'done' "
            "AND instr(record, CAST('content_hash' AS BLOB)) ORDER BY created"
        )
        records = await self._run(lambda: self._select(sql, ()))
        return [record for record in records if record.content_hash]

    async def done_ids(self) -> list[str]:
        """Return the ids of the done jobs that learnt a grade themselves, newest first."""
        sql = (
            "SELECT job_id FROM jobs WHERE state = 'done' "
            "AND NOT instr(record, CAST('look_id' AS BLOB)) "
            "AND NOT instr(record, CAST('grade_of' AS BLOB)) ORDER BY created DESC"
        )
        return await self._run(lambda: [job_id for (job_id,) in self._db().execute(sql).fetchall()])

    async def _run(self, work: Callable[[], _T]) -> _T:
        try:
            return await asyncio.get_running_loop().run_in_executor(self._thread, work)
        except sqlite3.Error as error:
            kind, hint = _advice(str(error))
            message = f"The job list {self._path} could not be used: {error}."
            raise RabbitError(kind, message, hint) from error

    def _open(self) -> None:
        self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        _make_private_file(self._path)
        connection = sqlite3.connect(self._path, check_same_thread=False, isolation_level=None)
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        if version > SCHEMA_VERSION:
            connection.close()
            raise RabbitError(
                ErrorKind.VERSION_MISMATCH,
                f"{self._path} was written by a newer RabbitViewer (format {version}).",
                "Update RabbitViewer, or move that file away.",
            )
        missing = (_CREATE if version < 1 else "") + (_SINCE_2 if version < 2 else "")
        if missing:
            connection.executescript(
                f"BEGIN; {missing} PRAGMA user_version = {SCHEMA_VERSION}; COMMIT;"
            )
        self._connection = connection

    def _close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _save(self, records: Sequence[JobRecord], left: LeftBehind | None) -> None:
        db = self._db()
        db.execute("BEGIN IMMEDIATE")
        try:
            db.executemany(
                "INSERT INTO jobs VALUES (?, ?, ?, ?) ON CONFLICT (job_id) DO UPDATE "
                "SET state = excluded.state, record = excluded.record",
                [(job.job_id, job.created, job.state, _encoded(job)) for job in records],
            )
            if left is not None:
                db.execute(
                    "INSERT OR REPLACE INTO left_behind VALUES (?, ?, ?, ?)",
                    (left.prompt_id, left.host, left.job_id, time.time()),
                )
            if not all(record.is_open for record in records):
                db.execute(
                    "DELETE FROM jobs WHERE state NOT IN (?, ?) AND created < (SELECT created "
                    "FROM jobs ORDER BY created DESC LIMIT 1 OFFSET ?)",
                    (*OPEN_STATES, KEPT_ENDED_JOBS),
                )
        except BaseException:
            db.execute("ROLLBACK")
            raise
        db.execute("COMMIT")

    def _select(self, sql: str, values: tuple[object, ...]) -> list[JobRecord]:
        rows: list[tuple[bytes]] = self._db().execute(sql, values).fetchall()
        return [msgspec.msgpack.decode(record, type=JobRecord) for (record,) in rows]

    def _db(self) -> sqlite3.Connection:
        if self._connection is None:
            raise RabbitError(ErrorKind.INTERNAL, "The job list is not open.")
        return self._connection


def _note_failure(saving: Future[None]) -> None:
    error = saving.exception()
    if error is not None:  # what is saved next, and waited for, fails in words
        log.warning("a job's stage was not written: %s", error)


def _encoded(record: JobRecord) -> bytes:
    return msgspec.msgpack.encode(record)


def _advice(problem: str) -> tuple[ErrorKind, str]:
    """Return the kind and the hint for what SQLite says."""
    if "full" in problem:
        return ErrorKind.DISK_FULL, "Free space on its disk."
    if "readonly" in problem or "unable to open" in problem:
        return ErrorKind.PERMISSION_DENIED, "Check that it and its folder can be written."
    return ErrorKind.INTERNAL, "Move it away to start with an empty list."


def _make_private_file(path: Path) -> None:
    """Keep prompts and paths from other users; SQLite gives its side files the same mode."""
    with contextlib.suppress(OSError):  # SQLite says what is wrong with the file
        path.touch(0o600)
        path.chmod(0o600)
