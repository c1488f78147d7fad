"""A photo under a grade at the size of the screen, to be tried before anything is written."""

from __future__ import annotations

import dataclasses
import logging
from collections import OrderedDict

from PySide6.QtCore import QObject, Signal

from daemon.protocol.endpoint import Folders
from daemon.protocol.errors import ErrorKind
from daemon.protocol.looks import LookPreviewRequest
from daemon.protocol.messages import (
    CancelRequests,
    Failed,
    Message,
    SurfaceMapped,
    SurfaceReady,
    WirePath,
)
from rabbitviewer.ipc.client import DaemonClient
from rabbitviewer.models.looks import Grade
from rabbitviewer.models.preview import Box, Preview, map_preview

_KEPT_BYTES = 128 << 20
_PASSING = (ErrorKind.DAEMON_UNAVAILABLE, ErrorKind.CANCELLED)
_MORE = 1.5
_LEAST_KEPT = 3

_log = logging.getLogger(__name__)


@dataclasses.dataclass(frozen=True)
class Wanted:
    """One picture: a photo in a box under a grade."""

    path: bytes
    box: Box
    look_id: str
    job_id: str
    channels: str
    strength: float
    profile: str


class LookTrials(QObject):
    """Gets every picture once: what lies between two strengths is blended where it is painted.

    Signals:
        ready: a picture that was wanted is there.
        failed: the photo cannot be shown under the grade (``ErrorInfo``).
    """

    ready = Signal()
    failed = Signal(object)

    def __init__(
        self, client: DaemonClient, folders: Folders, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._client = client
        self._surfaces = folders.cache / "surfaces"
        self._kept: OrderedDict[Wanted, Preview] = OrderedDict()
        self._queue: tuple[Wanted, ...] = ()
        self._asked: Wanted | None = None
        self._request_id = 0
        client.connected.connect(self._on_connected)

    def want(
        self, path: bytes, grade: Grade, box: Box, profile: str, *, base: bool
    ) -> tuple[Preview | None, Preview | None, Preview | None]:
        """Return the photo without the grade, under it, and under more of it; ask for the missing.

        Args:
            path: The photo.
            grade: Above a strength of 1 its stronger picture is wanted too.
            box: What it is fitted into, device pixels.
            profile: The monitor's.
            base: Whether the photo without the grade is wanted.
        """
        strengths = (0.0 if base else None, 1.0, _MORE if grade.strength > 1 else None)
        wanted = [
            None
            if strength is None
            else Wanted(path, box, grade.look_id, grade.job_id, grade.channels, strength, profile)
            for strength in strengths
        ]
        for each in wanted:
            if each in self._kept:
                self._kept.move_to_end(each)
        first = (wanted[1], wanted[0], wanted[2])
        self._queue = tuple(each for each in first if each and each not in self._kept)
        self._ask()
        none, full, more = (self._kept.get(each) if each else None for each in wanted)
        return none, full, more

    def stop(self) -> None:
        """Nothing is tried any more."""
        self._queue = ()
        self._cancel()

    def forget(self, paths: set[bytes]) -> None:
        """These files changed."""
        for each in [each for each in self._kept if each.path in paths]:
            del self._kept[each]

    def _on_connected(self) -> None:
        self._asked, self._request_id = None, 0
        self._ask()

    def _ask(self) -> None:
        if self._asked is not None and self._asked not in self._queue:
            self._cancel()
        if self._asked is not None or not self._queue or not self._client.is_connected:
            return
        wanted = self._asked = self._queue[0]
        request = LookPreviewRequest(
            path=WirePath(wanted.path),
            max_width_px=wanted.box[0],
            max_height_px=wanted.box[1],
            look_id=wanted.look_id,
            job_id=wanted.job_id,
            strength=wanted.strength,
            channels=wanted.channels,
            profile=wanted.profile,
        )
        self._request_id = self._client.send(
            request, lambda answer, blob: self._take(wanted, answer, blob)
        )

    def _cancel(self) -> None:
        if self._asked is not None and self._client.is_connected:
            self._client.send(CancelRequests(request_ids=(self._request_id,)))
        self._asked, self._request_id = None, 0

    def _take(self, wanted: Wanted, answer: Message, blob: bytes) -> None:
        if answer.request_id != self._request_id:
            self._let_go(answer)
            return
        self._asked, self._request_id = None, 0
        if isinstance(answer, Failed):
            if answer.error.kind not in _PASSING:
                self._queue = ()
                self.failed.emit(answer.error)
            return
        self._queue = tuple(each for each in self._queue if each != wanted)
        if isinstance(answer, SurfaceReady):
            self._keep(wanted, answer, blob)
        self._ask()

    def _keep(self, wanted: Wanted, answer: SurfaceReady, blob: bytes) -> None:
        try:
            preview = map_preview(answer, blob, self._surfaces)
        except (OSError, ValueError) as error:
            _log.warning("a surface could not be mapped: %s", error)
            return
        finally:
            self._let_go(answer)
        self._kept[wanted] = preview
        used_bytes = sum(each.size_bytes for each in self._kept.values())
        while used_bytes > _KEPT_BYTES and len(self._kept) > _LEAST_KEPT:
            used_bytes -= self._kept.popitem(last=False)[1].size_bytes
        self.ready.emit()

    def _let_go(self, answer: Message) -> None:
        if isinstance(answer, SurfaceReady) and answer.surface_path:
            self._client.send(SurfaceMapped(surface_id=answer.surface_id))
