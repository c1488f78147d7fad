"""The saved collections as the daemon knows them, and what can be done with them."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QObject, Signal

from daemon.protocol.messages import (
    CollectionDelete,
    Collections,
    CollectionSave,
    CollectionsRequest,
    Failed,
    FolderChunk,
    FolderClose,
    FolderOpen,
    Message,
    WirePath,
)
from daemon.protocol.values import Collection
from rabbitviewer.ipc.client import DaemonClient
from rabbitviewer.models.path_parts import path_parts

_FIRST_LISTING = 1 << 30


class CollectionsModel(QObject):
    """Collections by name, kept in step with the daemon.

    Signals:
        changed: a collection came, went, or holds others.
        renamed: a collection has another name (the old one, the new one).
        failed: something could not be done (a sentence).
    """

    changed = Signal()
    renamed = Signal(str, str)
    failed = Signal(str)

    def __init__(self, client: DaemonClient, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._client = client
        self._collections: tuple[Collection, ...] = ()
        self._listing_id = _FIRST_LISTING
        client.connected.connect(self._ask)
        client.replied.connect(self._on_replied)

    @property
    def collections(self) -> tuple[Collection, ...]:
        """All collections, by name."""
        return self._collections

    def count(self, name: str) -> int:
        """Return how many photos a collection holds; -1: there is none of this name."""
        return next((each.count for each in self._collections if each.name == name), -1)

    def add(self, name: str, paths: Sequence[bytes]) -> None:
        """Put photos into a collection, which is created when there is none."""
        for part in path_parts(paths) if paths else ((),):
            self._send(CollectionSave(name=name, add=part))

    def remove(self, name: str, paths: Sequence[bytes]) -> None:
        """Take photos out of a collection; the files stay."""
        for part in path_parts(paths):
            self._send(CollectionSave(name=name, remove=part))

    def rename(self, name: str, new_name: str) -> None:
        """Give a collection another name."""
        if self.count(new_name) >= 0:
            words = self.tr("There is a collection {name} already. Choose another name.")
            self.failed.emit(words.format(name=new_name))
            return
        request = CollectionSave(name=name, rename=new_name)
        self._send(request, lambda: self.renamed.emit(name, new_name))

    def delete(self, name: str, deleted: Callable[[tuple[bytes, ...]], object]) -> None:
        """Delete a collection; *deleted* is told what it held, so that it can come back."""
        self._listing_id += 1
        listing_id, held = self._listing_id, list[bytes]()

        def on_chunk(message: Message, _blob: bytes) -> None:
            if isinstance(message, Failed):
                self.failed.emit(message.error.message)
            elif isinstance(message, FolderChunk):
                held.extend(_join(message.path, entry.name) for entry in message.entries)
                if message.last:
                    self._client.send(FolderClose(listing_id=listing_id))
                    self._send(CollectionDelete(name=name), lambda: deleted(tuple(held)))

        request = FolderOpen(path=WirePath(), listing_id=listing_id, collection=name)
        self._client.send(request, on_chunk)

    def _ask(self) -> None:
        self._client.send(CollectionsRequest())

    def _send(self, message: Message, done: Callable[[], object] | None = None) -> None:
        def on_answer(answer: Message, _blob: bytes) -> None:
            if isinstance(answer, Failed):
                words = f"{answer.error.message} {answer.error.hint}".strip()
                self.failed.emit(words)
            elif done is not None:
                done()

        self._client.send(message, on_answer)

    def _on_replied(self, message: object, _blob: bytes) -> None:
        if isinstance(message, Collections):
            found = sorted(message.collections, key=lambda each: each.name.casefold())
            if tuple(found) != self._collections:
                self._collections = tuple(found)
                self.changed.emit()


def _join(prefix: bytes, name: bytes) -> bytes:
    return prefix.rstrip(b"/") + b"/" + name if prefix else name
