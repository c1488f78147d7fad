"""Marks in words that a photographer reads."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication

from rabbitviewer.models.marks import Change, Writing
from rabbitviewer.words import file_name

_STARS = 5


def _tr(text: str) -> str:
    return QCoreApplication.translate("Marks", text)


def label_word(label: str) -> str:
    """Return the name of a label's colour."""
    words = {
        "red": _tr("Red"),
        "yellow": _tr("Yellow"),
        "green": _tr("Green"),
        "blue": _tr("Blue"),
        "purple": _tr("Purple"),
    }
    return words.get(label, _tr("No label"))


def flag_word(flag: str) -> str:
    """Return the name of a flag."""
    return {"pick": _tr("Picked"), "reject": _tr("Rejected")}.get(flag, _tr("No flag"))


def rating_word(rating: int) -> str:
    """Return a rating in words."""
    if rating == 0:
        return _tr("No rating")
    return _tr("1 star") if rating == 1 else _tr("{n} stars").format(n=rating)


def short_words(change: Change) -> str:
    """Return what is said of one photo, as short as can be: it lies on the photo."""
    if change.rating is not None:
        return "★" * change.rating + "☆" * (_STARS - change.rating)
    return _said(change)


def change_words(change: Change, count: int) -> str:
    """Say what is said of how many photos."""
    if count == 1:
        return _said(change)
    return _tr("{what} for {count} photos").format(what=_said(change), count=f"{count:,}")


def done_words(writing: Writing) -> str:
    """Say what was written."""
    return change_words(writing.change, len(writing.paths))


def progress_words(writing: Writing) -> str:
    """Say how many of many photos are written."""
    words = _tr("{what} · {done} written")
    return words.format(what=done_words(writing), done=f"{writing.changed:,}")


def failure_words(writing: Writing) -> str:
    """Say what could not be written, and why."""
    if writing.error is not None:
        return " ".join(part for part in (writing.error.message, writing.error.hint) if part)
    first = writing.failed[0]
    if len(writing.paths) == 1:
        return f"{first.error.message} {first.error.hint}".strip()
    words = _tr("{failed} of {count} photos were not marked. {name}: {reason}")
    return words.format(
        failed=f"{len(writing.failed):,}",
        count=f"{len(writing.paths):,}",
        name=file_name(first.path),
        reason=first.error.message,
    )


def _said(change: Change) -> str:
    if change.rating is not None:
        return rating_word(change.rating)
    if change.label is not None:
        if not change.label:
            return label_word("")
        return _tr("{color} label").format(color=label_word(change.label))
    if change.flag is not None:
        return flag_word(change.flag)
    if change.title is not None:
        return _tr("Title “{text}”").format(text=change.title) if change.title else _tr("No title")
    if change.add_keywords:
        return _tr("Keyword “{words}”").format(words="”, “".join(change.add_keywords))
    return _tr("Without “{words}”").format(words="”, “".join(change.remove_keywords))
