"""The strip over the status line while a grade goes onto many photos."""

from __future__ import annotations

from PySide6.QtWidgets import QFrame, QHBoxLayout, QProgressBar, QWidget

from rabbitviewer.looks.look_words import batch_words
from rabbitviewer.models.grade_batches import GradeBatches
from rabbitviewer.theme.controls import ElidedLabel, push_button
from rabbitviewer.theme.theme import figures_font
from rabbitviewer.theme.tokens import tokens

_BAR_WIDTH = 160


class BatchStrip(QFrame):
    """One line however many photos there are, with a bar and Cancel all."""

    def __init__(self, batches: GradeBatches, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        look = tokens()
        self._batches = batches
        self.setProperty("look", "status")
        self.setFixedHeight(look.bar_height)
        self._words = ElidedLabel("secondary")
        self._words.setFont(figures_font(self._words.font()))
        self._bar = QProgressBar()
        self._bar.setTextVisible(False)
        self._bar.setFixedWidth(_BAR_WIDTH)
        self._bar.setAccessibleName(self.tr("Progress of the grades"))
        self._cancel = push_button(self.tr("Cancel all"), "quiet")
        self._cancel.clicked.connect(self._stop)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(look.space_3, 0, look.space_2, 0)
        layout.setSpacing(look.space_3)
        layout.addWidget(self._bar)
        layout.addWidget(self._words, 1)
        layout.addWidget(self._cancel)
        batches.changed.connect(self._show)
        self._show()

    @property
    def words(self) -> str:
        """What the strip says."""
        return self._words.text()

    def _show(self) -> None:
        running = self._batches.batches()
        self.setVisible(bool(running))
        if not running:
            self._cancel.setEnabled(True)
            return
        words = batch_words(running[0])
        if len(running) > 1:
            words += " · " + self.tr("{n} more under way").format(n=len(running) - 1)
        self._words.setText(words)
        if running[0].error is not None:
            self._words.setToolTip(running[0].error.message)
        self._bar.setRange(0, sum(each.count for each in running))
        self._bar.setValue(sum(each.ended for each in running))

    def _stop(self) -> None:
        self._cancel.setEnabled(False)
        self._batches.cancel_all()
