"""The photos of what is open, in the order and through the filter the user chose."""

from __future__ import annotations

import os
import time
from array import array
from collections import deque
from collections.abc import Iterable, Sequence

from PySide6.QtCore import QObject, QTimer, Signal

from daemon.protocol.errors import ErrorInfo, ErrorKind
from daemon.protocol.messages import (
    Failed,
    FolderChunk,
    FolderClose,
    FolderDelta,
    FolderOpen,
    ListingArranged,
    ListingMarks,
    Message,
    WirePath,
)
from daemon.protocol.values import PhotoEntry, PhotoFilter
from rabbitviewer.ipc.client import DaemonClient
from rabbitviewer.models.arranging import SORTS, Arranging, as_filter
from rabbitviewer.models.rows import Rows
from rabbitviewer.models.shelf import FLAGS, LABELS, ChosenPaths, Shelf

__all__ = ["FLAGS", "LABELS", "SORTS", "ListingModel"]

_TURN_S = 0.006
_ANNOUNCE_S = 0.15
_MARKS_PIECE_BYTES = 8 * 20_000


class ListingModel(Rows):
    """One folder (or collection, or search), followed live.

    Pieces of a large folder are taken in a few milliseconds at a time, so that the window keeps
    painting.

    Attributes:
        state: none | loading | ready | offline | gone | failed.
        error: Why the state is ``failed``.

    Signals:
        folder_changed: another folder is open, or the same one anew.
        rows_changed: photos came, went, or stand in another order.
        photos_changed: files changed or came back (tuple of paths); what is known of them is old.
        photos_removed: files are gone (tuple of paths).
        marks_changed: cells show other marks.
        ids_changed: the same photos have other ids (the shelf they had, the one they have).
        state_changed: ``state`` is another one.
    """

    folder_changed = Signal()
    rows_changed = Signal()
    photos_changed = Signal(object)
    photos_removed = Signal(object)
    marks_changed = Signal()
    ids_changed = Signal(object, object)
    state_changed = Signal()

    def __init__(self, client: DaemonClient, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.state = "none"
        self.error: ErrorInfo | None = None
        self._client = client
        self._request: FolderOpen | None = None
        self._recursive = False
        self._pairs = False
        self._listing_id = 0
        self._anew: list[PhotoEntry] | None = None
        self._arranging = Arranging(client, self._queue_arranged)
        self._waiting: deque[tuple[Message, bytes]] = deque()
        self._is_whole = False
        self._unannounced = False
        self._announced_s = 0.0
        self._turn = QTimer(self, singleShot=True, interval=0)
        self._turn.timeout.connect(self._take_next)
        client.connected.connect(self._open_again)
        client.replied.connect(self._on_replied)

    # ------------------------------------------------------------ what is open

    @property
    def folder(self) -> bytes:
        """The open folder; empty: none, or a collection or a search."""
        return bytes(self._request.path) if self._request is not None else b""

    @property
    def collection(self) -> str:
        """The open collection; empty: none."""
        return self._request.collection if self._request is not None else ""

    @property
    def search(self) -> str:
        """The open search over all folders; empty: none."""
        return self._request.search if self._request is not None else ""

    @property
    def listing_id(self) -> int:
        """The number under which the daemon knows the listing."""
        return self._listing_id

    @property
    def recursive(self) -> bool:
        """Whether folders are opened with all their subfolders."""
        return self._recursive

    @property
    def pairs(self) -> bool:
        """Whether a RAW file and its JPEG are one photo."""
        return self._pairs

    @property
    def total(self) -> int:
        """How many photos there are, whatever the filter."""
        return len(self._shelf)

    @property
    def sort(self) -> tuple[str, bool]:
        """The column sorted by (one of :data:`SORTS`), and whether backwards."""
        return self._arranging.sort, self._arranging.backwards

    @property
    def filter(self) -> str:
        """What names must contain."""
        return self._arranging.filter.text

    @property
    def photo_filter(self) -> PhotoFilter:
        """What photos must be like."""
        return self._arranging.filter

    # ------------------------------------------------------------ asking

    def open(self, folder: bytes) -> None:
        """Open *folder* (absolute), which may be the open one, to read it anew."""
        self._open(FolderOpen(path=WirePath(folder), listing_id=0), os.path.join(folder, b""))

    def open_collection(self, name: str) -> None:
        """Show what a saved collection holds."""
        self._open(FolderOpen(path=WirePath(b""), listing_id=0, collection=name), b"/")

    def open_search(self, text: str) -> None:
        """Show in which photos of all known folders *text* is found."""
        self._open(FolderOpen(path=WirePath(b""), listing_id=0, search=text), b"/")

    def refresh(self) -> None:
        """Read what is open anew."""
        if self._request is not None:
            self._open(self._request, self._prefix)

    def set_recursive(self, recursive: bool) -> None:
        """Show folders with all their subfolders."""
        if recursive != self._recursive:
            self._recursive = recursive
            if self.folder:
                self.refresh()

    def set_pairs(self, pairs: bool) -> None:
        """Show a RAW file and its JPEG as one photo."""
        if pairs != self._pairs:
            self._pairs = pairs
            if self.folder:
                self.refresh()

    def set_sort(self, column: str, *, backwards: bool) -> None:
        """Sort by *column* (one of :data:`SORTS`)."""
        if column in SORTS and (column, backwards) != self.sort:
            self._arranging.sort, self._arranging.backwards = column, backwards
            self._arrange_anew()

    def set_filter(self, wanted: PhotoFilter | str) -> None:
        """Show only photos that are as *wanted*; words are looked for in names and elsewhere."""
        wanted = as_filter(wanted)
        if wanted != self._arranging.filter:
            self._arranging.filter = wanted
            self._arrange_anew()

    def show_marks(
        self,
        paths: Sequence[bytes],
        rating: int | None = None,
        label: str | None = None,
        flag: str | None = None,
    ) -> None:
        """Show other marks of *paths* at once, before they are on disk; None leaves one alone."""
        shelf = self._shelf
        lazy = isinstance(paths, ChosenPaths) and paths.shelf is shelf
        ids = paths.ids if lazy and isinstance(paths, ChosenPaths) else map(self._id_of, paths)
        changed = False
        for photo_id in ids:
            if photo_id < 0:
                continue
            marks = before = shelf.marks(photo_id)
            if rating is not None:
                marks = marks._replace(rating=rating)
            if label is not None:
                marks = marks._replace(label=LABELS.index(label) if label in LABELS else 0)
            if flag is not None:
                marks = marks._replace(flag=FLAGS.index(flag) if flag in FLAGS else 0)
            if marks != before:
                shelf.set_marks(photo_id, marks)
                changed = True
        if changed:
            self.marks_changed.emit()

    # ------------------------------------------------------------ hearing

    def _open(self, request: FolderOpen, prefix: bytes) -> None:
        self._close()
        self._request = request
        self._prefix = prefix
        self._shelf = Shelf()
        self._anew = None
        self._is_whole = False
        self._unannounced = False
        self._announced_s = 0.0
        self._arranging.begin()
        self._put_in_order()
        self.folder_changed.emit()
        self.rows_changed.emit()
        self._set_state("loading")
        if self._client.is_connected:
            self._ask(request)

    def _close(self) -> None:
        if self._listing_id and self._client.is_connected:
            self._client.send(FolderClose(listing_id=self._listing_id))
        self._listing_id += 1
        self._waiting.clear()

    def _ask(self, request: FolderOpen) -> None:
        asked = FolderOpen(
            path=request.path,
            listing_id=self._listing_id,
            recursive=self._recursive and bool(request.path),
            pairs=self._pairs,
            collection=request.collection,
            search=request.search,
        )
        self._client.send(asked, self._on_answer)
        self._arranging.ask(self._listing_id)

    def _open_again(self) -> None:
        if self._request is not None:
            self._listing_id += 1
            self._waiting.clear()
            self._anew = [] if len(self._shelf) else None
            self._ask(self._request)

    def _on_answer(self, message: Message, blob: bytes) -> None:
        if isinstance(message, FolderChunk) and message.listing_id == self._listing_id:
            self._queue(message, blob)
        elif isinstance(message, Failed) and message.error.kind != ErrorKind.DAEMON_UNAVAILABLE:
            self.error = message.error
            self._set_state("failed")

    def _on_replied(self, message: object, blob: bytes) -> None:
        if isinstance(message, FolderDelta) and message.listing_id == self._listing_id:
            self._queue(message, blob)
        elif isinstance(message, ListingMarks) and message.listing_id == self._listing_id:
            for start in range(0, len(blob), _MARKS_PIECE_BYTES):
                self._queue(message, blob[start : start + _MARKS_PIECE_BYTES])
        elif isinstance(message, ListingArranged) and not message.request_id:
            self._arranging.hear(message, blob)

    def _queue_arranged(self, blob: bytes) -> None:
        self._queue(ListingArranged(listing_id=self._listing_id, count=len(blob) // 4), blob)

    def _queue(self, message: Message, blob: bytes) -> None:
        self._waiting.append((message, blob))
        if not self._turn.isActive():
            self._turn.start()
            if len(self._waiting) == 1:
                self._take_next()

    def _take_next(self) -> None:
        """Take in what waits, for a few milliseconds."""
        began_s = time.perf_counter()
        while self._waiting:
            message, blob = self._waiting.popleft()
            match message:
                case FolderChunk():
                    self._take_chunk(message)
                case FolderDelta():
                    self._take_delta(message)
                case ListingMarks():
                    if self._shelf.take_marks(blob):
                        self.marks_changed.emit()
                case _:
                    self._arranging.take(blob)
                    self._show_order()
            if time.perf_counter() - began_s > _TURN_S:
                break
        if self._waiting:
            self._turn.start()

    def _take_chunk(self, chunk: FolderChunk) -> None:
        if self._anew is None:
            self._shelf.add(chunk.entries)
            self._arranging.names_changed()
            now_s = time.monotonic()
            self._unannounced = self._unannounced or bool(chunk.entries)
            wait_s = now_s - self._announced_s
            if self._unannounced and (chunk.last or wait_s > _ANNOUNCE_S):
                self._show_order()
                self._announced_s = now_s
                self._unannounced = False
        else:
            self._anew.extend(chunk.entries)
            if chunk.last:
                self._replace(self._anew)
                self._anew = None
        if chunk.last:
            self._is_whole = True
            self._set_state("ready")

    def _replace(self, entries: Sequence[PhotoEntry]) -> None:
        """The folder was read anew: tell what is different from what was known."""
        before, after = self._shelf, Shelf()
        after.add(entries)
        changed: list[bytes] = []
        removed: list[bytes] = []
        for photo_id in before.order:
            name = before.names[photo_id]
            now = after.id_of(name)
            if now < 0:
                removed.append(name)
                continue
            after.set_marks(now, before.marks(photo_id))
            if after.sizes[now] >= 0 and before.entry(photo_id) != after.entry(now):
                changed.append(name)
        self._shelf = after
        self.ids_changed.emit(before, after)
        self._arranging.begin()
        self._rows = array("I")
        self._show_order()
        self._tell(changed, removed)

    def _take_delta(self, delta: FolderDelta) -> None:
        shelf = self._shelf
        if delta.offline:
            self._set_state("offline")
            return
        removed: Iterable[bytes] = delta.removed
        if delta.gone:
            removed = [shelf.names[each] for each in shelf.order]
        count = len(shelf)
        changed = [entry.name for entry in delta.changed if shelf.change(entry)]
        shelf.remove(removed)
        shelf.add(delta.added)
        if delta.added or delta.removed or delta.gone or count != len(shelf):
            self._arranging.names_changed()
            self._show_order()
        elif changed:
            self.rows_changed.emit()
        came = (entry.name for entry in delta.added)
        self._tell([*changed, *came], removed)
        if delta.gone:
            self._set_state("gone")
        elif self.state in ("offline", "gone"):
            self._set_state("ready" if self._is_whole else "loading")

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

    def _arrange_anew(self) -> None:
        self._arranging.asked_anew()
        if self._request is not None:
            self._arranging.ask(self._listing_id)
        self._show_order()

    def _show_order(self) -> None:
        self._put_in_order()
        self.rows_changed.emit()

    def _put_in_order(self) -> None:
        """Work out which photos are shown, and where."""
        self._rows, self._reversed = self._arranging.ids(self._shelf, self._rows)
        self._row_of = None
