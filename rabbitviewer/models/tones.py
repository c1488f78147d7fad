"""Histograms and clipping marks of photos, asked for when somebody looks at them."""

from __future__ import annotations

import array
import dataclasses
import sys
from collections import OrderedDict
from collections.abc import Iterable

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QColor, QImage

from daemon.protocol.messages import Message, Tones, TonesRequest, WirePath
from rabbitviewer.ipc.client import DaemonClient
from rabbitviewer.theme.tokens import tokens

_BINS = 256
_BINS_BYTES = 4 * _BINS * 4
_KEPT = 16


@dataclasses.dataclass(frozen=True)
class PhotoTones:
    """How one photo's samples are spread.

    Attributes:
        path: The photo.
        bins: Red, green, blue, luma: 256 counts each.
        clipping: Clear where there is detail, coloured where there is none; upright.
        blown: Share of the pixels that are too bright to hold detail, 0..1.
        blocked: Share of those that are too dark to.
    """

    path: bytes
    bins: tuple[tuple[int, ...], ...]
    clipping: QImage
    blown: float
    blocked: float


class ToneStore(QObject):
    """Asks for the tones of one photo at a time and keeps the latest ones.

    Signals:
        ready: the tones of a photo are there (:class:`PhotoTones`).
    """

    ready = Signal(object)

    def __init__(self, client: DaemonClient, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._client = client
        self._known: OrderedDict[bytes, PhotoTones] = OrderedDict()
        self._asked = b""
        self._next = b""
        client.connected.connect(self._ask_again)

    def tones(self, path: bytes) -> PhotoTones | None:
        """Return what is known of *path*; None: nothing yet."""
        return self._known.get(path)

    def want(self, path: bytes) -> None:
        """Ask for the tones of *path*; of photos asked for meanwhile only the last one counts."""
        if path in self._known or path == self._asked:
            self._next = b""
        elif self._asked:
            self._next = path
        else:
            self._ask(path)

    def forget(self, paths: Iterable[bytes]) -> None:
        """These files changed or are gone."""
        for path in paths:
            self._known.pop(path, None)

    def _ask(self, path: bytes) -> None:
        self._asked, self._next = path, b""
        request = TonesRequest(path=WirePath(path))
        self._client.send(request, lambda answer, blob: self._take(path, answer, blob))

    def _ask_again(self) -> None:
        asked = self._next or self._asked
        self._asked = b""
        if asked:
            self._ask(asked)

    def _take(self, path: bytes, answer: Message, blob: bytes) -> None:
        if path != self._asked:
            return
        self._asked = b""
        if not self._client.is_connected:
            self._next = self._next or path
        elif self._next:
            self._ask(self._next)
        if isinstance(answer, Tones) and len(blob) == _size_of(answer):
            tones = _read(answer, blob)
            self._known[path] = tones
            while len(self._known) > _KEPT:
                self._known.popitem(last=False)
            self.ready.emit(tones)


def _size_of(answer: Tones) -> int:
    return _BINS_BYTES + answer.width_px * answer.height_px


def _read(answer: Tones, blob: bytes) -> PhotoTones:
    counts = array.array("I", blob[:_BINS_BYTES])
    if sys.byteorder == "big":
        counts.byteswap()
    bins = tuple(tuple(counts[first : first + _BINS]) for first in range(0, 4 * _BINS, _BINS))
    marks = blob[_BINS_BYTES:]
    size = (answer.width_px, answer.height_px)
    clipping = QImage(marks, *size, answer.width_px, QImage.Format.Format_Indexed8)
    look = tokens()
    colors = (QColor(0, 0, 0, 0), QColor(look.blown), QColor(look.blocked))
    clipping.setColorTable([color.rgba() for color in colors])
    return PhotoTones(answer.path, bins, clipping, answer.blown, answer.blocked)
