"""The window's byte stream to the daemon: a local socket, or loopback TCP on Windows."""

from __future__ import annotations

import json
import os
import sys

from PySide6.QtCore import QObject, Signal
from PySide6.QtNetwork import QHostAddress, QLocalSocket, QTcpSocket

from daemon.protocol.endpoint import Folders

_READ_AHEAD_BYTES = 256 << 10


class DaemonStream(QObject):
    """One attempt at a connection, and the connection it becomes; never waits.

    Signals:
        opened: the stream can be written to.
        closed: it ended, or could not be opened; emitted once.
        received: bytes arrived, at most 256 KiB at a time, so that the window gets its turns.
    """

    opened = Signal()
    closed = Signal()
    received = Signal(bytes)

    def __init__(self, folders: Folders, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._folders = folders
        self._token = b""
        self._ended = False
        self._socket: QLocalSocket | QTcpSocket
        if sys.platform == "win32":
            self._socket = QTcpSocket(self)
        else:
            self._socket = QLocalSocket(self)
        self._socket.setReadBufferSize(_READ_AHEAD_BYTES)
        self._socket.connected.connect(self._on_connected)
        self._socket.readyRead.connect(self._on_ready_read)
        self._socket.disconnected.connect(self._end)
        self._socket.errorOccurred.connect(self._end)

    def open(self) -> None:
        """Start to connect; ``opened`` or ``closed`` follows."""
        if isinstance(self._socket, QTcpSocket):
            self._open_loopback(self._socket)
            return
        folder = self._folders.socket.parent
        try:
            is_ours = folder.lstat().st_uid == os.getuid()
        except OSError:
            is_ours = False
        if is_ours:
            self._socket.connectToServer(os.fspath(self._folders.socket))
        else:
            self._end()

    def adopt(self, descriptor: int) -> None:
        """Go on with a connection that is open; what arrived on it is ``received``."""
        if not self._socket.setSocketDescriptor(descriptor):
            os.close(descriptor)
            self._end()

    def write(self, data: bytes) -> None:
        """Queue *data*."""
        self._socket.write(data)

    def close(self) -> None:
        """End the connection; what was queued is still sent."""
        if isinstance(self._socket, QTcpSocket):
            self._socket.disconnectFromHost()
        else:
            self._socket.disconnectFromServer()

    def abort(self) -> None:
        """End the connection now; ``closed`` follows if it was open."""
        self._socket.abort()
        self._end()

    def _open_loopback(self, stream: QTcpSocket) -> None:
        try:
            found = json.loads(self._folders.connection_file.read_text(encoding="utf-8"))
            port, self._token = int(found["port"]), bytes.fromhex(found["token"])
        except (OSError, ValueError, KeyError, TypeError):
            self._end()
            return
        stream.connectToHost(QHostAddress(QHostAddress.SpecialAddress.LocalHost), port)

    def _on_connected(self) -> None:
        if self._token:
            self._socket.write(self._token)
        self.opened.emit()

    def _on_ready_read(self) -> None:
        data = self._socket.readAll().data()
        if data:
            self.received.emit(data)

    def _end(self) -> None:
        if not self._ended:
            self._ended = True
            self.closed.emit()
