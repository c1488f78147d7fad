"""What the system says of a file, as a sentence with advice."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterable

from daemon.protocol.errors import ErrorInfo, ErrorKind, RabbitError
from daemon.protocol.values import PathFailure

_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_FORBIDDEN = {errno.EACCES, errno.EPERM, errno.EROFS}
_ANSWER_BYTES = 250_000
_GONE = {errno.ENOENT, errno.ENOTDIR}


def failure(path: bytes, what: str, error: OSError | RabbitError) -> PathFailure:
    """Return why *what* (``could not be moved``) befell *path*."""
    return PathFailure(path, explained(path, what, error).info)


def explained(path: bytes, what: str, error: OSError | RabbitError) -> RabbitError:
    """Return *error* as a failure in words; one that is in words already stays."""
    if isinstance(error, RabbitError):
        return error
    name = os.fsdecode(path)
    reason = error.strerror or type(error).__name__
    if error.errno in _FULL:
        return RabbitError(
            ErrorKind.DISK_FULL, f"{name} {what}: {reason}.", "Free space on the target's disk."
        )
    if error.errno in _FORBIDDEN:
        return RabbitError(
            ErrorKind.PERMISSION_DENIED,
            f"{name} {what}: {reason}.",
            "Check that its folder and the target's can be written.",
        )
    if error.errno in _GONE:
        return RabbitError(
            ErrorKind.NOT_FOUND, f"{name} {what}: it is not there.", "It may have been moved."
        )
    if isinstance(error, FileExistsError):
        return RabbitError(
            ErrorKind.ALREADY_EXISTS, f"{name} {what}: the name is taken.", "Choose another name."
        )
    if error.errno == errno.ENAMETOOLONG:
        return RabbitError(
            ErrorKind.INVALID_REQUEST, f"{name} {what}: the name is too long.", "Use a shorter one."
        )
    return RabbitError(
        ErrorKind.UNREADABLE, f"{name} {what}: {reason}.", "Check that its drive is connected."
    )


def that_fit(failed: Iterable[PathFailure]) -> tuple[PathFailure, ...]:
    """Return as many of *failed* as a message has room for beside what else it says."""
    fitting: list[PathFailure] = []
    room = _ANSWER_BYTES
    for each in failed:
        context = sum(len(name) + len(text) for name, text in each.error.context.items())
        room -= len(each.path) + 4 * (len(each.error.message) + len(each.error.hint) + context) + 64
        if room < 0:
            break
        fitting.append(each)
    return tuple(fitting)


def refused(path: bytes, kind: ErrorKind, problem: str, advice: str = "") -> PathFailure:
    """Return a failure of our own making; *problem* goes on after the file's name."""
    error = RabbitError(kind, f"{os.fsdecode(path)} {problem}.", advice)
    return PathFailure(path, ErrorInfo(kind, error.info.message, error.info.hint))
