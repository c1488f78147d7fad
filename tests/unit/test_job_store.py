import asyncio
import sqlite3
import stat
from pathlib import Path

import msgspec
import pytest

from daemon.protocol.errors import ErrorKind, RabbitError
from daemon.storage.job_record import JobRecord
from daemon.storage.jobs import JobStore, LeftBehind


def record(job_id: str = "a", created: float = 1.0, **changes: object) -> JobRecord:
    fresh = JobRecord(
        job_id=job_id,
        created=created,
        path=b"/p/\xff.jpg",
        operation="color_grade",
        prompt="warm",
        workflow="builtin_color_grade",
        host="builtin",
        ai=False,
        strength=1.0,
        seed=7,
        fit_mode="auto",
        lut_size=33,
        long_edge_px=0,
        target=b"/p/\xff_color_grade",
    )
    return msgspec.structs.replace(fresh, **changes)


def test_a_job_comes_back_as_it_was_saved(tmp_path: Path) -> None:
    async def story() -> JobRecord | None:
        first = JobStore(tmp_path / "jobs.db")
        await first.open()
        await first.save(record(prompt_id="p", timings_s={"fit": 1.5}))
        await first.close()
        second = JobStore(tmp_path / "jobs.db")
        await second.open()
        found = await second.get("a")
        await second.close()
        return found

    assert asyncio.run(story()) == record(prompt_id="p", timings_s={"fit": 1.5})


def test_only_jobs_with_work_left_are_open_oldest_first(tmp_path: Path) -> None:
    async def story() -> list[str]:
        store = JobStore(tmp_path / "jobs.db")
        await store.open()
        await store.save(record("late", 9.0))
        await store.save(record("done", 2.0, state="done"))
        await store.save(record("early", 1.0, state="running"))
        found = await store.open_jobs()
        await store.close()
        return [job.job_id for job in found]

    assert asyncio.run(story()) == ["early", "late"]


def test_jobs_are_listed_newest_first(tmp_path: Path) -> None:
    async def story() -> list[str]:
        store = JobStore(tmp_path / "jobs.db")
        await store.open()
        await store.save(record("a", 1.0))
        await store.save(record("b", 2.0))
        await store.save(record("a", 1.0, state="done"))
        found = await store.newest(10)
        await store.close()
        return [f"{job.job_id} {job.state}" for job in found]

    assert asyncio.run(story()) == ["b waiting", "a done"]


def test_looks_that_were_applied_do_not_count_among_the_grades(tmp_path: Path) -> None:
    async def story() -> list[str]:
        store = JobStore(tmp_path / "jobs.db")
        await store.open()
        await store.save(record("grade", 1.0, state="done"))
        await store.save(record("look", 2.0, state="done", look_id="5b0a"))
        await store.save(record("pasted", 3.0, state="done", grade_of="grade"))
        await store.save(record("other", 4.0, state="done"))
        found = await store.done_ids()
        await store.close()
        return found

    assert asyncio.run(story()) == ["other", "grade"]


def test_a_database_of_a_newer_version_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "jobs.db"
    made = sqlite3.connect(path)
    made.execute("PRAGMA user_version = 99")
    made.close()

    async def story() -> None:
        store = JobStore(path)
        await store.open()

    with pytest.raises(RabbitError) as caught:
        asyncio.run(story())
    assert caught.value.info.kind is ErrorKind.VERSION_MISMATCH


def test_prompts_and_paths_are_for_their_user_alone(tmp_path: Path) -> None:
    async def story() -> list[int]:
        store = JobStore(tmp_path / "jobs.db")
        await store.open()
        await store.save(record())
        modes = [stat.S_IMODE(path.stat().st_mode) for path in tmp_path.glob("jobs.db*")]
        await store.close()
        return modes

    assert asyncio.run(story()) == [0o600] * 3


@pytest.mark.parametrize(
    ("content", "hint"), [(b"no database at all, but text", "Move it away"), (None, "be written")]
)
def test_a_list_that_cannot_be_used_says_what_helps(
    tmp_path: Path, content: bytes | None, hint: str
) -> None:
    path = tmp_path / "jobs.db"
    path.mkdir() if content is None else path.write_bytes(content)
    store = JobStore(path)
    with pytest.raises(RabbitError) as caught:
        asyncio.run(store.open())
    assert hint in caught.value.info.hint


