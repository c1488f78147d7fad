"""Keeps the mask that is painted saved: soon after a change, again where it failed."""

from __future__ import annotations

from PySide6.QtCore import QObject, QTimer, Signal

from daemon.protocol.errors import ErrorInfo, ErrorKind
from daemon.protocol.messages import Failed, MaskSave, Message, PoolManifest
from rabbitviewer.ipc.client import DaemonClient

AGAIN_MS = 5000
_SAVE_MS = 1000
_SAVE_LATEST_MS = 5000


class MaskSaving(QObject):
    """Asks the daemon to write a painting: no pixels are sent, and nothing waits for the answer.

    Attributes:
        problem: Why it could not be written last; None: it could.

    Signals:
        saved: the daemon wrote it (its :class:`PoolManifest`).
        failed: it could not (:class:`ErrorInfo`); it is tried again.
    """

    saved = Signal(object)
    failed = Signal(object)

    def __init__(self, client: DaemonClient, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._client = client
        self._session_id = 0
        self._turn = 0
        self._dirty = False
        self._saving = False
        self.problem: ErrorInfo | None = None
        self._soon = QTimer(self, singleShot=True, interval=_SAVE_MS)
        self._latest = QTimer(self, singleShot=True, interval=_SAVE_LATEST_MS)
        self._again = QTimer(self, singleShot=True, interval=AGAIN_MS)
        for timer in (self._soon, self._latest, self._again):
            timer.timeout.connect(self.save)

    @property
    def is_saved(self) -> bool:
        """Whether all that is painted is written."""
        return not (self._dirty or self._saving)

    def begin(self, session_id: int, *, dirty: bool) -> None:
        """Save this painting from now on; *dirty*: there is something to save already."""
        self._session_id = session_id
        self._dirty = self._dirty or dirty
        self.save()

    def pause(self) -> None:
        """The daemon is away: what is painted is saved when it is back."""
        self._turn += 1
        self._session_id = 0
        self._dirty, self._saving = True, False

    def end(self) -> None:
        """Save nothing any more."""
        self._turn += 1
        self._session_id = 0
        self._stop()
        self._dirty = self._saving = False
        self.problem = None

    def touch(self) -> None:
        """Something was painted: save it soon."""
        self._dirty = True
        if not self._saving and self.problem is None:
            self._soon.start()
            if not self._latest.isActive():
                self._latest.start()

    def save(self) -> None:
        """Let the daemon write what is painted so far."""
        if not self._session_id or self._saving or not self._dirty:
            return
        self._stop()
        self._dirty, self._saving = False, True
        turn = self._turn

        def on_answer(answer: Message, _blob: bytes) -> None:
            if turn == self._turn:
                self._on_answer(answer)

        self._client.send(MaskSave(session_id=self._session_id), on_answer)

    def _on_answer(self, answer: Message) -> None:
        self._saving = False
        if isinstance(answer, PoolManifest):
            self.problem = None
            self.saved.emit(answer)
            if self._dirty:
                self.touch()
        elif isinstance(answer, Failed):
            self._dirty = True
            if answer.error.kind != ErrorKind.DAEMON_UNAVAILABLE:
                self.problem = answer.error
                self._again.start()
                self.failed.emit(answer.error)

    def _stop(self) -> None:
        for timer in (self._soon, self._latest, self._again):
            timer.stop()
