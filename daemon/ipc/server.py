"""The listener and its clients: a Unix socket of this user alone, or loopback TCP with a token."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import logging
import os
import secrets
import socket
import sys
from collections.abc import Callable
from pathlib import Path

from daemon.ipc.connection import Connection
from daemon.ipc.dispatch import Dispatcher
from daemon.ipc.outbox import replacement_key, to_frame
from daemon.protocol.endpoint import Folders, make_private
from daemon.protocol.messages import Message, TraceEvent
from daemon.protocol.peer import Peer

log = logging.getLogger(__name__)

BACKLOG = 64
TOKEN_BYTES = 32
CHECK_EVERY_S = 5.0
_FLUSH_S = 2.0


class IpcServer:
    """Everybody who is connected."""

    def __init__(self, dispatcher: Dispatcher) -> None:
        self._dispatcher = dispatcher
        self._connections: dict[int, Connection] = {}
        self._numbers = itertools.count(1)
        self._on_closed: list[Callable[[Peer], None]] = []
        self._server: asyncio.Server | None = None
        self._left_behind: Path | None = None
        self._listening_at: Path | None = None
        self._relisten: asyncio.Task[None] | None = None
        self._check: asyncio.TimerHandle | None = None
        self._emptied = asyncio.Event()

    @property
    def clients(self) -> int:
        """How many clients are connected."""
        return len(self._connections)

    def on_peer_closed(self, callback: Callable[[Peer], None]) -> None:
        """Have *callback* called with every client that leaves."""
        self._on_closed.append(callback)

    def set_tracing(self, peer: Peer) -> None:
        """Send trace events to *peer* from now on."""
        connection = self._connections.get(peer.peer_id)
        if connection is not None:
            connection.traces = True

    def publish(self, message: Message, blob: bytes = b"", *, but: Peer | None = None) -> None:
        """Send an event to everybody *but* one; trace events only to those who asked for them."""
        wanted = [each for each in self._connections.values() if each is not but]
        if isinstance(message, TraceEvent):
            wanted = [connection for connection in wanted if connection.traces]
        if not wanted:
            return
        frame, key = to_frame(message, blob), replacement_key(message)
        for connection in wanted:
            connection.send_frame(frame, key)

    async def listen(self, folders: Folders) -> None:
        """Let clients in. The caller holds the daemon's lock: whatever socket is there is stale.

        Raises:
            OSError: the socket cannot be made.
        """
        if sys.platform == "win32":
            await self.listen_loopback(folders.connection_file)
        else:
            await self.listen_unix(folders.socket)

    async def listen_unix(self, path: Path) -> None:
        """Listen on a Unix socket that is this user's alone from its first moment.

        Raises:
            OSError: the socket cannot be made.
        """
        listener = _bind_privately(path)
        try:
            self._server = await asyncio.get_running_loop().create_unix_server(
                self._make_connection, sock=listener, backlog=BACKLOG
            )
        except BaseException:
            listener.close()
            raise
        self._left_behind = path
        self._listening_at = path
        self._watch()

    async def listen_loopback(self, connection_file: Path) -> None:
        """Listen on a free loopback port; port and token stand in a file of this user alone.

        Raises:
            OSError: the port or the file cannot be made.
        """
        token = secrets.token_bytes(TOKEN_BYTES)
        self._server = await asyncio.get_running_loop().create_server(
            lambda: self._make_connection(token), "127.0.0.1", 0, backlog=BACKLOG
        )
        port = self._server.sockets[0].getsockname()[1]
        _write_privately(connection_file, json.dumps({"port": port, "token": token.hex()}))
        self._left_behind = connection_file
        self._watch()

    async def stop_asking(self) -> None:
        """Let nobody in and take no more requests; what is sent still goes out."""
        self._listening_at = None
        if self._relisten is not None:
            await asyncio.wait([self._relisten])
        if self._server is not None:
            self._server.close()
        if self._left_behind is not None:
            with contextlib.suppress(OSError):
                self._left_behind.unlink()
            self._left_behind = None
        handling: set[asyncio.Task[None]] = set()
        for connection in self._connections.values():
            connection.stop_asking()
            handling |= connection.under_way
        for task in handling:
            task.cancel()
        if handling:
            await asyncio.wait(handling, timeout=_FLUSH_S)

    async def close(self) -> None:
        """Finish what is being sent and end every connection."""
        await self.stop_asking()
        if self._check is not None:
            self._check.cancel()
        for connection in tuple(self._connections.values()):
            connection.close()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_FLUSH_S):
                while self._connections:
                    self._emptied.clear()
                    await self._emptied.wait()
        for connection in tuple(self._connections.values()):
            connection.abort()

    def _make_connection(self, token: bytes = b"") -> Connection:
        return Connection(next(self._numbers), self._dispatcher, self._changed, token)

    def _changed(self, connection: Connection, arrived: bool) -> None:
        if arrived:
            self._connections[connection.peer_id] = connection
            return
        self._connections.pop(connection.peer_id, None)
        for callback in self._on_closed:
            callback(connection)
        if not self._connections:
            self._emptied.set()

    def _watch(self) -> None:
        """Look after clients that are stuck, and after a socket that somebody swept away."""
        for connection in tuple(self._connections.values()):
            connection.check()
        loop = asyncio.get_running_loop()
        if self._listening_at is not None and not self._listening_at.exists():
            self._relisten = loop.create_task(self._listen_again(self._listening_at))
        else:
            self._check = loop.call_later(CHECK_EVERY_S, self._watch)

    async def _listen_again(self, path: Path) -> None:
        """Make the socket anew: without it nobody gets in, and the lock keeps others out."""
        log.warning("%s had vanished; it is made again", path)
        if self._server is not None:
            self._server.close()
        try:
            await self.listen_unix(path)
        except OSError:
            log.exception("%s could not be made again", path)
            self._check = asyncio.get_running_loop().call_later(CHECK_EVERY_S, self._watch)


def _bind_privately(path: Path) -> socket.socket:
    """Return a socket bound to *path* that nobody else could have reached even for a moment."""
    if sys.platform == "win32":
        raise OSError("Unix sockets are not used on Windows")
    make_private(path.parent)
    path.unlink(missing_ok=True)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    before = os.umask(0o177)
    try:
        listener.bind(os.fspath(path))
    except BaseException:
        listener.close()
        raise
    finally:
        os.umask(before)
    return listener


def _write_privately(path: Path, text: str) -> None:
    """Put a file that only this user may read in place at once."""
    make_private(path.parent)
    fresh = path.with_suffix(".new")
    fresh.unlink(missing_ok=True)
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as stream:
        stream.write(text)
    fresh.replace(path)
