"""The jobs of the daemon as the window knows them, and the window's own requests for jobs."""

from __future__ import annotations

import dataclasses
import statistics
from collections import Counter

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QImage

from daemon.protocol import messages
from daemon.protocol.jobs import JobChanged, QueueState
from daemon.protocol.values import JobInfo
from rabbitviewer.ipc.client import DaemonClient
from rabbitviewer.models.job import Job, JobCounts, after_news, after_progress
from rabbitviewer.models.job_reading import JobReading, is_part
from rabbitviewer.models.latest import Latest

_LATELY = 5
_TELL_MS = 60


class JobsModel(QObject):
    """Jobs by id, newest first; kept true by the daemon's events.

    Signals:
        changed: the job with this id is new or another one.
        previewed: the job with this id has a new preview.
        accepted: the daemon took on a job this window asked for (job id, the request's id).
        refused: the daemon refused a request (:class:`ErrorInfo`, the request's id).
        finished: the job with this id ended while the window was open.
        reset: the whole list was read again.
        arranged: a job came, left its group or has another place in it.
        paused_changed: the whole queue holds, or goes on.
    """

    changed = Signal(str)
    previewed = Signal(str)
    accepted = Signal(str, int)
    refused = Signal(object, int)
    finished = Signal(str)
    reset = Signal()
    arranged = Signal()
    paused_changed = Signal()

    def __init__(self, client: DaemonClient, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._client = client
        self._jobs: dict[str, Job] = {}
        self._newest_first: list[str] | None = None
        self._states: Counter[str] = Counter()
        self._failed: set[str] = set()
        self._asked: set[int] = set()
        self._seen_failed: set[str] = set()
        self._of_now: set[str] = set()
        self._is_paused = False
        self._reading = JobReading(client, self)
        self._reading.listed.connect(self._take_list)
        self._reading.more_listed.connect(self._take_more)
        self._news = Latest(_TELL_MS, self)
        self._news.told.connect(self.changed)
        client.connected.connect(self.refresh)
        client.replied.connect(self._on_replied)

    # ------------------------------------------------------------ reading

    def jobs(self) -> list[Job]:
        """Return all known jobs, newest first."""
        if self._newest_first is None:
            known = sorted(self._jobs.values(), key=lambda job: job.info.created, reverse=True)
            self._newest_first = [job.info.job_id for job in known]
        return [self._jobs[job_id] for job_id in self._newest_first]

    def job(self, job_id: str) -> Job | None:
        """Return one job, or None for an id that is not known."""
        return self._jobs.get(job_id)

    @property
    def is_paused(self) -> bool:
        """Whether the whole queue holds."""
        return self._is_paused

    @property
    def has_older(self) -> bool:
        """Whether the daemon has older jobs than those that are known here."""
        return not self._reading.is_whole

    def running(self) -> list[Job]:
        """Return the jobs for which something is done now, the one begun first first."""
        found = [job for job in self._jobs.values() if job.is_running]
        return sorted(found, key=lambda job: (job.info.rank, job.info.created))

    def waiting(self) -> list[Job]:
        """Return the jobs that wait or hold, in the order in which they will run."""
        found = [job for job in self._jobs.values() if not (job.ended or job.is_running)]
        return sorted(found, key=lambda job: (job.info.rank, job.info.created))

    def ended(self) -> list[Job]:
        """Return the jobs to which nothing more will happen, newest first."""
        return [job for job in self.jobs() if job.ended]

    def counts(self) -> JobCounts:
        """Count what the jobs pill shows; failures only until the list was looked at."""
        failed = len(self._failed - self._seen_failed)
        states = self._states
        return JobCounts(states["waiting"], states["running"], failed, states["paused"])

    def latest_for(self, path: bytes) -> Job | None:
        """Return the newest job worth showing with the photo at *path*, original or result.

        A failure of an earlier day is not: the jobs list has it.
        """
        for job in self.jobs():
            past = job.info.state in ("failed", "cancelled") and job.info.job_id not in self._of_now
            past = past or _is_trial(job)
            if not past and path in (job.info.path, job.info.result_path):
                return job
        return None

    def pair_for(self, path: bytes) -> tuple[bytes, bytes] | None:
        """Return (original, result) where *path* is either of them; the newest result wins."""
        for job in self.jobs():
            result = None if _is_trial(job) else job.info.result_path
            if result is not None and path in (job.info.path, result):
                return job.info.path, result
        return None

    def results(self) -> frozenset[bytes]:
        """Return the result files of all known jobs."""
        found = (job.info.result_path for job in self._jobs.values())
        return frozenset(path for path in found if path is not None)

    def recent_prompts(self, limit: int = 12) -> list[str]:
        """Return the prompts used last, newest first, each once."""
        prompts = (job.info.prompt for job in self.jobs())
        return list(dict.fromkeys(prompt for prompt in prompts if prompt))[:limit]

    def usual_duration_s(self, workflow: str, host: str) -> float | None:
        """Return how long a grade of this kind took lately (median); None: there was none.

        What was only fitted again, without the host, tells nothing.
        """
        took = [
            sum(job.info.timings_s.values())
            for job in self.jobs()
            if job.info.state == "done"
            and (job.info.workflow, job.info.host) == (workflow, host)
            and "run" in job.info.timings_s
        ]
        return statistics.median(took[:_LATELY]) if took else None

    # ------------------------------------------------------------ asking

    def refresh(self) -> None:
        """Read the whole list again."""
        self._reading.refresh()

    def start(self, request: messages.AiEditRequest) -> int:
        """Ask for an edit; return the request's id, which ``accepted`` or ``refused`` repeats."""
        return self._ask(request)

    def cancel(self, job_id: str) -> int:
        """Ask to cancel a job."""
        return self._ask(messages.JobCancel(job_id=job_id))

    def retry(
        self,
        job_id: str,
        *,
        new_seed: bool = False,
        fit: str = "",
        host: str = "",
        free_memory: bool = False,
    ) -> int:
        """Ask to run an ended job again, as a new job.

        Args:
            job_id: The ended one.
            new_seed: With a seed of its own.
            fit: Another one of the same picture; empty: the same.
            host: On another host; empty: where it was meant to run.
            free_memory: Let the host unload its models first.
        """
        request = messages.JobRetry(
            job_id=job_id, new_seed=new_seed, fit=fit, host=host, free_memory=free_memory
        )
        return self._ask(request)

    def read_older(self) -> None:
        """Read on where the list ends."""
        self._reading.read_older()

    def mark_failures_seen(self) -> None:
        """The list was looked at: past failures no longer count."""
        self._seen_failed = set(self._failed)
        self.reset.emit()

    def _ask(self, request: messages.Message) -> int:
        request_id = self._client.send(request)
        self._asked.add(request_id)
        return request_id

    # ------------------------------------------------------------ hearing

    def _on_replied(self, message: object, blob: bytes) -> None:
        match message:
            case messages.Jobs() if not message.request_id:
                self._take_list(message)
            case messages.AiEditAccepted():
                self._put(after_news(self._jobs.get(message.job_id), message.job))
                self._asked.discard(message.request_id)
                self.accepted.emit(message.job_id, message.request_id)
            case messages.AiEditProgress():
                self._take_progress(message)
            case messages.AiEditPreview():
                self._take_preview(message, blob)
            case messages.AiEditComplete() | messages.AiEditFailed() | messages.AiEditCancelled():
                self._put(Job(message.job))
                self.finished.emit(message.job_id)
            case JobChanged():
                self._put(after_news(self._jobs.get(message.job.job_id), message.job))
            case QueueState():
                self._set_paused(paused=message.paused)
            case messages.Failed() if message.request_id in self._asked:
                self._asked.discard(message.request_id)
                self.refused.emit(message.error, message.request_id)
            case messages.Done():
                self._asked.discard(message.request_id)
            case _:
                pass

    def _take_list(self, answer: messages.Jobs) -> None:
        found, first = answer.jobs, not self._jobs
        kept = {job_id: job for job_id, job in self._jobs.items() if not job.ended}
        older: dict[str, Job] = {}
        if is_part(answer):
            oldest = min(info.created for info in found)
            older = {key: job for key, job in self._jobs.items() if job.info.created <= oldest}
        listed = {info.job_id: after_news(kept.get(info.job_id), info) for info in found}
        self._jobs = {**older, **listed}
        self._count_anew()
        self._set_paused(paused=answer.paused)
        if first:
            self._seen_failed = {info.job_id for info in found if info.state == "failed"}
        self.reset.emit()

    def _take_more(self, found: tuple[JobInfo, ...]) -> None:
        self._seen_failed |= {
            info.job_id
            for info in found
            if info.state == "failed" and info.job_id not in self._of_now
        }
        older = {info.job_id: after_news(self._jobs.get(info.job_id), info) for info in found}
        self._jobs.update(older)
        self._count_anew()
        self.reset.emit()

    def _count_anew(self) -> None:
        self._newest_first = None
        self._states = Counter(job.info.state for job in self._jobs.values())
        self._failed = {key for key, job in self._jobs.items() if job.info.state == "failed"}

    def _take_progress(self, progress: messages.AiEditProgress) -> None:
        job = self._jobs.get(progress.job_id)
        if job is None:
            self.refresh()
        elif not job.ended:
            self._put(after_progress(job, progress), at_once=not job.is_running)

    def _take_preview(self, preview: messages.AiEditPreview, blob: bytes) -> None:
        job = self._jobs.get(preview.job_id)
        if job is None or job.ended or len(blob) < preview.width_px * preview.height_px * 4:
            return
        image = QImage(
            blob,
            preview.width_px,
            preview.height_px,
            preview.width_px * 4,
            QImage.Format.Format_RGB32,
        )
        self._jobs[preview.job_id] = dataclasses.replace(job, preview=image)
        self.previewed.emit(preview.job_id)

    def _put(self, job: Job, *, at_once: bool = True) -> None:
        """Hold *job*; *at_once*: tell of it now, not as one of many steps on its way."""
        job_id, before = job.info.job_id, self._jobs.get(job.info.job_id)
        self._jobs[job_id] = job
        if before is None or before.info.created != job.info.created:
            self._newest_first = None
        if before is not None:
            self._states[before.info.state] -= 1
        self._states[job.info.state] += 1
        (self._failed.add if job.info.state == "failed" else self._failed.discard)(job_id)
        self._of_now.add(job_id)
        if not at_once:
            self._news.tell(job_id)
            return
        self._news.forget(job_id)
        self.changed.emit(job_id)
        if before is None or _place(before.info) != _place(job.info):
            self.arranged.emit()

    def _set_paused(self, *, paused: bool) -> None:
        if paused != self._is_paused:
            self._is_paused = paused
            self.paused_changed.emit()


def _place(info: JobInfo) -> tuple[str, float, bool]:
    """Return what says where a job stands in the lists."""
    return info.state, info.rank, info.paused


def _is_trial(job: Job) -> bool:
    """Whether it was a test run of a workflow; its picture belongs to the form that wanted it."""
    return job.info.workflow.startswith("~")
