"""One client: frames in, requests out to the dispatcher, answers and events back."""

from __future__ import annotations

import asyncio
import hmac
import logging
import socket
import struct
import sys
import time
from collections.abc import Callable
from typing import cast

from daemon.ipc.dispatch import BadRequestError, Dispatcher
from daemon.ipc.outbox import Key, Outbox, OutboxFullError, replacement_key, to_frame
from daemon.protocol.errors import ErrorInfo, ErrorKind
from daemon.protocol.framing import FrameReader, FramingError
from daemon.protocol.messages import Failed, Message

log = logging.getLogger(__name__)

STUCK_AFTER_S = 30.0
TOKEN_WITHIN_S = 10.0
MAX_REQUESTS_UNDER_WAY = 4096
READ_NO_MORE_ABOVE_BYTES = 32 << 20
_HIGH_WATER_BYTES = 1 << 20
_LOCAL_PEERCRED = 1


class Connection(asyncio.Protocol):
    """A connected client, which services know as a :class:`daemon.protocol.peer.Peer`.

    A client that asks faster than it reads is not read from until it has caught up; one that does
    not read at all is disconnected.

    Attributes:
        traces: Whether it wants :class:`daemon.protocol.messages.TraceEvent`.
    """

    def __init__(
        self,
        peer_id: int,
        dispatcher: Dispatcher,
        on_change: Callable[[Connection, bool], None],
        token: bytes = b"",
    ) -> None:
        """Wait for the client.

        Args:
            peer_id: Unique while the daemon runs.
            dispatcher: Who answers.
            on_change: Called with True when the client is let in, with False when it has left.
            token: What must come first on the stream; empty: the socket itself says who it is.
        """
        self.traces = False
        self._peer_id = peer_id
        self._dispatcher = dispatcher
        self._on_change = on_change
        self._token = token
        self._early = b""
        self._admitted = False
        self._frames = FrameReader()
        self._outbox = Outbox(self._write)
        self._under_way: set[asyncio.Task[None]] = set()
        self._reading = True
        self._closing = False
        self._written_bytes = 0
        self._taken_bytes = 0
        self._taken_at = time.monotonic()

    @property
    def peer_id(self) -> int:
        """Unique while the daemon runs."""
        return self._peer_id

    @property
    def under_way(self) -> frozenset[asyncio.Task[None]]:
        """The requests that are being handled."""
        return frozenset(self._under_way)

    @property
    def backlog_bytes(self) -> int:
        """What the client has yet to read."""
        return self._outbox.waiting_bytes + self._transport.get_write_buffer_size()

    def send(self, message: Message, blob: bytes = b"") -> None:
        """Queue *message*; never waits. Sending to a client that left does nothing."""
        if not self._transport.is_closing():
            self.send_frame(to_frame(message, blob), replacement_key(message))

    def send_frame(self, frame: bytes, key: Key | None) -> None:
        """Queue an encoded message."""
        if self._transport.is_closing():
            return
        try:
            self._outbox.put(frame, key)
        except OutboxFullError:
            self._disconnect("it lets too much pile up")
        self._balance()

    def check(self) -> None:
        """Disconnect the client when it has read nothing for too long; called now and then."""
        taken = self._written_bytes - self._transport.get_write_buffer_size()
        now = time.monotonic()
        if taken > self._taken_bytes or not self.backlog_bytes:
            self._taken_bytes, self._taken_at = taken, now
        elif now - self._taken_at > STUCK_AFTER_S:
            self._disconnect(f"it has read nothing for {STUCK_AFTER_S:g} s")

    def stop_asking(self) -> None:
        """Take no more requests from the client."""
        self._closing = True
        self._balance()

    def close(self) -> None:
        """Leave once everything that is queued has gone out."""
        self._outbox.unblock()
        self._transport.close()

    def abort(self) -> None:
        """Leave at once."""
        self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Called by asyncio: somebody connected."""
        self._transport = cast("asyncio.Transport", transport)
        self._transport.set_write_buffer_limits(high=_HIGH_WATER_BYTES)
        if self._token:
            loop = asyncio.get_running_loop()
            loop.call_later(TOKEN_WITHIN_S, self._expect_token)
            return
        stream = self._transport.get_extra_info("socket")
        if _is_same_user(stream):
            self._admit()
        else:
            log.warning("a connection of another user was refused")
            self._transport.abort()

    def data_received(self, data: bytes) -> None:
        """Called by asyncio: bytes arrived."""
        if not self._admitted:
            data = self._check_token(data)
        if not self._admitted or not data:
            return
        try:
            frames = self._frames.feed(data)
        except FramingError as error:
            text = f"The connection was closed: {error}."
            self.send(Failed(error=ErrorInfo(ErrorKind.INVALID_REQUEST, text)))
            self.close()
            return
        for frame in frames:
            if self._closing:
                return
            try:
                request = self._dispatcher.decode(frame.header)
            except BadRequestError as error:
                self.send(Failed(error=error.info, request_id=error.request_id))
                continue
            handling = asyncio.get_running_loop().create_task(
                self._dispatcher.answer(self, request)
            )
            self._under_way.add(handling)
            handling.add_done_callback(self._handled)
        self._balance()

    def pause_writing(self) -> None:
        """Called by asyncio: the client does not read as fast as we write."""
        self._outbox.block()

    def resume_writing(self) -> None:
        """Called by asyncio: the client has caught up."""
        self._outbox.unblock()
        self._balance()

    def connection_lost(self, exc: Exception | None) -> None:
        """Called by asyncio: the client has left. What it asked for is finished all the same."""
        del exc
        if self._admitted:
            self._on_change(self, False)

    def _admit(self) -> None:
        self._admitted = True
        self._on_change(self, True)

    def _expect_token(self) -> None:
        if not self._admitted:
            self._transport.abort()

    def _check_token(self, data: bytes) -> bytes:
        """Return what follows the token once it was given; a wrong one ends the connection."""
        self._early += data
        if len(self._early) < len(self._token):
            return b""
        given, rest = self._early[: len(self._token)], self._early[len(self._token) :]
        self._early = b""
        if not hmac.compare_digest(given, self._token):
            log.warning("a connection with a wrong token was refused")
            self._transport.abort()
            return b""
        self._admit()
        return rest

    def _handled(self, handling: asyncio.Task[None]) -> None:
        self._under_way.discard(handling)
        if not handling.cancelled() and (error := handling.exception()) is not None:
            log.error("a request could not be answered", exc_info=error)
        self._balance()

    def _balance(self) -> None:
        """Read from the client only while it keeps up with what it asks for."""
        if self._transport.is_closing():
            return
        keeps_up = (
            not self._closing
            and len(self._under_way) < MAX_REQUESTS_UNDER_WAY
            and self.backlog_bytes < READ_NO_MORE_ABOVE_BYTES
        )
        if keeps_up != self._reading:
            self._reading = keeps_up
            (self._transport.resume_reading if keeps_up else self._transport.pause_reading)()

    def _write(self, frame: bytes) -> None:
        self._written_bytes += len(frame)
        self._transport.write(frame)

    def _disconnect(self, reason: str) -> None:
        log.warning("client %d was disconnected: %s", self._peer_id, reason)
        self._transport.abort()


def _is_same_user(stream: socket.socket) -> bool:
    """Whether the process at the other end of a Unix socket belongs to this user."""
    if sys.platform == "win32":
        return False
    import os

    if sys.platform == "linux":
        size = struct.calcsize("3i")
        credentials = stream.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, size)
        return struct.unpack("3i", credentials)[1] == os.getuid()
    # struct xucred of macOS and the BSDs: version, then the effective user id.
    credentials = stream.getsockopt(0, _LOCAL_PEERCRED, 76)
    return struct.unpack_from("II", credentials)[1] == os.getuid()
