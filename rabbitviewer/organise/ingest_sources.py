"""The cards and drives that hold a camera's photos, looked for without holding up the window."""

from __future__ import annotations

import dataclasses
import os

from PySide6.QtCore import QObject, QStorageInfo, QThreadPool, QTimer, Signal

_AGAIN_MS = 3000
_CAMERA_FOLDERS = (b"DCIM", b"dcim")
_NO_DISKS = (b"proc", b"sysfs", b"tmpfs", b"devtmpfs", b"squashfs", b"overlay", b"autofs")


@dataclasses.dataclass(frozen=True)
class CameraCard:
    """One card: the folder to read, and what to call it."""

    path: bytes
    name: str
    size_bytes: int


class CardFinder(QObject):
    """Looks for cards again and again while somebody wants to know.

    Signals:
        found: the cards there are now (a tuple of :class:`CameraCard`), whenever they are others.
    """

    found = Signal(object)
    _looked = Signal(object)

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._cards: tuple[CameraCard, ...] | None = None
        self._busy = False
        self._timer = QTimer(self, interval=_AGAIN_MS)
        self._timer.timeout.connect(self._look)
        self._looked.connect(self._on_looked)

    def begin(self) -> None:
        """Look now and from then on."""
        self._cards = None
        self._timer.start()
        self._look()

    def rest(self) -> None:
        """Look no more."""
        self._timer.stop()

    def _look(self) -> None:
        """Look in a thread: a drive that sleeps, or a server that is gone, holds it up alone."""
        if not self._busy:
            self._busy = True
            QThreadPool.globalInstance().start(lambda: self._looked.emit(cards()))

    def _on_looked(self, now: tuple[CameraCard, ...]) -> None:
        self._busy = False
        if now != self._cards:
            self._cards = now
            self.found.emit(now)


def cards() -> tuple[CameraCard, ...]:
    """Return the mounted volumes with a camera's folder; blocks."""
    found: list[CameraCard] = []
    for volume in QStorageInfo.mountedVolumes():
        if not volume.isValid() or not volume.isReady() or volume.isRoot():
            continue
        if bytes(volume.fileSystemType().data()) in _NO_DISKS:
            continue
        root = os.fsencode(volume.rootPath())
        for name in _CAMERA_FOLDERS:
            path = os.path.join(root, name)
            if os.path.isdir(path):
                found.append(CameraCard(path, volume.displayName(), volume.bytesTotal()))
                break
    return tuple(found)
