"""How long the stages of a job usually take: medians of the jobs that ended lately."""

from __future__ import annotations

import statistics
from collections import defaultdict, deque
from collections.abc import Iterable, Mapping

import msgspec

from daemon.comfyui.host_stats import LATELY, HostStatistics
from daemon.storage.job_record import JobRecord
from daemon.storage.past_job import PastJob

AT_HOST = ("upload", "run", "fetch")
_UNTIL_RUN = ("prepare", "upload", "queued", "run")
_HERE = ("prepare", "fit", "apply", "save")
_BY_SIZE = ("prepare", "apply", "save")
_SMALLEST_MP = 0.5


class Expected(msgspec.Struct, frozen=True):
    """What a job is expected to take.

    Attributes:
        seconds: By stage; what is not known is absent.
        usual_s: What any job takes the host itself: those before ours in its queue.
        ahead_s: What the jobs of ours may take that come first; None: not known.
    """

    seconds: Mapping[str, float] = msgspec.field(default_factory=dict[str, float])
    usual_s: float | None = None
    ahead_s: float | None = 0.0


class Estimates:
    """Medians by workflow and host for what hosts do, by kind of fit for what is done here.

    What is done here at full size takes the longer the larger the photo is, so those seconds are
    compared per megapixel where the sizes are known.
    """

    def __init__(self, statistics_of: HostStatistics) -> None:
        """Know nothing yet.

        Args:
            statistics_of: Is told of every job too.
        """
        self._hosts = statistics_of
        self._there: defaultdict[tuple[str, str, str], deque[float]] = defaultdict(_lately)
        self._here: defaultdict[tuple[str, str], deque[tuple[float, float | None]]] = defaultdict(
            _lately_sized
        )

    def learn(self, jobs: Iterable[PastJob]) -> None:
        """Take the jobs of earlier days into account, the oldest first."""
        with self._hosts.quietly():
            for job in jobs:
                self.note(job)

    def note(self, job: PastJob) -> None:
        """Take a job that ended into account."""
        if job.failed_there:
            self._hosts.failed(job.host)
        if not job.done:
            return
        if job.ran:
            self._hosts.finished(job.host, job.host_s)
        if job.host_s is not None:
            for stage in AT_HOST:
                if stage in job.timings_s:
                    self._there[job.workflow, job.host, stage].append(job.timings_s[stage])
        for stage in _HERE:
            if stage in job.timings_s:
                self._here[_kind(job), stage].append((job.timings_s[stage], job.photo_mp))

    def expect(
        self, workflow: str, host: str, fit_mode: str, photo_mp: float | None = None
    ) -> Expected:
        """Return what a job is expected to take.

        Args:
            workflow: Its name; empty: a look is applied.
            host: Where it runs; empty: not known yet, any host that ran it counts.
            fit_mode: How its grade is fitted.
            photo_mp: The photo's size in megapixels; None: not known yet.
        """
        seconds: dict[str, float] = {}
        for stage in AT_HOST:
            known = self._seconds_there(workflow, host, stage)
            if known:
                seconds[stage] = statistics.median(known)
        for stage in _HERE:
            samples = self._here.get((_kind_of(workflow, fit_mode), stage))
            if samples:
                size_mp = photo_mp if stage in _BY_SIZE else None
                seconds[stage] = statistics.median(_scaled(each, size_mp) for each in samples)
        usual_s = self._hosts.of(host).usual_s if host else None
        return Expected(seconds, seconds.get("run") if usual_s is None else usual_s)

    def of(self, record: JobRecord, ahead: float = 0.0) -> Expected:
        """Return what the job of *record* is expected to take.

        Args:
            record: The job.
            ahead: Runs of ours that come before its own, divided among the hosts.
        """
        small = record.small
        photo_mp = small.photo_width_px * small.photo_height_px / 1e6 if small else None
        found = self.expect(record.workflow, record.host, record.fit_mode, photo_mp)
        if not ahead:
            return found
        ahead_s = None if found.usual_s is None else found.usual_s * ahead
        return msgspec.structs.replace(found, ahead_s=ahead_s)

    def host_s(self, workflow: str, host: str) -> float | None:
        """Return what the host itself usually takes for *workflow*; None: not known."""
        known = self._seconds_there(workflow, host, "run")
        return statistics.median(known) if known else None

    def job_s(self, workflow: str, host: str, photo_mp: float) -> float | None:
        """Return what a whole job usually takes; None: no host ran this workflow yet.

        Args:
            workflow: Its name.
            host: Where it would run; empty: any host that ran it counts.
            photo_mp: The photo's size in megapixels.
        """
        seconds = self.expect(workflow, host, "auto", photo_mp).seconds
        return sum(seconds.values()) if "run" in seconds else None

    def _seconds_there(self, workflow: str, host: str, stage: str) -> list[float]:
        if host:
            return list(self._there.get((workflow, host, stage), ()))
        return [
            spent
            for (its_workflow, _, its_stage), samples in self._there.items()
            if (its_workflow, its_stage) == (workflow, stage)
            for spent in samples
        ]


def runs_before(record: JobRecord, others: Iterable[JobRecord]) -> int:
    """Return how many of the *others* a host has still to run before the job of *record*."""
    place = (record.rank, record.created)
    return sum(
        1
        for other in others
        if other.job_id != record.job_id
        and other.stage in _UNTIL_RUN
        and not other.applies_look
        and not other.paused
        and (other.rank, other.created) < place
    )


def _lately() -> deque[float]:
    return deque(maxlen=LATELY)


def _lately_sized() -> deque[tuple[float, float | None]]:
    return deque(maxlen=LATELY)


def _kind(job: PastJob) -> str:
    return _kind_of(job.workflow, job.fit_mode)


def _kind_of(workflow: str, fit_mode: str) -> str:
    """Return what tells how long the work here takes: how it is fitted, or that it is a look."""
    return fit_mode if workflow else "look"


def _scaled(sample: tuple[float, float | None], photo_mp: float | None) -> float:
    """Return the seconds of *sample* as a photo of another size would take them."""
    spent, its_mp = sample
    if photo_mp is None or its_mp is None:
        return spent
    return spent * max(photo_mp, _SMALLEST_MP) / max(its_mp, _SMALLEST_MP)
