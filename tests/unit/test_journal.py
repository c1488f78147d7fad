"""The journal: durable before the change, whole after any crash, bounded."""

import asyncio
import contextlib
import errno
import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from daemon.protocol.errors import ErrorKind, RabbitError
from daemon.storage.journal import (
    JournalStep,
    JournalStore,
    Moved,
    SidecarWritten,
    Trashed,
    digest_of,
)

HOSTILE = b"/p/\xff\n\"'.jpg"


@contextlib.asynccontextmanager
async def journal(folder: Path, **limits: int) -> AsyncIterator[JournalStore]:
    store = JournalStore(folder / "journal.jsonl", **limits)
    await store.open()
    try:
        yield store
    finally:
        await store.close()


async def one_step(store: JournalStore, title: str, *records: object, batch: str = "") -> None:
    step = await store.begin("rename", title, batch)
    await step.note(records or (Moved(b"/a", b"/b"),))  # type: ignore[arg-type]
    await step.commit()


def test_records_come_back_byte_for_byte(tmp_path: Path) -> None:
    records = (
        Moved(HOSTILE, b"/q", 3, 77),
        Trashed(HOSTILE, b"/t"),
        SidecarWritten(b"/x", b"\0\xff<x/>", digest_of(b"new")),
        SidecarWritten(b"/y", None, b""),
    )

    async def story() -> list[object]:
        async with journal(tmp_path) as store:
            await one_step(store, "Rename", *records)
        async with journal(tmp_path) as store:
            step = store.reverse_now(redo=False)
            return list(step.records_now(before=True).values())

    assert asyncio.run(story()) == list(records)


def test_the_newest_step_is_undone_first_and_done_again_last(tmp_path: Path) -> None:
    async def story() -> list[tuple[str, str]]:
        tops: list[tuple[str, str]] = []
        async with journal(tmp_path) as store:
            await one_step(store, "one")
            await one_step(store, "two")
            tops.append(store.top)
            for redo in (False, False, True):
                step = store.reverse_now(redo=redo)
                await step.note([Moved(b"/b", b"/a")])
                await step.commit()
                tops.append(store.top)
        async with journal(tmp_path) as store:
            tops.append(store.top)
            return tops

    assert asyncio.run(story()) == [
        ("two", ""),
        ("one", "two"),
        ("", "one"),
        ("one", "two"),
        ("one", "two"),
    ]


def test_something_new_ends_what_could_be_done_again(tmp_path: Path) -> None:
    async def story() -> tuple[str, str]:
        async with journal(tmp_path) as store:
            await one_step(store, "one")
            step = store.reverse_now(redo=False)
            await step.note([Moved(b"/b", b"/a")])
            await step.commit()
            await one_step(store, "new")
            return store.top

    assert asyncio.run(story()) == ("new", "")


def test_requests_of_one_batch_are_one_step_whose_figures_add_up(tmp_path: Path) -> None:
    async def story() -> tuple[tuple[str, str], int]:
        async with journal(tmp_path) as store:
            await one_step(store, "Rename 500 photos", batch="b")
            await one_step(store, "Rename 12 photos", batch="b")
            top = store.top
            step = store.reverse_now(redo=False)
            return top, len(step.records_now(before=True))

    assert asyncio.run(story()) == (("Rename 512 photos", ""), 2)


def test_a_step_under_way_at_the_end_is_found_unfinished(tmp_path: Path) -> None:
    async def story() -> tuple[tuple[str, str], list[JournalStep]]:
        async with journal(tmp_path) as store:
            step = await store.begin("move", "Move 1 photo")
            await step.note([Moved(b"/a", b"/b")])
        async with journal(tmp_path) as store:
            return store.top, store.unfinished()

    top, unfinished = asyncio.run(story())
    assert top == ("", "")
    assert [step.kind for step in unfinished] == ["move"]


def test_a_torn_last_line_is_dropped_and_written_over(tmp_path: Path) -> None:
    async def story() -> tuple[str, str]:
        async with journal(tmp_path) as store:
            await one_step(store, "one")
        with (tmp_path / "journal.jsonl").open("ab") as file:
            file.write(b'{"op":"begin","step":2,"ki')
        async with journal(tmp_path) as store:
            await one_step(store, "two")
        async with journal(tmp_path) as store:
            return store.top

    assert asyncio.run(story()) == ("two", "")


