"""Messages about what the user says of photos, and what is done with their files.

A request holds as many paths as fit into a header (1 MiB). A client that has more sends several
with one *batch* (any text of its choosing): they are one step of undo.
"""

from __future__ import annotations

from daemon.protocol.errors import ErrorInfo
from daemon.protocol.message import Message, WirePath
from daemon.protocol.values import (
    Collection,
    DuplicateGroup,
    NewName,
    PathFailure,
    PhotoMarks,
)

# ---------------------------------------------------------------- ratings, labels, keywords


class MarksRequest(Message, frozen=True, tag="marks_request"):
    """Ask what sidecars and embedded XMP say of photos; answered by :class:`Marks`."""

    paths: tuple[WirePath, ...]


class Marks(Message, frozen=True, tag="marks"):
    """Answer to :class:`MarksRequest` and :class:`MarksSet`'s event for everybody else.

    As an event (request_id 0) it tells that these photos' marks changed.
    """

    marks: tuple[PhotoMarks, ...]


class SetMarks(Message, frozen=True, tag="set_marks"):
    """Change marks of photos; None leaves a value alone. Answered by :class:`MarksSet`.

    Attributes:
        paths: The photos, any number.
        rating: 0..5.
        label: red | yellow | green | blue | purple; empty: none.
        flag: pick | reject; empty: none.
        title: Text; empty: none.
        add_keywords: Keywords to add; hierarchies with ``|``.
        remove_keywords: Keywords to take away.
    """

    paths: tuple[WirePath, ...]
    rating: int | None = None
    label: str | None = None
    flag: str | None = None
    title: str | None = None
    add_keywords: tuple[str, ...] = ()
    remove_keywords: tuple[str, ...] = ()
    batch: str = ""


class MarksSet(Message, frozen=True, tag="marks_set"):
    """The sidecars are written; *failed* names those that are not."""

    changed: int
    failed: tuple[PathFailure, ...] = ()


# ---------------------------------------------------------------- collections


class CollectionsRequest(Message, frozen=True, tag="collections_request"):
    """Ask for the saved collections; answered by :class:`Collections`."""


class Collections(Message, frozen=True, tag="collections"):
    """All saved collections; also the event after one changed."""

    collections: tuple[Collection, ...]


class CollectionSave(Message, frozen=True, tag="collection_save"):
    """Create a collection, rename it or change what it holds; answered by :class:`Collections`.

    Attributes:
        name: Which one; a new name creates it.
        rename: Its new name; empty: as it was.
        add: Photos to put in.
        remove: Photos to take out; the files stay.
    """

    name: str
    rename: str = ""
    add: tuple[WirePath, ...] = ()
    remove: tuple[WirePath, ...] = ()


class CollectionDelete(Message, frozen=True, tag="collection_delete"):
    """Delete a collection, never its photos; answered by :class:`Collections`."""

    name: str


# ---------------------------------------------------------------- work on files


class CopyPhotos(Message, frozen=True, tag="copy_photos"):
    """Copy or move photos with their sidecars; a taken name gets ``-N``.

    This and the other requests of this group are answered by :class:`FileWorkStarted` at once,
    then by events :class:`FileWorkProgress`, and end with :class:`FileWorkDone`.
    """

    paths: tuple[WirePath, ...]
    folder: WirePath
    move: bool = False
    batch: str = ""


class RenameRequest(Message, frozen=True, tag="rename_request"):
    """Rename photos with their sidecars by a pattern.

    Tokens: ``{name} {stem} {ext} {n} {n:04} {date} {date:%Y-%m-%d} {time} {camera} {lens} {iso}
    {rating} {width} {height} {folder}``. *preview_only* is answered by :class:`RenamePlan` and
    changes nothing.
    """

    paths: tuple[WirePath, ...]
    pattern: str
    start: int = 1
    preview_only: bool = False
    batch: str = ""


class RenamePlan(Message, frozen=True, tag="rename_plan"):
    """The new names in the order of the photos; *problem* is empty or why it cannot be done."""

    names: tuple[NewName, ...]
    problem: str = ""


