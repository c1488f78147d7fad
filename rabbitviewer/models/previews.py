"""Pixels of the photo view: the photo that is looked at, and its neighbours before they are."""

from __future__ import annotations

import dataclasses
import logging
import time
from collections import OrderedDict
from collections.abc import Iterable, Sequence

from PySide6.QtCore import QObject, QTimer, Signal

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
from rabbitviewer.models.held import HeldPreviews
from rabbitviewer.models.pace import Pace
from rabbitviewer.models.preview import Box, Preview, map_preview

_AHEAD_AT_ONCE = 2
_REST_MS = 90
_FULL = (0, 0)
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
    since_s: float
    request_id: int = 0


@dataclasses.dataclass
class _Wanted:
    path: bytes
    box: Box
    request_id: int = 0


class PreviewStore(QObject):
    """Gets pixels for whatever shows photos large, and holds those of the neighbours ready.

    Every viewer wants one photo at a time. While somebody hurries through a folder, one or two
    requests are under way and no more, for photos that will be on show when the answers come (see
    :class:`Pace`); the photo at which the user comes to rest is asked for at once.

    Signals:
        ready: a stage of a wanted photo is there (:class:`Preview`).
        failed: a wanted photo cannot be shown (its path, :class:`ErrorInfo`).
        outdated: files changed: what there was of them is no longer true (a set of paths).
    """

    ready = Signal(object)
    failed = Signal(bytes, object)
    outdated = Signal(object)

    def __init__(
        self,
        client: DaemonClient,
        folders: Folders,
        parent: QObject | None = None,
        *,
        budget_bytes: int = 256 << 20,
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
        self._held = HeldPreviews(budget_bytes)
        self._errors: dict[bytes, ErrorInfo] = {}
        self._asked: OrderedDict[bytes, _Asked] = OrderedDict()
        self._wanted: dict[str, _Wanted] = {}
        self._ahead: tuple[Sequence[bytes], Box] = ((), (0, 0))
        self._whole: Sequence[bytes] = ()
        self._profile = ""
        self._hurried = False
        self._pace = Pace()
        self._last_hit = 0
        self._rest = QTimer(self, singleShot=True, interval=_REST_MS)
        self._rest.timeout.connect(self.rest)
        client.connected.connect(self._ask_again)
        client.replied.connect(self._on_replied)

    @property
    def is_waiting(self) -> bool:
        """Whether something on the screen is still to come."""
        return any(self._lacks(each.path, each.box) for each in self._wanted.values())

    def preview(self, path: bytes) -> Preview | None:
        """Return the best there is of *path*; None: nothing yet."""
        return self._held.best(path)

    @property
    def profile(self) -> str:
        """Id of the monitor's profile whose colours pixels are asked for in; empty: sRGB."""
        return self._profile

    @property
    def is_quick(self) -> bool:
        """Whether pixels come as fast as a hurrying user goes on."""
        now_s = time.monotonic()
        waited_s = [now_s - asked.since_s for asked in self._asked.values()]
        return self._pace.is_quick(max(waited_s, default=0.0))

    def set_budget_mb(self, megabytes: int) -> None:
        """Keep that many megabytes of pixels from now on."""
        self._held.budget_bytes = megabytes << 20
        self._make_room()

    def set_profile(self, profile: str) -> None:
        """Ask for pixels of another monitor profile from now on, and anew for what is on show."""
        if profile != self._profile:
            self._profile = profile
            self.forget([*self._held.paths(), *self._asked])

    def want(
        self,
        path: bytes,
        width_px: int,
        height_px: int,
        *,
        viewer: str = "",
        hurried: bool = False,
    ) -> int:
        """Ask for a photo to show now, in a box (0 x 0: full size).

        Pixels that are there already are given at once, before this returns. Work for photos that
        no viewer wants any more is dropped, unless they are to be held ready.

        Args:
            path: The photo.
            width_px: Width of the box, device pixels.
            height_px: Its height.
            viewer: Who shows it; every viewer shows one photo.
            hurried: The user may be gone on before it is there.

        Returns:
            The request's id, below 0 where nothing had to be asked now; the same as before while
            the same is on its way. All pixels that answer it carry it.
        """
        box = (width_px, height_px)
        last = self._wanted.get(viewer)
        if last is not None and (last.path, last.box) == (path, box) and path in self._asked:
            return last.request_id
        wanted = _Wanted(path, box)
        self._wanted[viewer] = wanted
        self._hurry(hurried=hurried)
        known, error = self._held.best(path), self._errors.get(path)
        if known is not None and not self._held.lacks(path, box):
            self._cancel_unwanted()
            wanted.request_id = self._next_hit()
            self._ask_ahead()
        elif error is not None:
            self._cancel_unwanted()
            self.failed.emit(path, error)
            return 0
        elif hurried and not self._pace.comes_in_time(len(self._asked)):
            wanted.request_id = self._next_hit()
        else:
            self._cancel_unwanted()
            wanted.request_id = self._ask(path, self._box_of(path), "visible")
        if known is not None:
            self._held.touch(path)
            self.ready.emit(dataclasses.replace(known, request_id=wanted.request_id))
        return wanted.request_id

    def let_go(self, viewer: str) -> None:
        """*viewer* shows no photo any more."""
        if self._wanted.pop(viewer, None) is not None:
            self._cancel_unwanted()
            self._make_room()

    def _hurry(self, *, hurried: bool) -> None:
        self._hurried = hurried
        if hurried:
            self._pace.step()
            self._rest.start()
        else:
            self._pace.stand()
            self._rest.stop()

    def rest(self) -> None:
        """The user stays: what was passed is dropped, and the photo on show is asked for."""
        if self._hurried:
            self._hurry(hurried=False)
            self._cancel_unwanted()
            self._ask_wanted()
            self._ask_ahead()

    def look_ahead(
        self,
        paths: Sequence[bytes],
        width_px: int,
        height_px: int,
        *,
        whole: Sequence[bytes] = (),
    ) -> None:
        """Hold these photos ready, the most probable next one first.

        Args:
            paths: The photos.
            width_px: Width of the box they will be shown in.
            height_px: Its height.
            whole: Those of them that will be looked at closely: with all their pixels, where
                there is room for that.
        """
        self._ahead = (tuple(paths), (width_px, height_px))
        self._whole = tuple(whole)
        self._cancel_unwanted()
        self._ask_ahead()

    def forget(self, paths: Iterable[bytes]) -> None:
        """These files changed or are gone; what is on show is asked for anew."""
        changed = set(paths)
        self._cancel(changed & self._asked.keys())
        for path in changed:
            self._held.drop(path)
            self._errors.pop(path, None)
        self.outdated.emit(changed)
        self._ask_wanted()
        self._ask_ahead()

    # ------------------------------------------------------------ asking

    def _ask(self, path: bytes, box: Box, priority: str) -> int:
        known = self._asked.get(path)
        urgent_enough = known is not None and priority in (known.priority, "near")
        if known is not None and known.box == box and urgent_enough:
            return known.request_id
        asked = _Asked(box, priority, time.monotonic())
        request = PreviewRequest(
            path=WirePath(path),
            max_width_px=box[0],
            max_height_px=box[1],
            priority=priority,
            profile=self._profile,
        )
        self._asked[path] = asked
        asked.request_id = self._client.send(request)
        if known is not None:
            self._client.send(CancelRequests(request_ids=(known.request_id,)))
        return asked.request_id

    def _ask_wanted(self) -> None:
        """Ask for what viewers want and lack."""
        for path in {each.path for each in self._wanted.values()}:
            box = self._box_of(path)
            if self._lacks(path, box):
                self._ask(path, box, "visible")

    def _ask_ahead(self) -> None:
        """Ask for the next neighbours, after what is on show; few at a time."""
        paths, box = self._ahead
        at_once = _AHEAD_AT_ONCE
        if self._hurried:
            paths, at_once = paths[self._pace.lead :], self._pace.ahead_at_once()
        elif self._is_visible_under_way():
            return
        if not self._client.is_connected:
            return
        for path in paths:
            if len(self._asked) >= at_once:
                return
            if path not in self._asked and self._lacks(path, box):
                self._ask(path, box, "near")
        if not self._asked and not self._hurried:
            self._ask_whole()

    def _ask_whole(self) -> None:
        """Ask for all pixels of the next photo that is to be held with them."""
        for path in self._whole:
            if self._lacks(path, _FULL) and self._held.has_room_for_all_of(path):
                self._ask(path, _FULL, "near")
                return

    def _box_of(self, path: bytes) -> Box:
        """Return the box that serves all who want *path*."""
        boxes = [each.box for each in self._wanted.values() if each.path == path]
        if not all(map(all, boxes)):
            return 0, 0
        return max(width for width, _ in boxes), max(height for _, height in boxes)

    def _lacks(self, path: bytes, box: Box) -> bool:
        return path not in self._errors and self._held.lacks(path, box)

    def _is_visible_under_way(self) -> bool:
        return any(asked.priority == "visible" for asked in self._asked.values())

    def _next_hit(self) -> int:
        self._last_hit -= 1
        return self._last_hit

    def _ask_again(self) -> None:
        self._ask_wanted()
        self._ask_ahead()

    def _cancel_unwanted(self) -> None:
        if self._hurried:
            return
        kept = {each.path for each in self._wanted.values()} | set(self._ahead[0])
        self._cancel([path for path in self._asked if path not in kept])

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
                    self._ask_wanted()
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
        asked = self._asked[path]
        if preview.quality != "embedded":
            del self._asked[path]
            self._errors.pop(path, None)
            if all(asked.box):
                self._pace.answered(time.monotonic() - asked.since_s)
        if self._held.take(preview, asked.box):
            self._make_room()
        best = self._held.best(path) or preview
        wanted = next((each for each in self._wanted.values() if each.path == path), None)
        if wanted is not None:
            self.ready.emit(dataclasses.replace(best, request_id=wanted.request_id))
        if preview.quality != "embedded" and not self._hurried:
            self._ask_wanted()
        self._ask_ahead()

    def _fail(self, path: bytes, error: ErrorInfo) -> None:
        self._errors[path] = error
        if any(path == wanted.path for wanted in self._wanted.values()):
            self.failed.emit(path, error)

    def _make_room(self) -> None:
        shown = {wanted.path for wanted in self._wanted.values()}
        self._held.make_room(shown, self._ahead[0])
