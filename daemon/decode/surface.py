"""Writes pixels into a file that a window maps, with smaller copies behind them."""

from __future__ import annotations

import contextlib
import errno
import mmap
import os
from collections.abc import Generator

import numpy as np
from numpy.typing import NDArray

from daemon.decode.scaling import halve, level_sizes
from daemon.protocol.errors import ErrorKind, RabbitError

_FULL = {errno.ENOSPC, errno.EDQUOT}

Levels = tuple[tuple[int, int, int], ...]


def write_surface(path: bytes, pixels: NDArray[np.uint8], *, levels: bool = False) -> Levels:
    """Write *pixels* (H, W, 4) into the file *path*, made when absent (0600).

    The room is allocated before anything is written: a full disk is an error here, never a fault in
    the process that maps the file.

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
    with mapped_surface(path, width, height, levels=levels) as (whole, copies):
        whole[:] = pixels
        fill_levels(whole, copies)
    return placed(width, height) if levels else ()


@contextlib.contextmanager
def mapped_surface(
    path: bytes, width: int, height: int, *, levels: bool
) -> Generator[tuple[NDArray[np.uint8], list[NDArray[np.uint8]]]]:
    """Give the surface file's memory as images (H, W, 4): the picture, and its empty copies.

    Raises:
        RabbitError: as :func:`write_surface`.
    """
    sizes = [(width, height), *(level_sizes(width, height) if levels else [])]
    total = sum(4 * w * h for w, h in sizes)
    memory = _map(path, total)
    images: list[NDArray[np.uint8]] = []
    offset = 0
    try:
        for w, h in sizes:
            flat = np.frombuffer(memory, np.uint8, 4 * w * h, offset)
            images.append(flat.reshape(h, w, 4))
            offset += 4 * w * h
        yield images[0], images[1:]
    finally:
        # the mapping goes with the last array that uses it
        images.clear()


def fill_levels(whole: NDArray[np.uint8], copies: list[NDArray[np.uint8]]) -> None:
    """Fill the smaller *copies* of a picture, each from the one before."""
    larger = whole
    for copy in copies:
        halve(larger, copy)
        larger = copy


def placed(width: int, height: int) -> Levels:
    """Return where the copies of a picture of this size stand in its surface."""
    offset = 4 * width * height
    found: list[tuple[int, int, int]] = []
    for w, h in level_sizes(width, height):
        found.append((offset, w, h))
        offset += 4 * w * h
    return tuple(found)


def _map(path: bytes, size: int) -> mmap.mmap:
    flags = os.O_RDWR | os.O_CREAT | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)
    try:
        handle = os.open(path, flags, 0o600)
        try:
            _allocate(handle, size)
            os.ftruncate(handle, size)
            return mmap.mmap(handle, size)
        finally:
            os.close(handle)
    except (OSError, ValueError) as error:
        code = error.errno if isinstance(error, OSError) else 0
        kind = ErrorKind.DISK_FULL if code in _FULL else ErrorKind.PERMISSION_DENIED
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise RabbitError(
            kind,
            f"The picture's pixels cannot be put into the cache: {reason}.",
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
