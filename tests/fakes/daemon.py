"""A daemon for window tests: a real local socket on Qt's loop, answers as the test says."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import msgspec
from PySide6.QtCore import QObject, Signal
from PySide6.QtNetwork import QLocalServer, QLocalSocket

from daemon.protocol.endpoint import Folders, build_id, make_private
from daemon.protocol.framing import Frame, FrameReader, pack
from daemon.protocol.messages import (
    PROTOCOL_VERSION,
    Hello,
    Message,
    Welcome,
    decode_request,
    encode,
)

Answer = Message | tuple[Message, bytes]
Answers = Callable[[Message], Iterable[Answer]]


class FakeDaemon(QObject):
    """Welcomes every client, remembers what it asks, answers with what ``answer`` was told.

    Signals:
        asked: a request arrived (after ``Hello``).
    """

    asked = Signal(object)

    def __init__(self, folders: Folders) -> None:
        super().__init__()
        self.received: list[Message] = []
        self.welcome = Welcome(
            protocol_version=PROTOCOL_VERSION,
            build_id=build_id(),
            daemon_pid=1,
            open_jobs=0,
            other_clients=0,
        )
        self._answers: dict[type[Message], Answers] = {}
        self._clients: list[QLocalSocket] = []
        self._socket_path = folders.socket
        make_private(folders.socket.parent)
        self._server = QLocalServer(self)
        self._server.newConnection.connect(self._on_new_connection)
        assert self._server.listen(str(self._socket_path)), self._server.errorString()

    def answer(self, kind: type[Message], answers: Answers) -> None:
        """Answer requests of *kind* with the messages *answers* returns; ids are filled in."""
        self._answers[kind] = answers

    def publish(self, message: Message, blob: bytes = b"") -> None:
        """Send an event to every client."""
        for client in self._clients:
            client.write(pack(Frame(encode(message), blob)))

    def write_raw(self, data: bytes) -> None:
        """Send bytes that need not be a message."""
        for client in self._clients:
            client.write(data)

    def of(self, kind: type[Message]) -> list[Message]:
        """Return the requests of *kind* so far, oldest first."""
        return [each for each in self.received if type(each) is kind]

    def drop_clients(self) -> None:
        """End every connection; new ones are accepted."""
        for client in list(self._clients):
            client.abort()

    def close(self) -> None:
        """End every connection and listen no more."""
        self._server.close()
        self.drop_clients()

    def _on_new_connection(self) -> None:
        client = self._server.nextPendingConnection()
        reader = FrameReader()
        self._clients.append(client)
        client.readyRead.connect(lambda: self._on_ready_read(client, reader))
        client.disconnected.connect(lambda: self._clients.remove(client))
        self._on_ready_read(client, reader)

    def _on_ready_read(self, client: QLocalSocket, reader: FrameReader) -> None:
        for frame in reader.feed(client.readAll().data()):
            request = decode_request(frame.header)
            if isinstance(request, Hello):
                client.write(pack(Frame(encode(self.welcome))))
                continue
            self.received.append(request)
            self._reply(client, request)
            self.asked.emit(request)

    def _reply(self, client: QLocalSocket, request: Message) -> None:
        for answer in self._answers.get(type(request), lambda _request: ())(request):
            message, blob = answer if isinstance(answer, tuple) else (answer, b"")
            message = msgspec.structs.replace(message, request_id=request.request_id)
            client.write(pack(Frame(encode(message), blob)))
