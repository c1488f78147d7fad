"""Work on files as the window knows it: what was asked for, how far it is, what came of it."""

from __future__ import annotations

import dataclasses
import uuid
from collections import deque
from collections.abc import Callable, Sequence

import msgspec
from PySide6.QtCore import QObject, Signal

from daemon.protocol import messages
from daemon.protocol.errors import ErrorInfo, ErrorKind
from daemon.protocol.values import PathFailure
from rabbitviewer.ipc.client import DaemonClient
from rabbitviewer.models.path_parts import path_parts


@dataclasses.dataclass(frozen=True)
class Progress:
    """How far one piece of work is.

    Attributes:
        number: Which work.
        kind: As in :class:`Outcome`.
        done: Photos that are dealt with.
        total: Of how many; 0: not known yet.
        path: The file at hand; empty: none named.
        done_bytes: Bytes that are copied.
        total_bytes: Of how many; 0: nothing is copied, or it is not known.
    """

    number: int
    kind: str
    done: int = 0
    total: int = 0
    path: bytes = b""
    done_bytes: int = 0
    total_bytes: int = 0


@dataclasses.dataclass(frozen=True)
class Outcome:
    """What came of one piece of work.

    Attributes:
        number: Which work.
        kind: copy | move | rename | trash | delete | rotate | ingest | undo | redo.
        paths: The photos that were asked for; empty for ingest, undo and redo.
        done: How many photos it was done to.
        moved: Old and new path of every file that has one.
        failed: What could not be done.
        cancelled: It was stopped on the way.
        can_undo: The journal holds it.
        error: Why nothing, or nothing more, was done.
        folder: Where the photos went (copy, move, ingest).
        title: What was undone or done again, in the journal's words.
    """

    number: int
    kind: str
    paths: tuple[bytes, ...] = ()
    done: int = 0
    moved: tuple[tuple[bytes, bytes], ...] = ()
    failed: tuple[PathFailure, ...] = ()
    cancelled: bool = False
    can_undo: bool = True
    error: ErrorInfo | None = None
    folder: bytes = b""
    title: str = ""


class _Work:
    """One piece of work: its requests, sent one after the other, and what they gave so far."""

    def __init__(self, number: int, kind: str, requests: Sequence[messages.Message]) -> None:
        self.number = number
        self.kind = kind
        self.waiting = deque(requests)
        self.paths: tuple[bytes, ...] = tuple(
            bytes(path) for request in requests for path in _paths_of(request)
        )
        self.folder = b""
        self.title = ""
        self.work_id = 0
        self.part = 0
        self.before = 0
        self.done = 0
        self.total = len(self.paths)
        self.path = b""
        self.bytes_done: tuple[int, int] = (0, 0)
        self.moved: list[tuple[bytes, bytes]] = []
        self.failed: list[PathFailure] = []
        self.cancelled = False
        self.can_undo = True
        self.error: ErrorInfo | None = None

    def progress(self) -> Progress:
        return Progress(
            self.number,
            self.kind,
            self.before + self.done,
            self.total,
            self.path,
            *self.bytes_done,
        )

    def outcome(self) -> Outcome:
        asked = set(self.paths)
        came_true = {old for old, _new in self.moved}
        failed = sum(each.path in asked for each in self.failed) if asked else len(self.failed)
        if asked and not self.cancelled and self.error is None:
            done = len(asked) - failed
        elif self.moved:
            done = len(asked & came_true) if asked else len(came_true)
        else:
            reached = self.before + self.done
            done = (min(reached, len(asked)) if asked else reached) - failed
        return Outcome(
            self.number,
            self.kind,
            self.paths,
            max(done, 0),
            tuple(self.moved),
            tuple(self.failed),
            self.cancelled,
            self.can_undo,
            self.error,
            self.folder,
            self.title,
        )


