"""The folders opened last, on the left."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QFrame, QListWidget, QListWidgetItem, QWidget

from rabbitviewer.theme.icons import icon
from rabbitviewer.theme.tokens import tokens
from rabbitviewer.words import file_name

_PATH = Qt.ItemDataRole.UserRole
_ENTER = (Qt.Key.Key_Return, Qt.Key.Key_Enter)


class RecentList(QListWidget):
    """One row per folder, the newest first.

    Signals:
        folder_chosen: a folder was clicked, or Enter was pressed on it (its path).
    """

    folder_chosen = Signal(bytes)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        side = tokens().icon_small
        self.setIconSize(QSize(side, side))
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setAccessibleName(self.tr("Recent folders"))
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        self.itemClicked.connect(self._choose)

    def show_folders(self, paths: Sequence[bytes]) -> None:
        """List *paths*."""
        self.clear()
        for path in paths:
            whole = path.decode("utf-8", "replace")
            item = QListWidgetItem(icon("ph.clock", "text_secondary"), file_name(path) or whole)
            item.setData(_PATH, path)
            item.setToolTip(whole)
            self.addItem(item)
        height = self.sizeHintForRow(0) if self.count() else 0
        self.setFixedHeight(height * self.count() + 2)

    def event(self, event: QEvent) -> bool:
        """Keep Enter from the window's shortcuts."""
        overrides = event.type() == QEvent.Type.ShortcutOverride
        if overrides and isinstance(event, QKeyEvent) and event.key() in _ENTER:
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Open the marked folder."""
        if event.key() in _ENTER and self.currentRow() >= 0:
            self._choose(self.currentItem())
        else:
            super().keyPressEvent(event)

    def _choose(self, item: QListWidgetItem) -> None:
        path = item.data(_PATH)
        if isinstance(path, bytes):
            self.folder_chosen.emit(path)
