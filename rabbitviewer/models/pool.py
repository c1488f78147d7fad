"""The image pool as the window knows it: the whole manifest, as the daemon told it last."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QObject, Signal

from daemon.protocol import messages
from daemon.protocol.errors import ErrorInfo
from daemon.protocol.messages import Failed, Message, PoolManifest, WirePath
from daemon.protocol.values import PoolInfo, PoolSlot
from rabbitviewer.ipc.client import DaemonClient

Then = Callable[[PoolManifest], object]


class PoolModel(QObject):
    """One pool: what this window works with; other windows may work with others.

    Signals:
        changed: the pool is another one, or something in it is.
        failed: something could not be done (:class:`ErrorInfo`).
        repaired: what was found broken and repaired (sentences).
    """

    changed = Signal()
    failed = Signal(object)
    repaired = Signal(tuple)

    def __init__(
        self, client: DaemonClient, pool_id: str = "", parent: QObject | None = None
    ) -> None:
        """Prepare; nothing is asked before :meth:`start`.

        Args:
            client: The connection.
            pool_id: The pool this window worked with last; empty: the current one.
            parent: Qt's owner.
        """
        super().__init__(parent)
        self._client = client
        self._wanted = pool_id
        self._started = False
        self._manifest: PoolManifest | None = None
        client.replied.connect(self._on_replied)
        client.connected.connect(self._ask)

    def start(self) -> None:
        """Ask for the pool, now or as soon as there is a connection."""
        if not self._started:
            self._started = True
            if self._client.is_connected:
                self._ask()

    # ------------------------------------------------------------ what is known

    @property
    def is_known(self) -> bool:
        """Whether the daemon has told the pool."""
        return self._manifest is not None

    @property
    def pool_id(self) -> str:
        """Id of the pool; empty: not known yet."""
        return self._manifest.pool_id if self._manifest else self._wanted

    @property
    def name(self) -> str:
        """Name of the pool."""
        return self._manifest.name if self._manifest else ""

    @property
    def slots(self) -> tuple[PoolSlot, ...]:
        """Its photos in order."""
        return self._manifest.slots if self._manifest else ()

    @property
    def active(self) -> int:
        """Index of the active slot; -1: none."""
        return self._manifest.active if self._manifest else -1

    @property
    def active_slot(self) -> PoolSlot | None:
        """The active slot."""
        return self.slots[self.active] if 0 <= self.active < len(self.slots) else None

    @property
    def pools(self) -> tuple[PoolInfo, ...]:
        """All pools, by name."""
        return self._manifest.pools if self._manifest else ()

    @property
    def undo_words(self) -> str:
        """What undo would take back; empty: nothing."""
        return self._manifest.undo if self._manifest else ""

    @property
    def redo_words(self) -> str:
        """What redo would do again; empty: nothing."""
        return self._manifest.redo if self._manifest else ""

    def index_of(self, slot: str) -> int:
        """Return where a slot stands; -1: it is not there."""
        return next((i for i, each in enumerate(self.slots) if each.slot == slot), -1)

    def slot_of(self, path: bytes) -> PoolSlot | None:
        """Return the slot of a photo."""
        return next((each for each in self.slots if each.path == path), None)

    # ------------------------------------------------------------ changes

    def add(
        self,
        paths: Sequence[bytes],
        *,
        at: int = -1,
        take: bool = False,
        activate: bool = False,
        then: Then | None = None,
    ) -> None:
        """Put photos into the pool; *take*: they lie in the drop folder."""
        self._send(
            messages.PoolAdd(
                paths=tuple(WirePath(path) for path in paths),
                pool=self.pool_id,
                at=at,
                take=take,
                activate=activate,
            ),
            then,
        )

    def remove(self, slots: Sequence[str]) -> None:
        """Take slots out of the pool."""
        self._send(messages.PoolRemove(slots=tuple(slots), pool=self.pool_id))

    def activate(self, slot: str) -> None:
        """Make a slot the active one."""
        self._send(messages.PoolActive(slot=slot, pool=self.pool_id))

    def set_label(self, slot: str, label: str) -> None:
        """Give a slot a label."""
        self._send(messages.PoolLabel(label=label, slot=slot, pool=self.pool_id))

    def move(self, slots: Sequence[str], to: int) -> None:
        """Move slots so that the first stands at index *to*."""
        self._send(messages.PoolMove(to=to, slots=tuple(slots), pool=self.pool_id))

    def clear_mask(self, slot: str) -> None:
        """Take a slot's mask away."""
        self._send(messages.PoolSetMask(slot=slot, pool=self.pool_id))

    def undo(self, *, redo: bool = False) -> None:
        """Take back the newest change (*redo*: do it again)."""
        self._send(messages.PoolUndo(redo=redo, pool=self.pool_id))

    def send(self, message: Message, then: Then | None = None) -> None:
        """Send any other request that is answered by a manifest."""
        self._send(message, then)

    def use(self, pool: str) -> None:
        """Work with another pool from now on; also what clients get that name none."""
        self._send(messages.PoolUse(pool=pool))

    # ------------------------------------------------------------ what is heard

    def _ask(self) -> None:
        if self._started:
            self._send(messages.PoolList(pool=self._wanted))

    def _send(self, message: Message, then: Then | None = None) -> None:
        def on_answer(answer: Message, _blob: bytes) -> None:
            if isinstance(answer, Failed):
                self._on_failed(message, answer.error)
            elif isinstance(answer, PoolManifest):
                self._take(answer)
                if then is not None:
                    then(answer)

        self._client.send(message, on_answer)

    def _on_failed(self, message: Message, error: ErrorInfo) -> None:
        if isinstance(message, messages.PoolList) and message.pool:
            self._wanted = ""
            self._ask()
        else:
            self.failed.emit(error)

    def _on_replied(self, message: object, _blob: bytes) -> None:
        """Take an event of this pool; of other pools only their names are news."""
        known = self._manifest
        if not isinstance(message, PoolManifest) or message.request_id or known is None:
            return
        if message.pool_id != known.pool_id:
            if message.pools != known.pools:
                self._take(_with_pools(known, message.pools))
        elif message.deleted:
            self._wanted = ""
            self._ask()
        else:
            self._take(message)

    def _take(self, manifest: PoolManifest) -> None:
        self._manifest = manifest
        self._wanted = manifest.pool_id
        self.changed.emit()
        if manifest.problems:
            self.repaired.emit(manifest.problems)


def _with_pools(manifest: PoolManifest, pools: tuple[PoolInfo, ...]) -> PoolManifest:
    return PoolManifest(
        pool_id=manifest.pool_id,
        name=next((each.name for each in pools if each.pool_id == manifest.pool_id), manifest.name),
        active=manifest.active,
        slots=manifest.slots,
        pools=pools,
        undo=manifest.undo,
        redo=manifest.redo,
    )
