"""Watches the event loop while tracing: every turn that takes too long is an event."""

from __future__ import annotations

import time

from PySide6.QtCore import QAbstractEventDispatcher, QObject

from rabbitviewer.trace import Trace, now_us

STALL_MS = 16.0


class TurnWatch(QObject):
    """Writes ``ui_stall`` for turns of the event loop over :data:`STALL_MS`.

    A turn lasts from waking up to going to sleep again: whatever happens in between keeps the
    window from painting and from answering the pointer.
    """

    def __init__(self, trace: Trace, parent: QObject) -> None:
        super().__init__(parent)
        self._trace = trace
        self._woke_us = 0.0
        self._woke_cpu_s = 0.0
        dispatcher = QAbstractEventDispatcher.instance()
        dispatcher.awake.connect(self._on_awake)
        dispatcher.aboutToBlock.connect(self._on_about_to_block)

    def _on_awake(self) -> None:
        self._on_about_to_block()
        self._woke_us = now_us()
        self._woke_cpu_s = time.thread_time()

    def _on_about_to_block(self) -> None:
        if not self._woke_us:
            return
        wall_ms = (now_us() - self._woke_us) / 1000
        if wall_ms > STALL_MS:
            cpu_ms = (time.thread_time() - self._woke_cpu_s) * 1000
            figures = {"wall_ms": round(wall_ms, 2), "cpu_ms": round(cpu_ms, 2)}
            self._trace.span("ui_stall", self._woke_us, figures)
        self._woke_us = 0.0
