"""News that come faster than anybody can look: of each thing only the latest is told."""

from __future__ import annotations

from PySide6.QtCore import QObject, QTimer, Signal


class Latest(QObject):
    """Tells of a thing at once, and then again once a while at most, however often it changes.

    Signals:
        told: the thing of this name is another one.
    """

    told = Signal(str)

    def __init__(self, interval_ms: int, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._changed: dict[str, None] = {}
        self._timer = QTimer(self, interval=interval_ms)
        self._timer.timeout.connect(self._tell)

    def tell(self, name: str) -> None:
        """Tell of *name*, now or soon."""
        if self._timer.isActive():
            self._changed[name] = None
        else:
            self._timer.start()
            self.told.emit(name)

    def forget(self, name: str) -> None:
        """Tell nothing more of what was said of *name*: something else was told."""
        self._changed.pop(name, None)

    def _tell(self) -> None:
        changed, self._changed = self._changed, {}
        if not changed:
            self._timer.stop()
        for name in changed:
            self.told.emit(name)
