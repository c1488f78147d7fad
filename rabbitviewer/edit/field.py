"""What every control of a workflow's form can do."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QWidget

from rabbitviewer.edit.grade_settings import Value
from rabbitviewer.theme.tokens import tokens


class Field(QWidget):
    """One control.

    Signals:
        changed: its value is another one.
        submitted: Ctrl+Enter was pressed in it.
    """

    changed = Signal()
    submitted = Signal()

    def value(self) -> Value:
        """Return what it says."""
        raise NotImplementedError

    def set_value(self, value: Value) -> None:
        """Say *value*; what it cannot say leaves it as it is."""
        raise NotImplementedError

    def put(self, *controls: QWidget, stretch: int = 0) -> None:
        """Stand *controls* side by side; the one at *stretch* takes the room."""
        line = QHBoxLayout(self)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(tokens().space_2)
        for place, control in enumerate(controls):
            line.addWidget(control, 1 if place == stretch else 0)
        self.setFocusProxy(controls[-1])
