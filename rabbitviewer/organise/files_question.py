"""The one modal thing: a question before data is lost."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QColor, QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout, QWidget

from rabbitviewer.theme.controls import push_button, text_label
from rabbitviewer.theme.tokens import tokens

_WIDTH = 460


class Question(QWidget):
    """Dims the window until one of two buttons is pressed; Esc and Enter keep what is there."""

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        look = tokens()
        self._over = window
        self._before: QWidget | None = None
        self._yes_run: Callable[[], object] | None = None
        self._no_run: Callable[[], object] | None = None
        self._title = text_label("", "title", wraps=True)
        self._words = text_label("", "", wraps=True)
        self._no = push_button("", "primary")
        self._yes = push_button("")
        card = QFrame()
        card.setProperty("look", "popover")
        card.setFixedWidth(_WIDTH)
        buttons = QHBoxLayout()
        buttons.setSpacing(look.space_2)
        buttons.addStretch(1)
        buttons.addWidget(self._yes)
        buttons.addWidget(self._no)
        inside = QVBoxLayout(card)
        inside.setContentsMargins(look.space_5, look.space_4, look.space_5, look.space_5)
        inside.setSpacing(look.space_3)
        inside.addWidget(self._title)
        inside.addWidget(self._words)
        inside.addSpacing(look.space_2)
        inside.addLayout(buttons)
        layout = QVBoxLayout(self)
        layout.addWidget(card, 0, Qt.AlignmentFlag.AlignCenter)
        self._yes.clicked.connect(lambda: self._leave(self._yes_run))
        self._no.clicked.connect(lambda: self._leave(self._no_run))
        self.hide()

    def ask(
        self,
        title: str,
        words: str,
        yes: tuple[str, Callable[[], object]],
        no: tuple[str, Callable[[], object] | None],
    ) -> None:
        """Ask; returns at once.

        Args:
            title: The question.
            words: What would be lost.
            yes: The button that loses it, and what it calls.
            no: The button that keeps it, and what it calls.
        """
        self._title.setText(title)
        self._words.setText(words)
        self.setAccessibleName(f"{title} {words}")
        for button, (text, _run) in ((self._yes, yes), (self._no, no)):
            button.setText(text)
            button.setAccessibleName(text)
        self._yes_run, self._no_run = yes[1], no[1]
        self._before = self._over.focusWidget()
        self._over.installEventFilter(self)
        self.setGeometry(self._over.rect())
        self.show()
        self.raise_()
        self._no.setFocus(Qt.FocusReason.PopupFocusReason)

    def _leave(self, run: Callable[[], object] | None) -> None:
        self._over.removeEventFilter(self)
        self.hide()
        if self._before is not None:
            self._before.setFocus(Qt.FocusReason.OtherFocusReason)
        if run is not None:
            run()

    # ------------------------------------------------------------ Qt

    def event(self, event: QEvent) -> bool:
        """Take every key, also those that are shortcuts of the window under it."""
        if event.type() == QEvent.Type.ShortcutOverride:
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Esc keeps; Enter presses the button that has the focus."""
        event.accept()
        if event.key() == Qt.Key.Key_Escape:
            self._leave(self._no_run)
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            (self._yes if self._yes.hasFocus() else self._no).click()
        elif event.key() in (Qt.Key.Key_Left, Qt.Key.Key_Right):
            other = self._no if self._yes.hasFocus() else self._yes
            other.setFocus(Qt.FocusReason.TabFocusReason)

    def focusNextPrevChild(self, next: bool) -> bool:
        """Stay between the two buttons."""
        del next
        other = self._no if self._yes.hasFocus() else self._yes
        other.setFocus(Qt.FocusReason.TabFocusReason)
        return True

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Let no press through."""
        event.accept()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Dim what lies under it."""
        painter = QPainter(self)
        painter.fillRect(event.rect(), QColor(tokens().overlay))
        painter.end()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Follow the size of the window."""
        if watched is self._over and event.type() == QEvent.Type.Resize:
            self.setGeometry(self._over.rect())
        return False
