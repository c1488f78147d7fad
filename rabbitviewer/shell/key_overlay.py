"""The overlay of all keys (?): what can be pressed, in columns by subject."""

from __future__ import annotations

from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QColor, QKeyEvent, QKeySequence, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QVBoxLayout, QWidget

from rabbitviewer.actions import Actions, extra_help
from rabbitviewer.theme.controls import text_label
from rabbitviewer.theme.tokens import tokens

Line = tuple[tuple[str, ...], str]


class KeyOverlay(QWidget):
    """Lies over the whole window until a key or a press sends it away."""

    def __init__(self, actions: Actions, window: QWidget) -> None:
        super().__init__(window)
        self._over = window
        self._before: QWidget | None = None
        look = tokens()
        card = QFrame()
        card.setProperty("look", "popover")
        columns = QHBoxLayout()
        columns.setSpacing(look.space_5 + look.space_4)
        for group, lines in _grouped(actions).items():
            columns.addLayout(_make_column(group, lines), 0)
        inside = QVBoxLayout(card)
        inside.setContentsMargins(look.space_5, look.space_4, look.space_5, look.space_5)
        inside.setSpacing(look.space_4)
        inside.addWidget(text_label(self.tr("Keys"), "title"))
        inside.addLayout(columns)
        layout = QVBoxLayout(self)
        layout.addWidget(card, 0, Qt.AlignmentFlag.AlignCenter)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName(self.tr("All keys"))
        self.hide()

    def toggle(self) -> None:
        """Show or hide."""
        if self.isVisible():
            self._leave()
            return
        self._before = self._over.focusWidget()
        self.setGeometry(self._over.rect())
        self.show()
        self.raise_()
        self.setFocus(Qt.FocusReason.PopupFocusReason)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Dim what lies under it."""
        painter = QPainter(self)
        painter.fillRect(event.rect(), QColor(tokens().overlay))
        painter.end()

    def event(self, event: QEvent) -> bool:
        """Take every key, also those that are shortcuts of the window under it."""
        if event.type() == QEvent.Type.ShortcutOverride:
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Any key closes."""
        event.accept()
        self._leave()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Any press closes."""
        event.accept()
        self._leave()

    def _leave(self) -> None:
        """Hide, and give the focus back."""
        self.hide()
        if self._before is not None:
            self._before.setFocus(Qt.FocusReason.OtherFocusReason)


def _grouped(actions: Actions) -> dict[str, list[Line]]:
    """Lines by heading."""
    groups: dict[str, list[Line]] = {}
    native = QKeySequence.SequenceFormat.NativeText
    for spec in actions.specs():
        if spec.keys:
            keys = tuple(QKeySequence(key).toString(native) for key in spec.keys[:2])
            groups.setdefault(spec.group, []).append((keys, spec.text.rstrip("…")))
    for line in extra_help():
        groups.setdefault(line.group, []).append(((line.keys,), line.text))
    return groups


def _make_column(title: str, lines: list[Line]) -> QVBoxLayout:
    look = tokens()
    column = QVBoxLayout()
    column.setSpacing(look.space_2)
    column.addWidget(text_label(title, "heading"))
    grid = QGridLayout()
    grid.setHorizontalSpacing(look.space_4)
    grid.setVerticalSpacing(look.space_1 + 2)
    for row, (keys, text) in enumerate(lines):
        chips = QHBoxLayout()
        chips.setSpacing(look.space_1)
        for key in keys:
            chips.addWidget(text_label(key, "key"))
        chips.addStretch(1)
        grid.addLayout(chips, row, 0)
        grid.addWidget(text_label(text, "secondary"), row, 1)
    grid.setColumnStretch(1, 1)
    column.addLayout(grid)
    column.addStretch(1)
    return column
