"""Asks in place what a grade shall be called as a look."""

from __future__ import annotations

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QWidget

from rabbitviewer.theme.controls import push_button
from rabbitviewer.theme.tokens import tokens

_MOST_LETTERS = 120
_SUGGESTED_LETTERS = 40


class SaveRow(QWidget):
    """A field with the name and a button; Enter saves, Esc leaves it.

    Signals:
        saved: a name was given.
        left: the row is closed, saved or not.
    """

    saved = Signal(str)
    left = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._field = QLineEdit()
        self._field.setMaxLength(_MOST_LETTERS)
        self._field.setPlaceholderText(self.tr("Name of the look"))
        self._field.setAccessibleName(self.tr("Name of the look"))
        self._save = push_button(self.tr("Save"), "primary")
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(tokens().space_2)
        row.addWidget(self._field, 1)
        row.addWidget(self._save)
        self._field.textChanged.connect(self._enable)
        self._save.clicked.connect(self._submit)
        self._enable()
        self.hide()

    def ask(self, name: str) -> None:
        """Ask for a name; the beginning of *name* is what the field holds first."""
        self._field.setText(_beginning(name))
        self._field.end(False)
        self._field.home(True)
        self.show()
        self._field.setFocus(Qt.FocusReason.OtherFocusReason)

    def close_row(self) -> None:
        """Ask no more."""
        if not self.isHidden():
            self.hide()
            self.left.emit()

    def _enable(self) -> None:
        self._save.setEnabled(bool(self._field.text().strip()))

    def _submit(self) -> None:
        name = self._field.text().strip()
        if name:
            self.saved.emit(name)
            self.close_row()

    # ------------------------------------------------------------ Qt

    def event(self, event: QEvent) -> bool:
        """Keep Enter and Esc from the window's shortcuts."""
        if (
            isinstance(event, QKeyEvent)
            and event.type() == QEvent.Type.ShortcutOverride
            and event.key() in (Qt.Key.Key_Escape, Qt.Key.Key_Return, Qt.Key.Key_Enter)
        ):
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Take Enter and Esc."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._submit()
        elif event.key() == Qt.Key.Key_Escape:
            self.close_row()
        else:
            super().keyPressEvent(event)


def _beginning(words: str) -> str:
    """Return as many whole words as a name under a thumbnail has use for."""
    line = " ".join(words.split())
    if len(line) <= _SUGGESTED_LETTERS:
        return line
    whole = line[: _SUGGESTED_LETTERS + 1].rpartition(" ")[0]
    return whole.rstrip(" ,.;:") or line[:_SUGGESTED_LETTERS]