class TrashPhotos(Message, frozen=True, tag="trash_photos"):
    """Put photos with their sidecars into the trash.

    Fails with kind ``no_trash`` for photos on a volume without one; *permanently* deletes them
    (the window asks first), which cannot be undone.
    """

    paths: tuple[WirePath, ...]
    permanently: bool = False
    batch: str = ""


class RotatePhotos(Message, frozen=True, tag="rotate_photos"):
    """Turn photos without loss: *turn* is left | right | half | mirror | flip."""

    paths: tuple[WirePath, ...]
    turn: str
    batch: str = ""


class IngestRequest(Message, frozen=True, tag="ingest_request"):
    """Copy photos from a card, renamed, with keywords, each copy verified by its hash.

    Attributes:
        source: Folder to read, with its subfolders.
        folder: Where to.
        pattern: New names, tokens as in :class:`RenameRequest`; slashes make subfolders.
        keywords: For every photo.
        second_folder: A second copy; empty: none.
        skip_known: Leave out what is there already with the same content.
    """

    source: WirePath
    folder: WirePath
    pattern: str = "{date:%Y}/{date:%Y-%m-%d}/{stem}"
    keywords: tuple[str, ...] = ()
    second_folder: WirePath = WirePath()
    skip_known: bool = True


class FileWorkStarted(Message, frozen=True, tag="file_work_started"):
    """The work is under way."""

    work_id: int


class FileWorkProgress(Message, frozen=True, tag="file_work_progress"):
    """Event: how far it is, in photos and, where files are copied, in bytes."""

    work_id: int
    done: int
    total: int
    path: bytes = b""
    done_bytes: int = 0
    total_bytes: int = 0


class FileWorkDone(Message, frozen=True, tag="file_work_done"):
    """Event: the work ended.

    Attributes:
        kind: copy | move | rename | trash | delete | rotate | ingest | undo | redo.
        moved: Old and new path of every file that has one.
        failed: What could not be done, each with its reason.
        cancelled: It was stopped; what was done stays and can be undone.
        can_undo: The journal holds it.
    """

    work_id: int
    kind: str
    moved: tuple[tuple[bytes, bytes], ...] = ()
    failed: tuple[PathFailure, ...] = ()
    cancelled: bool = False
    can_undo: bool = True
    error: ErrorInfo | None = None


class FileWorkCancel(Message, frozen=True, tag="file_work_cancel"):
    """Stop work on files after the file it is at; answered by :class:`Done`."""

    work_id: int


class UndoRequest(Message, frozen=True, tag="undo_request"):
    """Undo the newest step of the journal (*redo*: do it again): files and marks alike.

    Answered by :class:`FileWorkStarted` and events, or ``failed`` when there is nothing to undo.
    """

    redo: bool = False


class JournalRequest(Message, frozen=True, tag="journal_request"):
    """Ask what can be undone; answered by :class:`Journal`."""


class Journal(Message, frozen=True, tag="journal"):
    """What undo and redo would do, in words; also the event when that changed. Empty: nothing."""

    undo: str = ""
    redo: str = ""


# ---------------------------------------------------------------- duplicates


class DuplicatesRequest(Message, frozen=True, tag="duplicates_request"):
    """Look for photos that are the same or nearly so; answered by :class:`Duplicates`.

    On the way there are :class:`FileWorkProgress` events whose work id is this request's id.

    Attributes:
        paths: Among these; empty: those of *folder*.
        folder: A folder.
        recursive: With its subfolders.
        distance: Bits of the 64-bit perceptual hash that may differ; 0: equal content only.
    """

    paths: tuple[WirePath, ...] = ()
    folder: WirePath = WirePath()
    recursive: bool = True
    distance: int = 6


class Duplicates(Message, frozen=True, tag="duplicates"):
    """The groups, the best photo first in each."""

    groups: tuple[DuplicateGroup, ...]
    failed: tuple[PathFailure, ...] = ()
