"""Closing the window in good order when the system or a terminal asks for it."""

from __future__ import annotations

import signal
import socket

from PySide6.QtCore import QObject, QSocketNotifier
from PySide6.QtWidgets import QWidget

_ASKED_TO_END = ("SIGINT", "SIGTERM", "SIGHUP")


class SignalCloser(QObject):
    """Closes *window* on SIGINT, SIGTERM or SIGHUP.

    Python runs its handlers only between byte codes, which a waiting event loop has none of; the
    byte that a signal writes into a socket pair wakes the loop up.
    """

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self._window = window
        self._read, self._write = socket.socketpair()
        for end in (self._read, self._write):
            end.setblocking(False)
        signal.set_wakeup_fd(self._write.fileno(), warn_on_full_buffer=False)
        for name in _ASKED_TO_END:
            number = getattr(signal, name, None)
            if number is not None:
                signal.signal(number, _note)
        self._notifier = QSocketNotifier(self._read.fileno(), QSocketNotifier.Type.Read, self)
        self._notifier.activated.connect(self._on_signal)

    def close(self) -> None:
        """Listen no more."""
        signal.set_wakeup_fd(-1)
        self._notifier.setEnabled(False)
        self._read.close()
        self._write.close()

    def _on_signal(self) -> None:
        self._read.recv(64)
        self._window.close()


def _note(_number: int, _frame: object) -> None:
    """Let the wake-up byte do the work."""
