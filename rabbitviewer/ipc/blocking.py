"""The command line's connection to the daemon: a blocking socket, no Qt, no event loop."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import sys
import time
from collections import deque
from collections.abc import Callable
from types import TracebackType
from typing import Self, TypeVar

import msgspec

from daemon.protocol.endpoint import Folders, build_id
from daemon.protocol.errors import ErrorKind, RabbitError
from daemon.protocol.framing import Frame, FrameReader, FramingError, pack
from daemon.protocol.messages import (
    PROTOCOL_VERSION,
    Failed,
    Hello,
    Message,
    TraceEvent,
    Welcome,
    decode_reply,
    encode,
)

ANSWER_TIMEOUT_S = 30.0
_SLICE_BYTES = 256 * 1024

Answer = TypeVar("Answer", bound=Message)


class ConnectionLostError(RabbitError):
    """The daemon left, or what it sent is no message; a caller may connect again."""

    def __init__(self, folders: Folders, detail: str) -> None:
        super().__init__(
            ErrorKind.DAEMON_UNAVAILABLE,
            f"The connection to the RabbitViewer daemon was lost: {detail}.",
            "Run the command again; `rabbitviewer jobs list` shows what had begun. "
            f"The daemon's log is {folders.log_file}.",
        )


class DaemonConnection:
    """One connection; requests are answered in any order, events are kept until asked for.

    Attributes:
        on_trace: Called with every event of the daemon for ``--trace``.
    """

    def __init__(self, stream: socket.socket, folders: Folders) -> None:
        self._stream = stream
        self._folders = folders
        self._reader = FrameReader()
        self._arrived: deque[Message] = deque()
        self._events: deque[Message] = deque()
        self._last_id = 0
        self.on_trace: Callable[[TraceEvent], None] | None = None

    @classmethod
    def open(cls, folders: Folders, timeout_s: float = 5.0) -> Self:
        """Connect to the running daemon.

        Raises:
            RabbitError: ``daemon_unavailable``; none is running.
        """
        try:
            return cls(_connect(folders, timeout_s), folders)
        except (OSError, ValueError, KeyError) as error:
            raise RabbitError(
                ErrorKind.DAEMON_UNAVAILABLE,
                "The RabbitViewer daemon is not running.",
                "Start it with `rabbitviewer daemon start`.",
                {"reason": str(error)},
            ) from error

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Leave; requests under way are dropped, jobs go on."""
        with contextlib.suppress(OSError):
            self._stream.close()

    def hello(self, *, trace: bool = False) -> Welcome:
        """Introduce ourselves; the answer tells the daemon's version.

        Raises:
            RabbitError: see :meth:`request`.
        """
        message = Hello(
            protocol_version=PROTOCOL_VERSION,
            build_id=build_id(),
            client="command-line",
            pid=os.getpid(),
            trace=trace,
        )
        return self.request(message, Welcome)

    def request(
        self,
        message: Message,
        answer: type[Answer],
        timeout_s: float | None = ANSWER_TIMEOUT_S,
    ) -> Answer:
        """Send *message* and wait for its answer.

        Args:
            message: The request; it is given an id of its own.
            answer: The type of the answer.
            timeout_s: None waits as long as it takes.

        Raises:
            RabbitError: what the daemon says, ``timed_out``, or the connection is lost.
        """
        self._last_id += 1
        self._send(msgspec.structs.replace(message, request_id=self._last_id))
        deadline = None if timeout_s is None else time.monotonic() + timeout_s
        while True:
            reply = self._next(deadline)
            if reply is None:
                raise RabbitError(
                    ErrorKind.TIMED_OUT,
                    f"The RabbitViewer daemon did not answer within {timeout_s:.0f} s.",
                    f"See its log {self._folders.log_file}, or restart it: "
                    "`rabbitviewer daemon stop --force`.",
                )
            if reply.request_id != self._last_id:
                self._events.append(reply)
            elif isinstance(reply, Failed):
                raise RabbitError.from_info(reply.error)
            elif isinstance(reply, answer):
                return reply
            else:
                raise ConnectionLostError(
                    self._folders, f"it answered with {type(reply).__name__} instead"
                )

    def post(self, message: Message) -> int:
        """Send *message* and return its id; what answers it comes as events.

        Raises:
            ConnectionLostError: the daemon left.
        """
        self._last_id += 1
        self._send(msgspec.structs.replace(message, request_id=self._last_id))
        return self._last_id

    def next_event(self, timeout_s: float | None = None) -> Message | None:
        """Return the next event, oldest first; None when *timeout_s* passed without one.

        Raises:
            ConnectionLostError: the daemon left.
        """
        if self._events:
            return self._events.popleft()
        return self._next(None if timeout_s is None else time.monotonic() + timeout_s)

    def wait_closed(self, timeout_s: float) -> bool:
        """Return whether the daemon closed the connection within *timeout_s*."""
        deadline = time.monotonic() + timeout_s
        try:
            while self._next(deadline) is not None:
                continue
        except ConnectionLostError:
            return True
        return False

    def _send(self, message: Message) -> None:
        try:
            self._stream.settimeout(ANSWER_TIMEOUT_S)
            self._stream.sendall(pack(Frame(encode(message))))
        except OSError as error:
            raise ConnectionLostError(self._folders, error.strerror or str(error)) from error

    def _next(self, deadline: float | None) -> Message | None:
        while not self._arrived:
            if not self._receive(deadline):
                return None
        return self._arrived.popleft()

    def _receive(self, deadline: float | None) -> bool:
        left = None if deadline is None else deadline - time.monotonic()
        if left is not None and left <= 0:
            return False
        try:
            self._stream.settimeout(left)
            data = self._stream.recv(_SLICE_BYTES)
            if not data:
                raise ConnectionLostError(self._folders, "it ended")
            frames = self._reader.feed(data)
            replies = [decode_reply(frame.header) for frame in frames]
        except TimeoutError:
            return False
        except (OSError, FramingError, msgspec.DecodeError) as error:
            raise ConnectionLostError(self._folders, str(error)) from error
        for reply in replies:
            if not isinstance(reply, TraceEvent):
                self._arrived.append(reply)
            elif self.on_trace is not None:
                self.on_trace(reply)
        return True


def _connect(folders: Folders, timeout_s: float) -> socket.socket:
    """Return a connected stream to the daemon of this user.

    Raises:
        OSError: nobody listens, or the socket is not this user's.
        ValueError: the connection file is damaged.
    """
    if sys.platform == "win32":
        return _connect_loopback(folders, timeout_s)
    folder = folders.socket.parent.lstat()
    if folder.st_uid != os.getuid():
        raise PermissionError(f"{folders.socket.parent} belongs to another user")
    stream = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        stream.settimeout(timeout_s)
        stream.connect(os.fspath(folders.socket))
    except OSError:
        stream.close()
        raise
    return stream


def _connect_loopback(folders: Folders, timeout_s: float) -> socket.socket:
    """Connect by TCP; the token of the user-only connection file comes first on the stream."""
    found = json.loads(folders.connection_file.read_text(encoding="utf-8"))
    stream = socket.create_connection(("127.0.0.1", int(found["port"])), timeout_s)
    stream.sendall(bytes.fromhex(found["token"]))
    return stream
