"""Changes that look at a whole mask or photo: worked out by the daemon, taken over here."""

from __future__ import annotations

import dataclasses
import logging
import mmap
from collections.abc import Callable
from pathlib import Path

import msgspec
from PySide6.QtCore import QObject, QRect, QThreadPool, Signal

from daemon.protocol.endpoint import Folders
from daemon.protocol.errors import ErrorInfo, ErrorKind, RabbitError
from daemon.protocol.messages import (
    CancelRequests,
    Failed,
    MaskChange,
    MaskChanged,
    Message,
    SurfaceMapped,
    WirePath,
)
from rabbitviewer.ipc.client import DaemonClient
from rabbitviewer.ipc.drop import DropFolder
from rabbitviewer.models.mask_files import map_answer
from rabbitviewer.models.masks import MaskModel, Painting
from rabbitviewer.models.paint_choices import Mode

Writer = Callable[[DropFolder], WirePath]
REPLACING = ("grow", "shrink", "feather", "smooth", "fill_holes")
_NOTHING, _ONE = bytes(1), QRect(0, 0, 1, 1)
_UNMAPPED = ErrorInfo(
    ErrorKind.UNREADABLE,
    "What was worked out for the mask did not arrive.",
    "Check that there is room on the drive that holds the cache folder, and try again.",
)

_log = logging.getLogger(__name__)


@dataclasses.dataclass(frozen=True)
class Wanted:
    """One change.

    Attributes:
        request: What the daemon is asked; its session is filled in.
        mode: How a selection combines with the mask; those of ``REPLACING`` know their own way.
        write: Puts a picture that is no file yet into the drop folder, off the window's thread.
    """

    request: MaskChange
    mode: Mode = "add"
    write: Writer | None = None

    @property
    def name(self) -> str:
        """Which change it is."""
        return self.request.change

    @property
    def replaces(self) -> bool:
        """Whether it reworks what is painted; nothing may be painted meanwhile."""
        return self.name in REPLACING


class MaskChanges(QObject):
    """Runs one change at a time.

    Signals:
        running_changed: a change began or ended.
        failed: it could not be done (:class:`ErrorInfo`).
        refused: a picture does not fit (:class:`Wanted`, :class:`ErrorInfo`); it could be resized.
    """

    running_changed = Signal()
    failed = Signal(object)
    refused = Signal(object, object)
    _was_dropped = Signal(int, object)
    _was_mapped = Signal(int, object, object)

    def __init__(
        self,
        client: DaemonClient,
        folders: Folders,
        masks: MaskModel,
        parent: QObject | None = None,
    ) -> None:
        """Prepare.

        Args:
            client: The connection.
            folders: Answers are taken from the cache folder alone.
            masks: What is painted.
            parent: Qt's owner.
        """
        super().__init__(parent)
        self._client = client
        self._masks = masks
        self._drop = DropFolder(folders)
        self._surfaces = folders.cache / "surfaces"
        self._running: Wanted | None = None
        self._turn = 0
        self._request_id = 0
        self._threads = QThreadPool(self)
        self._threads.setMaxThreadCount(1)
        self._was_dropped.connect(self._on_dropped)
        self._was_mapped.connect(self._on_mapped)
        masks.closed.connect(self.cancel)

    @property
    def running(self) -> Wanted | None:
        """The change that is being worked out."""
        return self._running

    @property
    def blocks(self) -> bool:
        """Whether nothing may be painted until it is done."""
        return self._running is not None and self._running.replaces

    def run(self, wanted: Wanted) -> bool:
        """Begin a change; returns at once, False where another one runs or nothing is painted."""
        if self._running is not None or self._masks.painting is None:
            return False
        self._turn += 1
        self._running = wanted
        turn, drop, write = self._turn, self._drop, wanted.write
        if write is not None:
            self._threads.start(lambda: self._was_dropped.emit(turn, _put(drop, write)))
        else:
            self._send(wanted.request)
        self.running_changed.emit()
        return True

    def cancel(self) -> None:
        """Do without the change that is being worked out."""
        if self._running is not None:
            self._turn += 1
            if self._request_id and self._client.is_connected:
                self._client.send(CancelRequests(request_ids=(self._request_id,)))
            self._end()

    def _end(self) -> None:
        self._running = None
        self._request_id = 0
        self.running_changed.emit()

    def _on_dropped(self, turn: int, put: object) -> None:
        running = self._running
        if turn != self._turn or running is None:
            return
        if isinstance(put, ErrorInfo):
            self._fail(put)
        else:
            self._send(_with(running.request, path=put, take=True))

    def _send(self, request: MaskChange) -> None:
        painting = self._masks.painting
        if painting is None:
            return
        turn = self._turn

        def on_answer(answer: Message, _blob: bytes) -> None:
            self._on_answer(turn, painting, answer)

        sent = _with(request, session_id=painting.session_id)
        self._request_id = self._client.send(sent, on_answer)

    def _on_answer(self, turn: int, painting: Painting, answer: Message) -> None:
        here = turn == self._turn and painting is self._masks.painting
        if isinstance(answer, MaskChanged) and answer.surface_path:
            if not here:
                self._client.send(SurfaceMapped(surface_id=answer.surface_id))
                return
            folder = self._surfaces
            self._threads.start(lambda: self._was_mapped.emit(turn, answer, _map(answer, folder)))
        elif here and isinstance(answer, MaskChanged):
            self._take(painting, answer, None)
        elif here and isinstance(answer, Failed):
            self._fail(answer.error)

    def _fail(self, error: ErrorInfo) -> None:
        running = self._running
        self._end()
        if running is not None and is_wrong_size(running, error):
            self.refused.emit(running, error)
        else:
            self.failed.emit(error)

    def _on_mapped(self, turn: int, answer: MaskChanged, values: object) -> None:
        self._client.send(SurfaceMapped(surface_id=answer.surface_id))
        painting = self._masks.painting
        if turn != self._turn or painting is None:
            return
        if isinstance(values, mmap.mmap):
            self._take(painting, answer, values)
        else:
            self._fail(_UNMAPPED)

    def _take(self, painting: Painting, answer: MaskChanged, values: mmap.mmap | None) -> None:
        running = self._running
        if running is None:
            return
        self._end()
        box = QRect(answer.left_px, answer.top_px, answer.width_px, answer.height_px)
        if not running.replaces:
            painting.editing.apply_values(values or _NOTHING, box if values else _ONE, running.mode)
        elif values is not None:
            painting.editing.replace_values(values, box)


def resized(wanted: Wanted) -> Wanted:
    """Return *wanted* with leave to fit a picture of another size."""
    return dataclasses.replace(wanted, request=_with(wanted.request, resize=True))


def is_wrong_size(wanted: Wanted, error: ErrorInfo) -> bool:
    """Whether a picture was refused for its size alone."""
    from_file = wanted.name == "file" and not wanted.request.resize
    return from_file and error.kind == ErrorKind.INVALID_REQUEST and " x " in error.message


def _with(request: MaskChange, **fields: object) -> MaskChange:
    return msgspec.structs.replace(request, **fields)


def _put(drop: DropFolder, write: Writer) -> object:
    """Return the path of a picture in the drop folder, or why it is not there."""
    try:
        return write(drop)
    except RabbitError as error:
        return error.info


def _map(answer: MaskChanged, folder: Path) -> mmap.mmap | None:
    try:
        return map_answer(answer.surface_path, answer.width_px, answer.height_px, folder)
    except (OSError, ValueError) as error:
        _log.warning("a change of a mask could not be mapped: %s", error)
        return None
