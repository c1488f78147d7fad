"""Real worker processes: what a task does to its process costs that task alone."""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from daemon.protocol.errors import ErrorKind, RabbitError
from daemon.tasks import AnyTask, ApplyLut, DecodePreview, MakeThumbnail, PrepareSmall
from daemon.workers.pool import WorkerPool
from daemon.workers.run import TaskRun
from tests.fakes.pools import ODD_WORKER, odd_pool, photo
from tests.fakes.processes import ended

pytestmark = pytest.mark.slow


@contextlib.asynccontextmanager
async def closing(pool: WorkerPool) -> AsyncIterator[WorkerPool]:
    try:
        yield pool
    finally:
        await pool.close()


def quiet(_: float) -> None:
    return


async def do(pool: WorkerPool, task: AnyTask) -> bytes:
    return (await pool.run(TaskRun(task, quiet)))[1]


async def failure(pool: WorkerPool, task: AnyTask) -> RabbitError:
    with pytest.raises(RabbitError) as caught:
        await pool.run(TaskRun(task, quiet))
    return caught.value


def test_a_task_is_answered_with_its_pixels(tmp_path: Path) -> None:
    async def story() -> bytes:
        async with closing(odd_pool()) as pool:
            return await do(pool, photo(tmp_path, "paint"))

    assert asyncio.run(story()) == b"BGRX"


def test_a_large_answer_comes_through_whole(tmp_path: Path) -> None:
    async def story() -> int:
        async with closing(odd_pool()) as pool:
            return len(await do(pool, photo(tmp_path, "big")))

    assert asyncio.run(story()) == 8 << 20


def test_what_a_library_prints_does_not_break_the_answers(tmp_path: Path) -> None:
    async def story() -> bytes:
        async with closing(odd_pool()) as pool:
            return await do(pool, photo(tmp_path, "print_noise"))

    assert asyncio.run(story()) == b"BGRX"


def test_a_disk_that_cannot_be_written_is_told_in_words(tmp_path: Path) -> None:
    async def story() -> RabbitError:
        async with closing(odd_pool()) as pool:
            return await failure(pool, photo(tmp_path, "find_a_read_only_disk"))

    error = asyncio.run(story())
    assert error.info.kind is ErrorKind.PERMISSION_DENIED
    assert error.info.message.endswith("failed: Read-only file system.")
    assert error.info.hint == "Check that its folder can be written."


def test_one_worker_serves_one_task_after_the_other(tmp_path: Path) -> None:
    async def story() -> tuple[bytes, bytes]:
        async with closing(odd_pool(workers=2)) as pool:
            task = photo(tmp_path, "name_process")
            return await do(pool, task), await do(pool, task)

    first, second = asyncio.run(story())
    assert first == second


def test_workers_run_at_lower_priority(tmp_path: Path) -> None:
    async def story() -> int:
        async with closing(odd_pool()) as pool:
            pid = int(await do(pool, photo(tmp_path, "name_process")))
            return os.getpriority(os.PRIO_PROCESS, pid) - os.getpriority(os.PRIO_PROCESS, 0)

    assert asyncio.run(story()) == min(10, 19 - os.getpriority(os.PRIO_PROCESS, 0))


def test_idle_workers_end(tmp_path: Path) -> None:
    async def story() -> int:
        async with closing(odd_pool(idle_s=0.05)) as pool:
            pid = int(await do(pool, photo(tmp_path, "name_process")))
            await ended(pid)
            return pool.alive

    assert asyncio.run(story()) == 0


def of_photo(task: MakeThumbnail) -> tuple[PrepareSmall, ApplyLut]:
    """The two tasks of a grade on the photo that *task* names."""
    nowhere = b"/nonexistent"
    return (
        PrepareSmall(path=task.path, png_path=nowhere, clipped_path=nowhere, icc_path=nowhere),
        ApplyLut(path=task.path, cube_path=nowhere, temp_path=nowhere),
    )


def test_a_photo_is_graded_where_its_pixels_are(tmp_path: Path) -> None:
    async def story() -> tuple[bytes, bytes, bytes, bytes]:
        async with closing(odd_pool(workers=2)) as pool:
            (tmp_path / "other").mkdir()
            prepare, apply = of_photo(photo(tmp_path, "name_process"))
            prepare_other, apply_other = of_photo(photo(tmp_path / "other", "name_process"))
            prepared = await asyncio.gather(do(pool, prepare), do(pool, prepare_other))
            return *prepared, await do(pool, apply), await do(pool, apply_other)

    prepared, prepared_other, applied, applied_other = asyncio.run(story())
    assert prepared != prepared_other
    assert (applied, applied_other) == (prepared, prepared_other)


def test_a_worker_that_keeps_a_photo_waits_longer_for_its_grade(tmp_path: Path) -> None:
    async def story() -> tuple[bytes, bytes, int]:
        async with closing(odd_pool(workers=2, idle_s=0.05)) as pool:
            prepare, apply = of_photo(photo(tmp_path, "name_process"))
            pids = await asyncio.gather(
                do(pool, photo(tmp_path, "name_process")), do(pool, prepare)
            )
            await ended(int(pids[0]))
            applied = await do(pool, apply)
            await ended(int(applied))
            return pids[1], applied, pool.alive

    prepared, applied, alive = asyncio.run(story())
    assert applied == prepared
    assert alive == 0


