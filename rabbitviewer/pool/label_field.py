"""A slot's label, edited where it stands."""

from __future__ import annotations

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent
from PySide6.QtWidgets import QLineEdit, QWidget

_MOST_LETTERS = 200


class LabelField(QLineEdit):
    """A field over a label: Enter and a press elsewhere take it, Esc leaves it as it was.

    Signals:
        ended: editing ended (the slot, the label or None, how many slots to go on by Tab).
    """

    ended = Signal(str, object, int)

    def __init__(self, parent: QWidget, back: QWidget) -> None:
        """Prepare; *back* gets the focus when editing ends by a key."""
        super().__init__(parent)
        self._back = back
        self.slot = ""
        self.setProperty("look", "in-place")
        self.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.setMaxLength(_MOST_LETTERS)
        self.setAccessibleName(self.tr("Label"))
        self.hide()

    def edit(self, slot: str, label: str) -> None:
        """Edit the label of *slot*; the caller placed the field."""
        self.slot = slot
        self.setText(label)
        self.selectAll()
        self.show()
        self.setFocus(Qt.FocusReason.OtherFocusReason)

    def cancel(self) -> None:
        """Leave the label as it was."""
        self._end(None, 0)

    def _end(self, label: str | None, step: int) -> None:
        slot, self.slot = self.slot, ""
        if slot:
            if self.hasFocus():
                self._back.setFocus(Qt.FocusReason.OtherFocusReason)
            self.hide()
            self.ended.emit(slot, label, step)

    # ------------------------------------------------------------ Qt

    def event(self, event: QEvent) -> bool:
        """Take every key: the shortcuts of the window must not; Tab goes to the next label."""
        if event.type() == QEvent.Type.ShortcutOverride:
            event.accept()
            return True
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            steps = {Qt.Key.Key_Tab: 1, Qt.Key.Key_Backtab: -1}
            if event.key() in steps:
                self._end(self.text().strip(), steps[Qt.Key(event.key())])
                return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Take Enter and Esc."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._end(self.text().strip(), 0)
        elif event.key() == Qt.Key.Key_Escape:
            self.cancel()
        else:
            super().keyPressEvent(event)
        event.accept()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Take the label when the focus goes elsewhere; its own menu does not count."""
        super().focusOutEvent(event)
        if event.reason() != Qt.FocusReason.PopupFocusReason:
            self._end(self.text().strip(), 0)
