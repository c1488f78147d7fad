"""The grid, or one sentence in its place when there is nothing to show."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QStackedWidget, QWidget

from daemon.protocol.messages import Message, Subfolders, SubfoldersRequest, WirePath
from rabbitviewer.ipc.client import DaemonClient
from rabbitviewer.models.listing import ListingModel
from rabbitviewer.shell.welcome import Notice
from rabbitviewer.words import child_path


class GridRoom(QStackedWidget):
    """Shows *grid* while it has cells, else why it has none, and the folders further down.

    Signals:
        folder_chosen: a subfolder of an empty folder was pressed (its path).
    """

    folder_chosen = Signal(bytes)

    def __init__(
        self,
        grid: QWidget,
        listing: ListingModel,
        client: DaemonClient,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._client = client
        self._listing = listing
        self._grid = grid
        self._notice = Notice()
        self.addWidget(grid)
        self.addWidget(self._notice)
        self.setFocusProxy(grid)
        self._notice.folder_chosen.connect(self.folder_chosen)
        listing.rows_changed.connect(self._choose)
        listing.state_changed.connect(self._choose)

    def _choose(self) -> None:
        title, words = self._words()
        if title:
            self._notice.say(title, words)
        self.setCurrentWidget(self._notice if title else self._grid)
        if self._listing.state == "ready" and not self._listing.total:
            request = SubfoldersRequest(path=WirePath(self._listing.folder))
            self._client.send(request, self._on_subfolders)

    def _on_subfolders(self, answer: Message, _blob: bytes) -> None:
        same = isinstance(answer, Subfolders) and answer.path == self._listing.folder
        if not isinstance(answer, Subfolders) or not same or self._listing.total:
            return
        names = [entry.name for entry in answer.folders if not entry.name.startswith(b".")]
        if names:
            self._notice.say(self.tr("No photos here"), self.tr("Folders in this one:"))
            self._notice.offer([child_path(answer.path, name) for name in names])

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
