"""What pools and their slots may be called, and which names are free."""

from __future__ import annotations

import uuid
from collections.abc import Iterable

from daemon.protocol.errors import ErrorKind, RabbitError
from daemon.storage.pool_manifest import MAX_LABEL, clean_label

FIRST_NAME = "Pool"
CURRENT = "current"
MAX_NAME = 100
_NUMBER_LETTERS = 10


def is_id(name: str) -> bool:
    """Return whether *name* is that of a pool's folder: a UUID."""
    try:
        return str(uuid.UUID(name)) == name
    except ValueError:
        return False


def is_name(name: str) -> bool:
    """Return whether a pool may be called *name*."""
    plain = name.strip()
    return (
        bool(plain)
        and plain == name
        and len(name) <= MAX_NAME + _NUMBER_LETTERS
        and name.isprintable()
    )


def usable_name(name: str) -> str:
    """Return what of *name*, which somebody else gave, can be a pool's name."""
    plain = "".join(mark for mark in name if mark.isprintable()).strip()[:MAX_NAME].strip()
    return plain if plain and not _is_reserved(plain) else FIRST_NAME


def checked_name(name: str) -> str:
    """Return *name* without blanks around it.

    Raises:
        RabbitError: ``invalid_request``; it is none.
    """
    plain = name.strip()
    if plain.casefold() == CURRENT:
        raise RabbitError(
            ErrorKind.INVALID_REQUEST,
            f"A pool cannot be called {plain!r}: that word means the one in use.",
            "Choose another name.",
        )
    if not is_name(plain) or len(plain) > MAX_NAME or is_id(plain):
        raise RabbitError(
            ErrorKind.INVALID_REQUEST,
            f"A pool cannot be called {name[:MAX_NAME]!r}.",
            f"Give it a name of 1 to {MAX_NAME} characters.",
        )
    return plain


def _is_reserved(name: str) -> bool:
    return is_id(name) or name.casefold() == CURRENT


def free_name(name: str, taken: Iterable[str]) -> str:
    """Return *name*, or *name* with a number where another pool has it, whatever its case."""
    others = {each.casefold() for each in taken}
    if name.casefold() not in others:
        return name
    number = 2
    while f"{name} ({number})".casefold() in others:
        number += 1
    return f"{name} ({number})"


def checked_label(label: str) -> str:
    """Return *label* as a slot keeps it.

    Raises:
        RabbitError: ``invalid_request``; it is too long to be kept whole.
    """
    if len(label) > MAX_LABEL:
        raise RabbitError(
            ErrorKind.INVALID_REQUEST,
            f"The label has {len(label)} characters, more than {MAX_LABEL}.",
            "Give it a shorter one.",
        )
    return clean_label(label)
