"""Keys while a mask is painted: they count before the window's own shortcuts."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QCoreApplication, QEvent, QObject, Qt
from PySide6.QtGui import QKeyEvent, QKeySequence
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractSpinBox,
    QApplication,
    QLineEdit,
    QPlainTextEdit,
    QTextEdit,
    QWidget,
)

from rabbitviewer.actions import Actions
from rabbitviewer.organise.files_question import Question
from rabbitviewer.shell.overlay import Overlay
from rabbitviewer.shell.popover import Popover

KeyTest = Callable[[QKeyEvent], bool]

_OVER_THE_WINDOW = (Overlay, Popover, Question)
_PRESSES = (Qt.Key.Key_Space, Qt.Key.Key_Return, Qt.Key.Key_Enter)
_WRITING = (QLineEdit, QAbstractSpinBox, QPlainTextEdit, QTextEdit)
_IN_FIGURES = (
    Qt.Key.Key_Delete,
    Qt.Key.Key_Backspace,
    Qt.Key.Key_Return,
    Qt.Key.Key_Enter,
    Qt.Key.Key_Escape,
)
_ON_TEXT = (
    QKeySequence.StandardKey.Copy,
    QKeySequence.StandardKey.Cut,
    QKeySequence.StandardKey.Paste,
    QKeySequence.StandardKey.Undo,
    QKeySequence.StandardKey.Redo,
)


class MaskKeys(QObject):
    """Hears every key of one window from :meth:`begin` to :meth:`end`.

    What writes keeps its keys, a figure those that figures are written with, and a button those
    that press it. Of the others, those of a mask action never reach the window's shortcuts, whether
    the action can be done now or not: Del clears the mask or does nothing, and does not put the
    photo into the trash.
    """

    def __init__(
        self,
        actions: Actions,
        window: QWidget,
        wants: KeyTest,
        take: Callable[[QKeyEvent], object],
        space_held: Callable[[bool], object],
        leave: Callable[[], object],
    ) -> None:
        """Prepare.

        Args:
            actions: Where keys stand.
            window: Whose keys are heard.
            wants: Says whether what is being drawn needs a key.
            take: Gives it that key.
            space_held: Told when the space bar goes down (True) and up.
            leave: Gives the keys back to the photo.
        """
        super().__init__(window)
        self._actions = actions
        self._window = window
        self._wants = wants
        self._take = take
        self._space_held = space_held
        self._leave = leave
        self._ids = [spec.id for spec in actions.specs() if spec.mask_only]
        self._by_key: dict[str, str] = {}
        self._space = False
        self._active = False
        actions.keys_changed.connect(self._read_keys)
        self._read_keys()

    def begin(self) -> None:
        """Hear keys from now on."""
        application = QCoreApplication.instance()
        if application is not None and not self._active:
            self._active = True
            application.installEventFilter(self)

    def end(self) -> None:
        """Hear them no more."""
        application = QCoreApplication.instance()
        if application is not None and self._active:
            self._active = False
            application.removeEventFilter(self)
        self._let_space_go()

    # ------------------------------------------------------------ Qt

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Take mask keys before anybody else does."""
        kind = event.type()
        if kind == QEvent.Type.WindowDeactivate and watched is self._window:
            self._let_space_go()
        if not isinstance(event, QKeyEvent) or not self._is_ours(watched, event):
            return False
        if event.key() in _PRESSES and isinstance(self._window.focusWidget(), QAbstractButton):
            return False
        if kind == QEvent.Type.ShortcutOverride:
            if self._is_space(event) or self._wants(event) or self._action_for(event):
                event.accept()
                return True
        elif kind == QEvent.Type.KeyPress:
            return self._on_press(event)
        elif kind == QEvent.Type.KeyRelease and self._is_space(event):
            if not event.isAutoRepeat():
                self._let_space_go()
            return True
        return False

    def _is_ours(self, watched: QObject, event: QKeyEvent) -> bool:
        if not isinstance(watched, QWidget) or QApplication.activePopupWidget() is not None:
            return False
        if watched.window() is not self._window or _is_overlaid(watched):
            return False
        return not any(_writes(each, event) for each in (watched, self._window.focusWidget()))

    def _on_press(self, event: QKeyEvent) -> bool:
        if self._is_space(event):
            if not event.isAutoRepeat() and not self._space:
                self._space = True
                self._space_held(True)
            return True
        if self._wants(event):
            self._take(event)
            return True
        action_id = self._action_for(event)
        if not action_id:
            return False
        action = self._actions[action_id]
        if isinstance(self._window.focusWidget(), QAbstractSpinBox):
            self._leave()
        if action.isEnabled():
            action.trigger()
        return True

    # ------------------------------------------------------------ which key

    def _is_space(self, event: QKeyEvent) -> bool:
        return event.key() == Qt.Key.Key_Space and not event.modifiers()

    def _let_space_go(self) -> None:
        if self._space:
            self._space = False
            self._space_held(False)

    def _read_keys(self) -> None:
        portable = QKeySequence.SequenceFormat.PortableText
        self._by_key = {
            key.toString(portable): action_id
            for action_id in self._ids
            for key in self._actions[action_id].shortcuts()
        }

    def _action_for(self, event: QKeyEvent) -> str:
        """Return the action of a key as the keyboard sends it; empty: none."""
        portable = QKeySequence.SequenceFormat.PortableText
        for combination in _combinations(event):
            found = self._by_key.get(combination.toString(portable))
            if found:
                return found
        return ""


def _combinations(event: QKeyEvent) -> list[QKeySequence]:
    """Return what *event* may be called: ``{`` comes as Shift+{ and means {; keypad keys as others.

    The Enter of the keypad does what Return does.
    """
    modifiers = event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
    key = Qt.Key.Key_Return if event.key() == Qt.Key.Key_Enter else event.key()
    shift = Qt.KeyboardModifier.ShiftModifier
    found = [QKeySequence(int(modifiers.value) | int(key))]
    if modifiers & shift and not _is_letter(key):
        found.append(QKeySequence(int((modifiers & ~shift).value) | int(key)))
    return found


def _is_letter(key: int) -> bool:
    return Qt.Key.Key_A <= key <= Qt.Key.Key_Z or key >= Qt.Key.Key_Escape


def _writes(widget: QWidget | None, event: QKeyEvent) -> bool:
    """Whether *widget* writes with the key: a figure knows digits, and what edits text."""
    if isinstance(widget, QAbstractSpinBox):
        written = bool(event.text()) and event.text() in "0123456789+-.,%"
        return (
            written or event.key() in _IN_FIGURES or any(event.matches(each) for each in _ON_TEXT)
        )
    return isinstance(widget, _WRITING)


def _is_overlaid(watched: QWidget) -> bool:
    """Whether *watched* stands in a card or question that lies over the window."""
    parent: QWidget | None = watched
    while parent is not None:
        if isinstance(parent, _OVER_THE_WINDOW):
            return True
        parent = parent.parentWidget()
    return False
