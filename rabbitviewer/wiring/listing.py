"""What the open folder needs of the rest: room for thumbnails, a word when its drive is away."""

from __future__ import annotations

from PySide6.QtCore import QObject

from rabbitviewer.wiring.parts import Parts
from rabbitviewer.words import file_name


def add_listing(parts: Parts) -> None:
    """Let the open folder follow the settings, and say how its drive is."""
    ListingState(parts)


class ListingState(QObject):
    """Says in the status line that a drive does not answer, and that it does again."""

    def __init__(self, parts: Parts) -> None:
        super().__init__(parts.window)
        self._parts = parts
        self._was_offline = False
        parts.listing.state_changed.connect(self._on_state_changed)
        parts.hosts.changed.connect(self._on_settings_changed)
        self._on_settings_changed()

    def _on_state_changed(self) -> None:
        listing, status = self._parts.listing, self._parts.window.status
        name = file_name(listing.folder) or listing.folder.decode("utf-8", "replace")
        if listing.state == "offline":
            self._was_offline = True
            words = self.tr("{folder} does not answer: its drive is asleep or not connected")
            status.say(words.format(folder=name))
        elif self._was_offline and listing.state == "ready":
            status.say(self.tr("{folder} answers again").format(folder=name))
        if listing.state != "offline":
            self._was_offline = False

    def _on_settings_changed(self) -> None:
        room = self._parts.hosts.value("window.thumbnails_mb")
        if isinstance(room, int):
            self._parts.thumbnails.set_budget_mb(room)
