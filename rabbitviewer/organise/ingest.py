"""Ingest from a card: the form, its work, and what came of it."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject

from daemon.protocol.messages import IngestRequest
from rabbitviewer.models.filework import FileWork, Outcome, Progress
from rabbitviewer.models.remembered import Remembered
from rabbitviewer.organise.files_report import FileReports
from rabbitviewer.organise.files_words import outcome_words
from rabbitviewer.organise.ingest_card import IngestCard
from rabbitviewer.organise.ingest_sources import CardFinder
from rabbitviewer.window import MainWindow


class IngestActions(QObject):
    """Answers Ctrl+I."""

    def __init__(
        self,
        window: MainWindow,
        open_folder: Callable[[bytes], object],
        work: FileWork,
        reports: FileReports,
        remembered: Remembered,
    ) -> None:
        super().__init__(window)
        self._work = work
        self._reports = reports
        self._remembered = remembered
        self._number = 0
        self._card = IngestCard(window)
        self._finder = CardFinder(self)
        self._card.recall(remembered)
        self._finder.found.connect(self._card.show_cards)
        self._card.closed.connect(self._on_closed)
        self._card.ingest_wanted.connect(self._on_ingest_wanted)
        self._card.stop_wanted.connect(lambda: work.cancel(self._number))
        self._card.folder_wanted.connect(open_folder)
        work.progressed.connect(self._on_progressed)
        work.ended.connect(self._on_ended)

    def open(self) -> None:
        """Open the form."""
        if not self._number:
            self._finder.begin()
        self._card.open_card(self._card.focus_first())

    def _on_closed(self) -> None:
        self._finder.rest()
        self._card.remember(self._remembered)

    def _on_ingest_wanted(self, request: IngestRequest) -> None:
        self._card.remember(self._remembered)
        self._finder.rest()
        self._number = self._work.ingest(request)
        self._card.show_progress(Progress(self._number, "ingest"))

    def _on_progressed(self, progress: Progress) -> None:
        if progress.number == self._number:
            self._card.show_progress(progress)

    def _on_ended(self, outcome: Outcome) -> None:
        if outcome.number != self._number:
            return
        self._number = 0
        words = outcome_words(outcome)
        if outcome.error is not None and outcome.error.hint:
            words = f"{words} {outcome.error.hint}"
        failed = bool(outcome.failed) or outcome.error is not None
        self._card.show_end(words, failed=failed, opens=outcome.done > 0)
