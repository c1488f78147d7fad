"""Thumbnails of the window: what is on the screen first, what scrolled away not at all."""

from __future__ import annotations

import dataclasses
from collections import OrderedDict
from collections.abc import Iterable, Sequence

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QImage

from daemon.protocol.errors import ErrorInfo, ErrorKind
from daemon.protocol.messages import (
    CancelRequests,
    Failed,
    Message,
    ThumbnailReady,
    ThumbnailRequest,
    WirePath,
)
from rabbitviewer.ipc.client import DaemonClient

_PASSING = (ErrorKind.DAEMON_UNAVAILABLE, ErrorKind.CANCELLED)


@dataclasses.dataclass(frozen=True)
class Thumbnail:
    """Upright pixels of one photo.

    Attributes:
        image: Display-ready pixels.
        stage: embedded (the file's own, coarse) | final.
        source_width: Width of the upright photo.
        source_height: Height of the upright photo.
        size_px: The box that was asked for.
        kept_px: The box that the pixels were brought down to; 0: they are as they came.
    """

    image: QImage
    stage: str
    source_width: int
    source_height: int
    size_px: int
    kept_px: int = 0


@dataclasses.dataclass
class _Asked:
    request_id: int
    priority: str
    size_px: int
    shown_px: int
    has_preview: bool = True


