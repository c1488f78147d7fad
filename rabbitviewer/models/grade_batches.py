"""A grade on many photos: asked for without holding the window up, told in one line."""

from __future__ import annotations

import dataclasses
import time
from collections import deque
from collections.abc import Iterable, Iterator, Sequence

from PySide6.QtCore import QObject, QTimer, Signal

from daemon.protocol.errors import ErrorInfo
from daemon.protocol.messages import AiEditRequest
from rabbitviewer.models.job import LOOK, Job
from rabbitviewer.models.jobs import JobsModel
from rabbitviewer.models.looks import Grade

_A_TURN = 20
_TELL_MS = 100
_ONE_RUN_S = 60.0
_LEAST = 2
_MOST_PASSED_S = 20.0

_Kind = tuple[str, str, float, str]
"""Look, prompt where there is none, strength, channels."""


@dataclasses.dataclass(frozen=True)
class Batch:
    """One grade on several photos.

    Attributes:
        title: What the grade goes by.
        is_look: It is a look of the library.
        count: How many photos.
        done: How many have their result.
        failed: How many have none and will not.
        cancelled: How many were cancelled.
        error: Why the first one failed; None: none did.
        eta_s: Seconds left, roughly; None: nobody knows.
    """

    title: str
    is_look: bool
    count: int
    done: int = 0
    failed: int = 0
    cancelled: int = 0
    error: ErrorInfo | None = None
    eta_s: float | None = None

    @property
    def ended(self) -> int:
        """How many need nothing more."""
        return self.done + self.failed + self.cancelled