def test_a_damaged_line_costs_only_itself(tmp_path: Path) -> None:
    async def story() -> tuple[str, str]:
        async with journal(tmp_path) as store:
            await one_step(store, "one")
        with (tmp_path / "journal.jsonl").open("ab") as file:
            file.write(b"\x00\xff damaged\n")
        async with journal(tmp_path) as store:
            return store.top

    assert asyncio.run(story()) == ("one", "")


def test_what_did_not_come_true_is_not_undone(tmp_path: Path) -> None:
    async def story() -> list[object]:
        async with journal(tmp_path) as store:
            step = await store.begin("rename", "x")
            first = await step.note([Moved(b"/a", b"/b"), Moved(b"/c", b"/d")])
            await step.retract([first])
            await step.commit()
            return list(store.reverse_now(redo=False).records_now(before=True).values())

    assert asyncio.run(story()) == [Moved(b"/c", b"/d")]


def test_a_step_without_records_leaves_no_trace(tmp_path: Path) -> None:
    async def story() -> tuple[str, str]:
        async with journal(tmp_path) as store:
            step = await store.begin("rename", "x")
            await step.commit()
            return store.top

    assert asyncio.run(story()) == ("", "")


def test_the_oldest_steps_are_forgotten_when_there_are_too_many(tmp_path: Path) -> None:
    async def story() -> tuple[int, tuple[str, str], tuple[str, str]]:
        async with journal(tmp_path, kept_steps=8) as store:
            for number in range(40):
                await one_step(store, f"step {number}")
            for _ in range(2):
                step = store.reverse_now(redo=False)
                await step.note([Moved(b"/b", b"/a")])
                await step.commit()
            top = store.top
        lines = (tmp_path / "journal.jsonl").read_bytes().splitlines()
        async with journal(tmp_path, kept_steps=8) as store:
            return len(lines), top, store.top

    lines, before, after = asyncio.run(story())
    assert lines < 60
    assert before == after == ("step 37", "step 38")


def test_a_long_journal_is_shortened_without_losing_what_is_undone_or_under_way(
    tmp_path: Path,
) -> None:
    async def story() -> tuple[tuple[str, str], list[object]]:
        async with journal(tmp_path, kept_bytes=4000) as store:
            running = await store.begin("move", "running")
            await running.note([Moved(b"/r", b"/s")])
            for number in range(30):
                before = os.urandom(300)
                await one_step(store, f"step {number}", SidecarWritten(b"/x", before, b"d"))
            await running.note([Moved(b"/t", b"/u")])
            await running.commit()
            step = store.reverse_now(redo=False)
            await step.note([Moved(b"/b", b"/a")])
            await step.commit()
            return store.top, [*store.reverse_now(redo=False).records_now(before=True).values()][
                :0
            ] or list(running.records_now().values())

    top, records = asyncio.run(story())
    assert top[1] == "step 29"
    assert records == [Moved(b"/r", b"/s"), Moved(b"/t", b"/u")]
    assert (tmp_path / "journal.jsonl").stat().st_size < 8000


def test_a_full_disk_is_said_before_anything_is_changed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(handle: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    async def story() -> tuple[RabbitError, tuple[str, str]]:
        async with journal(tmp_path) as store:
            await one_step(store, "one")
            step = await store.begin("rename", "two")
            with monkeypatch.context() as patch:
                patch.setattr("daemon.storage.journal_file.os.fsync", full)
                with pytest.raises(RabbitError) as caught:
                    await step.note([Moved(b"/a", b"/b")])
            await step.commit()
        async with journal(tmp_path) as store:
            return caught.value, store.top

    error, top = asyncio.run(story())
    assert error.info.kind is ErrorKind.DISK_FULL
    assert top == ("one", "")


def test_whoever_listens_hears_of_another_top(tmp_path: Path) -> None:
    async def story() -> list[tuple[str, str]]:
        heard: list[tuple[str, str]] = []
        async with journal(tmp_path) as store:
            store.on_change = lambda undo, redo: heard.append((undo, redo))
            await one_step(store, "one")
            await asyncio.sleep(0)
        return heard

    assert asyncio.run(story()) == [("one", "")]


def test_nothing_to_undo_is_a_failure_of_its_own_kind(tmp_path: Path) -> None:
    async def story() -> None:
        async with journal(tmp_path) as store:
            store.reverse_now(redo=False)

    with pytest.raises(RabbitError) as caught:
        asyncio.run(story())
    assert caught.value.info.kind is ErrorKind.NOTHING_TO_UNDO
