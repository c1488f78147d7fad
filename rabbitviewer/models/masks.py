"""The mask that is painted in this window: opened, saved and closed with the daemon."""

from __future__ import annotations

import dataclasses
import logging
from pathlib import Path
from typing import TYPE_CHECKING, cast

from PySide6.QtCore import QObject, QRect, QThreadPool, QTimer, Signal

from daemon.protocol import messages
from daemon.protocol.endpoint import Folders
from daemon.protocol.errors import ErrorInfo, ErrorKind
from daemon.protocol.messages import Failed, MaskOpened, Message, PoolManifest
from rabbitviewer.ipc.client import DaemonClient
from rabbitviewer.models.mask_files import OpenedValues, load_engine, open_values
from rabbitviewer.models.mask_saving import AGAIN_MS, MaskSaving

if TYPE_CHECKING:
    from rabbitviewer.paint.buffer import MaskBuffer
    from rabbitviewer.paint.editing import MaskEditing

UNDO_MB = 256
_AWAY = ErrorKind.DAEMON_UNAVAILABLE
_FINAL = (ErrorKind.NOT_FOUND, ErrorKind.INVALID_REQUEST)
_UNMAPPED = ErrorInfo(
    ErrorKind.UNREADABLE,
    "The mask cannot be opened for painting.",
    "Check that the data folder is on a drive of this computer with room on it.",
)

_log = logging.getLogger(__name__)


@dataclasses.dataclass
class Painting:
    """One mask while it is painted.

    Attributes:
        slot: Its slot.
        pool_id: Its pool.
        path: The photo.
        width_px: Of the upright photo.
        height_px: As above.
        editing: What changes its values, and undoes.
        identity: Device and inode of the file they stand in.
        session_id: The daemon's name for it; 0: the daemon is away.
        is_loaded: All of it was looked at: whether it is empty is known.
    """

    slot: str
    pool_id: str
    path: bytes
    width_px: int
    height_px: int
    editing: MaskEditing
    identity: tuple[int, int]
    session_id: int = 0
    is_loaded: bool = False


