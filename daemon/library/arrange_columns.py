"""What a listing's photos are sorted and filtered by: columns by id, cheap at 100,000."""

from __future__ import annotations

import os
import sys
import unicodedata
from array import array
from collections.abc import Iterable, Sequence
from itertools import repeat

from daemon.library.roll import Roll
from daemon.protocol.formats import FORMATS, format_by_extension
from daemon.storage.catalogue_reading import FactsRow, Names

LABELS = ("", "red", "yellow", "green", "blue", "purple")
FLAGS = ("", "pick", "reject")
KINDS = ("", *(entry.name for entry in FORMATS))
HAS_KEYWORDS, HAS_PLACE = 1, 2
NEVER = 0
_LABEL_NUMBERS = {label: number for number, label in enumerate(LABELS)}
_FLAG_NUMBERS = {flag: number for number, flag in enumerate(FLAGS)}
_KIND_NUMBERS = {kind: number for number, kind in enumerate(KINDS)}


class Columns:
    """Facts and marks of one listing's photos; ids are places in the columns.

    Attributes:
        roll: The listing's photos.
        names: As in the roll, and kept when a photo is gone.
        here: 1 where the photo is there.
        known: 1 where the facts are those of the file as it is.
        fact_sizes: Bytes when the facts were read.
        fact_mtimes: Nanoseconds when they were read.
        sidecars: Nanoseconds of the sidecar when they were read; 0: there was none.
        taken: ``YYYYMMDDHHMMSS`` as a number; 0: unknown.
        cameras: Numbers of :attr:`words`; so are *lenses* and *keywords*.
        kinds: Places in :data:`KINDS`; *labels* and *flags* likewise.
        ratings: 0..5.
        bits: As in ``listing_marks``.
        titles: Of the few that have one.
        words: What the numbers mean.
        version: Counts the changes, *words_version* those of what a search looks into, and
            *names_version* those of which photos are there.
    """

    def __init__(self, roll: Roll) -> None:
        self.roll = roll
        self.names: list[bytes] = []
        self.here = bytearray()
        self.known = bytearray()
        self.fact_sizes, self.fact_mtimes = array("q"), array("q")
        self.sidecars, self.taken = array("q"), array("q")
        self.cameras, self.lenses, self.keywords = array("I"), array("I"), array("I")
        self.kinds, self.ratings = bytearray(), bytearray()
        self.labels, self.flags, self.bits = bytearray(), bytearray(), bytearray()
        self.titles: dict[int, str] = {}
        self.words = Names({}, {}, {})
        self.version = self.words_version = self.names_version = 0
        self._kind_of: dict[bytes, int] = {}

    def __len__(self) -> int:
        return len(self.names)

    def grow(self) -> range:
        """Take in the photos that the roll has got since; return their ids."""
        first = len(self.names)
        new = self.roll.names[first:]
        count = len(new)
        self.names += new
        self.here += bytes(map(bool, new))
        for column in (self.fact_sizes, self.fact_mtimes, self.sidecars, self.taken):
            column.extend(repeat(0, count))
        for column in (self.cameras, self.lenses, self.keywords):
            column.extend(repeat(0, count))
        for column in (self.known, self.ratings, self.labels, self.flags, self.bits):
            column += bytes(count)
        self.kinds += bytes(map(self._kind_by_name, new))
        self.touch(words=count > 0)
        self.names_version += count > 0
        return range(first, len(self.names))

    def touch(self, *, words: bool = False) -> None:
        """Say that something is different now, in the roll or here."""
        self.version += 1
        self.words_version += words

    def remove(self, ids: Iterable[int]) -> None:
        """Let photos be gone."""
        for photo_id in ids:
            self.here[photo_id] = 0
        self.touch()
        self.names_version += 1

    def put(self, found: Iterable[tuple[int, FactsRow]]) -> None:
        """Take over what is known of photos, by id; ids beyond the columns are passed over."""
        count, roll_sizes, roll_mtimes = len(self), self.roll.sizes, self.roll.mtimes
        fact_sizes, fact_mtimes, sidecars = self.fact_sizes, self.fact_mtimes, self.sidecars
        taken, cameras, lenses, keywords = self.taken, self.cameras, self.lenses, self.keywords
        kinds, ratings, labels, flags = self.kinds, self.ratings, self.labels, self.flags
        bits, known, titles = self.bits, self.known, self.titles
        for i, row in found:
            if not 0 <= i < count:
                continue
            fact_sizes[i], fact_mtimes[i], sidecars[i] = row[1:4]
            taken[i], cameras[i], lenses[i], rating, label, flag, words, has_place, title, _ = row[
                5:
            ]
            keywords[i] = words
            kinds[i] = _KIND_NUMBERS.get(row.format) or kinds[i]
            ratings[i] = rating if 0 <= rating <= 5 else 0
            labels[i] = _LABEL_NUMBERS.get(label, 0)
            flags[i] = _FLAG_NUMBERS.get(flag, 0)
            bits[i] = HAS_KEYWORDS * (words > 0) | HAS_PLACE * bool(has_place)
            if title:
                titles[i] = title
            elif titles:
                titles.pop(i, None)
            size = roll_sizes[i]
            known[i] = size < 0 or (size == row[1] and roll_mtimes[i] == row[2])
        self.touch(words=True)

    def is_current(self, photo_id: int) -> bool:
        """Whether size and time are those of the facts; a file not looked at yet gets credit."""
        size = self.roll.sizes[photo_id]
        return size < 0 or (
            size == self.fact_sizes[photo_id]
            and self.roll.mtimes[photo_id] == self.fact_mtimes[photo_id]
        )

    def told_marks(self, ids: Iterable[int] | None) -> bytes:
        """Return marks as in ``listing_marks``; ``None``: of all photos that have any."""
        if ids is None:
            columns = zip(self.ratings, self.labels, self.flags, self.bits, strict=True)
            told = array(
                "Q",
                [
                    photo_id | rating << 32 | label << 40 | flag << 48 | bits << 56
                    for photo_id, (rating, label, flag, bits) in enumerate(columns)
                    if rating or label or flag or bits
                ],
            )
        else:
            told = array("Q", map(self._told, ids))
        if sys.byteorder == "big":
            told.byteswap()
        return told.tobytes()

    def missing_words(self) -> tuple[set[int], set[int], set[int]]:
        """Return the numbers of cameras, lenses and keywords whose words are not there yet."""
        words = self.words
        return (
            set(self.cameras) - words.cameras.keys(),
            set(self.lenses) - words.lenses.keys(),
            set(self.keywords) - words.keywords.keys(),
        )

    def add_words(self, names: Names) -> None:
        """Take over words."""
        self.words.cameras.update(names.cameras)
        self.words.lenses.update(names.lenses)
        self.words.keywords.update(names.keywords)
        self.touch(words=True)

    def size(self, photo_id: int) -> int:
        """Return the size of a photo, by its facts where nobody has looked yet."""
        size = self.roll.sizes[photo_id]
        return size if size >= 0 else self.fact_sizes[photo_id]

    def modified(self, photo_id: int) -> int:
        """Return the modification time of a photo."""
        seen = self.roll.sizes[photo_id] >= 0
        return self.roll.mtimes[photo_id] if seen else self.fact_mtimes[photo_id]

    def _told(self, photo_id: int) -> int:
        marks = self.ratings[photo_id] | self.labels[photo_id] << 8 | self.flags[photo_id] << 16
        return photo_id | marks << 32 | self.bits[photo_id] << 56

    def _kind_by_name(self, name: bytes) -> int:
        ending = name[name.rfind(b".") :] if name else b""
        number = self._kind_of.get(ending)
        if number is None:
            entry = format_by_extension(b"x" + ending)
            number = self._kind_of[ending] = _KIND_NUMBERS[entry.name if entry else ""]
        return number


def folded(text: str) -> str:
    """Return *text* for comparing without case and accents."""
    if text.isascii():
        return text.lower()
    parts = unicodedata.normalize("NFKD", text.casefold())
    return "".join(c for c in parts if not unicodedata.combining(c))


def folded_names(names: Sequence[bytes]) -> list[str]:
    """Return *names* for comparing."""
    return [
        name.lower().decode("ascii") if name.isascii() else folded(os.fsdecode(name))
        for name in names
    ]
