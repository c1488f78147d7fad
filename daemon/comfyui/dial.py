"""Opening a connection by hand, step by step: name, TCP, proxy, TLS, WebSocket.

Blocks, so it is called in threads. Everything is bounded: by a deadline, and in size. The socket
uses it to reach a host on the same way as HTTP does, and the check of a host to tell which step
fails.
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import os
import socket
import ssl
import time
from collections.abc import Mapping

import msgspec

from daemon.comfyui.address import HostAddress

MAX_HEAD_BYTES = 64 * 1024
MAX_BODY_BYTES = 4096
_ACCEPT_GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
_SWITCHED = range(101, 102)


class Answer(msgspec.Struct, frozen=True):
    """The head of an HTTP answer and the beginning of its body; header names in small letters."""

    status: int
    headers: dict[str, str]
    body: str = ""


class ProxyRefusedError(Exception):
    """The proxy does not connect us through."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(f"the proxy answered {answer.status}")
        self.answer = answer


class UpgradeRefusedError(Exception):
    """The server answers, but opens no WebSocket."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(f"no WebSocket: {answer.status}")
        self.answer = answer


class NotHttpError(Exception):
    """What arrived is no HTTP answer."""


class Deadline:
    """A moment until which everything must be done."""

    def __init__(self, timeout_s: float) -> None:
        self._at = time.monotonic() + timeout_s

    def left_s(self) -> float:
        """Return how long there is.

        Raises:
            TimeoutError: it is over.
        """
        left_s = self._at - time.monotonic()
        if left_s <= 0:
            raise TimeoutError("the time is over")
        return left_s


def open_tcp(address: HostAddress, deadline: Deadline) -> socket.socket:
    """Return a TCP connection to the host, or to its proxy where it has one.

    Raises:
        OSError: there is none; ``socket.gaierror`` where the name is not known.
    """
    place = address.proxy_place if address.proxy else (address.host, address.port)
    plain = socket.create_connection(place, deadline.left_s())
    plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return plain


def tunnel(plain: socket.socket, address: HostAddress, login: str, deadline: Deadline) -> None:
    """Have the proxy connect *plain* through to the host.

    Args:
        plain: A connection to the proxy.
        address: The host.
        login: Value of ``Proxy-Authorization``; empty: none.
        deadline: Until when.

    Raises:
        ProxyRefusedError: it does not.
        OSError: the connection failed.
        NotHttpError: it is no proxy.
    """
    lines = [f"CONNECT {address.netloc} HTTP/1.1", f"Host: {address.netloc}"]
    if login:
        lines.append(f"Proxy-Authorization: {login}")
    _send(plain, lines, deadline)
    answer = _read_answer(plain, deadline, range(200, 300))
    if answer.status not in range(200, 300):
        raise ProxyRefusedError(answer)


def secure(
    plain: socket.socket, address: HostAddress, context: ssl.SSLContext, deadline: Deadline
) -> ssl.SSLSocket:
    """Speak TLS on *plain*.

    Raises:
        OSError: the certificate or the other side is not as it should be.
    """
    plain.settimeout(deadline.left_s())
    return context.wrap_socket(plain, server_hostname=address.host)


def connect(address: HostAddress, login: str, deadline: Deadline) -> socket.socket:
    """Return a connection to the host on which HTTP can be spoken.

    Args:
        address: The host.
        login: Value of ``Proxy-Authorization``; empty: none.
        deadline: Until when.

    Raises:
        RabbitError: ``settings_invalid``; a certificate cannot be read.
        ProxyRefusedError: the proxy does not connect us through.
        OSError: the connection failed.
        NotHttpError: the proxy is none.
    """
    context = address.tls_context() if address.https else None
    plain = open_tcp(address, deadline)
    try:
        if address.proxy:
            tunnel(plain, address, login, deadline)
        return plain if context is None else secure(plain, address, context, deadline)
    except BaseException:
        plain.close()
        raise


def upgrade(
    connection: socket.socket,
    address: HostAddress,
    headers: Mapping[str, str],
    client_id: str,
    deadline: Deadline,
) -> None:
    """Turn *connection* into a WebSocket; not a byte after the answer's head is read.

    No Origin is sent: ComfyUI refuses one that is not its own.

    Raises:
        UpgradeRefusedError: the server does not want to.
        OSError: the connection failed.
        NotHttpError: what answers does not speak HTTP.
    """
    key = base64.b64encode(os.urandom(16))
    usual_port = address.port == (443 if address.https else 80)
    lines = [
        f"GET {address.prefix}/ws?clientId={client_id} HTTP/1.1",
        f"Host: {address.netloc.rpartition(':')[0] if usual_port else address.netloc}",
        "Upgrade: websocket",
        "Connection: Upgrade",
        f"Sec-WebSocket-Key: {key.decode()}",
        "Sec-WebSocket-Version: 13",
        *(f"{name}: {value}" for name, value in headers.items()),
    ]
    _send(connection, lines, deadline)
    answer = _read_answer(connection, deadline, _SWITCHED)
    digest = hashlib.sha1(key + _ACCEPT_GUID, usedforsecurity=False).digest()
    accepted = answer.headers.get("sec-websocket-accept", "") == base64.b64encode(digest).decode()
    if answer.status not in _SWITCHED or not accepted:
        raise UpgradeRefusedError(answer)


def _send(connection: socket.socket, lines: list[str], deadline: Deadline) -> None:
    connection.settimeout(deadline.left_s())
    connection.sendall("\r\n".join([*lines, "", ""]).encode("latin-1"))


def _read_answer(connection: socket.socket, deadline: Deadline, good: range) -> Answer:
    """Return the answer; its body only where its status is none of *good*."""
    status, headers = _parse_head(_read_head(connection, deadline))
    return Answer(status, headers, "" if status in good else _read_body(connection, deadline))


def _read_head(connection: socket.socket, deadline: Deadline) -> bytes:
    head = bytearray()
    while not head.endswith(b"\r\n\r\n"):
        connection.settimeout(deadline.left_s())
        # One by one: what follows the head belongs to the WebSocket or to TLS.
        piece = connection.recv(1)
        if not piece:
            raise ConnectionResetError("closed before it answered") if not head else NotHttpError
        head += piece
        if len(head) > MAX_HEAD_BYTES or not b"HTTP/".startswith(head[:5]):
            raise NotHttpError
    return bytes(head)


def _parse_head(head: bytes) -> tuple[int, dict[str, str]]:
    first, *rest = head.decode("latin-1").split("\r\n")
    words = first.split(" ", 2)
    if len(words) < 2 or not words[1].isdigit() or not 100 <= int(words[1]) <= 999:
        raise NotHttpError
    pairs = (line.partition(":") for line in rest if line)
    return int(words[1]), {name.strip().lower(): value.strip() for name, _, value in pairs}


def _read_body(connection: socket.socket, deadline: Deadline) -> str:
    """Return what of a refusal's body arrives at once."""
    found = b""
    with contextlib.suppress(OSError):
        connection.settimeout(min(deadline.left_s(), 0.5))
        while len(found) < MAX_BODY_BYTES:
            piece = connection.recv(MAX_BODY_BYTES)
            if not piece:
                break
            found += piece
    return found[:MAX_BODY_BYTES].decode("utf-8", "replace")
