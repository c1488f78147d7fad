"""One job as the window knows it, and what the daemon's news make of it."""

from __future__ import annotations

import dataclasses

import msgspec
from PySide6.QtGui import QImage

from daemon.protocol.messages import AiEditProgress
from daemon.protocol.values import JobInfo

LOOK = "look"
"""The operation that puts a known grade on a photo."""
ENDED = ("done", "failed", "cancelled")


@dataclasses.dataclass(frozen=True)
class Job:
    """One job.

    Attributes:
        info: What the daemon last said of it.
        eta_s: Seconds left by the daemon's estimate; None: it has none.
        preview: The sampler's latest picture; None: none came, or the job has ended.
        stage_words: What the daemon said as the stage began, which only names the stage.
        detail: What it said since (a host that does not answer); mostly empty.
        place: Its place in the queue of its host, 0 is next; None: it does not wait there.
    """

    info: JobInfo
    eta_s: float | None = None
    preview: QImage | None = None
    stage_words: str = ""
    detail: str = ""
    place: int | None = None

    @property
    def ended(self) -> bool:
        """Whether nothing more will happen to it."""
        return self.info.state in ENDED

    @property
    def is_running(self) -> bool:
        """Whether something is done for it now, here or at a host."""
        return self.info.state == "running"


@dataclasses.dataclass(frozen=True)
class JobCounts:
    """How many jobs wait, run, hold and have failed since the window opened.

    Attributes:
        waiting: Wait for their turn.
        running: Something is done for them now.
        failed: Failed and were not looked at.
        paused: Hold, each by itself; they are not among *waiting*.
    """

    waiting: int = 0
    running: int = 0
    failed: int = 0
    paused: int = 0


@dataclasses.dataclass(frozen=True)
class Retry:
    """How an ended job is to be run again.

    Attributes:
        new_seed: With a seed of its own.
        host: On another host; empty: where it was meant to run.
        free_memory: Let the host unload its models first.
    """

    new_seed: bool = False
    host: str = ""
    free_memory: bool = False


def after_news(known: Job | None, info: JobInfo) -> Job:
    """Return the job as it is after the daemon described it anew."""
    if known is None or info.state in ENDED:
        return Job(info)
    if info.state == "running" or info.state == known.info.state:
        return dataclasses.replace(known, info=info)
    return Job(info, preview=known.preview)


def after_progress(job: Job, progress: AiEditProgress) -> Job:
    """Return *job* further on; its percentage never runs backwards."""
    info = msgspec.structs.replace(
        job.info,
        state="running",
        stage=progress.stage,
        progress_pct=max(progress.progress_pct, job.info.progress_pct),
        message=progress.message,
    )
    began = progress.stage != job.info.stage or not job.stage_words
    words = progress.message if began else job.stage_words
    detail = "" if progress.message == words else progress.message
    return dataclasses.replace(
        job,
        info=info,
        eta_s=progress.eta_s,
        stage_words=words,
        detail=detail,
        place=progress.queue_position,
    )
