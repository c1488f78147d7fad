"""The real daemon as a process of its own, in the folders of the test."""

from __future__ import annotations

import asyncio
import contextlib
import sys
from collections.abc import AsyncIterator, Awaitable, Callable

from daemon.protocol.endpoint import build_id, resolve_folders
from daemon.protocol.messages import PROTOCOL_VERSION, Hello
from tests.fakes.client import Client, connected

HELLO = Hello(protocol_version=PROTOCOL_VERSION, build_id=build_id(), client="test", request_id=1)
COMMAND = (sys.executable, "-P", "-m", "daemon")


async def start_daemon() -> asyncio.subprocess.Process:
    """Start a daemon; it may not listen yet."""
    return await asyncio.create_subprocess_exec(
        *COMMAND,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )


async def outcome(process: asyncio.subprocess.Process) -> tuple[int | None, str, str]:
    """Return exit code, standard output and standard error once it has ended."""
    async with asyncio.timeout(60):
        out, error = await process.communicate()
    return process.returncode, out.decode(), error.decode()


@contextlib.asynccontextmanager
async def running_daemon() -> AsyncIterator[asyncio.subprocess.Process]:
    """Have a daemon run; it is killed at the end when it still does."""
    process = await start_daemon()
    try:
        yield process
    finally:
        if process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
        await outcome(process)


Story = Callable[[Client], Awaitable[None]]


def with_daemon(story: Story) -> None:
    """Tell *story* to a client of a daemon that is killed at its end."""

    async def whole() -> None:
        async with running_daemon(), connected(resolve_folders().socket) as client:
            await story(client)

    asyncio.run(whole())


def write_settings(text: str) -> None:
    """Write ``config.yaml`` before, or while, a daemon runs."""
    file = resolve_folders().config_file
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")