class MaskModel(QObject):
    """Opens a slot's mask, keeps it saved while it is painted, and closes it.

    What is painted stands in a file that the daemon shares: it outlives both. Saving is a request
    without pixels. When the daemon was away, the painting is opened again and goes on.

    Attributes:
        undo_mb: What undo steps may take in memory, from the next mask on.

    Signals:
        opening: a mask was asked for.
        opened: a mask can be painted.
        closed: no mask is painted any more.
        saved: the daemon wrote a mask (its :class:`PoolManifest`).
        failed: something could not be done (:class:`ErrorInfo`).
        empty_changed: the mask got its first white, or lost its last one (whether it is empty).
        changed: values changed (a QRect of the photo's pixels).
        refreshed: nothing changed, but more of the mask can be drawn (a QRect).
        history_changed: other steps can be undone or done again.
    """

    opening = Signal()
    opened = Signal()
    closed = Signal()
    saved = Signal(object)
    failed = Signal(object)
    empty_changed = Signal(bool)
    changed = Signal(QRect)
    refreshed = Signal(QRect)
    history_changed = Signal()
    _was_mapped = Signal(int, object)

    def __init__(
        self, client: DaemonClient, folders: Folders, parent: QObject | None = None
    ) -> None:
        """Prepare; nothing is asked for and nothing loaded before :meth:`open`.

        Args:
            client: The connection.
            folders: Paintings are taken from the data folder alone.
            parent: Qt's owner.
        """
        super().__init__(parent)
        self._client = client
        self._folder = folders.data / "pools"
        self._spill = folders.cache / "undo"
        self.undo_mb = UNDO_MB
        self._wanted: tuple[str, str] | None = None
        self._turn = 0
        self._answer: MaskOpened | None = None
        self._painting: Painting | None = None
        self._leaving: dict[int, tuple[str, str]] = {}
        self._empty = True
        self._saving = MaskSaving(client, self)
        self._saving.saved.connect(self.saved)
        self._saving.failed.connect(self._on_save_failed)
        self._threads = QThreadPool(self)
        self._threads.setMaxThreadCount(1)
        self._was_mapped.connect(self._on_mapped)
        client.connected.connect(self._on_connected)
        client.disconnected.connect(self._on_disconnected)

    # ------------------------------------------------------------ what is painted

    @property
    def is_painting(self) -> bool:
        """Whether a mask can be painted now."""
        return self._painting is not None

    @property
    def is_opening(self) -> bool:
        """Whether a mask was asked for and is not there yet."""
        return self._wanted is not None and self._painting is None

    @property
    def painting(self) -> Painting | None:
        """The mask that is painted."""
        return self._painting

    @property
    def editing(self) -> MaskEditing | None:
        """What changes it."""
        return self._painting.editing if self._painting else None

    @property
    def buffer(self) -> MaskBuffer | None:
        """Its values."""
        return self._painting.editing.buffer if self._painting else None

    @property
    def slot(self) -> str:
        """The slot that is painted, or is about to be; empty: none."""
        if self._painting is not None:
            return self._painting.slot
        return self._wanted[0] if self._wanted else ""

    @property
    def pool_id(self) -> str:
        """The pool of that slot."""
        if self._painting is not None:
            return self._painting.pool_id
        return self._wanted[1] if self._wanted else ""

    @property
    def is_empty(self) -> bool:
        """Whether the mask that is painted is black everywhere; False until it is known."""
        return self._empty

    @property
    def save_problem(self) -> ErrorInfo | None:
        """Why the mask could not be saved last; None: it could."""
        return self._saving.problem

    @property
    def is_saved(self) -> bool:
        """Whether the daemon has written all that is painted."""
        return self._saving.is_saved and not self._leaving

    # ------------------------------------------------------------ opening and closing

    def prepare(self) -> None:
        """A mask will be opened: load what paints, in another thread."""
        self._threads.start(load_engine)

    def open(self, slot: str, pool_id: str) -> None:
        """Begin to paint a slot's mask; what was painted before is saved and closed."""
        if (slot, pool_id) == (self.slot, self.pool_id):
            return
        self.close()
        self._wanted = (slot, pool_id)
        self.prepare()
        self.opening.emit()
        if self._wanted not in self._leaving.values():
            self._ask()

    def close(self) -> None:
        """Save and end the painting."""
        self._turn += 1
        was_painting, self._painting = self._painting, None
        if self._answer is not None:
            self._leaving[self._answer.session_id] = (self._answer.slot, self._answer.pool_id)
            self._leave(self._answer.session_id)
        self._answer = None
        if was_painting is not None:
            self._let_go(was_painting)
        self._saving.end()
        if self._wanted is not None:
            self._wanted = None
            self.closed.emit()

    def save(self) -> None:
        """Let the daemon write what is painted so far; nothing waits for it."""
        self._saving.save()

    def finish(self) -> None:
        """Save and end the painting, all that is left to be painted first: the window closes."""
        if self._painting is not None:
            self._painting.editing.finish()
        self.close()

    def _let_go(self, painting: Painting) -> None:
        """End a painting as soon as what was asked for is painted."""
        editing, session_id = painting.editing, painting.session_id
        editing.blockSignals(True)
        if session_id:
            self._leaving[session_id] = (painting.slot, painting.pool_id)

        def leave() -> None:
            # not inside its own work
            QTimer.singleShot(0, editing, editing.close)
            QTimer.singleShot(0, editing, editing.deleteLater)
            if session_id in self._leaving:
                self._leave(session_id)

        editing.when_idle(leave)

    def _leave(self, session_id: int) -> None:
        """Tell the daemon that a painting ended; again and again until it is written."""

        def on_answer(answer: Message, _blob: bytes) -> None:
            self._on_left(session_id, answer)

        self._client.send(messages.MaskClose(session_id=session_id), on_answer)

    def _on_left(self, session_id: int, answer: Message) -> None:
        left = self._leaving.pop(session_id, None)
        if isinstance(answer, PoolManifest):
            self.saved.emit(answer)
        elif isinstance(answer, Failed) and answer.error.kind != _AWAY:
            self.failed.emit(answer.error)
            if answer.error.kind == ErrorKind.DISK_FULL and left is not None:
                self._leaving[session_id] = left
                QTimer.singleShot(AGAIN_MS, self, lambda: self._leave(session_id))
        if left is not None and left == self._wanted and left not in self._leaving.values():
            self._ask()

    def _ask(self) -> None:
        if self._wanted is None:
            return
        self._turn += 1
        turn = self._turn

        def on_answer(answer: Message, _blob: bytes) -> None:
            if turn == self._turn:
                self._on_opened(answer)
            elif isinstance(answer, MaskOpened):
                self._client.send(messages.MaskClose(session_id=answer.session_id))

        slot, pool_id = self._wanted
        self._client.send(messages.MaskOpen(slot=slot, pool=pool_id), on_answer)

    def _on_opened(self, answer: Message) -> None:
        if isinstance(answer, MaskOpened):
            self._answer = answer
            turn = self._turn
            folder = self._folder
            self._threads.start(lambda: self._was_mapped.emit(turn, _map(answer, folder)))
        elif isinstance(answer, Failed):
            if self._painting is None or answer.error.kind in _FINAL:
                self._give_up(answer.error)
            elif answer.error.kind != _AWAY:
                self.failed.emit(answer.error)
                QTimer.singleShot(AGAIN_MS, self, self._on_connected)

    def _give_up(self, error: ErrorInfo) -> None:
        self.failed.emit(error)
        self.close()

    def _on_mapped(self, turn: int, values: object) -> None:
        answer = self._answer
        if turn != self._turn or answer is None:
            return
        if not isinstance(values, OpenedValues):
            self._give_up(_UNMAPPED)
            return
        self._answer = None
        if self._painting is None:
            self._begin(answer, values)
        else:
            self._go_on(answer, values)

    def _begin(self, answer: MaskOpened, values: OpenedValues) -> None:
        editing = _make_editing(values, self._spill, self.undo_mb)
        editing.setParent(self)
        editing.changed.connect(self._on_changed)
        editing.refreshed.connect(self.refreshed)
        editing.history_changed.connect(self.history_changed)
        editing.failed.connect(self._on_step_lost)
        self._painting = Painting(
            answer.slot,
            answer.pool_id,
            answer.path,
            answer.width_px,
            answer.height_px,
            editing,
            values.identity,
            answer.session_id,
        )
        self._wanted = (answer.slot, answer.pool_id)
        self._empty = False
        self.opened.emit()
        editing.when_idle(self._on_loaded)
        self._saving.begin(answer.session_id, dirty=answer.recovered)

    # ------------------------------------------------------------ the daemon away and back

    def _on_disconnected(self) -> None:
        """Paint on: what is painted stands in the file."""
        self._leaving.clear()
        if self._painting is not None:
            self._painting.session_id = 0
            self._saving.pause()
            self._turn += 1
            self._answer = None

    def _on_connected(self) -> None:
        painting = self._painting
        if self._wanted is not None and (painting is None or not painting.session_id):
            self._ask()

    def _go_on(self, answer: MaskOpened, values: OpenedValues) -> None:
        """Take the file that the daemon made anew; what was painted meanwhile goes there too."""
        painting = self._painting
        if painting is None:
            return
        if values.identity != painting.identity:
            painting.identity = values.identity
            painting.editing.rebind(values.buffer)
        painting.session_id = answer.session_id

        def save() -> None:
            if painting is self._painting:
                self._saving.begin(painting.session_id, dirty=True)

        painting.editing.when_idle(save)

    # ------------------------------------------------------------ changes and saving

    def _on_changed(self, part: QRect) -> None:
        painting = self._painting
        if painting is None:
            return
        self._saving.touch()
        self.changed.emit(part)
        if painting.is_loaded or not painting.editing.buffer.is_empty:
            self._tell_empty(painting, empty=painting.editing.buffer.is_empty)

    def _on_loaded(self) -> None:
        painting = self._painting
        if painting is not None:
            self._tell_empty(painting, empty=painting.editing.buffer.is_empty)

    def _tell_empty(self, painting: Painting, *, empty: bool) -> None:
        """Say whether there is anything in the mask, when it is known first and when it changes."""
        known, painting.is_loaded = painting.is_loaded, True
        if empty != self._empty or not known:
            self._empty = empty
            self.empty_changed.emit(empty)

    def _on_save_failed(self, error: ErrorInfo) -> None:
        """Tell it; end here what the daemon has ended, for nothing more of it would be kept."""
        self.failed.emit(error)
        painting = self._painting
        if painting is not None and error.kind in _FINAL:
            self._client.send(messages.MaskClose(session_id=painting.session_id))
            painting.session_id = 0
            self.close()

    def _on_step_lost(self, words: str) -> None:
        self.failed.emit(ErrorInfo(ErrorKind.UNREADABLE, words))


def _make_editing(values: OpenedValues, spill: Path, undo_mb: int) -> MaskEditing:
    make = cast("type[MaskEditing]", load_engine().MaskEditing)
    return make(values.buffer, spill, undo_mb)


def _map(answer: MaskOpened, folder: Path) -> OpenedValues | None:
    """Map the values that the daemon names; None: it failed."""
    try:
        return open_values(
            answer.values_path, answer.offset, answer.width_px, answer.height_px, folder
        )
    except (OSError, ValueError) as error:
        _log.warning("a mask could not be mapped: %s", error)
        return None
