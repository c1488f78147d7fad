"""Builds what organises files and connects it to the rooms."""

from __future__ import annotations

from PySide6.QtCore import QPoint

from rabbitviewer.models.duplicates import DuplicatesModel
from rabbitviewer.models.filework import FileWork
from rabbitviewer.organise.duplicates import DuplicatesActions
from rabbitviewer.organise.files import FileActions
from rabbitviewer.organise.files_opening import OpenActions
from rabbitviewer.organise.files_progress import ProgressStrip
from rabbitviewer.organise.files_report import FileReports
from rabbitviewer.organise.ingest import IngestActions
from rabbitviewer.organise.rename import RenameActions
from rabbitviewer.organise.undo import UndoActions
from rabbitviewer.theme.tokens import tokens
from rabbitviewer.window import Page
from rabbitviewer.wiring.dragging import connect_dragging
from rabbitviewer.wiring.parts import Parts


def connect_file_work(parts: Parts) -> None:
    """Let the window work on files."""
    window = parts.window
    work = FileWork(parts.client, window)
    reports = FileReports(window, work)
    files = FileActions(window, parts.listing, parts.selection, work, reports, parts.state)
    RenameActions(
        window,
        parts.listing,
        parts.selection,
        work,
        parts.state.organise,
        lambda path: _name_place(parts, path),
    )
    DuplicatesActions(
        window,
        DuplicatesModel(parts.client, window),
        parts.listing,
        parts.selection,
        parts.thumbnails,
        work,
        reports,
        parts.state.organise,
    )
    IngestActions(window, parts.navigator.open_folder, work, reports, parts.state.organise)
    OpenActions(window, parts.selection, parts.state.organise)
    connect_dragging(parts, files)
    UndoActions(window, work)
    window.put_above_status(ProgressStrip(work))


def _name_place(parts: Parts, path: bytes) -> QPoint:
    """Return where in the window the name of a photo may be edited: at its cell, or its foot."""
    grid, row = parts.grid, parts.listing.row(path)
    if parts.window.page == Page.GRID and row >= 0:
        cell = grid.cell_rect(row)
        foot = QPoint(cell.center().x(), cell.bottom() - tokens().space_4)
        return grid.viewport().mapTo(parts.window, foot)
    canvas = parts.photo.canvas
    foot = QPoint(canvas.width() // 2, canvas.height() - 2 * tokens().space_5)
    return canvas.mapTo(parts.window, foot)
