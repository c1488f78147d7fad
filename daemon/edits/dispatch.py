"""Whose turn it is: which host a job gets, and which jobs this machine works on meanwhile."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import logging
from collections.abc import AsyncGenerator, Collection, Mapping, Sequence
from typing import Literal, NamedTuple, Protocol

from daemon.comfyui.candidates import Candidate, why_none
from daemon.comfyui.graph import Value
from daemon.edits.job import Job
from daemon.protocol.errors import ErrorKind, RabbitError

log = logging.getLogger(__name__)

PER_HOST = 2
AHEAD = 4
LOOK_AGAIN_S = 3.0

Work = Literal["prepare", "finish", "look"]
AT_ONCE: dict[Work, int] = {"prepare": 2, "finish": 2, "look": 2}
PAUSED = "Paused"
NEXT = "Waiting for its turn"

_Key = tuple[str, str, tuple[tuple[str, Value], ...]]


class Hosts(Protocol):
    """Who may do a job."""

    async def candidates(
        self,
        workflow: str,
        wanted: str = "",
        parameters: Mapping[str, int | float | str] | None = None,
    ) -> Sequence[Candidate]:
        """Return the hosts that come into question."""
        ...


class _Waiter:
    """A job that waits for its turn.

    Attributes:
        job: Which one.
        without: Hosts that it gets only where no other is able.
        given: Its host, or empty where it may begin here; None: its turn has not come.
        error: Why its turn will never come.
        why: What it waits for; empty: nobody looked yet.
        told: Set when one of these changed.
    """

    def __init__(self, job: Job, number: int, without: Collection[str] = ()) -> None:
        self.job = job
        self.without = without
        self.given: str | None = None
        self.error: RabbitError | None = None
        self.why = ""
        self.told = asyncio.Event()
        self._number = number

    @property
    def place(self) -> tuple[float, float, int]:
        """Where it stands among those that wait."""
        record = self.job.record
        return record.rank, record.created, self._number

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


class _Known(NamedTuple):
    """What the hosts said of one kind of job, and how many of ours each had then."""

    found: Sequence[Candidate]
    ours: dict[str, int]

    def busy(self, one: Candidate, ours_now: int) -> tuple[int, float]:
        """Return how much *one* has to do, with what it was given since; then how slow it is."""
        return one.load - self.ours[one.name] + ours_now, one.usual_s or 0.0


class JobDispatcher:
    """Gives waiting jobs, in their order, to hosts and to this machine.

    A host has at most ``PER_HOST`` jobs of ours: one that runs and one that is sent meanwhile, so
    that it never waits for us. What is done here, before and after, takes no host's place: small
    copies are made ahead for a few jobs of each kind, and what came back is worked on beside that.
    """

    def __init__(self, hosts: Hosts) -> None:
        """Prepare; :meth:`start` begins to give places away.

        Args:
            hosts: Tells who may do a job.
        """
        self._hosts = hosts
        self._paused = False
        self._numbers = itertools.count()
        self._for_host: list[_Waiter] = []
        self._for_work: dict[Work, list[_Waiter]] = {work: [] for work in AT_ONCE}
        self._working: dict[Work, int] = dict.fromkeys(AT_ONCE, 0)
        self._places: dict[str, set[str]] = {}
        self._ahead: dict[str, Job] = {}
        self._news = asyncio.Event()
        self._giver: asyncio.Task[None] | None = None

    @property
    def paused(self) -> bool:
        """Whether the whole queue holds."""
        return self._paused

    @paused.setter
    def paused(self, value: bool) -> None:
        self._paused = value
        self.look_again()

    def holds(self, job: Job) -> bool:
        """Whether *job* may not begin its next part."""
        return self._paused or job.record.paused

    def at_host(self, host: str) -> int:
        """Return how many jobs of ours have a place at *host*."""
        return len(self._places.get(host, ()))

    @property
    def hosts_at_work(self) -> int:
        """At how many hosts jobs of ours have a place."""
        return sum(1 for jobs in self._places.values() if jobs)

    def look_again(self) -> None:
        """Something changed: the order, a pause, a host."""
        for work in AT_ONCE:
            self._give_work(work)
        self._news.set()

    def changed(self) -> None:
        """A host changed."""
        if self._for_host:
            self._news.set()

    async def close(self) -> None:
        """Give nothing away any more."""
        giver, self._giver = self._giver, None
        if giver is not None:
            giver.cancel()
            await asyncio.wait([giver])

    @contextlib.asynccontextmanager
    async def turn(self, work: Work, job: Job) -> AsyncGenerator[None]:
        """Do a part of *job* on this machine when its turn has come."""
        waiter = _Waiter(job, next(self._numbers))
        self._for_work[work].append(waiter)
        try:
            self._give_work(work)
            await waiter.turn()
        except BaseException:
            if waiter.given is None:
                self._for_work[work].remove(waiter)
            else:
                self._done_with(work)
            raise
        try:
            yield
        finally:
            self._done_with(work)

    async def place(self, job: Job, without: Collection[str] = ()) -> str:
        """Return the host that *job* gets when its turn has come; it stays until :meth:`leave`.

        Args:
            job: Whose turn it may be.
            without: Hosts that it gets only where no other is able.

        Raises:
            RabbitError: no host can do it, and none will be able to by waiting.
        """
        if self._giver is None:
            self._giver = asyncio.create_task(self._give_places())
        waiter = _Waiter(job, next(self._numbers), without)
        self._for_host.append(waiter)
        self._news.set()
        try:
            return await waiter.turn()
        except BaseException:
            self.leave(job)
            raise
        finally:
            if waiter in self._for_host:
                self._for_host.remove(waiter)

    def stay(self, job: Job) -> None:
        """Count *job* at the host that has it already."""
        self._ahead.pop(job.record.job_id, None)
        self._places.setdefault(job.record.host, set()).add(job.record.job_id)

    def leave(self, job: Job) -> None:
        """*job* needs no host any more; harmless when it has none."""
        job_id = job.record.job_id
        had = [jobs for jobs in self._places.values() if job_id in jobs]
        for jobs in had:
            jobs.discard(job_id)
        if had:
            self._news.set()

    def forget(self, job: Job) -> None:
        """*job* has ended."""
        self.leave(job)
        if self._ahead.pop(job.record.job_id, None) is not None:
            self._give_work("prepare")

    async def others(self, job: Job, without: Collection[str]) -> bool:
        """Whether another host could do *job* now."""
        found = await self._ask(job)
        return any(one.able and one.name not in without for one in found)

    async def check(self, job: Job) -> None:
        """Make sure that somebody can do *job*, or will be able to.

        Raises:
            RabbitError: ``workflow_unavailable``; says of each host why not.
        """
        found = await self._ask(job)
        if not any(one.able or one.waits for one in found):
            raise nobody_can(job, found)

    def _give_work(self, work: Work) -> None:
        waiting = self._for_work[work]
        while self._working[work] < AT_ONCE[work]:
            ready = [one for one in waiting if self._may_work(work, one.job)]
            if not ready:
                break
            chosen = min(ready, key=lambda one: one.place)
            waiting.remove(chosen)
            self._working[work] += 1
            if work == "prepare":
                self._ahead[chosen.job.record.job_id] = chosen.job
            chosen.give()
        for one in waiting:
            one.say(PAUSED if self.holds(one.job) else NEXT)

    def _may_work(self, work: Work, job: Job) -> bool:
        if self.holds(job):
            return False
        if work != "prepare":
            return True
        key = _key(job)
        alike = (one for one in self._ahead.values() if not self.holds(one) and _key(one) == key)
        return sum(1 for _ in alike) < AHEAD

    def _done_with(self, work: Work) -> None:
        self._working[work] -= 1
        self._give_work(work)

    async def _give_places(self) -> None:
        """Give hosts away, again and again."""
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(LOOK_AGAIN_S if self._for_host else None):
                    await self._news.wait()
            self._news.clear()
            try:
                await self._give_all()
            except Exception:
                log.exception("jobs could not be given to hosts")
                await asyncio.sleep(LOOK_AGAIN_S)

    async def _give_all(self) -> None:
        known: dict[_Key, _Known] = {}
        for waiter in sorted(self._for_host, key=lambda one: one.place):
            key = _key(waiter.job)
            try:
                if key not in known and not self.holds(waiter.job):
                    found = await self._ask(waiter.job)
                    known[key] = _Known(found, {one.name: self.at_host(one.name) for one in found})
            except RabbitError as error:
                waiter.refuse(error)
                continue
            if waiter not in self._for_host or not waiter.waits:
                continue
            if self.holds(waiter.job):
                waiter.say(PAUSED)
            elif key in known:
                self._give_place(waiter, known[key])

    def _give_place(self, waiter: _Waiter, known: _Known) -> None:
        """Give the host that has least to do, of those with a place left."""
        job = waiter.job
        able = [one for one in known.found if one.able]
        able = [one for one in able if one.name not in waiter.without] or able
        if not any(one.able or one.waits for one in known.found):
            waiter.refuse(nobody_can(job, known.found))
            return
        free = [one for one in able if self.at_host(one.name) < PER_HOST]
        if not free:
            waiter.say(NEXT if able else _waits_for(known.found))
            return
        chosen = min(free, key=lambda one: known.busy(one, self.at_host(one.name)))
        self._places.setdefault(chosen.name, set()).add(job.record.job_id)
        self._for_host.remove(waiter)
        waiter.give(chosen.name)
        if self._ahead.pop(job.record.job_id, None) is not None:
            self._give_work("prepare")

    async def _ask(self, job: Job) -> Sequence[Candidate]:
        record = job.record
        return await self._hosts.candidates(record.workflow, record.host_wanted, record.parameters)


def nobody_can(job: Job, found: Sequence[Candidate]) -> RabbitError:
    """Say of each host why it cannot do *job*."""
    reasons = " ".join(why_none(found))
    return RabbitError(
        ErrorKind.WORKFLOW_UNAVAILABLE,
        f"No host can run '{job.record.workflow}'. {reasons}".strip(),
        "Put that right on one of them and run the job again; `rabbitviewer workflows check` "
        "looks without running anything.",
    )


def _key(job: Job) -> _Key:
    record = job.record
    return record.workflow, record.host_wanted, tuple(sorted(record.parameters.items()))


def _waits_for(found: Sequence[Candidate]) -> str:
    """Return what a job waits for, in words."""
    away = [said for one in found if one.waits for said in one.problems]
    return " ".join(dict.fromkeys(away)) or "Waiting for a host"
