"""A pool without processes: tests decide when a task ends and see what it was told."""

from __future__ import annotations

import asyncio

from daemon.protocol.errors import ErrorKind, RabbitError
from daemon.tasks import AnyResult, AnyTask, PixelsMade
from daemon.workers.run import TaskRun

PIXELS = PixelsMade(width_px=1, height_px=1, source_width_px=1, source_height_px=1)


class FakeWorker:
    """Takes the place of a process: remembers what it is told, obeys ``cancel``."""

    def __init__(self, obedient: bool) -> None:
        self.pid = 0
        self.told: list[str] = []
        self.obedient = obedient
        self.outcome: asyncio.Future[tuple[AnyResult, bytes]] = (
            asyncio.get_running_loop().create_future()
        )

    def control(self, action: str) -> None:
        self.told.append(action)
        if action == "cancel" and self.obedient:
            self.let_go()

    def let_go(self) -> None:
        if not self.outcome.done():
            self.outcome.set_exception(RabbitError(ErrorKind.CANCELLED, "cancelled"))


class FakePool:
    """Stands in for :class:`daemon.workers.pool.WorkerPool`."""

    def __init__(self, workers: int = 1, *, obedient: bool = True) -> None:
        self.name = "fake"
        self.workers = workers
        self.started: list[AnyTask] = []
        self.running: dict[AnyTask, FakeWorker] = {}
        self.runs: dict[AnyTask, TaskRun] = {}
        self.alive = 0
        self.warm = 0
        self._obedient = obedient

    async def run(self, run: TaskRun) -> tuple[AnyResult, bytes]:
        worker = FakeWorker(self._obedient)
        self.started.append(run.task)
        self.running[run.task] = worker
        self.runs[run.task] = run
        run.attach(worker)  # type: ignore[arg-type]
        try:
            return await worker.outcome
        finally:
            run.detach()
            del self.running[run.task]

    def finish(self, task: AnyTask, blob: bytes = b"pixels") -> None:
        self.running[task].outcome.set_result((PIXELS, blob))

    def fail(self, task: AnyTask, error: Exception) -> None:
        self.running[task].outcome.set_exception(error)

    def warm_up(self) -> None:
        self.warm += 1

    async def close(self) -> None:
        for worker in tuple(self.running.values()):
            worker.let_go()


async def turns(count: int = 8) -> None:
    """Let everything that is ready run."""
    for _ in range(count):
        await asyncio.sleep(0)
