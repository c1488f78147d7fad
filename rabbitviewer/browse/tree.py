"""The folders on the left: places, and what is in them."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QPoint, Qt, Signal
from PySide6.QtGui import QContextMenuEvent, QKeyEvent
from PySide6.QtWidgets import QFrame, QTreeView, QWidget

from rabbitviewer.models.folders import FolderModel


class FolderTree(QTreeView):
    """A tree of folders that fills itself as it is opened.

    Signals:
        folder_chosen: a folder was clicked, or Enter was pressed on it (its path).
        menu_wanted: the context menu of a folder (its path), at this point of the screen.
    """

    folder_chosen = Signal(bytes)
    menu_wanted = Signal(bytes, QPoint)

    def __init__(self, model: FolderModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._folders = model
        self._way_to = b""
        self.setModel(model)
        self.setHeaderHidden(True)
        self.setUniformRowHeights(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        self.setExpandsOnDoubleClick(True)
        self.setAccessibleName(self.tr("Folders"))
        self.clicked.connect(self._on_chosen)
        model.rowsInserted.connect(self._go_on)
        model.dataChanged.connect(self._go_on)

    def show_folder(self, path: bytes) -> None:
        """Mark *path* as the open folder, opening the branches that lead to it."""
        self._way_to = path
        self._go_on()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Open the folder with Enter."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._on_chosen(self.currentIndex())
        else:
            super().keyPressEvent(event)

    def show_none(self, *_what: object) -> None:
        """Mark no folder: what is open is none."""
        self._way_to = b""
        self.setCurrentIndex(QModelIndex())

    def refresh(self, path: bytes) -> None:
        """Read the subfolders of *path* again, where it stands in the tree."""
        index = self._folders.index_of(path)
        if index.isValid():
            self._folders.refresh(index)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """Ask for the menu of the folder under the pointer, or of the marked one."""
        index, where = self.indexAt(event.pos()), event.globalPos()
        if event.reason() == QContextMenuEvent.Reason.Keyboard:
            index = self.currentIndex()
            where = self.viewport().mapToGlobal(self.visualRect(index).center())
        path = self._folders.path(index)
        if path:
            self.menu_wanted.emit(path, where)

    def _on_chosen(self, index: QModelIndex | QPersistentModelIndex) -> None:
        path = self._folders.path(index)
        if path:
            self._way_to = b""
            self.folder_chosen.emit(path)

    def _go_on(self, *_what: object) -> None:
        """Go as far towards the open folder as the tree was read; more comes by itself."""
        if not self._way_to:
            return
        index = self._folders.nearest(self._way_to)
        if not index.isValid():
            self._way_to = b""
            return
        self.setCurrentIndex(index)
        self.scrollTo(index)
        if self._folders.path(index) == self._way_to or not self._folders.hasChildren(index):
            self._way_to = b""
        elif self._folders.canFetchMore(index):
            self._folders.fetchMore(index)
        elif self._folders.rowCount(index):
            self._way_to = b""
