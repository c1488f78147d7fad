"""What is in the pools: in this window's own, and in any other that somebody asks about."""

from __future__ import annotations

import dataclasses

from PySide6.QtCore import QObject, Signal

from daemon.protocol.messages import PoolList, PoolManifest
from daemon.protocol.values import PoolInfo, PoolSlot
from rabbitviewer.ipc.client import DaemonClient
from rabbitviewer.models.pool import PoolModel

ACTIVE = -1


@dataclasses.dataclass(frozen=True)
class PoolContent:
    """One pool as it is now.

    Attributes:
        pool_id: Its id.
        name: Its name.
        active: Index of the active slot; -1: the pool is empty.
        slots: Its photos in order.
    """

    pool_id: str
    name: str
    active: int
    slots: tuple[PoolSlot, ...]

    def used_index(self, index: int) -> int:
        """Return which slot *index* means: -1 the active one, others kept inside the pool.

        -1 is returned for an empty pool alone.
        """
        last = len(self.slots) - 1
        wanted = self.active if index == ACTIVE else index
        return min(max(wanted, 0), last)

    def pick(self, index: int) -> PoolSlot | None:
        """Return the slot that *index* means; None: the pool is empty."""
        used = self.used_index(index)
        return self.slots[used] if used >= 0 else None

    def slot(self, name: str) -> PoolSlot | None:
        """Return a slot by its lasting name."""
        return next((each for each in self.slots if each.slot == name), None)


def active_picture(contents: PoolContents) -> bytes:
    """Return the active picture of the window's own pool; empty: there is none."""
    slot = contents.own.pick(ACTIVE) if contents.own is not None else None
    return slot.path if slot is not None and not slot.missing else b""


class PoolContents(QObject):
    """Pools by id. Those that are not this window's own are asked for when they are read.

    Signals:
        changed: a pool, or which pools there are, is not what it was.
    """

    changed = Signal()

    def __init__(
        self, client: DaemonClient, pool: PoolModel, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._client = client
        self._pool = pool
        self._others: dict[str, PoolManifest | None] = {}
        pool.changed.connect(self.changed)
        client.replied.connect(self._on_replied)
        client.connected.connect(self._ask_again)

    @property
    def own(self) -> PoolContent | None:
        """This window's own pool; None: not known yet."""
        pool = self._pool
        if not pool.is_known:
            return None
        return PoolContent(pool.pool_id, pool.name, pool.active, pool.slots)

    @property
    def pools(self) -> tuple[PoolInfo, ...]:
        """All pools, by name."""
        return self._pool.pools

    def name(self, pool_id: str) -> str:
        """Return the name of a pool; empty: there is none of this id."""
        return next((each.name for each in self.pools if each.pool_id == pool_id), "")

    def slot(self, pool_id: str, slot: str) -> PoolSlot | None:
        """Return a slot of a pool that is known already; nothing is asked."""
        own = self.own
        if own is not None and own.pool_id == pool_id:
            return own.slot(slot)
        known = self._others.get(pool_id)
        return None if known is None else _content(known).slot(slot)

    def content(self, pool_id: str) -> PoolContent | None:
        """Return a pool (empty id: the own one); None: not known yet, ``changed`` will tell."""
        own = self.own
        if not pool_id or (own is not None and own.pool_id == pool_id):
            return own
        if pool_id not in self._others:
            self._others[pool_id] = None
            if self._client.is_connected:
                self._client.send(PoolList(pool=pool_id))
        known = self._others[pool_id]
        return None if known is None else _content(known)

    def _ask_again(self) -> None:
        for pool_id in self._others:
            self._client.send(PoolList(pool=pool_id))

    def _on_replied(self, message: object, _blob: bytes) -> None:
        if not isinstance(message, PoolManifest) or message.pool_id not in self._others:
            return
        if message.deleted:
            del self._others[message.pool_id]
        else:
            self._others[message.pool_id] = message
        self.changed.emit()


def _content(manifest: PoolManifest) -> PoolContent:
    return PoolContent(manifest.pool_id, manifest.name, manifest.active, manifest.slots)
