"""Workers without processes: every task is carried out at once, by its real handler."""

from __future__ import annotations

from collections.abc import Callable

from daemon.handlers.registry import find_handler
from daemon.tasks import AnyResult, AnyTask
from tests.fakes.quiet import QuietContext


class DirectWorkers:
    """Stands in for the render manager, and for a job's task."""

    def __init__(self) -> None:
        self.asked: list[AnyTask] = []

    def submit(self, task: AnyTask, **_: object) -> DirectResult:
        """Carry out *task* when its result is awaited."""
        return DirectResult(self, task)

    async def step(
        self, task: AnyTask, on_progress: Callable[[float], None] | None = None
    ) -> tuple[AnyResult, bytes]:
        """Carry out *task*."""
        self.asked.append(task)
        return find_handler(type(task))(task, QuietContext())


class DirectResult:
    """A task that was asked for."""

    def __init__(self, workers: DirectWorkers, task: AnyTask) -> None:
        self._workers = workers
        self._task = task

    async def result(self) -> tuple[AnyResult, bytes]:
        """Carry it out."""
        return await self._workers.step(self._task)
