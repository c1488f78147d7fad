"""The control for a number: a box, and a slider before it where both ends are known."""

from __future__ import annotations

from PySide6.QtCore import QSignalBlocker, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QDoubleSpinBox, QLineEdit, QSlider, QSpinBox, QWidget

from daemon.protocol.values import ParameterInfo
from rabbitviewer.edit.field import Field
from rabbitviewer.edit.grade_settings import Value
from rabbitviewer.theme.tokens import tokens

_WIDEST = 2**31 - 1
_MOST_STEPS = 1000
_DECIMALS = 6


class NumberField(Field):
    """A whole or broken number: a box, and a slider before it where both ends are known."""

    def __init__(self, info: ParameterInfo, title: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._is_whole = info.type == "integer"
        self._box: _WholeBox | _BrokenBox = _WholeBox() if self._is_whole else _BrokenBox()
        self._slider: _Slider | None = None
        step = info.step or (1 if self._is_whole else _usual_step(info))
        self._step = max(step, 1) if self._is_whole else step
        self._low = -_WIDEST if info.min is None else max(info.min, -_WIDEST)
        self._high = _WIDEST if info.max is None else min(info.max, _WIDEST)
        self._prepare_box(title)
        default = info.default if isinstance(info.default, int | float) else None
        self.set_value(max(self._low, 0) if default is None else default)
        self._box.valueChanged.connect(self._on_box)
        steps = round((self._high - self._low) / self._step)
        if info.min is None or info.max is None or not 1 <= steps <= _MOST_STEPS:
            self.put(self._box)
            return
        self._slider = _Slider(Qt.Orientation.Horizontal)
        self._slider.setRange(0, steps)
        self._slider.setPageStep(max(steps // 10, 1))
        self._slider.setAccessibleName(title)
        self._box.setFixedWidth(self.fontMetrics().horizontalAdvance("0") * 9)
        self._on_box()
        self._slider.valueChanged.connect(self._on_slider)
        self.put(self._slider, self._box)

    def value(self) -> Value:
        """Return the number."""
        return self._box.value()

    def set_value(self, value: Value) -> None:
        """Show the number, kept inside its range."""
        if isinstance(value, str):
            return
        within = min(max(value, self._low), self._high)
        if isinstance(self._box, _WholeBox):
            self._box.setValue(int(within))
        else:
            self._box.setValue(float(within))

    def _prepare_box(self, title: str) -> None:
        box = self._box
        if isinstance(box, _WholeBox):
            box.setRange(int(self._low), int(self._high))
            box.setSingleStep(int(self._step))
        else:
            digits = len(f"{self._step:.{_DECIMALS}f}".rstrip("0").partition(".")[2])
            box.setDecimals(max(digits, 1))
            box.setRange(self._low, self._high)
            box.setSingleStep(self._step)
        box.setFixedHeight(tokens().control_height)
        box.setAccessibleName(title)
        field = box.findChild(QLineEdit)
        if field is not None:
            field.setTextMargins(tokens().space_1, 0, 0, 0)

    def _on_box(self) -> None:
        if self._slider is not None:
            with QSignalBlocker(self._slider):
                self._slider.setValue(round((self._box.value() - self._low) / self._step))
        self.changed.emit()

    def _on_slider(self, place: int) -> None:
        self.set_value(self._low + place * self._step)


class _WholeBox(QSpinBox):
    """The wheel scrolls the panel, not the number."""

    def wheelEvent(self, event: QWheelEvent) -> None:
        event.ignore()


class _BrokenBox(QDoubleSpinBox):
    """The wheel scrolls the panel, not the number."""

    def wheelEvent(self, event: QWheelEvent) -> None:
        event.ignore()


class _Slider(QSlider):
    """The wheel scrolls the panel, not the number."""

    def wheelEvent(self, event: QWheelEvent) -> None:
        event.ignore()


def _usual_step(info: ParameterInfo) -> float:
    if info.min is None or info.max is None:
        return 0.05
    return 0.01 if info.max - info.min <= 2 else 0.1
