"""Work on files in words that a photographer reads."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QCoreApplication

from rabbitviewer.models.filework import Outcome, Progress
from rabbitviewer.words import file_name


def _tr(text: str) -> str:
    return QCoreApplication.translate("FileWords", text)


def photos_words(count: int) -> str:
    """Say how many photos: ``1 photo``, ``1,200 photos``."""
    number = f"{count:,}"
    return (_tr("{n} photo") if count == 1 else _tr("{n} photos")).format(n=number)


def subject_words(paths: Sequence[bytes]) -> str:
    """Name one photo, count several."""
    return file_name(paths[0]) if len(paths) == 1 else photos_words(len(paths))


def progress_words(progress: Progress) -> str:
    """Say what is going on, and how far it is."""
    doing = {
        "copy": _tr("Copying"),
        "move": _tr("Moving"),
        "rename": _tr("Renaming"),
        "trash": _tr("Moving to the trash"),
        "delete": _tr("Deleting"),
        "rotate": _tr("Rotating"),
        "ingest": _tr("Copying from the card"),
        "undo": _tr("Undoing"),
        "redo": _tr("Doing it again"),
    }.get(progress.kind, _tr("Working on files"))
    if not progress.total:
        return doing
    counted = _tr("{doing} {done} of {total}").format(
        doing=doing, done=f"{progress.done:,}", total=f"{progress.total:,}"
    )
    return f"{counted} · {file_name(progress.path)}" if progress.path else counted


def outcome_words(outcome: Outcome) -> str:
    """Say in one line what came of it."""
    if outcome.error is not None and not outcome.done:
        return outcome.error.message
    if not outcome.done and outcome.kind not in ("undo", "redo"):
        return _nothing_words(outcome)
    parts = [_done_words(outcome)]
    if outcome.failed:
        parts.append(_tr("{n} failed").format(n=f"{len(outcome.failed):,}"))
    if outcome.cancelled:
        parts.append(_tr("stopped"))
    if outcome.error is not None:
        parts.append(outcome.error.message)
    return " · ".join(parts)


def _nothing_words(outcome: Outcome) -> str:
    if outcome.cancelled:
        return _tr("Stopped, nothing was changed")
    if len(outcome.failed) == 1:
        return outcome.failed[0].error.message
    if outcome.failed:
        return _tr("{photos} could not be changed").format(photos=photos_words(len(outcome.failed)))
    if outcome.kind == "ingest":
        return _tr("No new photos: all of them are there already")
    return _tr("There was nothing to do")


def _done_words(outcome: Outcome) -> str:
    one = len(outcome.paths) == 1
    what = subject_words(outcome.paths) if one else photos_words(outcome.done)
    folder = file_name(outcome.folder.rstrip(b"/")) or "/"
    if outcome.kind == "rename" and one and outcome.moved:
        return _tr("{old} is now {new}").format(old=what, new=file_name(outcome.moved[0][1]))
    words = {
        "copy": _tr("{photos} copied to {folder}"),
        "move": _tr("{photos} moved to {folder}"),
        "rename": _tr("{photos} renamed"),
        "trash": _tr("{photos} moved to the trash"),
        "delete": _tr("{photos} deleted"),
        "rotate": _tr("{photos} rotated"),
        "ingest": _tr("{photos} copied to {folder}"),
        "undo": _tr("Undone: {title}"),
        "redo": _tr("Done again: {title}"),
    }[outcome.kind]
    return words.format(photos=what, folder=folder, title=outcome.title)
