"""Reads the daemon's list of jobs: the newest, all that is still open, and older ones on demand."""

from __future__ import annotations

from PySide6.QtCore import QObject, QTimer, Signal

from daemon.protocol.messages import Jobs, JobsRequest, Message
from rabbitviewer.ipc.client import DaemonClient
from rabbitviewer.models.job import ENDED, LOOK

_LISTED = 200
_MOST_OLDER = 2000
_AGAIN_MS = 250


class JobReading(QObject):
    """One list is read at a time.

    Signals:
        listed: the newest jobs were read (:class:`Jobs`).
        more_listed: jobs beside them were read (tuple of :class:`JobInfo`).
    """

    listed = Signal(object)
    more_listed = Signal(tuple)

    def __init__(self, client: DaemonClient, parent: QObject) -> None:
        super().__init__(parent)
        self._client = client
        self._is_reading = False
        self._read_again = False
        self._count = 0
        self.is_whole = True

    def refresh(self) -> None:
        """Read the newest jobs again."""
        if self._is_reading:
            self._read_again = True
            return
        self._is_reading = True
        self._client.send(JobsRequest(limit=_LISTED), self._on_list)

    def read_older(self) -> None:
        """Read on where the list ends."""
        if not self.is_whole:
            self._client.send(JobsRequest(skip=self._count, limit=_LISTED), self._on_older)

    def _on_list(self, answer: Message, _blob: bytes) -> None:
        self._is_reading = False
        if isinstance(answer, Jobs):
            self._count, self.is_whole = len(answer.jobs), not is_part(answer)
            self.listed.emit(answer)
            self._ask_for_more(answer)
        if self._read_again:
            self._read_again = False
            QTimer.singleShot(_AGAIN_MS, self, self.refresh)

    def _ask_for_more(self, answer: Jobs) -> None:
        """Read on where the list ends before all that is still to be done was in it.

        Of a batch that is under way, its ended jobs too: its figures need them.
        """
        if not is_part(answer):
            return
        in_batch = any(each.operation == LOOK and each.state not in ENDED for each in answer.jobs)
        self._read_on(len(answer.jobs) if in_batch else 0, open_only=not in_batch)

    def _read_on(self, read: int, *, open_only: bool) -> None:
        def take(older: Message, _blob: bytes) -> None:
            if not isinstance(older, Jobs):
                return
            self.more_listed.emit(older.jobs)
            now = read + len(older.jobs)
            if older.more and older.jobs and now < _MOST_OLDER:
                self._read_on(now, open_only=open_only)

        request = JobsRequest(skip=read, limit=_MOST_OLDER, open_only=open_only)
        self._client.send(request, take)

    def _on_older(self, answer: Message, _blob: bytes) -> None:
        if isinstance(answer, Jobs):
            self._count += len(answer.jobs)
            self.is_whole = not is_part(answer)
            self.more_listed.emit(answer.jobs)


def is_part(answer: Jobs) -> bool:
    """Whether there may be older jobs than those of *answer*."""
    return bool(answer.jobs) and (answer.more or len(answer.jobs) >= _LISTED)
