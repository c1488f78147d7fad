"""Rows of the grade's forms: a name at the left, as wide in every form, and a control."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication
from PySide6.QtGui import QFont, QFontMetrics
from PySide6.QtWidgets import QGridLayout, QLabel, QLayout, QWidget

from rabbitviewer.theme.controls import text_label
from rabbitviewer.theme.tokens import tokens


class Rows(QGridLayout):
    """Named controls under each other; a row can be hidden."""

    def __init__(self, font: QFont) -> None:
        super().__init__()
        look = tokens()
        self.setHorizontalSpacing(look.space_3)
        self.setVerticalSpacing(look.space_2)
        self.setColumnStretch(1, 1)
        self.setColumnMinimumWidth(0, name_width(font))

    def add(self, name: str, control: QWidget | QLayout) -> QLabel:
        """Append a row; return its name's label."""
        row = self.rowCount()
        label = text_label(name, "secondary")
        self.addWidget(label, row, 0)
        if isinstance(control, QWidget):
            self.addWidget(control, row, 1)
        else:
            self.addLayout(control, row, 1)
        return label


def name_width(font: QFont) -> int:
    """Return how wide the names at the left are, logical pixels."""
    exact = QFont(font)
    exact.setPixelSize(tokens().font_body)
    return max(map(QFontMetrics(exact).horizontalAdvance, _names()))


def _names() -> tuple[str, ...]:
    """Return names that stand in the forms, to align them."""
    return (
        QCoreApplication.translate("GradeForm", "Workflow"),
        QCoreApplication.translate("StrengthRow", "Strength"),
        QCoreApplication.translate("SeedRows", "Candidates"),
        QCoreApplication.translate("SubjectForm", "Source"),
        QCoreApplication.translate("LearningForm", "Channels"),
    )
