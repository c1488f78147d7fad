"""Builds the forms of organising; loaded when the first of them is wanted."""

from __future__ import annotations

from PySide6.QtCore import QPoint

from rabbitviewer.models.duplicates import DuplicatesModel
from rabbitviewer.models.filework import FileWork
from rabbitviewer.organise.duplicates import DuplicatesActions
from rabbitviewer.organise.files_report import FileReports
from rabbitviewer.organise.ingest import IngestActions
from rabbitviewer.organise.rename import RenameActions
from rabbitviewer.theme.tokens import tokens
from rabbitviewer.window import Page
from rabbitviewer.wiring.parts import Parts


def make_rename(parts: Parts, work: FileWork, reports: FileReports) -> RenameActions:
    """Return what renames."""
    del reports
    return RenameActions(
        parts.window,
        parts.listing,
        parts.selection,
        work,
        parts.state.organise,
        lambda path: _name_place(parts, path),
    )


def make_duplicates(parts: Parts, work: FileWork, reports: FileReports) -> DuplicatesActions:
    """Return what finds duplicates."""
    return DuplicatesActions(
        parts.window,
        DuplicatesModel(parts.client, parts.window),
        parts.listing,
        parts.selection,
        parts.thumbnails,
        work,
        reports,
        parts.state.organise,
    )


def make_ingest(parts: Parts, work: FileWork, reports: FileReports) -> IngestActions:
    """Return what brings in cards."""
    return IngestActions(
        parts.window, parts.navigator.open_folder, work, reports, parts.state.organise
    )


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
