"""Undo and redo of everything the journal holds: files and marks alike."""

from __future__ import annotations

from PySide6.QtCore import QObject

from rabbitviewer.models.filework import FileWork
from rabbitviewer.window import MainWindow


class UndoActions(QObject):
    """Lets the two actions say what they would do."""

    def __init__(self, window: MainWindow, work: FileWork) -> None:
        super().__init__(window)
        self._undo = window.actions_by_id["edit.undo"]
        self._redo = window.actions_by_id["edit.redo"]
        self._work = work
        window.actions_by_id.connect_all({"edit.undo": work.undo, "edit.redo": work.redo})
        work.journal_changed.connect(self._show_journal)
        self._show_journal()

    def _show_journal(self) -> None:
        undo, redo = self._work.undo_title, self._work.redo_title
        undo = self.tr("Undo: {what}").format(what=undo) if undo else ""
        redo = self.tr("Redo: {what}").format(what=redo) if redo else ""
        self._undo.setText(undo or self.tr("Undo"))
        self._redo.setText(redo or self.tr("Redo"))
        self._undo.setEnabled(bool(undo))
        self._redo.setEnabled(bool(redo))
