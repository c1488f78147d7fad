"""A daemon for tests of its clients: real socket, real frames, answers from a script."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable, Iterable
from pathlib import Path
from types import TracebackType
from typing import Self

import msgspec

from daemon.protocol.endpoint import Folders, build_id, make_private
from daemon.protocol.framing import Frame, FrameReader, pack
from daemon.protocol.messages import (
    PROTOCOL_VERSION,
    Done,
    Hello,
    Message,
    ShutdownRequest,
    Welcome,
    decode_request,
    encode,
)

Script = Callable[[Message], Iterable[Message]]


class HangUp(Message, frozen=True, tag="hang_up"):
    """In a script's answer: close the connection here, as a killed daemon does."""


class ScriptedDaemon:
    """Listens on the daemon's socket of *folders*.

    Attributes:
        scripts: What each kind of request is answered with; events may follow the answer.
        received: Every request, in order.
    """

    def __init__(self, folders: Folders) -> None:
        self.scripts: dict[type[Message], Script] = {
            Hello: lambda _: [welcome()],
            ShutdownRequest: lambda _: [Done(), HangUp()],
        }
        self.received: list[Message] = []
        self._path = folders.socket
        make_private(self._path.parent)
        self._open: list[socket.socket] = []
        self._threads: list[threading.Thread] = []
        self._listener = _listen(self._path)
        self._accepting = threading.Thread(target=self._accept)
        self._accepting.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._path.unlink(missing_ok=True)
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._accepting.join()
        for stream in self._open:
            with contextlib.suppress(OSError):
                stream.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join()

    def asked(self, kind: type[Message]) -> list[Message]:
        """Return the requests of one kind, ids left out."""
        found = [request for request in self.received if isinstance(request, kind)]
        return [msgspec.structs.replace(request, request_id=0) for request in found]

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                stream = self._listener.accept()[0]
                self._open.append(stream)
                thread = threading.Thread(target=self._serve, args=(stream,))
                self._threads.append(thread)
                thread.start()

    def _serve(self, stream: socket.socket) -> None:
        reader = FrameReader()
        with contextlib.suppress(OSError), stream:
            while data := stream.recv(65536):
                for frame in reader.feed(data):
                    request = decode_request(frame.header)
                    self.received.append(request)
                    if not self._answer(stream, request):
                        return

    def _answer(self, stream: socket.socket, request: Message) -> bool:
        request_id = request.request_id
        for reply in self.scripts[type(request)](request):
            if isinstance(reply, HangUp):
                return False
            numbered = msgspec.structs.replace(reply, request_id=request_id)
            stream.sendall(pack(Frame(encode(numbered))))
            request_id = 0
        return True


def welcome(*, build: str = "", protocol: int = PROTOCOL_VERSION, open_jobs: int = 0) -> Welcome:
    """Return a welcome, by default from a daemon of this very build."""
    return Welcome(
        protocol_version=protocol,
        build_id=build or build_id(),
        daemon_pid=1,
        open_jobs=open_jobs,
        other_clients=0,
    )


def _listen(path: Path) -> socket.socket:
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    listener.bind(str(path))
    listener.listen()
    return listener
