"""Builds the left panel: places, folders, drives, what is indexed."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, QPoint
from PySide6.QtWidgets import QMenu

from rabbitviewer.browse.collections_list import CollectionsList
from rabbitviewer.browse.left_panel import LeftPanel
from rabbitviewer.browse.recent_list import RecentList
from rabbitviewer.browse.tree import FolderTree
from rabbitviewer.models.folders import FolderModel
from rabbitviewer.models.indexing import IndexingModel
from rabbitviewer.models.volumes import Volumes
from rabbitviewer.organise.files_urls import paths_in
from rabbitviewer.shell import desktop
from rabbitviewer.shell.state import WindowState
from rabbitviewer.wiring.collecting import Collecting
from rabbitviewer.wiring.parts import Parts
from rabbitviewer.words import file_name

_COLLECTIONS, _RECENT = "collections", "recent"


def add_left_panel(parts: Parts) -> None:
    """Put places, folders and collections into the left panel."""
    folders, volumes = FolderModel(parts.client), Volumes(parts.window)
    tree = FolderTree(folders)
    indexing = IndexingModel(parts.client, parts.window)
    listed = CollectionsList(parts.collections, paths_in)
    recent = RecentList()
    panel = LeftPanel(tree, recent, listed, indexing)
    parts.rooms.tree.put(panel)
    navigator, state = parts.navigator, parts.state
    tree.folder_chosen.connect(navigator.open_folder)
    navigator.folder_opened.connect(tree.show_folder)
    if parts.listing.folder:
        tree.show_folder(parts.listing.folder)
    for signal in (navigator.collection_opened, navigator.search_opened):
        signal.connect(tree.show_none)
    volumes.changed.connect(folders.set_volumes)
    parts.window.closing.connect(volumes.stop)
    recent.show_folders(state.recent)
    recent.folder_chosen.connect(navigator.open_folder)
    navigator.folder_opened.connect(lambda: recent.show_folders(state.recent))
    for name, fold in ((_COLLECTIONS, panel.fold), (_RECENT, panel.recent_fold)):
        fold.set_open(is_open=name not in state.folds)
        fold.toggled.connect(_remember_fold(state, name))
    Collecting(parts, listed, panel)
    FolderMenu(parts, tree, indexing)
    volumes.start()


def _remember_fold(state: WindowState, name: str) -> Callable[[bool], None]:
    def remember(is_open: bool) -> None:
        state.remember_fold(name, folded=not is_open)

    return remember


class FolderMenu(QObject):
    """What can be done with a folder of the tree."""

    def __init__(self, parts: Parts, tree: FolderTree, indexing: IndexingModel) -> None:
        super().__init__(parts.window)
        self._window = parts.window
        self._navigator = parts.navigator
        self._tree = tree
        self._indexing = indexing
        self._asked = b""
        tree.menu_wanted.connect(self._open)
        indexing.failed.connect(parts.window.status.say)
        indexing.changed.connect(self._on_changed)

    def _open(self, path: bytes, where: QPoint) -> None:
        menu = QMenu(self._tree)
        menu.aboutToHide.connect(menu.deleteLater)
        menu.addAction(self.tr("Open")).triggered.connect(lambda: self._navigator.open_folder(path))
        menu.addAction(self.tr("Show in the file manager")).triggered.connect(
            lambda: desktop.open_file(path)
        )
        menu.addAction(self.tr("Read its subfolders again")).triggered.connect(
            lambda: self._tree.refresh(path)
        )
        menu.addSeparator()
        held = path in self._indexing.folders
        words = self.tr("Index this folder no more") if held else self.tr("Index this folder")
        index = menu.addAction(words)
        index.setToolTip(self.tr("Its photos are found by “Search all folders”"))
        index.triggered.connect(lambda: self._index(path, held=held))
        menu.popup(where)

    def _index(self, path: bytes, *, held: bool) -> None:
        if held:
            self._indexing.remove(path)
        else:
            self._asked = path
            self._indexing.add(path)

    def _on_changed(self) -> None:
        if self._asked and self._asked in self._indexing.folders:
            words = self.tr("{folder} is indexed from now on").format(folder=file_name(self._asked))
            self._window.status.say(words)
            self._asked = b""
