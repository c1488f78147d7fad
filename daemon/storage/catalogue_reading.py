"""What is asked of ``catalogue.db``; every function runs on its reading thread."""

from __future__ import annotations

import os
import re
import sqlite3
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from daemon.tasks import PhotoFacts

KEYWORD_BREAK = "\n"
_AT_ONCE = 500
_WORD = re.compile(r"\S+")
ROW = (
    "name, size_bytes, mtime_ns, sidecar_mtime_ns, format, "
    "CAST(replace(replace(replace(taken, '-', ''), ':', ''), ' ', '') AS INTEGER), "
    "camera_id, lens_id, rating, label, flag, keywords_id, latitude IS NOT NULL, title, gone_s"
)
_FACTS = (
    "size_bytes, photos.mtime_ns, sidecar_mtime_ns, content_id, format, width_px, height_px, "
    "orientation, taken, cameras.name, lenses.name, iso, aperture, exposure_s, focal_mm, "
    "latitude, longitude, "
    "title, rating, label, flag, words, problem"
)

_SAME_CONTENT = """
    SELECT path, some.name FROM
        (SELECT folder_id, name, gone_s FROM photos WHERE content_id = ? LIMIT 16) AS some
    JOIN folders ON folders.id = folder_id ORDER BY gone_s DESC, some.name = ? DESC LIMIT ?
"""


class FactsRow(NamedTuple):
    """What listings are sorted and filtered by; *taken* is ``YYYYMMDDHHMMSS``, 0: unknown."""

    name: bytes
    size_bytes: int
    mtime_ns: int
    sidecar_mtime_ns: int
    format: str
    taken: int
    camera: int
    lens: int
    rating: int
    label: str
    flag: str
    keywords: int
    has_place: int
    title: str
    gone_s: int


class Names(NamedTuple):
    """The words behind the numbers of rows."""

    cameras: dict[int, str]
    lenses: dict[int, str]
    keywords: dict[int, tuple[str, ...]]


def each_row(
    db: sqlite3.Connection,
    wanted: Mapping[bytes, Sequence[bytes] | None],
    take: Callable[[bytes, Iterable[FactsRow]], None],
) -> None:
    """Call *take* with folder and facts of its photos; see ``CatalogueStore.each_row``."""
    for folder, photos in wanted.items():
        found = db.execute("SELECT id FROM folders WHERE path = ?", (folder,)).fetchone()
        if found is None:
            continue
        if photos is None or len(photos) > _AT_ONCE:
            rows = db.execute(f"SELECT {ROW} FROM photos WHERE folder_id = ?", found)
        else:
            rows = _named(db, int(found[0]), photos)
        take(folder, map(FactsRow._make, rows))


def _named(
    db: sqlite3.Connection, folder_id: int, photos: Sequence[bytes]
) -> Iterator[tuple[object, ...]]:
    sql = f"SELECT {ROW} FROM photos WHERE folder_id = ? AND name = ?"
    for name in photos:
        yield from db.execute(sql, (folder_id, name))


def names(
    db: sqlite3.Connection,
    cameras: Collection[int],
    lenses: Collection[int],
    keywords: Collection[int],
) -> Names:
    """Return the words behind the numbers."""
    lists = dict(_by_id(db, "SELECT id, words FROM keyword_lists", keywords))
    return Names(
        dict(_by_id(db, "SELECT id, name FROM cameras", cameras)),
        dict(_by_id(db, "SELECT id, name FROM lenses", lenses)),
        {number: split_keywords(words) for number, words in lists.items()},
    )


def split_keywords(words: str) -> tuple[str, ...]:
    """Return the keywords that are stored as one text."""
    return tuple(words.split(KEYWORD_BREAK)) if words else ()


