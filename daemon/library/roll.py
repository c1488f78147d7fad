"""The photos of one listing with their ids: parallel columns, cheap at 100,000."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator

from daemon.protocol.values import PhotoEntry

REMOVED = b""


class Roll:
    """Which id is which photo. Ids are places in the columns and are never used again.

    Attributes:
        names: By id; empty for a photo that is gone.
        sizes: Bytes, by id; -1: not looked at yet.
        mtimes: Nanoseconds, by id.
        partners: Ending of the RAW file that belongs to a photo, for the few that have one.
    """

    def __init__(self) -> None:
        self.names: list[bytes] = []
        self.sizes = array("q")
        self.mtimes = array("q")
        self.partners: dict[int, bytes] = {}
        self._id_of: dict[bytes, int] = {}

    def __len__(self) -> int:
        """Return the number of photos that are there."""
        return len(self._id_of)

    def __contains__(self, name: bytes) -> bool:
        return name in self._id_of

    def id_of(self, name: bytes) -> int:
        """Return the id of *name*; -1: it is not here."""
        return self._id_of.get(name, -1)

    def partner(self, name: bytes) -> bytes:
        """Return the ending of the RAW file that belongs to *name*; empty: none."""
        return self.partners.get(self.id_of(name), b"")

    def entry(self, photo_id: int) -> PhotoEntry:
        """Return name, size and time of a photo."""
        return PhotoEntry(
            self.names[photo_id],
            self.sizes[photo_id],
            self.mtimes[photo_id],
            self.partners.get(photo_id, b""),
        )

    def live(self) -> Iterator[int]:
        """Go through the ids of the photos that are there."""
        return (photo_id for photo_id, name in enumerate(self.names) if name)

    def add(self, entries: Iterable[PhotoEntry]) -> None:
        """Give each of *entries* the next id; names that are here already are not allowed."""
        for entry in entries:
            self._id_of[entry.name] = len(self.names)
            if entry.partner:
                self.partners[len(self.names)] = entry.partner
            self.names.append(entry.name)
            self.sizes.append(entry.size_bytes)
            self.mtimes.append(entry.mtime_ns)

    def change(self, entry: PhotoEntry) -> None:
        """Take over size, time and partner of a photo that is here."""
        photo_id = self._id_of[entry.name]
        self.sizes[photo_id] = entry.size_bytes
        self.mtimes[photo_id] = entry.mtime_ns
        self.partners.pop(photo_id, None)
        if entry.partner:
            self.partners[photo_id] = entry.partner

    def remove(self, name: bytes) -> int:
        """Take a photo out and return the id it had; -1: it was not here."""
        photo_id = self._id_of.pop(name, -1)
        if photo_id >= 0:
            self.names[photo_id] = REMOVED
            self.partners.pop(photo_id, None)
        return photo_id
