"""The real daemon killed, raced for, and with its socket taken away."""

from __future__ import annotations

import asyncio
import socket
from pathlib import Path

import pytest
from PIL import Image

from daemon.protocol.endpoint import resolve_folders
from daemon.protocol.messages import (
    DaemonStatus,
    StatusRequest,
    ThumbnailReady,
    ThumbnailRequest,
    Welcome,
    WirePath,
)
from tests.fakes.client import connected
from tests.fakes.daemon_process import HELLO, outcome, running_daemon, start_daemon
from tests.fakes.processes import ended

pytestmark = pytest.mark.slow


def photo(path: Path) -> Path:
    Image.radial_gradient("L").convert("RGB").save(path)
    return path


def children(pid: int) -> list[int]:
    return [int(each) for each in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def test_the_workers_of_a_killed_daemon_leave(tmp_path: Path) -> None:
    async def story() -> list[int]:
        async with running_daemon() as process, connected(resolve_folders().socket) as client:
            request = ThumbnailRequest(path=WirePath.of(photo(tmp_path / "a.png")), size_px=64)
            await client.ask(request, ThumbnailReady)
            workers = children(process.pid)
            process.kill()
            for worker in workers:
                await ended(worker)
            return workers

    assert asyncio.run(story())


def test_the_socket_of_a_killed_daemon_does_not_stand_in_the_way_of_the_next() -> None:
    async def story() -> tuple[bool, int, int]:
        path = resolve_folders().socket
        async with running_daemon() as process, connected(path):
            process.kill()
            await process.wait()
        stale = path.exists()
        async with running_daemon() as process, connected(path) as client:
            return stale, (await client.ask(HELLO, Welcome)).daemon_pid, process.pid

    stale, welcomed_by, pid = asyncio.run(story())
    assert stale
    assert welcomed_by == pid


def test_a_live_daemons_socket_is_never_removed_by_one_that_lost_the_race() -> None:
    async def story() -> int:
        async with running_daemon() as process, connected(resolve_folders().socket) as client:
            await client.ask(HELLO, Welcome)
            losers = [await start_daemon() for _ in range(3)]
            codes = {(await outcome(loser))[0] for loser in losers}
            assert codes == {0}
            async with connected(resolve_folders().socket) as late:
                assert (await late.ask(StatusRequest(), DaemonStatus)).pid == process.pid
            return process.pid

    assert asyncio.run(story())


def test_of_daemons_started_at_once_exactly_one_serves() -> None:
    async def story() -> list[int | None]:
        racing = [await start_daemon() for _ in range(4)]
        ending = {asyncio.create_task(outcome(process)): process for process in racing}
        try:
            async with connected(resolve_folders().socket) as client:
                winner = (await client.ask(StatusRequest(), DaemonStatus)).pid
                lost = [task for task, process in ending.items() if process.pid != winner]
                await asyncio.wait(lost)
                still = (await client.ask(StatusRequest(), DaemonStatus)).pid
                assert still == winner
                return [task.result()[0] for task in lost]
        finally:
            for process in racing:
                if process.returncode is None:
                    process.kill()
            await asyncio.wait(ending)

    assert asyncio.run(story()) == [0, 0, 0]


def test_a_lock_file_left_by_a_dead_daemon_is_no_lock() -> None:
    folders = resolve_folders()
    folders.runtime.mkdir(mode=0o700, parents=True)
    folders.lock_file.write_text("1\n")
    with socket.socket(socket.AF_UNIX) as stale:
        stale.bind(str(folders.socket))

    async def story() -> bool:
        async with running_daemon() as process, connected(folders.socket) as client:
            return (await client.ask(HELLO, Welcome)).daemon_pid == process.pid

    assert asyncio.run(story())
