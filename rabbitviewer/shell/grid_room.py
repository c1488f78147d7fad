"""The grid, or one sentence in its place when there is nothing to show."""

from __future__ import annotations

from typing import NamedTuple

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
        clear_filter_pressed: the user wants to see all photos again.
        again_pressed: the folder is to be read again.
    """

    folder_chosen = Signal(bytes)
    clear_filter_pressed = Signal()
    again_pressed = Signal()

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
        self._notice.button_pressed.connect(self._on_button)
        listing.rows_changed.connect(self._choose)
        listing.state_changed.connect(self._choose)

    def _choose(self) -> None:
        said = self._said()
        if said is not None:
            self._notice.say(said.title, said.words, said.button)
        self.setCurrentWidget(self._grid if said is None else self._notice)
        listing = self._listing
        if listing.folder and listing.state == "ready" and not listing.total:
            request = SubfoldersRequest(path=WirePath(listing.folder))
            self._client.send(request, self._on_subfolders)

    def _on_button(self) -> None:
        filtered = self._listing.state == "ready" and self._listing.total
        (self.clear_filter_pressed if filtered else self.again_pressed).emit()

    def _on_subfolders(self, answer: Message, _blob: bytes) -> None:
        same = isinstance(answer, Subfolders) and answer.path == self._listing.folder
        if not isinstance(answer, Subfolders) or not same or self._listing.total:
            return
        names = [entry.name for entry in answer.folders if not entry.name.startswith(b".")]
        if names:
            self._notice.say(self.tr("No photos here"), self.tr("Folders in this one:"))
            self._notice.offer([child_path(answer.path, name) for name in names])

    def _said(self) -> _Said | None:
        """Return what stands in the grid's place; None: the grid itself."""
        listing, again = self._listing, self.tr("Try again")
        if listing.state == "failed" and listing.error is not None:
            return _Said(listing.error.message, listing.error.hint, again)
        if listing.state == "gone":
            words = self.tr("It was moved, deleted, or its drive is no longer there.")
            return _Said(self.tr("This folder is gone"), words, again)
        if len(listing) or listing.state == "loading" or listing.state == "none":
            return None
        if listing.state == "offline":
            words = self.tr("Its drive is asleep or not connected. Connect it, then try again.")
            return _Said(self.tr("This folder does not answer"), words, again)
        if listing.total:
            words = self.tr("{n} photos are hidden.").format(n=f"{listing.total:,}")
            return _Said(self.tr("No photo matches"), words, self.tr("Clear the filter"))
        return self._said_when_empty()

    def _said_when_empty(self) -> _Said:
        listing = self._listing
        if listing.search:
            title = self.tr("Nothing found for “{text}”").format(text=listing.search)
            words = self.tr(
                "Only indexed folders are searched: right click a folder on the left and choose "
                "“Index this folder”."
            )
            return _Said(title, words)
        if listing.collection:
            words = self.tr(
                "Select photos in a folder and press Ctrl+B to add them, or drag them "
                "onto its name on the left."
            )
            return _Said(self.tr("Nothing in this collection yet"), words)
        words = self.tr("Choose another folder on the left, or open one with Ctrl+O.")
        if not listing.recursive:
            words += " " + self.tr("Ctrl+Shift+R shows subfolders too.")
        return _Said(self.tr("No photos here"), words)


class _Said(NamedTuple):
    """A title, words under it, and what a button offers."""

    title: str
    words: str
    button: str = ""
