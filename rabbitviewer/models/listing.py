"""The photos of the open folder, in the order and through the filter the user chose."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Iterable, Iterator, Sequence

from PySide6.QtCore import QObject, QTimer, Signal

from daemon.protocol.errors import ErrorInfo, ErrorKind
from daemon.protocol.messages import (
    Failed,
    FolderChunk,
    FolderClose,
    FolderDelta,
    FolderOpen,
    Message,
    WirePath,
)
from daemon.protocol.values import PhotoEntry
from rabbitviewer.ipc.client import DaemonClient
from rabbitviewer.models.shelf import Shelf

SORTS = ("name", "modified", "size", "type")


class ListingModel(QObject):
    """One folder, followed live. Rows are positions in what is shown; photos are named by path.

    A hundred thousand photos are held in plain lists. A large folder's pieces are taken in one per
    turn of the event loop, so that the window keeps painting.

    Attributes:
        state: none | loading | ready | gone | failed.
        error: Why the state is ``failed``.

    Signals:
        folder_changed: another folder is open, or the same one anew.
        rows_changed: photos came, went, or stand in another order.
        photos_changed: files changed (tuple of paths); what was made of them is old.
        photos_removed: files are gone (tuple of paths).
        state_changed: ``state`` is another one.
    """

    folder_changed = Signal()
    rows_changed = Signal()
    photos_changed = Signal(object)
    photos_removed = Signal(object)
    state_changed = Signal()

    def __init__(self, client: DaemonClient, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.state = "none"
        self.error: ErrorInfo | None = None
        self._client = client
        self._folder = b""
        self._prefix = b""
        self._listing_id = 0
        self._shelf = Shelf()
        self._anew: list[PhotoEntry] | None = None
        self._sort = "name"
        self._backwards = False
        self._filter = ""
        self._order: Sequence[int] = range(0)
        self._row_of: dict[int, int] | None = None
        self._waiting: deque[FolderChunk | FolderDelta] = deque()
        self._turn = QTimer(self, singleShot=True, interval=0)
        self._turn.timeout.connect(self._take_next)
        client.connected.connect(self._open_again)
        client.replied.connect(self._on_replied)

    # ------------------------------------------------------------ reading

    @property
    def folder(self) -> bytes:
        """The open folder; empty: none."""
        return self._folder

    @property
    def total(self) -> int:
        """How many photos the folder has, whatever the filter."""
        return len(self._shelf)

    @property
    def sort(self) -> tuple[str, bool]:
        """The column sorted by (one of :data:`SORTS`), and whether backwards."""
        return self._sort, self._backwards

    @property
    def filter(self) -> str:
        """What names must contain."""
        return self._filter

    def __len__(self) -> int:
        """Return how many photos are shown."""
        return len(self._order)

    def path(self, row: int) -> bytes:
        """Return the path of the photo in *row*."""
        return self._prefix + self.entry(row).name

    def paths(self, rows: Iterable[int]) -> Iterator[bytes]:
        """Return the paths of several rows."""
        prefix, entries, order, place = self._prefix, self._shelf.entries, self._order, self._place
        return (prefix + entries[order[place(row)]].name for row in rows)

    def entry(self, row: int) -> PhotoEntry:
        """Return name, size and time of the photo in *row*."""
        return self._shelf.entries[self._order[self._place(row)]]

    def row(self, path: bytes) -> int:
        """Return the row of *path*; -1: it is not shown."""
        name = path.removeprefix(self._prefix)
        index = self._shelf.find(name) if len(name) < len(path) else -1
        if index < 0:
            return -1
        if isinstance(self._order, range):
            return self._place(index)
        if self._row_of is None:
            self._row_of = {index: place for place, index in enumerate(self._order)}
        place = self._row_of.get(index, -1)
        return place if place < 0 else self._place(place)

    def neighbours(self, path: bytes, step: int, *, ahead: int = 3, behind: int = 1) -> list[bytes]:
        """Return the photos next to *path*, the most probable next one first.

        Args:
            path: Where we are.
            step: 1: the user goes forward; -1: backward.
            ahead: How many in the direction of travel.
            behind: How many the other way.
        """
        row = self.row(path)
        if row < 0:
            return []
        offsets = [step, *(-step * far for far in range(1, behind + 1))]
        offsets += [step * far for far in range(2, ahead + 1)]
        return [self.path(row + far) for far in offsets if 0 <= row + far < len(self)]

    # ------------------------------------------------------------ asking

    def open(self, folder: bytes) -> None:
        """Open *folder* (absolute), which may be the open one, to read it anew."""
        self._close()
        self._folder = folder
        self._prefix = os.path.join(folder, b"")
        self._shelf = Shelf()
        self._anew = None
        self._put_in_order()
        self.folder_changed.emit()
        self.rows_changed.emit()
        self._set_state("loading")
        if self._client.is_connected:
            self._ask()

    def set_sort(self, column: str, *, backwards: bool) -> None:
        """Sort by *column* (one of :data:`SORTS`)."""
        self._sort, self._backwards = column, backwards
        self._show_order()

    def set_filter(self, text: str) -> None:
        """Show only photos whose names contain *text*, in any case."""
        self._filter = text.strip().casefold()
        self._show_order()

    # ------------------------------------------------------------ hearing

    def _close(self) -> None:
        if self._listing_id and self._client.is_connected:
            self._client.send(FolderClose(listing_id=self._listing_id))
        self._listing_id += 1
        self._waiting.clear()

    def _ask(self) -> None:
        path = WirePath(self._folder)
        self._client.send(FolderOpen(path=path, listing_id=self._listing_id), self._on_answer)

    def _open_again(self) -> None:
        if self._folder:
            self._listing_id += 1
            self._waiting.clear()
            self._anew = [] if len(self._shelf) else None
            self._ask()

    def _on_answer(self, message: Message, _blob: bytes) -> None:
        if isinstance(message, FolderChunk) and message.listing_id == self._listing_id:
            self._queue(message)
        elif isinstance(message, Failed) and message.error.kind != ErrorKind.DAEMON_UNAVAILABLE:
            self.error = message.error
            self._set_state("failed")

    def _on_replied(self, message: object, _blob: bytes) -> None:
        if isinstance(message, FolderDelta) and message.listing_id == self._listing_id:
            self._queue(message)

    def _queue(self, message: FolderChunk | FolderDelta) -> None:
        self._waiting.append(message)
        if not self._turn.isActive():
            self._turn.start()
            if len(self._waiting) == 1:
                self._take_next()

    def _take_next(self) -> None:
        if not self._waiting:
            return
        message = self._waiting.popleft()
        if isinstance(message, FolderChunk):
            self._take_chunk(message)
        else:
            self._take_delta(message)
        if self._waiting:
            self._turn.start()

    def _take_chunk(self, chunk: FolderChunk) -> None:
        if self._anew is None:
            self._shelf.add(chunk.entries)
            if chunk.entries:
                self._show_order()
        else:
            self._anew.extend(chunk.entries)
            if chunk.last:
                self._replace(self._anew)
                self._anew = None
        if chunk.last:
            self._set_state("ready")

    def _replace(self, entries: Iterable[PhotoEntry]) -> None:
        """The folder was read anew: tell what is different from what was known."""
        before = {entry.name: entry for entry in self._shelf.entries}
        after = {entry.name: entry for entry in entries}
        self._shelf = Shelf()
        self._shelf.add(after.values())
        self._show_order()
        changed = [name for name in before if name in after and before[name] != after[name]]
        self._tell(changed, before.keys() - after.keys())

    def _take_delta(self, delta: FolderDelta) -> None:
        if delta.gone:
            removed: Iterable[bytes] = [entry.name for entry in self._shelf.entries]
            self._shelf = Shelf()
        else:
            removed = delta.removed
            self._shelf.remove(delta.removed)
            self._shelf.add((*delta.added, *delta.changed))
        self._show_order()
        self._tell([entry.name for entry in delta.changed], removed)
        self._set_state("gone" if delta.gone else "ready")

    def _tell(self, changed: Iterable[bytes], removed: Iterable[bytes]) -> None:
        for names, signal in ((changed, self.photos_changed), (removed, self.photos_removed)):
            paths = tuple(self._prefix + name for name in names)
            if paths:
                signal.emit(paths)

    def _set_state(self, state: str) -> None:
        if state != "failed":
            self.error = None
        if state != self.state or state == "failed":
            self.state = state
            self.state_changed.emit()

    # ------------------------------------------------------------ order

    def _place(self, row: int) -> int:
        return len(self._order) - 1 - row if self._backwards else row

    def _show_order(self) -> None:
        self._put_in_order()
        self.rows_changed.emit()

    def _put_in_order(self) -> None:
        """Work out which photos are shown, and where."""
        order: Sequence[int] = self._sorted()
        if self._filter:
            text, folded = self._filter, self._shelf.folded
            order = [index for index in order if text in folded[index]]
        self._order = order
        self._row_of = None

    def _sorted(self) -> Sequence[int]:
        """Return the order of the column; equal ones keep the natural order of their names."""
        entries, folded = self._shelf.entries, self._shelf.folded
        everything = range(len(self._shelf))
        match self._sort:
            case "modified":
                return sorted(everything, key=lambda index: entries[index].mtime_ns)
            case "size":
                return sorted(everything, key=lambda index: entries[index].size_bytes)
            case "type":
                return sorted(everything, key=lambda index: folded[index].rpartition(".")[2])
            case _:
                return everything
