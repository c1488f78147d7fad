"""The daemon as a process that a test kills and starts again, spoken to without asyncio."""

from __future__ import annotations

import subprocess
import time

from daemon.protocol.endpoint import resolve_folders
from daemon.protocol.errors import RabbitError
from rabbitviewer.ipc.blocking import DaemonConnection
from tests.fakes.daemon_process import COMMAND


class RealDaemon:
    """The daemon as a process that the test may kill."""

    def __init__(self) -> None:
        self.process: subprocess.Popen[bytes] | None = None
        self.connections: list[DaemonConnection] = []

    def connect(self) -> DaemonConnection:
        """Return a connection, closed in the end; a daemon is started where none runs."""
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            if self.process is None or self.process.poll() is not None:
                self.process = subprocess.Popen(COMMAND)
            try:
                connection = DaemonConnection.open(resolve_folders(), timeout_s=1.0)
            except RabbitError:
                continue
            self.connections.append(connection)
            try:
                connection.hello()
            except RabbitError:
                continue
            return connection
        raise AssertionError("the daemon did not start")

    def kill(self) -> None:
        assert self.process is not None
        self.process.kill()
        self.process.wait()

    def close(self) -> None:
        for connection in self.connections:
            connection.close()
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()
            self.process.wait(30)
