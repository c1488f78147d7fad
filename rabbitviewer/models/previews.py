"""Pixels of the photo view: the photo that is looked at, and its neighbours before they are."""

from __future__ import annotations

import dataclasses
import logging
from collections import OrderedDict, deque
from collections.abc import Iterable, Sequence

from PySide6.QtCore import QObject, Signal

from daemon.protocol.endpoint import Folders
from daemon.protocol.errors import ErrorInfo, ErrorKind
from daemon.protocol.messages import (
    CancelRequests,
    Failed,
    Message,
    PreviewRequest,
    SurfaceMapped,
    SurfaceReady,
    WirePath,
)
from rabbitviewer.ipc.client import DaemonClient
from rabbitviewer.models.preview import Box, Preview, map_preview

_AT_ONCE = 2
_PASSING = (ErrorKind.DAEMON_UNAVAILABLE, ErrorKind.CANCELLED)
_UNMAPPED = ErrorInfo(
    ErrorKind.UNREADABLE,
    "The photo's pixels did not arrive.",
    "Check that there is room on the drive that holds the cache folder.",
)

_log = logging.getLogger(__name__)


@dataclasses.dataclass
class _Asked:
    box: Box
    priority: str
    request_id: int = 0


@dataclasses.dataclass
class _Wanted:
    path: bytes
    box: Box
    request_id: int = 0


