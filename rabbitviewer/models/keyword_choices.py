"""The keywords that are in use, for completing what is typed."""

from __future__ import annotations

from PySide6.QtCore import QObject, QStringListModel

from daemon.protocol.messages import FilterChoices, FilterChoicesRequest, Message
from rabbitviewer.ipc.client import DaemonClient
from rabbitviewer.models.listing import ListingModel
from rabbitviewer.models.marks import MarksModel, Writing

_MOST = 2000


class KeywordChoices(QObject):
    """Keywords of the listing, the most frequent first, and those given since.

    Attributes:
        words: As Qt's completer takes them.
    """

    def __init__(
        self,
        client: DaemonClient,
        listing: ListingModel,
        marks: MarksModel,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._client = client
        self._listing = listing
        self.words = QStringListModel(self)
        marks.written.connect(self._on_written)

    def refresh(self) -> None:
        """Ask which keywords occur; the answer may come a little later."""
        if self._client.is_connected and self._listing.state != "none":
            request = FilterChoicesRequest(listing_id=self._listing.listing_id)
            self._client.send(request, self._on_choices)

    def _on_choices(self, message: Message, _blob: bytes) -> None:
        if isinstance(message, FilterChoices):
            self._put([word for word, _ in message.keywords])

    def _on_written(self, writing: Writing) -> None:
        if writing.change.add_keywords:
            self._put(list(writing.change.add_keywords))

    def _put(self, first: list[str]) -> None:
        words = list(dict.fromkeys([*first, *self.words.stringList()]))[:_MOST]
        if words != self.words.stringList():
            self.words.setStringList(words)
