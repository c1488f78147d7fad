"""Files that killed a worker: refused, with the reason, until they change."""

from __future__ import annotations

import os
import time
from collections import OrderedDict

from daemon.protocol.errors import ErrorInfo

MAX_REMEMBERED = 1024
FORGOTTEN_AFTER_S = 600.0

Stamp = tuple[int, int]


class RefusedFiles:
    """Remembers which files, in which state, ended a worker of one pool."""

    def __init__(self) -> None:
        self._known: OrderedDict[
            tuple[bytes, ...], tuple[tuple[Stamp, ...], ErrorInfo, float | None]
        ] = OrderedDict()

    def remember(
        self, files: tuple[bytes, ...], error: ErrorInfo, *, for_a_while: bool = False
    ) -> None:
        """Refuse *files* (asked for together) from now on because of *error*; reads the disk.

        Args:
            files: What the task read.
            error: What to say.
            for_a_while: Forget it after ten minutes, because the file may not be to blame.
        """
        if not files:
            return
        expires = time.monotonic() + FORGOTTEN_AFTER_S if for_a_while else None
        self._known[files] = (_stamps(files), error, expires)
        self._known.move_to_end(files)
        while len(self._known) > MAX_REMEMBERED:
            self._known.popitem(last=False)

    def knows(self, files: tuple[bytes, ...]) -> bool:
        """Whether it is worth asking :meth:`reason`; reads nothing."""
        return files in self._known

    def reason(self, files: tuple[bytes, ...]) -> ErrorInfo | None:
        """Return why *files* are refused, None when they are not (any more); reads the disk."""
        found = self._known.get(files)
        if found is None:
            return None
        stamps, error, expires = found
        if stamps != _stamps(files) or (expires is not None and time.monotonic() > expires):
            self._known.pop(files, None)
            return None
        return error

    def forget(self) -> None:
        """Give every file another chance (the limits have changed)."""
        self._known.clear()


def _stamps(files: tuple[bytes, ...]) -> tuple[Stamp, ...]:
    return tuple(_stamp(path) for path in files)


def _stamp(path: bytes) -> Stamp:
    try:
        found = os.stat(path)  # noqa: PTH116 - the path is bytes
    except (OSError, ValueError):
        return (0, -1)
    return (found.st_mtime_ns, found.st_size)
