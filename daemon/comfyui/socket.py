"""The WebSocket to one host: a thread that reads it, keeps it open and hands on what it says.

HTTP is the truth about a run; this only makes progress quick. So a lost, mute or refused socket
is reopened in the background and never fails a job.
"""

from __future__ import annotations

import contextlib
import logging
import random
import socket
import threading
import time
import uuid
from collections.abc import Callable

import websocket

from daemon.comfyui.address import HostAddress
from daemon.comfyui.backoff import Backoff
from daemon.comfyui.dial import (
    Deadline,
    NotHttpError,
    ProxyRefusedError,
    UpgradeRefusedError,
    connect,
    upgrade,
)
from daemon.comfyui.events import Routed, from_binary, from_text
from daemon.comfyui.secrets import Secrets
from daemon.protocol.errors import RabbitError

log = logging.getLogger(__name__)

MAX_MESSAGE_BYTES = 32 * 1024 * 1024
_FLAGS = '{"type":"feature_flags","data":{"supports_preview_metadata":true}}'
_FIRST_PAUSE_S = 0.5
_LONGEST_PAUSE_S = 15.0
_JOIN_S = 2.0
_NOT_OPENED = (
    OSError,
    websocket.WebSocketException,
    RabbitError,
    ValueError,
    NotHttpError,
    ProxyRefusedError,
    UpgradeRefusedError,
)


