"""The slots of the pool under the user's fingers: what keys do to them."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QGuiApplication, QKeyEvent

from rabbitviewer.organise.files_urls import mime_of
from rabbitviewer.pool.slot_view import SlotView

_SHIFT = Qt.KeyboardModifier.ShiftModifier
_CONTROL = Qt.KeyboardModifier.ControlModifier
_KEYPAD = Qt.KeyboardModifier.KeypadModifier


class SlotKeys(SlotView):
    """The pool as it is used without a pointer.

    Signals:
        photo_wanted: a slot was clicked, or Enter was pressed on it (its photo's path).
        missing_chosen: a slot was clicked whose photo is missing (:class:`PoolSlot`).
        remove_wanted: slots are to be taken out (their names).
    """

    photo_wanted = Signal(bytes)
    missing_chosen = Signal(object)
    remove_wanted = Signal(object)

    # ------------------------------------------------------------ commands

    def show_slot(self, index: int) -> None:
        """Make a slot the active one and show its photo."""
        if not 0 <= index < len(self._pool.slots):
            return
        slot = self._pool.slots[index]
        if index != self._pool.active:
            self._pool.activate(slot.slot)
        if slot.missing:
            self.missing_chosen.emit(slot)
        else:
            self.photo_wanted.emit(slot.path)

    def step_active(self, by: int) -> None:
        """Go to the slot *by* places after the active one, and show it."""
        last = len(self._pool.slots) - 1
        if last >= 0:
            index = min(max(self._pool.active + by, 0), last)
            self._picking.pick(index)
            self._tell()
            self.bring_into_view(index)
            self.show_slot(index)

    def move_selected(self, by: int) -> None:
        """Move the selected slots *by* places, kept inside the pool."""
        names = self.selected
        count = len(self._pool.slots)
        if names:
            first = self._pool.index_of(names[0])
            to = min(max(first + by, 0), count - len(names))
            gathered = [self._pool.index_of(name) for name in names]
            if gathered != list(range(to, to + len(names))):
                self._pool.move(names, to)

    def copy_selected(self) -> None:
        """Put the files of the selected slots on the clipboard."""
        paths = [each.path for each in self.selected_slots if not each.missing]
        if paths:
            QGuiApplication.clipboard().setMimeData(mime_of(paths))

    # ------------------------------------------------------------ keys

    def takes_key(self, event: QKeyEvent) -> bool:
        """Return whether a key is for the slots, before any shortcut of the window."""
        return self._command(event) is not None or self._target(event) >= 0

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Move, select, show, label, remove, undo."""
        command, target = self._command(event), self._target(event)
        if command is not None:
            command()
        elif target >= 0:
            self._go(target, event.modifiers())
        else:
            event.ignore()

    def _command(self, event: QKeyEvent) -> Callable[[], object] | None:
        """Return what a key does, beside moving."""
        key = Qt.Key(event.key())
        modifiers = event.modifiers() & ~_KEYPAD
        current = self._picking.current_index
        rows = self._cells.columns
        both, alt = _CONTROL | _SHIFT, Qt.KeyboardModifier.AltModifier
        plain = Qt.KeyboardModifier.NoModifier
        commands: dict[tuple[Qt.Key, Qt.KeyboardModifier], Callable[[], object]] = {
            (Qt.Key.Key_Return, plain): lambda: self.show_slot(current),
            (Qt.Key.Key_Enter, plain): lambda: self.show_slot(current),
            (Qt.Key.Key_F2, plain): lambda: self.edit_label(current),
            (Qt.Key.Key_Delete, plain): self._remove_selected,
            (Qt.Key.Key_Delete, _SHIFT): self._remove_selected,
            (Qt.Key.Key_Backspace, plain): self._remove_selected,
            (Qt.Key.Key_A, _CONTROL): self._select_all,
            (Qt.Key.Key_C, _CONTROL): self.copy_selected,
            (Qt.Key.Key_Space, _CONTROL): self._toggle_current,
            (Qt.Key.Key_Up, alt): lambda: self.move_selected(-1),
            (Qt.Key.Key_Down, alt): lambda: self.move_selected(1),
            (Qt.Key.Key_Left, both): lambda: self.move_selected(-1),
            (Qt.Key.Key_Right, both): lambda: self.move_selected(1),
            (Qt.Key.Key_Up, both): lambda: self.move_selected(-rows),
            (Qt.Key.Key_Down, both): lambda: self.move_selected(rows),
        }
        return commands.get((key, modifiers))

    def _remove_selected(self) -> None:
        if self.selected:
            self.remove_wanted.emit(self.selected)

    def _select_all(self) -> None:
        self._picking.select_all()
        self._tell()

    def _toggle_current(self) -> None:
        if self._picking.current_index >= 0:
            self._picking.toggle(self._picking.current_index)
            self._tell()

    def _target(self, event: QKeyEvent) -> int:
        """Return the slot that a key leads to; -1: none."""
        key = Qt.Key(event.key())
        upright = key in (Qt.Key.Key_Up, Qt.Key.Key_Down)
        modifiers = event.modifiers() & ~(_KEYPAD | _SHIFT)
        if modifiers & ~_CONTROL or (upright and modifiers):
            return -1
        target = self._stepped(key, self._picking.current_index)
        return -1 if target is None else target

    def _go(self, index: int, modifiers: Qt.KeyboardModifier) -> None:
        if modifiers & _SHIFT:
            self._picking.extend(index, adding=bool(modifiers & _CONTROL))
        elif modifiers & _CONTROL:
            self._picking.go(index)
        else:
            self._picking.pick(index)
        self._tell()
        self.bring_into_view(index)
