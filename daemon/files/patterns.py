"""Names by a pattern: tokens in braces, filled from what is known of a photo."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable
from datetime import datetime
from typing import NamedTuple

from daemon.files.primitives import MAX_NAME_BYTES
from daemon.protocol.errors import ErrorKind, RabbitError
from daemon.protocol.formats import format_by_extension
from daemon.tasks import PhotoFacts

_TOKEN = re.compile(r"\{\{|\}\}|\{([^{}]*)\}|[{}]")
_NUMBER_FORMAT = re.compile(r"0?[1-9]?\d?")
_UNWANTED = re.compile('[\x00-\x1f\x7f/\\\\:*?"<>|]')
_DATE, _TIME = "%Y-%m-%d", "%H-%M-%S"

TOKENS = (
    *("name", "stem", "ext", "n", "date", "time", "camera", "lens"),
    *("iso", "rating", "width", "height", "folder"),
)


class Subject(NamedTuple):
    """One photo to be named: its path, what is known of it, its number."""

    path: bytes
    facts: PhotoFacts
    number: int


class NamePattern:
    """A pattern that was read and understood."""

    def __init__(self, pattern: str) -> None:
        """Read *pattern*.

        Raises:
            RabbitError: ``invalid_request``; it is empty, or names an unknown token.
        """
        if not pattern.strip():
            raise _wrong("The pattern for names is empty.", "Write for example {date}_{n:04}.")
        self._parts = [*_parts(pattern)]

    def fill(self, subject: Subject) -> bytes:
        """Return the new name, with the photo's ending; slashes of the pattern stay.

        A pattern that does not end in the photo's own kind of ending gets the photo's.
        """
        text = "".join(part if isinstance(part, str) else part(subject) for part in self._parts)
        folder, _, name = text.strip().rpartition("/")
        own = os.path.splitext(os.path.basename(subject.path))[1]
        if not _is_ending_of(name, own):
            name = name.rstrip(". ") + os.fsdecode(own)
        stem, ending = os.path.splitext(name)
        name = stem.strip() + ending
        return os.fsencode(f"{folder}/{name}" if folder else name)


def problem_of(name: bytes) -> str:
    """Return why *name* cannot be a photo's; empty: it can."""
    if not name.strip(b".") or (name.count(b".") == 1 and name.startswith(b".")):
        return "The name is empty."
    if b"/" in name or b"\0" in name:
        return "A name cannot hold a slash."
    if any(byte < 32 for byte in name):
        return "A name cannot hold control characters."
    if name.startswith(b"."):
        return "A name that begins with a dot would be hidden."
    if len(name) > MAX_NAME_BYTES:
        return f"The name is longer than {MAX_NAME_BYTES} bytes."
    return ""


def _parts(pattern: str) -> list[str | Callable[[Subject], str]]:
    parts: list[str | Callable[[Subject], str]] = []
    at = 0
    for found in _TOKEN.finditer(pattern):
        parts.append(pattern[at : found.start()])
        at = found.end()
        token = found.group(1)
        if found.group() in ("{{", "}}"):
            parts.append(found.group()[0])
        elif token is None:
            raise _wrong("A brace in the pattern has no partner.", "Write {{ for a brace itself.")
        else:
            parts.append(_filler(token))
    return [*parts, pattern[at:]]


def _filler(token: str) -> Callable[[Subject], str]:
    name, colon, form = token.partition(":")
    if name in ("date", "time"):
        chosen = form or (_DATE if name == "date" else _TIME)
        _try_date_form(token, chosen)
        return lambda subject: _cleaned(_moment(subject).strftime(chosen))
    if name == "n":
        if not _NUMBER_FORMAT.fullmatch(form):
            raise _wrong(f"{{{token}}} is no way to write a number.", "Write for example {n:04}.")
        return lambda subject: format(subject.number, f"{form}d")
    if colon or name not in TOKENS:
        known = " ".join(f"{{{each}}}" for each in TOKENS)
        raise _wrong(f"{{{token}}} is not known.", f"Known are {known}.")
    return lambda subject: _cleaned(_value(name, subject))


def _try_date_form(token: str, form: str) -> None:
    try:
        datetime(2000, 1, 1).strftime(form)
    except ValueError as error:
        hint = "Write for example {date:%Y-%m-%d}."
        raise _wrong(f"{{{token}}} is no way to write a date.", hint) from error


def _value(name: str, subject: Subject) -> str:
    path, facts, _ = subject
    base = os.fsdecode(os.path.basename(path))
    stem, ending = os.path.splitext(base)
    values: dict[str, object] = {
        "name": base,
        "stem": stem,
        "ext": ending[1:],
        "camera": facts.camera,
        "lens": facts.lens,
        "iso": facts.iso or "",
        "rating": facts.rating,
        "width": facts.width_px or "",
        "height": facts.height_px or "",
        "folder": os.fsdecode(os.path.basename(os.path.dirname(path))),
    }
    return str(values[name])


def _moment(subject: Subject) -> datetime:
    """Return when the photo was taken; without that, when its file was changed last."""
    try:
        return datetime.fromisoformat(subject.facts.taken)
    except ValueError:
        local = time.localtime(subject.facts.mtime_ns // 1_000_000_000)
        return datetime(*local[:6])


def _cleaned(text: str) -> str:
    """Take out what would make a folder of a name, or what other systems do not take."""
    return _UNWANTED.sub("-", text)


def _is_ending_of(name: str, own: bytes) -> bool:
    """Return whether *name* ends as a photo of its kind may."""
    ending = os.path.splitext(name)[1]
    if ending.lower() == os.fsdecode(own).lower():
        return True
    kind = format_by_extension(name)
    return kind is not None and kind.name != "raw" and kind is format_by_extension(b"x" + own)


def _wrong(message: str, hint: str) -> RabbitError:
    return RabbitError(ErrorKind.INVALID_REQUEST, message, hint)