class HostSocket:
    """Keeps a WebSocket to one host open in its own thread.

    Every connection has a fresh client id: a host that still knows an old connection under the
    same id would cut the new one off for good.

    Attributes:
        last_heard: Monotonic time of the last message; 0 before the first.
    """

    def __init__(
        self,
        address: HostAddress,
        deliver: Callable[[Routed], None],
        *,
        on_open: Callable[[], None] | None = None,
        secrets: Secrets | None = None,
        silence_s: float = 20.0,
        chance: random.Random | None = None,
    ) -> None:
        """Prepare; nothing is opened before :meth:`start`.

        Args:
            address: The host.
            deliver: Called in the socket's thread with every event of a run.
            on_open: Called in the socket's thread after every connect: what the host said
                meanwhile is lost, so whoever waits for a run has to ask.
            secrets: Where the host's secrets are read.
            silence_s: After this long without a message the host is pinged, after twice as long
                the connection counts as lost.
            chance: Where the jitter of the pauses comes from; tests give a seeded one.
        """
        self._address = address
        self._deliver = deliver
        self._on_open = on_open
        self._secrets = secrets or Secrets()
        self._silence_s = silence_s
        self._backoff = Backoff(_FIRST_PAUSE_S, _LONGEST_PAUSE_S, chance)
        self._stopping = threading.Event()
        self._open = threading.Event()
        self._renew = threading.Event()
        self._client_id = ""
        self._thread: threading.Thread | None = None
        self._connection: websocket.WebSocket | None = None
        self.last_heard = 0.0

    @property
    def client_id(self) -> str:
        """The id of the open connection; empty while there is none."""
        return self._client_id if self._open.is_set() else ""

    def start(self) -> None:
        """Start the thread; once."""
        if self._thread is None:
            name = f"comfyui-{self._address.netloc}"
            self._thread = threading.Thread(target=self._run, name=name, daemon=True)
            self._thread.start()

    def wait_open(self, timeout_s: float) -> bool:
        """Wait until the connection is open; blocks, so call it outside the event loop."""
        return self._open.wait(timeout_s)

    def reconnect(self) -> None:
        """Give up the present connection; a new one with a new id follows."""
        self._renew.set()
        _cut(self._connection)

    def stop(self) -> None:
        """Close the connection and wait for the thread; blocks for a moment."""
        self._stopping.set()
        self._open.set()
        _cut(self._connection)
        if self._thread is not None:
            self._thread.join(_JOIN_S)
        self._client_id = ""

    def _run(self) -> None:
        while not self._stopping.is_set():
            began = time.monotonic()
            try:
                self._connect_and_read()
            except _NOT_OPENED as error:
                log.debug("socket to %s: %s", self._address.netloc, type(error).__name__)
            finally:
                if not self._stopping.is_set():
                    self._open.clear()
                self._close()
            if time.monotonic() - began > _LONGEST_PAUSE_S:
                self._backoff.reset()
            self._stopping.wait(self._backoff.pause_s())

    def _connect_and_read(self) -> None:
        self._renew.clear()
        client_id = str(uuid.uuid4())
        connection = websocket.WebSocket(enable_multithread=True)
        connection.frame_buffer = _CappedFrames(connection.frame_buffer.recv, False)
        connection.sock = self._dial(client_id)
        connection.connected = True
        self._connection = connection
        if self._stopping.is_set() or self._renew.is_set():
            return
        connection.send(_FLAGS)
        connection.settimeout(self._silence_s)
        self._client_id = client_id
        self._open.set()
        if self._on_open is not None:
            self._on_open()
        self._read(connection)

    def _dial(self, client_id: str) -> socket.socket:
        """Open the connection ourselves: on the way that HTTP takes, bounded in time and size."""
        address = self._address
        headers = self._secrets.headers(address)
        login = self._secrets.proxy_header(address)
        deadline = Deadline(2 * address.connect_timeout_s)
        opened = connect(address, login, deadline)
        try:
            upgrade(opened, address, headers, client_id, deadline)
        except UpgradeRefusedError as error:
            if error.answer.status in {401, 403}:
                self._secrets.forget()
            opened.close()
            raise
        except BaseException:
            opened.close()
            raise
        return opened

    def _read(self, connection: websocket.WebSocket) -> None:
        message = _Message()
        pinged = False
        while not self._stopping.is_set():
            try:
                frame = connection.recv_frame()
            except websocket.WebSocketTimeoutException:
                if pinged:
                    raise
                connection.ping()
                pinged = True
                continue
            pinged = False
            self.last_heard = time.monotonic()
            if frame.opcode == websocket.ABNF.OPCODE_CLOSE:
                return
            if frame.opcode == websocket.ABNF.OPCODE_PING:
                connection.pong(frame.data)
                continue
            whole = message.add(frame)
            if whole is not None:
                self._hand_on(whole, binary=message.binary)

    def _hand_on(self, payload: bytes, *, binary: bool) -> None:
        try:
            routed = from_binary(payload) if binary else from_text(payload)
        except ValueError:
            log.debug("socket to %s: a message that is none", self._address.netloc)
            return
        if routed is not None:
            self._deliver(routed)

    def _close(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            _cut(connection)
            with contextlib.suppress(OSError, websocket.WebSocketException):
                connection.shutdown()


class _Message:
    """Puts the frames of one message together, within the cap."""

    def __init__(self) -> None:
        self.binary = False
        self._parts = bytearray()

    def add(self, frame: websocket.ABNF) -> bytes | None:
        """Return the whole message when *frame* ends it; control frames give None."""
        data = frame.data.encode() if isinstance(frame.data, str) else bytes(frame.data)
        if frame.opcode in {websocket.ABNF.OPCODE_TEXT, websocket.ABNF.OPCODE_BINARY}:
            self.binary = frame.opcode == websocket.ABNF.OPCODE_BINARY
            self._parts = bytearray()
        elif frame.opcode != websocket.ABNF.OPCODE_CONT:
            return None
        if len(self._parts) + len(data) > MAX_MESSAGE_BYTES:
            raise websocket.WebSocketPayloadException("message too large")
        self._parts += data
        return bytes(self._parts) if frame.fin else None


class _CappedFrames(websocket.frame_buffer):
    """Refuses a frame by its announced length, before anything of it is read."""

    def recv_length(self) -> None:
        super().recv_length()
        if self.length is not None and self.length > MAX_MESSAGE_BYTES:
            raise websocket.WebSocketPayloadException("frame too large")


def _cut(connection: websocket.WebSocket | None) -> None:
    """End a connection from any thread; its reader wakes up with an error."""
    sock = None if connection is None else connection.sock
    if sock is not None:
        with contextlib.suppress(OSError):
            sock.shutdown(socket.SHUT_RDWR)
