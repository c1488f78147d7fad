"""Photos that one task decoded and a later one of the same worker wants: not decoded twice."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from daemon.decode.model import Photo

LIMIT_BYTES = 384 << 20
MAX_AGE_S = 300.0


class FileStamp(msgspec.Struct, frozen=True):
    """What tells whether a file is still the same, as the system reports it of the open file."""

    device: int
    inode: int
    size_bytes: int
    mtime_ns: int
    ctime_ns: int


class _Entry(msgspec.Struct, frozen=True):
    stamp: FileStamp
    photo: Photo
    kept_at: float


class DecodedPhotos:
    """A few photos in memory: the newest, up to a limit, for a few minutes, each taken once."""

    def __init__(
        self, limit_bytes: int = LIMIT_BYTES, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """Hold nothing yet.

        Args:
            limit_bytes: Of all pixels together; a larger photo is not kept.
            clock: Tells the age.
        """
        self._limit_bytes = limit_bytes
        self._clock = clock
        self._entries: OrderedDict[bytes, _Entry] = OrderedDict()

    def keep(self, path: bytes, stamp: FileStamp, photo: Photo) -> None:
        """Keep *photo*, decoded from *path* while that was as *stamp* says; older ones make room.

        Whoever keeps a photo must not change its pixels any more.
        """
        self._entries.pop(path, None)
        if photo.pixels.nbytes > self._limit_bytes:
            return
        self._entries[path] = _Entry(stamp, photo, self._clock())
        while self._held_bytes() > self._limit_bytes:
            self._entries.popitem(last=False)

    def take(self, path: bytes, stamp: FileStamp) -> Photo | None:
        """Hand over the photo of *path*, for good; None: not kept, or of another state."""
        self.drop_old()
        entry = self._entries.pop(path, None)
        return entry.photo if entry is not None and entry.stamp == stamp else None

    def drop_old(self) -> None:
        """Let go of what nobody came for."""
        limit = self._clock() - MAX_AGE_S
        for path in [path for path, entry in self._entries.items() if entry.kept_at < limit]:
            del self._entries[path]

    def _held_bytes(self) -> int:
        return sum(entry.photo.pixels.nbytes for entry in self._entries.values())
