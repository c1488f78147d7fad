"""The Pool tab: a place for the mask editor, the pool's head, its slots or what to do first."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QKeyCombination, Qt, Signal
from PySide6.QtGui import QKeyEvent, QKeySequence
from PySide6.QtWidgets import (
    QFrame,
    QSizePolicy,
    QSplitter,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from rabbitviewer.models.pool import PoolModel
from rabbitviewer.models.thumbnails import ThumbnailStore
from rabbitviewer.pool.pool_header import PoolHeader
from rabbitviewer.pool.slot_grid import SlotGrid
from rabbitviewer.theme.controls import Sign, hairline, push_button, text_label
from rabbitviewer.theme.tokens import tokens

_KEYS = QKeySequence.StandardKey
_ALSO_REDO = QKeyCombination(Qt.KeyboardModifier.ControlModifier, Qt.Key.Key_Y)


class PoolPanel(QFrame):
    """The pool beside the photos.

    Attributes:
        header: Name, count, undo, add.
        grid: The slots.

    Signals:
        paint_wanted: the mask of a slot is to be painted (its name).
        photo_wanted: a photo is to be shown (its path).
        paste_wanted: what is on the clipboard is to come into the pool.
        undo_wanted: the newest change is to be taken back (whether it is to be done again).
    """

    paint_wanted = Signal(str)
    photo_wanted = Signal(bytes)
    paste_wanted = Signal()
    undo_wanted = Signal(bool)

    def __init__(
        self, pool: PoolModel, thumbnails: ThumbnailStore, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._pool = pool
        self._editor: QWidget | None = None
        self.setProperty("look", "panel")
        self.setAccessibleName(self.tr("Pool"))
        self.header = PoolHeader(pool)
        self.grid = SlotGrid(pool, thumbnails)
        self.empty = EmptyPool()
        self._stack = QStackedWidget()
        self._stack.addWidget(self.grid)
        self._stack.addWidget(self.empty)
        self._body = QWidget()
        column = QVBoxLayout(self._body)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.header)
        column.addWidget(hairline())
        column.addWidget(self._stack, 1)
        self._parts = QSplitter(Qt.Orientation.Vertical)
        self._parts.setChildrenCollapsible(False)
        self._parts.setHandleWidth(1)
        self._parts.addWidget(self._body)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._parts)
        self.setFocusProxy(self.grid)
        self.grid.paint_wanted.connect(self.paint_wanted)
        self.grid.photo_wanted.connect(self.photo_wanted)
        self.empty.add_pressed.connect(self.header.add_pressed)
        self.header.undo_pressed.connect(self._undo)
        self.header.redo_pressed.connect(self._redo)
        pool.changed.connect(self._choose)
        self._choose()

    def put_editor(self, widget: QWidget) -> None:
        """Put the mask editor above the slots; it shows and hides itself."""
        self._editor = widget
        self._parts.insertWidget(0, widget)
        self._parts.setStretchFactor(0, 0)
        self._parts.setStretchFactor(1, 1)

    def _choose(self) -> None:
        """Show the slots, or what to do where there are none."""
        empty = self._pool.is_known and not self._pool.slots
        wanted = self.empty if empty else self.grid
        for page in (self.empty, self.grid):
            shown = page is wanted
            # the other page's height is nothing that this one needs
            policy = QSizePolicy.Policy.Expanding if shown else QSizePolicy.Policy.Ignored
            page.setSizePolicy(QSizePolicy.Policy.Expanding, policy)
        if self._stack.currentWidget() is not wanted:
            had_focus = self._stack.isAncestorOf(self.window().focusWidget() or self.window())
            self._stack.setCurrentWidget(wanted)
            self.setFocusProxy(wanted)
            if had_focus:
                wanted.setFocus(Qt.FocusReason.OtherFocusReason)

    # ------------------------------------------------------------ keys

    def event(self, event: QEvent) -> bool:
        """Keep the keys of the pool from the window's shortcuts while the panel has the focus."""
        if (
            isinstance(event, QKeyEvent)
            and event.type() == QEvent.Type.ShortcutOverride
            and not self._is_in_editor()
            and (self._command(event) is not None or self.grid.takes_key(event))
        ):
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Do what the pool's keys say, whatever of the panel has the focus."""
        command = None if self._is_in_editor() else self._command(event)
        if command is not None:
            command()
            event.accept()
        elif not self._is_in_editor() and self.grid.takes_key(event) and self._pool.slots:
            self.grid.keyPressEvent(event)
        else:
            super().keyPressEvent(event)

    def _command(self, event: QKeyEvent) -> Callable[[], object] | None:
        if event.matches(_KEYS.Paste):
            return self.paste_wanted.emit
        if event.matches(_KEYS.Undo):
            return self._undo
        if event.matches(_KEYS.Redo) or event.keyCombination() == _ALSO_REDO:
            return self._redo
        return None

    def _undo(self) -> None:
        self.undo_wanted.emit(False)

    def _redo(self) -> None:
        self.undo_wanted.emit(True)

    def _is_in_editor(self) -> bool:
        focus = self.window().focusWidget() or self
        return self._editor is not None and self._editor.isAncestorOf(focus)


class EmptyPool(QWidget):
    """What a pool is for, and how photos come into it.

    Signals:
        add_pressed: photos are to be chosen from files.
    """

    add_pressed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        look = tokens()
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        title = text_label(self.tr("Photos to work on"), "heading", wraps=True)
        words = text_label(
            self.tr("Each keeps its own mask and label. Edits use the active one."),
            "secondary",
            wraps=True,
        )
        self._ways = [text_label("", "secondary", wraps=True) for _way in range(3)]
        button = push_button(self.tr("Add photos…"), "", "ph.plus")
        button.clicked.connect(self.add_pressed)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(look.space_4, look.space_5, look.space_4, look.space_5)
        layout.setSpacing(look.space_2)
        layout.addStretch(2)
        layout.addWidget(Sign("ph.tray"), 0, Qt.AlignmentFlag.AlignHCenter)
        for label in (title, words, *self._ways):
            label.setAlignment(Qt.AlignmentFlag.AlignHCenter)
            layout.addWidget(label)
            layout.addSpacing(look.space_2 if label is words else 0)
        layout.addSpacing(look.space_2)
        layout.addWidget(button, 0, Qt.AlignmentFlag.AlignHCenter)
        layout.addStretch(3)
        self.setAccessibleName(title.text())
        self.show_keys("P", "Ctrl+Shift+V")

    def show_keys(self, add: str, paste: str) -> None:
        """Name the keys that add and paste; they can be changed."""
        ways = (
            self.tr("Select photos and press {key}").format(key=add) if add else "",
            self.tr("Drag them here, from the grid or elsewhere"),
            self.tr("Paste a picture with {key}").format(key=paste) if paste else "",
        )
        for label, text in zip(self._ways, ways, strict=True):
            label.setText(text)
            label.setVisible(bool(text))
        self.setAccessibleDescription(". ".join(filter(None, ways)))
