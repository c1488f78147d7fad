"""One line of help: what the tool does, what is being worked out, what is wrong."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QProgressBar, QWidget

from rabbitviewer.masking.settings import PaintSettings
from rabbitviewer.models.mask_changes import MaskChanges
from rabbitviewer.models.masks import MaskModel
from rabbitviewer.theme.controls import ElidedLabel, push_button, set_look, text_label
from rabbitviewer.theme.tokens import tokens

_BAR_WIDTH = 64


class HintLine(QWidget):
    """Says in one line what to do; while something is worked out, what, with a way to stop it."""

    def __init__(
        self,
        masks: MaskModel,
        changes: MaskChanges,
        settings: PaintSettings,
        *,
        wraps: bool,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._masks = masks
        self._changes = changes
        self._settings = settings
        self._words = text_label("", "small", wraps=True) if wraps else ElidedLabel("small")
        if wraps:
            # room for two lines at all times: nothing under it moves when the words change
            self._words.setMinimumHeight(2 * self._words.fontMetrics().lineSpacing())
            self._words.setAlignment(Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft)
        self._bar = QProgressBar()
        self._bar.setRange(0, 0)
        self._bar.setTextVisible(False)
        self._bar.setFixedWidth(_BAR_WIDTH)
        self._bar.setAccessibleName(self.tr("Working"))
        self._stop = push_button(self.tr("Stop"), "quiet")
        self._stop.clicked.connect(changes.cancel)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(tokens().space_2)
        layout.addWidget(self._bar)
        layout.addWidget(self._words, 1)
        layout.addWidget(self._stop)
        settings.tool_changed.connect(self._show)
        changes.running_changed.connect(self._show)
        for signal in (masks.opened, masks.opening, masks.saved, masks.failed):
            signal.connect(self._show)
        masks.empty_changed.connect(self._show)
        self._show()

    @property
    def words(self) -> str:
        """What it says."""
        return self._words.text()

    def _show(self, *_what: object) -> None:
        running = self._changes.running
        problem = self._masks.save_problem
        waits = running is not None or self._masks.is_opening
        self._bar.setVisible(waits)
        self._stop.setVisible(running is not None)
        set_look(self._words, "small-error" if problem is not None and not waits else "small")
        if self._masks.is_opening:
            self._words.setText(self.tr("Opening the mask"))
        elif running is not None:
            self._words.setText(self._working(running.name))
        elif problem is not None:
            self._words.setText(
                self.tr("Not saved yet; tried again by itself. {why}").format(
                    why=" ".join(filter(None, (problem.message, problem.hint)))
                )
            )
        elif self._masks.is_empty:
            hint = self._settings.tool.hint
            self._words.setText(self.tr("The mask is empty. {hint}").format(hint=hint))
        else:
            self._words.setText(self._settings.tool.hint)

    def _working(self, change: str) -> str:
        return {
            "grow": self.tr("Growing the mask; painting waits"),
            "shrink": self.tr("Shrinking the mask; painting waits"),
            "feather": self.tr("Feathering the mask; painting waits"),
            "smooth": self.tr("Smoothing the mask; painting waits"),
            "fill_holes": self.tr("Filling holes; painting waits"),
            "similar": self.tr("Finding similar colors"),
            "luminosity": self.tr("Finding the tones of the range"),
            "alpha": self.tr("Reading the photo's transparency"),
            "file": self.tr("Reading the mask"),
        }.get(change, self.tr("Working"))
