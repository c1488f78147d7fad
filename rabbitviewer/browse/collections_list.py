"""The saved collections on the left: open, rename in place, delete, drop photos onto one."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import (
    QEvent,
    QMimeData,
    QModelIndex,
    QPersistentModelIndex,
    QPoint,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import (
    QColor,
    QDragEnterEvent,
    QDragLeaveEvent,
    QDragMoveEvent,
    QDropEvent,
    QKeyEvent,
    QPainter,
)
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFrame,
    QListWidget,
    QListWidgetItem,
    QMenu,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)

from rabbitviewer.models.collections import CollectionsModel
from rabbitviewer.theme.icons import icon
from rabbitviewer.theme.tokens import tokens

_NAME = Qt.ItemDataRole.UserRole
_COUNT = Qt.ItemDataRole.UserRole + 1
_ROWS_SEEN = 8
_OWN_KEYS = (Qt.Key.Key_F2, Qt.Key.Key_Delete, Qt.Key.Key_Return, Qt.Key.Key_Enter)
Index = QModelIndex | QPersistentModelIndex
PathsIn = Callable[[QMimeData], Sequence[bytes]]


class CollectionsList(QListWidget):
    """One row per collection: its name, and at the right how many photos it holds.

    Signals:
        collection_chosen: a collection was clicked, or Enter was pressed on it (its name).
        delete_wanted: a collection is to be deleted (its name).
        dropped: photos were dropped on a collection (its name, their paths).
    """

    collection_chosen = Signal(str)
    delete_wanted = Signal(str)
    dropped = Signal(str, object)

    def __init__(
        self, model: CollectionsModel, paths_in: PathsIn, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._model = model
        self._paths_in = paths_in
        self._filling = False
        self._open = ""
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setAccessibleName(self.tr("Collections"))
        side = tokens().icon_small
        self.setIconSize(QSize(side, side))
        self.setItemDelegate(_Painter(self))
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.setAcceptDrops(True)
        self.customContextMenuRequested.connect(self._show_menu)
        self.itemClicked.connect(self._choose)
        self.itemChanged.connect(self._on_edited)
        model.changed.connect(self._fill)
        self._fill()

    def mark(self, name: str) -> None:
        """Mark the collection that is open; empty: none."""
        self._open = name
        for row in range(self.count()):
            if self.item(row).data(_NAME) == name:
                self.setCurrentRow(row)
                return
        self.setCurrentRow(-1)
        self.clearSelection()

    def _fill(self) -> None:
        self._filling = True
        self.clear()
        for each in self._model.collections:
            row = QListWidgetItem(icon("ph.cards", "text_secondary"), each.name)
            row.setData(_NAME, each.name)
            row.setData(_COUNT, each.count)
            row.setFlags(row.flags() | Qt.ItemFlag.ItemIsEditable)
            words = self.tr("{name}, {n} photos").format(name=each.name, n=each.count)
            row.setData(Qt.ItemDataRole.AccessibleTextRole, words)
            self.addItem(row)
        self._filling = False
        self.mark(self._open)
        height = self.sizeHintForRow(0) if self.count() else 0
        self.setFixedHeight(height * min(self.count(), _ROWS_SEEN) + 2)
        self.setVisible(self.count() > 0)

    def _choose(self, item: QListWidgetItem) -> None:
        self.collection_chosen.emit(str(item.data(_NAME)))

    def _on_edited(self, item: QListWidgetItem) -> None:
        """The name was edited in place."""
        if self._filling:
            return
        old, new = str(item.data(_NAME)), item.text().strip()
        if new and new != old:
            self._model.rename(old, new)
        self._fill()

    def _show_menu(self, where: QPoint) -> None:
        item = self.itemAt(where)
        if item is None:
            return
        name = str(item.data(_NAME))
        menu = QMenu(self)
        menu.aboutToHide.connect(menu.deleteLater)
        menu.addAction(self.tr("Open")).triggered.connect(lambda: self._choose(item))
        menu.addAction(self.tr("Rename")).triggered.connect(lambda: self.editItem(item))
        menu.addSeparator()
        delete = menu.addAction(self.tr("Delete the collection"))
        delete.triggered.connect(lambda: self.delete_wanted.emit(name))
        menu.popup(self.viewport().mapToGlobal(where))

    # ------------------------------------------------------------ Qt

    def event(self, event: QEvent) -> bool:
        """Keep our own keys from the window's shortcuts."""
        if event.type() == QEvent.Type.ShortcutOverride and _is_own(event):
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Open, rename or delete the marked collection."""
        item, key = self.currentItem(), event.key()
        marked = self.currentRow() >= 0 and self.state() != self.State.EditingState
        if not marked or key not in _OWN_KEYS:
            super().keyPressEvent(event)
        elif key == Qt.Key.Key_F2:
            self.editItem(item)
        elif key == Qt.Key.Key_Delete:
            self.delete_wanted.emit(str(item.data(_NAME)))
        else:
            self._choose(item)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Take photos."""
        if self._paths_in(event.mimeData()):
            event.acceptProposedAction()

    def dragMoveEvent(self, event: QDragMoveEvent) -> None:
        """Light the collection under the pointer."""
        item = self.itemAt(event.position().toPoint())
        event.setDropAction(Qt.DropAction.CopyAction)
        if item is None:
            event.ignore()
        else:
            self.setCurrentItem(item)
            event.accept()

    def dropEvent(self, event: QDropEvent) -> None:
        """Put photos into the collection under the pointer."""
        item = self.itemAt(event.position().toPoint())
        paths = self._paths_in(event.mimeData())
        if item is not None and paths:
            event.setDropAction(Qt.DropAction.CopyAction)
            event.accept()
            self.dropped.emit(str(item.data(_NAME)), tuple(paths))
        self.mark(self._open)

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        """Mark the open collection again."""
        event.accept()
        self.mark(self._open)


def _is_own(event: QEvent) -> bool:
    if not isinstance(event, QKeyEvent):
        return False
    return event.key() in _OWN_KEYS and not event.modifiers()


class _Painter(QStyledItemDelegate):
    """The count at the right."""

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        look = tokens()
        count = f"{int(index.data(_COUNT) or 0):,}"
        super().paint(painter, option, index)
        rect = option.rect  # pyright: ignore[reportAttributeAccessIssue]
        painter.setPen(QColor(look.text_secondary))
        right = rect.adjusted(0, 0, -look.space_3, 0)
        flags = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight
        painter.drawText(right, flags, count)
