"""The overlay of all keys (?): what can be pressed, in columns by subject, with a search field."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from rabbitviewer.actions import Actions, extra_help
from rabbitviewer.shell.overlay import Overlay
from rabbitviewer.theme.controls import push_button, text_label
from rabbitviewer.theme.tokens import tokens

_FIELD_WIDTH = 220
_MOST_COLUMNS = 4
_HEADING_LINES = 2
Line = tuple[tuple[str, ...], str]
Groups = dict[str, list[Line]]


class KeyOverlay(Overlay):
    """All keys at a glance; typing finds one, Esc or ? closes.

    Signals:
        change_pressed: the user wants to change them.
    """

    change_pressed = Signal()

    def __init__(self, actions: Actions, window: QWidget) -> None:
        super().__init__("", window)
        self.setAccessibleName(self.tr("All keys"))
        self._actions = actions
        look = tokens()
        self._field = _Field(self)
        self._field.setPlaceholderText(self.tr("Find a key"))
        self._field.setAccessibleName(self.tr("Find a key"))
        self._field.setClearButtonEnabled(True)
        self._field.setFixedWidth(_FIELD_WIDTH)
        change = push_button(self.tr("Change shortcuts…"))
        top = QHBoxLayout()
        top.setSpacing(look.space_3)
        top.addWidget(text_label(self.tr("Keys"), "title"))
        top.addStretch(1)
        top.addWidget(self._field)
        top.addWidget(change)
        self._scroll = QScrollArea()
        self._scroll.setWidgetResizable(True)
        self._scroll.setFrameShape(QFrame.Shape.NoFrame)
        self._scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._nothing = text_label(self.tr("No key does this. Ctrl+K finds commands."), "secondary")
        inside = QVBoxLayout(self.card)
        inside.setContentsMargins(look.space_5, look.space_4, look.space_5, look.space_4)
        inside.setSpacing(look.space_4)
        inside.addLayout(top)
        inside.addWidget(self._scroll)
        inside.addWidget(self._nothing)
        self._field.textChanged.connect(self._fill)
        change.clicked.connect(self._on_change)
        actions.keys_changed.connect(self._on_keys_changed)
        self.opening.connect(self._prepare)

    def first_focus(self) -> QWidget:
        """Return the search field."""
        return self._field

    def _on_change(self) -> None:
        self.close_overlay()
        self.change_pressed.emit()

    def _on_keys_changed(self) -> None:
        if self.isVisible():
            self._fill()

    def _prepare(self) -> None:
        self._field.blockSignals(True)
        self._field.clear()
        self._field.blockSignals(False)
        self._fill()

    def _fill(self, *_what: object) -> None:
        """Lay the groups out in as many columns as there is room for."""
        look = tokens()
        groups = _matching(_grouped(self._actions), self._field.text())
        around = self._scroll.verticalScrollBar().sizeHint().width() + 2 * look.space_5 + 2
        room = self.width() - 2 * look.space_5 - around
        columns = _MOST_COLUMNS
        page = _make_page(groups, columns)
        while columns > 1 and page.sizeHint().width() > room:
            columns -= 1
            page = _make_page(groups, columns)
        self._scroll.setWidget(page)
        self._scroll.setVisible(bool(groups))
        self._nothing.setVisible(not groups)
        if not self._field.text():
            width = max(page.sizeHint().width(), 2 * _FIELD_WIDTH)
            self.card.setFixedWidth(min(width, room) + around)
        most = self.height() - 2 * look.space_5 - 2 * look.space_4 - 3 * look.control_height
        self._scroll.setFixedHeight(min(page.sizeHint().height(), most))


class _Field(QLineEdit):
    """Finds a key; ``?`` in an empty field and F1 close the overlay as they opened it."""

    def __init__(self, overlay: KeyOverlay) -> None:
        super().__init__(overlay)
        self._overlay = overlay

    def keyPressEvent(self, event: QKeyEvent) -> None:
        asks = event.key() == Qt.Key.Key_Question and not self.text()
        if asks or event.key() == Qt.Key.Key_F1:
            self._overlay.close_overlay()
        elif event.key() == Qt.Key.Key_Escape and self.text():
            self.clear()
        else:
            super().keyPressEvent(event)


def _grouped(actions: Actions) -> Groups:
    """Lines by heading."""
    groups: Groups = {}
    for spec in actions.specs():
        keys = actions.shown_keys(spec.id)
        if keys:
            groups.setdefault(spec.group, []).append((keys[:2], spec.text.rstrip("…")))
    for line in extra_help():
        groups.setdefault(line.group, []).append(((line.keys,), line.text))
    return groups


def _matching(groups: Groups, typed: str) -> Groups:
    """Return the lines whose words or keys hold what was typed."""
    wanted = typed.strip().casefold()
    if not wanted:
        return groups
    found: Groups = {}
    for name, lines in groups.items():
        kept = [
            (keys, text)
            for keys, text in lines
            if wanted in text.casefold() or any(wanted == key.casefold() for key in keys)
        ]
        if kept:
            found[name] = kept
    return found


def _balanced(groups: Groups, columns: int) -> list[list[str]]:
    """Share the groups among columns of about one height, the longest first."""
    heights = [0] * columns
    shared: list[list[str]] = [[] for _column in range(columns)]
    order = list(groups)
    for name in sorted(order, key=lambda each: -len(groups[each])):
        lowest = heights.index(min(heights))
        shared[lowest].append(name)
        heights[lowest] += len(groups[name]) + _HEADING_LINES
    filled = [sorted(names, key=order.index) for names in shared if names]
    return sorted(filled, key=lambda names: order.index(names[0]))


def _make_page(groups: Groups, columns: int) -> QWidget:
    look = tokens()
    page = QWidget()
    across = QHBoxLayout(page)
    across.setContentsMargins(0, 0, look.space_3, 0)
    across.setSpacing(look.space_5)
    for names in _balanced(groups, columns):
        column = QVBoxLayout()
        column.setSpacing(look.space_4)
        for name in names:
            column.addLayout(_make_group(name, groups[name]))
        column.addStretch(1)
        across.addLayout(column)
    page.ensurePolished()
    for label in page.findChildren(QLabel):
        label.ensurePolished()
    return page


def _make_group(title: str, lines: list[Line]) -> QVBoxLayout:
    look = tokens()
    column = QVBoxLayout()
    column.setSpacing(look.space_2)
    column.addWidget(text_label(title, "heading"))
    grid = QGridLayout()
    grid.setHorizontalSpacing(look.space_3)
    grid.setVerticalSpacing(look.space_1)
    for row, (keys, text) in enumerate(lines):
        grid.addWidget(text_label(text, "secondary"), row, 0)
        chips = QHBoxLayout()
        chips.setSpacing(look.space_1)
        chips.addStretch(1)
        for key in keys:
            chips.addWidget(text_label(key, "key"))
        grid.addLayout(chips, row, 1)
    grid.setColumnStretch(0, 1)
    column.addLayout(grid)
    return column
