"""A drop-down of values to tick, with a field to find one among many."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QFrame,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QVBoxLayout,
    QWidget,
)

from rabbitviewer.theme.controls import text_label
from rabbitviewer.theme.icons import icon
from rabbitviewer.theme.tokens import tokens

_WIDTH = 260
_ROWS_SEEN = 12
_SEARCH_FROM = 9
_VALUE = Qt.ItemDataRole.UserRole
Choice = tuple[str, str, int]


class PickList(QFrame):
    """Stands in a menu; Enter, Space or a click ticks a value.

    Signals:
        picked: a value was ticked or not any more.
        size_changed: it needs another height.
    """

    picked = Signal(str)
    size_changed = Signal()

    def __init__(self, name: str, nothing: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        look = tokens()
        self.setFixedWidth(_WIDTH)
        self._field = _Field()
        self._field.setPlaceholderText(self.tr("Find"))
        self._field.setAccessibleName(self.tr("Find in {list}").format(list=name))
        self._list = _List()
        self._list.setFrameShape(QFrame.Shape.NoFrame)
        self._list.setAccessibleName(name)
        self._list.setIconSize(QSize(look.icon_small, look.icon_small))
        self._list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._nothing = text_label(nothing, "secondary")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(look.space_2, look.space_2, look.space_2, look.space_2)
        layout.setSpacing(look.space_2)
        layout.addWidget(self._field)
        layout.addWidget(self._list)
        layout.addWidget(self._nothing)
        self._field.textChanged.connect(self._narrow)
        self._field.returnPressed.connect(self._pick_first)
        self._field.down_pressed.connect(self._to_list)
        self._list.itemClicked.connect(self._pick)
        self._list.enter_pressed.connect(self._pick_current)

    def show_choices(self, choices: Sequence[Choice], picked: Collection[str]) -> None:
        """Show values (value, words, number of photos) and tick those that are *picked*."""
        held = self._list.currentRow()
        self._list.clear()
        for value, words, count in choices:
            item = QListWidgetItem(f"{words}   {count:,}" if count else words)
            item.setData(_VALUE, value)
            on = value in picked
            name = "ph.check-square-fill" if on else "ph.square"
            item.setIcon(icon(name, "accent" if on else "text_secondary"))
            item.setData(
                Qt.ItemDataRole.AccessibleTextRole,
                self.tr("{value}, ticked").format(value=words) if on else words,
            )
            self._list.addItem(item)
        self._list.setCurrentRow(min(held, self._list.count() - 1))
        self._field.setVisible(len(choices) >= _SEARCH_FROM)
        self._list.setVisible(bool(choices))
        self._nothing.setVisible(not choices)
        self._narrow(self._field.text())

    def start(self) -> None:
        """Take the focus; it was just opened."""
        self._field.clear()
        searched = self._field.isVisibleTo(self)
        (self._field if searched else self._list).setFocus(Qt.FocusReason.PopupFocusReason)
        if not searched and self._list.currentRow() < 0:
            self._list.setCurrentRow(0)

    def _items(self) -> list[QListWidgetItem]:
        return [self._list.item(row) for row in range(self._list.count())]

    def _narrow(self, typed: str) -> None:
        wanted = typed.strip().casefold()
        for item in self._items():
            item.setHidden(wanted not in item.text().casefold())
        row = self._list.sizeHintForRow(0) if self._list.count() else 0
        self._list.setFixedHeight(max(row, 1) * min(self._list.count(), _ROWS_SEEN) + 2)
        self.size_changed.emit()

    def _pick(self, item: QListWidgetItem) -> None:
        self.picked.emit(str(item.data(_VALUE)))

    def _pick_first(self) -> None:
        shown = [item for item in self._items() if not item.isHidden()]
        if shown:
            self._pick(shown[0])

    def _to_list(self) -> None:
        shown = [row for row, item in enumerate(self._items()) if not item.isHidden()]
        if shown:
            self._list.setCurrentRow(shown[0])
            self._list.setFocus(Qt.FocusReason.OtherFocusReason)

    def _pick_current(self) -> None:
        if self._list.currentRow() >= 0:
            self._pick(self._list.currentItem())


class _Field(QLineEdit):
    """The field; Down goes to what it found."""

    down_pressed = Signal()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Down:
            self.down_pressed.emit()
        else:
            super().keyPressEvent(event)


class _List(QListWidget):
    """A list that Enter and Space pick from."""

    enter_pressed = Signal()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space):
            self.enter_pressed.emit()
        else:
            super().keyPressEvent(event)
