"""A photo's name, edited where the photo is."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPoint, Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QFrame, QLineEdit, QVBoxLayout, QWidget

from daemon.protocol.messages import Failed, Message, RenamePlan
from rabbitviewer.models.filework import FileWork
from rabbitviewer.theme.controls import text_label
from rabbitviewer.theme.tokens import tokens
from rabbitviewer.words import file_name

_WIDTH = 320
_PAUSE_MS = 150


class NameField(QFrame):
    """A field over the photo with the part before the ending selected.

    Enter renames, Esc and a press elsewhere leave the name as it is.

    Signals:
        rename_wanted: give the photo this name (path, pattern).
    """

    rename_wanted = Signal(bytes, str)

    def __init__(self, window: QWidget, work: FileWork) -> None:
        super().__init__(window)
        look = tokens()
        self._over = window
        self._work = work
        self._path = b""
        self._asked = 0
        self._wants = False
        self._before: QWidget | None = None
        self.setProperty("look", "popover")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._field = QLineEdit()
        self._field.setAccessibleName(self.tr("New name"))
        self._problem = text_label("", "small-error", wraps=True)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(look.space_2, look.space_2, look.space_2, look.space_2)
        layout.setSpacing(look.space_1)
        layout.addWidget(self._field)
        layout.addWidget(self._problem)
        self._timer = QTimer(self, singleShot=True, interval=_PAUSE_MS)
        self._timer.timeout.connect(self._ask)
        self._field.textEdited.connect(self._timer.start)
        self._field.editingFinished.connect(self._on_left)
        self.hide()

    def ask(self, path: bytes, middle: QPoint) -> None:
        """Edit the name of *path*, the field centred on *middle* in the window."""
        self._path = path
        self._asked, self._wants = 0, False
        name = file_name(path)
        self._field.setText(name)
        self._say("")
        self._before = self._over.focusWidget()
        self.show()
        self.raise_()
        self._place(middle)
        self._field.setFocus(Qt.FocusReason.PopupFocusReason)
        stem = name.rpartition(".")[0] or name
        self._field.setSelection(0, len(stem))

    def _place(self, middle: QPoint) -> None:
        gap = tokens().space_2
        self.setFixedWidth(min(_WIDTH, self._over.width() - 2 * gap))
        self.adjustSize()
        left = min(
            max(middle.x() - self.width() // 2, gap), self._over.width() - self.width() - gap
        )
        top = min(
            max(middle.y() - self.height() // 2, gap), self._over.height() - self.height() - gap
        )
        self.move(left, top)

    # ------------------------------------------------------------ asking

    def _ask(self) -> None:
        self._timer.stop()
        pattern = self._pattern()
        if not pattern:
            self._asked = 0
            self._say(self.tr("The name is empty."))
            return
        self._asked = self._work.plan_rename([self._path], pattern, 1, self._on_answer)

    def _on_answer(self, message: Message, _blob: bytes) -> None:
        if message.request_id != self._asked or not self.isVisible():
            return
        self._asked = 0
        problem = ""
        if isinstance(message, Failed):
            problem = message.error.message
        elif isinstance(message, RenamePlan):
            problem = message.problem or "".join(name.problem for name in message.names[:1])
        self._say(problem)
        if self._wants and not problem:
            self._leave()
            self.rename_wanted.emit(self._path, self._pattern())
        self._wants = False

    def _say(self, problem: str) -> None:
        self._problem.setText(problem)
        self._problem.setVisible(bool(problem))
        self.adjustSize()

    def _pattern(self) -> str:
        """Return the typed name as a pattern: braces stand for themselves."""
        return self._field.text().strip().replace("{", "{{").replace("}", "}}")

    def _submit(self) -> None:
        if self._field.text().strip() == file_name(self._path):
            self._leave()
            return
        self._wants = True
        if not self._asked or self._timer.isActive():
            self._ask()

    def _on_left(self) -> None:
        """A press elsewhere ends it; the name stays."""
        if self.isVisible() and not self._field.hasFocus() and not self._wants:
            self._leave()

    def _leave(self) -> None:
        self._timer.stop()
        had_focus = self._field.hasFocus()
        self.hide()
        if had_focus and self._before is not None:
            self._before.setFocus(Qt.FocusReason.OtherFocusReason)

    def event(self, event: QEvent) -> bool:
        """Take every key: the shortcuts of the window must not."""
        if event.type() == QEvent.Type.ShortcutOverride:
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Take Enter and Esc."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._submit()
        elif event.key() == Qt.Key.Key_Escape:
            self._wants = False
            self._leave()
        event.accept()
