"""A quick client for the replay server, and a way to run coroutines in tests."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Coroutine
from typing import Any, TypeVar

from daemon.comfyui.address import parse_url
from daemon.comfyui.client import ComfyUIClient
from daemon.comfyui.events import Event
from daemon.comfyui.follow import Pace
from tests.fakes.replay import ReplayServer

T = TypeVar("T")

QUICK = Pace(
    poll_s=0.05,
    ended_s=0.02,
    away_s=0.02,
    away_longest_s=0.05,
    mute_s=0.05,
    lost_s=0.05,
    grace_s=0.05,
)


def run(work: Coroutine[Any, Any, T]) -> T:
    """Run *work* to its end, at most 20 s."""

    async def limited() -> T:
        async with asyncio.timeout(20):
            return await work

    return asyncio.run(limited())


def client_of(server: ReplayServer) -> ComfyUIClient:
    return ComfyUIClient(parse_url(server.url), pace=QUICK)


def new_id() -> str:
    return str(uuid.uuid4())


async def collect(client: ComfyUIClient, prompt_id: str, **options: float) -> list[Event]:
    return [event async for event in client.events(prompt_id, **options)]
