"""Builds what organises files and connects it to the rooms."""

from __future__ import annotations

import importlib
from typing import Protocol

from PySide6.QtCore import QObject

from rabbitviewer.models.filework import FileWork
from rabbitviewer.organise.files import FileActions
from rabbitviewer.organise.files_opening import OpenActions
from rabbitviewer.organise.files_progress import ProgressStrip
from rabbitviewer.organise.files_report import FileReports
from rabbitviewer.organise.undo import UndoActions
from rabbitviewer.wiring.dragging import connect_dragging
from rabbitviewer.wiring.parts import Parts

_FORMS = {
    "file.rename": "make_rename",
    "file.duplicates": "make_duplicates",
    "file.ingest": "make_ingest",
}
"""Functions of ``wiring.organise_forms`` by the action that opens what they make."""


class Form(Protocol):
    """What a form's maker returns."""

    def open(self) -> None:
        """Open the form."""
        ...


class FormMaker(Protocol):
    """Makes a form."""

    def __call__(self, parts: Parts, work: FileWork, reports: FileReports) -> Form:
        """Return the form."""
        ...


def connect_file_work(parts: Parts) -> None:
    """Let the window work on files."""
    window = parts.window
    work = FileWork(parts.client, window)
    reports = FileReports(window, work)
    listing, selection = parts.listing, parts.selection
    files = FileActions(window, listing, selection, work, reports, parts.state, parts.grid.choose)
    Forms(parts, work, reports)
    OpenActions(window, parts.selection, parts.state.organise)
    connect_dragging(parts, files)
    UndoActions(window, work)
    window.put_above_status(ProgressStrip(work))


class Forms(QObject):
    """Makes each form when it is opened for the first time: nobody waits for it before."""

    def __init__(self, parts: Parts, work: FileWork, reports: FileReports) -> None:
        super().__init__(parts.window)
        self._parts = parts
        self._work = work
        self._reports = reports
        self._made: dict[str, Form] = {}
        parts.window.actions_by_id.connect_all(
            {action: lambda action=action: self._open(action) for action in _FORMS}
        )

    def _open(self, action: str) -> None:
        if action not in self._made:
            forms = importlib.import_module("rabbitviewer.wiring.organise_forms")
            make: FormMaker = getattr(forms, _FORMS[action])
            self._made[action] = make(self._parts, self._work, self._reports)
        self._made[action].open()
