"""Builds what organises files and connects it to the rooms."""

from __future__ import annotations

from rabbitviewer.models.filework import FileWork
from rabbitviewer.organise.files import FileActions
from rabbitviewer.organise.files_progress import ProgressStrip
from rabbitviewer.organise.files_report import FileReports
from rabbitviewer.organise.undo import UndoActions
from rabbitviewer.wiring.parts import Parts


def connect_file_work(parts: Parts) -> None:
    """Let the window work on files."""
    window = parts.window
    work = FileWork(parts.client, window)
    reports = FileReports(window, work)
    FileActions(window, parts.listing, parts.selection, work, reports, parts.state)
    UndoActions(window, work)
    window.put_above_status(ProgressStrip(work))
