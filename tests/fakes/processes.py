"""Waiting for processes without polling."""

from __future__ import annotations

import asyncio
import os


async def ended(pid: int, deadline_s: float = 20.0) -> None:
    """Return once process *pid*, a child or not, has ended."""
    try:
        descriptor = os.pidfd_open(pid)
    except ProcessLookupError:
        return
    loop = asyncio.get_running_loop()
    seen = asyncio.Event()
    loop.add_reader(descriptor, seen.set)
    try:
        async with asyncio.timeout(deadline_s):
            await seen.wait()
    finally:
        loop.remove_reader(descriptor)
        os.close(descriptor)
