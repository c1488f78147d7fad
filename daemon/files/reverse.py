"""Undoing a step of the journal, and doing it again: each record's opposite, newest first."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator, Sequence

from daemon.files.primitives import (
    make_folder,
    rename_without_replacing,
    sync_folder,
    sync_folders_of,
    write_file,
)
from daemon.files.transfer import make_copy, move_file, same_content
from daemon.files.trash import Trash, forget
from daemon.files.turning import TURNS, WriteTurned, turn_photos
from daemon.files.work import Work
from daemon.protocol.errors import ErrorKind, RabbitError
from daemon.storage.journal import (
    AnyRecord,
    Created,
    JournalStep,
    Moved,
    Removed,
    Restored,
    SidecarWritten,
    Trashed,
    Turned,
    digest_of,
)

_RECORDS_PER_NOTE = 128
_MENDABLE = {ErrorKind.UNREADABLE, ErrorKind.PERMISSION_DENIED, ErrorKind.DISK_FULL}


class Reversal:
    """Reverses the steps of one journal.

    Nothing of the user's is lost by it: a name that is taken, a photo that is gone and a sidecar
    that somebody has changed since stay as they are, and are named.
    """

    def __init__(self, trash: Trash, write_turned: WriteTurned) -> None:
        self._trash = trash
        self._write_turned = write_turned

    def run(self, work: Work, step: JournalStep) -> None:
        """Carry out the reversal *step* and end it, in the journal as well.

        A reversal that a killed daemon had begun is gone on with. A step of which nothing could be
        reversed stays when another try may help (the drive is
        not there), and is forgotten otherwise.
        """
        records = _left(step)
        work.total = len(records)
        turned = [record for record in records if isinstance(record, Turned)]
        for some in _runs([r for r in records if not isinstance(r, Turned)]):
            self._reverse(work, step, some)
        if turned:
            turns = [(record.path, TURNS[record.turn]) for record in turned]
            turn_photos(work, step, turns, self._write_turned)
        if step.records_now():
            step.commit_now()
        else:
            mendable = any(each.error.kind in _MENDABLE for each in work.failed)
            step.abandon_now(forget=not mendable)

    def _reverse(self, work: Work, step: JournalStep, records: Sequence[AnyRecord]) -> None:
        planned: list[AnyRecord] = []
        contents: dict[bytes, bytes | None] = {}
        for record in records:
            try:
                planned.append(self._opposite(record))
                if isinstance(record, SidecarWritten):
                    contents[record.path] = record.before
            except (OSError, RabbitError) as error:
                work.fail(path_of(record), "could not be put back", error)
                work.advance(path_of(record))
        place = step.note_now(planned)
        undone: list[int] = []
        changed: list[bytes] = []
        for number, opposite in enumerate(planned, place):
            path = path_of(opposite)
            try:
                carry_out(opposite, contents.get(path))
            except (OSError, RabbitError) as error:
                work.fail(path, "could not be put back", error)
                undone.append(number)
                if isinstance(opposite, Trashed):
                    forget(opposite.trashed)
            else:
                changed += paths_of(opposite)
                if isinstance(opposite, Moved):
                    work.moved(opposite.old, opposite.new)
                if isinstance(opposite, Restored):
                    forget(opposite.trashed)
            work.advance(path)
        sync_folders_of(changed)
        step.retract_now(undone)
        work.files_changed(changed)

    def _opposite(self, record: AnyRecord) -> AnyRecord:
        """Return what undoes *record*.

        Raises:
            OSError: it cannot be undone.
            RabbitError: the same, in words.
        """
        match record:
            case Moved():
                return Moved(record.new, record.old, record.unit, record.inode)
            case Trashed():
                return Restored(record.trashed, record.old, record.unit)
            case Restored():
                return Trashed(record.old, self._trash.place_for(record.old), record.unit)
            case Removed():
                return Created(record.path, source=record.source, unit=record.unit)
            case Created():
                return self._without_copy(record)
            case SidecarWritten():
                return _sidecar_back(record)
            case Turned():
                raise TypeError("turns are undone by turning")

    def _without_copy(self, record: Created) -> AnyRecord:
        """Return how a copy is taken away: into the trash, or deleted where nothing is lost."""
        try:
            return Trashed(record.path, self._trash.place_for(record.path), record.unit)
        except RabbitError:
            if not same_content(record.path, record.source):
                raise
            return Removed(record.path, record.source, record.unit)


def carry_out(record: AnyRecord, content: bytes | None = None) -> None:
    """Make *record*, which is noted, true.

    Args:
        record: What to do.
        content: What a sidecar will hold; None: it goes.

    Raises:
        OSError: it could not be done.
        RabbitError: the same, in words.
    """
    match record:
        case Moved():
            _check_there(record.old, record.new)
            make_folder(os.path.dirname(record.new))
            move_file(record.old, record.new)
        case Trashed():
            rename_without_replacing(record.old, record.trashed)
        case Restored():
            make_folder(os.path.dirname(record.old))
            move_file(record.trashed, record.old)
        case Created():
            make_folder(os.path.dirname(record.path))
            make_copy(record.source, record.path)
        case Removed():
            os.unlink(record.path)
        case SidecarWritten():
            if content is None:
                os.unlink(record.path)
                sync_folder(os.path.dirname(record.path))
            else:
                write_file(os.path.realpath(record.path), content)
        case Turned():
            raise TypeError("a worker turns photos")


def path_of(record: AnyRecord) -> bytes:
    """Return the file that *record* is about, under the name the user knows."""
    match record:
        case Moved():
            return record.new
        case Trashed() | Restored():
            return record.old
        case _:
            return record.path


def paths_of(record: AnyRecord) -> tuple[bytes, ...]:
    """Return the paths at which something is another than before."""
    return (record.old, record.new) if isinstance(record, Moved) else (path_of(record),)


def sidecar_content(path: bytes) -> bytes | None:
    """Return what a sidecar holds; None: there is none.

    Raises:
        OSError: it cannot be read.
    """
    try:
        with open(path, "rb") as file:
            return file.read()
    except FileNotFoundError:
        return None


def _sidecar_back(record: SidecarWritten) -> SidecarWritten:
    now = sidecar_content(record.path)
    if (digest_of(now) if now is not None else b"") != record.after_digest:
        raise RabbitError(
            ErrorKind.OUTPUT_REFUSED,
            f"{os.fsdecode(record.path)} was not put back: another program has changed it since.",
            "Change the photo's rating, label or keywords by hand.",
        )
    return SidecarWritten(
        record.path, now, digest_of(record.before) if record.before is not None else b""
    )


def _check_there(path: bytes, old: bytes) -> None:
    """Say which file is missing, and not only the name that it was to have.

    Raises:
        RabbitError: ``not_found``.
    """
    if not os.path.lexists(path):
        raise RabbitError(
            ErrorKind.NOT_FOUND,
            f"{os.fsdecode(old)} was not put back: {os.fsdecode(path)} is not there.",
            "It was moved or deleted since.",
        )


def _runs(records: Sequence[AnyRecord]) -> Iterator[list[AnyRecord]]:
    """Yield records in pieces in which no content is changed twice: each sees what the others did.

    Moves may follow each other within a piece: what undoes them does not depend on the files.
    """
    some: list[AnyRecord] = []
    paths: set[bytes] = set()
    for record in records:
        touched = set(paths_of(record))
        again = not isinstance(record, Moved) and bool(touched & paths)
        if some and (again or len(some) >= _RECORDS_PER_NOTE):
            yield some
            some, paths = [], set()
        some.append(record)
        paths |= touched
    if some:
        yield some


def _left(step: JournalStep) -> list[AnyRecord]:
    """Return the records that are not reversed yet, newest first."""
    reversed_already = Counter(_mark(record) for record in step.records_now().values())
    left: list[AnyRecord] = []
    for record in reversed(step.records_now(before=True).values()):
        mark = _mark(record)
        if reversed_already[mark]:
            reversed_already[mark] -= 1
        else:
            left.append(record)
    return left


def _mark(record: AnyRecord) -> tuple[bytes, ...]:
    """Return what a record and the one that reverses it have in common, and no other of a step."""
    match record:
        case Moved():
            return tuple(sorted((record.old, record.new)))
        case _:
            return (path_of(record),)
