"""Surface files: pixels too many for a message, mapped by their receiver and then unlinked."""

from __future__ import annotations

import contextlib
import os
import tempfile
from pathlib import Path

from daemon.protocol.endpoint import make_private


class Surfaces:
    """Files that live from a worker's writing until the receiver's mapping; 0600 in a 0700 folder.

    Its calls take microseconds in a local cache folder and run on the event loop, so that a
    cancelled request cannot leave a file behind between two threads.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = os.fsencode(folder)
        self._last_id = 0
        self._given: dict[tuple[int, int], bytes] = {}

    def sweep(self) -> None:
        """Remove what an earlier daemon left."""
        with contextlib.suppress(OSError), os.scandir(self._folder) as entries:
            for entry in entries:
                self.discard(entry.path)

    def make(self) -> bytes:
        """Return the path of a new, empty file.

        Raises:
            OSError: the cache folder cannot be written.
        """
        make_private(Path(os.fsdecode(self._folder)))
        handle, path = tempfile.mkstemp(suffix=b".surface", dir=self._folder)
        os.close(handle)
        return path

    def give(self, peer_id: int, path: bytes) -> int:
        """Return the id under which the client *peer_id* will say that it mapped *path*."""
        self._last_id += 1
        self._given[peer_id, self._last_id] = path
        return self._last_id

    def release(self, peer_id: int, surface_id: int) -> None:
        """Unlink a surface that its receiver has mapped."""
        path = self._given.pop((peer_id, surface_id), None)
        if path is not None:
            self.discard(path)

    def release_all(self, peer_id: int) -> None:
        """Unlink what a client that left never mapped."""
        for key in [key for key in self._given if key[0] == peer_id]:
            self.release(*key)

    @staticmethod
    def discard(path: bytes) -> None:
        """Unlink *path*; a file still mapped on Windows is left to the next sweep."""
        with contextlib.suppress(OSError):
            os.unlink(path)
