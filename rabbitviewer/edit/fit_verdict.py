"""How well a grade follows the model's edit: chip, sentence, and what can be done about it."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from daemon.protocol.values import FitReport, JobInfo
from rabbitviewer.models.job import LOOK
from rabbitviewer.theme.controls import push_button, set_look, text_label
from rabbitviewer.theme.flow_layout import FlowLayout
from rabbitviewer.theme.tokens import tokens
from rabbitviewer.words import fit_advice, fit_detail, fit_words

SPATIAL, MODEL = "spatial", "model"
_LOOKS = {"excellent": "tag-good", "good": "tag-good", "fair": "tag"}
NOT_GLOBAL = "not_global"
_MISSES = (NOT_GLOBAL, "no_match")


class FitVerdict(QWidget):
    """Tells the fit of one finished job.

    Attributes:
        chips: The verdict, and that the grade varies over the picture; whoever shows this puts them
            among other chips.

    Signals:
        fit_pressed: the same grade is wanted with another fit (its name).
    """

    fit_pressed = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._chip = text_label("", "tag")
        self._varies = text_label(self.tr("Spatial"), "tag")
        self._varies.setToolTip(
            self.tr("The grade varies over the picture, as the model's edit does.")
        )
        self.chips: tuple[QLabel, ...] = (self._chip, self._varies)
        self._sentence = text_label("", "small", wraps=True)
        self._advice = text_label("", "secondary", wraps=True)
        self._spatial = push_button(self.tr("Use Spatial"))
        self._spatial.setToolTip(
            self.tr("Learn it again from the same picture, as a grade that varies over the photo")
        )
        self._model = push_button(self.tr("Keep the model's picture"))
        self._model.setToolTip(
            self.tr("Save what the model made, at its own size, in place of a grade of the photo")
        )
        self._buttons = QWidget()
        row = FlowLayout(tokens().space_2, self._buttons)
        row.addWidget(self._spatial)
        row.addWidget(self._model)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(tokens().space_2)
        for part in (self._sentence, self._advice, self._buttons):
            layout.addWidget(part)
        self._spatial.clicked.connect(lambda: self.fit_pressed.emit(SPATIAL))
        self._model.clicked.connect(lambda: self.fit_pressed.emit(MODEL))

    def show_job(self, info: JobInfo) -> None:
        """Tell how well *info* was learnt; nothing before it is done."""
        fit = info.fit if info.state == "done" and info.operation != LOOK else None
        self.setVisible(fit is not None)
        self._chip.setVisible(fit is not None)
        self._varies.setVisible(fit is not None and fit.model == SPATIAL)
        if fit is None:
            return
        self._chip.setText(fit_words(fit))
        set_look(self._chip, _look_of(fit))
        detail, advice = fit_detail(fit), fit_advice(fit, has_mask=info.mask_path is not None)
        self._chip.setToolTip(detail)
        self._sentence.setText((fit.summary or detail) if fit.verdict == NOT_GLOBAL else detail)
        self._advice.setText(advice)
        self._advice.setVisible(bool(advice))
        misses = fit.verdict in _MISSES
        spatial = fit.verdict == NOT_GLOBAL and fit.model != SPATIAL
        model = misses and info.mask_path is None
        self._spatial.setVisible(spatial)
        self._model.setVisible(model)
        self._buttons.setVisible(spatial or model)
        self._fold_in()

    def _fold_in(self) -> None:
        """Leave the sentence to the chip's tool tip where the panel is narrow."""
        roomy = self.width() >= tokens().sentence_width
        keep = self.tr("Keep the model's picture")
        self._model.setText(keep if roomy else self.tr("Keep its picture"))
        self._sentence.setVisible(bool(self._sentence.text()) and roomy)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Show the sentence where there is room."""
        super().resizeEvent(event)
        self._fold_in()


def _look_of(fit: FitReport) -> str:
    """Return the chip's variant of the style sheet."""
    if fit.verdict:
        return _LOOKS.get(fit.verdict, "tag-warn")
    return "tag-warn" if fit.warning else "tag"
