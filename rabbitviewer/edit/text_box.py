"""A box for text of several lines, in any script: it grows, Ctrl+Enter runs, Tab goes on."""

from __future__ import annotations

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QInputMethodEvent, QKeyEvent
from PySide6.QtWidgets import QPlainTextEdit, QWidget

from rabbitviewer.theme.tokens import tokens

_MOST_LINES = 9


class TextBox(QPlainTextEdit):
    """Plain text.

    What an input method composes is left alone: until it is done no key runs anything, and none
    reaches the shortcuts of the window.

    Signals:
        submitted: Ctrl+Enter was pressed.
    """

    submitted = Signal()

    def __init__(self, name: str, *, lines: int, parent: QWidget | None = None) -> None:
        """Make an empty box.

        Args:
            name: For the screen reader.
            lines: How many lines it has at least.
            parent: Its parent.
        """
        super().__init__(parent)
        self._lines = lines
        self._composes = False
        self.setAccessibleName(name)
        self.setTabChangesFocus(True)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAsNeeded)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.document().documentLayout().documentSizeChanged.connect(self._grow)
        self._grow()

    @property
    def words(self) -> str:
        """The text without space round it."""
        return self.toPlainText().strip()

    def replace(self, words: str) -> None:
        """Replace the text (Ctrl+Z brings the old one back) and put the cursor at its end."""
        cursor = self.textCursor()
        cursor.select(cursor.SelectionType.Document)
        cursor.insertText(words)
        cursor.movePosition(cursor.MoveOperation.End)
        self.setTextCursor(cursor)

    def _grow(self) -> None:
        lines = round(self.document().documentLayout().documentSize().height())
        shown = min(max(lines, self._lines), _MOST_LINES)
        around = round(2 * self.document().documentMargin()) + 2 * tokens().space_1 + 2
        self.setFixedHeight(shown * self.fontMetrics().lineSpacing() + around)

    def event(self, event: QEvent) -> bool:
        """Keep every key from the shortcuts while something is being composed."""
        if event.type() == QEvent.Type.ShortcutOverride and self._composes:
            event.accept()
            return True
        return super().event(event)

    def changeEvent(self, event: QEvent) -> None:
        """Grow or shrink with the font."""
        super().changeEvent(event)
        if event.type() in (QEvent.Type.FontChange, QEvent.Type.StyleChange):
            self._grow()

    def inputMethodEvent(self, event: QInputMethodEvent) -> None:
        """Know whether something is being composed."""
        self._composes = bool(event.preeditString())
        super().inputMethodEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Run on Ctrl+Enter; leave on Esc."""
        enter = event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter)
        if enter and event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            if not self._composes:
                self.submitted.emit()
        elif event.key() == Qt.Key.Key_Escape and not self._composes:
            event.ignore()
        else:
            super().keyPressEvent(event)
