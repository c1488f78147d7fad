"""In which order and through which filter a listing is shown: at once by name, else as asked."""

from __future__ import annotations

import sys
from array import array
from collections.abc import Callable

import msgspec

from daemon.protocol.messages import Failed, ListingArrange, ListingArranged, Message
from daemon.protocol.values import PhotoFilter
from rabbitviewer.ipc.client import DaemonClient
from rabbitviewer.models.shelf import NameSearch, Shelf

SORTS = ("name", "modified", "taken", "size", "type", "rating", "camera")
NO_FILTER = PhotoFilter()


class Arranging:
    """Works out the ids to show.

    Natural order of names, and text in names, are answered here at once. For everything else the
    daemon is asked; until it answers, what was shown stays.

    Attributes:
        sort: One of :data:`SORTS`.
        backwards: Whether the other way round.
        filter: What photos must be like.
        is_arranging: The daemon does not know everything yet; its order may change.
    """

    def __init__(self, client: DaemonClient, deliver: Callable[[bytes], None]) -> None:
        """Prepare.

        Args:
            client: Whom to ask.
            deliver: Called with the ids that the daemon says are to be shown.
        """
        self.sort = "name"
        self.backwards = False
        self.filter = NO_FILTER
        self.is_arranging = False
        self._client = client
        self._deliver = deliver
        self._listing_id = 0
        self._asked = 0
        self._arranged: array[int] | None = None
        self._search: NameSearch | None = None
        self._shows_all = True

    @property
    def needs_daemon(self) -> bool:
        """Whether names alone do not tell what to show."""
        return self.sort != "name" or self.filter != NO_FILTER

    @property
    def is_natural(self) -> bool:
        """Whether everything is shown by name."""
        return not self.needs_daemon

    def ask(self, listing_id: int) -> None:
        """Ask the daemon how to show *listing_id*, where that is needed."""
        self._listing_id = listing_id
        self._asked = 0
        if self.needs_daemon and self._client.is_connected:
            request = ListingArrange(
                listing_id=listing_id,
                sort=self.sort,
                backwards=self.backwards,
                filter=self.filter,
            )
            self._asked = self._client.send(request, self._on_answer)

    def begin(self) -> None:
        """Another listing is open."""
        self._arranged = self._search = None
        self.is_arranging = False

    def asked_anew(self) -> None:
        """Order or filter are others: what the daemon said last is no longer meant."""
        self._arranged = None

    def names_changed(self) -> None:
        """Photos came or went."""
        self._search = None

    def hear(self, message: ListingArranged, blob: bytes) -> None:
        """Take an event: photos or marks changed what is to be shown."""
        if message.listing_id == self._listing_id and not self._asked and self.needs_daemon:
            self.is_arranging = message.arranging
            self._deliver(blob)

    def take(self, blob: bytes) -> None:
        """The ids that were delivered are to be shown from now on."""
        ids = array("I")
        ids.frombytes(blob[: len(blob) // 4 * 4])
        if sys.byteorder == "big":
            ids.byteswap()
        self._arranged = ids

    def ids(self, shelf: Shelf, before: array[int]) -> tuple[array[int], bool]:
        """Return the ids to show, and whether they are to be read backwards.

        Args:
            shelf: What there is.
            before: What is shown so far.
        """
        if self.is_natural:
            self._shows_all = True
            return shelf.order, self.backwards
        if self._arranged is not None:
            count, gone = len(shelf.names), shelf.gone
            known = self._arranged
            self._shows_all = False
            if gone or (known and max(known) >= count):
                known = array("I", (i for i in known if i < count and i not in gone))
            return known, False
        if self.sort == "name" and self.filter.text:
            self._shows_all = False
            self._search = self._search or NameSearch(shelf)
            return self._search.find(self.filter.text), self.backwards
        if self._shows_all or not before:
            self._shows_all = True
            return shelf.order, False
        gone = shelf.gone
        return (array("I", (i for i in before if i not in gone)) if gone else before), False

    def _on_answer(self, message: Message, blob: bytes) -> None:
        if message.request_id != self._asked:
            return
        self._asked = 0
        if isinstance(message, ListingArranged):
            self.is_arranging = message.arranging
            self._deliver(blob)
        elif isinstance(message, Failed):
            self.is_arranging = False


def as_filter(wanted: PhotoFilter | str) -> PhotoFilter:
    """Return *wanted*, which may be words alone, as a filter."""
    if isinstance(wanted, str):
        return PhotoFilter(text=wanted.strip())
    return msgspec.structs.replace(wanted, text=wanted.text.strip())
