"""What scripts did and do: a card per run with its words, its progress and a button to stop it."""

from __future__ import annotations

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QPlainTextEdit,
    QProgressBar,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from rabbitviewer.models.script_runs import Run, ScriptRuns
from rabbitviewer.theme.controls import Fold, icon_button, push_button, set_look, text_label
from rabbitviewer.theme.tokens import tokens

_WIDTH = 400
_DETAILS_HEIGHT = 140
_MOST_HEIGHT = 420


class ScriptsPanel(QFrame):
    """The runs of this session, the newest at the top.

    Signals:
        size_changed: it needs another height.
    """

    size_changed = Signal()

    def __init__(self, runs: ScriptRuns, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._runs = runs
        self._cards: dict[Run, _Card] = {}
        self._measure = QTimer(self, singleShot=True, interval=0)
        self._measure.timeout.connect(self._fit)
        look = tokens()
        self.setFixedWidth(_WIDTH)
        self._clear = push_button(self.tr("Clear"), "quiet")
        self._clear.clicked.connect(runs.clear)
        top = QHBoxLayout()
        top.addWidget(text_label(self.tr("Scripts"), "heading"))
        top.addStretch(1)
        top.addWidget(self._clear)
        self._empty = text_label(self.tr("No script ran yet."), "secondary")
        self._page = QWidget()
        self._column = QVBoxLayout(self._page)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(look.space_2)
        self._column.addStretch(1)
        self._scroll = QScrollArea()
        self._scroll.setWidgetResizable(True)
        self._scroll.setFrameShape(QFrame.Shape.NoFrame)
        self._scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._scroll.setWidget(self._page)
        self._whole = layout = QVBoxLayout(self)
        layout.setContentsMargins(look.space_4, look.space_3, look.space_4, look.space_4)
        layout.setSpacing(look.space_2)
        layout.addLayout(top)
        layout.addWidget(self._empty)
        layout.addWidget(self._scroll)
        runs.changed.connect(self._show)
        self._show()

    def showEvent(self, event: QShowEvent) -> None:
        """Measure the cards, now that they have their look."""
        super().showEvent(event)
        self._fit()
        self._measure.start()

    def _show(self) -> None:
        for run in [each for each in self._cards if each not in self._runs.runs]:
            card = self._cards.pop(run)
            card.hide()
            card.deleteLater()
        for run in reversed(self._runs.runs):
            if run not in self._cards:
                self._cards[run] = card = _Card(run, self._runs)
                card.details.toggled.connect(self._on_folded)
                self._column.insertWidget(0, card)
            self._cards[run].show_run()
        self._empty.setVisible(not self._cards)
        self._scroll.setVisible(bool(self._cards))
        self._clear.setVisible(any(run.state != "running" for run in self._runs.runs))
        self._measure.start()

    def _on_folded(self, _is_open: bool) -> None:
        self._measure.start()

    def _fit(self) -> None:
        width = _WIDTH - 2 * tokens().space_4
        gap = self._column.spacing()
        height = sum(card.height_at(width) + gap for card in self._cards.values())
        self._scroll.setFixedHeight(min(max(height, 0), _MOST_HEIGHT))
        policy = Qt.ScrollBarPolicy
        needed = policy.ScrollBarAsNeeded if height > _MOST_HEIGHT else policy.ScrollBarAlwaysOff
        self._scroll.setVerticalScrollBarPolicy(needed)
        self._whole.activate()
        self.size_changed.emit()


class _Card(QFrame):
    """One run."""

    def __init__(self, run: Run, runs: ScriptRuns) -> None:
        super().__init__()
        look = tokens()
        self._run = run
        self.setProperty("look", "card")
        self._title = text_label(run.script.title, "heading")
        self._state = text_label("", "small")
        self._stop = icon_button("ph.stop-circle", self.tr("Stop"))
        self._stop.clicked.connect(lambda: runs.stop(run))
        self._bar = QProgressBar()
        self._bar.setTextVisible(False)
        self._bar.setAccessibleName(self.tr("Progress"))
        self._words = text_label("", wraps=True)
        self._words.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._text = QPlainTextEdit()
        self._text.setReadOnly(True)
        self._text.setFixedHeight(_DETAILS_HEIGHT)
        self._text.setAccessibleName(self.tr("What the script printed"))
        self.details = Fold(self.tr("Details"), self._text)
        top = QHBoxLayout()
        top.setSpacing(look.space_2)
        top.addWidget(self._title, 1)
        top.addWidget(self._state)
        top.addWidget(self._stop)
        self._rows = layout = QVBoxLayout(self)
        layout.setContentsMargins(look.space_3, look.space_2, look.space_3, look.space_2)
        layout.setSpacing(look.space_2)
        layout.addLayout(top)
        layout.addWidget(self._bar)
        layout.addWidget(self._words)
        layout.addWidget(self.details)

    def height_at(self, width: int) -> int:
        """Return the height it needs."""
        self._rows.invalidate()
        return self._rows.totalHeightForWidth(width)

    def show_run(self) -> None:
        """Show how the run stands."""
        run = self._run
        running = run.state == "running"
        words = {
            "running": self.tr("Running"),
            "done": self.tr("Done"),
            "failed": self.tr("Failed"),
            "stopped": self.tr("Stopped"),
        }
        part = f" {run.done}/{run.total}" if running and run.total else ""
        self._state.setText(words[run.state] + part)
        self._stop.setVisible(running)
        self._bar.setVisible(running)
        self._bar.setRange(0, run.total)
        self._bar.setValue(run.done)
        set_look(self._words, "error" if run.state == "failed" else "")
        self._words.setText(run.message)
        self._words.setVisible(bool(run.message))
        self.details.setVisible(bool(run.details))
        if self._text.toPlainText() != run.details:
            self._text.setPlainText(run.details)
