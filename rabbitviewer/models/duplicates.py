"""The search for duplicates, and what the user wants to keep of each group."""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterable, Sequence

from PySide6.QtCore import QObject, QThreadPool, Signal

from daemon.protocol import messages
from daemon.protocol.errors import ErrorInfo, ErrorKind
from daemon.protocol.values import DuplicateGroup, PathFailure
from rabbitviewer.ipc.client import DaemonClient
from rabbitviewer.models.path_parts import path_parts


class Group:
    """Photos that are the same or nearly so, the best first.

    Attributes:
        paths: The photos.
        exact: They have the same content, byte for byte.
        sharpness: Their figures by path, 1 for the sharpest of the group.
        kept: Those that stay.
    """

    def __init__(self, found: DuplicateGroup) -> None:
        self.paths: list[bytes] = list(found.paths)
        self.exact = found.exact
        most = max(found.sharpness, default=0.0)
        figures = zip(found.paths, found.sharpness, strict=False)
        self.sharpness = {path: figure / most for path, figure in figures} if most > 0 else {}
        self.kept = {self.paths[0]} if self.paths else set[bytes]()

    @property
    def best(self) -> bytes:
        """The photo that the search thinks is the best one."""
        return self.paths[0]

    def others(self) -> list[bytes]:
        """Return those that do not stay; none while nothing would be left."""
        return [path for path in self.paths if path not in self.kept] if self.kept else []


class DuplicatesModel(QObject):
    """One search at a time, its groups, and the choice among them.

    Attributes:
        groups: What was found.
        found: How many groups the last search found.
        failed: Photos that could not be looked at.
        error: Why the last search found nothing; None: it did not fail.
        sizes: Bytes of the files, once they are known.

    Signals:
        progressed: how far the search is (done, total).
        ended: the search ended, or was stopped.
        groups_changed: groups or choices are others.
    """

    progressed = Signal(int, int)
    ended = Signal()
    groups_changed = Signal()
    _measured = Signal(object)

    def __init__(self, client: DaemonClient, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.groups: list[Group] = []
        self.found = 0
        self.failed: tuple[PathFailure, ...] = ()
        self.error: ErrorInfo | None = None
        self.sizes: dict[bytes, int] = {}
        self._client = client
        self._asked = 0
        self._searched = False
        client.replied.connect(self._on_replied)
        self._measured.connect(self._on_measured)

    @property
    def is_searching(self) -> bool:
        """Whether a search is under way."""
        return self._asked != 0

    @property
    def has_searched(self) -> bool:
        """Whether a search came to its end."""
        return self._searched

    # ------------------------------------------------------------ searching

    def search(
        self,
        folder: bytes,
        paths: Sequence[bytes] = (),
        *,
        recursive: bool = False,
        distance: int = 6,
    ) -> None:
        """Search *folder*, or among *paths* where there are some."""
        self.stop()
        self.groups, self.failed, self.error, self._searched = [], (), None, False
        first = next(path_parts(paths), ())
        request = messages.DuplicatesRequest(
            paths=first,
            folder=messages.WirePath(b"" if first else folder),
            recursive=recursive,
            distance=distance,
        )
        self._asked = self._client.send(request, self._on_answer)
        self.groups_changed.emit()
        self.progressed.emit(0, 0)

    def stop(self) -> None:
        """Give up the search that is under way."""
        if self._asked:
            asked, self._asked = self._asked, 0
            if self._client.is_connected:
                self._client.send(messages.CancelRequests(request_ids=(asked,)))
            self.ended.emit()

    def _on_answer(self, message: messages.Message, _blob: bytes) -> None:
        if message.request_id != self._asked:
            return
        if isinstance(message, messages.Duplicates):
            self._asked, self._searched = 0, True
            self.groups = [Group(found) for found in message.groups if len(found.paths) > 1]
            self.found = len(self.groups)
            self.failed = message.failed
            self._measure()
        elif isinstance(message, messages.Failed):
            self._asked = 0
            self.error = message.error if message.error.kind != ErrorKind.CANCELLED else None
        else:
            return
        self.groups_changed.emit()
        self.ended.emit()

    def _on_replied(self, message: object, _blob: bytes) -> None:
        if isinstance(message, messages.FileWorkProgress) and message.work_id == self._asked:
            self.progressed.emit(message.done, message.total)

    def _measure(self) -> None:
        """Ask for the sizes of the files in a thread: their drive may sleep."""
        paths = [path for group in self.groups for path in group.paths]
        QThreadPool.globalInstance().start(lambda: self._measured.emit(_sizes_of(paths)))

    def _on_measured(self, sizes: dict[bytes, int]) -> None:
        self.sizes = sizes
        self.groups_changed.emit()

    # ------------------------------------------------------------ choosing

    def toggle(self, number: int, path: bytes) -> None:
        """Let *path* of a group stay, or not."""
        self.groups[number].kept ^= {path}
        self.groups_changed.emit()

    def keep_only(self, number: int, path: bytes) -> None:
        """Let *path* alone of its group stay."""
        self.groups[number].kept = {path}
        self.groups_changed.emit()

    def keep_best(self) -> None:
        """Let the best of every group stay."""
        for group in self.groups:
            group.kept = {group.best}
        self.groups_changed.emit()

    def others(self) -> list[bytes]:
        """Return every photo that does not stay."""
        return [path for group in self.groups for path in group.others()]

    def drop(self, paths: Iterable[bytes]) -> None:
        """These files are gone; groups of which one is left are none."""
        gone = set(paths)
        if not any(path in gone for group in self.groups for path in group.paths):
            return
        for group in self.groups:
            group.paths = [path for path in group.paths if path not in gone]
            group.kept -= gone
        self.groups = [group for group in self.groups if len(group.paths) > 1]
        self.groups_changed.emit()

    def reject_others(self) -> int:
        """Put the reject flag on what does not stay; return on how many."""
        others, batch = self.others(), uuid.uuid4().hex
        for chunk in path_parts(others):
            self._client.send(messages.SetMarks(paths=chunk, flag="reject", batch=batch))
        return len(others)


def _sizes_of(paths: Sequence[bytes]) -> dict[bytes, int]:
    sizes: dict[bytes, int] = {}
    for path in paths:
        try:
            sizes[path] = os.stat(path).st_size
        except OSError:
            continue
    return sizes