class GradeBatches(QObject):
    """Puts grades on photos and tells how far they are.

    Jobs of one grade that were begun within a minute of each other are one batch, whoever asked:
    so a window that is opened later tells the same.

    Signals:
        changed: a batch got further; at most ten times a second.
        ended: a batch that was under way is over (:class:`Batch`).
        refused: photos of a batch were refused (:class:`ErrorInfo`, how many).
    """

    changed = Signal()
    ended = Signal(object)
    refused = Signal(object, int)

    def __init__(self, jobs: JobsModel, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._jobs = jobs
        self._unsent: deque[AiEditRequest] = deque()
        self._uncancelled: deque[str] = deque()
        self._unheard: dict[int, AiEditRequest] = {}
        self._refused: list[ErrorInfo] = []
        self._open: dict[_Kind, Batch] = {}
        self._paces: dict[_Kind, _Pace] = {}
        self._turn = QTimer(self, interval=0)
        self._turn.timeout.connect(self._send_some)
        self._tell = QTimer(self, singleShot=True, interval=_TELL_MS)
        self._tell.timeout.connect(self._look)
        jobs.changed.connect(self._tell_soon)
        jobs.reset.connect(self._tell_soon)
        jobs.accepted.connect(self._on_accepted)
        jobs.refused.connect(self._on_refused)
        self._tell_soon()

    # ------------------------------------------------------------ asking

    def start(self, grade: Grade, paths: Sequence[bytes]) -> None:
        """Put *grade* on photos; a few are asked for per turn of the event loop."""
        self._unsent.extend(grade.request(path) for path in paths)
        self._send_some()
        if self._unsent:
            self._turn.start()
        self._tell_soon()

    def finish(self) -> None:
        """Ask for all that was not asked for yet: the window closes."""
        while self._unsent or self._uncancelled:
            self._send_some()

    def cancel_all(self) -> None:
        """Cancel what is under way of all batches."""
        self._unsent.clear()
        kinds = set(self._open)
        waiting = [
            job
            for job in self._jobs.jobs()
            if not job.ended and job.info.operation == LOOK and _kind_of(job) in kinds
        ]
        # those that wait go first: else one begins as soon as another one is cancelled
        waiting.sort(key=lambda each: each.info.state == "running")
        self._uncancelled.extend(job.info.job_id for job in waiting)
        self._turn.start()

    def _send_some(self) -> None:
        for _ in range(min(_A_TURN, len(self._unsent))):
            request = self._unsent.popleft()
            self._unheard[self._jobs.start(request)] = request
        for _ in range(min(_A_TURN, len(self._uncancelled))):
            self._jobs.cancel(self._uncancelled.popleft())
        if not self._unsent and not self._uncancelled:
            self._turn.stop()

    @property
    def is_sent(self) -> bool:
        """Whether the daemon has taken on, or refused, all that was asked for."""
        return not self._unsent and not self._unheard

    # ------------------------------------------------------------ telling

    def batches(self) -> list[Batch]:
        """Return those that are under way, as they were told last."""
        return list(self._open.values())

    def contains(self, job: Job) -> bool:
        """Whether a job is one of several: it is told with them, not alone."""
        if job.info.operation != LOOK:
            return False
        kind = _kind_of(job)
        return kind in self._open or len(self._run_of(kind, job)) >= _LEAST

    def _tell_soon(self, *_what: object) -> None:
        if not self._tell.isActive():
            self._tell.start()

    def _look(self) -> None:
        """Count anew."""
        now: dict[_Kind, Batch] = {}
        for kind, jobs in self._runs():
            coming = sum(_kind_of_request(each) == kind for each in self._coming())
            count = len(jobs) + coming
            if count >= _LEAST and (coming or not all(each.ended for each in jobs)):
                now[kind] = self._batch(kind, jobs, count)
        over = [kind for kind in self._open if kind not in now]
        ended = [self._last(kind) for kind in over]
        for kind in over:
            self._paces.pop(kind, None)
        changed = now != self._open
        self._open = now
        if changed:
            self.changed.emit()
        for batch in ended:
            self.ended.emit(batch)
        self._tell_refused()

    def _last(self, kind: _Kind) -> Batch:
        """Return how a batch that is over ended."""
        for each, jobs in self._runs(even_ended=True):
            if each == kind:
                return self._batch(kind, jobs, len(jobs))
        return dataclasses.replace(self._open[kind], count=0)

    def _coming(self) -> Iterator[AiEditRequest]:
        yield from self._unsent
        yield from self._unheard.values()

    def _runs(self, *, even_ended: bool = False) -> Iterator[tuple[_Kind, list[Job]]]:
        """Go through the newest run of every grade that has work left (or had a moment ago)."""
        by_kind: dict[_Kind, list[Job]] = {}
        for job in self._jobs.jobs():
            if job.info.operation == LOOK:
                by_kind.setdefault(_kind_of(job), []).append(job)
        for request in self._coming():
            by_kind.setdefault(_kind_of_request(request), [])
        for kind, jobs in by_kind.items():
            run = _newest_run(jobs)
            if even_ended or not run or any(not each.ended for each in run) or kind in self._open:
                yield kind, run

    def _run_of(self, kind: _Kind, job: Job) -> list[Job]:
        """Return the newest run of a grade where *job* is part of it; empty: it is not."""
        jobs = (each for each in self._jobs.jobs() if each.info.operation == LOOK)
        run = _newest_run(each for each in jobs if _kind_of(each) == kind)
        return run if any(each.info.job_id == job.info.job_id for each in run) else []

    def _batch(self, kind: _Kind, jobs: list[Job], count: int) -> Batch:
        states = [each.info.state for each in jobs]
        errors = [each.info.error for each in reversed(jobs) if each.info.state == "failed"]
        done, failed = states.count("done"), states.count("failed")
        cancelled = states.count("cancelled")
        ended = done + failed + cancelled
        pace = self._paces.setdefault(kind, _Pace(time.monotonic(), ended))
        return Batch(
            title=jobs[0].info.prompt if jobs else self._title_of(kind),
            is_look=bool(kind[0]),
            count=count,
            done=done,
            failed=failed,
            cancelled=cancelled,
            error=errors[0] if errors else None,
            eta_s=pace.eta_s(ended, count),
        )

    def _title_of(self, kind: _Kind) -> str:
        """Return what a batch goes by of which no job is known yet."""
        asked = (each for each in self._coming() if _kind_of_request(each) == kind)
        return next((each.prompt for each in asked), "")

    # ------------------------------------------------------------ hearing

    def _on_accepted(self, _job_id: str, request_id: int) -> None:
        self._unheard.pop(request_id, None)

    def _on_refused(self, error: ErrorInfo, request_id: int) -> None:
        if self._unheard.pop(request_id, None) is not None:
            self._refused.append(error)
            self._tell_soon()

    def _tell_refused(self) -> None:
        refused, self._refused = self._refused, []
        if refused:
            self.refused.emit(refused[0], len(refused))


@dataclasses.dataclass
class _Pace:
    """How fast a batch gets on since it is looked at."""

    since_s: float
    ended_before: int
    last_s: float = 0.0
    last_ended: int = -1

    def eta_s(self, ended: int, count: int) -> float | None:
        """Return how long the rest takes; it goes on counting down between two results."""
        now_s = time.monotonic()
        if ended != self.last_ended:
            self.last_s, self.last_ended = now_s, ended
        got = ended - self.ended_before
        if got <= 0:
            return None
        each_s = (self.last_s - self.since_s) / got
        waited_s = min(now_s - self.last_s, _MOST_PASSED_S, each_s)
        return max(each_s * (count - ended) - waited_s, 0.0)


def _kind_of(job: Job) -> _Kind:
    info = job.info
    return info.look_id, "" if info.look_id else info.prompt, info.strength, info.channels


def _kind_of_request(request: AiEditRequest) -> _Kind:
    prompt = "" if request.look else request.prompt
    return request.look, prompt, request.strength, request.channels


def _newest_run(jobs: Iterable[Job]) -> list[Job]:
    """Return the newest of *jobs* (newest first) up to the first pause."""
    run: list[Job] = []
    for job in jobs:
        if run and run[-1].info.created - job.info.created > _ONE_RUN_S:
            break
        run.append(job)
    return run