def test_a_worker_that_died_while_idle_costs_no_task(tmp_path: Path) -> None:
    async def story() -> bytes:
        async with closing(odd_pool()) as pool:
            pid = int(await do(pool, photo(tmp_path, "name_process")))
            os.kill(pid, 9)
            await ended(pid)
            return await do(pool, photo(tmp_path, "paint"))

    assert asyncio.run(story()) == b"BGRX"


def test_a_failure_of_a_handler_crosses_with_kind_and_hint(tmp_path: Path) -> None:
    async def story() -> RabbitError:
        async with closing(odd_pool()) as pool:
            return await failure(pool, photo(tmp_path, "refuse"))

    error = asyncio.run(story())
    assert error.info.kind is ErrorKind.NOT_A_PHOTO
    assert error.info.hint == "Name a photo."


def test_a_bug_in_a_handler_is_told_without_its_inside(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async def story() -> RabbitError:
        async with closing(odd_pool()) as pool:
            return await failure(pool, photo(tmp_path, "stumble"))

    caplog.set_level("INFO")
    error = asyncio.run(story())
    assert error.info.kind is ErrorKind.INTERNAL
    assert "secret" not in error.info.message
    assert "ZeroDivisionError: a secret of the inside" in caplog.text


def test_a_task_that_does_not_fit_into_a_message_is_refused(tmp_path: Path) -> None:
    async def story() -> tuple[RabbitError, bytes]:
        async with closing(odd_pool()) as pool:
            error = await failure(pool, DecodePreview(data=bytes(2 << 20)))
            return error, await do(pool, photo(tmp_path, "paint"))

    error, after = asyncio.run(story())
    assert error.info.kind is ErrorKind.INVALID_REQUEST
    assert after == b"BGRX"


def test_an_answer_that_does_not_fit_into_a_message_fails_only_its_task(tmp_path: Path) -> None:
    async def story() -> tuple[RabbitError, bytes]:
        async with closing(odd_pool()) as pool:
            error = await failure(pool, photo(tmp_path, "too_big"))
            return error, await do(pool, photo(tmp_path, "paint"))

    error, after = asyncio.run(story())
    assert error.info.kind is ErrorKind.INTERNAL
    assert after == b"BGRX"


def test_a_slow_task_that_reports_progress_is_left_in_peace(tmp_path: Path) -> None:
    async def story() -> tuple[bytes, list[float]]:
        heard: list[float] = []
        async with closing(odd_pool(silence_s=0.6)) as pool:
            run = TaskRun(photo(tmp_path, "creep"), heard.append)
            return (await pool.run(run))[1], heard

    blob, heard = asyncio.run(story())
    assert blob == b"BGRX"
    assert heard == sorted(heard)


async def strips(
    pool: WorkerPool, task: AnyTask
) -> tuple[TaskRun, asyncio.Task[object], list[float]]:
    """Start an endless task and return once it works."""
    heard: list[float] = []
    working = asyncio.Event()

    def hear(fraction: float) -> None:
        heard.append(fraction)
        working.set()

    run = TaskRun(task, hear)
    running: asyncio.Task[object] = asyncio.create_task(pool.run(run))
    async with asyncio.timeout(10):
        await working.wait()
    return run, running, heard


def test_a_cancelled_task_unwinds_and_its_worker_lives_on(tmp_path: Path) -> None:
    async def story() -> tuple[ErrorKind, bool]:
        async with closing(odd_pool()) as pool:
            pid = await do(pool, photo(tmp_path, "name_process"))
            run, running, _ = await strips(pool, photo(tmp_path, "count_strips"))
            run.cancel()
            with pytest.raises(RabbitError) as caught:
                await running
            return caught.value.info.kind, pid == await do(pool, photo(tmp_path, "name_process"))

    assert asyncio.run(story()) == (ErrorKind.CANCELLED, True)


def test_a_cancelled_task_that_does_not_listen_loses_its_worker(tmp_path: Path) -> None:
    async def story() -> tuple[ErrorKind, bytes]:
        async with closing(odd_pool(cancel_s=0.1)) as pool:
            run = TaskRun(photo(tmp_path, "hang"), quiet)
            running = asyncio.create_task(pool.run(run))
            await asyncio.sleep(0)
            run.cancel()
            with pytest.raises(RabbitError) as caught:
                await running
            return caught.value.info.kind, await do(pool, photo(tmp_path, "paint"))

    assert asyncio.run(story()) == (ErrorKind.CANCELLED, b"BGRX")


def test_a_paused_task_outlives_the_limit_for_silence_and_goes_on(tmp_path: Path) -> None:
    async def story() -> bool:
        async with closing(odd_pool(silence_s=0.3)) as pool:
            run, running, heard = await strips(pool, photo(tmp_path, "count_strips"))
            run.pause()
            await asyncio.wait([running], timeout=0.8)
            before = len(heard)
            run.resume()
            await asyncio.wait([running], timeout=0.25)
            went_on = len(heard) > before and not running.done()
            run.cancel()
            await asyncio.wait([running])
            return went_on and isinstance(running.exception(), RabbitError)

    assert asyncio.run(story())


def test_a_worker_leaves_when_the_daemon_is_gone(tmp_path: Path) -> None:
    async def story() -> int:
        process = await asyncio.create_subprocess_exec(
            *ODD_WORKER, "odd", stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
        )
        assert process.stdin is not None
        process.stdin.close()
        async with asyncio.timeout(10):
            return await process.wait()

    assert asyncio.run(story()) == 0
