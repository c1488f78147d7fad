"""Seed and candidates: how many pictures of each photo, and from which seeds."""

from __future__ import annotations

import random

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QSpinBox, QWidget

from daemon.protocol.workflows import MAX_SEED
from rabbitviewer.edit.rows import Rows
from rabbitviewer.edit.seed_field import SeedField
from rabbitviewer.models.form_memory import FormMemory
from rabbitviewer.theme.controls import ElidedLabel
from rabbitviewer.theme.tokens import tokens

MOST_CANDIDATES = 20
_BY_CHANCE = 2**32


class SeedRows(QObject):
    """Two rows of the form.

    Signals:
        changed: they say something else.
    """

    changed = Signal()

    def __init__(self, rows: Rows, memory: FormMemory, parent: QWidget) -> None:
        super().__init__(parent)
        self._field = SeedField()
        self._field.restore(memory.seed_mode, memory.seed)
        self._count = QSpinBox()
        self._count.setRange(1, MOST_CANDIDATES)
        self._count.setFixedHeight(tokens().control_height)
        self._count.setAccessibleName(self.tr("Candidates"))
        self._count.setToolTip(self.tr("How many pictures of each photo, each from its own seed"))
        field = self._count.findChild(QLineEdit)
        if field is not None:
            field.setTextMargins(tokens().space_1, 0, 0, 0)
        self._count.setFixedWidth(self._count.fontMetrics().horizontalAdvance("0") * 8)
        self._seeds = ElidedLabel("small")
        line = QHBoxLayout()
        line.setSpacing(tokens().space_2)
        line.addWidget(self._count)
        line.addWidget(self._seeds, 1)
        rows.add(self.tr("Seed"), self._field)
        rows.add(self.tr("Candidates"), line)
        self._count.setValue(memory.candidates)
        self._field.changed.connect(self._on_changed)
        self._count.valueChanged.connect(self._on_changed)
        self._show()

    @property
    def seed(self) -> int | None:
        """The seed; None: by chance."""
        return self._field.seed

    @property
    def candidates(self) -> int:
        """How many pictures of each photo, 1..20."""
        return self._count.value()

    def of_candidates(self) -> list[int | None]:
        """Return the seeds of the candidates of one photo: they follow each other."""
        count, first = self.candidates, self.seed
        if first is None:
            if count == 1:
                return [None]
            first = random.randrange(_BY_CHANCE)
        return [(first + place) % (MAX_SEED + 1) for place in range(count)]

    def go_on(self) -> None:
        """A run was accepted: take the next seeds where that is wanted."""
        self._field.go_on(self.candidates)

    def keep(self, memory: FormMemory) -> None:
        """Remember what they say."""
        memory.seed_mode = self._field.mode
        memory.seed = self.seed or 0
        memory.candidates = self.candidates

    def _on_changed(self) -> None:
        self._show()
        self.changed.emit()

    def _show(self) -> None:
        first, count = self.seed, self.candidates
        if count == 1:
            words = ""
        elif first is None:
            words = self.tr("seeds by chance, in a row")
        else:
            words = self.tr("seeds {first} to {last}").format(first=first, last=first + count - 1)
        self._seeds.setText(words)
