"""How strongly a grade is applied: one row of the form."""

from __future__ import annotations

from PySide6.QtCore import QObject, Qt
from PySide6.QtWidgets import QHBoxLayout, QSlider, QWidget

from rabbitviewer.edit.rows import Rows
from rabbitviewer.theme.controls import text_label
from rabbitviewer.theme.theme import figures_font
from rabbitviewer.theme.tokens import tokens

_FULL_PCT = 100
_MOST_PCT = 150
_STEP_PCT = 5


class StrengthRow(QObject):
    """A slider and its figure."""

    def __init__(self, rows: Rows, parent: QWidget) -> None:
        super().__init__(parent)
        self._slider = QSlider(Qt.Orientation.Horizontal)
        self._slider.setRange(0, _MOST_PCT)
        self._slider.setSingleStep(_STEP_PCT)
        self._slider.setPageStep(25)
        self._slider.setValue(_FULL_PCT)
        self._slider.setAccessibleName(self.tr("Strength in per cent"))
        self._figure = text_label()
        self._figure.setFont(figures_font(self._figure.font()))
        widest = self._figure.fontMetrics().horizontalAdvance("150 %")
        self._figure.setMinimumWidth(widest + tokens().space_1)
        self._figure.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        line = QHBoxLayout()
        line.setSpacing(tokens().space_2)
        line.addWidget(self._slider, 1)
        line.addWidget(self._figure)
        self._label = rows.add(self.tr("Strength"), line)
        self._slider.valueChanged.connect(self._show)
        self._show(_FULL_PCT)

    @property
    def strength(self) -> float:
        """0..1.5."""
        return self._slider.value() / 100

    def set_visible(self, *, shown: bool) -> None:
        """Show or hide the row."""
        for widget in (self._label, self._slider, self._figure):
            widget.setVisible(shown)

    def _show(self, percent: int) -> None:
        self._figure.setText(f"{percent} %")
