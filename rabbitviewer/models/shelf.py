"""Photos of a listing by their ids: parallel columns, about a hundred bytes a photo."""

from __future__ import annotations

import bisect
import sys
from array import array
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from daemon.protocol.natural import natural_key, natural_sorted
from daemon.protocol.values import PhotoEntry

LABELS = ("", "red", "yellow", "green", "blue", "purple")
FLAGS = ("", "pick", "reject")
_FEW = 64


class CellMarks(NamedTuple):
    """What a cell shows beside the picture.

    Attributes:
        rating: 0..5.
        label: Place in :data:`LABELS`.
        flag: Place in :data:`FLAGS`.
        bits: 1: it has keywords, 2: it has a place on the map.
    """

    rating: int
    label: int
    flag: int
    bits: int


NO_MARKS = CellMarks(0, 0, 0, 0)


class Shelf:
    """What is known of each photo, by the id that the daemon gave it, and their natural order.

    Keys of names are made when they are compared and not kept.

    Attributes:
        names: By id; one that is gone keeps its name.
        sizes: Bytes, by id; -1: not looked at yet.
        mtimes: Nanoseconds, by id.
        order: Ids of the photos that are there, in natural order.
        gone: Ids of those that are not.
        partners: Ending of the RAW file that belongs to a photo, for those that have one.
    """

    def __init__(self) -> None:
        self.names: list[bytes] = []
        self.sizes = array("q")
        self.mtimes = array("q")
        self.order = array("I")
        self.gone: set[int] = set()
        self.partners: dict[int, bytes] = {}
        self._marks = array("I")
        self._changed_last = -1

    def __len__(self) -> int:
        """Return the number of photos that are there."""
        return len(self.order)

    def place(self, name: bytes) -> int:
        """Return where *name* stands in the natural order; -1: it is not here."""
        place = self._bisect(natural_key(name))
        found = place < len(self.order) and self.names[self.order[place]] == name
        return place if found else -1

    def id_of(self, name: bytes) -> int:
        """Return the id of *name*; -1: it is not here."""
        place = self.place(name)
        return -1 if place < 0 else self.order[place]

    def entry(self, photo_id: int) -> PhotoEntry:
        """Return name, size, time and partner of a photo."""
        return PhotoEntry(
            self.names[photo_id],
            self.sizes[photo_id],
            self.mtimes[photo_id],
            self.partners.get(photo_id, b""),
        )

    # ------------------------------------------------------------ changing

    def add(self, entries: Sequence[PhotoEntry]) -> None:
        """Give *entries* the next ids, in this order, and put them in their places."""
        first = len(self.names)
        for number, entry in enumerate(entries, first):
            self.names.append(entry.name)
            self.sizes.append(entry.size_bytes)
            self.mtimes.append(entry.mtime_ns)
            if entry.partner:
                self.partners[number] = entry.partner
        self._marks.frombytes(bytes(self._marks.itemsize * len(entries)))
        ids = {entry.name: number for number, entry in enumerate(entries, first)}
        ordered = natural_sorted(ids)
        if ordered:
            self._merge(ordered, array("I", (ids[name] for name in ordered)))

    def change(self, entry: PhotoEntry) -> bool:
        """Take over what is new of a photo; return whether its file is another than was known."""
        # Large folders are told in the order of ids: most often it is the one after the last.
        photo_id = self._changed_last + 1
        if photo_id >= len(self.names) or self.names[photo_id] != entry.name:
            photo_id = self.id_of(entry.name)
        if photo_id < 0 or photo_id in self.gone:
            return False
        self._changed_last = photo_id
        if self.sizes[photo_id] < 0 and entry.partner == self.partners.get(photo_id, b""):
            self.sizes[photo_id] = entry.size_bytes
            self.mtimes[photo_id] = entry.mtime_ns
            return False
        before = self.entry(photo_id)
        self.sizes[photo_id] = entry.size_bytes
        self.mtimes[photo_id] = entry.mtime_ns
        self.partners.pop(photo_id, None)
        if entry.partner:
            self.partners[photo_id] = entry.partner
        return before.size_bytes >= 0 and before != entry

    def remove(self, names: Iterable[bytes]) -> None:
        """Take *names* out; one that is not here is left alone."""
        places = [place for place in map(self.place, names) if place >= 0]
        gone = {self.order[place] for place in places}
        self.gone |= gone
        if len(places) > _FEW:
            self.order = array("I", (each for each in self.order if each not in gone))
        else:
            for place in sorted(places, reverse=True):
                del self.order[place]

    # ------------------------------------------------------------ marks

    def marks(self, photo_id: int) -> CellMarks:
        """Return the marks of a photo."""
        packed = self._marks[photo_id]
        if not packed:
            return NO_MARKS
        return CellMarks(packed & 255, packed >> 8 & 255, packed >> 16 & 255, packed >> 24)

    def set_marks(self, photo_id: int, marks: CellMarks) -> None:
        """Put *marks* on a photo."""
        self._marks[photo_id] = (
            marks.rating | marks.label << 8 | marks.flag << 16 | marks.bits << 24
        )

    def take_marks(self, blob: bytes) -> bool:
        """Take marks as they come over the wire: (id, marks) of 4 bytes each.

        Returns:
            Whether any photo has other ones now; what we said ourselves is shown already.
        """
        told = array("I")
        told.frombytes(blob[: len(blob) // 8 * 8])
        if sys.byteorder == "big":
            told.byteswap()
        marks, count = self._marks, len(self._marks)
        changed = False
        for photo_id, packed in zip(told[::2], told[1::2], strict=True):
            if photo_id < count and marks[photo_id] != packed:
                marks[photo_id] = packed
                changed = True
        return changed

    # ------------------------------------------------------------ order

    def _bisect(self, key: str, low: int = 0) -> int:
        names = self.names
        return bisect.bisect_left(self.order, key, low, key=lambda each: natural_key(names[each]))

    def _merge(self, names: list[bytes], ids: array[int]) -> None:
        """Put *ids*, whose *names* are in natural order, where they belong."""
        order = self.order
        if not order or natural_key(names[0]) > natural_key(self.names[order[-1]]):
            order.extend(ids)
            return
        merged, done = array("I"), 0
        for name, photo_id in zip(names, ids, strict=True):
            place = self._bisect(natural_key(name), done)
            merged.extend(order[done:place])
            merged.append(photo_id)
            done = place
            if place < len(order) and self.names[order[place]] == name:
                self.gone.add(order[place])
                done += 1
        merged.extend(order[done:])
        self.order = merged


class NameSearch:
    """Finds text in many names at once; made anew when names change."""

    def __init__(self, shelf: Shelf) -> None:
        """Take in the names of *shelf* in their order."""
        names = shelf.names
        self._order = shelf.order[:]
        joined = b"\0".join([names[each] for each in shelf.order])
        self._text = joined.decode("utf-8", "surrogateescape").casefold()

    def find(self, words: str) -> array[int]:
        """Return the ids of the names that contain every one of *words*, in natural order."""
        names = self._text.split("\0") if self._order else []
        places: Iterable[int] = range(len(self._order))
        for word in words.casefold().split():
            places = [place for place in places if word in names[place]]
        order = self._order
        return array("I", [order[place] for place in places])


class ChosenPaths(Sequence[bytes]):
    """Paths of chosen photos, made when they are read: a hundred thousand cost nothing.

    Attributes:
        shelf: Where they stand.
        ids: Which they are, in order.
    """

    def __init__(self, shelf: Shelf, prefix: bytes, ids: array[int]) -> None:
        self.shelf = shelf
        self.ids = ids
        self._prefix = prefix
        self._known: frozenset[int] | None = None

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self.ids)

    def __getitem__(self, index: int | slice) -> bytes | tuple[bytes, ...]:  # type: ignore[override]
        """Return one path, or several."""
        if isinstance(index, slice):
            return tuple(self._prefix + self.shelf.names[each] for each in self.ids[index])
        return self._prefix + self.shelf.names[self.ids[index]]

    def part(self, start: int, stop: int) -> ChosenPaths:
        """Return neighbouring ones of them, made as late as these."""
        return ChosenPaths(self.shelf, self._prefix, self.ids[start:stop])

    def __contains__(self, path: object) -> bool:
        if not isinstance(path, bytes) or not path.startswith(self._prefix):
            return False
        if self._known is None:
            self._known = frozenset(self.ids)
        return self.shelf.id_of(path[len(self._prefix) :]) in self._known

    def __eq__(self, other: object) -> bool:
        if isinstance(other, ChosenPaths) and other.shelf is self.shelf:
            return self.ids == other.ids
        if isinstance(other, tuple | ChosenPaths):
            return len(self) == len(other) and all(map(bytes.__eq__, self, other))
        return NotImplemented

    def __hash__(self) -> int:
        return hash((len(self.ids), self.ids[0] if self.ids else -1))

    def __repr__(self) -> str:
        return f"ChosenPaths({len(self.ids)})"
