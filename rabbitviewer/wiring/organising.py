"""Builds what organises files and connects it to the rooms."""

from __future__ import annotations

from rabbitviewer.ipc.client import DaemonClient
from rabbitviewer.models.filework import FileWork
from rabbitviewer.models.listing import ListingModel
from rabbitviewer.models.selection import Selection
from rabbitviewer.organise.files import FileActions
from rabbitviewer.organise.files_progress import ProgressStrip
from rabbitviewer.organise.files_report import FileReports
from rabbitviewer.organise.undo import UndoActions
from rabbitviewer.shell.state import WindowState
from rabbitviewer.window import MainWindow


def connect_file_work(
    window: MainWindow,
    client: DaemonClient,
    listing: ListingModel,
    selection: Selection,
    state: WindowState,
) -> None:
    """Let the window work on files."""
    work = FileWork(client, window)
    reports = FileReports(window, work)
    FileActions(window, listing, selection, work, reports, state)
    UndoActions(window, work)
    window.put_above_status(ProgressStrip(work))