def facts_of(db: sqlite3.Connection, paths: Sequence[bytes]) -> dict[bytes, PhotoFacts]:
    """Return what is known of each of *paths*."""
    sql = (
        f"SELECT {_FACTS} FROM photos JOIN folders ON folders.id = folder_id "
        "JOIN cameras ON cameras.id = camera_id JOIN lenses ON lenses.id = lens_id "
        "JOIN keyword_lists ON keyword_lists.id = keywords_id WHERE path = ? AND photos.name = ?"
    )
    known: dict[bytes, PhotoFacts] = {}
    for path in paths:
        row = db.execute(sql, os.path.split(path)).fetchone()
        if row is not None:
            known[path] = _facts(path, row)
    return known


def search(db: sqlite3.Connection, text: str, limit: int) -> list[tuple[bytes, int, int]]:
    """Return path, size and time of the photos in whose words every word of *text* begins."""
    wanted = " ".join(f'"{word}"*' for word in _WORD.findall(text.replace('"', " ")))
    if not wanted:
        return []
    rows: list[tuple[bytes, bytes, int, int]] = db.execute(
        "SELECT folders.path, photos.name, size_bytes, photos.mtime_ns FROM photo_search "
        "JOIN photos ON photos.id = photo_search.rowid JOIN folders ON folders.id = folder_id "
        "WHERE photo_search MATCH ? AND gone_s = 0 ORDER BY taken, photos.id LIMIT ?",
        (wanted, limit),
    ).fetchall()
    return [(os.path.join(folder, name), size, mtime) for folder, name, size, mtime in rows]


def elsewhere(
    db: sqlite3.Connection, facts: Sequence[PhotoFacts], limit: int
) -> dict[bytes, tuple[bytes, ...]]:
    """Return for the photos that are not known where the same content is known to be."""
    found: dict[bytes, tuple[bytes, ...]] = {}
    for each in facts:
        here = db.execute(
            "SELECT 1 FROM photos JOIN folders ON folders.id = folder_id "
            "WHERE path = ? AND photos.name = ?",
            os.path.split(each.path),
        ).fetchone()
        if here is not None or not each.content_id:
            continue
        rows: list[tuple[bytes, bytes]] = db.execute(
            _SAME_CONTENT, (each.content_id, os.path.basename(each.path), limit)
        ).fetchall()
        if rows:
            found[each.path] = tuple(os.path.join(*row) for row in rows)
    return found


def count(db: sqlite3.Connection) -> int:
    """Return how many photos are known."""
    (number,) = db.execute("SELECT count(*) FROM photos WHERE gone_s = 0").fetchone()
    return int(number)


def folder_marks(db: sqlite3.Connection, top: bytes) -> dict[bytes, int]:
    """Return the folders at and below *top* with the times for which they are known."""
    below = os.path.join(top, b"")
    rows = db.execute(
        "SELECT path, mtime_ns FROM folders WHERE path = ? OR (path >= ? AND path < ?)",
        (top, below, below[:-1] + bytes([below[-1] + 1])),
    )
    return dict(rows.fetchall())


def _by_id(db: sqlite3.Connection, sql: str, numbers: Collection[int]) -> Iterator[tuple[int, str]]:
    ids = list(numbers)
    for start in range(0, len(ids), _AT_ONCE):
        part = ids[start : start + _AT_ONCE]
        marks = ",".join("?" * len(part))
        yield from db.execute(f"{sql} WHERE id IN ({marks})", part)


def _facts(path: bytes, row: tuple[object, ...]) -> PhotoFacts:
    fields = dict(zip(_FIELDS, row, strict=True))
    fields["keywords"] = split_keywords(str(fields["keywords"]))
    return PhotoFacts(path=path, **fields)  # pyright: ignore[reportArgumentType]


_FIELDS = (
    *("size_bytes", "mtime_ns", "sidecar_mtime_ns", "content_id", "format", "width_px"),
    *("height_px", "orientation", "taken", "camera", "lens", "iso", "aperture", "exposure_s"),
    *("focal_mm", "latitude", "longitude", "title", "rating", "label", "flag", "keywords"),
    "problem",
)
