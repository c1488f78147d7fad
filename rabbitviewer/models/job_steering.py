"""What a user decides of jobs: their order, pauses, cancelling many of them and taking it back."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable

from PySide6.QtCore import QObject, QTimer, Signal

from daemon.protocol.jobs import JobsCancel, JobsMove, JobsPause
from daemon.protocol.messages import Failed, Message
from rabbitviewer.ipc.client import DaemonClient
from rabbitviewer.models.jobs import JobsModel

FRONT, BACK, BEFORE = "front", "back", "before"
_A_TURN = 20


class JobSteering(QObject):
    """Asks the daemon to order, hold, cancel and repeat jobs.

    Signals:
        cancelled: many jobs were cancelled (how many); :meth:`run_again` repeats them.
        refused: the daemon refused something (:class:`ErrorInfo`).
    """

    cancelled = Signal(int)
    refused = Signal(object)

    def __init__(
        self, jobs: JobsModel, client: DaemonClient, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._jobs = jobs
        self._client = client
        self._last: tuple[str, ...] = ()
        self._awaited: set[str] = set()
        self._to_run: deque[str] = deque()
        self._turn = QTimer(self, interval=0)
        self._turn.timeout.connect(self._run_some)
        jobs.finished.connect(self._on_finished)

    # ------------------------------------------------------------ order

    def move(self, job_ids: Iterable[str], place: str, before: str = "") -> None:
        """Put waiting jobs to the front, to the back, or before another one."""
        wanted = tuple(job_ids)
        if wanted and wanted != (before,):
            self._ask(JobsMove(job_ids=wanted, place=place, before=before))

    def step(self, job_id: str, by: int) -> None:
        """Put a waiting job *by* places further on."""
        order = [job.info.job_id for job in self._jobs.waiting()]
        if job_id not in order:
            return
        here = order.index(job_id)
        there = min(max(here + by, 0), len(order) - 1)
        if there == here:
            return
        order.remove(job_id)
        if there == len(order):
            self.move((job_id,), BACK)
        else:
            self.move((job_id,), BEFORE, order[there])

    # ------------------------------------------------------------ pauses

    def pause(self, job_id: str, *, paused: bool) -> None:
        """Hold one job, or let it go on."""
        self._ask(JobsPause(paused=paused, job_ids=(job_id,)))

    def pause_all(self, *, paused: bool) -> None:
        """Hold the whole queue, or let it go on."""
        self._ask(JobsPause(paused=paused))

    def toggle_pause(self) -> None:
        """Hold the whole queue, or let it go on where it holds."""
        self.pause_all(paused=not self._jobs.is_paused)

    # ------------------------------------------------------------ cancelling

    def cancel(self, job_id: str) -> None:
        """Cancel one job."""
        self._ask(JobsCancel(job_ids=(job_id,)))

    def cancel_all(self) -> None:
        """Cancel all that is waiting or under way."""
        wanted = [*self._jobs.running(), *self._jobs.waiting()]
        if not wanted:
            return
        self._last = tuple(job.info.job_id for job in wanted)
        self._ask(JobsCancel())
        self.cancelled.emit(len(wanted))

    def run_again(self) -> None:
        """Repeat what was cancelled last, in its old order; what was done by then is left out."""
        known = [job for job in map(self._jobs.job, self._last) if job is not None]
        self._awaited = {job.info.job_id for job in known if not job.ended}
        self._last = ()
        self._repeat(job.info.job_id for job in known if job.info.state == "cancelled")

    def _repeat(self, job_ids: Iterable[str]) -> None:
        self._to_run.extend(job_ids)
        self._turn.start()

    def _on_finished(self, job_id: str) -> None:
        """Repeat a job that took its time to end."""
        job = self._jobs.job(job_id)
        if job_id in self._awaited and job is not None:
            self._awaited.discard(job_id)
            self._repeat((job_id,) if job.info.state == "cancelled" else ())

    def _run_some(self) -> None:
        for _ in range(min(_A_TURN, len(self._to_run))):
            self._jobs.retry(self._to_run.popleft())
        if not self._to_run:
            self._turn.stop()

    # ------------------------------------------------------------ asking

    def _ask(self, request: Message) -> None:
        self._client.send(request, self._on_answer)

    def _on_answer(self, answer: Message, _blob: bytes) -> None:
        if isinstance(answer, Failed):
            self.refused.emit(answer.error)
