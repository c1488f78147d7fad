"""The grid, or one sentence in its place when there is nothing to show."""

from __future__ import annotations

from PySide6.QtWidgets import QStackedWidget, QWidget

from rabbitviewer.models.listing import ListingModel
from rabbitviewer.shell.welcome import Notice


class GridRoom(QStackedWidget):
    """Shows *grid* while it has cells, else why it has none."""

    def __init__(self, grid: QWidget, listing: ListingModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._listing = listing
        self._grid = grid
        self._notice = Notice()
        self.addWidget(grid)
        self.addWidget(self._notice)
        self.setFocusProxy(grid)
        listing.rows_changed.connect(self._choose)
        listing.state_changed.connect(self._choose)

    def _choose(self) -> None:
        title, words = self._words()
        if title:
            self._notice.say(title, words)
        self.setCurrentWidget(self._notice if title else self._grid)

    def _words(self) -> tuple[str, str]:
        listing = self._listing
        if listing.state == "failed" and listing.error is not None:
            return listing.error.message, listing.error.hint
        if listing.state == "gone":
            words = self.tr("It was moved, deleted, or its drive is no longer there.")
            return self.tr("This folder is gone"), words
        if len(listing) or listing.state != "ready":
            return "", ""
        if listing.total:
            words = self.tr("Press Esc in the filter box to see all photos again.")
            return self.tr("No photo has “{text}” in its name").format(text=listing.filter), words
        return (
            self.tr("No photos here"),
            self.tr("Choose another folder on the left, or open one with Ctrl+O."),
        )
