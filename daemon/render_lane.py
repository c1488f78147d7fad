"""The queue before one pool of workers: equal requests share one work, the urgent goes first."""

from __future__ import annotations

import enum
import heapq
import itertools
from collections.abc import Callable
from typing import Protocol

from daemon.protocol.errors import RabbitError
from daemon.tasks import (
    AnyResult,
    AnyTask,
    MakePreview,
    MakeThumbnail,
    PrepareSmall,
    ShowCached,
)
from daemon.workers.pool import WorkerPool
from daemon.workers.run import TaskRun

Outcome = tuple[AnyResult, bytes]
_numbers = itertools.count()


class Priority(enum.IntEnum):
    """How urgent a task is; lower goes first."""

    VISIBLE = 0
    NEAR = 10
    EDIT = 20
    BACKGROUND = 30


class Request(Protocol):
    """One of those who wait for a work."""

    @property
    def priority(self) -> Priority:
        """How urgent it is to them."""
        ...

    def cancel(self) -> None:
        """It is wanted no more."""
        ...

    def report(self, fraction: float) -> None:
        """The worker made progress, 0..1."""
        ...

    def end(self, outcome: Outcome | RabbitError | None) -> None:
        """Nothing works on it any more; *outcome* None: it was given up."""
        ...


class Work:
    """One run of a task for everybody who asked for the same.

    Attributes:
        task: What is to be done.
        lane: Where it queues.
        requests: Who waits for it; empty: nobody does any more.
        leaving: Who gave it up while a worker had it, and is told when the worker has let go.
        run: Set while a worker has it.
    """

    def __init__(self, task: AnyTask, lane: Lane) -> None:
        self.task = task
        self.lane = lane
        self.requests: list[Request] = []
        self.leaving: list[Request] = []
        self.run: TaskRun | None = None
        self.queued_at: Priority | None = None
        self.number = next(_numbers)

    @property
    def priority(self) -> Priority:
        """The most urgent of its requests."""
        return min((request.priority for request in self.requests), default=Priority.BACKGROUND)

    @property
    def takes_long(self) -> bool:
        """Whether it decodes a photo; what takes a millisecond goes first among equals.

        So does the small copy of an edit: a host waits for it.
        """
        match self.task:
            case MakeThumbnail() | MakePreview():
                return not self.task.embedded_only
            case ShowCached() | PrepareSmall():
                return False
            case _:
                return True

    @property
    def visible(self) -> bool:
        """Whether somebody looks at the place where its result goes."""
        return bool(self.requests) and self.priority is Priority.VISIBLE

    def heard(self, fraction: float) -> None:
        """Pass the worker's progress on."""
        for request in tuple(self.requests):
            request.report(fraction)


class Lane:
    """Waiting and running work of one pool; first come, first served among equals.

    Attributes:
        pool: Who does the work.
        running: What the pool has.
    """

    def __init__(self, pool: WorkerPool) -> None:
        self.pool = pool
        self.running: set[Work] = set()
        self._heap: list[tuple[Priority, bool, int, int, Work]] = []
        self._waiting = 0

    def __len__(self) -> int:
        """Return how much waits."""
        return self._waiting

    def queue(self, work: Work) -> None:
        """Let *work* wait at its priority; again after the priority has changed."""
        if work.queued_at is None:
            self._waiting += 1
        work.queued_at = work.priority
        entry = (work.priority, work.takes_long, work.number, next(_numbers), work)
        heapq.heappush(self._heap, entry)

    def drop(self, work: Work) -> None:
        """Let *work* wait no more."""
        if work.queued_at is not None:
            work.queued_at = None
            self._waiting -= 1

    def next(self) -> Work | None:
        """Take what runs next, None when nothing waits or the pool is full.

        Background work leaves one worker free, where there are several, so that what somebody
        looks at need not wait for it.
        """
        while self._heap:
            priority, _, _, _, work = self._heap[0]
            if work.queued_at is not priority:
                heapq.heappop(self._heap)
                continue
            keep_free = 1 if priority >= Priority.BACKGROUND and self.pool.workers > 1 else 0
            if len(self.running) >= self.pool.workers - keep_free:
                return None
            heapq.heappop(self._heap)
            self.drop(work)
            return work
        return None

    def each_running(self, act: Callable[[TaskRun], None]) -> None:
        """Do something to all that runs."""
        for work in self.running:
            if work.run is not None:
                act(work.run)