class FileWork(QObject):
    """Asks the daemon for work on files and follows it to its end.

    More paths than a message holds are sent in several with one batch: one step of undo.

    Attributes:
        journal: What undo and redo would do, in words; empty: nothing.

    Signals:
        progressed: work began or went on (:class:`Progress`).
        ended: work ended, well or not (:class:`Outcome`).
        journal_changed: ``journal`` is another one.
    """

    progressed = Signal(object)
    ended = Signal(object)
    journal_changed = Signal()

    def __init__(self, client: DaemonClient, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.journal = messages.Journal()
        self._client = client
        self._last_number = 0
        self._running: dict[int, _Work] = {}
        client.connected.connect(self._ask_journal)
        client.disconnected.connect(self._on_disconnected)
        client.replied.connect(self._on_replied)
        if client.is_connected:
            self._ask_journal()

    @property
    def undo_title(self) -> str:
        """What undo would do, as it stands inside a sentence; empty: nothing."""
        return _inside(self.journal.undo)

    @property
    def redo_title(self) -> str:
        """What redo would do."""
        return _inside(self.journal.redo)

    # ------------------------------------------------------------ asking

    def copy(self, paths: Sequence[bytes], folder: bytes, *, move: bool = False) -> int:
        """Copy or move photos into *folder*; return the number of the work."""
        batch = _new_batch()
        requests = [
            messages.CopyPhotos(
                paths=chunk, folder=messages.WirePath(folder), move=move, batch=batch
            )
            for chunk in path_parts(paths)
        ]
        return self._start("move" if move else "copy", requests, folder=folder)

    def rename(self, paths: Sequence[bytes], pattern: str, start: int = 1) -> int:
        """Rename photos by *pattern*, counting from *start*."""
        batch, requests, number = _new_batch(), list[messages.Message](), start
        for chunk in path_parts(paths):
            requests.append(
                messages.RenameRequest(paths=chunk, pattern=pattern, start=number, batch=batch)
            )
            number += len(chunk)
        return self._start("rename", requests)

    def plan_rename(
        self,
        paths: Sequence[bytes],
        pattern: str,
        start: int,
        answered: Callable[[messages.Message, bytes], None],
    ) -> int:
        """Ask what *pattern* would make of the names; at most one message full of them.

        Returns:
            The request's id; *answered* is called with a ``RenamePlan`` or ``Failed`` of that id.
        """
        first = next(iter(path_parts(paths)), ())
        request = messages.RenameRequest(
            paths=first, pattern=pattern, start=start, preview_only=True
        )
        return self._client.send(request, answered)

    def trash(self, paths: Sequence[bytes], *, permanently: bool = False) -> int:
        """Put photos into the trash, or delete them for good."""
        batch = _new_batch()
        requests = [
            messages.TrashPhotos(paths=chunk, permanently=permanently, batch=batch)
            for chunk in path_parts(paths)
        ]
        return self._start("delete" if permanently else "trash", requests)

    def rotate(self, paths: Sequence[bytes], turn: str) -> int:
        """Turn photos without loss: left | right | half | mirror | flip."""
        batch = _new_batch()
        requests = [
            messages.RotatePhotos(paths=chunk, turn=turn, batch=batch)
            for chunk in path_parts(paths)
        ]
        return self._start("rotate", requests)

    def ingest(self, request: messages.IngestRequest) -> int:
        """Copy a card's photos."""
        return self._start("ingest", [request], folder=bytes(request.folder))

    def undo(self) -> int:
        """Undo the newest step of the journal."""
        return self._start("undo", [messages.UndoRequest()], title=self.undo_title)

    def redo(self) -> int:
        """Do again what was undone last."""
        return self._start("redo", [messages.UndoRequest(redo=True)], title=self.redo_title)

    def cancel(self, number: int) -> None:
        """Stop work after the file it is at."""
        work = self._running.get(number)
        if work is None:
            return
        work.waiting.clear()
        work.cancelled = True
        if work.work_id:
            self._client.send(messages.FileWorkCancel(work_id=work.work_id))

    def running(self) -> list[Progress]:
        """Return how far all work is, the oldest first."""
        return [work.progress() for work in self._running.values()]

    # ------------------------------------------------------------ sending

    def _start(
        self,
        kind: str,
        requests: Sequence[messages.Message],
        *,
        folder: bytes = b"",
        title: str = "",
    ) -> int:
        self._last_number += 1
        work = _Work(self._last_number, kind, requests)
        work.folder, work.title = folder, title
        self._running[work.number] = work
        self._send_next(work)
        return work.number

    def _send_next(self, work: _Work) -> None:
        if not work.waiting:
            self._end(work)
            return
        request = work.waiting.popleft()
        work.work_id, work.done, work.part = 0, 0, len(_paths_of(request))
        self._client.send(request, lambda message, _blob: self._on_answer(work, message))

    def _end(self, work: _Work) -> None:
        if self._running.pop(work.number, None) is not None:
            self.ended.emit(work.outcome())

    def _ask_journal(self) -> None:
        self._client.send(messages.JournalRequest())

    # ------------------------------------------------------------ hearing

    def _on_answer(self, work: _Work, message: messages.Message) -> None:
        match message:
            case messages.FileWorkStarted():
                work.work_id = message.work_id
                self.progressed.emit(work.progress())
                if work.cancelled:
                    self._client.send(messages.FileWorkCancel(work_id=message.work_id))
            case messages.Failed():
                work.error = message.error
                self._end(work)
            case _:
                pass

    def _on_replied(self, message: object, _blob: bytes) -> None:
        match message:
            case messages.FileWorkProgress():
                work = self._by_work_id(message.work_id)
                if work is not None:
                    self._take_progress(work, message)
            case messages.FileWorkDone():
                work = self._by_work_id(message.work_id)
                if work is not None:
                    self._take_done(work, message)
            case messages.Journal():
                self._take_journal(message)
            case _:
                pass

    def _by_work_id(self, work_id: int) -> _Work | None:
        found = (work for work in self._running.values() if work.work_id == work_id)
        return next(found, None) if work_id else None

    def _take_progress(self, work: _Work, message: messages.FileWorkProgress) -> None:
        work.path = message.path
        work.bytes_done = (message.done_bytes, message.total_bytes)
        if work.paths and len(work.paths) > work.part:
            work.done = round(work.part * message.done / max(message.total, 1))
        else:
            work.done, work.total = message.done, message.total
        self.progressed.emit(work.progress())

    def _take_done(self, work: _Work, message: messages.FileWorkDone) -> None:
        work.moved += message.moved
        work.failed += message.failed
        work.can_undo = work.can_undo and message.can_undo
        work.cancelled = work.cancelled or message.cancelled
        work.error = message.error
        if message.error is not None or message.cancelled:
            work.waiting.clear()
        else:
            work.before, work.done = work.before + (work.part or work.done), 0
        self._send_next(work)

    def _take_journal(self, journal: messages.Journal) -> None:
        plain = msgspec.structs.replace(journal, request_id=0)
        if plain != self.journal:
            self.journal = plain
            self.journal_changed.emit()

    def _on_disconnected(self) -> None:
        for work in list(self._running.values()):
            work.waiting.clear()
            work.error = ErrorInfo(
                ErrorKind.DAEMON_UNAVAILABLE,
                self.tr("The daemon was lost while it worked on files."),
                self.tr("What was done is in the journal: look at the folder, then undo or go on."),
            )
            self._end(work)


def _inside(title: str) -> str:
    """Begin *title* small, unless it begins with a name."""
    return title[:1].lower() + title[1:] if title[1:2].islower() else title


def _new_batch() -> str:
    return uuid.uuid4().hex


def _paths_of(request: messages.Message) -> tuple[messages.WirePath, ...]:
    return getattr(request, "paths", ())
