"""Whose colours the window's pixels are in: the profile of the screen it stands on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from PySide6.QtCore import QObject, QThreadPool, Signal
from PySide6.QtGui import QGuiApplication, QScreen

from daemon.protocol.messages import Failed, Message, MonitorProfile, MonitorProfileKnown
from rabbitviewer.ipc.client import DaemonClient


class Profiled(Protocol):
    """Asks for pixels in the colours of a monitor."""

    def set_profile(self, profile: str) -> None:
        """Ask for pixels in the colours of the monitor whose profile has this id."""
        ...


class Monitor(QObject):
    """Tells the daemon the screen's profile, and the stores under which id to ask.

    Reading a profile may block and is done in a thread; until it is known pixels are sRGB.

    Signals:
        problem_found: the profile cannot be used; a sentence says why.
    """

    problem_found = Signal(str)
    _was_read = Signal(int, bytes)

    def __init__(
        self,
        client: DaemonClient,
        stores: Sequence[Profiled],
        read: Callable[[int], bytes] | None,
        parent: QObject | None = None,
    ) -> None:
        """Prepare.

        Args:
            client: Where to tell.
            stores: Who asks for pixels.
            read: Returns the profile of the screen with a number; None: nobody knows them here.
            parent: Qt's owner.
        """
        super().__init__(parent)
        self._client = client
        self._stores = stores
        self._read = read
        self._number = 0
        self._icc = b""
        self._known = read is None
        self._was_read.connect(self._on_read)
        client.connected.connect(self.tell)

    def look_at(self, screen: QScreen | None) -> None:
        """The window stands on *screen* now."""
        screens = QGuiApplication.screens()
        self._number = screens.index(screen) if screen in screens else 0
        read, number = self._read, self._number
        if read is None:
            self.tell()
        else:
            QThreadPool.globalInstance().start(lambda: self._was_read.emit(number, read(number)))

    def tell(self) -> None:
        """Tell the daemon the profile, once it is known; it may be one that the settings name."""
        if self._known and self._client.is_connected:
            self._client.send(MonitorProfile(icc=self._icc), self._on_answer)

    def _on_read(self, number: int, icc: bytes) -> None:
        if number == self._number and (icc != self._icc or not self._known):
            self._icc, self._known = icc, True
            self.tell()

    def _on_answer(self, answer: Message, _blob: bytes) -> None:
        if isinstance(answer, MonitorProfileKnown):
            for store in self._stores:
                store.set_profile(answer.profile)
        elif isinstance(answer, Failed) and self._client.is_connected:
            self.problem_found.emit(answer.error.message)
