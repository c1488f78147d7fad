"""Finished thumbnails on the disk: small JPEG files that workers wrote, up to a size limit.

A file's name is the digest of what the thumbnail was made of (path, time, size), so an entry is
never wrong, only unused. After the JPEG stand 16 bytes: the photo's size and a mark.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import struct
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from daemon.protocol.endpoint import make_private

_TRAILER = struct.Struct("<II8s")
_MARK = b"rvthumb1"
_MAX_FILE_BYTES = 4 << 20
_KEPT_SHARE = 0.9
_TOUCH_AFTER_S = 86400.0


class PhotoState(NamedTuple):
    """A photo's file as it was when it was looked at."""

    path: bytes
    mtime_ns: int
    size_bytes: int


class CachedThumbnail(NamedTuple):
    """A finished thumbnail: JPEG bytes, and the upright size of the photo itself."""

    jpeg: bytes
    source_width_px: int
    source_height_px: int


class ThumbnailCache:
    """The files; every method but :meth:`incoming` blocks and may be called on any thread."""

    def __init__(self, folder: Path) -> None:
        self._folder = os.fsencode(folder)
        self._lock = threading.Lock()
        self._total_bytes = -1

    def incoming(self, photo: PhotoState, size_px: int) -> bytes:
        """Return where a worker is to write the JPEG; the same for the same thumbnail."""
        return os.path.join(self._folder, b"incoming", _digest(photo, size_px) + b".jpg")

    def prepare(self) -> None:
        """Create the folders.

        Raises:
            OSError: the cache folder cannot be written.
        """
        folder = Path(os.fsdecode(self._folder))
        make_private(folder)
        make_private(folder / "incoming")

    def read(self, photo: PhotoState, size_px: int) -> CachedThumbnail | None:
        """Return the thumbnail; None when there is none."""
        path = self._place(photo, size_px)
        try:
            with open(path, "rb") as stream:
                data = stream.read(_MAX_FILE_BYTES)
                age_s = time.time() - os.fstat(stream.fileno()).st_mtime
        except OSError:
            return None
        if len(data) <= _TRAILER.size or not data.endswith(_MARK):
            return None
        if age_s > _TOUCH_AFTER_S:
            with contextlib.suppress(OSError):
                os.utime(path)
        width_px, height_px, _mark = _TRAILER.unpack_from(data, len(data) - _TRAILER.size)
        return CachedThumbnail(data[: -_TRAILER.size], width_px, height_px)

    def take(self, photo: PhotoState, size_px: int, source: tuple[int, int], limit_mb: int) -> None:
        """Take in the JPEG that a worker wrote for a photo of the *source* size (width, height).

        A JPEG that is not there, or a full disk, is no failure: the thumbnail is made again.
        """
        incoming, place = self.incoming(photo, size_px), self._place(photo, size_px)
        with contextlib.suppress(OSError):
            with open(incoming, "ab") as stream:
                if stream.tell() == 0:
                    return
                stream.write(_TRAILER.pack(*source, _MARK))
                added_bytes = stream.tell()
            os.makedirs(os.path.dirname(place), mode=0o700, exist_ok=True)
            os.replace(incoming, place)
            self._account(added_bytes, limit_mb << 20)

    def drop(self, photo: PhotoState, size_px: int) -> None:
        """Forget a thumbnail (its file is damaged, or the photo changed while it was made)."""
        for path in (self._place(photo, size_px), self.incoming(photo, size_px)):
            with contextlib.suppress(OSError):
                os.unlink(path)

    def _place(self, photo: PhotoState, size_px: int) -> bytes:
        digest = _digest(photo, size_px)
        return os.path.join(self._folder, digest[:2], digest + b".jpg")

    def _account(self, added_bytes: int, limit_bytes: int) -> None:
        with self._lock:
            if self._total_bytes < 0:
                self._total_bytes = sum(size for _, size, _ in self._files())
            else:
                self._total_bytes += added_bytes
            if self._total_bytes > limit_bytes:
                self._evict(int(limit_bytes * _KEPT_SHARE))

    def _evict(self, keep_bytes: int) -> None:
        """Remove what was not used for longest until at most *keep_bytes* are left."""
        files = sorted(self._files())
        self._total_bytes = sum(size for _, size, _ in files)
        for _, size, path in files:
            if self._total_bytes <= keep_bytes:
                return
            with contextlib.suppress(OSError):
                os.unlink(path)
                self._total_bytes -= size

    def _files(self) -> Iterator[tuple[float, int, bytes]]:
        for folder, _, names in os.walk(self._folder):
            for name in names:
                path = os.path.join(folder, name)
                with contextlib.suppress(OSError):
                    found = os.stat(path)
                    yield found.st_mtime, found.st_size, path


def _digest(photo: PhotoState, size_px: int) -> bytes:
    text = b"%d %d %d " % (photo.mtime_ns, photo.size_bytes, size_px) + photo.path
    return hashlib.blake2b(text, digest_size=16).hexdigest().encode()
