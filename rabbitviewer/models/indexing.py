"""Which folders are indexed in the background, and how far the reading of facts is."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal

from daemon.protocol.messages import (
    Failed,
    IndexedFolders,
    IndexedFoldersKnown,
    IndexProgress,
    Message,
    WirePath,
)
from rabbitviewer.ipc.client import DaemonClient


class IndexingModel(QObject):
    """The indexed folders as the daemon knows them.

    Attributes:
        folders: Those that are indexed.
        photos: How many photos the catalogue knows.
        done: How many are read.
        total: How many there are to read; equal to *done*: nothing is under way.

    Signals:
        changed: other folders are indexed.
        progressed: the reading went on, or ended.
        failed: something could not be done (a sentence).
    """

    changed = Signal()
    progressed = Signal()
    failed = Signal(str)

    def __init__(self, client: DaemonClient, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.folders: tuple[bytes, ...] = ()
        self.photos = 0
        self.done = 0
        self.total = 0
        self._client = client
        client.connected.connect(self._ask)
        client.disconnected.connect(self._forget_progress)
        client.replied.connect(self._on_replied)
        if client.is_connected:
            self._ask()

    def add(self, folder: bytes) -> None:
        """Index *folder* with all its subfolders from now on."""
        self._send(IndexedFolders(add=(WirePath(folder),)))

    def remove(self, folder: bytes) -> None:
        """Index *folder* no more."""
        self._send(IndexedFolders(remove=(WirePath(folder),)))

    def _ask(self) -> None:
        self._client.send(IndexedFolders())

    def _send(self, message: IndexedFolders) -> None:
        def on_answer(answer: Message, _blob: bytes) -> None:
            if isinstance(answer, Failed):
                self.failed.emit(f"{answer.error.message} {answer.error.hint}".strip())

        self._client.send(message, on_answer)

    def _forget_progress(self) -> None:
        self.done = self.total = 0
        self.progressed.emit()

    def _on_replied(self, message: object, _blob: bytes) -> None:
        if isinstance(message, IndexedFoldersKnown):
            self.folders, self.photos = message.folders, message.photos
            self.changed.emit()
        elif isinstance(message, IndexProgress):
            self.done, self.total = message.done, message.total
            self.progressed.emit()
