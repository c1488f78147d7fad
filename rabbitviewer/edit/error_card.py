"""An error where the result would stand: cause, advice, a Details fold."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QFrame, QVBoxLayout, QWidget

from daemon.protocol.errors import ErrorInfo
from rabbitviewer.theme.controls import Fold, push_button, text_label
from rabbitviewer.theme.tokens import tokens


class ErrorCard(QFrame):
    """Shows one :class:`ErrorInfo`."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        look = tokens()
        self._error: ErrorInfo | None = None
        self._cause = text_label("", "error", wraps=True)
        self._advice = text_label("", wraps=True)
        self._details = text_label("", "small", wraps=True)
        for label in (self._cause, self._advice, self._details):
            label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        copy = push_button(self.tr("Copy details"), "quiet", "ph.copy")
        copy.clicked.connect(self._copy)
        inside = QWidget()
        under = QVBoxLayout(inside)
        under.setContentsMargins(0, 0, 0, 0)
        under.setSpacing(look.space_1)
        under.addWidget(self._details)
        under.addWidget(copy, 0, Qt.AlignmentFlag.AlignLeft)
        self._fold = Fold(self.tr("Details"), inside)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(look.space_2)
        layout.addWidget(self._cause)
        layout.addWidget(self._advice)
        layout.addWidget(self._fold)

    def show_error(self, error: ErrorInfo) -> None:
        """Put *error* into words."""
        if error == self._error:
            return
        self._error = error
        self._cause.setText(error.message)
        self._advice.setText(error.hint)
        self._advice.setVisible(bool(error.hint))
        self._details.setText(_details_of(error))
        self._fold.setVisible(bool(error.context))
        self._fold.set_open(is_open=False)
        self.setAccessibleName(f"{error.message} {error.hint}")

    def _copy(self) -> None:
        if self._error is not None:
            QGuiApplication.clipboard().setText(error_text(self._error))


def error_text(error: ErrorInfo) -> str:
    """Return all that is known of *error*, to be put into a report."""
    return "\n".join(filter(None, (error.message, error.hint, _details_of(error))))


def _details_of(error: ErrorInfo) -> str:
    told = [f"{name}: {value}" for name, value in error.context.items()]
    return "\n".join([str(error.kind), *told])
