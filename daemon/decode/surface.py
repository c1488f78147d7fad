"""Writes pixels into a file that a window maps."""

from __future__ import annotations

import errno
import os

import numpy as np
from numpy.typing import NDArray

from daemon.protocol.errors import ErrorKind, RabbitError

_FULL = {errno.ENOSPC, errno.EDQUOT}


def write_surface(path: bytes, pixels: NDArray[np.uint8]) -> None:
    """Write *pixels* into the file *path*, made when absent (0600).

    The room is allocated before anything is written: a full disk is an error here, never a fault in
    the process that maps the file.

    Raises:
        RabbitError: ``disk_full`` or ``permission_denied``.
    """
    data = np.ascontiguousarray(pixels).reshape(-1).data
    flags = os.O_RDWR | os.O_CREAT | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)
    try:
        handle = os.open(path, flags, 0o600)
        with os.fdopen(handle, "r+b", buffering=0) as file:
            _allocate(file.fileno(), len(data))
            written = 0
            while written < len(data):
                written += file.write(data[written:]) or 0
            file.truncate(len(data))
    except OSError as error:
        kind = ErrorKind.DISK_FULL if error.errno in _FULL else ErrorKind.PERMISSION_DENIED
        raise RabbitError(
            kind,
            f"The picture's pixels cannot be put into the cache: {error.strerror}.",
            "Free some room on the drive that holds the cache folder.",
        ) from error


def _allocate(handle: int, size: int) -> None:
    """Reserve *size* bytes; where the system cannot, the writing itself finds out."""
    if not hasattr(os, "posix_fallocate") or not size:
        return
    try:
        os.posix_fallocate(handle, 0, size)
    except OSError as error:
        if error.errno not in (errno.EINVAL, errno.EOPNOTSUPP, errno.ENOSYS):
            raise
