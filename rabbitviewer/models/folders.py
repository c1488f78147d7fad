"""The folders of the tree: places at the top, subfolders read when somebody opens one."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

from PySide6.QtCore import (
    QAbstractItemModel,
    QCoreApplication,
    QDir,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QStandardPaths,
    Qt,
)
from PySide6.QtGui import QIcon

from daemon.protocol.errors import ErrorKind
from daemon.protocol.messages import Failed, Message, Subfolders, SubfoldersRequest, WirePath
from rabbitviewer.ipc.client import DaemonClient
from rabbitviewer.theme.icons import icon

Index = QModelIndex | QPersistentModelIndex
PATH_ROLE = Qt.ItemDataRole.UserRole


class _Node:
    """One folder: ``children`` is None until they were read."""

    def __init__(self, path: bytes, name: str, parent: _Node | None, icon_name: str) -> None:
        self.path = path
        self.name = name
        self.parent = parent
        self.icon_name = icon_name
        self.row = 0
        self.is_volume = False
        self.may_have_children = True
        self.children: list[_Node] | None = None
        self.asked = False
        self.problem = ""


class FolderModel(QAbstractItemModel):
    """A tree of folders that is filled as it is opened; nothing is read in the window itself."""

    def __init__(self, client: DaemonClient, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._client = client
        self._unanswered: list[_Node] = []
        self._root = _Node(b"", "", None, "")
        self._root.children = []
        for path, name, icon_name in places():
            self._append_place(path, name, icon_name)
        client.connected.connect(self._ask_again)

    def path(self, index: Index) -> bytes:
        """Return the folder at *index*; empty for the invisible root."""
        return self._node(index).path

    def index_of(self, path: bytes) -> QModelIndex:
        """Return where *path* stands, as far as the tree was read; invalid: nowhere yet."""
        for place in self._children(self._root):
            found = self._descend(place, path)
            if found is not None and found.path == path:
                return self._index(found)
        return QModelIndex()

    def nearest(self, path: bytes) -> QModelIndex:
        """Return the deepest folder read so far that holds *path*, or is it."""
        found = [self._descend(place, path) for place in self._children(self._root)]
        best = max(filter(None, found), key=lambda node: len(node.path), default=None)
        return self._index(best) if best is not None else QModelIndex()

    def refresh(self, index: Index) -> None:
        """Read the subfolders of *index* again."""
        node = self._node(index)
        if node is not self._root:
            self._ask(node)

    def set_volumes(self, volumes: Sequence[tuple[bytes, str]]) -> None:
        """Show the drives and cards that are there now, after the user's own places."""
        wanted = dict(volumes)
        siblings = self._children(self._root)
        for node in [each for each in siblings if each.is_volume and each.path not in wanted]:
            self.beginRemoveRows(QModelIndex(), node.row, node.row)
            siblings.remove(node)
            for row, each in enumerate(siblings):
                each.row = row
            self.endRemoveRows()
        known = {node.path for node in siblings}
        for path, name in wanted.items():
            if path not in known:
                row = len(siblings)
                self.beginInsertRows(QModelIndex(), row, row)
                self._append_place(path, name, "ph.hard-drive")
                siblings[row].is_volume = True
                self.endInsertRows()

    # ------------------------------------------------------------ reading folders

    def _append_place(self, path: bytes, name: str, icon_name: str) -> None:
        node = _Node(path, name, self._root, icon_name)
        siblings = self._children(self._root)
        node.row = len(siblings)
        siblings.append(node)

    def _ask(self, node: _Node) -> None:
        node.asked = True
        request = SubfoldersRequest(path=WirePath(node.path))
        self._client.send(request, lambda message, _blob: self._on_answer(node, message))

    def _ask_again(self) -> None:
        unanswered, self._unanswered = self._unanswered, []
        for node in unanswered:
            self._ask(node)

    def _on_answer(self, node: _Node, message: Message) -> None:
        if isinstance(message, Subfolders):
            node.problem = ""
            self._replace_children(node, message)
        elif isinstance(message, Failed):
            if message.error.kind is ErrorKind.DAEMON_UNAVAILABLE:
                self._unanswered.append(node)
                return
            node.problem = message.error.message
            node.may_have_children = False
            index = self._index(node)
            self.dataChanged.emit(index, index)

    def _replace_children(self, node: _Node, answer: Subfolders) -> None:
        before = node.children or []
        names = [folder.name for folder in answer.folders]
        if [os.path.basename(child.path) for child in before] == names:
            node.children = before
            node.may_have_children = bool(names)
            return
        index = self._index(node)
        if before:
            self.beginRemoveRows(index, 0, len(before) - 1)
            node.children = []
            self.endRemoveRows()
        children: list[_Node] = []
        for row, folder in enumerate(answer.folders):
            shown = folder.name.decode("utf-8", "replace")
            child = _Node(os.path.join(node.path, folder.name), shown, node, "ph.folder")
            child.row = row
            child.may_have_children = folder.has_subfolders
            children.append(child)
        if children:
            self.beginInsertRows(index, 0, len(children) - 1)
        node.children = children
        node.may_have_children = bool(children)
        if children:
            self.endInsertRows()
        self.dataChanged.emit(index, index)

    # ------------------------------------------------------------ nodes

    def _children(self, node: _Node) -> list[_Node]:
        return [] if node.children is None else node.children

    def _node(self, index: Index) -> _Node:
        if not index.isValid():
            return self._root
        node = index.internalPointer()
        assert isinstance(node, _Node)
        return node

    def _index(self, node: _Node) -> QModelIndex:
        if node.parent is None:
            return QModelIndex()
        return self.createIndex(node.row, 0, node)

    def _descend(self, node: _Node, path: bytes) -> _Node | None:
        """Return the deepest node under *node* on the way to *path*; None: not under it."""
        if path != node.path and not path.startswith(node.path.rstrip(_SEPARATOR) + _SEPARATOR):
            return None
        for child in self._children(node):
            found = self._descend(child, path)
            if found is not None:
                return found
        return node

    # ------------------------------------------------------------ Qt

    def index(self, row: int, column: int, parent: Index | None = None) -> QModelIndex:
        """Return the index of a child."""
        node = self._node(parent or QModelIndex())
        children = self._children(node)
        if column == 0 and 0 <= row < len(children):
            return self.createIndex(row, 0, children[row])
        return QModelIndex()

    def parent(self, index: Index | None = None) -> QModelIndex:  # pyright: ignore[reportIncompatibleMethodOverride]
        """Return the index of the folder above."""
        node = self._node(index or QModelIndex())
        return self._index(node.parent) if node.parent is not None else QModelIndex()

    def rowCount(self, parent: Index | None = None) -> int:
        """Return the number of subfolders read so far."""
        return len(self._children(self._node(parent or QModelIndex())))

    def columnCount(self, parent: Index | None = None) -> int:
        """Return 1."""
        del parent
        return 1

    def hasChildren(self, parent: Index | None = None) -> bool:
        """Return whether there is anything to open."""
        return self._node(parent or QModelIndex()).may_have_children

    def canFetchMore(self, parent: Index) -> bool:
        """Return whether the subfolders were never asked for."""
        node = self._node(parent)
        return node.children is None and not node.asked and node.may_have_children

    def fetchMore(self, parent: Index) -> None:
        """Ask for the subfolders."""
        self._ask(self._node(parent))

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """Return name, icon, path or tool tip."""
        node = self._node(index)
        if role == Qt.ItemDataRole.DisplayRole:
            return node.name
        if role == Qt.ItemDataRole.DecorationRole:
            return _icon(node.icon_name)
        if role == Qt.ItemDataRole.ToolTipRole:
            return node.problem or os.fsdecode(node.path).encode("utf-8", "replace").decode()
        if role == PATH_ROLE:
            return node.path
        return None


_SEPARATOR = os.fsencode(os.sep)


def places() -> list[tuple[bytes, str, str]]:
    """Return where a tree begins: path, name and icon of the user's folders and of the drives."""
    location = QStandardPaths.StandardLocation
    found: dict[bytes, tuple[bytes, str, str]] = {}
    for kind, icon_name in (
        (location.PicturesLocation, "ph.image-square"),
        (location.HomeLocation, "ph.house"),
    ):
        path = os.fsencode(QStandardPaths.writableLocation(kind))
        if path and path not in found:
            found[path] = (path, QStandardPaths.displayName(kind), icon_name)
    if sys.platform == "win32":
        for drive in QDir.drives():
            path = os.fsencode(drive.absolutePath())
            found[path] = (path, drive.absolutePath(), "ph.hard-drives")
    else:
        name = QCoreApplication.translate("FolderModel", "File system")
        found[b"/"] = (b"/", name, "ph.hard-drives")
    return list(found.values())


def _icon(name: str) -> QIcon | None:
    return icon(name, "text_secondary") if name else None
