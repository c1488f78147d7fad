"""Whose turn it is: hosts that only count what they are given, jobs that only wait."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path

import msgspec
import pytest

from daemon.comfyui.candidates import Candidate
from daemon.edits.dispatch import AHEAD, AT_ONCE, PER_HOST, JobDispatcher
from daemon.edits.job import Job
from daemon.protocol.errors import ErrorKind, RabbitError
from daemon.protocol.messages import Message
from daemon.storage.job_record import JobRecord
from tests.unit.test_job_store import record


class Hosts:
    """Hosts as a test describes them."""

    def __init__(self, *names: str) -> None:
        self.known = {name: Candidate(name=name, able=True, state="ready") for name in names}
        self.ours: Callable[[str], int] = lambda name: 0
        self.asked_afresh = 0

    def change(self, name: str, **changes: object) -> None:
        self.known[name] = msgspec.structs.replace(self.known[name], **changes)

    async def candidates(
        self,
        workflow: str,
        wanted: str = "",
        parameters: Mapping[str, object] | None = None,
        *,
        afresh: bool = False,
    ) -> tuple[Candidate, ...]:
        del workflow, parameters
        self.asked_afresh += afresh
        found = [one for one in self.known.values() if wanted in ("", one.name)]
        return tuple(
            msgspec.structs.replace(one, load=one.load + self.ours(one.name)) for one in found
        )


class Disk:
    async def save(self, record: JobRecord, left: object = None) -> None:
        del record, left

    def save_soon(self, record: JobRecord) -> None:
        del record


class Desk:
    """A dispatcher and the jobs that it gives places to."""

    def __init__(self, *names: str) -> None:
        self.hosts = Hosts(*names)
        self.dispatcher = JobDispatcher(self.hosts)
        self.hosts.ours = self.dispatcher.at_host
        self.told: list[Message] = []
        self.placed: dict[str, str] = {}
        self.order: list[str] = []
        self.tasks: dict[str, asyncio.Task[None]] = {}
        self._ranks = itertools.count(1)

    def job(self, name: str, **changes: object) -> Job:
        fresh = record(name, rank=float(next(self._ranks)), workflow="w", host="", **changes)
        return Job(fresh, Path(), Disk(), lambda message, _=b"": self.told.append(message))

    def ask(self, *jobs: Job) -> None:
        for job in jobs:
            self.tasks[job.record.job_id] = asyncio.create_task(self._place(job))

    async def _place(self, job: Job) -> None:
        job_id = job.record.job_id
        self.placed[job_id] = await self.dispatcher.place(job)
        self.order.append(job_id)

    async def quiet(self) -> None:
        """Wait until nothing more happens by itself."""
        for _ in range(50):
            await asyncio.sleep(0)


def at_desk(story: Callable[[Desk], Awaitable[None]], *names: str) -> None:
    async def whole() -> None:
        desk = Desk(*names)
        try:
            await story(desk)
        finally:
            for task in desk.tasks.values():
                task.cancel()
            await asyncio.gather(*desk.tasks.values(), return_exceptions=True)
            await desk.dispatcher.close()

    asyncio.run(whole())


def test_a_batch_keeps_four_hosts_busy_with_one_job_that_runs_and_one_that_waits() -> None:
    async def story(desk: Desk) -> None:
        desk.ask(*(desk.job(f"j{number:02}") for number in range(20)))
        await desk.quiet()
        assert [desk.dispatcher.at_host(name) for name in "abcd"] == [PER_HOST] * 4

    at_desk(story, "a", "b", "c", "d")


def test_the_hosts_stay_full_until_the_batch_is_through() -> None:
    async def story(desk: Desk) -> None:
        jobs = {job.record.job_id: job for job in (desk.job(f"j{n:02}") for n in range(20))}
        desk.ask(*jobs.values())
        await desk.quiet()
        busy: list[int] = []
        while jobs:
            busy.append(sum(1 for name in "abcd" if desk.dispatcher.at_host(name)))
            desk.dispatcher.leave(jobs.pop(next(j for j in desk.order if j in jobs)))
            await desk.quiet()
        assert busy[: 20 - 4] == [4] * 16
        assert sorted(desk.order) == sorted(desk.tasks)

    at_desk(story, "a", "b", "c", "d")


def test_the_host_with_the_least_to_do_is_first() -> None:
    async def story(desk: Desk) -> None:
        desk.hosts.change("a", load=3)
        desk.ask(desk.job("first"), desk.job("second"))
        await desk.quiet()
        assert desk.placed == {"first": "b", "second": "b"}

    at_desk(story, "a", "b")


def test_of_equal_hosts_the_faster_is_first() -> None:
    async def story(desk: Desk) -> None:
        desk.hosts.change("a", usual_s=40.0)
        desk.hosts.change("b", usual_s=10.0)
        desk.ask(desk.job("job"))
        await desk.quiet()
        assert desk.placed == {"job": "b"}

    at_desk(story, "a", "b")


def test_jobs_get_hosts_in_the_order_of_their_ranks() -> None:
    async def story(desk: Desk) -> None:
        first, second, third = desk.job("first"), desk.job("second"), desk.job("third")
        desk.hosts.change("a", able=False, waits=True)
        desk.ask(first, second, third)
        await desk.quiet()
        third.put(rank=0.5)
        desk.hosts.change("a", able=True)
        desk.dispatcher.look_again()
        await desk.quiet()
        assert desk.order == ["third", "first"]

    at_desk(story, "a")


def test_a_job_for_one_host_does_not_keep_others_from_theirs() -> None:
    async def story(desk: Desk) -> None:
        desk.ask(*(desk.job(f"a{n}", host_wanted="a") for n in range(4)), desk.job("any"))
        await desk.quiet()
        assert desk.placed == {"a0": "a", "a1": "a", "any": "b"}

    at_desk(story, "a", "b")


def test_a_held_job_gets_no_host_and_those_behind_it_do() -> None:
    async def story(desk: Desk) -> None:
        desk.ask(desk.job("held", paused=True), desk.job("other"))
        await desk.quiet()
        assert desk.order == ["other"]

    at_desk(story, "a")


def test_while_the_queue_holds_nobody_gets_a_host_and_then_all_go_on() -> None:
    async def story(desk: Desk) -> None:
        desk.dispatcher.paused = True
        desk.ask(desk.job("first"), desk.job("second"))
        await desk.quiet()
        assert desk.order == []
        desk.dispatcher.paused = False
        await desk.quiet()
        assert desk.order == ["first", "second"]

    at_desk(story, "a")


def test_a_job_that_nobody_can_do_fails_with_the_reason_of_every_host() -> None:
    async def story(desk: Desk) -> None:
        desk.hosts.change("a", able=False, problems=("a lacks the node X.",))
        desk.hosts.change("b", able=False, problems=("b is too old.",))
        with pytest.raises(RabbitError, match=r"a lacks the node X\. b is too old\.") as caught:
            await desk.dispatcher.place(desk.job("job"))
        assert caught.value.info.kind is ErrorKind.WORKFLOW_UNAVAILABLE

    at_desk(story, "a", "b")


def test_a_job_waits_for_a_host_that_is_only_away_and_says_so() -> None:
    async def story(desk: Desk) -> None:
        desk.hosts.change("a", able=False, problems=("a lacks the node X.",))
        desk.hosts.change("b", able=False, waits=True, problems=("b does not answer.",))
        job = desk.job("job")
        desk.ask(job)
        await desk.quiet()
        assert (job.record.state, job.record.message) == ("waiting", "b does not answer.")

    at_desk(story, "a", "b")


def test_a_job_that_is_cancelled_while_it_waits_takes_no_place() -> None:
    async def story(desk: Desk) -> None:
        desk.ask(*(desk.job(f"j{n}") for n in range(3)))
        await desk.quiet()
        desk.tasks["j2"].cancel()
        await desk.quiet()
        assert desk.dispatcher.at_host("a") == PER_HOST
        assert not desk.dispatcher._for_host  # pyright: ignore[reportPrivateUsage]

    at_desk(story, "a")


def test_a_host_is_avoided_while_another_can_do_the_job() -> None:
    async def story(desk: Desk) -> None:
        desk.hosts.change("b", load=5)
        assert await desk.dispatcher.place(desk.job("job"), {"a"}) == "b"
        desk.hosts.change("b", able=False)
        assert await desk.dispatcher.place(desk.job("next"), {"a"}) == "a"

    at_desk(story, "a", "b")


class Bench:
    """Counts who works at once."""

    def __init__(self, dispatcher: JobDispatcher) -> None:
        self._dispatcher = dispatcher
        self.began: list[str] = []
        self.go_on = asyncio.Event()

    async def work(self, what: str, job: Job) -> None:
        async with self._dispatcher.turn(what, job):  # pyright: ignore[reportArgumentType]
            self.began.append(job.record.job_id)
            await self.go_on.wait()


def test_a_job_that_is_fitted_keeps_no_host() -> None:
    async def story(desk: Desk) -> None:
        bench = Bench(desk.dispatcher)
        fitting = [asyncio.create_task(bench.work("finish", desk.job(f"f{n}"))) for n in range(9)]
        desk.ask(desk.job("next"), desk.job("one more"))
        await desk.quiet()
        assert len(bench.began) == AT_ONCE["finish"]
        assert desk.order == ["next", "one more"]
        bench.go_on.set()
        await asyncio.gather(*fitting)

    at_desk(story, "a")


def test_looks_do_not_wait_for_fits() -> None:
    async def story(desk: Desk) -> None:
        bench = Bench(desk.dispatcher)
        tasks = [asyncio.create_task(bench.work("finish", desk.job(f"f{n}"))) for n in range(5)]
        tasks.append(asyncio.create_task(bench.work("look", desk.job("look"))))
        await desk.quiet()
        assert "look" in bench.began
        bench.go_on.set()
        await asyncio.gather(*tasks)

    at_desk(story, "a")


def test_small_copies_are_made_ahead_for_a_few_jobs_only() -> None:
    async def story(desk: Desk) -> None:
        desk.hosts.change("a", able=False, waits=True)
        bench = Bench(desk.dispatcher)
        bench.go_on.set()
        jobs = [desk.job(f"j{n}") for n in range(10)]
        tasks = [asyncio.create_task(bench.work("prepare", job)) for job in jobs]
        await desk.quiet()
        assert len(bench.began) == AHEAD
        desk.hosts.change("a", able=True)
        desk.ask(*jobs[:2])
        await desk.quiet()
        assert bench.began == [f"j{n}" for n in range(AHEAD + 2)]
        [task.cancel() for task in tasks]
        await asyncio.gather(*tasks, return_exceptions=True)

    at_desk(story, "a")


def test_a_job_that_comes_next_is_prepared_whatever_is_prepared_already() -> None:
    async def story(desk: Desk) -> None:
        desk.hosts.change("a", able=False, waits=True)
        bench = Bench(desk.dispatcher)
        bench.go_on.set()
        jobs = [desk.job(f"j{n}") for n in range(AHEAD + 1)]
        jobs[AHEAD].put(rank=0.5)
        tasks = [asyncio.create_task(bench.work("prepare", job)) for job in jobs]
        await desk.quiet()
        assert f"j{AHEAD}" in bench.began
        [task.cancel() for task in tasks]
        await asyncio.gather(*tasks, return_exceptions=True)

    at_desk(story, "a")


def test_a_hosts_second_place_is_kept_for_the_job_that_comes_next() -> None:
    async def story(desk: Desk) -> None:
        first, second, third = desk.job("first"), desk.job("second"), desk.job("third")
        desk.dispatcher.expect(first)
        desk.ask(second, third)
        await desk.quiet()
        assert desk.order == ["second"]
        desk.ask(first)
        await desk.quiet()
        assert desk.order == ["second", "first"]

    at_desk(story, "a")


def test_a_job_that_comes_next_and_ends_leaves_its_place_to_others() -> None:
    async def story(desk: Desk) -> None:
        first, second, third = desk.job("first"), desk.job("second"), desk.job("third")
        desk.dispatcher.expect(first)
        desk.ask(second, third)
        await desk.quiet()
        desk.dispatcher.forget(first)
        await desk.quiet()
        assert desk.order == ["second", "third"]

    at_desk(story, "a")


def test_jobs_that_wait_for_an_absent_host_do_not_keep_others_from_being_prepared() -> None:
    async def story(desk: Desk) -> None:
        bench = Bench(desk.dispatcher)
        bench.go_on.set()
        jobs = [desk.job(f"a{n}", host_wanted="a") for n in range(6)] + [desk.job("other")]
        tasks = [asyncio.create_task(bench.work("prepare", job)) for job in jobs]
        await desk.quiet()
        assert "other" in bench.began
        [task.cancel() for task in tasks]
        await asyncio.gather(*tasks, return_exceptions=True)

    at_desk(story, "a", "b")


def test_a_job_asked_for_now_fails_where_no_host_answers_and_says_what_each_said() -> None:
    async def story(desk: Desk) -> None:
        said = "a refused the connection. Start ComfyUI with --listen."
        desk.hosts.change("a", able=False, waits=True, state="unreachable", problems=(said,))
        with pytest.raises(RabbitError, match="--listen") as failed:
            await desk.dispatcher.check(desk.job("one"), at_once=True)
        assert failed.value.info.kind is ErrorKind.HOST_UNREACHABLE
        assert desk.hosts.asked_afresh == 1

    at_desk(story, "a")


@pytest.mark.parametrize("state", ["hung", "starting"])
def test_a_job_waits_for_a_host_that_is_only_held_up(state: str) -> None:
    async def story(desk: Desk) -> None:
        desk.hosts.change("a", able=False, waits=True, state=state)
        await desk.dispatcher.check(desk.job("one"), at_once=True)

    at_desk(story, "a")


def test_a_job_of_before_waits_for_a_host_that_is_away() -> None:
    async def story(desk: Desk) -> None:
        desk.hosts.change("a", able=False, waits=True, state="unreachable")
        await desk.dispatcher.check(desk.job("one"), at_once=False)
        assert desk.hosts.asked_afresh == 0

    at_desk(story, "a")
