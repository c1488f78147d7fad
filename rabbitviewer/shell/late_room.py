"""Rooms that are furnished after the window was painted for the first time."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable

from PySide6.QtCore import QCoreApplication, QEvent, QObject, QTimer
from PySide6.QtWidgets import QVBoxLayout, QWidget

_AFTER_MS = 100
_BETWEEN_MS = 10
_PATIENCE_MS = 2500


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
    """Steps that build what the first picture does not need, one per turn of the event loop.

    The first step is taken soon; the others once the pixels on show have come, so that they take
    no time from the workers, or at the first key or press, so that nothing is missing then.
    """

    def __init__(
        self,
        steps: Iterable[Callable[[], object]],
        is_waiting: Callable[[], bool],
        parent: QObject,
    ) -> None:
        """Prepare.

        Args:
            steps: What is to be built, in this order.
            is_waiting: Whether pixels on show are still to come.
            parent: Qt's owner.
        """
        super().__init__(parent)
        self._steps = deque(steps)
        self._is_waiting = is_waiting
        self._begun = False
        self._patience = 0
        self._turn = QTimer(self, singleShot=True, interval=_AFTER_MS)
        self._turn.timeout.connect(self._take_next)

    def begin(self) -> None:
        """Take the first step once the first pixels had time to come, then one per turn."""
        self._patience = _PATIENCE_MS // _BETWEEN_MS
        self._turn.start()
        application = QCoreApplication.instance()
        if application is not None:
            application.installEventFilter(self)

    def finish(self) -> None:
        """Take all steps that are left, now."""
        while self._steps:
            self._steps.popleft()()
        self._leave()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Somebody acts: build everything first."""
        if event.type() in (QEvent.Type.KeyPress, QEvent.Type.MouseButtonPress):
            self.finish()
        return False

    def _take_next(self) -> None:
        if self._is_waiting() and self._begun and self._patience > 0:
            self._patience -= 1
        elif self._steps:
            self._begun = True
            self._steps.popleft()()
        else:
            self._leave()
            return
        self._turn.start(_BETWEEN_MS)

    def _leave(self) -> None:
        self._turn.stop()
        application = QCoreApplication.instance()
        if application is not None:
            application.removeEventFilter(self)
