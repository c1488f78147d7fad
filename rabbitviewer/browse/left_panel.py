"""The left panel: places and folders, recent ones, collections, a line on what is being read."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QProgressBar, QToolButton, QVBoxLayout, QWidget

from rabbitviewer.browse.collections_list import CollectionsList
from rabbitviewer.browse.recent_list import RecentList
from rabbitviewer.browse.tree import FolderTree
from rabbitviewer.models.indexing import IndexingModel
from rabbitviewer.theme.controls import Fold, hairline, icon_button, text_label
from rabbitviewer.theme.theme import figures_font
from rabbitviewer.theme.tokens import tokens


class LeftPanel(QFrame):
    """Folders fill what recent folders and collections leave.

    Attributes:
        fold, recent_fold: The parts that can be folded.

    Signals:
        add_pressed: the selection is to go into a collection.
    """

    add_pressed = Signal()

    def __init__(
        self,
        tree: FolderTree,
        recent: RecentList,
        collections: CollectionsList,
        indexing: IndexingModel,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._collections = collections
        self._indexing = indexing
        look = tokens()
        self.setProperty("look", "panel")
        inside = QWidget()
        column = QVBoxLayout(inside)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        self._hint = text_label(
            self.tr("None yet. Select photos and press Ctrl+B."), "small", wraps=True
        )
        self._hint.setContentsMargins(look.space_5, 0, look.space_2, look.space_2)
        column.addWidget(self._hint)
        column.addWidget(collections)
        self.fold = Fold(self.tr("Collections"), inside)
        self.recent_fold = Fold(self.tr("Recent folders"), recent)
        self._add = self._make_add()
        self._words = text_label("", "small")
        self._words.setFont(figures_font(self._words.font()))
        self._bar = QProgressBar()
        self._bar.setTextVisible(False)
        self._bar.setAccessibleName(self.tr("Reading facts"))
        self._progress = self._make_progress()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, look.space_1, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(tree, 1)
        layout.addWidget(hairline())
        row = QHBoxLayout()
        row.setContentsMargins(look.space_3, look.space_1, look.space_1, look.space_1)
        row.addWidget(self.recent_fold)
        layout.addLayout(row)
        layout.addWidget(hairline())
        below = QHBoxLayout()
        below.setContentsMargins(look.space_3, look.space_1, look.space_1, look.space_1)
        below.addWidget(self.fold, 1)
        below.addWidget(self._add, 0, Qt.AlignmentFlag.AlignTop)
        layout.addLayout(below)
        layout.addWidget(self._progress)
        collections.model().rowsInserted.connect(self._show_hint)
        collections.model().modelReset.connect(self._show_hint)
        collections.model().rowsRemoved.connect(self._show_hint)
        indexing.progressed.connect(self._show_progress)
        self._show_hint()
        self._show_progress()

    def show_add(self, *, possible: bool) -> None:
        """Say whether there is anything to put into a collection."""
        self._add.setEnabled(possible)

    def _make_add(self) -> QToolButton:
        button = icon_button("ph.plus", self.tr("Add the selection to a collection"))
        button.clicked.connect(self.add_pressed)
        return button

    def _make_progress(self) -> QWidget:
        look = tokens()
        holder = QWidget()
        column = QVBoxLayout(holder)
        column.setContentsMargins(look.space_3, look.space_1, look.space_3, look.space_2)
        column.setSpacing(look.space_1)
        column.addWidget(self._words)
        column.addWidget(self._bar)
        return holder

    def _show_hint(self, *_what: object) -> None:
        self._hint.setVisible(self._collections.count() == 0)

    def _show_progress(self) -> None:
        done, total = self._indexing.done, self._indexing.total
        self._progress.setVisible(done < total)
        words = self.tr("Reading facts: {done} of {total}")
        self._words.setText(words.format(done=f"{done:,}", total=f"{total:,}"))
        self._bar.setRange(0, max(total, 1))
        self._bar.setValue(done)
