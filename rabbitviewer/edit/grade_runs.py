"""The runs that the Edit tab asks for, and what the daemon says of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec
from PySide6.QtCore import QObject, Signal

from daemon.protocol.errors import ErrorInfo
from rabbitviewer.edit.grade_settings import GradeSettings
from rabbitviewer.edit.subject import Target
from rabbitviewer.models.job import Retry
from rabbitviewer.models.jobs import JobsModel


class GradeRuns(QObject):
    """Asks for jobs and knows which of them were asked for here.

    Signals:
        started: runs were asked for (their photos).
        begun: the daemon took on the first of the jobs that were asked for at once.
        accepted: the daemon took on a job (its id, whether it was asked for here).
        refused: a run that was asked for here was refused (:class:`ErrorInfo`).
        failed: a job that was asked for here failed (:class:`ErrorInfo`).
    """

    started = Signal(tuple)
    begun = Signal()
    accepted = Signal(str, bool)
    refused = Signal(object)
    failed = Signal(object)

    def __init__(self, jobs: JobsModel, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._jobs = jobs
        self._asked: set[int] = set()
        self._ours: set[str] = set()
        self._at_once: set[int] = set()
        jobs.accepted.connect(self._on_accepted)
        jobs.refused.connect(self._on_refused)
        jobs.finished.connect(self._on_finished)

    def start(
        self, targets: Iterable[Target], settings: GradeSettings, seeds: Sequence[int | None]
    ) -> None:
        """Ask for one job per photo and seed."""
        photos: list[bytes] = []
        self._at_once = set()
        for target in targets:
            request = target.request(settings)
            for seed in seeds:
                asked = self._jobs.start(msgspec.structs.replace(request, seed=seed))
                self._at_once.add(asked)
                self._ask(asked)
            photos.append(target.path)
        self.started.emit(tuple(photos))

    def retry(self, job_id: str, how: Retry) -> None:
        """Run an ended job again."""
        job = self._jobs.job(job_id)
        if job is not None:
            asked = self._jobs.retry(
                job_id, new_seed=how.new_seed, host=how.host, free_memory=how.free_memory
            )
            self._ask(asked)
            self.started.emit((job.info.path,))

    def fit_again(self, job_id: str, fit: str) -> None:
        """Make another fit of what the host returned."""
        job = self._jobs.job(job_id)
        if job is not None:
            self._ask(self._jobs.retry(job_id, fit=fit))
            self.started.emit((job.info.path,))

    def cancel(self, job_id: str) -> None:
        """Cancel a job."""
        self._ask(self._jobs.cancel(job_id))

    def _ask(self, request_id: int) -> None:
        self._asked.add(request_id)

    def _on_accepted(self, job_id: str, request_id: int) -> None:
        ours = request_id in self._asked
        self._asked.discard(request_id)
        if ours:
            self._ours.add(job_id)
        if request_id in self._at_once:
            self._at_once = set()
            self.begun.emit()
        self.accepted.emit(job_id, ours)

    def _on_refused(self, error: ErrorInfo, request_id: int) -> None:
        if request_id in self._asked:
            self._asked.discard(request_id)
            self.refused.emit(error)

    def _on_finished(self, job_id: str) -> None:
        job = self._jobs.job(job_id)
        if job_id in self._ours and job is not None and job.info.error is not None:
            self.failed.emit(job.info.error)
        self._ours.discard(job_id)