class ThumbnailStore(QObject):
    """Asks for thumbnails in the order they are wanted and keeps the latest ones.

    An answer belongs to a request, never to a row: one that comes after its photo changed, or
    after it was cancelled, lands nowhere. Pixels are kept no larger than they are shown, so that a
    screen of cells takes a screen of memory; the daemon has the larger ones at hand.

    Signals:
        ready: a stage of this photo is there, or it failed (path).
    """

    ready = Signal(bytes)

    def __init__(
        self,
        client: DaemonClient,
        parent: QObject | None = None,
        *,
        size_px: int = 512,
        budget_bytes: int = 64 << 20,
    ) -> None:
        """Prepare.

        Args:
            client: Where to ask.
            parent: Qt's owner.
            size_px: Box of a thumbnail.
            budget_bytes: Pixels kept; what is wanted is kept whatever it takes.
        """
        super().__init__(parent)
        self._client = client
        self._size_px = size_px
        self._budget_bytes = budget_bytes
        self._shown_px = 0
        self._used_bytes = 0
        self._thumbnails: OrderedDict[bytes, Thumbnail] = OrderedDict()
        self._errors: dict[bytes, ErrorInfo] = {}
        self._old: set[bytes] = set()
        self._asked: dict[bytes, _Asked] = {}
        self._viewers: dict[str, tuple[Sequence[bytes], Sequence[bytes]]] = {}
        self._profile = ""
        self._whole: dict[str, frozenset[bytes]] = {}
        client.connected.connect(self._ask_for_missing)

    # ------------------------------------------------------------ reading

    def thumbnail(self, path: bytes) -> Thumbnail | None:
        """Return the best there is of *path*; None: nothing yet."""
        return self._thumbnails.get(path)

    def error(self, path: bytes) -> ErrorInfo | None:
        """Return why *path* has no thumbnail; None: it has, or is not known to have none."""
        return self._errors.get(path)

    def is_settled(self, path: bytes) -> bool:
        """Whether nothing better is to come for *path*."""
        if path in self._errors:
            return True
        known = self._thumbnails.get(path)
        return known is not None and known.stage == "final" and path not in self._old

    def has_first_stage(self, path: bytes) -> bool:
        """Whether the first stage is over for *path*: it shows something, or can show nothing."""
        asked = self._asked.get(path)
        without = asked is not None and not asked.has_preview
        return path in self._thumbnails or path in self._errors or without

    @property
    def is_waiting(self) -> bool:
        """Whether something on the screen is still to come."""
        seen = (path for visible, _ in self._viewers.values() for path in visible)
        return not all(map(self.is_settled, seen))

    # ------------------------------------------------------------ asking

    def want(
        self,
        visible: Sequence[bytes],
        near: Sequence[bytes] = (),
        *,
        viewer: str = "",
        whole: bool = False,
    ) -> None:
        """Say what is on the screen and what may be soon, each the most urgent first.

        Work for what no viewer wants any more is dropped.

        Args:
            visible: What *viewer* shows.
            near: What it may show next.
            viewer: Who says so; every viewer has its own wishes.
            whole: *viewer* shows them larger than a cell: they are kept as they come.
        """
        self._viewers[viewer] = (tuple(visible), tuple(near))
        self._whole[viewer] = frozenset((*visible, *near)) if whole else frozenset()
        for path in self._whole[viewer]:
            known = self._thumbnails.get(path)
            if known is not None and known.kept_px:
                self._old.add(path)
        wanted = self._wanted()
        self._cancel([path for path in self._asked if path not in wanted])
        self._ask_for_missing()

    def set_profile(self, profile: str) -> None:
        """Ask in the colours of another monitor from now on; the old ones stand in meanwhile."""
        if profile != self._profile:
            self._profile = profile
            self.forget([*self._thumbnails, *self._asked])

    def set_size_px(self, size_px: int) -> None:
        """Ask for thumbnails of another size from now on; smaller ones stand in meanwhile."""
        if size_px > self._size_px:
            self._old.update(self._thumbnails)
        if size_px != self._size_px:
            self._size_px = size_px
            self._ask_for_missing()

    @property
    def shown_px(self) -> int:
        """The square that kept pixels fill; 0: they are kept as they come."""
        return self._shown_px

    def set_shown_px(self, shown_px: int) -> None:
        """Keep pixels that fill a square of *shown_px* device pixels; 0: as they come.

        Those that were kept smaller stand in until they are there anew.
        """
        if shown_px == self._shown_px:
            return
        self._shown_px = shown_px
        for path, known in self._thumbnails.items():
            if known.kept_px and (not shown_px or known.kept_px < shown_px):
                self._old.add(path)
        self._ask_for_missing()

    def set_budget_mb(self, budget_mb: int) -> None:
        """Keep as many pixels as this many megabytes hold."""
        self._budget_bytes = budget_mb << 20
        self._make_room()

    def forget(self, paths: Iterable[bytes]) -> None:
        """These files changed: ask anew; the old pixels stand in meanwhile."""
        changed = set(paths)
        self._cancel(changed & self._asked.keys())
        for path in changed:
            self._errors.pop(path, None)
        self._old |= changed & self._thumbnails.keys()
        self._ask_for_missing()

    def drop(self, paths: Iterable[bytes]) -> None:
        """These files are gone."""
        gone = set(paths)
        self._cancel(gone & self._asked.keys())
        for path in gone:
            self._errors.pop(path, None)
            self._remove(path)

    def _wanted(self) -> dict[bytes, str]:
        """Return what is wanted and how urgently, the most urgent first."""
        wanted = {path: "visible" for visible, _ in self._viewers.values() for path in visible}
        for _, near in self._viewers.values():
            for path in near:
                wanted.setdefault(path, "near")
        return wanted

    def _ask_for_missing(self) -> None:
        if not self._client.is_connected:
            return
        dropped: list[int] = []
        for path, priority in self._wanted().items():
            known = self._asked.get(path)
            if known is not None and not self._is_worth_more(path, known, priority):
                continue
            if known is None and self.is_settled(path):
                continue
            if known is not None:
                dropped.append(known.request_id)
            self._ask(path, priority)
        if dropped:
            self._client.send(CancelRequests(request_ids=tuple(dropped)))

    def _is_worth_more(self, path: bytes, known: _Asked, priority: str) -> bool:
        more_urgent = priority == "visible" and known.priority != "visible"
        return more_urgent or known.size_px != self._size_px or self._is_too_small(path, known)

    def _is_too_small(self, path: bytes, known: _Asked) -> bool:
        wanted_px = self._shown_px_of(path)
        return bool(known.shown_px) and (not wanted_px or wanted_px > known.shown_px)

    def _shown_px_of(self, path: bytes) -> int:
        """Return the square that is enough for all who show *path*; 0: as it comes."""
        return 0 if any(path in paths for paths in self._whole.values()) else self._shown_px

    def _ask(self, path: bytes, priority: str) -> None:
        shown_px = self._shown_px_of(path)
        request = ThumbnailRequest(
            path=WirePath(path),
            size_px=self._size_px,
            priority=priority,
            profile=self._profile,
            shown_px=shown_px,
        )
        asked = _Asked(0, priority, self._size_px, shown_px)
        asked.request_id = self._client.send(
            request, lambda message, blob: self._on_answer(path, asked, message, blob)
        )
        self._asked[path] = asked

    def _cancel(self, paths: Iterable[bytes]) -> None:
        request_ids = tuple(self._asked.pop(path).request_id for path in paths)
        if request_ids and self._client.is_connected:
            self._client.send(CancelRequests(request_ids=request_ids))

    # ------------------------------------------------------------ hearing

    def _on_answer(self, path: bytes, asked: _Asked, message: Message, blob: bytes) -> None:
        if self._asked.get(path) is not asked:
            return
        if isinstance(message, ThumbnailReady) and message.stage == "none":
            asked.has_preview = False
            self.ready.emit(path)
        elif isinstance(message, ThumbnailReady) and len(blob) == _bytes_of(message):
            self._take(path, asked, message, blob)
        elif isinstance(message, Failed):
            del self._asked[path]
            if message.error.kind in _PASSING:
                return
            self._errors[path] = message.error
            self._old.discard(path)
            self.ready.emit(path)

    def _take(self, path: bytes, asked: _Asked, message: ThumbnailReady, blob: bytes) -> None:
        final = message.stage == "final"
        if final:
            del self._asked[path]
            self._old.discard(path)
        elif path in self._thumbnails and path not in self._old:
            return
        image = QImage(
            blob,
            message.width_px,
            message.height_px,
            4 * message.width_px,
            QImage.Format.Format_RGB32,
        )
        self._remove(path, keep_mark=True)
        self._errors.pop(path, None)
        kept_px = asked.shown_px if max(image.width(), image.height()) >= asked.shown_px else 0
        self._thumbnails[path] = Thumbnail(
            image,
            message.stage,
            message.source_width_px,
            message.source_height_px,
            asked.size_px,
            kept_px,
        )
        self._used_bytes += image.sizeInBytes()
        self._make_room()
        self.ready.emit(path)

    def _make_room(self) -> None:
        if self._used_bytes <= self._budget_bytes:
            return
        wanted = self._wanted()
        for path in [path for path in self._thumbnails if path not in wanted]:
            self._remove(path)
            if self._used_bytes <= self._budget_bytes:
                return

    def _remove(self, path: bytes, *, keep_mark: bool = False) -> None:
        known = self._thumbnails.pop(path, None)
        if known is not None:
            self._used_bytes -= known.image.sizeInBytes()
        if not keep_mark:
            self._old.discard(path)


def _bytes_of(message: ThumbnailReady) -> int:
    return 4 * message.width_px * message.height_px
