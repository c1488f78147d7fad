"""The real daemon: how it begins, who it serves, how it ends."""

from __future__ import annotations

import asyncio
import os
import signal
import sqlite3
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from PIL import Image

from daemon.protocol.endpoint import build_id, resolve_folders
from daemon.protocol.errors import ErrorKind
from daemon.protocol.messages import (
    PROTOCOL_VERSION,
    AiEditAccepted,
    AiEditRequest,
    Config,
    ConfigSet,
    DaemonStatus,
    Done,
    Failed,
    SettingsChanged,
    ShutdownRequest,
    StatusRequest,
    TraceEvent,
    Welcome,
    WirePath,
)
from tests.fakes.client import Client, connected
from tests.fakes.daemon_process import (
    HELLO,
    outcome,
    running_daemon,
    start_daemon,
    write_settings,
)

pytestmark = pytest.mark.slow

Process = asyncio.subprocess.Process
Story = Callable[[Process, Client], Awaitable[None]]


def with_daemon(story: Story) -> None:
    async def whole() -> None:
        async with running_daemon() as process, connected(resolve_folders().socket) as client:
            await story(process, client)

    asyncio.run(whole())


def test_it_welcomes_a_client_with_its_version() -> None:
    async def story(process: Process, client: Client) -> None:
        welcome = await client.ask(HELLO, Welcome)
        assert (welcome.protocol_version, welcome.build_id) == (PROTOCOL_VERSION, build_id())
        assert (welcome.daemon_pid, welcome.open_jobs) == (process.pid, 0)
        assert (welcome.other_clients, welcome.request_id) == (0, 1)

    with_daemon(story)


def test_it_tells_how_it_is() -> None:
    async def story(process: Process, client: Client) -> None:
        status = await client.ask(StatusRequest(), DaemonStatus)
        assert (status.pid, status.clients, status.open_jobs) == (process.pid, 1, 0)
        assert 10 << 20 < status.rss_bytes < 200 << 20
        assert Path(os.fsdecode(status.log_path)).stat().st_size > 0
        assert status.ai_enabled is False

    with_daemon(story)


def test_it_ends_when_asked_to_and_leaves_no_socket() -> None:
    async def story(process: Process, client: Client) -> None:
        assert await client.ask(ShutdownRequest(request_id=4), Done) == Done(request_id=4)
        assert await client.closed()
        assert await outcome(process) == (0, "", "")
        assert not resolve_folders().socket.exists()

    with_daemon(story)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_it_ends_in_good_order_on_a_signal(number: signal.Signals) -> None:
    async def story(process: Process, client: Client) -> None:
        await client.ask(HELLO, Welcome)
        process.send_signal(number)
        assert await client.closed()
        assert await outcome(process) == (0, "", "")
        assert not resolve_folders().socket.exists()

    with_daemon(story)


def test_it_ends_by_itself_when_nobody_needs_it() -> None:
    write_settings("daemon:\n  idle_timeout_s: 1\n")

    async def story() -> None:
        async with running_daemon() as process:
            async with connected(resolve_folders().socket) as client:
                await client.ask(HELLO, Welcome)
                await asyncio.wait([asyncio.ensure_future(process.wait())], timeout=1.6)
                assert process.returncode is None
            assert await outcome(process) == (0, "", "")

    asyncio.run(story())


def test_a_second_daemon_leaves_the_first_in_charge() -> None:
    async def story(process: Process, client: Client) -> None:
        await client.ask(HELLO, Welcome)
        code, out, error = await outcome(await start_daemon())
        assert (code, out) == (0, "")
        assert error == f"The RabbitViewer daemon runs already (process {process.pid}).\n"
        assert (await client.ask(StatusRequest(), DaemonStatus)).pid == process.pid

    with_daemon(story)


def test_a_folder_it_cannot_use_is_told_in_one_line(home: Path) -> None:
    (home / "runtime").write_text("a file stands in the way")

    async def story() -> None:
        code, out, error = await outcome(await start_daemon())
        assert (code, out) == (1, "")
        assert error.startswith("The RabbitViewer daemon cannot run: File exists: ")
        assert error.count("\n") == 1

    asyncio.run(story())


def test_a_database_of_a_newer_version_is_told_in_one_line(home: Path) -> None:
    (home / "data").mkdir()
    with sqlite3.connect(home / "data" / "jobs.db") as database:
        database.execute("PRAGMA user_version = 999")
    database.close()

    async def story() -> None:
        code, out, error = await outcome(await start_daemon())
        assert (code, out) == (1, "")
        assert "jobs.db" in error
        assert error.count("\n") == 1
        assert not resolve_folders().socket.exists()

    asyncio.run(story())


def test_a_saved_config_file_comes_into_force_and_every_client_is_told() -> None:
    async def story(_: Process, client: Client) -> None:
        await client.ask(HELLO, Welcome)
        write_settings("comfyui:\n  enabled: true\n")
        assert await client.next(SettingsChanged) == SettingsChanged(problem="", ai_enabled=True)
        write_settings("comfyui:\n  enabled: maybe\n")
        assert "line 2" in (await client.next(SettingsChanged)).problem

    with_daemon(story)


def test_a_value_that_a_client_sets_reaches_the_others() -> None:
    async def story(_: Process, client: Client) -> None:
        async with connected(resolve_folders().socket) as other:
            await other.ask(HELLO, Welcome)
            config = await client.ask(ConfigSet(key="comfyui.enabled", value=True), Config)
            assert config.values["comfyui.enabled"] is True
            assert (await other.next(SettingsChanged)).ai_enabled is True

    with_daemon(story)


def test_a_client_that_traces_hears_when_the_daemon_began() -> None:
    async def story(process: Process, client: Client) -> None:
        hello = type(HELLO)(
            protocol_version=PROTOCOL_VERSION, build_id=build_id(), client="test", trace=True
        )
        event = await client.ask(hello, TraceEvent)
        assert (event.name, event.args) == ("process_start", {"pid": process.pid})
        now_us = asyncio.get_running_loop().time() * 1e6
        assert now_us - 60e6 < event.ts_us < now_us

    with_daemon(story)


async def stubborn_host() -> asyncio.Server:
    """Return a server that takes connections and never answers."""

    async def hold(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    return await asyncio.start_server(hold, "127.0.0.1", 0)


def test_open_jobs_are_an_objection_to_ending_unless_forced(tmp_path: Path) -> None:
    photo = tmp_path / "photo.png"
    Image.new("RGB", (64, 48), "teal").save(photo)

    async def story() -> None:
        host = await stubborn_host()
        port = host.sockets[0].getsockname()[1]
        write_settings(f"comfyui:\n  enabled: true\n  host: 127.0.0.1\n  port: {port}\n")
        async with running_daemon() as process, connected(resolve_folders().socket) as client:
            edit = AiEditRequest(path=WirePath.of(photo), prompt="warm", request_id=2)
            await client.ask(edit, AiEditAccepted)
            failed = await client.ask(ShutdownRequest(request_id=3), Failed)
            assert failed.error.kind is ErrorKind.INVALID_REQUEST
            assert "1 job is open" in failed.error.message
            await client.ask(ShutdownRequest(request_id=4, force=True), Done)
            assert (await outcome(process))[0] == 0
        host.close()

    asyncio.run(story())
