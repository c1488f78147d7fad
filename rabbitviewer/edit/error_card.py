"""An error where the result would stand: cause, advice, a Details fold."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QVBoxLayout, QWidget

from daemon.protocol.errors import ErrorInfo
from rabbitviewer.theme.controls import Fold, text_label
from rabbitviewer.theme.tokens import tokens


class ErrorCard(QFrame):
    """Shows one :class:`ErrorInfo`."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        look = tokens()
        self._cause = text_label("", "error", wraps=True)
        self._advice = text_label("", wraps=True)
        self._details = text_label("", "small", wraps=True)
        for label in (self._cause, self._advice, self._details):
            label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._fold = Fold(self.tr("Details"), self._details)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(look.space_2)
        layout.addWidget(self._cause)
        layout.addWidget(self._advice)
        layout.addWidget(self._fold)

    def show_error(self, error: ErrorInfo) -> None:
        """Put *error* into words."""
        self._cause.setText(error.message)
        self._advice.setText(error.hint)
        self._advice.setVisible(bool(error.hint))
        details = [f"{name}: {value}" for name, value in error.context.items()]
        self._details.setText("\n".join([str(error.kind), *details]))
        self._fold.setVisible(bool(details))
        self._fold.set_open(is_open=False)
        self.setAccessibleName(f"{error.message} {error.hint}")
