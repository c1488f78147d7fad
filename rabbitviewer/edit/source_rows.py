"""Where the photos of a grade come from: the selection, a slot of a pool, a whole pool."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QObject, QSignalBlocker, Signal
from PySide6.QtWidgets import QLineEdit, QSpinBox

from daemon.protocol.values import PoolInfo
from rabbitviewer.edit.rows import Rows
from rabbitviewer.edit.subject import POOL, SELECTION, SLOT, Wish
from rabbitviewer.models.pool_contents import ACTIVE
from rabbitviewer.theme.controls import Choice
from rabbitviewer.theme.tokens import tokens

_MOST_INDEX = 9999


class SourceRows(QObject):
    """Three rows of a form; the latter two are there where a pool is the source.

    Signals:
        source_chosen: the user chose selection | slot | pool.
        pool_chosen: the user chose a pool (its id).
        index_chosen: the user chose a slot (its index; -1: the active one).
    """

    source_chosen = Signal(str)
    pool_chosen = Signal(str)
    index_chosen = Signal(int)

    def __init__(self, rows: Rows, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._source = Choice(self.tr("Source"))
        self._pool = Choice(self.tr("Pool"))
        self._index = self._make_index()
        for source, words in (
            (SELECTION, self.tr("Selection")),
            (SLOT, self.tr("Pool")),
            (POOL, self.tr("Whole pool")),
        ):
            self._source.addItem(words, source)
        rows.add(self.tr("Source"), self._source)
        self._pool_label = rows.add(self.tr("Pool"), self._pool)
        self._index_label = rows.add(self.tr("Index"), self._index)
        self._source.activated.connect(self._on_source_chosen)
        self._pool.activated.connect(self._on_pool_chosen)
        self._index.valueChanged.connect(self.index_chosen)

    def show_wish(self, wish: Wish, pools: Sequence[PoolInfo], own_id: str) -> None:
        """Say what *wish* says; *own_id* is the pool it means where it names none."""
        with QSignalBlocker(self._source):
            self._source.setCurrentIndex(self._source.findData(wish.source))
        with QSignalBlocker(self._pool):
            self._show_pools(pools, wish.pool_id or own_id)
        with QSignalBlocker(self._index):
            self._index.setValue(wish.index)
        for widget in (self._pool, self._pool_label):
            widget.setVisible(wish.source != SELECTION)
        for widget in (self._index, self._index_label):
            widget.setVisible(wish.source == SLOT)

    def _show_pools(self, pools: Sequence[PoolInfo], chosen: str) -> None:
        there = [(each.name, each.pool_id) for each in pools]
        shown = [
            (self._pool.itemText(i), self._pool.itemData(i)) for i in range(self._pool.count())
        ]
        if shown != there:
            self._pool.clear()
            for name, pool_id in there:
                self._pool.addItem(name, pool_id)
        self._pool.setCurrentIndex(self._pool.findData(chosen))

    def _make_index(self) -> QSpinBox:
        box = QSpinBox()
        box.setFixedHeight(tokens().control_height)
        box.setRange(ACTIVE, _MOST_INDEX)
        box.setSpecialValueText(self.tr("Active"))
        box.setAccessibleName(self.tr("Index of the slot"))
        box.setToolTip(self.tr("Which slot; “Active” follows the active one of the pool."))
        field = box.findChild(QLineEdit)
        if field is not None:
            field.setTextMargins(tokens().space_2, 0, 0, 0)
        return box

    def _on_source_chosen(self) -> None:
        self.source_chosen.emit(self._source.currentData())

    def _on_pool_chosen(self) -> None:
        self.pool_chosen.emit(self._pool.currentData() or "")
