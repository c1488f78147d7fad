"""Paths as clients send them, checked before anything is done with them."""

from __future__ import annotations

import os
from collections.abc import Iterable

from daemon.protocol.errors import ErrorKind, RabbitError


def checked(path: bytes) -> bytes:
    """Return *path* without ``.`` and doubled slashes.

    Raises:
        RabbitError: ``invalid_request``; it is relative, or holds a zero byte.
    """
    plain = bytes(path)
    if not os.path.isabs(plain) or b"\0" in plain:
        raise RabbitError(
            ErrorKind.INVALID_REQUEST,
            f"{os.fsdecode(plain)!r} is not an absolute path.",
            "Give the full path.",
        )
    return os.path.normpath(plain)


def checked_each(paths: Iterable[bytes]) -> tuple[bytes, ...]:
    """Return *paths* checked, each once.

    Raises:
        RabbitError: as :func:`checked`, or there are none.
    """
    found = tuple(dict.fromkeys(checked(path) for path in paths))
    if not found:
        raise RabbitError(ErrorKind.INVALID_REQUEST, "No photos were named.", "Select some.")
    return found
