"""The box a prompt is typed into: three lines that grow, any script, Ctrl+Enter runs."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QMenu, QPlainTextEdit, QWidget

from rabbitviewer.theme.controls import icon_button
from rabbitviewer.theme.tokens import tokens

_LEAST_LINES = 3
_MOST_LINES = 9
_MENU_CHARACTERS = 60


class PromptBox(QPlainTextEdit):
    """Plain text with the recent prompts behind a button in its corner.

    A prompt being composed by an input method is left alone: only keys that reach the box count.

    Signals:
        submitted: Ctrl+Enter was pressed.
    """

    submitted = Signal()

    def __init__(self, recent: Callable[[], list[str]], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._recent = recent
        self.setAccessibleName(self.tr("Prompt"))
        self.setPlaceholderText(self.tr("Describe the look: warm cinematic, teal shadows"))
        self.setTabChangesFocus(True)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAsNeeded)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._history = icon_button("ph.clock-counter-clockwise", self.tr("Recent prompts"))
        self._history.setParent(self)
        self._history.setCursor(Qt.CursorShape.ArrowCursor)
        self._history.clicked.connect(self._offer_recent)
        self.document().documentLayout().documentSizeChanged.connect(self._grow)
        self._grow()

    @property
    def prompt(self) -> str:
        """The prompt without space round it."""
        return self.toPlainText().strip()

    def set_prompt(self, prompt: str) -> None:
        """Replace the text (Ctrl+Z brings the old one back) and put the cursor at its end."""
        cursor = self.textCursor()
        cursor.select(cursor.SelectionType.Document)
        cursor.insertText(prompt)
        cursor.movePosition(cursor.MoveOperation.End)
        self.setTextCursor(cursor)

    def _offer_recent(self) -> None:
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        for prompt in self._recent():
            line = " ".join(prompt.split())
            shown = line if len(line) <= _MENU_CHARACTERS else line[: _MENU_CHARACTERS - 1] + "…"
            action = menu.addAction(shown.replace("&", "&&"))
            action.triggered.connect(lambda _checked=False, text=prompt: self.set_prompt(text))
        if menu.isEmpty():
            menu.addAction(self.tr("No prompts yet")).setEnabled(False)
        menu.popup(self._history.mapToGlobal(self._history.rect().bottomLeft()))

    def _grow(self) -> None:
        lines = round(self.document().documentLayout().documentSize().height())
        shown = min(max(lines, _LEAST_LINES), _MOST_LINES)
        around = round(2 * self.document().documentMargin()) + 2 * tokens().space_1 + 2
        self.setFixedHeight(shown * self.fontMetrics().lineSpacing() + around)

    def changeEvent(self, event: QEvent) -> None:
        """Grow or shrink with the font."""
        super().changeEvent(event)
        if event.type() in (QEvent.Type.FontChange, QEvent.Type.StyleChange):
            self._grow()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keep the button in the lower right corner."""
        super().resizeEvent(event)
        side = tokens().icon_small + tokens().space_2
        self._history.setGeometry(
            self.width() - side - tokens().space_1,
            self.height() - side - tokens().space_1,
            side,
            side,
        )

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Run on Ctrl+Enter; leave on Esc."""
        enter = event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter)
        if enter and event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self.submitted.emit()
        elif event.key() == Qt.Key.Key_Escape:
            event.ignore()
        else:
            super().keyPressEvent(event)
