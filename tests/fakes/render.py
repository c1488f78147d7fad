"""A render manager for tests: the test says what each task gives, and may hold tasks back."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from daemon.render import Priority
from daemon.tasks import AnyResult, AnyTask, Kept

Outcome = tuple[AnyResult, bytes]


class FakeRenderTask:
    """One request: ends when its outcome is known, or when it is cancelled."""

    def __init__(self, task: AnyTask, priority: Priority) -> None:
        self.task = task
        self.priority = priority
        self.outcome: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()

    async def result(self) -> Outcome:
        """Wait for what the test gives."""
        return await self.outcome

    def cancel(self) -> None:
        """Nobody waits any more."""
        self.outcome.cancel()


class FakeRender:
    """Carries tasks out with *run*; a task for which it returns ``None`` waits for the test."""

    def __init__(self, run: Callable[[AnyTask], Outcome | Exception | None]) -> None:
        self._run = run
        self._news = asyncio.Event()
        self.submitted: list[FakeRenderTask] = []
        self.keep: Callable[[AnyTask, Kept, bytes], None] = lambda _task, _kept, _blob: None

    def on_kept(self, take: Callable[[AnyTask, Kept, bytes], None]) -> None:
        """What workers send for a cache goes to *take*; the test calls :attr:`keep`."""
        self.keep = take

    async def first(self) -> FakeRenderTask:
        """Wait for the first task."""
        async with asyncio.timeout(5):
            await self._news.wait()
        return self.submitted[0]

    def submit(self, task: AnyTask, *, priority: Priority, on_progress=None) -> FakeRenderTask:
        """Take a task."""
        del on_progress
        running = FakeRenderTask(task, priority)
        self.submitted.append(running)
        self._news.set()
        outcome = self._run(task)
        if isinstance(outcome, Exception):
            running.outcome.set_exception(outcome)
            running.outcome.exception()
        elif outcome is not None:
            running.outcome.set_result(outcome)
            if getattr(task, "keep", False):
                self.keep(task, Kept(1, 1920, 960, 6000, 3000), b"jpeg")
        return running
