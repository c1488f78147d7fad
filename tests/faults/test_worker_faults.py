"""Files that crash, hang or flood the process that reads them."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import msgspec
import pytest

from daemon.protocol.errors import ErrorInfo, ErrorKind, RabbitError
from daemon.tasks import AnyTask, MakeThumbnail
from daemon.workers.pool import WorkerPool
from daemon.workers.run import TaskRun
from tests.fakes.pools import LIMITS, odd_pool, photo

pytestmark = pytest.mark.slow


async def ask(pool: WorkerPool, task: AnyTask) -> bytes | ErrorInfo:
    try:
        return (await pool.run(TaskRun(task, lambda _: None)))[1]
    except RabbitError as error:
        return error.info


def after_each_other(pool: WorkerPool, *tasks: AnyTask) -> list[bytes | ErrorInfo]:
    async def story() -> list[bytes | ErrorInfo]:
        try:
            return [await ask(pool, task) for task in tasks]
        finally:
            await pool.close()

    return asyncio.run(story())


def fate(folder: Path, behaviour: str, pool: WorkerPool) -> ErrorInfo:
    """Return what became of the odd file; a good one after it is always served."""
    broken, good = after_each_other(pool, photo(folder, behaviour), photo(folder, "paint"))
    assert good == b"BGRX"
    assert isinstance(broken, ErrorInfo)
    return broken


def test_a_segfault_costs_that_task_and_names_file_and_signal(tmp_path: Path) -> None:
    info = fate(tmp_path, "segfault", odd_pool())
    assert info.kind is ErrorKind.WORKER_DIED
    assert str(tmp_path / "segfault.jpg") in info.message
    assert "SIGSEGV" in info.message


def test_the_trace_of_a_segfault_is_in_the_log(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    fate(tmp_path, "segfault", odd_pool())
    assert "Fatal Python error: Segmentation fault" in caplog.text


def test_a_library_that_exits_costs_that_task(tmp_path: Path) -> None:
    info = fate(tmp_path, "leave", odd_pool())
    assert info.kind is ErrorKind.WORKER_DIED
    assert "exit code 3" in info.message


def test_a_hang_costs_that_task_after_the_limit(tmp_path: Path) -> None:
    info = fate(tmp_path, "hang", odd_pool(silence_s=0.3))
    assert info.kind is ErrorKind.TIMED_OUT
    assert str(tmp_path / "hang.jpg") in info.message


def test_growing_over_the_limit_costs_that_task(tmp_path: Path) -> None:
    info = fate(tmp_path, "grow", odd_pool())
    assert info.kind is ErrorKind.OUT_OF_MEMORY
    assert "256 MB" in info.message


def test_one_huge_allocation_fails_inside_the_worker(tmp_path: Path) -> None:
    info = fate(tmp_path, "allocate_at_once", odd_pool())
    assert info.kind is ErrorKind.OUT_OF_MEMORY


def test_a_worker_that_the_system_kills_is_told_as_want_of_memory(tmp_path: Path) -> None:
    info = fate(tmp_path, "be_killed", odd_pool())
    assert info.kind is ErrorKind.OUT_OF_MEMORY
    assert "The system ended" in info.message


def test_an_answer_that_is_none_costs_that_task(tmp_path: Path) -> None:
    info = fate(tmp_path, "send_nonsense", odd_pool())
    assert info.kind is ErrorKind.WORKER_DIED


def test_the_other_workers_go_on_when_one_dies(tmp_path: Path) -> None:
    async def story() -> list[bytes | ErrorInfo]:
        pool = odd_pool(workers=2)
        try:
            tasks = [photo(tmp_path, "creep"), photo(tmp_path, "segfault")]
            return list(await asyncio.gather(*(ask(pool, task) for task in tasks)))
        finally:
            await pool.close()

    good, broken = asyncio.run(story())
    assert good == b"BGRX"
    assert isinstance(broken, ErrorInfo)


def test_a_file_that_killed_a_worker_is_refused_with_the_same_reason(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    task = photo(tmp_path, "leave")
    first, second = after_each_other(odd_pool(), task, task)
    assert first == second
    assert deaths(caplog) == 1


def deaths(caplog: pytest.LogCaptureFixture) -> int:
    return len([line for line in caplog.messages if "exit code 3" in line])


def test_a_refused_file_gets_another_chance_once_it_changed(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    task = photo(tmp_path, "leave")
    pool = odd_pool()

    async def story() -> None:
        await ask(pool, task)
        Path(os.fsdecode(task.path)).write_bytes(b"mended, and longer")
        await ask(pool, task)
        await pool.close()

    asyncio.run(story())
    assert deaths(caplog) == 2


def test_a_new_memory_limit_gives_refused_files_another_chance(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    task = photo(tmp_path, "leave")
    pool = odd_pool()

    async def story() -> None:
        await ask(pool, task)
        pool.configure(workers=1, limits=msgspec.structs.replace(LIMITS, memory_bytes=1 << 30))
        await ask(pool, task)
        await pool.close()

    asyncio.run(story())
    assert deaths(caplog) == 2


def test_a_program_that_cannot_be_started_is_told(tmp_path: Path) -> None:
    pool = WorkerPool("odd", workers=1, limits=LIMITS, command=("/nonexistent/python",))
    (info,) = after_each_other(pool, photo(tmp_path, "paint"))
    assert isinstance(info, ErrorInfo)
    assert info.kind is ErrorKind.WORKER_DIED
    assert "No such file" in info.message


def test_a_file_name_that_is_not_utf8_is_named_readably(tmp_path: Path) -> None:
    path = bytes(tmp_path) + b"/leave-\xff.jpg"
    (info,) = after_each_other(odd_pool(), MakeThumbnail(path=path, size_px=64))
    assert isinstance(info, ErrorInfo)
    assert "leave-\\xff.jpg" in info.message
