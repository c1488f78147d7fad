"""The tables of ``catalogue.db``, and how an older one becomes one of today."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from daemon.protocol.errors import ErrorKind, RabbitError

_FIRST = """
CREATE TABLE folders (
    id INTEGER PRIMARY KEY,
    path BLOB NOT NULL UNIQUE,
    mtime_ns INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE TABLE cameras (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE) STRICT;
CREATE TABLE lenses (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE) STRICT;
CREATE TABLE keyword_lists (id INTEGER PRIMARY KEY, words TEXT NOT NULL UNIQUE) STRICT;
INSERT INTO cameras VALUES (0, '');
INSERT INTO lenses VALUES (0, '');
INSERT INTO keyword_lists VALUES (0, '');
CREATE TABLE photos (
    id INTEGER PRIMARY KEY,
    folder_id INTEGER NOT NULL REFERENCES folders,
    name BLOB NOT NULL,
    size_bytes INTEGER NOT NULL,
    mtime_ns INTEGER NOT NULL,
    sidecar_mtime_ns INTEGER NOT NULL,
    content_id BLOB NOT NULL,
    format TEXT NOT NULL,
    width_px INTEGER NOT NULL,
    height_px INTEGER NOT NULL,
    orientation INTEGER NOT NULL,
    taken TEXT NOT NULL,
    camera_id INTEGER NOT NULL REFERENCES cameras,
    lens_id INTEGER NOT NULL REFERENCES lenses,
    iso INTEGER NOT NULL,
    aperture REAL NOT NULL,
    exposure_s REAL NOT NULL,
    focal_mm REAL NOT NULL,
    latitude REAL,
    longitude REAL,
    title TEXT NOT NULL,
    rating INTEGER NOT NULL,
    label TEXT NOT NULL,
    flag TEXT NOT NULL,
    keywords_id INTEGER NOT NULL REFERENCES keyword_lists,
    problem TEXT NOT NULL,
    gone_s INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE UNIQUE INDEX photos_by_name ON photos (folder_id, name);
CREATE INDEX photos_by_content ON photos (content_id);
CREATE INDEX photos_gone ON photos (gone_s) WHERE gone_s > 0;
CREATE VIEW photo_words AS
    SELECT photos.id AS id, CAST(photos.name AS TEXT) AS name, title,
           keyword_lists.words AS keywords, cameras.name AS camera, lenses.name AS lens
    FROM photos JOIN cameras ON cameras.id = camera_id JOIN lenses ON lenses.id = lens_id
         JOIN keyword_lists ON keyword_lists.id = keywords_id;
CREATE VIRTUAL TABLE photo_search USING fts5 (
    name, title, keywords, camera, lens,
    content = 'photo_words', content_rowid = 'id',
    tokenize = "unicode61 remove_diacritics 2", prefix = '2 3'
);
"""

_MIGRATIONS = (_FIRST,)
SCHEMA_VERSION = len(_MIGRATIONS)


def prepare(connection: sqlite3.Connection, path: Path) -> None:
    """Bring the tables up to date.

    Raises:
        RabbitError: they are of a newer version.
        sqlite3.Error: the database cannot be used.
    """
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if version > SCHEMA_VERSION:
        raise RabbitError(
            ErrorKind.VERSION_MISMATCH,
            f"{path} was written by a newer RabbitViewer (format {version}).",
            "Update RabbitViewer, or move that file away: it is made again from the photos.",
        )
    for number in range(version, SCHEMA_VERSION):
        connection.executescript(
            f"BEGIN; {_MIGRATIONS[number]} PRAGMA user_version = {number + 1}; COMMIT;"
        )
