"""Opening photos side by side, and what the rest of the window makes of it."""

from __future__ import annotations

from PySide6.QtCore import QObject

from rabbitviewer.models.first_stage import first_stage_of
from rabbitviewer.models.listing import ListingModel
from rabbitviewer.models.selection import Selection
from rabbitviewer.navigator import Navigator
from rabbitviewer.view.side_by_side import LEAST, MOST, SideBySide
from rabbitviewer.window import MainWindow, Page
from rabbitviewer.wiring.parts import Parts


def add_side_by_side(parts: Parts) -> None:
    """Add the page on which photos stand side by side."""
    room = SideBySide(parts.listing, parts.previews, first_stage_of(parts.thumbnails))
    parts.window.pages.insertWidget(Page.SIDE_BY_SIDE, room)
    room.menu_wanted.connect(parts.navigator.show_menu)
    Comparing(parts.window, parts.navigator, parts.listing, parts.selection, room)


class Comparing(QObject):
    """Keeps the page and the selection in step."""

    def __init__(
        self,
        window: MainWindow,
        navigator: Navigator,
        listing: ListingModel,
        selection: Selection,
        room: SideBySide,
    ) -> None:
        super().__init__(window)
        self._window = window
        self._navigator = navigator
        self._listing = listing
        self._selection = selection
        self._room = room
        self._page_before = Page.GRID
        self._taking = False
        window.actions_by_id.connect_all({"view.side_by_side": self._toggle})
        window.page_changed.connect(self._on_page_changed)
        selection.current_changed.connect(self._on_selected)
        room.current_changed.connect(self._on_current_changed)
        room.emptied.connect(self._leave)

    def _toggle(self) -> None:
        if self._window.page == Page.SIDE_BY_SIDE:
            self._leave()
            return
        paths = self._chosen()
        if len(paths) < LEAST:
            self._window.status.say(self.tr("Select two to four photos to compare"))
            return
        self._page_before = self._window.page
        self._window.show_page(Page.SIDE_BY_SIDE)
        self._room.show_photos(paths, self._selection.current)

    def _chosen(self) -> list[bytes]:
        """Return the selected photos; of a single one, it and its neighbour."""
        selected = list(self._selection.selected)
        if len(selected) >= LEAST:
            return selected[:MOST]
        row = self._listing.row(self._selection.current)
        rows = (row, row + 1) if row + 1 < len(self._listing) else (row - 1, row)
        return [self._listing.path(each) for each in rows] if row >= 0 and rows[0] >= 0 else []

    def _leave(self) -> None:
        """Go back to where we came from, with the photos of the panes selected."""
        paths, current = self._room.paths, self._room.current
        shows_one = self._page_before == Page.PHOTO
        if shows_one:
            self._navigator.open_photo(current)
        else:
            self._window.show_page(Page.GRID)
            self._selection.set_selected(paths)

    def _on_page_changed(self, page: int) -> None:
        if page != Page.SIDE_BY_SIDE:
            self._room.leave()

    def _on_current_changed(self, path: bytes) -> None:
        """Let ratings and other marks act on the current pane alone."""
        if self._window.page == Page.SIDE_BY_SIDE:
            self._taking = True
            self._selection.set_selected(())
            self._selection.set_current(path)
            self._taking = False

    def _on_selected(self, path: bytes) -> None:
        """Somebody else chose another photo: show it in the current pane."""
        on_show = self._window.page == Page.SIDE_BY_SIDE
        if on_show and not self._taking and path and path not in self._room.paths:
            self._room.replace_current(path)
