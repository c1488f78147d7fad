"""What every command is given: the user's folders, how to answer, the way to the daemon."""

from __future__ import annotations

from typing import TypeVar

from daemon.protocol.endpoint import Folders, resolve_folders
from daemon.protocol.messages import Message
from rabbitviewer.ipc.blocking import ANSWER_TIMEOUT_S, DaemonConnection
from rabbitviewer.ipc.launcher import ensure_daemon
from rabbitviewer.trace import Trace

Answer = TypeVar("Answer", bound=Message)


class Session:
    """One run of the command line.

    Attributes:
        folders: The user's folders.
        json: Answer with one JSON document.
        trace: Where events go, if they are wanted.
    """

    def __init__(self, *, json: bool, trace: Trace | None) -> None:
        self.folders: Folders = resolve_folders()
        self.json = json
        self.trace = trace

    def connect(self) -> DaemonConnection:
        """Return a connection to the daemon, started when absent.

        Raises:
            RabbitError: it does not start, or a busy one is of another version.
        """
        if self.trace is None:
            return ensure_daemon(self.folders)[0]
        connection, welcome = ensure_daemon(self.folders, trace=self.trace.daemon_event)
        self.trace.daemon_pid = welcome.daemon_pid
        return connection

    def ask(
        self, message: Message, answer: type[Answer], timeout_s: float | None = ANSWER_TIMEOUT_S
    ) -> Answer:
        """Send one request and return its answer.

        Raises:
            RabbitError: what the daemon says.
        """
        with self.connect() as connection:
            return connection.request(message, answer, timeout_s)
