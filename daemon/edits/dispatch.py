"""Whose turn it is: which host a job gets, and which jobs this machine works on meanwhile."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncGenerator, Collection, Mapping, Sequence
from typing import Literal, Protocol

from daemon.comfyui.candidates import Candidate
from daemon.edits.job import Job
from daemon.edits.waiting import (
    Kind,
    Known,
    Waiter,
    kind_of,
    nobody_answers,
    nobody_can,
    place_of,
    waits_for,
)
from daemon.protocol.errors import RabbitError

log = logging.getLogger(__name__)

PER_HOST = 2
AHEAD = 4
LOOK_AGAIN_S = 3.0

Work = Literal["prepare", "finish", "look"]
AT_ONCE: dict[Work, int] = {"prepare": 2, "finish": 2, "look": 2}
PAUSED = "Paused"
NEXT = "Waiting for its turn"


class Hosts(Protocol):
    """Who may do a job."""

    async def candidates(
        self,
        workflow: str,
        wanted: str = "",
        parameters: Mapping[str, int | float | str] | None = None,
        *,
        afresh: bool = False,
    ) -> Sequence[Candidate]:
        """Return the hosts that come into question."""
        ...


class JobDispatcher:
    """Gives waiting jobs, in their order, to hosts and to this machine.

    A host has at most ``PER_HOST`` jobs of ours: one that runs and one that is sent meanwhile, so
    that it never waits for us. What is done here, before and after, takes no host's place: small
    copies are made ahead for a few jobs of each kind, and what came back is worked on beside that.
    """

    def __init__(self, hosts: Hosts) -> None:
        """Prepare; the first job that wants a host begins the giving.

        Args:
            hosts: Tells who may do a job.
        """
        self._hosts = hosts
        self._paused = False
        self._for_host: list[Waiter] = []
        self._for_work: dict[Work, list[Waiter]] = {work: [] for work in AT_ONCE}
        self._working: dict[Work, int] = dict.fromkeys(AT_ONCE, 0)
        self._places: dict[str, set[str]] = {}
        self._ahead: dict[str, Waiter] = {}
        self._coming: dict[str, Waiter] = {}
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
        waiter = Waiter(job)
        if work != "prepare":
            self._comes_no_more(job)
            self.leave(job)
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
        waiter = Waiter(job, without)
        self._comes_no_more(job)
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

    def expect(self, job: Job) -> None:
        """*job* will want a host; those of its kind that come after it leave room for it."""
        self._coming[job.record.job_id] = Waiter(job)

    def stay(self, job: Job) -> None:
        """Count *job* at the host that has it already."""
        self._ahead.pop(job.record.job_id, None)
        self._comes_no_more(job)
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
        self._comes_no_more(job)
        if self._ahead.pop(job.record.job_id, None) is not None:
            self._give_work("prepare")

    def _comes_no_more(self, job: Job) -> None:
        if self._coming.pop(job.record.job_id, None) is not None:
            self.changed()

    async def others(self, job: Job, without: Collection[str]) -> bool:
        """Whether another host could do *job* now."""
        found = await self._ask(job)
        return any(one.able and one.name not in without for one in found)

    async def check(self, job: Job, *, at_once: bool) -> None:
        """Make sure that somebody can do *job*, or will be able to.

        Args:
            job: Which one.
            at_once: Do not count on a host that does not answer now.

        Raises:
            RabbitError: ``workflow_unavailable`` or ``host_unreachable``; says of each host why.
        """
        found = await self._ask(job)
        if at_once and not any(one.able for one in found):
            found = await self._ask(job, afresh=True)
        if any(one.able or (one.waits and not (at_once and one.is_away)) for one in found):
            return
        raise nobody_answers(found) if any(one.waits for one in found) else nobody_can(job, found)

    def _give_work(self, work: Work) -> None:
        waiting = self._for_work[work]
        full: set[Kind] = set()
        for one in sorted(waiting, key=lambda waiter: place_of(waiter.job)):
            if self._working[work] >= AT_ONCE[work]:
                break
            if self.holds(one.job) or one.kind in full:
                continue
            if work == "prepare" and self._ahead_of(one) >= AHEAD:
                full.add(one.kind)
                continue
            waiting.remove(one)
            self._working[work] += 1
            if work == "prepare":
                self._ahead[one.job.record.job_id] = one
            one.give()
        for one in waiting:
            one.say(PAUSED if self.holds(one.job) else NEXT)

    def _ahead_of(self, waiter: Waiter) -> int:
        """Return how many of its kind that come before it are prepared and have no host yet."""
        place = place_of(waiter.job)
        alike = (one for one in self._ahead.values() if one.kind == waiter.kind)
        return sum(1 for one in alike if not self.holds(one.job) and place_of(one.job) < place)

    def _is_next(self, waiter: Waiter) -> bool:
        """Whether none of its kind that comes before it is only just being prepared."""
        place = place_of(waiter.job)
        alike = (one for one in self._coming.values() if one.kind == waiter.kind)
        return all(self.holds(one.job) or place <= place_of(one.job) for one in alike)

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
        known: dict[Kind, Known] = {}
        for waiter in sorted(self._for_host, key=lambda one: place_of(one.job)):
            key = kind_of(waiter.job)
            try:
                if key not in known and not self.holds(waiter.job):
                    found = await self._ask(waiter.job)
                    known[key] = Known(found, {one.name: self.at_host(one.name) for one in found})
            except RabbitError as error:
                waiter.refuse(error)
                continue
            if waiter not in self._for_host or not waiter.waits:
                continue
            if self.holds(waiter.job):
                waiter.say(PAUSED)
            elif key in known:
                self._give_place(waiter, known[key])

    def _give_place(self, waiter: Waiter, known: Known) -> None:
        """Give the host that has least to do, of those with a place left."""
        job = waiter.job
        able = [one for one in known.found if one.able]
        able = [one for one in able if one.name not in waiter.without] or able
        if not any(one.able or one.waits for one in known.found):
            waiter.refuse(nobody_can(job, known.found))
            return
        # A host with nothing to do gets whoever is ready; its second place is kept for the next.
        places = PER_HOST if self._is_next(waiter) else 1
        free = [one for one in able if self.at_host(one.name) < places]
        if not free:
            waiter.say(NEXT if able else waits_for(known.found))
            return
        chosen = min(free, key=lambda one: known.busy(one, self.at_host(one.name)))
        self._places.setdefault(chosen.name, set()).add(job.record.job_id)
        self._for_host.remove(waiter)
        waiter.give(chosen.name)
        if self._ahead.pop(job.record.job_id, None) is not None:
            self._give_work("prepare")

    async def _ask(self, job: Job, *, afresh: bool = False) -> Sequence[Candidate]:
        record = job.record
        return await self._hosts.candidates(
            record.workflow, record.host_wanted, record.parameters, afresh=afresh
        )
