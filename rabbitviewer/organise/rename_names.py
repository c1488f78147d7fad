"""Old and new names side by side, as a pattern would make them."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QAbstractItemView, QFrame, QHeaderView, QTableView, QWidget

from daemon.protocol.values import NewName
from rabbitviewer.theme.theme import figures_font
from rabbitviewer.theme.tokens import tokens
from rabbitviewer.words import file_name

Index = QModelIndex | QPersistentModelIndex
_NO_INDEX = QModelIndex()


class NamesModel(QAbstractTableModel):
    """One row per photo: its name, and the new one or why it cannot be."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._names: Sequence[NewName] = ()

    def show_names(self, names: Sequence[NewName]) -> None:
        """Show *names*."""
        self.beginResetModel()
        self._names = names
        self.endResetModel()

    def problems(self) -> list[int]:
        """Return the rows whose new name cannot be."""
        return [row for row, name in enumerate(self._names) if name.problem]

    def rowCount(self, parent: Index = _NO_INDEX) -> int:
        """Return the number of photos."""
        return 0 if parent.isValid() else len(self._names)

    def columnCount(self, parent: Index = _NO_INDEX) -> int:
        """Return 2: old, new."""
        return 0 if parent.isValid() else 2

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> object:
        """Name the columns."""
        if orientation == Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole:
            return (self.tr("Now"), self.tr("Then"))[section]
        return None

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """Return a name, its colour, or the reason against it."""
        name, column = self._names[index.row()], index.column()
        look = tokens()
        if role == Qt.ItemDataRole.DisplayRole:
            if column == 0:
                return file_name(name.path)
            shown = name.name.decode("utf-8", "replace")
            return f"{shown}  –  {name.problem}" if name.problem else shown
        if role == Qt.ItemDataRole.ToolTipRole:
            return name.problem or None
        if role == Qt.ItemDataRole.ForegroundRole:
            if name.problem and column == 1:
                return QColor(look.error)
            same = file_name(name.path) == name.name.decode("utf-8", "replace")
            return QColor(look.text_secondary if column == 0 or same else look.text)
        return None


class NamesView(QTableView):
    """The table of names."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.names = NamesModel(self)
        self.setModel(self.names)
        self.setShowGrid(False)
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(tokens().space_5 + tokens().space_1)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setSelectionMode(QAbstractItemView.SelectionMode.NoSelection)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        self.setFont(figures_font(self.font()))
        self.setAccessibleName(self.tr("Names now and then"))
        header = self.horizontalHeader()
        header.setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        header.setSectionsClickable(False)
        header.setHighlightSections(False)
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)

    def show_names(self, names: Sequence[NewName]) -> None:
        """Show *names*, the first that cannot be in view."""
        place = self.verticalScrollBar().value()
        self.names.show_names(names)
        problems = self.names.problems()
        if problems:
            self.scrollTo(self.names.index(problems[0], 0))
        else:
            self.verticalScrollBar().setValue(place)
