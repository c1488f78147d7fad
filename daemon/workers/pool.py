"""A pool of worker processes: whatever a task does to its process costs that task alone."""

from __future__ import annotations

import asyncio
import logging
import sys
from collections.abc import Callable, Coroutine, Sequence
from pathlib import Path
from typing import Any

from daemon.protocol.endpoint import build_id
from daemon.protocol.errors import ErrorInfo, ErrorKind, RabbitError
from daemon.protocol.framing import FramingError
from daemon.task_files import file_in_words, files_read, photo_kept, photo_taken
from daemon.tasks import AnyResult, AnyTask, Broken, Finished, Kept
from daemon.workers import verdicts
from daemon.workers.limits import WorkerLimits
from daemon.workers.process import NonsenseError, WorkerProcess
from daemon.workers.refused import RefusedFiles
from daemon.workers.run import TaskRun, Watch

log = logging.getLogger(__name__)

OnKept = Callable[[AnyTask, Kept, bytes], None]

EXIT_OWN_FAULT = 70
KILLED = -9


class WorkerPool:
    """Up to *workers* processes of one kind.

    Attributes:
        name: Told to the workers; for the log.
        workers: How many may work at once.
        on_kept: Called with what a worker sends for a cache, after its answer.
    """

    def __init__(
        self,
        name: str,
        *,
        workers: int,
        limits: WorkerLimits,
        command: Sequence[str] = (),
        one_thread: bool = False,
        refused: Path | None = None,
    ) -> None:
        """Start nothing yet.

        Args:
            name: See the class.
            workers: See the class.
            limits: Memory and times.
            command: What is started; empty: ``daemon.worker_main``.
            one_thread: Keep codecs in the workers from starting a thread per core.
            refused: The file in which files that ended a worker are remembered; None: nowhere.
        """
        self.name = name
        self.workers = workers
        self.on_kept: OnKept | None = None
        self._limits = limits
        self._command = tuple(command)
        self._one_thread = one_thread
        self._busy = 0
        self._starting = 0
        self._idle: list[tuple[WorkerProcess, asyncio.TimerHandle]] = []
        self._working: set[WorkerProcess] = set()
        self._refused = RefusedFiles(refused, _circumstances(limits))
        self._background: set[asyncio.Task[None]] = set()
        self._closed = False

    @property
    def free(self) -> int:
        """How many more tasks could run now."""
        return max(0, self.workers - self._busy)

    @property
    def alive(self) -> int:
        """How many processes there are."""
        return self._starting + len(self._working) + len(self._idle)

    def configure(self, *, workers: int, limits: WorkerLimits) -> None:
        """Take new settings into force for the tasks that come; refused files get a new chance."""
        if (workers, limits) != (self.workers, self._limits):
            self.workers, self._limits = workers, limits
            self._refused.forget(_circumstances(limits))
            self._retire_idle()

    def warm_up(self) -> None:
        """Have one process ready before the first task."""
        if not self.alive and not self._closed:
            self._spawn(self._start_idle())

    async def run(self, run: TaskRun) -> tuple[AnyResult, bytes]:
        """Carry out one task; the caller sees to it that :attr:`free` was above 0.

        Raises:
            RabbitError: the task failed, or cost its worker; kind ``cancelled`` after
                :meth:`TaskRun.cancel`.
        """
        self._busy += 1
        try:
            files = files_read(run.task)
            if self._refused.knows(files):
                reason = await asyncio.to_thread(self._refused.reason, files)
                if reason is not None:
                    raise RabbitError.from_info(reason)
            worker = await self._take_worker(run.task)
            if run.cancelled:
                self._put_back(worker)
                raise _cancelled(run.task)
            return await self._run_on(worker, run)
        finally:
            self._busy -= 1

    async def close(self) -> None:
        """End every worker; tasks under way fail."""
        self._closed = True
        for worker in tuple(self._working):
            worker.kill()
        self._retire_idle()
        while self._background:
            await asyncio.wait(self._background)

    async def _run_on(self, worker: WorkerProcess, run: TaskRun) -> tuple[AnyResult, bytes]:
        self._working.add(worker)
        watch = Watch(worker, run, self._limits)
        try:
            answering = worker.begin(run.task, run.heard)
            run.attach(worker)
            answer, blob = await answering
            _note_photos(worker, run.task, answer)
        except FramingError as error:
            raise RabbitError(
                ErrorKind.INVALID_REQUEST, f"{file_in_words(run.task)} is too large: {error}."
            ) from error
        except (EOFError, NonsenseError) as error:
            raise RabbitError.from_info(await self._judge(worker, run, watch, error)) from error
        except asyncio.CancelledError:
            worker.kill()
            raise
        finally:
            watch.stop()
            run.detach()
            self._working.discard(worker)
            self._put_back(worker)
        if isinstance(answer, Broken):
            raise RabbitError.from_info(answer.error)
        return answer.result, blob

    async def _judge(
        self, worker: WorkerProcess, run: TaskRun, watch: Watch, error: Exception
    ) -> ErrorInfo:
        """Return what the loss of *worker* means for its task."""
        worker.kill()
        await worker.gone()
        lasting = True
        if watch.verdict is not None:
            verdict = watch.verdict
            # A drive that sleeps looks the same as a file that hangs its reader.
            lasting = verdict.kind is not ErrorKind.TIMED_OUT
        elif run.cancelled or self._closed:
            verdict = _cancelled(run.task).info
        elif isinstance(error, NonsenseError):
            verdict = verdicts.answered_nonsense(run.task)
        elif worker.exit_code == EXIT_OWN_FAULT:
            return verdicts.did_not_start(run.task, "it ended at once")
        elif worker.exit_code == KILLED:
            verdict, lasting = verdicts.ended_by_the_system(run.task), False
        else:
            verdict = verdicts.died(run.task, worker.exit_code)
        expected = verdict.kind is ErrorKind.CANCELLED
        level = logging.DEBUG if expected else logging.WARNING
        log.log(level, "worker %d of pool %s: %s", worker.pid, self.name, verdict.message)
        if not expected:
            files = files_read(run.task)
            await asyncio.to_thread(self._refused.remember, files, verdict, for_a_while=not lasting)
        return verdict

    async def _take_worker(self, task: AnyTask) -> WorkerProcess:
        """Return the best of those without work, or a new one.

        That is the one that keeps the task's photo, else the one that was busy last, so that the
        others get to leave.
        """
        wanted = photo_taken(task)
        while self._idle:
            holding = [index for index, (one, _) in enumerate(self._idle) if wanted in one.photos]
            worker, timer = self._idle.pop(holding[-1] if holding else -1)
            timer.cancel()
            if worker.alive:
                return worker
            self._spawn(worker.gone())
        try:
            return await self._start()
        except OSError as error:
            reason = error.strerror or str(error)
            raise RabbitError.from_info(verdicts.did_not_start(task, reason)) from error

    async def _start(self) -> WorkerProcess:
        memory_mb = str(self._limits.memory_bytes >> 20)
        default = (sys.executable, "-P", "-m", "daemon.worker_main")
        command = (*(self._command or default), self.name, memory_mb)
        self._starting += 1
        try:
            worker = await WorkerProcess.start(command, one_thread=self._one_thread)
        finally:
            self._starting -= 1
        worker.on_kept = self._take_kept
        log.debug("pool %s: worker %d started", self.name, worker.pid)
        return worker

    def _take_kept(self, task: AnyTask, kept: Kept, blob: bytes) -> None:
        if self.on_kept is not None:
            self.on_kept(task, kept, blob)

    async def _start_idle(self) -> None:
        try:
            self._put_back(await self._start())
        except OSError as error:
            log.warning("pool %s: no worker could be started: %s", self.name, error)

    def _put_back(self, worker: WorkerProcess) -> None:
        if not worker.alive or self._closed or len(self._idle) >= self.workers:
            self._spawn(worker.leave())
            return
        loop = asyncio.get_running_loop()
        patience_s = self._limits.holding_s if worker.photos else self._limits.idle_s
        timer = loop.call_later(patience_s, self._retire, worker)
        self._idle.append((worker, timer))

    def _retire(self, worker: WorkerProcess) -> None:
        self._idle = [entry for entry in self._idle if entry[0] is not worker]
        self._spawn(worker.leave())

    def _retire_idle(self) -> None:
        for worker, timer in self._idle:
            timer.cancel()
            self._spawn(worker.leave())
        self._idle.clear()

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._background.add(task)
        task.add_done_callback(self._background.discard)


def _note_photos(worker: WorkerProcess, task: AnyTask, answer: Finished | Broken) -> None:
    """Note which photos *worker* keeps after *task*."""
    for path in (photo_taken(task), photo_kept(task)):
        if path in worker.photos:
            worker.photos.remove(path)
    if isinstance(answer, Finished) and photo_kept(task):
        worker.photos.append(photo_kept(task))


def _circumstances(limits: WorkerLimits) -> str:
    """Return what a verdict on a file depends on beside the file."""
    return f"{build_id()} {limits.memory_bytes}"


def _cancelled(task: AnyTask) -> RabbitError:
    return RabbitError(ErrorKind.CANCELLED, f"Work on {file_in_words(task)} was cancelled.")
