"""Files with the same content, found by size, then by head and tail, then by all of it."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from daemon.files.primitives import file_digest
from daemon.protocol.formats import is_listed

_PIECE_BYTES = 64 << 10


class Candidate(NamedTuple):
    """One photo file as the system knows it."""

    path: bytes
    size_bytes: int
    mtime_ns: int


def candidates(paths: Iterable[bytes]) -> list[Candidate]:
    """Return the regular files among *paths* that have content; links are left out."""
    found: list[Candidate] = []
    for path in dict.fromkeys(paths):
        try:
            there = os.lstat(path)
        except OSError:
            continue
        if stat.S_ISREG(there.st_mode) and there.st_size:
            found.append(Candidate(path, there.st_size, there.st_mtime_ns))
    return found


def photos_below(folder: bytes, *, recursive: bool, stop: Callable[[], bool]) -> list[bytes]:
    """Return the photos in *folder*, with its subfolders where wanted.

    Raises:
        OSError: the folder cannot be read.
    """
    os.listdir(folder)
    found: list[bytes] = []
    for below, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if recursive and not name.startswith(b"."))
        found += (
            os.path.join(below, name)
            for name in sorted(names)
            if is_listed(name) and not name.startswith(b".")
        )
        if stop():
            break
    return found


def same_groups(
    photos: Sequence[Candidate], stop: Callable[[], bool]
) -> tuple[list[list[Candidate]], list[tuple[bytes, OSError]]]:
    """Return the groups of equal content, the oldest of each first, and what could not be read."""
    failed: list[tuple[bytes, OSError]] = []
    groups = _split([list(photos)], lambda photo: photo.size_bytes, failed, stop)
    groups = _split(groups, _ends, failed, stop)
    groups = _split(groups, lambda photo: file_digest(photo.path), failed, stop)
    for group in groups:
        group.sort(key=lambda photo: (photo.mtime_ns, len(photo.path), photo.path))
    return groups, failed


def _split(
    groups: list[list[Candidate]],
    key: Callable[[Candidate], object],
    failed: list[tuple[bytes, OSError]],
    stop: Callable[[], bool],
) -> list[list[Candidate]]:
    """Return *groups* parted by *key*; who is alone is dropped."""
    parted: list[list[Candidate]] = []
    for group in groups:
        by_key: dict[object, list[Candidate]] = {}
        for photo in group:
            if stop():
                return []
            try:
                by_key.setdefault(key(photo), []).append(photo)
            except OSError as error:
                failed.append((photo.path, error))
        parted += (some for some in by_key.values() if len(some) > 1)
    return parted


def _ends(photo: Candidate) -> bytes:
    with open(photo.path, "rb") as file:
        digest = hashlib.blake2b(file.read(_PIECE_BYTES))
        file.seek(max(photo.size_bytes - _PIECE_BYTES, 0))
        digest.update(file.read(_PIECE_BYTES))
    return digest.digest()
