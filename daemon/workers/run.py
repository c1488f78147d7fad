"""One task on its way through a worker, and the eye that is kept on the worker meanwhile."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

from daemon.protocol.errors import ErrorInfo, ErrorKind
from daemon.task_files import file_in_words
from daemon.tasks import AnyTask
from daemon.workers import verdicts
from daemon.workers.limits import WorkerLimits, resident_bytes
from daemon.workers.process import WorkerProcess


class TaskRun:
    """One task on its way through a worker: what the pool's user may do to it meanwhile."""

    def __init__(self, task: AnyTask, on_progress: Callable[[float], None]) -> None:
        self.task = task
        self.on_progress = on_progress
        self._worker: WorkerProcess | None = None
        self._cancelled_at: float | None = None
        self._paused = False
        self._heard_at = 0.0

    def cancel(self) -> None:
        """Ask the worker to unwind; one that does not is ended after the limit for it."""
        if self._cancelled_at is None:
            self._cancelled_at = time.monotonic()
            self._tell("cancel")

    def pause(self) -> None:
        """Let the worker rest at its next strip."""
        if not self._paused:
            self._paused = True
            self._tell("pause")

    def resume(self) -> None:
        """Let a paused worker go on."""
        if self._paused:
            self._paused = False
            self._heard_at = time.monotonic()
            self._tell("resume")

    @property
    def cancelled(self) -> bool:
        """Whether :meth:`cancel` was called."""
        return self._cancelled_at is not None

    def attach(self, worker: WorkerProcess) -> None:
        """The pool: *worker* has the task now."""
        self._worker = worker
        self._heard_at = time.monotonic()
        if self._paused:
            self._tell("pause")
        if self.cancelled:
            self._tell("cancel")

    def detach(self) -> None:
        """The pool: the worker is done with the task, or gone."""
        self._worker = None

    def heard(self, fraction: float) -> None:
        """The pool: the worker reported progress."""
        self._heard_at = time.monotonic()
        self.on_progress(fraction)

    def complaint(self, limits: WorkerLimits) -> ErrorInfo | None:
        """The pool: return why the worker must be ended now, None while all is well."""
        if self._worker is None:
            return None
        if resident_bytes(self._worker.pid) > limits.memory_bytes:
            return verdicts.out_of_memory(self.task, limits)
        now = time.monotonic()
        if self._cancelled_at is not None:
            if now - self._cancelled_at > limits.cancel_s:
                text = f"Work on {file_in_words(self.task)} was cancelled."
                return ErrorInfo(ErrorKind.CANCELLED, text)
        elif not self._paused and now - self._heard_at > limits.silence_s:
            return verdicts.timed_out(self.task, limits)
        return None

    def _tell(self, action: str) -> None:
        if self._worker is not None:
            self._worker.control(action)


class Watch:
    """Looks at a working process every so often and ends it for a reason."""

    def __init__(self, worker: WorkerProcess, run: TaskRun, limits: WorkerLimits) -> None:
        self.verdict: ErrorInfo | None = None
        self._worker = worker
        self._run = run
        self._limits = limits
        self._timer = asyncio.get_running_loop().call_later(limits.watch_every_s, self._look)

    def stop(self) -> None:
        """Look no more."""
        self._timer.cancel()

    def _look(self) -> None:
        self.verdict = self._run.complaint(self._limits)
        if self.verdict is not None:
            self._worker.kill()
            return
        loop = asyncio.get_running_loop()
        self._timer = loop.call_later(self._limits.watch_every_s, self._look)
