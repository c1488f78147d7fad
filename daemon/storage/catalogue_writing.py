"""What is written into ``catalogue.db``; every method runs on its writing thread."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterable, Mapping, Sequence

from daemon.protocol.values import PhotoMarks
from daemon.storage.catalogue_reading import KEYWORD_BREAK, ROW, FactsRow
from daemon.tasks import PhotoFacts

_MAX_REMEMBERED = 10_000
_COLUMNS = (
    *("folder_id", "name", "size_bytes", "mtime_ns", "sidecar_mtime_ns", "content_id", "format"),
    *("width_px", "height_px", "orientation", "taken", "camera_id", "lens_id", "iso", "aperture"),
    *("exposure_s", "focal_mm", "latitude", "longitude", "title", "rating", "label", "flag"),
    *("keywords_id", "problem", "gone_s"),
)
_INSERT = f"INSERT INTO photos ({', '.join(_COLUMNS)}) VALUES ({', '.join('?' * len(_COLUMNS))})"
_UPDATE = f"UPDATE photos SET {', '.join(f'{column} = ?' for column in _COLUMNS)} WHERE id = ?"
_UPDATE_MARKS = (
    "UPDATE photos SET title = ?, rating = ?, label = ?, flag = ?, keywords_id = ?, "
    "sidecar_mtime_ns = ? WHERE id = ?"
)
_WORDS = "SELECT id, name, title, keywords, camera, lens FROM photo_words WHERE id = ?"
_SEARCH_COLUMNS = "rowid, name, title, keywords, camera, lens"
_FORGET_WORDS = (
    f"INSERT INTO photo_search (photo_search, {_SEARCH_COLUMNS}) SELECT 'delete', * FROM ({_WORDS})"
)
_NOTE_WORDS = f"INSERT INTO photo_search ({_SEARCH_COLUMNS}) {_WORDS}"
_MAX_INTEGER = (1 << 63) - 1


class Writer:
    """The one connection that changes the catalogue."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._db = connection
        self._ids: dict[tuple[str, bytes | str], int] = {}

    def close(self) -> None:
        """Close the connection."""
        self._db.close()

    def put(
        self, facts: Sequence[PhotoFacts], moved: Mapping[bytes, bytes]
    ) -> list[tuple[bytes, FactsRow]]:
        """Take over facts; see ``CatalogueStore.put``."""
        with _Transaction(self):
            return [self._put(each, moved.get(each.path, b"")) for each in facts]

    def put_marks(
        self, marks: Sequence[PhotoMarks], sidecars: Mapping[bytes, int]
    ) -> list[tuple[bytes, FactsRow]]:
        """Take over marks of photos that are known; see ``CatalogueStore.put_marks``."""
        rows: list[tuple[bytes, FactsRow]] = []
        with _Transaction(self):
            for each in marks:
                folder, name = os.path.split(each.path)
                photo_id = self._find(self._id("folders", "path", folder), name)
                if photo_id:
                    self._put_marks(photo_id, each, sidecars.get(each.path, 0))
                    row = self._db.execute(f"SELECT {ROW} FROM photos WHERE id = ?", (photo_id,))
                    rows.append((folder, FactsRow(*row.fetchone())))
        return rows

    def mark_gone(self, paths: Iterable[bytes], now_s: int) -> None:
        """Remember since when photos are not where they were; 0: they are there."""
        sql = (
            "UPDATE photos SET gone_s = ? WHERE name = ? AND (gone_s > 0) != (?1 > 0) "
            "AND folder_id = (SELECT id FROM folders WHERE path = ?)"
        )
        with _Transaction(self):
            for path in paths:
                folder, name = os.path.split(path)
                self._db.execute(sql, (now_s, name, folder))

    def mark_folder(self, folder: bytes, mtime_ns: int) -> None:
        """Remember that all of a folder is known as of *mtime_ns*."""
        with _Transaction(self):
            number = self._id("folders", "path", folder)
            self._db.execute("UPDATE folders SET mtime_ns = ? WHERE id = ?", (mtime_ns, number))

    def forget_gone(self, before_s: int) -> None:
        """Forget photos that did not turn up again, and words that nothing uses."""
        old = "SELECT id FROM photos WHERE gone_s > 0 AND gone_s < ?"
        with _Transaction(self):
            ids: list[tuple[int]] = self._db.execute(old, (before_s,)).fetchall()
            self._db.executemany(_FORGET_WORDS, ids)
            self._db.executemany("DELETE FROM photos WHERE id = ?", ids)

    def shrink(self) -> None:
        """Give back memory."""
        self._ids.clear()
        self._db.execute("PRAGMA shrink_memory")

    def forget_ids(self) -> None:
        """Look up numbers anew: what was written after they were noted was taken back."""
        self._ids.clear()

    def begin(self) -> None:
        """Begin a transaction."""
        self._db.execute("BEGIN IMMEDIATE")

    def end(self, *, keep: bool) -> None:
        """End it."""
        self._db.execute("COMMIT" if keep else "ROLLBACK")

    def _put(self, facts: PhotoFacts, moved_from: bytes) -> tuple[bytes, FactsRow]:
        folder, name = os.path.split(facts.path)
        folder_id = self._id("folders", "path", folder)
        words = _one_text(facts.keywords)
        camera = self._id("cameras", "name", facts.camera)
        lens = self._id("lenses", "name", facts.lens)
        keywords = self._id("keyword_lists", "words", words)
        values = (
            *(folder_id, name, facts.size_bytes, facts.mtime_ns, facts.sidecar_mtime_ns),
            *(facts.content_id, facts.format, facts.width_px, facts.height_px, facts.orientation),
            *(facts.taken, camera, lens, min(facts.iso, _MAX_INTEGER), facts.aperture),
            *(facts.exposure_s, facts.focal_mm, facts.latitude, facts.longitude, facts.title),
            *(facts.rating, facts.label, facts.flag, keywords, facts.problem, 0),
        )
        photo_id = self._find(folder_id, name) or self._find_moved(moved_from)
        if photo_id:
            self._db.execute(_FORGET_WORDS, (photo_id,))
            self._db.execute(_UPDATE, (*values, photo_id))
        else:
            photo_id = self._db.execute(_INSERT, values).lastrowid
        self._db.execute(_NOTE_WORDS, (photo_id,))
        return folder, FactsRow(
            *(name, facts.size_bytes, facts.mtime_ns, facts.sidecar_mtime_ns, facts.format),
            *(_as_number(facts.taken), camera, lens, facts.rating, facts.label, facts.flag),
            *(keywords, facts.latitude is not None, facts.title, 0),
        )

    def _put_marks(self, photo_id: int, marks: PhotoMarks, sidecar_mtime_ns: int) -> None:
        words = _one_text(marks.keywords)
        values = (
            *(marks.title, marks.rating, marks.label, marks.flag),
            *(self._id("keyword_lists", "words", words), sidecar_mtime_ns, photo_id),
        )
        self._db.execute(_FORGET_WORDS, (photo_id,))
        self._db.execute(_UPDATE_MARKS, values)
        self._db.execute(_NOTE_WORDS, (photo_id,))

    def _find(self, folder_id: int, name: bytes) -> int:
        sql = "SELECT id FROM photos WHERE folder_id = ? AND name = ?"
        row = self._db.execute(sql, (folder_id, name)).fetchone()
        return int(row[0]) if row else 0

    def _find_moved(self, path: bytes) -> int:
        if not path:
            return 0
        folder, name = os.path.split(path)
        return self._find(self._id("folders", "path", folder), name)

    def _id(self, table: str, column: str, value: bytes | str) -> int:
        """Return the number of a folder, camera, lens or list of keywords; a new one is noted."""
        known = self._ids.get((table, value))
        if known is not None:
            return known
        row = self._db.execute(f"SELECT id FROM {table} WHERE {column} = ?", (value,)).fetchone()
        if row is None:
            added = self._db.execute(f"INSERT INTO {table} ({column}) VALUES (?)", (value,))
            number = int(added.lastrowid or 0)
        else:
            number = int(row[0])
        if len(self._ids) >= _MAX_REMEMBERED:
            self._ids.clear()
        self._ids[table, value] = number
        return number


def _as_number(taken: str) -> int:
    digits = "".join(c for c in taken if c.isdigit())
    return int(digits) if digits else 0


def _one_text(keywords: Iterable[str]) -> str:
    return KEYWORD_BREAK.join(word.replace(KEYWORD_BREAK, " ") for word in keywords)


class _Transaction:
    """All of it or nothing."""

    def __init__(self, writer: Writer) -> None:
        self._writer = writer

    def __enter__(self) -> None:
        self._writer.begin()

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is not None:
            self._writer.forget_ids()
        self._writer.end(keep=kind is None)
