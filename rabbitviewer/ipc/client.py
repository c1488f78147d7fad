"""The window's end of the socket: requests out, replies and events in, without ever waiting."""

from __future__ import annotations

import logging
import os
import time
from collections import deque
from collections.abc import Callable

import msgspec
from PySide6.QtCore import QObject, QTimer, Signal
from shiboken6 import isValid

from daemon.protocol.endpoint import Folders, build_id
from daemon.protocol.errors import ErrorInfo, ErrorKind, RabbitError
from daemon.protocol.framing import Frame, FrameReader, FramingError, pack
from daemon.protocol.messages import (
    PROTOCOL_VERSION,
    CancelRequests,
    Failed,
    FolderChunk,
    FolderClose,
    FolderOpen,
    Hello,
    Message,
    PreviewRequest,
    ShutdownRequest,
    SurfaceMapped,
    SurfaceReady,
    ThumbnailReady,
    Welcome,
    decode_reply,
    encode,
)
from rabbitviewer.ipc.early import EarlyConnection
from rabbitviewer.ipc.launcher import start_daemon
from rabbitviewer.ipc.stream import DaemonStream

_log = logging.getLogger(__name__)

Answered = Callable[[Message, bytes], None]

_ONE_WAY = (CancelRequests, FolderClose, SurfaceMapped)
_SAME_BOX_PX = 8
_FIRST_PAUSE_MS = 20.0
_PAUSE_MS = 250
_LONG_PAUSE_MS = 2000
_TRIES_BEFORE_PROBLEM = 20
_TRIES_PER_START = 40
_TURN_S = 0.012


