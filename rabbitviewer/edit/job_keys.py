"""The keys of the jobs list."""

from __future__ import annotations

import enum

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent


class JobKey(enum.Enum):
    """What a key does to the job in hand."""

    UP = "up"
    DOWN = "down"
    FRONT = "front"
    BACK = "back"
    CANCEL = "cancel"
    PAUSE = "pause"
    OPEN = "open"


_FAR = 1_000_000
_STEPS = {
    Qt.Key.Key_Up: -1,
    Qt.Key.Key_Down: 1,
    Qt.Key.Key_PageUp: -5,
    Qt.Key.Key_PageDown: 5,
    Qt.Key.Key_Home: -_FAR,
    Qt.Key.Key_End: _FAR,
}
_DEEDS = {
    Qt.Key.Key_Delete: JobKey.CANCEL,
    Qt.Key.Key_Space: JobKey.PAUSE,
    Qt.Key.Key_Return: JobKey.OPEN,
    Qt.Key.Key_Enter: JobKey.OPEN,
}
_MOVES = {
    Qt.Key.Key_Up: JobKey.UP,
    Qt.Key.Key_Down: JobKey.DOWN,
    Qt.Key.Key_Home: JobKey.FRONT,
    Qt.Key.Key_End: JobKey.BACK,
}


def key_step(event: QKeyEvent) -> JobKey | int | None:
    """Return what a key does: steer the job in hand, go so many rows on, or nothing here."""
    held = event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
    key = Qt.Key(event.key())
    if held == Qt.KeyboardModifier.ControlModifier:
        return _MOVES.get(key)
    if held == Qt.KeyboardModifier.NoModifier:
        return _DEEDS.get(key) or _STEPS.get(key)
    return None
