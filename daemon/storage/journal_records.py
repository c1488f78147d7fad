"""What the journal of file work holds: one record per change of one file, and the file's lines."""

from __future__ import annotations

import hashlib

import msgspec


class Record(msgspec.Struct, frozen=True, tag_field="record", omit_defaults=True):
    """Base of every record. Paths are bytes; they stand in the journal as base64."""


class Moved(Record, frozen=True, tag="moved"):
    """A file has another path.

    Attributes:
        old: Before.
        new: After.
        unit: Files of one photo have one number; after a crash all of them moved, or none.
        inode: The file's own, where it stays; 0: it crosses to another volume.
    """

    old: bytes
    new: bytes
    unit: int = 0
    inode: int = 0


class Created(Record, frozen=True, tag="created"):
    """A file was made; *source* is what it is a copy of."""

    path: bytes
    digest: bytes = b""
    source: bytes = b""
    unit: int = 0


class Removed(Record, frozen=True, tag="removed"):
    """A copy made by us was taken away again; it can be made anew from *source*."""

    path: bytes
    source: bytes
    unit: int = 0


class Trashed(Record, frozen=True, tag="trashed"):
    """A file lies in the trash of its volume, as *trashed*."""

    old: bytes
    trashed: bytes
    unit: int = 0


class Restored(Record, frozen=True, tag="restored"):
    """A file came back out of the trash."""

    trashed: bytes
    old: bytes
    unit: int = 0


class Turned(Record, frozen=True, tag="turned"):
    """A photo's orientation was changed in its own file.

    Attributes:
        path: The photo.
        turn: left | right | half | mirror | flip.
        temp: Where the turned copy stands before it takes the photo's place.
        inode: The photo's before; it has another one once the change was made.
    """

    path: bytes
    turn: str
    temp: bytes = b""
    inode: int = 0


class SidecarWritten(Record, frozen=True, tag="sidecar_written"):
    """A sidecar has another content.

    Attributes:
        path: The sidecar.
        before: Its bytes before; None: there was none.
        after_digest: Digest of what was written; empty: it was taken away.
    """

    path: bytes
    before: bytes | None
    after_digest: bytes


AnyRecord = Moved | Created | Removed | Trashed | Restored | Turned | SidecarWritten


class Line(msgspec.Struct, frozen=True, omit_defaults=True):
    """One line of the journal, without its records.

    Attributes:
        op: begin | again | note | retract | commit | reverse | abandon | forget.
        step: Number of the step.
        kind: What is done, at ``begin``.
        title: In words, at ``begin`` and ``again``.
        batch: What the client calls it, at ``begin``.
        undone: At ``commit`` of a shortened journal: the step is undone.
        left: At ``commit``: how many others of the step's batch are still at work.
        kept: At ``begin`` of a shortened journal: it is not new, what was undone can be redone.
        places: At ``retract``: numbers of the records that did not come true.
        count: At ``note``: how many records it holds.
    """

    op: str
    step: int
    kind: str = ""
    title: str = ""
    batch: str = ""
    undone: bool = False
    left: int = 0
    kept: bool = False
    places: tuple[int, ...] = ()
    count: int = 0


class NoteLine(Line, frozen=True, omit_defaults=True):
    """A line with its records."""

    records: tuple[AnyRecord, ...] = ()


def digest_of(data: bytes) -> bytes:
    """Return the digest that records hold of a content (BLAKE2b, 32 bytes)."""
    return hashlib.blake2b(data, digest_size=32).digest()
