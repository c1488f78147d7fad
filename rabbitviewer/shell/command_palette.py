"""The command palette (Ctrl+K): type a few letters, press Enter."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Sequence

from PySide6.QtCore import (
    QAbstractListModel,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QRect,
    QSize,
    Qt,
    QTimer,
)
from PySide6.QtGui import QColor, QKeyEvent, QPainter
from PySide6.QtWidgets import (
    QFrame,
    QLineEdit,
    QListView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from rabbitviewer.shell.matching import match
from rabbitviewer.shell.overlay import Overlay
from rabbitviewer.theme.controls import hairline, text_label
from rabbitviewer.theme.icons import paint_icon
from rabbitviewer.theme.tokens import tokens

_WIDTH = 640
_ROWS_SEEN = 11
_MOST_ROWS = 200
_RECENT_BONUS = 4
_COMMAND = Qt.ItemDataRole.UserRole
Index = QModelIndex | QPersistentModelIndex


@dataclasses.dataclass(frozen=True)
class Command:
    """One thing that can be run.

    Attributes:
        id: Name by which it is remembered.
        text: What it does.
        group: Where it belongs.
        run: Does it.
        keys: Its shortcut in the desktop's notation; empty: none.
        icon: Name of its icon; empty: none.
        enabled: Whether it can be run now.
        reason: Why it cannot.
    """

    id: str
    text: str
    group: str
    run: Callable[[], object]
    keys: str = ""
    icon: str = ""
    enabled: bool = True
    reason: str = ""


Source = Callable[[], Iterable[Command]]


class CommandPalette(Overlay):
    """A field over a list of what fits, the best first; without a word, what was run last.

    *typed* offers commands made of what was typed; they stand below what fits.
    """

    def __init__(
        self,
        sources: Sequence[Source],
        recent: list[str],
        window: QWidget,
        *,
        hint: str = "",
        nothing: str = "",
        typed: Callable[[str], Iterable[Command]] | None = None,
    ) -> None:
        super().__init__("", window)
        self.setAccessibleName(hint or self.tr("Find a command"))
        look = tokens()
        self._sources = sources
        self._typed = typed
        self._recent = recent
        self._commands: list[Command] = []
        self._field = _Field(self._on_key)
        words = hint or self.tr("Find a command, folder, collection or script")
        self._field.setPlaceholderText(words)
        self._field.setAccessibleName(hint or self.tr("Find a command"))
        self._field.setProperty("look", "palette")
        self._field.setFrame(False)
        self._model = _Commands(self)
        self._list = QListView()
        self._list.setModel(self._model)
        self._list.setItemDelegate(_Painter(self._list))
        self._list.setFrameShape(QFrame.Shape.NoFrame)
        self._list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._list.setUniformItemSizes(True)
        self._list.setMouseTracking(True)
        self._list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._list.setAccessibleName(self.tr("Commands"))
        self._list.clicked.connect(self._run_at)
        self._list.entered.connect(self._list.setCurrentIndex)
        words = nothing or self.tr("Nothing fits. Type fewer letters.")
        self._nothing = text_label(words, "secondary")
        self._nothing.setContentsMargins(look.space_4, look.space_3, look.space_4, look.space_3)
        inside = QVBoxLayout(self.card)
        inside.setContentsMargins(1, 1, 1, 1)
        inside.setSpacing(0)
        inside.addWidget(self._field)
        inside.addWidget(hairline())
        inside.addWidget(self._list)
        inside.addWidget(self._nothing)
        self._layout.setAlignment(
            self.card, Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop
        )
        self._layout.setContentsMargins(
            look.space_5, look.bar_height + look.space_2, look.space_5, look.space_5
        )
        self._field.textChanged.connect(self._find)
        self.opening.connect(self._prepare)

    @property
    def shown(self) -> tuple[Command, ...]:
        """The commands on show, the best first."""
        return tuple(self._model.commands)

    def first_focus(self) -> QWidget:
        """Return the field."""
        return self._field

    def run_current(self) -> None:
        """Run the marked command and close; one that cannot be run stays, with its reason."""
        self._run_at(self._list.currentIndex())

    def _prepare(self) -> None:
        self._commands = [command for source in self._sources for command in source()]
        self.card.setFixedWidth(min(_WIDTH, self.width() - 2 * tokens().space_5))
        self._field.clear()
        self._find("")

    def _find(self, typed: str) -> None:
        """Show what fits *typed*."""
        ranks = {name: place for place, name in enumerate(self._recent)}
        found: list[tuple[tuple[float, ...], Command]] = []
        for place, command in enumerate(self._commands):
            score = match(typed, command.text)
            if score is None:
                below = match(typed, f"{command.group} {command.text}")
                if below is None:
                    continue
                score = below // 2
            rank = ranks.get(command.id, len(ranks))
            bonus = _RECENT_BONUS if command.id in ranks else 0
            found.append(((not command.enabled, -score - bonus, rank, place), command))
        found.sort(key=lambda pair: pair[0])
        shown = [command for _key, command in found[:_MOST_ROWS]]
        if self._typed is not None and typed.strip():
            shown += self._typed(typed.strip())
        self._model.put(shown)
        self._list.setVisible(bool(shown))
        self._nothing.setVisible(not shown)
        self._fit()
        if shown:
            self._list.setCurrentIndex(self._model.index(0))
            self._list.scrollToTop()

    def _fit(self) -> None:
        row = _row_height()
        room = self.height() - 2 * tokens().bar_height - 2 * tokens().space_5
        most = max(min(_ROWS_SEEN, room // row), 3)
        self._list.setFixedHeight(row * min(most, max(len(self._model.commands), 1)) + 2)

    def _on_key(self, event: QKeyEvent) -> bool:
        """Take the keys that move through the list."""
        key, last = event.key(), len(self._model.commands) - 1
        row = self._list.currentIndex().row()
        moves = {
            Qt.Key.Key_Down: row + 1 if row < last else 0,
            Qt.Key.Key_Up: row - 1 if row > 0 else last,
            Qt.Key.Key_PageDown: min(row + _ROWS_SEEN - 1, last),
            Qt.Key.Key_PageUp: max(row - _ROWS_SEEN + 1, 0),
        }
        if key in moves and last >= 0:
            self._list.setCurrentIndex(self._model.index(moves[Qt.Key(key)]))
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.run_current()
        elif key == Qt.Key.Key_K and event.modifiers() == Qt.KeyboardModifier.ControlModifier:
            self.close_overlay()
        else:
            return False
        return True

    def _run_at(self, index: Index) -> None:
        command = self._model.data(index, _COMMAND)
        if not isinstance(command, Command) or not command.enabled:
            return
        self._recent[:] = [command.id, *(name for name in self._recent if name != command.id)][:8]
        self.close_overlay()
        QTimer.singleShot(0, command.run)


class _Field(QLineEdit):
    """The field; keys that move through the list go there."""

    def __init__(self, take_key: Callable[[QKeyEvent], bool]) -> None:
        super().__init__()
        self._take_key = take_key

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if not self._take_key(event):
            super().keyPressEvent(event)


class _Commands(QAbstractListModel):
    """The commands on show."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self.commands: list[Command] = []

    def put(self, commands: list[Command]) -> None:
        self.beginResetModel()
        self.commands = commands
        self.endResetModel()

    def rowCount(self, parent: Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self.commands)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        if not 0 <= index.row() < len(self.commands):
            return None
        command = self.commands[index.row()]
        if role == _COMMAND:
            return command
        if role == Qt.ItemDataRole.DisplayRole:
            return command.text
        if role == Qt.ItemDataRole.AccessibleTextRole:
            parts = (command.text, command.group, command.keys, command.reason)
            return ", ".join(part for part in parts if part)
        return None


