"""A client of the daemon for tests: an asyncio stream and the protocol's frames."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import TypeVar

from daemon.protocol.framing import LENGTHS_BYTES, Frame, pack, unpack_lengths
from daemon.protocol.messages import Message, decode_reply, encode

M = TypeVar("M", bound=Message)
DEADLINE_S = 60.0


class Client:
    """One connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer
        self.blob = b""

    async def send(self, message: Message) -> None:
        await self.send_bytes(pack(Frame(encode(message))))

    async def send_bytes(self, data: bytes) -> None:
        self.writer.write(data)
        await self.writer.drain()

    async def receive(self) -> Message:
        """Return the next message; its blob is in ``blob``."""
        async with asyncio.timeout(DEADLINE_S):
            lengths = unpack_lengths(await self.reader.readexactly(LENGTHS_BYTES))
            header = await self.reader.readexactly(lengths[0])
            self.blob = await self.reader.readexactly(lengths[1])
        return decode_reply(header)

    async def next(self, kind: type[M]) -> M:
        """Return the next message of *kind*; others are skipped."""
        while True:
            message = await self.receive()
            if isinstance(message, kind):
                return message

    async def ask(self, message: Message, kind: type[M]) -> M:
        await self.send(message)
        return await self.next(kind)

    async def closed(self) -> bool:
        """Return True once the daemon has closed the connection; what comes before is dropped."""
        async with asyncio.timeout(DEADLINE_S):
            try:
                while await self.reader.read(1 << 20):
                    continue
            except ConnectionError:
                return True
        return True


@contextlib.asynccontextmanager
async def connected(path: Path, deadline_s: float = 20.0) -> AsyncIterator[Client]:
    """Connect to the socket at *path* as soon as somebody listens there."""
    async with asyncio.timeout(deadline_s):
        while True:
            try:
                reader, writer = await asyncio.open_unix_connection(path, limit=1 << 20)
                break
            except (FileNotFoundError, ConnectionRefusedError):
                await asyncio.sleep(0.01)
    try:
        yield Client(reader, writer)
    finally:
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()
