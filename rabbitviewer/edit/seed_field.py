"""The seed of a run: by chance, always the same, or one more each time."""

from __future__ import annotations

import random

from PySide6.QtCore import QRegularExpression, QSignalBlocker, Signal
from PySide6.QtGui import QRegularExpressionValidator
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QWidget

from daemon.protocol.workflows import MAX_SEED
from rabbitviewer.theme.controls import Choice
from rabbitviewer.theme.icons import icon
from rabbitviewer.theme.tokens import tokens

RANDOM, FIXED, INCREMENT = "random", "fixed", "increment"
_BY_CHANCE = 2**32
_DIGITS = r"\d{0,20}"


class SeedField(QWidget):
    """A field, a die and what becomes of it after a run. An empty field is a seed by chance.

    Signals:
        changed: it says something else.
    """

    changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._field = QLineEdit()
        self._field.setPlaceholderText(self.tr("Any"))
        self._field.setValidator(
            QRegularExpressionValidator(QRegularExpression(_DIGITS), self._field)
        )
        self._field.setAccessibleName(self.tr("Seed"))
        self._field.setMinimumWidth(tokens().control_height)
        die = self._field.addAction(
            icon("ph.dice-five", "text_secondary"), QLineEdit.ActionPosition.TrailingPosition
        )
        die.setToolTip(self.tr("Another seed by chance"))
        self._mode = Choice(self.tr("After a run"))
        self._mode.setMinimumContentsLength(1)
        self._mode.setSizeAdjustPolicy(Choice.SizeAdjustPolicy.AdjustToContents)
        self._mode.addItem(self.tr("Random"), RANDOM)
        self._mode.addItem(self.tr("Fixed"), FIXED)
        self._mode.addItem(self.tr("Increment"), INCREMENT)
        self._mode.setToolTip(
            self.tr("Random: another seed for each run. Fixed: the same. Increment: one more.")
        )
        line = QHBoxLayout(self)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(tokens().space_1)
        line.addWidget(self._field, 1)
        line.addWidget(self._mode)
        self._field.textChanged.connect(self._on_typed)
        die.triggered.connect(self._throw)
        self._mode.activated.connect(self._on_mode)

    @property
    def mode(self) -> str:
        """What becomes of the seed: random | fixed | increment."""
        return str(self._mode.currentData())

    @property
    def seed(self) -> int | None:
        """The seed; None: by chance."""
        typed = self._field.text()
        return min(int(typed), MAX_SEED) if typed.isdigit() else None

    def restore(self, mode: str, seed: int) -> None:
        """Say what was said the last time."""
        with QSignalBlocker(self._field), QSignalBlocker(self._mode):
            self._mode.setCurrentIndex(max(self._mode.findData(mode), 0))
            self._field.setText("" if self.mode == RANDOM else str(seed))

    def go_on(self, runs: int = 1) -> None:
        """So many runs were accepted: take the next seed where that is wanted."""
        seed = self.seed
        if self.mode == INCREMENT and seed is not None:
            self._field.setText(str((seed + runs) % (MAX_SEED + 1)))

    def _on_typed(self, typed: str) -> None:
        """A typed seed stays; an empty field is one by chance."""
        with QSignalBlocker(self._mode):
            if not typed:
                self._mode.setCurrentIndex(self._mode.findData(RANDOM))
            elif self.mode == RANDOM:
                self._mode.setCurrentIndex(self._mode.findData(FIXED))
        self.changed.emit()

    def _throw(self) -> None:
        self._field.setText(str(random.randrange(_BY_CHANCE)))

    def _on_mode(self) -> None:
        if self.mode == RANDOM:
            with QSignalBlocker(self._field):
                self._field.clear()
        elif not self._field.text():
            wanted = self._mode.currentIndex()
            self._throw()
            self._mode.setCurrentIndex(wanted)
        self.changed.emit()