class DaemonClient(QObject):
    """Sends requests and hands out replies; starts the daemon when absent, reconnects when lost.

    A request sent while there is no connection, or whose connection is lost before its answer,
    is answered by a :class:`Failed` of kind ``daemon_unavailable``: no request stays unanswered.

    Attributes:
        problem: Why there is no connection, once it took long enough to be worth a word.
        welcome: What the daemon said of itself; None while there is no connection.

    Signals:
        replied: a reply or an event (:class:`Message`) and its blob arrived.
        connected: the daemon welcomed us; models ask for what they need.
        disconnected: the connection is lost; it is being made again.
        problem_changed: ``problem`` is another one.
        version_differs: a busy daemon of another build answered (:class:`Welcome`); with another
            protocol it is not spoken to until :meth:`replace_daemon` is called.
    """

    replied = Signal(object, bytes)
    connected = Signal()
    disconnected = Signal()
    problem_changed = Signal()
    version_differs = Signal(object)

    def __init__(
        self,
        folders: Folders,
        parent: QObject | None = None,
        *,
        launch: Callable[[Folders], object] = start_daemon,
        trace: bool = False,
        early: EarlyConnection | None = None,
    ) -> None:
        """Prepare; :meth:`start` connects.

        Args:
            folders: Where the daemon listens.
            parent: Qt's owner.
            launch: Starts a daemon and returns at once.
            trace: Ask the daemon for its trace events.
            early: A connection that is being made already.
        """
        super().__init__(parent)
        self.problem: ErrorInfo | None = None
        self.welcome: Welcome | None = None
        self._folders = folders
        self._launch = launch
        self._trace = trace
        self._early = early
        self._asked_early: dict[int, Message] = {}
        self._stream: DaemonStream | None = None
        self._reader = FrameReader()
        self._frames: deque[Frame] = deque()
        self._later = QTimer(self, singleShot=True, interval=0)
        self._later.timeout.connect(self._take_frames)
        self._last_id = len(early.requests) if early is not None else 0
        self._waiting: dict[int, Answered | None] = {}
        self._tries = 0
        self._process: object = None
        self._replaced = False
        self._closing = False
        self._retry = QTimer(self, singleShot=True)
        self._retry.timeout.connect(self._open)

    @property
    def is_connected(self) -> bool:
        """Whether requests reach a daemon."""
        return self.welcome is not None

    def start(self) -> None:
        """Connect, starting the daemon when none answers; returns at once."""
        self._closing = False
        self._retry.start(0)

    def close(self) -> None:
        """Leave; jobs go on in the daemon."""
        self._closing = True
        self._retry.stop()
        if self._stream is not None:
            self._stream.close()

    def send(self, message: Message, answered: Answered | None = None) -> int:
        """Send *message* under a new id.

        Args:
            message: A request.
            answered: Called with every answer to it (thumbnails have up to two) and its blob,
                before ``replied`` is emitted.

        Returns:
            The request's id, which its answers repeat.
        """
        for early_id, asked in self._asked_early.items():
            if self.welcome is not None and _is_same(asked, message):
                del self._asked_early[early_id]
                self._waiting[early_id] = answered
                return early_id
        self._last_id += 1
        request = msgspec.structs.replace(message, request_id=self._last_id)
        if not isinstance(message, _ONE_WAY):
            self._waiting[self._last_id] = answered
        if self._stream is None or self.welcome is None:
            QTimer.singleShot(0, self, lambda: self._fail({request.request_id}))
            return self._last_id
        if isinstance(message, CancelRequests):
            for request_id in message.request_ids:
                self._waiting.pop(request_id, None)
        self._stream.write(pack(Frame(encode(request))))
        return self._last_id

    def replace_daemon(self) -> None:
        """End the daemon of another version by force and start ours; its jobs resume there."""
        if self._stream is not None:
            self._write_unasked(ShutdownRequest(force=True))

    # ------------------------------------------------------------ connecting

    def _open(self) -> None:
        if self._closing:
            return
        self._tries += 1
        self._reader = FrameReader()
        stream = DaemonStream(self._folders, self)
        self._stream = stream
        stream.opened.connect(self._on_opened)
        stream.received.connect(self._on_received)
        stream.closed.connect(self._on_closed)
        early, self._early = self._early, None
        descriptor = -1 if early is None else early.take()
        if early is None or descriptor < 0:
            stream.open()
            return
        self._asked_early = early.requests
        stream.adopt(descriptor)

    def _start_process(self) -> None:
        try:
            self._process = self._launch(self._folders)
        except RabbitError as error:
            self._set_problem(error.info)

    def _on_opened(self) -> None:
        self._write_unasked(
            Hello(
                protocol_version=PROTOCOL_VERSION,
                build_id=build_id(),
                client="window",
                pid=os.getpid(),
                trace=self._trace,
            )
        )

    def _write_unasked(self, message: Message) -> None:
        if self._stream is not None:
            self._stream.write(pack(Frame(encode(message))))

    def _on_closed(self) -> None:
        while self._frames and self.welcome is not None:
            self._take_frames()
        self._frames.clear()
        if self._stream is not None:
            self._stream.deleteLater()
            self._stream = None
        was_connected = self.welcome is not None
        self.welcome = None
        self._asked_early = {}
        self._fail(set(self._waiting))
        if was_connected:
            self._tries = 0
            self.disconnected.emit()
        if self._closing:
            return
        if self._tries % _TRIES_PER_START == 1:
            self._start_process()
        if self._tries >= _TRIES_BEFORE_PROBLEM and self.problem is None:
            self._set_problem(_no_daemon(self._folders))
        self._retry.start(_pause_ms(self._tries))

    def _on_welcome(self, welcome: Welcome) -> None:
        same_build = welcome.build_id == build_id()
        same_protocol = welcome.protocol_version == PROTOCOL_VERSION
        idle = not welcome.open_jobs and not welcome.other_clients
        if not (same_build and same_protocol):
            if idle and not self._replaced:
                self._replaced = True
                self._write_unasked(ShutdownRequest())
                return
            self.version_differs.emit(welcome)
            if not same_protocol:
                return
        self._tries = 0
        self.welcome = welcome
        self._set_problem(None)
        self.connected.emit()
        self._drop_unclaimed()

    def _drop_unclaimed(self) -> None:
        """Give up what was asked before the window was there, and was not asked for since."""
        unclaimed, self._asked_early = self._asked_early, {}
        if unclaimed:
            self.send(CancelRequests(request_ids=tuple(unclaimed)))
        for request in unclaimed.values():
            if isinstance(request, FolderOpen):
                self.send(FolderClose(listing_id=request.listing_id))

    def _set_problem(self, problem: ErrorInfo | None) -> None:
        if problem != self.problem:
            self.problem = problem
            self.problem_changed.emit()

    # ------------------------------------------------------------ hearing

    def _on_received(self, data: bytes) -> None:
        try:
            self._frames.extend(self._reader.feed(data))
        except FramingError as error:
            self._give_up(error)
        if not self._later.isActive():
            self._take_frames()

    def _take_frames(self) -> None:
        """Hand out what arrived; when there is very much, the window lives in between."""
        until_s = time.monotonic() + _TURN_S
        try:
            while self._frames:
                frame = self._frames.popleft()
                self._take(decode_reply(frame.header), frame.blob)
                if self._frames and time.monotonic() > until_s:
                    self._later.start()
                    return
        except msgspec.DecodeError as error:
            self._frames.clear()
            self._give_up(error)

    def _give_up(self, error: Exception) -> None:
        _log.warning("the daemon sent what is no message: %s", error)
        if self._stream is not None:
            self._stream.abort()

    def _take(self, message: Message, blob: bytes) -> None:
        if isinstance(message, Welcome):
            self._on_welcome(message)
            return
        if self.welcome is None:
            return
        self._answer(message, blob)

    def _answer(self, message: Message, blob: bytes) -> None:
        request_id = message.request_id
        if request_id:
            answered = self._waiting.get(request_id)
            if _is_last(message):
                self._waiting.pop(request_id, None)
            if answered is not None and not _is_gone(answered):
                answered(message, blob)
        self.replied.emit(message, blob)

    def _fail(self, request_ids: set[int]) -> None:
        for request_id in sorted(request_ids & self._waiting.keys()):
            self._answer(Failed(request_id=request_id, error=_no_daemon(self._folders)), b"")


def _is_gone(answered: Answered) -> bool:
    """Return whether the widget or model that asked was deleted meanwhile."""
    asker = getattr(answered, "__self__", None)
    return isinstance(asker, QObject) and not isValid(asker)


def _is_same(early: Message, message: Message) -> bool:
    """Return whether *early* asked for what *message* does, give or take a few pixels of a box."""
    if isinstance(early, PreviewRequest) and isinstance(message, PreviewRequest):
        wider = abs(early.max_width_px - message.max_width_px)
        higher = abs(early.max_height_px - message.max_height_px)
        return early.path == message.path and max(wider, higher) <= _SAME_BOX_PX
    return early == message


def _is_last(message: Message) -> bool:
    match message:
        case FolderChunk():
            return message.last
        case ThumbnailReady():
            return message.stage == "final"
        case SurfaceReady():
            return message.quality != "embedded"
        case _:
            return True


def _pause_ms(tries: int) -> int:
    """Return how long to wait: short while a daemon is starting, long once none comes."""
    if tries >= _TRIES_BEFORE_PROBLEM:
        return _LONG_PAUSE_MS
    return round(min(_FIRST_PAUSE_MS * 1.5**tries, _PAUSE_MS))


def _no_daemon(folders: Folders) -> ErrorInfo:
    return ErrorInfo(
        ErrorKind.DAEMON_UNAVAILABLE,
        "RabbitViewer's daemon does not answer.",
        f"It is being started again. Its log is {folders.log_file}.",
    )
