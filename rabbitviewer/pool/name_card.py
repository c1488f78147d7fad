"""Asks for the name of a pool."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QWidget

from rabbitviewer.organise.files_card import Card
from rabbitviewer.theme.controls import push_button
from rabbitviewer.theme.tokens import tokens

_WIDTH = 360
_MOST_LETTERS = 100


class NameCard(Card):
    """A field and a button."""

    def __init__(self, window: QWidget) -> None:
        super().__init__("", window, width=_WIDTH)
        self._run: Callable[[str], object] | None = None
        self._field = QLineEdit()
        self._field.setMaxLength(_MOST_LETTERS)
        self._field.setAccessibleName(self.tr("Name of the pool"))
        self._field.textChanged.connect(self._enable)
        self._go = push_button("", "primary")
        self._go.clicked.connect(self.submit)
        buttons = QHBoxLayout()
        buttons.setSpacing(tokens().space_2)
        buttons.addStretch(1)
        buttons.addWidget(self._go)
        self.body.addWidget(self._field)
        self.body.addLayout(buttons)

    def ask(self, title: str, verb: str, name: str, run: Callable[[str], object]) -> None:
        """Ask for a name.

        Args:
            title: What for.
            verb: What the button says.
            name: What the field holds first.
            run: Called with the name.
        """
        self.set_title(title)
        self._go.setText(verb)
        self._go.setAccessibleName(verb)
        self._run = run
        self._field.setText(name)
        self._field.selectAll()
        self._enable()
        self.open_card(self._field)

    def submit(self) -> None:
        """Take the name."""
        name = self._field.text().strip()
        if name and self._run is not None:
            self.close_card()
            self._run(name)

    def _enable(self) -> None:
        self._go.setEnabled(bool(self._field.text().strip()))
