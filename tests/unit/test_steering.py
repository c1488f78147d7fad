"""Steering jobs as clients do: order, holding, cancelling many; and that a restart remembers."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from daemon.edits.job import Job
from daemon.protocol.errors import ErrorKind, RabbitError
from daemon.protocol.jobs import JobChanged, JobsCancel, JobsMove, JobsPause, QueueState
from daemon.protocol.messages import AiEditCancelled, AiEditComplete
from tests.fakes.peer import FakePeer
from tests.unit.test_edit_service import Studio


class Queue(Studio):
    """A studio whose jobs wait for their turn on this machine."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.grade = self.in_turn
        self.order: list[str] = []

    async def in_turn(self, job: Job) -> None:
        async with self.dispatcher.turn("look", job):
            self.order.append(job.record.job_id)
            await self.succeed(job)

    async def hold(self, *job_ids: str, paused: bool = True) -> None:
        await self.service.steering.pause(FakePeer(), JobsPause(paused=paused, job_ids=job_ids))

    async def move(self, *job_ids: str, place: str, before: str = "") -> None:
        await self.service.steering.move(FakePeer(), JobsMove(job_ids, place, before))

    async def waits(self, job_id: str) -> None:
        """Return when the job says what it waits for."""
        while not (await self.jobs(job_ids=(job_id,))).jobs[0].message:
            self.news.clear()
            await self.news.wait()


def in_queue(folder: Path, story: Callable[[Queue], Awaitable[None]]) -> None:
    async def whole() -> None:
        queue = Queue(folder)
        await queue.store.open()
        await queue.service.resume()
        try:
            async with asyncio.timeout(10):
                await story(queue)
        finally:
            await queue.service.close()
            await queue.store.close()

    asyncio.run(whole())


def test_a_queue_that_holds_begins_nothing_and_says_so(tmp_path: Path) -> None:
    async def story(queue: Queue) -> None:
        await queue.hold()
        job_id = await queue.ask()
        await queue.waits(job_id)
        answer = await queue.jobs()
        assert (answer.paused, answer.jobs[0].state, queue.order) == (True, "waiting", [])
        assert QueueState(paused=True) in queue.published
        await queue.hold(paused=False)
        await queue.ended(AiEditComplete)

    in_queue(tmp_path, story)


def test_a_held_job_is_called_paused_and_the_others_go_on(tmp_path: Path) -> None:
    async def story(queue: Queue) -> None:
        await queue.hold()
        first, second = await queue.ask(), await queue.ask()
        await queue.hold(first)
        await queue.hold(paused=False)
        await queue.ended(AiEditComplete)
        (held,) = (await queue.jobs(job_ids=(first,))).jobs
        assert (held.state, held.paused, queue.order) == ("paused", True, [second])
        await queue.hold(first, paused=False)
        await queue.ended(AiEditComplete, 2)

    in_queue(tmp_path, story)


def test_jobs_begin_in_the_order_that_they_were_moved_to(tmp_path: Path) -> None:
    async def story(queue: Queue) -> None:
        await queue.hold()
        first, second, third = [await queue.ask() for _ in range(3)]
        await queue.move(third, place="front")
        await queue.move(first, place="back")
        await queue.hold(paused=False)
        await queue.ended(AiEditComplete, 3)
        assert queue.order == [third, second, first]

    in_queue(tmp_path, story)


def test_clients_hear_of_a_jobs_new_place(tmp_path: Path) -> None:
    async def story(queue: Queue) -> None:
        await queue.hold()
        first, second = await queue.ask(), await queue.ask()
        await queue.waits(second)
        queue.published.clear()
        await queue.move(second, place="before", before=first)
        told = [each.job for each in queue.published if isinstance(each, JobChanged)]
        assert told[-1].job_id == second
        assert told[-1].rank < (await queue.jobs(job_ids=(first,))).jobs[0].rank

    in_queue(tmp_path, story)


def test_all_open_jobs_are_cancelled_at_once(tmp_path: Path) -> None:
    async def story(queue: Queue) -> None:
        await queue.hold()
        [await queue.ask() for _ in range(4)]
        await queue.service.steering.cancel(FakePeer(), JobsCancel())
        await queue.ended(AiEditCancelled, 4)
        assert {job.state for job in (await queue.jobs()).jobs} == {"cancelled"}
        assert queue.order == []

    in_queue(tmp_path, story)


def test_a_job_that_has_ended_cannot_be_held(tmp_path: Path) -> None:
    async def story(queue: Queue) -> None:
        job_id = await queue.ask()
        await queue.ended(AiEditComplete)
        with pytest.raises(RabbitError, match="with work left"):
            await queue.hold(job_id)

    in_queue(tmp_path, story)


def test_a_restart_remembers_order_and_pauses(tmp_path: Path) -> None:
    asked: list[str] = []

    async def before(queue: Queue) -> None:
        await queue.hold()
        asked.extend([await queue.ask() for _ in range(3)])
        await queue.move(asked[2], place="front")
        await queue.hold(asked[0])

    async def after(queue: Queue) -> None:
        assert (await queue.jobs()).paused
        await queue.hold(paused=False)
        await queue.ended(AiEditComplete, 2)
        assert queue.order == [asked[2], asked[1]]
        assert (await queue.jobs(open_only=True)).jobs[0].state == "paused"

    in_queue(tmp_path, before)
    in_queue(tmp_path, after)


def test_an_order_that_the_disk_does_not_take_is_not_claimed(tmp_path: Path) -> None:
    async def story(queue: Queue) -> None:
        await queue.hold()
        first, second = await queue.ask(), await queue.ask()

        async def full(*_: object) -> None:
            raise RabbitError(ErrorKind.DISK_FULL, "The disk is full.")

        queue.store.save_all = full
        with pytest.raises(RabbitError, match="full"):
            await queue.move(second, place="front")
        ranks = {job.job_id: job.rank for job in (await queue.jobs()).jobs}
        assert ranks[first] < ranks[second]

    in_queue(tmp_path, story)
