"""Writes pixels into a file that a window maps, with smaller copies behind them."""

from __future__ import annotations

import errno
import os

import numpy as np
from numpy.typing import NDArray

from daemon.decode.scaling import halved, level_sizes
from daemon.protocol.errors import ErrorKind, RabbitError

_FULL = {errno.ENOSPC, errno.EDQUOT}

Levels = tuple[tuple[int, int, int], ...]


def write_surface(path: bytes, pixels: NDArray[np.uint8], *, levels: bool = False) -> Levels:
    """Write *pixels* (H, W, 4) into the file *path*, made when absent (0600).

    The room is allocated before anything is written: a full disk is an error here, never a fault in
    the process that maps the file. The pixels are written, not mapped: the faults of a new mapping
    cost more than the copy.

    Args:
        path: The surface file.
        pixels: BGRX.
        levels: Let halved copies follow, down to about a thousand pixels.

    Returns:
        The copies: (offset in bytes, width, height).

    Raises:
        RabbitError: ``disk_full`` or ``permission_denied``.
    """
    height, width = pixels.shape[:2]
    copies = placed(width, height) if levels else ()
    total = pixels.nbytes + sum(4 * w * h for _, w, h in copies)
    flags = os.O_RDWR | os.O_CREAT | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)
    try:
        handle = os.open(path, flags, 0o600)
        try:
            allocate(handle, total)
            _write(handle, pixels)
            for _ in copies:
                pixels = halved(pixels)
                _write(handle, pixels)
            os.ftruncate(handle, total)
        finally:
            os.close(handle)
    except OSError as error:
        kind = ErrorKind.DISK_FULL if error.errno in _FULL else ErrorKind.PERMISSION_DENIED
        raise RabbitError(
            kind,
            f"The picture's pixels cannot be put into the cache: {error.strerror}.",
            "Free some room on the drive that holds the cache folder.",
        ) from error
    return copies


def placed(width: int, height: int) -> Levels:
    """Return where the copies of a picture of this size stand in its surface."""
    offset = 4 * width * height
    found: list[tuple[int, int, int]] = []
    for w, h in level_sizes(width, height):
        found.append((offset, w, h))
        offset += 4 * w * h
    return tuple(found)


def _write(handle: int, pixels: NDArray[np.uint8]) -> None:
    left = np.ascontiguousarray(pixels).reshape(-1).data
    while left:
        left = left[os.write(handle, left) :]


def allocate(handle: int, size: int) -> bool:
    """Reserve *size* bytes; False where the system cannot and the writing itself must find out.

    Raises:
        OSError: there is no room.
    """
    if not hasattr(os, "posix_fallocate") or not size:
        return False
    try:
        os.posix_fallocate(handle, 0, size)
    except OSError as error:
        if error.errno not in (errno.EINVAL, errno.EOPNOTSUPP, errno.ENOSYS):
            raise
        return False
    return True
