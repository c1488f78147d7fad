"""How a grade is learnt from the model's picture, and which part of it counts."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from rabbitviewer.edit.fit_verdict import MODEL
from rabbitviewer.edit.rows import Rows
from rabbitviewer.theme.controls import Choice


class LearningForm(QWidget):
    """Two choices that hardly anybody changes.

    Signals:
        changed: one of them did.
    """

    changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._fit = Choice(self.tr("Fit"))
        self._channels = Choice(self.tr("Channels"))
        _fill(
            self._fit,
            ("auto", self.tr("Automatic"), self.tr("Spatial where one LUT cannot do it")),
            ("lut", self.tr("One LUT"), self.tr("The same change of colour all over the photo")),
            ("spatial", self.tr("Spatial"), self.tr("A grade that varies over the photo")),
            (
                MODEL,
                self.tr("Model's picture"),
                self.tr("What the model made, at its own size, instead of a grade of the photo"),
            ),
        )
        _fill(
            self._channels,
            ("all", self.tr("Light and colour"), ""),
            ("luma", self.tr("Light only"), self.tr("Keep the photo's own colours")),
            ("chroma", self.tr("Colour only"), self.tr("Keep the photo's own light and shade")),
        )
        rows = Rows(self.font())
        rows.add(self.tr("Fit"), self._fit)
        rows.add(self.tr("Channels"), self._channels)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addLayout(rows)
        self._fit.currentIndexChanged.connect(self._on_changed)
        self._channels.currentIndexChanged.connect(self._on_changed)
        self._on_changed()

    @property
    def fit(self) -> str:
        """The fit's name: auto | lut | spatial | model."""
        return str(self._fit.currentData())

    @property
    def channels(self) -> str:
        """What of the grade counts: all | luma | chroma; of the model's picture always all."""
        return "all" if self.fit == MODEL else str(self._channels.currentData())

    def _on_changed(self) -> None:
        self._channels.setEnabled(self.fit != MODEL)
        for choice in (self._fit, self._channels):
            choice.setToolTip(choice.currentData(Qt.ItemDataRole.ToolTipRole) or "")
        self.changed.emit()


def _fill(choice: Choice, *offers: tuple[str, str, str]) -> None:
    """Offer names with titles and tool tips."""
    for name, title, hint in offers:
        choice.addItem(title, name)
        choice.setItemData(choice.count() - 1, hint, Qt.ItemDataRole.ToolTipRole)
