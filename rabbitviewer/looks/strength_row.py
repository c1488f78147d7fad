"""How much of a grade counts: a slider from nothing to half as much again, with its figure."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QSlider, QWidget

from rabbitviewer.theme.controls import text_label
from rabbitviewer.theme.theme import figures_font
from rabbitviewer.theme.tokens import tokens

_FULL_PCT = 100
_MOST_PCT = 150
_STEP_PCT = 5
_PAGE_PCT = 25


class StrengthRow(QWidget):
    """The slider; a double click goes back to 100 %.

    Signals:
        changed: another strength (0..1.5).
    """

    changed = Signal(float)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._slider = QSlider(Qt.Orientation.Horizontal)
        self._slider.setRange(0, _MOST_PCT)
        self._slider.setSingleStep(_STEP_PCT)
        self._slider.setPageStep(_PAGE_PCT)
        self._slider.setAccessibleName(self.tr("Strength in per cent"))
        self._slider.setToolTip(self.tr("Double-click for 100 %"))
        self._slider.installEventFilter(self)
        self._figure = text_label()
        self._figure.setFont(figures_font(self._figure.font()))
        self._figure.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        widest = self._figure.fontMetrics().horizontalAdvance("150 %")
        self._figure.setMinimumWidth(widest + tokens().space_1)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(tokens().space_2)
        row.addWidget(self._slider, 1)
        row.addWidget(self._figure)
        self._slider.valueChanged.connect(self._on_changed)
        self.set_strength(1.0)

    @property
    def strength(self) -> float:
        """The strength, 0..1.5."""
        return self._slider.value() / _FULL_PCT

    @property
    def slider(self) -> QSlider:
        """The slider itself, 0..150."""
        return self._slider

    def set_strength(self, strength: float) -> None:
        """Show another strength; nobody is told."""
        with QSignalBlocker(self._slider):
            self._slider.setValue(round(strength * _FULL_PCT))
        self._show()

    def _on_changed(self) -> None:
        self._show()
        self.changed.emit(self.strength)

    def _show(self) -> None:
        self._figure.setText(f"{self._slider.value()} %")

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Go back to the whole of it."""
        if event.type() == QEvent.Type.MouseButtonDblClick:
            self._slider.setValue(_FULL_PCT)
            return True
        if event.type() == QEvent.Type.Wheel:
            event.ignore()
            return True
        return super().eventFilter(watched, event)
