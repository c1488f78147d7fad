"""The photos that are shown, row by row."""

from __future__ import annotations

import os
from array import array
from collections.abc import Iterable, Iterator, Set

from PySide6.QtCore import QObject

from daemon.protocol.values import PhotoEntry
from rabbitviewer.models.shelf import CellMarks, ChosenPaths, Shelf


class Rows(QObject):
    """Rows are positions in what is shown; photos are named by path, or by their id.

    An id stands for a photo as long as the listing is open, wherever its row moves.
    """

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._prefix = b""
        self._shelf = Shelf()
        self._rows = array("I")
        self._reversed = False
        self._row_of: array[int] | None = None

    def __len__(self) -> int:
        """Return how many photos are shown."""
        return len(self._rows)

    @property
    def id_count(self) -> int:
        """How many ids were given: all are below it."""
        return len(self._shelf.names)

    @property
    def gone_ids(self) -> Set[int]:
        """Ids of photos that are no more."""
        return self._shelf.gone

    @property
    def shows_all(self) -> bool:
        """Whether no photo is hidden."""
        return len(self._rows) == len(self._shelf)

    def path(self, row: int) -> bytes:
        """Return the path of the photo in *row*."""
        return self._prefix + self._shelf.names[self._rows[self._place(row)]]

    def paths(self, rows: Iterable[int]) -> Iterator[bytes]:
        """Return the paths of several rows."""
        prefix, names, ids, place = self._prefix, self._shelf.names, self._rows, self._place
        return (prefix + names[ids[place(row)]] for row in rows)

    def entry(self, row: int) -> PhotoEntry:
        """Return name, size and time of the photo in *row*."""
        return self._shelf.entry(self._rows[self._place(row)])

    def marks(self, row: int) -> CellMarks:
        """Return what the cell of *row* shows beside the picture."""
        return self._shelf.marks(self._rows[self._place(row)])

    def partner_of(self, path: bytes) -> bytes:
        """Return the path of the RAW file that belongs to *path*; empty: none."""
        photo_id = self._id_of(path)
        ending = self._shelf.partners.get(photo_id, b"") if photo_id >= 0 else b""
        return os.path.splitext(path)[0] + ending if ending else b""

    def has_partner(self, row: int) -> bool:
        """Return whether a RAW file belongs to the photo in *row*."""
        return self._rows[self._place(row)] in self._shelf.partners

    def row(self, path: bytes) -> int:
        """Return the row of *path*; -1: it is not shown."""
        name = self._name_of(path)
        place = self._shelf.place(name) if name else -1
        if place < 0:
            return -1
        if self._rows is self._shelf.order:
            return self._place(place)
        return self.row_of_id(self._shelf.order[place])

    def row_named(self, start: str, after: int) -> int:
        """Return the first row, from *after* on and round, whose file name begins with *start*.

        Returns:
            The row; -1: there is none.
        """
        names, count = self._shelf.names, len(self._rows)
        ids = self.ids(range(count))
        text = b"\0/" + b"\0/".join([names[each] for each in ids])
        shown = text.decode("utf-8", "surrogateescape").casefold()
        wanted = "/" + start.casefold()
        here = _nth(shown, after) if 0 < after < count else 0
        found = shown.find(wanted, here)
        if found < 0:
            found = shown.find(wanted)
        return shown.count("\0", 0, found) - 1 if found >= 0 and count else -1

    def row_of_id(self, photo_id: int) -> int:
        """Return the row of the photo with this id; -1: it is not shown."""
        if self._row_of is None:
            self._row_of = array("i", [-1]) * len(self._shelf.names)
            for place, each in enumerate(self._rows):
                self._row_of[each] = place
        place = self._row_of[photo_id] if photo_id < len(self._row_of) else -1
        return place if place < 0 else self._place(place)

    def id(self, row: int) -> int:
        """Return the id of the photo in *row*, by which it is known while the listing is open."""
        return self._rows[self._place(row)]

    def ids(self, rows: range) -> array[int]:
        """Return the ids of neighbouring *rows*."""
        if not self._reversed:
            return self._rows[rows.start : rows.stop]
        last = len(self._rows)
        return self._rows[last - rows.stop : last - rows.start][::-1]

    def chosen(self, ids: array[int]) -> ChosenPaths:
        """Return the photos with these ids as paths that are made when they are read."""
        return ChosenPaths(self._shelf, self._prefix, ids)

    def neighbours(self, path: bytes, step: int, *, ahead: int = 3, behind: int = 1) -> list[bytes]:
        """Return the photos next to *path*, the most probable next one first.

        Args:
            path: Where we are.
            step: 1: the user goes forward; -1: backward.
            ahead: How many in the direction of travel.
            behind: How many the other way.
        """
        row = self.row(path)
        if row < 0:
            return []
        offsets = [step, *(-step * far for far in range(1, behind + 1))]
        offsets += [step * far for far in range(2, ahead + 1)]
        return [self.path(row + far) for far in offsets if 0 <= row + far < len(self)]

    def _name_of(self, path: bytes) -> bytes:
        name = path.removeprefix(self._prefix)
        return name if len(name) < len(path) else b""

    def _id_of(self, path: bytes) -> int:
        name = self._name_of(path)
        return self._shelf.id_of(name) if name else -1

    def _place(self, row: int) -> int:
        return len(self._rows) - 1 - row if self._reversed else row


def _nth(text: str, number: int) -> int:
    """Return where the name with this number begins."""
    low, high = 0, len(text)
    while low < high:
        middle = (low + high) // 2
        if text.count("\0", 0, middle) > number:
            high = middle
        else:
            low = middle + 1
    return low - 1