class PreviewStore(QObject):
    """Gets pixels for the photo view and holds those of its neighbours ready.

    Signals:
        ready: a stage of a wanted photo is there (:class:`Preview`).
        failed: a wanted photo cannot be shown (its path, :class:`ErrorInfo`).
    """

    ready = Signal(object)
    failed = Signal(bytes, object)

    def __init__(
        self,
        client: DaemonClient,
        folders: Folders,
        parent: QObject | None = None,
        *,
        budget_bytes: int = 384 << 20,
    ) -> None:
        """Prepare.

        Args:
            client: Where to ask.
            folders: Surfaces are taken from the cache folder alone.
            parent: Qt's owner.
            budget_bytes: Pixels kept; those on show are kept whatever they take.
        """
        super().__init__(parent)
        self._client = client
        self._surfaces = folders.cache / "surfaces"
        self._budget_bytes = budget_bytes
        self._previews: OrderedDict[bytes, Preview] = OrderedDict()
        self._errors: dict[bytes, ErrorInfo] = {}
        self._asked: dict[bytes, _Asked] = {}
        self._wanted: deque[_Wanted] = deque(maxlen=_AT_ONCE)
        self._ahead: tuple[Sequence[bytes], Box] = ((), (0, 0))
        self._last_hit = 0
        client.connected.connect(self._ask_again)
        client.replied.connect(self._on_replied)

    def preview(self, path: bytes) -> Preview | None:
        """Return the best there is of *path*; None: nothing yet."""
        return self._previews.get(path)

    def want(self, path: bytes, width_px: int, height_px: int) -> int:
        """Ask for a photo to show now, in a box (0 x 0: full size).

        Pixels that are there already are given at once, before this returns. Of all photos asked
        for, the last two count as on show (a comparison has two); work for others is dropped,
        unless they are to be held ready.

        Returns:
            The request's id, below 0 where nothing had to be asked; the same as before while the
            same is on its way. All pixels that answer it carry it.
        """
        box = (width_px, height_px)
        last = self._wanted[-1] if self._wanted else None
        if last is not None and (last.path, last.box) == (path, box) and path in self._asked:
            return last.request_id
        wanted = _Wanted(path, box)
        others = [each for each in self._wanted if each.path != path]
        self._wanted = deque([*others, wanted], maxlen=_AT_ONCE)
        self._cancel_unwanted()
        known = self._previews.get(path)
        if known is not None:
            self._previews.move_to_end(path)
        error = self._errors.get(path)
        if known is not None and known.fills(box):
            self._last_hit -= 1
            wanted.request_id = self._last_hit
        elif error is not None:
            self.failed.emit(path, error)
            return 0
        else:
            wanted.request_id = self._ask(path, box, "visible")
        if known is not None:
            self.ready.emit(dataclasses.replace(known, request_id=wanted.request_id))
        return wanted.request_id

    def look_ahead(self, paths: Sequence[bytes], width_px: int, height_px: int) -> None:
        """Hold these photos ready, the most probable next one first."""
        self._ahead = (tuple(paths), (width_px, height_px))
        self._cancel_unwanted()
        self._ask_ahead()

    def forget(self, paths: Iterable[bytes]) -> None:
        """These files changed or are gone; what is on show is asked for anew."""
        changed = set(paths)
        self._cancel(changed & self._asked.keys())
        for path in changed:
            self._previews.pop(path, None)
            self._errors.pop(path, None)
        for wanted in self._wanted:
            if wanted.path in changed:
                self._ask(wanted.path, wanted.box, "visible")
        self._ask_ahead()

    # ------------------------------------------------------------ asking

    def _ask(self, path: bytes, box: Box, priority: str) -> int:
        known = self._asked.get(path)
        urgent_enough = known is not None and priority in (known.priority, "near")
        if known is not None and known.box == box and urgent_enough:
            return known.request_id
        asked = _Asked(box, priority)
        request = PreviewRequest(
            path=WirePath(path), max_width_px=box[0], max_height_px=box[1], priority=priority
        )
        self._asked[path] = asked
        asked.request_id = self._client.send(request)
        if known is not None:
            self._client.send(CancelRequests(request_ids=(known.request_id,)))
        return asked.request_id

    def _ask_ahead(self) -> None:
        """Ask for the next neighbour; one at a time, after what is on show."""
        if self._asked or not self._client.is_connected:
            return
        paths, box = self._ahead
        for path in paths:
            if self._lacks(path, box):
                self._ask(path, box, "near")
                return

    def _lacks(self, path: bytes, box: Box) -> bool:
        known = self._previews.get(path)
        return path not in self._errors and (known is None or not known.fills(box))

    def _ask_again(self) -> None:
        for wanted in self._wanted:
            if self._lacks(wanted.path, wanted.box):
                self._ask(wanted.path, wanted.box, "visible")
        self._ask_ahead()

    def _cancel_unwanted(self) -> None:
        wanted = {each.path for each in self._wanted} | set(self._ahead[0])
        self._cancel([path for path in self._asked if path not in wanted])

    def _cancel(self, paths: Iterable[bytes]) -> None:
        request_ids = tuple(self._asked.pop(path).request_id for path in paths)
        if request_ids and self._client.is_connected:
            self._client.send(CancelRequests(request_ids=request_ids))

    # ------------------------------------------------------------ hearing

    def _on_replied(self, message: Message, blob: bytes) -> None:
        match message:
            case SurfaceReady():
                self._on_surface(message, blob)
            case Failed():
                self._on_failed(message)
            case _:
                pass

    def _on_surface(self, message: SurfaceReady, blob: bytes) -> None:
        asked = self._asked.get(message.path)
        if asked is None or asked.request_id != message.request_id:
            if message.surface_path:
                self._client.send(SurfaceMapped(surface_id=message.surface_id))
            return
        preview = self._map(message, blob)
        if preview is not None:
            self._take(preview)
        elif message.quality != "embedded":
            del self._asked[message.path]
            self._fail(message.path, _UNMAPPED)

    def _on_failed(self, message: Failed) -> None:
        for path, asked in self._asked.items():
            if asked.request_id == message.request_id:
                del self._asked[path]
                if message.error.kind not in _PASSING:
                    self._fail(path, message.error)
                self._ask_ahead()
                return

    def _map(self, message: SurfaceReady, blob: bytes) -> Preview | None:
        try:
            preview = map_preview(message, blob, self._surfaces)
        except (OSError, ValueError) as error:
            _log.warning("a surface could not be mapped: %s", error)
            return None
        finally:
            if message.surface_path:
                self._client.send(SurfaceMapped(surface_id=message.surface_id))
        return preview

    def _take(self, preview: Preview) -> None:
        path = preview.path
        known = self._previews.get(path)
        if preview.quality != "embedded":
            del self._asked[path]
            self._errors.pop(path, None)
        if known is None or preview.is_better_than(known):
            self._previews[path] = preview
            self._previews.move_to_end(path)
            self._make_room()
        for wanted in self._wanted:
            if wanted.path == path:
                self.ready.emit(dataclasses.replace(preview, request_id=wanted.request_id))
                break
        self._ask_ahead()

    def _fail(self, path: bytes, error: ErrorInfo) -> None:
        self._errors[path] = error
        if any(path == wanted.path for wanted in self._wanted):
            self.failed.emit(path, error)

    def _make_room(self) -> None:
        """Let go of full pixels that are not on show, then of what was not shown for longest."""
        shown = {wanted.path for wanted in self._wanted}
        next_ones = set(self._ahead[0])
        used = sum(each.image.sizeInBytes() for each in self._previews.values())
        order = [path for path in self._previews if path not in shown | next_ones]
        for path in [*order, *(path for path in self._previews if path in next_ones - shown)]:
            if used <= self._budget_bytes:
                return
            used -= self._previews.pop(path).image.sizeInBytes()
