"""Writes the marks of a handful of photos of one folder: journalled first, then put on the disk."""

from __future__ import annotations

import errno
import os
import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from daemon.library.marks_aside import AsideMarks
from daemon.protocol.errors import ErrorInfo, RabbitError
from daemon.protocol.values import PathFailure, PhotoMarks
from daemon.sidecars import (
    ChangedMeanwhileError,
    MarksChange,
    Said,
    SidecarWrite,
    always_changing,
    commit,
    plan_marks,
    read_marks,
    settle,
    unwritable,
)
from daemon.storage.journal import JournalStep, SidecarWritten, digest_of

_ATTEMPTS = 5
_DATA_FOLDER = b"in the data folder"
_READ_ONLY = (errno.EROFS, errno.EACCES, errno.EPERM)


@dataclass(slots=True)
class Written:
    """What came of it."""

    marks: list[PhotoMarks] = field(default_factory=list[PhotoMarks])
    failed: list[PathFailure] = field(default_factory=list[PathFailure])


class MarksWriter:
    """Carries one change out, piece by piece; for threads."""

    def __init__(
        self, change: MarksChange, step: JournalStep, aside: AsideMarks, *, naming: str
    ) -> None:
        self._change = change
        self._step = step
        self._aside = aside
        self._naming = naming
        self._aside_lock = threading.Lock()

    def write(self, paths: Sequence[bytes]) -> Written:
        """Write the sidecars of *paths*, which lie in one folder; blocks."""
        written = Written()
        waiting = list(paths)
        read_only: list[PhotoMarks] = []
        for _ in range(_ATTEMPTS):
            waiting = self._attempt(waiting, written, read_only)
            if not waiting:
                break
        written.failed += [PathFailure(path, always_changing(path).info) for path in waiting]
        if read_only:
            self._write_aside(os.path.dirname(read_only[0].path), read_only, written)
        settle(os.path.dirname(paths[0]))
        return written

    def _attempt(
        self, paths: Iterable[bytes], written: Written, read_only: list[PhotoMarks]
    ) -> list[bytes]:
        """Return the photos whose sidecars another program wrote in between."""
        planned, later = self._planned(paths, written)
        if not planned:
            return later
        first = self._step.note_now([_record(write) for write, _ in planned])
        untrue: list[int] = []
        for place, (write, marks) in enumerate(planned, first):
            try:
                commit(write, settled=False)
            except (ChangedMeanwhileError, OSError, RabbitError) as error:
                untrue.append(place)
                if isinstance(error, ChangedMeanwhileError):
                    later.append(marks.path)
                elif isinstance(error, OSError) and error.errno in _READ_ONLY:
                    read_only.append(marks)
                else:
                    self._fail([marks], error, written, write.path)
            else:
                written.marks.append(marks)
        self._step.retract_now(untrue)
        return later

    def _planned(
        self, paths: Iterable[bytes], written: Written
    ) -> tuple[list[tuple[SidecarWrite, PhotoMarks]], list[bytes]]:
        """Return what is to be written, and the photos that have to wait for it."""
        planned: dict[bytes, tuple[SidecarWrite, PhotoMarks]] = {}
        later: list[bytes] = []
        for path in paths:
            try:
                write, marks = plan_marks(
                    path, self._change, naming=self._naming, said=self._said_aside(path)
                )
            except RabbitError as error:
                written.failed.append(PathFailure(path, error.info))
                continue
            if write.path in planned:  # the sidecar is shared: it is read again after this one
                later.append(path)
            elif write.changes:
                planned[write.path] = (write, marks)
            else:
                written.marks.append(marks)
        return list(planned.values()), later

    def _said_aside(self, path: bytes) -> Said | None:
        """Return what stands in the data folder of a photo, if that is the newest."""
        if not self._aside.said(path):
            return None
        marks = self._aside.over(read_marks(path))
        return Said(marks.rating, marks.label, marks.flag, marks.title, marks.keywords)

    def _write_aside(self, folder: bytes, marks: list[PhotoMarks], written: Written) -> None:
        """The folder cannot be written: keep what is said in the data folder."""
        news = [
            (one.path, Said(one.rating, one.label, one.flag, one.title, one.keywords))
            for one in marks
        ]
        with self._aside_lock:
            try:
                planned = self._aside.plan(folder, news)
                place = self._step.note_now([_record(planned)])
            except (OSError, RabbitError) as error:
                self._fail(marks, error, written, _DATA_FOLDER)
                return
            try:
                self._aside.write(planned)
            except (OSError, ChangedMeanwhileError, RabbitError) as error:
                self._step.retract_now([place])
                self._fail(marks, error, written, _DATA_FOLDER)
                return
        written.marks += [
            PhotoMarks(
                path=one.path,
                rating=one.rating,
                label=one.label,
                flag=one.flag,
                title=one.title,
                keywords=one.keywords,
            )
            for one in marks
        ]

    def _fail(
        self, marks: list[PhotoMarks], error: Exception, written: Written, place: bytes
    ) -> None:
        if isinstance(error, RabbitError):
            info: ErrorInfo = error.info
        elif isinstance(error, OSError):
            info = unwritable(place, error).info
        else:
            info = always_changing(marks[0].path).info
        written.failed += [PathFailure(one.path, info) for one in marks]


def _record(write: SidecarWrite) -> SidecarWritten:
    return SidecarWritten(write.path, write.before, digest_of(write.after))
