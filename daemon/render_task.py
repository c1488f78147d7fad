"""What the render manager hands out: a request for one worker task, a grade made of several."""

from __future__ import annotations

import abc
import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Literal, Protocol

from daemon.protocol.errors import RabbitError
from daemon.render_lane import Outcome, Priority, Work
from daemon.tasks import AnyTask

log = logging.getLogger(__name__)

State = Literal["waiting", "running", "done", "failed", "cancelled"]


class Manager(Protocol):
    """What a task needs of the render manager."""

    def submit(
        self,
        task: AnyTask,
        *,
        priority: Priority,
        on_progress: Callable[[float], None] | None = None,
    ) -> RenderTask:
        """Ask for a worker task."""
        ...

    def give_up(self, request: WorkerTask, work: Work) -> None:
        """*request* is no longer wanted."""
        ...

    def prioritise(self, work: Work) -> None:
        """The priority of one of its requests has changed."""
        ...


class RenderTask(abc.ABC):
    """Something asked of the :class:`RenderManager` that can be awaited and cancelled."""

    def __init__(self, manager: Manager, priority: Priority) -> None:
        self._manager = manager
        self._priority = priority
        self._steps: set[RenderTask] = set()

    @property
    @abc.abstractmethod
    def state(self) -> State:
        """Where it is: waiting | running | done | failed | cancelled."""

    @property
    def priority(self) -> Priority:
        """How urgent it is; may be changed at any time."""
        return self._priority

    @priority.setter
    def priority(self, value: Priority) -> None:
        if value is not self._priority:
            self._priority = value
            self._priority_changed()

    @abc.abstractmethod
    def cancel(self) -> None:
        """Give it up; harmless when it has ended."""

    @abc.abstractmethod
    async def settled(self) -> None:
        """Return once nothing works on it any more; never raises what it ended with."""

    @abc.abstractmethod
    async def result(self) -> Outcome:
        """Return what the worker answered and its blob. Cancelling the caller cancels the task.

        Raises:
            RabbitError: it failed.
            asyncio.CancelledError: it was cancelled.
        """

    async def step(
        self, task: AnyTask, *, on_progress: Callable[[float], None] | None = None
    ) -> Outcome:
        """Run one worker task as part of this one, at its priority.

        When this is cancelled, no worker touches the step's files any more by the time that
        :class:`asyncio.CancelledError` comes out.

        Args:
            task: What to do.
            on_progress: Called with 0..1.

        Raises:
            RabbitError: the step failed.
            asyncio.CancelledError: this task was cancelled.
        """
        step = self._manager.submit(task, priority=self._priority, on_progress=on_progress)
        self._steps.add(step)
        try:
            return await step.result()
        except asyncio.CancelledError:
            await step.settled()
            raise
        finally:
            self._steps.discard(step)

    def _priority_changed(self) -> None:
        for step in self._steps:
            step.priority = self._priority


class WorkerTask(RenderTask):
    """One request for a worker; equal ones share a :class:`daemon.render_lane.Work`."""

    def __init__(
        self,
        manager: Manager,
        work: Work,
        priority: Priority,
        on_progress: Callable[[float], None] | None,
    ) -> None:
        super().__init__(manager, priority)
        self._work = work
        self._on_progress = on_progress
        self._outcome: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
        self._idle = asyncio.Event()

    @property
    def state(self) -> State:
        """See :class:`RenderTask`."""
        if not self._outcome.done():
            return "waiting" if self._work.run is None else "running"
        if self._outcome.cancelled():
            return "cancelled"
        return "failed" if self._outcome.exception() else "done"

    def cancel(self) -> None:
        """Give it up; a work that nobody else wants is cancelled too."""
        if self._outcome.cancel():
            self._manager.give_up(self, self._work)

    async def settled(self) -> None:
        """Return once no worker has it."""
        await self._idle.wait()

    async def result(self) -> Outcome:
        """See :class:`RenderTask`."""
        try:
            return await self._outcome
        except asyncio.CancelledError:
            self._manager.give_up(self, self._work)
            raise

    def report(self, fraction: float) -> None:
        """The manager: the worker made progress."""
        if self._on_progress is None or self._outcome.done():
            return
        try:
            self._on_progress(fraction)
        except Exception:
            log.exception("nobody could be told of the progress of %s", type(self._work.task))

    def end(self, outcome: Outcome | RabbitError | None) -> None:
        """The manager: nothing works on it any more."""
        if not self._outcome.done():
            if outcome is None:
                self._outcome.cancel()
            elif isinstance(outcome, RabbitError):
                self._outcome.set_exception(outcome)
                self._outcome.exception()  # nobody need ask for it
            else:
                self._outcome.set_result(outcome)
        self._idle.set()

    def _priority_changed(self) -> None:
        self._manager.prioritise(self._work)


class Composite(RenderTask):
    """A coroutine made of worker steps: a grade.

    Attributes:
        name: For the log.
        runner: The asyncio task that drives it.
    """

    def __init__(
        self,
        manager: Manager,
        name: str,
        run: Callable[[RenderTask], Awaitable[object]],
    ) -> None:
        super().__init__(manager, Priority.EDIT)
        self.name = name
        self._state: State = "waiting"
        self._cancelled = False
        self.runner = asyncio.create_task(self._drive(run), name=name)

    @property
    def state(self) -> State:
        """See :class:`RenderTask`."""
        return self._state

    def cancel(self) -> None:
        """Cancel the coroutine, once: its own cleaning up is not disturbed by a second call."""
        if self._cancelled or self.runner.done():
            return
        self._cancelled = True
        if self._state == "waiting":
            # A task cancelled before its first turn would never enter run and its clean-up.
            asyncio.get_running_loop().call_soon(self.runner.cancel)
        else:
            self.runner.cancel()

    async def settled(self) -> None:
        """Return once the coroutine has ended."""
        await asyncio.wait([self.runner])

    async def result(self) -> Outcome:
        """Refuse: what the coroutine makes is its own affair."""
        raise TypeError("a composite has no result of its own")

    async def _drive(self, run: Callable[[RenderTask], Awaitable[object]]) -> None:
        self._state = "running"
        try:
            await run(self)
        except asyncio.CancelledError:
            self._state = "cancelled"
        except RabbitError as error:
            self._state = "failed"
            log.warning("%s failed: %s", self.name, error)
        except Exception:
            self._state = "failed"
            log.exception("%s failed", self.name)
        else:
            self._state = "cancelled" if self._cancelled else "done"
