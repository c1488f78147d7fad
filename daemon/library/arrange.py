"""In which order a listing's photos are shown, and which of them, by what is known of them."""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Callable, Collection, Iterable
from typing import Any

from daemon.library.arrange_columns import (
    FLAGS,
    KINDS,
    LABELS,
    NEVER,
    Columns,
    folded,
    folded_names,
)
from daemon.protocol.messages import FilterChoices
from daemon.protocol.natural import NaturalOrder
from daemon.protocol.values import PhotoFilter

SORTS = ("name", "modified", "taken", "size", "type", "rating", "camera")
MAX_CHOICES = 2000
_DAY = 1_000_000
_LAST_DAY = 99_999_999
_NO_WORD = "none"


class Arranger:
    """Arranges the photos of one listing; blocks, and is used by one thread at a time.

    What does not change from one keystroke to the next (orders, folded words) is kept.
    """

    def __init__(self, columns: Columns) -> None:
        self._columns = columns
        self._orders: dict[tuple[str, bool], list[int]] = {}
        self._orders_of = -1
        self._names_order: list[int] = []
        self._by_name_of = -1
        self._names: list[str] = []
        self._texts: list[str] = []
        self._text_of = array("I")
        self._texts_of = -1

    def prepare(self) -> None:
        """Work out ahead what the first keystroke of a search needs."""
        self._order("name", backwards=False)
        self._fold()

    def arrange(
        self, sort: str, *, backwards: bool, wanted: PhotoFilter, edited: Collection[bytes] = ()
    ) -> bytes:
        """Return the ids to show, in order, as u32.

        Args:
            sort: One of :data:`SORTS`.
            backwards: The other way round; names stay in order where the rest is equal.
            wanted: Which photos.
            edited: The names of those that results were made from.
        """
        ids = self._order(sort, backwards=backwards)
        ids = self._by_marks(ids, wanted)
        ids = self._by_facts(ids, wanted)
        if wanted.edited is not None:
            names = self._columns.names
            ids = [i for i in ids if (names[i] in edited) is wanted.edited]
        for word in folded(wanted.text).split():
            ids = self._by_word(ids, word)
        return array("I", ids).tobytes()

    def choices(self, listing_id: int) -> FilterChoices:
        """Return the values that photos can be filtered by, the most frequent first."""
        columns = self._columns
        words = columns.words
        here = columns.here
        cameras = _counted(columns.cameras, here, words.cameras)
        lenses = _counted(columns.lenses, here, words.lenses)
        kinds = _counted(columns.kinds, here, dict(enumerate(KINDS)))
        days = Counter(
            taken // _DAY for taken, there in zip(columns.taken, here, strict=True) if there
        )
        keywords: Counter[str] = Counter()
        lists = Counter(n for n, there in zip(columns.keywords, here, strict=True) if there and n)
        for number, count in lists.items():
            for word in words.keywords.get(number, ()):
                keywords[word] += count
        days.pop(NEVER, None)
        return FilterChoices(
            listing_id=listing_id,
            cameras=cameras,
            lenses=lenses,
            keywords=_most(keywords.items()),
            kinds=kinds,
            days=_most((_day_text(day), count) for day, count in days.items()),
        )

    # ------------------------------------------------------------ order

    def _order(self, sort: str, *, backwards: bool) -> list[int]:
        if self._orders_of != self._columns.version:
            self._orders.clear()
            self._orders_of = self._columns.version
        known = self._orders.get((sort, backwards))
        if known is not None:
            return known
        if sort == "name":
            order = self._by_name(backwards=backwards)
        else:
            key = self._key(sort)
            order = sorted(self._order("name", backwards=False), key=key, reverse=backwards)
        self._orders[sort, backwards] = order
        return order

    def _by_name(self, *, backwards: bool) -> list[int]:
        if backwards:
            return self._order("name", backwards=False)[::-1]
        columns = self._columns
        if self._by_name_of == columns.names_version:
            return self._names_order
        here, id_of, count = columns.here, columns.roll.id_of, len(columns)
        names = [name for i, name in enumerate(columns.names) if here[i]]
        # The roll's own numbers: others of the same worth would be objects of their own.
        ids = map(id_of, NaturalOrder(names).all())
        self._names_order = [i for i in ids if 0 <= i < count and here[i]]
        self._by_name_of = columns.names_version
        return self._names_order

    def _key(self, sort: str) -> Callable[[int], Any]:
        columns = self._columns
        match sort:
            case "modified":
                return columns.modified
            case "size":
                return columns.size
            case "taken":
                return columns.taken.__getitem__
            case "rating":
                return columns.ratings.__getitem__
            case "type":
                kinds = columns.kinds
                return lambda i: KINDS[kinds[i]]
            case _:
                names = {n: folded(name) for n, name in columns.words.cameras.items()}
                cameras = columns.cameras
                return lambda i: names.get(cameras[i], "")

    # ------------------------------------------------------------ filter

    def _by_marks(self, ids: list[int], wanted: PhotoFilter) -> list[int]:
        columns = self._columns
        if wanted.min_rating > 0:
            ratings, least = columns.ratings, wanted.min_rating
            ids = [i for i in ids if ratings[i] >= least]
        if wanted.labels:
            ids = _among(ids, columns.labels, _places(LABELS, wanted.labels))
        if wanted.flags:
            ids = _among(ids, columns.flags, _places(FLAGS, wanted.flags))
        if wanted.kinds:
            ids = _among(ids, columns.kinds, _places(KINDS, wanted.kinds))
        return ids

    def _by_facts(self, ids: list[int], wanted: PhotoFilter) -> list[int]:
        columns = self._columns
        words = columns.words
        if wanted.cameras:
            ids = _among(ids, columns.cameras, _keys(words.cameras, set(wanted.cameras)))
        if wanted.lenses:
            ids = _among(ids, columns.lenses, _keys(words.lenses, set(wanted.lenses)))
        if wanted.keywords:
            needed = set(map(folded, wanted.keywords))
            lists = {
                number
                for number, keywords in words.keywords.items()
                if needed <= set(map(folded, keywords))
            }
            ids = _among(ids, columns.keywords, lists)
        first, last = _day_number(wanted.taken_from, 0), _day_number(wanted.taken_to, _LAST_DAY)
        if wanted.taken_from or wanted.taken_to:
            low, high, taken = max(first, 1) * _DAY, (last + 1) * _DAY, columns.taken
            ids = [i for i in ids if low <= taken[i] < high]
        return ids

    def _by_word(self, ids: list[int], word: str) -> list[int]:
        """Keep the photos in whose name *word* occurs, or in whose words one begins with it."""
        self._fold()
        names, text_of = self._names, self._text_of
        begins = f" {word}"
        hits = bytes(begins in text for text in self._texts)
        if not any(hits):
            return [i for i in ids if word in names[i]]
        return [i for i in ids if hits[text_of[i]] or word in names[i]]

    def _fold(self) -> None:
        columns = self._columns
        if len(self._names) < len(columns):
            self._names += folded_names(columns.names[len(self._names) :])
        if self._texts_of == columns.words_version:
            return
        words = columns.words
        places: dict[tuple[int, int, int, str], int] = {}
        title = columns.titles.get
        keys = zip(columns.cameras, columns.lenses, columns.keywords, strict=True)
        self._text_of = array(
            "I",
            [places.setdefault((*key, title(i, "")), len(places)) for i, key in enumerate(keys)],
        )
        self._texts = [
            _text(
                words.cameras.get(camera, ""),
                words.lenses.get(lens, ""),
                *words.keywords.get(keywords, ()),
                title,
            )
            for camera, lens, keywords, title in places
        ]
        self._texts_of = columns.words_version


