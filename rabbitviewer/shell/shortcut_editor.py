"""Changing shortcuts: every action in a list, its keys beside it, conflicts told at once."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent, QKeySequence
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFrame,
    QHBoxLayout,
    QHeaderView,
    QKeySequenceEdit,
    QLineEdit,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from rabbitviewer.actions import Actions
from rabbitviewer.shell.overlay import Overlay
from rabbitviewer.shell.shortcuts import Shortcuts
from rabbitviewer.theme.controls import hairline, icon_button, push_button, text_label
from rabbitviewer.theme.tokens import tokens

_SIZE = (680, 640)
_KEYS_WIDTH = 220
_FIELD_WIDTH = 220
_ID = Qt.ItemDataRole.UserRole


class ShortcutEditor(Overlay):
    """Lists the actions; the marked one's keys stand below, where they are added and taken away."""

    def __init__(self, actions: Actions, shortcuts: Shortcuts, window: QWidget) -> None:
        super().__init__("", window)
        self.setAccessibleName(self.tr("Change shortcuts"))
        self._actions = actions
        self._shortcuts = shortcuts
        self._action_id = ""
        look = tokens()
        self._search = QLineEdit()
        self._search.setPlaceholderText(self.tr("Find an action or a key"))
        self._search.setAccessibleName(self.tr("Find an action or a key"))
        self._search.setClearButtonEnabled(True)
        self._search.setFixedWidth(_FIELD_WIDTH)
        self._list = self._make_list()
        self._name = text_label("", "heading")
        self._chips = QHBoxLayout()
        self._chips.setSpacing(look.space_1)
        self._capture = _Capture()
        self._capture.setMaximumSequenceLength(1)
        self._capture.setFinishingKeyCombinations([])
        self._capture.setAccessibleName(self.tr("Press the new keys here"))
        for field in self._capture.findChildren(QLineEdit):
            field.setPlaceholderText(self.tr("Press the new keys here"))
        self._reset = push_button(self.tr("Reset"))
        self._words = text_label("", "small", wraps=True)
        self._replace = push_button(self.tr("Replace"))
        self._swap = push_button(self.tr("Swap"))
        inside = QVBoxLayout(self.card)
        inside.setContentsMargins(1, look.space_4, 1, look.space_4)
        inside.setSpacing(look.space_3)
        inside.addLayout(self._make_top())
        inside.addWidget(hairline())
        middle = QHBoxLayout()
        middle.setContentsMargins(look.space_5 - 4, 0, 0, 0)
        middle.addWidget(self._list)
        inside.addLayout(middle, 1)
        inside.addWidget(hairline())
        inside.addLayout(self._make_bottom())
        self._search.textChanged.connect(self._filter)
        self._search.returnPressed.connect(self._capture.setFocus)
        self._list.currentItemChanged.connect(self._on_marked)
        self._list.itemActivated.connect(lambda: self._capture.setFocus())
        self._capture.keySequenceChanged.connect(self._on_captured)
        self._reset.clicked.connect(lambda: self._shortcuts.reset(self._action_id))
        self._replace.clicked.connect(lambda: self._settle(swap=False))
        self._swap.clicked.connect(lambda: self._settle(swap=True))
        actions.keys_changed.connect(self._on_keys_changed)
        self.opening.connect(self._prepare)

    def first_focus(self) -> QWidget:
        """Return the search field."""
        return self._search

    def mark(self, action_id: str) -> None:
        """Mark an action in the list."""
        for item in self._items():
            if item.data(0, _ID) == action_id:
                self._list.setCurrentItem(item)

    def press(self, key: str) -> None:
        """Take *key* for the marked action, as if it had been pressed in the field."""
        self._capture.setKeySequence(QKeySequence(key))

    # ------------------------------------------------------------ parts

    def _make_list(self) -> QTreeWidget:
        tree = QTreeWidget()
        tree.setColumnCount(2)
        tree.setHeaderHidden(True)
        tree.setRootIsDecorated(False)
        tree.setIndentation(tokens().space_4)
        tree.setFrameShape(QFrame.Shape.NoFrame)
        tree.setUniformRowHeights(True)
        tree.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        tree.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        tree.setAccessibleName(self.tr("Actions"))
        header = tree.header()
        header.setStretchLastSection(False)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        header.setSectionResizeMode(1, QHeaderView.ResizeMode.Fixed)
        header.resizeSection(1, _KEYS_WIDTH)
        return tree

    def _make_top(self) -> QHBoxLayout:
        look = tokens()
        reset_all = push_button(self.tr("Reset all"))
        close = icon_button("ph.x", self.tr("Close"))
        reset_all.clicked.connect(self._shortcuts.reset_all)
        close.clicked.connect(self.close_overlay)
        top = QHBoxLayout()
        top.setContentsMargins(look.space_5, 0, look.space_4, 0)
        top.setSpacing(look.space_2)
        top.addWidget(text_label(self.tr("Shortcuts"), "title"))
        top.addStretch(1)
        for widget in (self._search, reset_all, close):
            top.addWidget(widget)
        return top

    def _make_bottom(self) -> QVBoxLayout:
        look = tokens()
        first, second = QHBoxLayout(), QHBoxLayout()
        for row in (first, second):
            row.setSpacing(look.space_2)
        first.addWidget(self._name)
        first.addStretch(1)
        first.addLayout(self._chips)
        first.addWidget(self._capture)
        first.addWidget(self._reset)
        self._capture.setFixedWidth(_FIELD_WIDTH - look.space_5)
        second.addWidget(self._words, 1)
        second.addWidget(self._replace)
        second.addWidget(self._swap)
        bottom = QVBoxLayout()
        bottom.setContentsMargins(look.space_5, 0, look.space_5, 0)
        bottom.setSpacing(look.space_2)
        bottom.addLayout(first)
        bottom.addLayout(second)
        return bottom

    # ------------------------------------------------------------ filling

    def _prepare(self) -> None:
        look = tokens()
        width = min(_SIZE[0], self.width() - 2 * look.space_5)
        self.card.setFixedSize(width, min(_SIZE[1], self.height() - 2 * look.space_5))
        self._search.clear()
        self._fill()
        self._say_file()

    def _fill(self) -> None:
        marked = self._action_id
        self._list.clear()
        groups: dict[str, QTreeWidgetItem] = {}
        for spec in self._actions.specs():
            group = groups.get(spec.group)
            if group is None:
                group = groups[spec.group] = QTreeWidgetItem([spec.group])
                group.setFlags(Qt.ItemFlag.ItemIsEnabled)
                font = group.font(0)
                font.setBold(True)
                group.setFont(0, font)
                self._list.addTopLevelItem(group)
            item = QTreeWidgetItem([spec.text.rstrip("…"), ""])
            item.setData(0, _ID, spec.id)
            group.addChild(item)
            self._show_keys(item)
        self._list.expandAll()
        items = self._items()
        self._list.setCurrentItem(
            next((each for each in items if each.data(0, _ID) == marked), items[0])
        )

    def _items(self) -> list[QTreeWidgetItem]:
        return [item for group in self._groups() for item in _children(group)]

    def _groups(self) -> list[QTreeWidgetItem]:
        return _children(self._list.invisibleRootItem())

    def _show_keys(self, item: QTreeWidgetItem) -> None:
        action_id = str(item.data(0, _ID))
        changed = self._shortcuts.is_changed(action_id)
        keys = "   ".join(self._actions.shown_keys(action_id))
        item.setText(1, keys + ("  •" if changed else ""))
        item.setToolTip(1, self.tr("Changed") if changed else "")

    def _filter(self, typed: str) -> None:
        wanted = typed.strip().casefold()
        for item in self._items():
            keys = [key.casefold() for key in self._actions.shown_keys(str(item.data(0, _ID)))]
            item.setHidden(
                bool(wanted) and wanted not in item.text(0).casefold() and wanted not in keys
            )
        for group in self._groups():
            group.setHidden(all(child.isHidden() for child in _children(group)))
        shown = [item for item in self._items() if not item.isHidden()]
        if shown and self._list.currentItem() not in shown:
            self._list.setCurrentItem(shown[0])

    # ------------------------------------------------------------ changing

    def _on_marked(self, item: QTreeWidgetItem | None, _before: object) -> None:
        self._action_id = str(item.data(0, _ID) or "") if item is not None else ""
        self._name.setText(item.text(0) if item is not None else "")
        self._capture.setEnabled(bool(self._action_id))
        self._capture.clear()
        self._say("")
        self._show_chips()

    def _show_chips(self) -> None:
        while self._chips.count():
            taken = self._chips.takeAt(0)
            old = taken.widget() if taken is not None else None
            if old is not None:
                old.hide()
                old.deleteLater()
        if not self._action_id:
            return
        keys = self._actions.keys(self._action_id)
        for key, shown in zip(keys, self._actions.shown_keys(self._action_id), strict=True):
            chip = push_button(f"{shown}  ×", "chip")
            chip.setAccessibleName(self.tr("Take {key} away").format(key=shown))
            chip.setToolTip(self.tr("Take {key} away").format(key=shown))
            chip.clicked.connect(self._remover(self._action_id, key))
            self._chips.addWidget(chip)
        self._reset.setEnabled(self._shortcuts.is_changed(self._action_id))

    def _remover(self, action_id: str, key: str) -> Callable[[], None]:
        def remove() -> None:
            self._shortcuts.remove(action_id, key)
            self._capture.setFocus()

        return remove

    def _on_captured(self, sequence: QKeySequence) -> None:
        key = sequence.toString(QKeySequence.SequenceFormat.PortableText)
        if not key or not self._action_id:
            return
        owner = self._shortcuts.owner(key, other_than=self._action_id)
        if not owner:
            self._shortcuts.add(self._action_id, key)
            self._capture.clear()
            return
        shown = sequence.toString(QKeySequence.SequenceFormat.NativeText)
        words = self.tr("{key} is the key of “{action}”.")
        text = self._actions[owner].text().rstrip("…")
        self._say(words.format(key=shown, action=text), conflict=True)
        self._replace.setFocus()

    def _settle(self, *, swap: bool) -> None:
        key = self._capture.keySequence().toString(QKeySequence.SequenceFormat.PortableText)
        if key:
            change = self._shortcuts.swap if swap else self._shortcuts.add
            change(self._action_id, key)
        self._capture.clear()
        self._say_file()
        self._capture.setFocus()

    def _say(self, words: str, *, conflict: bool = False) -> None:
        if not words:
            self._say_file()
            return
        self._words.setText(words)
        self._replace.setVisible(conflict)
        self._swap.setVisible(conflict)

    def _say_file(self) -> None:
        """Say where the shortcuts are kept."""
        self._replace.hide()
        self._swap.hide()
        words = self.tr("Kept in {file}, which may be edited by hand.")
        self._words.setText(self._shortcuts.problem or words.format(file=self._shortcuts.path))

    def _on_keys_changed(self) -> None:
        if not self.isVisible():
            return
        for item in self._items():
            self._show_keys(item)
        self._show_chips()


def _children(item: QTreeWidgetItem) -> list[QTreeWidgetItem]:
    children = (item.child(at) for at in range(item.childCount()))
    return [child for child in children if child is not None]


class _Capture(QKeySequenceEdit):
    """Takes the next keys; Tab and Esc leave it, as everywhere."""

    def keyPressEvent(self, event: QKeyEvent) -> None:
        backwards = event.key() in (Qt.Key.Key_Escape, Qt.Key.Key_Backtab)
        if not backwards and event.key() != Qt.Key.Key_Tab:
            super().keyPressEvent(event)
            return
        self.clear()
        self.focusNextPrevChild(not backwards)
