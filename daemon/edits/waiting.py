"""A job that waits for its turn, and what hosts said of jobs like it."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Sequence
from typing import NamedTuple

from daemon.comfyui.candidates import Candidate, why_none
from daemon.comfyui.graph import Value
from daemon.edits.job import Job
from daemon.protocol.errors import ErrorKind, RabbitError

Kind = tuple[str, str, tuple[tuple[str, Value], ...]]


class Waiter:
    """A job that waits for its turn.

    Attributes:
        job: Which one.
        kind: What decides which hosts can do it.
        without: Hosts that it gets only where no other is able.
        given: Its host, or empty where it may begin here; None: its turn has not come.
        error: Why its turn will never come.
        why: What it waits for; empty: nobody looked yet.
        told: Set when one of these changed.
    """

    def __init__(self, job: Job, without: Collection[str] = ()) -> None:
        self.job = job
        self.kind = kind_of(job)
        self.without = without
        self.given: str | None = None
        self.error: RabbitError | None = None
        self.why = ""
        self.told = asyncio.Event()

    @property
    def waits(self) -> bool:
        """Whether its turn may still come."""
        return self.given is None and self.error is None

    def give(self, host: str = "") -> None:
        """Its turn has come."""
        self.given = host
        self.told.set()

    def refuse(self, error: RabbitError) -> None:
        """Its turn will not come."""
        self.error = error
        self.told.set()

    def say(self, why: str) -> None:
        """It waits for this."""
        if why != self.why:
            self.why = why
            self.told.set()

    async def turn(self) -> str:
        """Return what it was given, when that is so; the job tells meanwhile what it waits for."""
        while self.given is None:
            if self.error is not None:
                raise self.error
            if self.why:
                await self.job.rest(self.why)
            if self.waits:
                await self.told.wait()
            self.told.clear()
        return self.given


class Known(NamedTuple):
    """What the hosts said of one kind of job, and how many of ours each had then."""

    found: Sequence[Candidate]
    ours: dict[str, int]

    def busy(self, one: Candidate, ours_now: int) -> tuple[int, float]:
        """Return how much *one* has to do, with what it was given since; then how slow it is."""
        return one.load - self.ours[one.name] + ours_now, one.usual_s or 0.0


def nobody_can(job: Job, found: Sequence[Candidate]) -> RabbitError:
    """Say of each host why it cannot do *job*."""
    reasons = " ".join(why_none(found))
    return RabbitError(
        ErrorKind.WORKFLOW_UNAVAILABLE,
        f"No host can run '{job.record.workflow}'. {reasons}".strip(),
        "Put that right on one of them and run the job again; `rabbitviewer workflows check` "
        "looks without running anything.",
    )


def nobody_answers(found: Sequence[Candidate]) -> RabbitError:
    """Say of each host that it does not answer."""
    return RabbitError(
        ErrorKind.HOST_UNREACHABLE,
        " ".join(why_none(found)),
        "Nothing was sent; run the job again when the host is there.",
    )


def place_of(job: Job) -> tuple[float, float, str]:
    """Return where *job* stands in the order; smaller comes first."""
    record = job.record
    return record.rank, record.created, record.job_id


def kind_of(job: Job) -> Kind:
    """Return what decides which hosts can do *job*."""
    record = job.record
    return record.workflow, record.host_wanted, tuple(sorted(record.parameters.items()))


def waits_for(found: Sequence[Candidate]) -> str:
    """Return what a job waits for, in words."""
    away = [said for one in found if one.waits for said in one.problems]
    return " ".join(dict.fromkeys(away)) or "Waiting for a host"