def _text(*parts: str) -> str:
    """Return words such that a space stands before each, also within ``f/2.8`` or ``A|B``."""
    text = folded(" ".join(part for part in parts if part))
    apart = "".join(c if c.isalnum() or c == "." else " " for c in text)
    return f" {text} {apart}" if apart != text else f" {text}"


def _among(ids: list[int], column: array[int] | bytearray, wanted: Collection[int]) -> list[int]:
    return [i for i in ids if column[i] in wanted]


def _places(values: tuple[str, ...], wanted: Iterable[str]) -> frozenset[int]:
    """Return the places of *wanted* in *values*; ``none`` is the first, empty one."""
    named = {"" if value == _NO_WORD else value for value in wanted}
    return frozenset(place for place, value in enumerate(values) if value in named)


def _keys(names: dict[int, str], wanted: set[str]) -> frozenset[int]:
    return frozenset(number for number, name in names.items() if name in wanted)


def _day_number(day: str, otherwise: int) -> int:
    digits = day.replace("-", "")
    return int(digits) if len(digits) == 8 and digits.isdecimal() else otherwise


def _day_text(day: int) -> str:
    text = f"{day:08d}"
    return f"{text[:4]}-{text[4:6]}-{text[6:]}"


def _counted(
    column: array[int] | bytearray, here: bytearray, names: dict[int, str]
) -> tuple[tuple[str, int], ...]:
    counts = Counter(number for number, there in zip(column, here, strict=True) if there)
    named = ((names.get(number, ""), count) for number, count in counts.items())
    return _most((name, count) for name, count in named if name)


def _most(counts: Iterable[tuple[str, int]]) -> tuple[tuple[str, int], ...]:
    return tuple(sorted(counts, key=lambda pair: (-pair[1], pair[0]))[:MAX_CHOICES])
