"""Asks how far a mask is to be grown, shrunk, feathered or smoothed."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from rabbitviewer.masking.fields import NumberField
from rabbitviewer.shell.overlay import Overlay
from rabbitviewer.theme.controls import push_button, text_label
from rabbitviewer.theme.tokens import tokens

_WIDTH = 400
MOST_PX = 500


class AmountCard(Overlay):
    """A figure in photo pixels, with Apply and Cancel."""

    def __init__(self, window: QWidget) -> None:
        super().__init__("", window)
        look = tokens()
        self._run: Callable[[float], object] | None = None
        self.card.setFixedWidth(_WIDTH)
        self._title = text_label("", "title")
        self._words = text_label("", "secondary", wraps=True)
        self._field = NumberField(
            self.tr("Radius"), (1, MOST_PX), self.tr(" px"), wide=True, even=False
        )
        self._field.left.connect(self.close_overlay)
        self._apply = push_button(self.tr("Apply"), "primary")
        self._cancel = push_button(self.tr("Cancel"))
        buttons = QHBoxLayout()
        buttons.setSpacing(look.space_2)
        buttons.addStretch(1)
        buttons.addWidget(self._cancel)
        buttons.addWidget(self._apply)
        inside = QVBoxLayout(self.card)
        inside.setContentsMargins(look.space_5, look.space_4, look.space_5, look.space_4)
        inside.setSpacing(look.space_3)
        inside.addWidget(self._title)
        inside.addWidget(self._words)
        inside.addWidget(self._field)
        inside.addLayout(buttons)
        self._apply.clicked.connect(self._on_apply)
        self._cancel.clicked.connect(self.close_overlay)

    def ask(self, title: str, words: str, amount: float, run: Callable[[float], object]) -> None:
        """Ask; returns at once. *run* is called with the radius, photo pixels."""
        self._title.setText(title)
        self._words.setText(words)
        self.setAccessibleName(title)
        self._field.show_value(amount)
        self._run = run
        self.open_overlay()

    def first_focus(self) -> QWidget:
        """Return the figure, all of it selected."""
        self._field.figure.selectAll()
        return self._field.figure

    def _on_apply(self) -> None:
        run, amount = self._run, float(self._field.value)
        self.close_overlay()
        if run is not None:
            run(amount)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Let Enter apply wherever the focus is inside the card."""
        if (
            isinstance(event, QKeyEvent)
            and event.type() == QEvent.Type.KeyPress
            and event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter)
            and isinstance(watched, QWidget)
            and self.isAncestorOf(watched)
            and watched is not self._cancel
        ):
            self._field.figure.interpretText()
            self._on_apply()
            return True
        return super().eventFilter(watched, event)
