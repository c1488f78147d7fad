"""A window in the benchmark's own process: let live, timed turn by turn, its paints counted."""

from __future__ import annotations

import os
import time
from collections.abc import Callable

if not os.environ.get("DISPLAY"):
    os.environ["QT_QPA_PLATFORM"] = "offscreen"

from PySide6.QtCore import QEvent, QObject
from PySide6.QtWidgets import QApplication

from rabbitviewer.composition import Built

_SIZE = (1920, 1200)


class Paints(QObject):
    """Counts the paints of one widget."""

    def __init__(self, widget: QObject) -> None:
        super().__init__(widget)
        self.count = 0
        widget.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Count, and let everything pass."""
        if event.type() == QEvent.Type.Paint:
            self.count += 1
        return super().eventFilter(watched, event)


class OwnWindow:
    """One window and its event loop.

    Attributes:
        longest_turn_ms: The longest turn of the event loop so far.
        longest_cpu_ms: The most CPU that one took.
    """

    def __init__(self, application: QApplication, built: Built, patience_s: float) -> None:
        self._app = application
        self._patience_s = patience_s
        self.built = built
        self.canvas = built.photo.canvas
        self.longest_turn_ms = 0.0
        self.longest_cpu_ms = 0.0

    def appear(self) -> None:
        """Show the window, on its way to the daemon."""
        self.built.client.start()
        self.built.window.resize(*_SIZE)
        self.built.window.show()

    def wait(self, what: str, done: Callable[[], bool]) -> float:
        """Let the window live until *done*; return how long that took, seconds."""
        began = time.perf_counter()
        while not done():
            self.turn()
            if time.perf_counter() - began > self._patience_s:
                raise TimeoutError(f"{what} did not happen within {self._patience_s:.0f} s")
        return time.perf_counter() - began

    def rest(self, seconds: float) -> None:
        """Let the window live for a while."""
        until = time.perf_counter() + seconds
        self.wait("rest", lambda: time.perf_counter() > until)

    def turn(self) -> None:
        """Go once round the event loop."""
        began, cpu_s = time.perf_counter(), time.thread_time()
        self._app.processEvents()
        self.longest_turn_ms = max(self.longest_turn_ms, 1e3 * (time.perf_counter() - began))
        self.longest_cpu_ms = max(self.longest_cpu_ms, 1e3 * (time.thread_time() - cpu_s))
