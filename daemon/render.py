"""What is computed, in which order: requests for workers, and the grades made of them."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import TypeVar

from daemon.protocol.errors import ErrorKind, RabbitError
from daemon.render_lane import Lane, Outcome, Priority, Work
from daemon.render_task import Composite, RenderTask, WorkerTask
from daemon.task_files import file_in_words
from daemon.tasks import (
    AnyTask,
    CheckImage,
    CheckMask,
    ConvertLut,
    DecodePreview,
    HashPhoto,
    LoadMask,
    MakePreview,
    MakeThumbnail,
    MeasureTones,
    ReadPhotoInfo,
    ScanFacts,
    ShowCached,
    ShowGrades,
    TaskResult,
    TurnPhoto,
    WriteMask,
)
from daemon.workers.pool import OnKept, WorkerPool
from daemon.workers.run import TaskRun

__all__ = ["Priority", "RenderManager", "RenderTask", "of_kind"]

log = logging.getLogger(__name__)

_R = TypeVar("_R", bound=TaskResult)

MAX_WAITING = 50_000

_LOOKING = (
    MakeThumbnail,
    MeasureTones,
    MakePreview,
    ReadPhotoInfo,
    CheckImage,
    DecodePreview,
    ShowCached,
    ShowGrades,
    ConvertLut,
    ScanFacts,
    HashPhoto,
    TurnPhoto,
    CheckMask,
    LoadMask,
    WriteMask,
)


class RenderManager:
    """Gives tasks to two pools of workers: *light* for looking, *heavy* for editing.

    While something visible waits or runs, heavy tasks rest.
    """

    def __init__(self, light: WorkerPool, heavy: WorkerPool) -> None:
        self._light, self._heavy = Lane(light), Lane(heavy)
        self._joinable: dict[AnyTask, Work] = {}
        self._visible: set[Work] = set()
        self._composites: set[Composite] = set()
        self._runners: set[asyncio.Task[None]] = set()
        self._closed = False

    @property
    def waiting(self) -> int:
        """How many tasks wait for a worker."""
        return len(self._light) + len(self._heavy)

    @property
    def workers(self) -> int:
        """How many worker processes there are."""
        return self._light.pool.alive + self._heavy.pool.alive

    @property
    def idle(self) -> bool:
        """Whether nothing waits or runs."""
        return not (self._joinable or self._runners or self._composites)

    def on_kept(self, take: OnKept) -> None:
        """Have *take* called with what light workers send for a cache."""
        self._light.pool.on_kept = take

    def warm_up(self) -> None:
        """Have a light worker ready before somebody looks."""
        self._light.pool.warm_up()

    def submit(
        self,
        task: AnyTask,
        *,
        priority: Priority,
        on_progress: Callable[[float], None] | None = None,
    ) -> RenderTask:
        """Ask for *task*; an equal one that waits or runs already is joined.

        Args:
            task: What to do.
            priority: How urgent it is.
            on_progress: Called with 0..1 while it runs.
        """
        work = self._joinable.get(task)
        if work is None:
            work = Work(task, self._light if isinstance(task, _LOOKING) else self._heavy)
        request = WorkerTask(self, work, priority, on_progress)
        if self._closed:
            request.end(None)
        elif self.waiting >= MAX_WAITING:
            request.end(_too_much(task))
        else:
            self._joinable[task] = work
            work.requests.append(request)
            self.prioritise(work)
        return request

    def start(self, name: str, run: Callable[[RenderTask], Awaitable[object]]) -> RenderTask:
        """Start a task made of steps.

        Args:
            name: For the log.
            run: Called with the task, whose :meth:`RenderTask.step` it uses; it handles its own
                failures, those that get out of it are only logged.
        """
        composite = Composite(self, name, run)
        self._composites.add(composite)
        composite.runner.add_done_callback(lambda _: self._composites.discard(composite))
        return composite

    async def close(self) -> None:
        """Cancel everything and end the workers."""
        self._closed = True
        for composite in tuple(self._composites):
            composite.cancel()
        for composite in tuple(self._composites):
            await composite.settled()
        for work in tuple(self._joinable.values()):
            for request in tuple(work.requests):
                request.cancel()
        await asyncio.gather(self._light.pool.close(), self._heavy.pool.close())
        while self._runners:
            await asyncio.wait(self._runners)

    def give_up(self, request: WorkerTask, work: Work) -> None:
        """A request: it is no longer wanted; the work goes on for those who still want it."""
        if request not in work.requests:
            return
        work.requests.remove(request)
        if work.requests:
            request.end(None)
            self.prioritise(work)
            return
        self._joinable.pop(work.task, None)
        self._note_visible(work)
        if work.run is not None:
            work.run.cancel()
            work.leaving.append(request)
        else:
            work.lane.drop(work)
            request.end(None)
        self._pump()

    def prioritise(self, work: Work) -> None:
        """A request: its priority may have changed."""
        if not work.requests:
            return
        if work.run is None and work.queued_at is not work.priority:
            work.lane.queue(work)
        self._note_visible(work)
        self._pump()

    def _note_visible(self, work: Work) -> None:
        """Keep count of what somebody looks at; heavy work rests meanwhile."""
        before = bool(self._visible)
        if work.visible and work.lane is self._light:
            self._visible.add(work)
        else:
            self._visible.discard(work)
        if before != bool(self._visible):
            self._heavy.each_running(TaskRun.pause if self._visible else TaskRun.resume)

    def _pump(self) -> None:
        """Give the pools what they can take."""
        self._feed(self._light)
        if not self._visible:
            self._feed(self._heavy)

    def _feed(self, lane: Lane) -> None:
        while not self._closed and (work := lane.next()) is not None:
            work.run = TaskRun(work.task, work.heard)
            lane.running.add(work)
            runner = asyncio.create_task(self._run(work, work.run))
            self._runners.add(runner)
            runner.add_done_callback(self._runners.discard)

    async def _run(self, work: Work, run: TaskRun) -> None:
        outcome: Outcome | RabbitError | None
        try:
            outcome = await work.lane.pool.run(run)
        except RabbitError as error:
            outcome = None if run.cancelled else error
        except Exception:
            log.exception("the pool %s failed", work.lane.pool.name)
            outcome = RabbitError(
                ErrorKind.INTERNAL,
                f"Work on {file_in_words(work.task)} failed inside RabbitViewer.",
                "The daemon's log has the details; `rabbitviewer daemon status` names it.",
            )
        work.lane.running.discard(work)
        if self._joinable.get(work.task) is work:
            del self._joinable[work.task]
        requests = (*work.requests, *work.leaving)
        work.requests.clear()
        for request in requests:
            request.end(outcome)
        self._note_visible(work)
        self._pump()


def _too_much(task: AnyTask) -> RabbitError:
    return RabbitError(
        ErrorKind.INTERNAL,
        f"{file_in_words(task)} was not worked on: {MAX_WAITING} other tasks wait already.",
        "Try again when they are done.",
    )


def of_kind(result: TaskResult, kind: type[_R]) -> _R:
    """Return a worker's *result* as the *kind* that belongs to the task.

    Raises:
        RabbitError: ``internal``; it is another one.
    """
    if not isinstance(result, kind):
        raise RabbitError(ErrorKind.INTERNAL, "A worker answered another question.")
    return result