class _Painter(QStyledItemDelegate):
    """Icon, text, group and shortcut in one line."""

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return QSize(0, _row_height())

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        command = index.data(_COMMAND)
        if not isinstance(command, Command):
            return
        look = tokens()
        rect: QRect = option.rect  # pyright: ignore[reportAttributeAccessIssue]
        state: QStyle.StateFlag = option.state  # pyright: ignore[reportAttributeAccessIssue]
        if state & QStyle.StateFlag.State_Selected:
            painter.fillRect(rect, QColor(look.accent_soft))
            painter.fillRect(rect.adjusted(0, 0, 2 - rect.width(), 0), QColor(look.accent))
        text = look.text if command.enabled else look.text_disabled
        quiet = look.text_secondary if command.enabled else look.text_disabled
        if command.icon:
            side = look.icon_small
            box = QRect(rect.left() + look.space_4, 0, side, side)
            box.moveTop(rect.center().y() - side // 2)
            paint_icon(painter, box, command.icon, quiet)
        words = rect.adjusted(look.space_4 + look.icon + look.space_2, 0, -look.space_4, 0)
        right = words
        middle = Qt.AlignmentFlag.AlignVCenter
        painter.setPen(QColor(quiet))
        end = command.keys
        if end:
            painter.drawText(right, middle | Qt.AlignmentFlag.AlignRight, end)
            width = painter.fontMetrics().horizontalAdvance(end)
            right = right.adjusted(0, 0, -width - look.space_4, 0)
        painter.setPen(QColor(text))
        metrics = painter.fontMetrics()
        shown = metrics.elidedText(command.text, Qt.TextElideMode.ElideMiddle, right.width())
        painter.drawText(right, middle, shown)
        left = metrics.horizontalAdvance(shown) + look.space_3
        note = command.group if command.enabled else command.reason or command.group
        rest = right.adjusted(left, 0, 0, 0)
        if rest.width() > 2 * look.space_5:
            painter.setPen(QColor(look.text_secondary))
            elided = metrics.elidedText(note, Qt.TextElideMode.ElideRight, rest.width())
            painter.drawText(rest, middle, elided)


def _row_height() -> int:
    return tokens().control_height + tokens().space_1
