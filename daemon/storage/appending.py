"""Files that are the user's alone: opened so, and appended to durably."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path


def private(path: str, flags: int) -> int:
    """Open a file that nobody else may read: an *opener* for :func:`open`."""
    return os.open(path, flags, 0o600)


def append_durably(path: Path, data: bytes) -> None:
    """Append *data* to a file and have it on the disk; where that fails the file is as before.

    Raises:
        OSError: it cannot be written.
    """
    with open(path, "ab", opener=private) as file:
        before = file.tell()
        try:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        except OSError:
            with contextlib.suppress(OSError):
                os.ftruncate(file.fileno(), before)
            raise
