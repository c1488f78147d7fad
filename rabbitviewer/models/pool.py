"""The image pool as the window knows it: the whole manifest, as the daemon told it last."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import msgspec
from PySide6.QtCore import QObject, Signal

from daemon.protocol import messages
from daemon.protocol.errors import ErrorInfo, ErrorKind
from daemon.protocol.messages import Failed, Message, PoolManifest
from daemon.protocol.values import PoolInfo, PoolSlot
from rabbitviewer.ipc.client import DaemonClient
from rabbitviewer.models.path_parts import path_parts

Then = Callable[[PoolManifest], object]


class PoolModel(QObject):
    """One pool: what this window works with; other windows may work with others.

    What the user does to the active slot and to labels shows at once; the daemon's answer confirms
    it or, when it fails, the pool is asked for anew.

    Signals:
        changed: the pool is another one, or something in it is.
        masks_changed: a slot has its first stroke, or none any more, before it is saved.
        photos_changed: photos have other pixels than before (paths).
        failed: something could not be done (:class:`ErrorInfo`).
        repaired: what was found broken and repaired (sentences).
    """

    changed = Signal()
    masks_changed = Signal()
    photos_changed = Signal(object)
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
        self._painted: dict[str, bool] = {}
        self._activating: dict[int, str] = {}
        self._switch = 0
        self._revision = 0
        client.replied.connect(self._on_replied)
        client.connected.connect(self._on_connected)

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

    def has_mask(self, slot: PoolSlot) -> bool:
        """Whether something is painted on a slot, saved or not yet."""
        return self._painted.get(slot.slot, bool(slot.mask))

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
        parts = list(path_parts(paths))
        for number, part in enumerate(parts):
            self._send(
                messages.PoolAdd(
                    paths=part,
                    pool=self.pool_id,
                    at=at,
                    take=take,
                    activate=activate and not number,
                ),
                then if number == len(parts) - 1 else None,
            )
            at = at + len(part) if at >= 0 else at

    def remove(self, slots: Sequence[str], then: Then | None = None) -> None:
        """Take slots out of the pool."""
        self._send(messages.PoolRemove(slots=tuple(slots), pool=self.pool_id), then)

    def activate(self, slot: str) -> None:
        """Make a slot the active one."""
        index = self.index_of(slot)
        if self._manifest is None or index < 0:
            return
        request = self._send(messages.PoolActive(slot=slot, pool=self.pool_id))
        self._activating[request] = slot
        self._show(msgspec.structs.replace(self._manifest, active=index))

    def set_label(self, slot: str, label: str) -> None:
        """Give a slot a label."""
        known = self._manifest
        if known is None:
            return
        slots = tuple(
            msgspec.structs.replace(each, label=label) if each.slot == slot else each
            for each in known.slots
        )
        if slots != known.slots:
            self._send(messages.PoolLabel(label=label, slot=slot, pool=self.pool_id))
            self._show(msgspec.structs.replace(known, slots=slots))

    def move(self, slots: Sequence[str], to: int) -> None:
        """Move slots so that the first stands at index *to*."""
        self._send(messages.PoolMove(to=to, slots=tuple(slots), pool=self.pool_id))

    def clear_mask(self, slot: str) -> None:
        """Take a slot's mask away."""
        self._send(messages.PoolSetMask(slot=slot, pool=self.pool_id))

    def undo(self, *, redo: bool = False, then: Then | None = None) -> None:
        """Take back the newest change (*redo*: do it again)."""
        self._send(messages.PoolUndo(redo=redo, pool=self.pool_id), then)

    def send(self, message: Message, then: Then | None = None) -> None:
        """Send a request that is answered by a manifest of this pool."""
        self._send(message, then)

    def switch(self, message: Message, then: Then | None = None) -> None:
        """Send a request that is answered by the pool to go on with (new, use, detach ...)."""
        self._switch = self._send(message, then, switches=True)

    def use(self, pool: str) -> None:
        """Work with another pool from now on; also what clients get that name none."""
        self.switch(messages.PoolUse(pool=pool))

    def refresh(self) -> None:
        """Ask for the pool anew: its photos may have changed."""
        if self._manifest is not None and self._client.is_connected:
            self._send(messages.PoolList(pool=self.pool_id))

    def hear(self, manifest: PoolManifest) -> None:
        """Take what the daemon answered to another model of this window."""
        self._on_answer(manifest, latest=False)

    def mask_begun(self, slot: str, is_empty: bool) -> None:
        """A slot is being painted: it has a mask from the first stroke on, saved or not."""
        if self._painted.get(slot) is not (not is_empty):
            self._painted[slot] = not is_empty
            self.masks_changed.emit()

    def mask_ended(self, slot: str) -> None:
        """A slot is painted no more: what is saved counts."""
        if self._painted.pop(slot, None) is not None:
            self.masks_changed.emit()

    # ------------------------------------------------------------ what is heard

    def _on_connected(self) -> None:
        self._revision = 0
        self._ask()

    def _ask(self) -> None:
        if self._started:
            self.switch(messages.PoolList(pool=self._wanted))

    def _send(self, message: Message, then: Then | None = None, *, switches: bool = False) -> int:
        def on_answer(answer: Message, _blob: bytes) -> None:
            self._activating.pop(answer.request_id, None)
            if isinstance(answer, Failed):
                self._on_failed(message, answer.error)
            elif isinstance(answer, PoolManifest):
                self._on_answer(answer, latest=switches and answer.request_id == self._switch)
                if then is not None:
                    then(answer)

        return self._client.send(message, on_answer)

    def _on_failed(self, message: Message, error: ErrorInfo) -> None:
        gone = error.kind == ErrorKind.DAEMON_UNAVAILABLE
        if not isinstance(message, messages.PoolList):
            self.failed.emit(error)
            self.refresh()
        elif message.pool and not gone:
            self._wanted = ""
            self._ask()
        elif not gone:
            self.failed.emit(error)

    def _on_answer(self, answer: PoolManifest, *, latest: bool) -> None:
        """Take the answer to a request; one about a pool that was left tells only the names."""
        known = self._manifest
        if known is None or latest or answer.pool_id == known.pool_id:
            self._take(answer)
        elif answer.pools != known.pools:
            self._take(_with_pools(known, answer.pools))

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
        """Take a manifest; one that another has overtaken has nothing new but its problems."""
        same = manifest.pool_id == self.pool_id
        if not same or manifest.revision >= self._revision:
            self._revision = manifest.revision
            self._use(manifest)
        if manifest.problems:
            self.repaired.emit(manifest.problems)

    def _use(self, manifest: PoolManifest) -> None:
        before = self._manifest
        if before is not None and before.pool_id != manifest.pool_id:
            self._painted.clear()
            self._activating.clear()
        for slot in manifest.slots:
            if self._painted.get(slot.slot) is bool(slot.mask):
                del self._painted[slot.slot]
        self._wanted = manifest.pool_id
        self._show(self._with_wish(manifest))
        changed = _changed_photos(before, manifest)
        if changed:
            self.photos_changed.emit(changed)

    def _with_wish(self, manifest: PoolManifest) -> PoolManifest:
        """Return *manifest* with the active slot that the user asked for since."""
        wish = next(reversed(self._activating.values()), "")
        index = next((i for i, each in enumerate(manifest.slots) if each.slot == wish), -1)
        return msgspec.structs.replace(manifest, active=index) if index >= 0 else manifest

    def _show(self, manifest: PoolManifest) -> None:
        self._manifest = manifest
        self.changed.emit()


def _changed_photos(before: PoolManifest | None, now: PoolManifest) -> tuple[bytes, ...]:
    """Return the photos of both whose files are not the same any more."""
    if before is None:
        return ()
    known = {each.path: (each.image_mtime_ns, each.missing) for each in before.slots}
    return tuple(
        each.path
        for each in now.slots
        if known.get(each.path, (each.image_mtime_ns, each.missing))
        != (each.image_mtime_ns, each.missing)
    )


def _with_pools(manifest: PoolManifest, pools: tuple[PoolInfo, ...]) -> PoolManifest:
    name = next((each.name for each in pools if each.pool_id == manifest.pool_id), manifest.name)
    return msgspec.structs.replace(manifest, name=name, pools=pools, problems=())