def test_a_row_written_before_there_were_masks_is_read(tmp_path: Path) -> None:
    old = {
        name: value
        for name, value in msgspec.to_builtins(record(), builtin_types=(bytes,)).items()
        if name not in {"mask_path", "mask", "pool_id", "slot", "index", "content_hash"}
    }

    async def story() -> list[JobRecord]:
        store = JobStore(tmp_path / "jobs.db")
        await store.open()
        with sqlite3.connect(tmp_path / "jobs.db") as other:
            row = ("a", 1.0, "waiting", msgspec.msgpack.encode(old))
            other.execute("INSERT INTO jobs VALUES (?, ?, ?, ?)", row)
        other.close()
        found = await store.open_jobs()
        await store.close()
        return found

    assert asyncio.run(story()) == [record()]


def test_the_done_jobs_of_pools_are_found_oldest_first(tmp_path: Path) -> None:
    async def story() -> list[str]:
        store = JobStore(tmp_path / "jobs.db")
        await store.open()
        await store.save(record("new", 3.0, state="done", pool_id="p", content_hash="h"))
        await store.save(record("old", 2.0, state="done", pool_id="p", content_hash="g"))
        await store.save(record("open", 4.0, pool_id="p", content_hash="h"))
        await store.save(record("words", 1.0, state="done", prompt="content_hash"))
        found = await store.done_from_pools()
        await store.close()
        return [job.job_id for job in found]

    assert asyncio.run(story()) == ["old", "new"]


def test_ended_jobs_tell_their_times_oldest_first_and_open_ones_nothing(tmp_path: Path) -> None:
    async def story() -> list[tuple[str, float | None]]:
        store = JobStore(tmp_path / "jobs.db")
        await store.open()
        for number, state in enumerate(("done", "running", "failed", "done")):
            job = record(
                str(number), float(number), state=state, sends=1, timings_s={"run": float(number)}
            )
            await store.save(job)
        found = await store.past_jobs(limit=3)
        await store.close()
        return [(job.state, job.host_s) for job in found]

    assert asyncio.run(story()) == [("done", 0.0), ("failed", None), ("done", 3.0)]


def test_a_cancelled_job_and_the_prompt_it_leaves_are_written_in_one_step(tmp_path: Path) -> None:
    left = LeftBehind("p", "studio", "a")

    async def story() -> tuple[list[LeftBehind], list[LeftBehind]]:
        store = JobStore(tmp_path / "jobs.db")
        await store.open()
        await store.save(record(state="cancelled"), left)
        await store.close()
        again = JobStore(tmp_path / "jobs.db")
        await again.open()
        found = await again.left_behind()
        await again.forget_left("p")
        rest = await again.left_behind()
        await again.close()
        return found, rest

    assert asyncio.run(story()) == ([left], [])


def test_jobs_of_the_version_before_are_kept(tmp_path: Path) -> None:
    path = tmp_path / "jobs.db"

    async def story() -> tuple[JobRecord | None, bool]:
        store = JobStore(path)
        await store.open()
        await store.save(record())
        await store.close()
        with sqlite3.connect(path) as old:
            old.executescript("DROP TABLE left_behind; DROP TABLE queue; PRAGMA user_version = 1;")
        old.close()
        again = JobStore(path)
        await again.open()
        await again.set_paused(True)
        found = await again.get("a"), await again.is_paused()
        await again.close()
        return found

    assert asyncio.run(story()) == (record(), True)


def test_what_is_saved_soon_never_comes_after_what_is_saved_later(tmp_path: Path) -> None:
    async def story() -> JobRecord | None:
        store = JobStore(tmp_path / "jobs.db")
        await store.open()
        store.save_soon(record(state="running", stage="fetch"))
        await store.save(record(state="failed"))
        found = await store.get("a")
        await store.close()
        return found

    assert asyncio.run(story()) == record(state="failed")
