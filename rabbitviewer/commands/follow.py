"""Waiting for jobs: events in, progress out, through a daemon that was killed and started again."""

from __future__ import annotations

from collections.abc import Sequence
from types import TracebackType
from typing import Self

import msgspec

from daemon.protocol.errors import ErrorInfo, ErrorKind, RabbitError
from daemon.protocol.jobs import JobChanged, JobsCancel
from daemon.protocol.messages import (
    AiEditCancelled,
    AiEditComplete,
    AiEditFailed,
    AiEditProgress,
    Done,
    JobCancel,
    Jobs,
    JobsRequest,
    Message,
)
from daemon.protocol.values import JobInfo
from rabbitviewer.commands.session import Session
from rabbitviewer.commands.terminal import ProgressBar
from rabbitviewer.commands.time_left import TimeLeft, left_words
from rabbitviewer.ipc.blocking import ConnectionLostError, DaemonConnection

ENDED = frozenset({"done", "failed", "cancelled"})
MAX_JOBS = 10_000
_ASKED_AT_ONCE = 50
_CANCELLED_AT_ONCE = 1000
_MAX_RECONNECTS = 5
_TICK_S = 1.0
_SILENT_TICKS = 5


class JobFollower:
    """Follows some jobs until each has ended.

    Attributes:
        jobs: The latest known state by job id.
        connection: To the daemon; another one after :meth:`reconnect`.
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        self._bar = ProgressBar()
        self._left = TimeLeft()
        self._words = ""
        self._shown_job = ""
        self._silent = 0
        self._reconnects = 0
        self._stale = False
        self.connection: DaemonConnection = session.connect()
        self.jobs: dict[str, JobInfo] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.connection.close()

    def add(self, job: JobInfo) -> None:
        """Follow *job* too."""
        self.jobs[job.job_id] = job

    @property
    def open_ids(self) -> list[str]:
        """The jobs that have not ended."""
        return [job_id for job_id, job in self.jobs.items() if job.state not in ENDED]

    def run(self) -> None:
        """Return when every job has ended.

        Raises:
            RabbitError: the daemon stays away.
            KeyboardInterrupt: the user leaves; the jobs go on.
        """
        try:
            while self.open_ids:
                try:
                    self._turn()
                except ConnectionLostError:
                    self.reconnect()
        finally:
            self._bar.clear()

    def cancel(self) -> None:
        """Cancel what is open, all at once, and wait until it has ended."""
        for job_id in self.open_ids:
            self.connection.post(JobCancel(job_id=job_id))
        self.run()

    def _turn(self) -> None:
        event = None if self._stale else self.connection.next_event(_TICK_S)
        self._silent = self._silent + 1 if event is None else 0
        if event is not None:
            self._take(event)
        elif self._stale or self._silent >= _SILENT_TICKS:
            self._refresh()
        else:
            self._draw()

    def _take(self, event: Message) -> None:
        match event:
            case AiEditComplete() | AiEditFailed() | AiEditCancelled():
                if event.job_id in self.jobs:
                    self.jobs[event.job_id] = event.job
            case JobChanged() if event.job.job_id in self.jobs:
                self.jobs[event.job.job_id] = event.job
                if event.job.state != "running":
                    self._left.foretold(event.job.job_id, None)
                    self._say(event.job.job_id, event.job.message or event.job.state)
            case AiEditProgress() if event.job_id in self.jobs:
                job = self.jobs[event.job_id]
                self.jobs[event.job_id] = msgspec.structs.replace(
                    job,
                    state="running",
                    progress_pct=event.progress_pct,
                    stage=event.stage,
                    message=event.message,
                )
                self._left.foretold(event.job_id, event.eta_s)
                self._say(event.job_id, event.message or event.stage)
            case _:
                return

    def _say(self, job_id: str, words: str) -> None:
        self._shown_job, self._words = job_id, words
        self._draw()

    def _draw(self) -> None:
        """Draw what was said last, with what is left by now."""
        if not self._words:
            return
        shares = [100.0 if j.state in ENDED else j.progress_pct for j in self.jobs.values()]
        ended = len(self.jobs) - len(self.open_ids)
        parts = [self._words, left_words(self._left.of_job(self._shown_job))]
        if len(self.jobs) > 1:
            left_s = self._left.of_all(ended, len(self.open_ids))
            parts = [f"{ended} of {len(self.jobs)} done", self._words, left_words(left_s)]
        self._bar.update(sum(shares) / len(shares), ", ".join(filter(None, parts)))

    def _refresh(self) -> None:
        """Ask for the states: what was missed while nobody listened."""
        found = {job.job_id: job for job in named_jobs(self.connection, self.open_ids)}
        for job_id in self.open_ids:
            self.jobs[job_id] = found.get(job_id) or _vanished(self.jobs[job_id])
        self._stale, self._silent = False, 0

    def reconnect(self) -> None:
        """Start the daemon again; it resumes the jobs.

        Raises:
            RabbitError: it does not stay.
        """
        self._reconnects += 1
        self.connection.close()
        if self._reconnects > _MAX_RECONNECTS:
            raise RabbitError(
                ErrorKind.DAEMON_UNAVAILABLE,
                f"The RabbitViewer daemon ended {self._reconnects} times over this job.",
                f"Its log is {self._session.folders.log_file}.",
            )
        self.connection = self._session.connect()
        self._stale = True


def _vanished(job: JobInfo) -> JobInfo:
    error = ErrorInfo(
        ErrorKind.NOT_FOUND,
        f"The job {job.job_id} is no longer known to the daemon.",
        "Start it again.",
    )
    return msgspec.structs.replace(job, state="failed", error=error)


def listed_jobs(
    connection: DaemonConnection, limit: int = MAX_JOBS, *, open_only: bool = False
) -> list[JobInfo]:
    """Return up to *limit* jobs, newest first, however many messages that takes.

    Raises:
        RabbitError: what the daemon says.
    """
    found: dict[str, JobInfo] = {}
    skip = 0
    while True:
        request = JobsRequest(limit=limit - skip, skip=skip, open_only=open_only)
        answer = connection.request(request, Jobs)
        found |= {job.job_id: job for job in answer.jobs}
        skip += len(answer.jobs)
        if not answer.more or not answer.jobs or skip >= limit:
            return list(found.values())


def named_jobs(connection: DaemonConnection, beginnings: Sequence[str]) -> list[JobInfo]:
    """Return the jobs whose ids begin so, however many messages that takes.

    Raises:
        RabbitError: what the daemon says.
    """
    found: dict[str, JobInfo] = {}
    left = list(beginnings)
    while left:
        asked, left = left[:_ASKED_AT_ONCE], left[_ASKED_AT_ONCE:]
        answer = connection.request(JobsRequest(job_ids=tuple(asked)), Jobs)
        fresh = {job.job_id: job for job in answer.jobs if job.job_id not in found}
        found |= fresh
        if answer.more and fresh:
            left = [name for name in asked if name not in fresh] + left
    return list(found.values())


def cancel_jobs(connection: DaemonConnection, jobs: Sequence[JobInfo]) -> None:
    """Cancel *jobs*, all at once: those that wait need not begin; return when each has ended.

    Raises:
        RabbitError: one is not known any more, or the daemon left.
    """
    ids = [job.job_id for job in jobs]
    for begin in range(0, len(ids), _CANCELLED_AT_ONCE):
        connection.request(JobsCancel(tuple(ids[begin : begin + _CANCELLED_AT_ONCE])), Done)


def find_jobs(connection: DaemonConnection, wanted: Sequence[str]) -> list[JobInfo]:
    """Return the jobs whose ids begin with *wanted*, in that order.

    Raises:
        RabbitError: ``not_found``, or an abbreviation that fits several.
    """
    jobs = named_jobs(connection, wanted)
    found: list[JobInfo] = []
    for name in wanted:
        exact = [job for job in jobs if job.job_id == name]
        fitting = exact or [job for job in jobs if job.job_id.startswith(name)]
        if len(fitting) != 1:
            how = "fits several jobs" if fitting else "is not the id of a job"
            raise RabbitError(
                ErrorKind.NOT_FOUND, f"{name!r} {how}.", "See `rabbitviewer jobs list`."
            )
        found.append(fitting[0])
    return found
