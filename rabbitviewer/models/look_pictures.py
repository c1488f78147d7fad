"""The photo under every look, small: what the library shows in its cells."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Sequence

from PySide6.QtCore import QObject, QSize, Signal
from PySide6.QtGui import QImage

from daemon.protocol.errors import ErrorInfo, ErrorKind
from daemon.protocol.looks import LookThumbnails, LookThumbnailsRequest
from daemon.protocol.messages import CancelRequests, Failed, Message, WirePath
from rabbitviewer.ipc.client import DaemonClient

_MOST_PHOTOS = 6
_AT_ONCE = 48
_PASSING = (ErrorKind.DAEMON_UNAVAILABLE, ErrorKind.CANCELLED)

_Key = tuple[bytes, int, str]


class LookPictures(QObject):
    """Asks for one photo's pictures at a time and keeps those of the photos seen last.

    Until the pictures of another photo are there, the old ones stay: nothing flashes.

    Signals:
        ready: pictures came, or the photo cannot be shown.
    """

    ready = Signal()

    def __init__(self, client: DaemonClient, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._client = client
        self._kept: OrderedDict[_Key, dict[str, QImage]] = OrderedDict()
        self._shown: dict[str, QImage] = {}
        self._key: _Key = (b"", 0, "")
        self._wanted: Sequence[str] = ()
        self._request_id = 0
        self._profile = ""
        self._error: ErrorInfo | None = None
        client.connected.connect(self._ask)

    @property
    def path(self) -> bytes:
        """The photo whose pictures are wanted; empty: none."""
        return self._key[0]

    @property
    def error(self) -> ErrorInfo | None:
        """Why the photo cannot be shown under looks; None: it can, or nobody knows yet."""
        return self._error

    @property
    def is_waiting(self) -> bool:
        """Whether pictures are on their way."""
        return bool(self._request_id)

    @property
    def lacks(self) -> bool:
        """Whether pictures are wanted that are not there."""
        return bool(self._lacking())

    def picture(self, look_id: str) -> QImage | None:
        """Return the photo under a look, or that of the photo before; None: nothing yet."""
        known = self._kept.get(self._key, {}).get(look_id)
        return known if known is not None else self._shown.get(look_id)

    def size(self) -> QSize:
        """Return the size of the pictures on show; empty: there are none."""
        known = self._kept.get(self._key) or self._shown
        return next(iter(known.values())).size() if known else QSize()

    def set_profile(self, profile: str) -> None:
        """Ask for the colours of another monitor from now on."""
        self._profile = profile

    def want(self, path: bytes, look_ids: Sequence[str], long_edge_px: int) -> None:
        """Ask for a photo under *look_ids*, the first ones first; empty: for nothing."""
        key = (path, long_edge_px, self._profile)
        if key != self._key:
            self._shown = {**self._shown, **self._kept.get(self._key, {})}
            self._cancel()
            self._error = None
            self._key = key
        self._wanted = tuple(look_ids)
        if not path or not look_ids:
            self._cancel()
            return
        if key in self._kept:
            self._kept.move_to_end(key)
        self._ask()

    def forget(self, paths: Iterable[bytes]) -> None:
        """These files changed or are gone."""
        changed = set(paths)
        for key in [each for each in self._kept if each[0] in changed]:
            pictures = self._kept.pop(key)
            if key == self._key:
                self._shown = {**self._shown, **pictures}
        if self._key[0] in changed:
            self._error = None
            self._cancel()
            self._ask()

    def _lacking(self) -> list[str]:
        known = self._kept.get(self._key, {})
        return [each for each in self._wanted if each not in known]

    def _ask(self) -> None:
        if self._request_id or self._error is not None or not self._client.is_connected:
            return
        lacking, key = self._lacking()[:_AT_ONCE], self._key
        if not key[0] or not lacking:
            return
        request = LookThumbnailsRequest(
            path=WirePath(key[0]),
            long_edge_px=key[1],
            look_ids=tuple(lacking),
            profile=key[2],
        )
        asked = tuple(lacking)
        self._request_id = self._client.send(
            request, lambda answer, blob: self._take(key, asked, answer, blob)
        )

    def _cancel(self) -> None:
        if self._request_id and self._client.is_connected:
            self._client.send(CancelRequests(request_ids=(self._request_id,)))
        self._request_id = 0

    def _take(self, key: _Key, asked: tuple[str, ...], answer: Message, blob: bytes) -> None:
        if key != self._key or answer.request_id != self._request_id:
            return
        self._request_id = 0
        if isinstance(answer, LookThumbnails):
            pictures = self._kept.setdefault(key, {})
            pictures.update(_cut(answer, blob))
            for gone in set(asked) - pictures.keys():
                self._wanted = tuple(each for each in self._wanted if each != gone)
            self._make_room()
        elif isinstance(answer, Failed) and answer.error.kind not in _PASSING:
            self._error = answer.error
        self.ready.emit()
        self._ask()

    def _make_room(self) -> None:
        while len(self._kept) > _MOST_PHOTOS:
            self._kept.popitem(last=False)
        if not self._lacking():
            self._shown = {}


def _cut(answer: LookThumbnails, blob: bytes) -> dict[str, QImage]:
    """Wrap every picture where it lies in the blob."""
    width, height = answer.width_px, answer.height_px
    size_bytes = 4 * width * height
    if not size_bytes or len(blob) < size_bytes * len(answer.look_ids):
        return {}
    whole = memoryview(blob)
    return {
        look_id: QImage(
            whole[start : start + size_bytes], width, height, 4 * width, QImage.Format.Format_RGB32
        )
        for look_id, start in zip(answer.look_ids, range(0, len(blob), size_bytes), strict=False)
    }
