"""The first requests of a window, sent over a plain socket while Qt is still being imported.

A thread connects as soon as the daemon listens. The window's client takes the connection over with
everything that arrived on it meanwhile; what was asked already is not asked again.
"""

from __future__ import annotations

import os
import socket
import sys
import threading
from collections.abc import Iterable

import msgspec

from daemon.protocol.endpoint import Folders, build_id
from daemon.protocol.framing import Frame, pack
from daemon.protocol.messages import PROTOCOL_VERSION, Hello, Message, encode

_PAUSE_S = 0.004
_SEND_TIMEOUT_S = 1.0


class EarlyConnection:
    """A connection on its way, and what is asked on it.

    Attributes:
        requests: The requests by their ids; empty once there is no connection to take over.
    """

    def __init__(self, folders: Folders, requests: Iterable[Message], *, trace: bool) -> None:
        self.requests = dict(enumerate(requests, 1))
        self._folders = folders
        self._trace = trace
        self._socket: socket.socket | None = None
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._connect, name="early", daemon=True)

    def start(self) -> None:
        """Begin to connect; returns at once. Only where the daemon listens on a Unix socket."""
        if sys.platform != "win32":
            self._thread.start()

    def take(self) -> int:
        """Return the descriptor of the connection, which is the caller's now; -1: there is none."""
        self._over.set()
        if self._thread.ident is not None:
            self._thread.join()
        found, self._socket = self._socket, None
        if found is None:
            self.requests = {}
            return -1
        found.setblocking(False)
        return found.detach()

    def _connect(self) -> None:
        path = self._folders.socket
        while not self._over.is_set():
            stream = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            try:
                if path.parent.lstat().st_uid != os.getuid():
                    raise PermissionError(path)
                stream.settimeout(_SEND_TIMEOUT_S)
                stream.connect(os.fspath(path))
                stream.sendall(self._first_words())
            except OSError:
                stream.close()
                self._over.wait(_PAUSE_S)
            else:
                self._socket = stream
                return

    def _first_words(self) -> bytes:
        hello = Hello(
            protocol_version=PROTOCOL_VERSION,
            build_id=build_id(),
            client="window",
            pid=os.getpid(),
            trace=self._trace,
        )
        asked = [
            msgspec.structs.replace(request, request_id=number)
            for number, request in self.requests.items()
        ]
        return b"".join(pack(Frame(encode(message))) for message in (hello, *asked))
