"""A client as services see it: keeps what it is sent."""

from __future__ import annotations

import asyncio
import itertools

from daemon.protocol.messages import Message

_ids = itertools.count(1)


class FakePeer:
    """Keeps every message; a test may wait for one."""

    def __init__(self) -> None:
        self.peer_id = next(_ids)
        self.sent: list[tuple[Message, bytes]] = []
        self._news = asyncio.Event()

    def send(self, message: Message, blob: bytes = b"") -> None:
        """Keep *message*."""
        self.sent.append((message, blob))
        self._news.set()

    def of(self, kind: type[Message]) -> list[Message]:
        """Return what was sent of *kind*, oldest first."""
        return [message for message, _ in self.sent if type(message) is kind]

    async def next_news(self) -> None:
        """Wait until something more is sent."""
        self._news.clear()
        await self._news.wait()

    async def wait_for(self, kind: type[Message], count: int = 1) -> list[Message]:
        """Return the messages of *kind* as soon as there are *count*."""
        async with asyncio.timeout(10):
            while len(self.of(kind)) < count:
                self._news.clear()
                await self._news.wait()
        return self.of(kind)
