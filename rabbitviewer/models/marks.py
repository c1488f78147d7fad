"""Ratings, labels, flags, titles and keywords as the window knows and changes them."""

from __future__ import annotations

import dataclasses
import uuid
from collections import Counter, OrderedDict
from collections.abc import Sequence

import msgspec
from PySide6.QtCore import QObject, QTimer, Signal

from daemon.protocol.errors import ErrorInfo
from daemon.protocol.messages import (
    Failed,
    ListingMarks,
    Marks,
    MarksRequest,
    MarksSet,
    Message,
    SetMarks,
    WirePath,
)
from daemon.protocol.values import PathFailure, PhotoMarks
from rabbitviewer.ipc.client import DaemonClient
from rabbitviewer.models.listing import ListingModel
from rabbitviewer.models.shelf import ChosenPaths

MOST_ASKED = 500
_MOST_KEPT = 5_000
_PIECE = 125
_PIECE_BYTES = 200_000
_UNDER_WAY = 8
_SETTLED_MS = 600


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be said of photos; None leaves a value alone."""

    rating: int | None = None
    label: str | None = None
    flag: str | None = None
    title: str | None = None
    add_keywords: tuple[str, ...] = ()
    remove_keywords: tuple[str, ...] = ()

    def of(self, marks: PhotoMarks) -> PhotoMarks:
        """Return *marks* after the change."""
        kept = [word for word in marks.keywords if word not in self.remove_keywords]
        kept += [word for word in self.add_keywords if word not in kept]
        simple = {name: getattr(self, name) for name in ("rating", "label", "flag", "title")}
        told = {name: value for name, value in simple.items() if value is not None}
        return msgspec.structs.replace(marks, keywords=tuple(kept), **told)


@dataclasses.dataclass
class Writing:
    """One change of many photos on its way to their sidecars.

    Attributes:
        change: What is said.
        paths: The photos.
        changed: How many sidecars say so already.
        failed: What could not be written.
        error: Why nothing more was tried.
    """

    change: Change
    paths: Sequence[bytes]
    changed: int = 0
    failed: list[PathFailure] = dataclasses.field(default_factory=list[PathFailure])
    error: ErrorInfo | None = None
    batch: str = dataclasses.field(default_factory=lambda: uuid.uuid4().hex)
    asked: int = 0
    waiting: int = 0


@dataclasses.dataclass(frozen=True)
class Shared:
    """What several photos have in common.

    Attributes:
        count: How many photos.
        known: Of how many the marks are known.
        rating: None: they differ; and so on.
        keywords: Each with the number of photos that have it, the most frequent first.
        problems: What is wrong with their sidecars.
    """

    count: int = 0
    known: int = 0
    rating: int | None = 0
    label: str | None = ""
    flag: str | None = ""
    title: str | None = ""
    keywords: tuple[tuple[str, int], ...] = ()
    problems: tuple[str, ...] = ()


class MarksModel(QObject):
    """Knows the marks of photos that were asked for, and changes those of any number.

    A change shows at once; it is sent in pieces, one per turn of the event loop, and undone as one.
    A RAW file that is one photo with its JPEG is marked with it.

    Signals:
        changed: marks of some photos are others, or known now (frozenset of paths).
        progressed: a piece of a change is through (:class:`Writing`).
        written: all of it is (:class:`Writing`).
    """

    changed = Signal(object)
    progressed = Signal(object)
    written = Signal(object)

    def __init__(
        self, client: DaemonClient, listing: ListingModel, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._client = client
        self._listing = listing
        self._known: OrderedDict[bytes, PhotoMarks] = OrderedDict()
        self._asked: set[bytes] = set()
        self._writings: list[Writing] = []
        self._ours: Counter[bytes] = Counter()
        self._stale: set[bytes] = set()
        self._settled = QTimer(self, singleShot=True, interval=_SETTLED_MS)
        self._settled.timeout.connect(self._doubt)
        self._turn = QTimer(self, singleShot=True, interval=0)
        self._turn.timeout.connect(self._send_next)
        client.replied.connect(self._on_replied)
        client.connected.connect(self._forget)
        listing.photos_changed.connect(self._on_photos_changed)

    # ------------------------------------------------------------ reading

    def marks(self, path: bytes) -> PhotoMarks | None:
        """Return what is known of a photo; None: it was not asked for."""
        return self._known.get(path)

    def ask(self, paths: Sequence[bytes]) -> None:
        """Read the marks of photos, the first :data:`MOST_ASKED`, unless they are known."""
        known, asked, stale = self._known, self._asked, self._stale
        unknown = [path for path in paths[:MOST_ASKED] if path not in known or path in stale]
        some = [path for path in unknown if path not in asked]
        if some and self._client.is_connected:
            self._read(some)

    def shared(self, paths: Sequence[bytes]) -> Shared:
        """Return what photos have in common, as far as it is known."""
        known = [marks for marks in map(self._known.get, paths[:MOST_ASKED]) if marks is not None]
        if not known:
            return Shared(len(paths))
        counts = Counter(word for marks in known for word in marks.keywords)

        def same(name: str) -> object:
            values = {getattr(marks, name) for marks in known}
            return values.pop() if len(values) == 1 else None

        return Shared(
            count=len(paths),
            known=len(known),
            rating=same("rating"),  # type: ignore[arg-type]
            label=same("label"),  # type: ignore[arg-type]
            flag=same("flag"),  # type: ignore[arg-type]
            title=same("title"),  # type: ignore[arg-type]
            keywords=tuple(counts.most_common()),
            problems=tuple(dict.fromkeys(marks.problem for marks in known if marks.problem)),
        )

    # ------------------------------------------------------------ changing

    def change(self, paths: Sequence[bytes], change: Change) -> None:
        """Say *change* of *paths*: at once in the window, then in their sidecars."""
        if not paths:
            return
        self._writings.append(Writing(change, paths))
        if not self._turn.isActive():
            self._send_next()

    def _send_next(self) -> None:
        """Show and send the next piece of the first change that has one left."""
        for writing in self._writings:
            if writing.asked < len(writing.paths):
                if writing.waiting < _UNDER_WAY:
                    self._send_piece(writing)
                    self._turn.start()
                return

    def _send_piece(self, writing: Writing) -> None:
        start = writing.asked
        piece = _piece(writing.paths, start)
        writing.asked += len(piece)
        paths = (*piece, *self._partners(piece))
        writing.waiting += 1
        change = writing.change
        self._listing.show_marks(piece, rating=change.rating, label=change.label, flag=change.flag)
        self._ours.update(paths)
        for path in paths:
            known = self._known.get(path)
            if known is not None:
                self._known[path] = change.of(known)
        request = SetMarks(
            paths=tuple(WirePath(path) for path in paths),
            batch=writing.batch,
            **{name: getattr(change, name) for name in change.__struct_fields__},
        )
        self._client.send(request, lambda answer, _blob: self._take(writing, paths, answer))
        self.changed.emit(frozenset(paths))

    def _partners(self, paths: Sequence[bytes]) -> list[bytes]:
        """Return the RAW files that are shown as one photo with these."""
        if isinstance(paths, ChosenPaths) and not paths.shelf.partners:
            return []
        partners = (self._listing.partner_of(path) for path in paths)
        return [partner for partner in partners if partner]

    def _take(self, writing: Writing, paths: tuple[bytes, ...], answer: Message) -> None:
        writing.waiting -= 1
        self._ours.subtract(paths)
        for path in paths:
            if self._ours[path] <= 0:
                del self._ours[path]
        wrong: list[bytes] = []
        if isinstance(answer, MarksSet):
            writing.changed += answer.changed
            writing.failed += answer.failed
            wrong = [failure.path for failure in answer.failed]
        elif isinstance(answer, Failed):
            writing.error = answer.error
            writing.asked = len(writing.paths)
            wrong = list(paths)
        if wrong:
            self._read(wrong)
        if not writing.waiting and writing.asked >= len(writing.paths):
            self._writings.remove(writing)
            self.written.emit(writing)
        else:
            self.progressed.emit(writing)
        if self._writings and not self._turn.isActive():
            self._turn.start()  # one piece per turn, however many answers came in this one

    # ------------------------------------------------------------ hearing

    def _read(self, paths: Sequence[bytes]) -> None:
        """Ask what the sidecars say, and believe it."""
        self._asked.update(paths)
        for start in range(0, len(paths), MOST_ASKED):
            some = tuple(paths[start : start + MOST_ASKED])
            request = MarksRequest(paths=tuple(WirePath(path) for path in some))
            self._client.send(request, lambda answer, _blob, some=some: self._told(some, answer))

    def _told(self, paths: tuple[bytes, ...], answer: Message) -> None:
        self._asked.difference_update(paths)
        if isinstance(answer, Marks):
            self._keep(answer.marks)
            self._show_in_listing(answer.marks)

    def _on_replied(self, message: object, _blob: bytes) -> None:
        if isinstance(message, Marks) and not message.request_id:
            self._keep([marks for marks in message.marks if marks.path not in self._ours])
        elif isinstance(message, ListingMarks):
            self._settled.start()

    def _doubt(self) -> None:
        """Photos of the listing have other marks: ask anew for those that somebody looks at."""
        self._stale = set(self._known)
        self.changed.emit(frozenset(self._stale))

    def _keep(self, marks: Sequence[PhotoMarks]) -> None:
        """Take what the daemon says; cells hear of it by :class:`ListingMarks`."""
        for one in marks:
            self._stale.discard(one.path)
            self._known[one.path] = one
            self._known.move_to_end(one.path)
        while len(self._known) > _MOST_KEPT:
            self._known.popitem(last=False)
        if marks:
            self.changed.emit(frozenset(one.path for one in marks))

    def _show_in_listing(self, marks: Sequence[PhotoMarks]) -> None:
        """Show what is true where a change that was shown already could not be written."""
        for one in marks:
            self._listing.show_marks([one.path], one.rating, one.label, one.flag)

    def _on_photos_changed(self, paths: Sequence[bytes]) -> None:
        """Their files are others: what they say may be too."""
        gone = [path for path in paths if self._known.pop(path, None) is not None]
        if gone:
            self.changed.emit(frozenset(gone))

    def _forget(self) -> None:
        self._known.clear()
        self._stale.clear()
        self._asked.clear()


def _piece(paths: Sequence[bytes], start: int) -> Sequence[bytes]:
    """Return what one message holds of *paths*, from *start*."""
    stop = min(start + _PIECE, len(paths))
    room = _PIECE_BYTES
    for end, path in enumerate(paths[start:stop], start):
        room -= len(path) + 8
        if room < 0 and end > start:
            stop = end
            break
    return paths.part(start, stop) if isinstance(paths, ChosenPaths) else paths[start:stop]
