"""In which direction the user goes through a folder: what to hold ready."""

from __future__ import annotations

from rabbitviewer.models.listing import ListingModel


class Travel:
    """Remembers the last photo and tells the probable next ones."""

    def __init__(self, listing: ListingModel) -> None:
        self._listing = listing
        self._last = b""
        self._step = 1

    def ahead_of(self, path: bytes) -> list[bytes]:
        """Return the photos to hold ready while *path* is on show, the most probable first."""
        before, now = self._listing.row(self._last), self._listing.row(path)
        if before >= 0 and now >= 0 and before != now:
            self._step = 1 if now > before else -1
        self._last = path
        return self._listing.neighbours(path, self._step)
