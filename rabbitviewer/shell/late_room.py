"""Rooms that are furnished after the window was painted for the first time."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable

from PySide6.QtCore import QObject, QTimer
from PySide6.QtWidgets import QVBoxLayout, QWidget

_AFTER_MS = 150
_BETWEEN_MS = 5


class LateRoom(QWidget):
    """Holds the place of a widget that is built later."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)

    def put(self, content: QWidget) -> None:
        """Furnish the room."""
        layout = self.layout()
        if layout is not None:
            layout.addWidget(content)
        self.setFocusProxy(content)


class LateSteps(QObject):
    """Steps that build what the first picture does not need, one per turn of the event loop."""

    def __init__(self, steps: Iterable[Callable[[], object]], parent: QObject) -> None:
        super().__init__(parent)
        self._steps = deque(steps)
        self._turn = QTimer(self, singleShot=True, interval=_AFTER_MS)
        self._turn.timeout.connect(self._take_next)

    def begin(self) -> None:
        """Take the first step once the first pixels had time to come, then one per turn."""
        self._turn.start()

    def finish(self) -> None:
        """Take all steps that are left, now."""
        while self._steps:
            self._steps.popleft()()

    def _take_next(self) -> None:
        if self._steps:
            self._steps.popleft()()
            self._turn.start(_BETWEEN_MS)
