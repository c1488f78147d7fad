"""The looks under the user's hands: what the pointer and the keys do to them."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QPoint, Qt, QTimer, Signal
from PySide6.QtGui import QContextMenuEvent, QHelpEvent, QKeyEvent, QKeySequence, QMouseEvent
from PySide6.QtWidgets import QToolTip, QWidget

from rabbitviewer.looks.look_view import LookView
from rabbitviewer.models.look_pictures import LookPictures
from rabbitviewer.models.looks import LooksModel

_HOVER_MS = 80
_KEYPAD = Qt.KeyboardModifier.KeypadModifier


class LookGrid(LookView):
    """The looks as the user works with them.

    Signals:
        chosen_changed: another look is to be tried until further notice (its id; empty: none).
        hover_changed: the pointer rests on another look (its id; empty: on none).
        apply_wanted: a look is to be put on the selected photos (its id).
        delete_wanted: a look is to be deleted (its id).
        undo_wanted: the look that was deleted last is wanted back.
        menu_wanted: the context menu, at this point of the screen.
    """

    chosen_changed = Signal(str)
    hover_changed = Signal(str)
    apply_wanted = Signal(str)
    delete_wanted = Signal(str)
    undo_wanted = Signal()
    menu_wanted = Signal(QPoint)

    def __init__(
        self, looks: LooksModel, pictures: LookPictures, parent: QWidget | None = None
    ) -> None:
        self._hover_id = ""
        self._told = ""
        self._can_undo = False
        super().__init__(looks, pictures, parent)
        self._rest = QTimer(self, singleShot=True, interval=_HOVER_MS)
        self._rest.timeout.connect(self._tell_hover)

    def choose(self, look_id: str) -> None:
        """Try a look until another one is chosen; empty: none."""
        self.set_current(look_id or self.current)
        if look_id != self.chosen:
            self.set_chosen(look_id)
            self.chosen_changed.emit(look_id)

    def set_can_undo(self, *, can_undo: bool) -> None:
        """Say whether Ctrl+Z brings a deleted look back; else it is the window's."""
        self._can_undo = can_undo

    # ------------------------------------------------------------ pointer

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Try the look under the pointer; beside the looks, none."""
        index = self._index_at(event.position().toPoint())
        look_id = self.shown[index].look_id if index >= 0 else ""
        if event.button() == Qt.MouseButton.LeftButton:
            self.choose(look_id)
        elif event.button() == Qt.MouseButton.RightButton and look_id:
            self.set_current(look_id)
        else:
            event.ignore()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Put the look on the photos; on its name, edit that."""
        where = event.position().toPoint()
        index = self._index_at(where)
        if event.button() != Qt.MouseButton.LeftButton or index < 0:
            return
        if self.label_rect(index).contains(where):
            self.edit_name(self.shown[index].look_id)
        else:
            self.apply_wanted.emit(self.shown[index].look_id)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Light the look under the pointer."""
        self._hover(event.position().toPoint())

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """Ask for the menu of a look, or of the library."""
        self.menu_wanted.emit(self._menu_place(event, self.index_of(self.current)))

    def _explain(self, event: QHelpEvent) -> None:
        index = self._index_at(event.pos())
        if index < 0:
            QToolTip.hideText()
            return
        look = self.shown[index]
        lines = [look.name]
        if look.prompt and look.prompt != look.name:
            lines.append(look.prompt)
        if look.ai:
            lines.append(self.tr("Made with AI"))
        QToolTip.showText(
            event.globalPos(), "\n".join(lines), self.viewport(), self.picture_rect(index)
        )

    def _on_hovered(self, look_id: str) -> None:
        self._hover_id = look_id
        if look_id:
            self._rest.start()
        else:
            self._rest.stop()
            self._tell_hover()

    def _tell_hover(self) -> None:
        if self._hover_id != self._told:
            self._told = self._hover_id
            self.hover_changed.emit(self._hover_id)

    # ------------------------------------------------------------ keys

    def takes_key(self, event: QKeyEvent) -> bool:
        """Return whether a key is for the looks, before any shortcut of the window."""
        return self._command(event) is not None or self._target(event) >= 0

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Go through the looks, put one on the photos, rename, delete."""
        command, target = self._command(event), self._target(event)
        if command is not None:
            command()
        elif target >= 0:
            self.choose(self.shown[target].look_id)
        else:
            event.ignore()

    def _command(self, event: QKeyEvent) -> Callable[[], object] | None:
        current = self.current
        if self._can_undo and event.matches(QKeySequence.StandardKey.Undo):
            return self.undo_wanted.emit
        if event.modifiers() & ~_KEYPAD or not current:
            return None
        commands: dict[Qt.Key, Callable[[], object]] = {
            Qt.Key.Key_Return: lambda: self.apply_wanted.emit(current),
            Qt.Key.Key_Enter: lambda: self.apply_wanted.emit(current),
            Qt.Key.Key_Space: lambda: self.choose("" if current == self.chosen else current),
            Qt.Key.Key_F2: lambda: self.edit_name(current),
            Qt.Key.Key_Delete: lambda: self.delete_wanted.emit(current),
        }
        if self.chosen:
            commands[Qt.Key.Key_Escape] = lambda: self.choose("")
        return commands.get(Qt.Key(event.key()))

    def _target(self, event: QKeyEvent) -> int:
        """Return the look that a key leads to; -1: none."""
        if event.modifiers() & ~_KEYPAD:
            return -1
        target = self._stepped(Qt.Key(event.key()), self.index_of(self.current))
        return -1 if target is None else target
