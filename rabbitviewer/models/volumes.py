"""The drives and cards that are plugged in, looked for in a thread: a drive may be asleep."""

from __future__ import annotations

import contextlib
import os
import sys
import threading

from PySide6.QtCore import QObject, QStorageInfo, QTimer, Signal

_EVERY_MS = 4000
_PLACES = ("/media/", "/run/media/", "/mnt/", "/Volumes/")
_NETWORK = (b"nfs", b"nfs4", b"cifs", b"smb3", b"smbfs", b"afpfs", b"fuse.sshfs", b"fuse.rclone")
Volume = tuple[bytes, str]


class Volumes(QObject):
    """Watches for drives that come and go.

    The thread is one that the program's end does not wait for: a dead network drive may keep it.

    Signals:
        changed: others are there now (a tuple of path and name each).
    """

    changed = Signal(object)
    _looked = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._known: tuple[Volume, ...] = ()
        self._is_looking = False
        self._timer = QTimer(self, interval=_EVERY_MS)
        self._timer.timeout.connect(self.look)
        self._looked.connect(self._on_looked)

    def start(self) -> None:
        """Look now, and from time to time."""
        self._timer.start()
        self.look()

    def stop(self) -> None:
        """Look no more."""
        self._timer.stop()

    def look(self) -> None:
        """Look once, unless the last look still waits for a drive."""
        if not self._is_looking:
            self._is_looking = True
            threading.Thread(target=self._look, name="volumes", daemon=True).start()

    def _look(self) -> None:
        found = mounted_volumes()
        with contextlib.suppress(RuntimeError):  # the window is gone
            self._looked.emit(found)

    def _on_looked(self, found: tuple[Volume, ...]) -> None:
        self._is_looking = False
        if found != self._known:
            self._known = found
            self.changed.emit(found)


def mounted_volumes() -> tuple[Volume, ...]:
    """Return the drives a user plugged in or connected, without the system's own."""
    if sys.platform == "win32":
        return ()
    found: dict[bytes, Volume] = {}
    for volume in QStorageInfo.mountedVolumes():
        path = volume.rootPath()
        if volume.isRoot() or not volume.isValid() or path == "/":
            continue
        is_network = volume.fileSystemType().data() in _NETWORK
        if path.startswith(_PLACES) or is_network:
            name = volume.name() or os.path.basename(path) or path
            found[os.fsencode(path)] = (os.fsencode(path), name)
    return tuple(found[path] for path in sorted(found))
