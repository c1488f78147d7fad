"""Watches the event loop while tracing: every turn that takes too long is an event."""

from __future__ import annotations

import time

from PySide6.QtCore import QAbstractEventDispatcher, QCoreApplication, QEvent, QObject

from rabbitviewer.trace import Trace, now_us

STALL_MS = 16.0


class TurnWatch(QObject):
    """Writes ``ui_stall`` for turns of the event loop over :data:`STALL_MS`.

    A turn lasts from the first event that is delivered until the loop may sleep again: whatever
    happens in between keeps the window from painting and from answering the pointer. The
    dispatcher's signals alone do not tell waiting from working (with GLib both lie between
    ``aboutToBlock`` and ``awake``), so the first event is caught by a filter.
    """

    def __init__(self, trace: Trace, application: QCoreApplication) -> None:
        super().__init__(application)
        self._trace = trace
        self._began_us = 0.0
        self._began_cpu_s = 0.0
        dispatcher = QAbstractEventDispatcher.instance()
        dispatcher.awake.connect(self._on_boundary)
        dispatcher.aboutToBlock.connect(self._on_boundary)
        application.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Note when the first event of a turn is delivered."""
        if not self._began_us:
            self._began_us = now_us()
            self._began_cpu_s = time.thread_time()
        return False

    def _on_boundary(self) -> None:
        began_us, self._began_us = self._began_us, 0.0
        if not began_us:
            return
        wall_ms = (now_us() - began_us) / 1000
        if wall_ms > STALL_MS:
            cpu_ms = (time.thread_time() - self._began_cpu_s) * 1000
            figures = {"wall_ms": round(wall_ms, 2), "cpu_ms": round(cpu_ms, 2)}
            self._trace.span("ui_stall", began_us, figures)
