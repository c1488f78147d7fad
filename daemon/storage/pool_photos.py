"""Looks whether photos are there, without being held up by a drive that does not answer. Blocks."""

from __future__ import annotations

import os
import stat
import threading
from collections.abc import Callable, Sequence

PATIENCE_S = 0.5
MOST_TRIES = 3
MOST_STUCK = 16

Stat = Callable[[bytes], os.stat_result | None]


def stat_photo(path: bytes) -> os.stat_result | None:
    """Return what the system knows of a photo; None: there is none. A link to one counts as one."""
    try:
        found = os.stat(path)
    except (OSError, ValueError):
        return None
    return found if stat.S_ISREG(found.st_mode) else None


class PhotoLook:
    """Asks the system for photos on threads of its own.

    A folder that does not answer is left alone until it does; the others are still looked at.
    """

    def __init__(self, stat_of: Stat = stat_photo, patience_s: float = PATIENCE_S) -> None:
        self._stat = stat_of
        self._patience_s = patience_s
        self._lock = threading.Lock()
        self._stuck: set[bytes] = set()

    def look(self, paths: Sequence[bytes]) -> dict[bytes, os.stat_result | None]:
        """Return what is known of each of *paths*; those that do not answer are not among them."""
        found: dict[bytes, os.stat_result | None] = {}
        for _ in range(MOST_TRIES):
            with self._lock:
                stuck = set(self._stuck)
            left = [
                path for path in paths if path not in found and os.path.dirname(path) not in stuck
            ]
            if not left or len(stuck) >= MOST_STUCK:
                break
            batch = _Batch(left, self._stat, self._answered)
            batch.start()
            if not batch.done.wait(self._patience_s):
                with self._lock:
                    folder = batch.give_up()
                    if folder:
                        self._stuck.add(folder)
            found |= dict(batch.found)
        return found

    def _answered(self, folder: bytes) -> None:
        with self._lock:
            self._stuck.discard(folder)


class _Batch(threading.Thread):
    """Looks at photos one after the other until it is done or given up."""

    def __init__(
        self, paths: Sequence[bytes], stat_of: Stat, answered: Callable[[bytes], None]
    ) -> None:
        super().__init__(name="pool-photos", daemon=True)
        self.done = threading.Event()
        self.found: dict[bytes, os.stat_result | None] = {}
        self._paths = paths
        self._stat = stat_of
        self._answered = answered
        self._at = b""
        self._given_up = False

    def give_up(self) -> bytes:
        """Let it end after the photo it is at; return that one's folder, empty: it is done."""
        self._given_up = True
        return b"" if self.done.is_set() else os.path.dirname(self._at)

    def run(self) -> None:
        """See :class:`threading.Thread`."""
        for path in self._paths:
            self._at = path
            found = self._stat(path)
            if self._given_up:
                break
            self.found[path] = found
        self.done.set()
        if self._given_up:
            self._answered(os.path.dirname(self._at))
