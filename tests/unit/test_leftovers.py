from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from types import SimpleNamespace

import pytest

from daemon.edits import leftovers as module
from daemon.edits.job import Job
from daemon.edits.leftovers import Leftovers
from daemon.protocol.errors import ErrorKind, RabbitError
from daemon.storage.jobs import JobStore, LeftBehind
from tests.unit.test_job_store import record


class Studio:
    """A host that may be away."""

    def __init__(self) -> None:
        self.problem: ErrorKind | None = None
        self.cancelled: list[str] = []
        self.asked = asyncio.Event()

    async def client_for(self, host: str) -> Studio:
        if self.problem is ErrorKind.NOT_FOUND:
            raise RabbitError(ErrorKind.NOT_FOUND, f"There is no host called '{host}'.")
        return self

    async def cancel(self, prompt_id: str) -> bool:
        self.asked.set()
        if self.problem is not None:
            raise RabbitError(self.problem, "It does not answer.")
        self.cancelled.append(prompt_id)
        return True


Story = Callable[[Studio, JobStore, Leftovers], Awaitable[None]]


def told(tmp_path: Path, story: Story) -> None:
    async def whole() -> None:
        store = JobStore(tmp_path / "jobs.db")
        await store.open()
        studio = Studio()
        leftovers = Leftovers(studio, store)
        try:
            async with asyncio.timeout(10):
                await story(studio, store, leftovers)
        finally:
            await leftovers.close()
            await store.close()

    asyncio.run(whole())


async def left(store: JobStore, host: str = "studio") -> None:
    await store.save(record(), LeftBehind("p", host, "a"))


async def until_empty(store: JobStore) -> None:
    while await store.left_behind():  # noqa: ASYNC110 - the database tells nobody
        await asyncio.sleep(0.01)


def test_what_was_left_is_cancelled_and_forgotten(tmp_path: Path) -> None:
    async def story(studio: Studio, store: JobStore, leftovers: Leftovers) -> None:
        await left(store)
        leftovers.look_again()
        await until_empty(store)
        assert studio.cancelled == ["p"]

    told(tmp_path, story)


def test_a_host_that_is_away_is_asked_when_it_answers_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_FIRST_PAUSE_S", 1000.0)

    async def story(studio: Studio, store: JobStore, leftovers: Leftovers) -> None:
        studio.problem = ErrorKind.HOST_UNREACHABLE
        await left(store)
        leftovers.look_again()
        await studio.asked.wait()
        assert len(await store.left_behind()) == 1
        studio.problem = None
        leftovers.look_again()
        await until_empty(store)
        assert studio.cancelled == ["p"]

    told(tmp_path, story)


def test_the_next_daemon_cancels_what_the_last_one_could_not(tmp_path: Path) -> None:
    async def earlier() -> None:
        store = JobStore(tmp_path / "jobs.db")
        await store.open()
        await left(store)
        await store.close()

    async def story(studio: Studio, store: JobStore, leftovers: Leftovers) -> None:
        await leftovers.start()
        await until_empty(store)
        assert studio.cancelled == ["p"]

    asyncio.run(earlier())
    told(tmp_path, story)


def test_what_a_full_disk_did_not_take_is_cancelled_all_the_same(tmp_path: Path) -> None:
    async def story(studio: Studio, store: JobStore, leftovers: Leftovers) -> None:
        async def save(*_: object) -> None:
            raise RabbitError(ErrorKind.DISK_FULL, "The disk is full.")

        job = Job(record(), tmp_path, SimpleNamespace(save=save), lambda *_: None)
        with pytest.raises(RabbitError, match="full"):
            await leftovers.save(job, LeftBehind("p", "studio", "a"), state="cancelled")
        await studio.asked.wait()
        assert studio.cancelled == ["p"]

    told(tmp_path, story)


@pytest.mark.parametrize("host", ["builtin", "gone"])
def test_what_nobody_can_cancel_any_more_is_forgotten(tmp_path: Path, host: str) -> None:
    async def story(studio: Studio, store: JobStore, leftovers: Leftovers) -> None:
        studio.problem = ErrorKind.NOT_FOUND
        await left(store, host)
        await leftovers.start()
        await until_empty(store)
        assert studio.cancelled == []

    told(tmp_path, story)
