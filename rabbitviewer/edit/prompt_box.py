"""The box a prompt is typed into: three lines that grow, recent prompts behind a button."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QMenu, QWidget

from rabbitviewer.edit.text_box import TextBox
from rabbitviewer.theme.controls import icon_button
from rabbitviewer.theme.tokens import tokens

_LEAST_LINES = 3
_MENU_CHARACTERS = 60


class PromptBox(TextBox):
    """Plain text with the recent prompts behind a button in its corner."""

    def __init__(self, recent: Callable[[], list[str]], parent: QWidget | None = None) -> None:
        super().__init__("", lines=_LEAST_LINES, parent=parent)
        self._recent = recent
        self.setAccessibleName(self.tr("Prompt"))
        self.setPlaceholderText(self.tr("Describe the look: warm cinematic, teal shadows"))
        self._history = icon_button("ph.clock-counter-clockwise", self.tr("Recent prompts"))
        self._history.setParent(self)
        self._history.setCursor(Qt.CursorShape.ArrowCursor)
        self._history.clicked.connect(self._offer_recent)

    @property
    def prompt(self) -> str:
        """The prompt without space round it."""
        return self.words

    def set_prompt(self, prompt: str) -> None:
        """Replace the text (Ctrl+Z brings the old one back) and put the cursor at its end."""
        self.replace(prompt)

    def show_example(self, *, is_grade: bool) -> None:
        """Show in the empty box what may be typed: a look, or any change of the picture."""
        look = self.tr("Describe the look: warm cinematic, teal shadows")
        self.setPlaceholderText(look if is_grade else self.tr("Say what is wanted"))

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
