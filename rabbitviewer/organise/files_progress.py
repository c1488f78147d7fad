"""The strip over the status line while work on files takes its time."""

from __future__ import annotations

from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QFrame, QHBoxLayout, QProgressBar, QWidget

from rabbitviewer.models.filework import FileWork, Progress
from rabbitviewer.organise.files_words import progress_words
from rabbitviewer.theme.controls import push_button, text_label
from rabbitviewer.theme.theme import figures_font
from rabbitviewer.theme.tokens import tokens

_LONG_MS = 500
_BAR_WIDTH = 240


class ProgressStrip(QFrame):
    """Says how far work is, with a bar and Cancel; quick work never shows it."""

    def __init__(self, work: FileWork, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        look = tokens()
        self._work = work
        self._number = 0
        self.setProperty("look", "status")
        self.setFixedHeight(look.bar_height)
        self._words = text_label("", "secondary")
        self._words.setFont(figures_font(self._words.font()))
        self._bar = QProgressBar()
        self._bar.setTextVisible(False)
        self._bar.setFixedWidth(_BAR_WIDTH)
        self._bar.setAccessibleName(self.tr("Progress of the work on files"))
        self._cancel = push_button(self.tr("Cancel"), "quiet")
        self._cancel.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._cancel.clicked.connect(self._stop)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(look.space_3, 0, look.space_2, 0)
        layout.setSpacing(look.space_3)
        layout.addWidget(self._bar)
        layout.addWidget(self._words, 1)
        layout.addWidget(self._cancel)
        self._patience = QTimer(self, singleShot=True, interval=_LONG_MS)
        self._patience.timeout.connect(self._show_oldest)
        work.progressed.connect(self._on_progressed)
        work.ended.connect(self._on_ended)
        self.hide()

    def _on_progressed(self, progress: Progress) -> None:
        if self.isVisible():
            self._show_oldest()
        elif not self._patience.isActive() and progress.number != self._number:
            self._number = progress.number
            self._patience.start()

    def _on_ended(self, _outcome: object) -> None:
        if self.isVisible() or not self._work.running():
            self._patience.stop()
            self._show_oldest()

    def _show_oldest(self) -> None:
        running = self._work.running()
        self.setVisible(bool(running))
        if not running:
            self._number = 0
            return
        first = running[0]
        self._number = first.number
        words = progress_words(first)
        if len(running) > 1:
            words += " · " + self.tr("{n} more waiting").format(n=len(running) - 1)
        self._words.setText(words)
        self._bar.setRange(0, first.total)
        self._bar.setValue(first.done)
        self._cancel.setEnabled(True)

    def _stop(self) -> None:
        self._cancel.setEnabled(False)
        self._work.cancel(self._number)
