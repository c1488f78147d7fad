"""Finished thumbnails and screen-size photos on the disk, found by what they were made of.

A key is the digest of path, time, size and use, so a picture is never wrong, only unused.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import NamedTuple

from daemon.library.packs import Cached, PackStore

__all__ = ["Cached", "PhotoState", "ThumbnailCache"]


class PhotoState(NamedTuple):
    """A photo's file as it was when it was looked at."""

    path: bytes
    mtime_ns: int
    size_bytes: int


class ThumbnailCache:
    """One store of pictures; every method blocks and may be called on any thread."""

    def __init__(self, folder: Path) -> None:
        self._store = PackStore(folder)

    def find(self, photo: PhotoState, size_px: int) -> Cached | None:
        """Return where the picture of *photo* stands; None when there is none.

        Args:
            photo: The file as it is now.
            size_px: Side of the square that it was fitted into.
        """
        return self._store.find(_digest(photo, size_px))

    def read(self, photo: PhotoState, size_px: int) -> bytes | None:
        """Return its JPEG; None when there is none, or it is damaged."""
        return self._store.read(_digest(photo, size_px))

    def add(
        self,
        photo: PhotoState,
        size_px: int,
        jpeg: bytes,
        *,
        size: tuple[int, int],
        source: tuple[int, int],
        limit_mb: int,
    ) -> None:
        """Keep a picture of the given *size*, made of a photo of the *source* size.

        A folder that cannot be written, or a full disk, is no failure: it is made again.
        """
        self._store.add(_digest(photo, size_px), jpeg, size, source, limit_mb)

    def freshen(self, photo: PhotoState, size_px: int, limit_mb: int) -> None:
        """It was looked at: let it not be among the next that go."""
        self._store.freshen(_digest(photo, size_px), limit_mb)

    def drop(self, photo: PhotoState, size_px: int) -> None:
        """Forget a picture (it is damaged)."""
        self._store.drop(_digest(photo, size_px))

    def close(self) -> None:
        """Let go of the files."""
        self._store.close()


def _digest(photo: PhotoState, size_px: int) -> bytes:
    text = b"%d %d %d " % (photo.mtime_ns, photo.size_bytes, size_px) + photo.path
    return hashlib.blake2b(text, digest_size=16).digest()
