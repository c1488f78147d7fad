"""Find duplicates: the page, and what it does with photos."""

from __future__ import annotations

from PySide6.QtCore import QObject, QTimer

from daemon.protocol.messages import WirePath
from rabbitviewer.models.duplicates import DuplicatesModel
from rabbitviewer.models.filework import FileWork, Outcome
from rabbitviewer.models.listing import ListingModel
from rabbitviewer.models.remembered import Remembered
from rabbitviewer.models.selection import Selection
from rabbitviewer.models.thumbnails import ThumbnailStore
from rabbitviewer.organise.duplicates_page import DuplicatesPage
from rabbitviewer.organise.files_report import FileReports
from rabbitviewer.organise.files_words import photos_words
from rabbitviewer.window import MainWindow, Page

_MOST_COMPARED = 4


class DuplicatesActions(QObject):
    """Opens the page and carries out its buttons."""

    def __init__(
        self,
        window: MainWindow,
        model: DuplicatesModel,
        listing: ListingModel,
        selection: Selection,
        thumbnails: ThumbnailStore,
        work: FileWork,
        reports: FileReports,
        remembered: Remembered,
    ) -> None:
        super().__init__(window)
        self._window = window
        self._model = model
        self._listing = listing
        self._selection = selection
        self._work = work
        self._reports = reports
        self._remembered = remembered
        self._comes_back = False
        self._chosen: tuple[bytes, ...] = ()
        self._page = DuplicatesPage(window, window.pages, model, thumbnails)
        self._page.search_wanted.connect(self._search)
        self._page.reject_wanted.connect(self._reject)
        self._page.trash_wanted.connect(self._trash)
        self._page.failures_wanted.connect(self._list_failures)
        self._page.view.compare_wanted.connect(self._compare)
        window.page_changed.connect(self._on_page_changed)
        listing.folder_changed.connect(self._page.close_card)
        listing.photos_removed.connect(model.drop)
        work.ended.connect(self._on_ended)

    def open(self) -> None:
        """Open the page."""
        self._chosen = tuple(self._selection.selected)
        self._page.prepare(len(self._chosen), self._remembered.distance)

    def _search(self, scope: str, distance: int) -> None:
        self._remembered.distance = distance
        chosen = self._chosen if scope == "selection" else ()
        self._model.search(
            bytes(WirePath(self._listing.folder)),
            chosen,
            recursive=scope == "subfolders",
            distance=distance,
        )

    def _reject(self) -> None:
        count = self._model.reject_others()
        words = self.tr("{photos} rejected").format(photos=photos_words(count))
        self._window.status.say(words, self.tr("Undo"), self._work.undo)

    def _trash(self) -> None:
        others = self._model.others()
        if others:
            self._work.trash(others)

    def _list_failures(self) -> None:
        self._reports.list_failures(Outcome(0, "copy", failed=self._model.failed))

    def _compare(self, number: int) -> None:
        """Leave the page for the group side by side; the page comes back after it."""
        paths = self._model.groups[number].paths[:_MOST_COMPARED]
        self._page.close_card()
        self._selection.set_current(paths[0])
        self._selection.set_selected(paths)
        self._window.actions_by_id["view.side_by_side"].trigger()
        self._comes_back = self._window.page == Page.SIDE_BY_SIDE

    def _on_page_changed(self, page: int) -> None:
        if self._comes_back and page != Page.SIDE_BY_SIDE:
            self._comes_back = False
            if self._model.groups:
                QTimer.singleShot(0, self, self.open)

    def _on_ended(self, outcome: Outcome) -> None:
        if outcome.kind in ("trash", "delete", "move") and outcome.error is None:
            failed = {each.path for each in outcome.failed}
            if not outcome.cancelled:
                self._model.drop(path for path in outcome.paths if path not in failed)
