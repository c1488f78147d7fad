"""Who is the daemon: whoever holds the lock, which the system drops when its holder dies."""

from __future__ import annotations

import os
import sys
from pathlib import Path

_LOCKED_BYTE = 1 << 20


class DaemonLock:
    """An exclusive lock on a file that is never removed."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: int | None = None

    def acquire(self) -> bool:
        """Take the lock; False: another daemon has it.

        Raises:
            OSError: the file cannot be opened, or its file system knows no locks.
        """
        file = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            _lock(file)
            os.ftruncate(file, 0)
            os.write(file, f"{os.getpid()}\n".encode())
        except BlockingIOError:
            os.close(file)
            return False
        except BaseException:
            os.close(file)
            raise
        self._file = file
        return True

    def release(self) -> None:
        """Let the next daemon in; the file stays, so that all agree on which one it is."""
        if self._file is not None:
            os.close(self._file)
            self._file = None

    def holder(self) -> int:
        """Return the process id that the holder wrote, 0 when there is none to read."""
        try:
            return int(self._path.read_text("ascii"))
        except (OSError, ValueError):
            return 0


if sys.platform == "win32":
    import msvcrt

    def _lock(file: int) -> None:
        """Lock one byte past the end, so that the process id can still be read."""
        os.lseek(file, _LOCKED_BYTE, os.SEEK_SET)
        try:
            msvcrt.locking(file, msvcrt.LK_NBLCK, 1)
        except OSError as error:
            raise BlockingIOError(error.errno, error.strerror) from error
        os.lseek(file, 0, os.SEEK_SET)

else:
    import fcntl

    def _lock(file: int) -> None:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
