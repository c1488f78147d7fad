"""Rename: one photo where it is, several by a pattern."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, QPoint

from rabbitviewer.models.filework import FileWork
from rabbitviewer.models.listing import ListingModel
from rabbitviewer.models.remembered import Remembered
from rabbitviewer.models.selection import Selection
from rabbitviewer.organise.files import with_partners
from rabbitviewer.organise.rename_card import RenameCard
from rabbitviewer.organise.rename_one import NameField
from rabbitviewer.window import MainWindow


class RenameActions(QObject):
    """Answers F2."""

    def __init__(
        self,
        window: MainWindow,
        listing: ListingModel,
        selection: Selection,
        work: FileWork,
        remembered: Remembered,
        place_of: Callable[[bytes], QPoint],
    ) -> None:
        """Connect.

        Args:
            window: Where the forms open.
            listing: The open folder.
            selection: What is renamed.
            work: Who renames.
            remembered: Patterns used before.
            place_of: Where in the window a photo's name may be edited.
        """
        super().__init__(window)
        self._listing = listing
        self._selection = selection
        self._work = work
        self._remembered = remembered
        self._place_of = place_of
        self._paths: tuple[bytes, ...] = ()
        self._card = RenameCard(window, work)
        self._field = NameField(window, work)
        self._card.rename_wanted.connect(self._on_rename_wanted)
        self._field.rename_wanted.connect(self._on_name_wanted)

    def open(self) -> None:
        """Ask for the new name of the selected photo, or for a pattern for several."""
        paths = tuple(self._selection.selected)
        if len(paths) == 1:
            self._field.ask(paths[0], self._place_of(paths[0]))
        elif paths:
            self._paths = with_partners(self._listing, paths)
            self._card.ask(self._paths, self._remembered.patterns)

    def _on_rename_wanted(self, pattern: str, start: int) -> None:
        self._remembered.add_pattern(pattern)
        self._work.rename(self._paths, pattern, start)

    def _on_name_wanted(self, path: bytes, pattern: str) -> None:
        self._work.rename(with_partners(self._listing, (path,)), pattern)
