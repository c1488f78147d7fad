"""The pools of a fake daemon: they do what requests say, without files or disk."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import msgspec

from daemon.protocol import messages
from daemon.protocol.errors import ErrorInfo, ErrorKind
from daemon.protocol.values import PoolInfo, PoolSlot
from tests.fakes.daemon import FakeDaemon

FIRST_ID, SECOND_ID = "11111111-aaaa", "22222222-bbbb"


def slots_of(*names: str) -> tuple[PoolSlot, ...]:
    """Return a slot for each photo name, in order."""
    return tuple(
        PoolSlot(slot=f"img_{number:04}", path=b"/photos/" + name.encode())
        for number, name in enumerate(names, start=1)
    )


class FakePools:
    """Named pools behind a fake daemon; the first one is current."""

    def __init__(self, daemon: FakeDaemon, *names: str) -> None:
        self.daemon = daemon
        self.pools = {
            FIRST_ID: messages.PoolManifest(
                pool_id=FIRST_ID,
                name="Pool",
                active=0 if names else -1,
                slots=slots_of(*names),
            ),
            SECOND_ID: messages.PoolManifest(
                pool_id=SECOND_ID, name="Portraits", active=-1, slots=()
            ),
        }
        self._undone: list[messages.PoolManifest] = []
        self._last = 100
        answers: dict[type[messages.Message], Callable[..., messages.PoolManifest]] = {
            messages.PoolList: lambda it: self._known(it.pool),
            messages.PoolUse: lambda it: self._known(it.pool),
            messages.PoolAdd: self._add,
            messages.PoolRemove: self._remove,
            messages.PoolActive: self._activate,
            messages.PoolLabel: self._label,
            messages.PoolMove: self._move,
            messages.PoolUndo: self._undo,
            messages.PoolNew: self._new,
            messages.PoolRename: self._rename,
            messages.PoolDuplicate: self._copy,
            messages.PoolDetach: self._copy,
            messages.PoolDelete: self._delete,
        }
        for kind, handler in answers.items():
            daemon.answer(kind, self._answering(handler))

    def _answering(
        self, handler: Callable[..., messages.PoolManifest]
    ) -> Callable[[messages.Message], Iterable[messages.Message]]:
        def answer(request: messages.Message) -> Iterable[messages.Message]:
            try:
                return [self.manifest(handler(request).pool_id)]
            except KeyError:
                error = ErrorInfo(ErrorKind.NOT_FOUND, "There is no such pool.")
                return [messages.Failed(error=error)]

        return answer

    def manifest(self, pool_id: str = FIRST_ID) -> messages.PoolManifest:
        """Return a pool as the daemon tells it."""
        infos = tuple(
            PoolInfo(each.pool_id, each.name, len(each.slots)) for each in self.pools.values()
        )
        return msgspec.structs.replace(self.pools[pool_id], pools=infos)

    def put(self, slots: Sequence[PoolSlot], active: int = 0, pool_id: str = FIRST_ID) -> None:
        """Fill a pool without telling anybody."""
        known = self.pools[pool_id]
        self.pools[pool_id] = msgspec.structs.replace(known, slots=tuple(slots), active=active)

    def publish(self, pool_id: str = FIRST_ID) -> None:
        """Tell every client of a pool, as when another client changed it."""
        self.daemon.publish(self.manifest(pool_id))

    # ------------------------------------------------------------ requests

    def _known(self, pool: str) -> messages.PoolManifest:
        return self.pools[pool or FIRST_ID]

    def _change(
        self, pool: messages.PoolManifest, slots: Iterable[PoolSlot], undo: str = ""
    ) -> messages.PoolManifest:
        """Put other slots into a pool; its active slot stays the active one."""
        new = tuple(slots)
        name = pool.slots[pool.active].slot if pool.active >= 0 else ""
        places = [each.slot for each in new]
        active = places.index(name) if name in places else min(max(pool.active, 0), len(new) - 1)
        if undo:
            self._undone.append(pool)
        changed = msgspec.structs.replace(pool, slots=new, active=active, undo=undo)
        self.pools[pool.pool_id] = changed
        return changed

    def _add(self, it: messages.PoolAdd) -> messages.PoolManifest:
        pool = self._known(it.pool)
        rest = [each for each in pool.slots if each.path not in it.paths]
        known = {each.path: each for each in pool.slots}
        new: list[PoolSlot] = []
        for path in it.paths:
            self._last += 1
            fresh = PoolSlot(slot=f"img_{self._last:04}", path=bytes(path), own=it.take)
            new.append(known.get(bytes(path), fresh))
        at = len(rest) if it.at < 0 else it.at
        return self._change(pool, [*rest[:at], *new, *rest[at:]])

    def _remove(self, it: messages.PoolRemove) -> messages.PoolManifest:
        pool = self._known(it.pool)
        kept = (each for each in pool.slots if each.slot not in it.slots)
        return self._change(pool, kept, undo="remove")

    def _activate(self, it: messages.PoolActive) -> messages.PoolManifest:
        pool = self._known(it.pool)
        names = [each.slot for each in pool.slots]
        pool = msgspec.structs.replace(pool, active=names.index(it.slot))
        self.pools[pool.pool_id] = pool
        return pool

    def _label(self, it: messages.PoolLabel) -> messages.PoolManifest:
        pool = self._known(it.pool)
        labelled = (
            msgspec.structs.replace(each, label=it.label) if each.slot == it.slot else each
            for each in pool.slots
        )
        return self._change(pool, labelled, undo="label")

    def _move(self, it: messages.PoolMove) -> messages.PoolManifest:
        pool = self._known(it.pool)
        moved = [each for each in pool.slots if each.slot in it.slots]
        rest = [each for each in pool.slots if each.slot not in it.slots]
        return self._change(pool, [*rest[: it.to], *moved, *rest[it.to :]], undo="move")

    def _undo(self, it: messages.PoolUndo) -> messages.PoolManifest:
        before = self._undone.pop() if self._undone else self._known(it.pool)
        self.pools[before.pool_id] = msgspec.structs.replace(before, redo="again")
        return before

    def _new(self, it: messages.PoolNew) -> messages.PoolManifest:
        return self._make(it.name, ())

    def _copy(self, it: messages.PoolDuplicate | messages.PoolDetach) -> messages.PoolManifest:
        pool = self._known(it.pool)
        return self._make(f"{pool.name} (2)", pool.slots)

    def _make(self, name: str, slots: tuple[PoolSlot, ...]) -> messages.PoolManifest:
        self._last += 1
        pool = messages.PoolManifest(
            pool_id=f"{self._last}", name=name, active=0 if slots else -1, slots=slots
        )
        self.pools[pool.pool_id] = pool
        return pool

    def _rename(self, it: messages.PoolRename) -> messages.PoolManifest:
        pool = msgspec.structs.replace(self._known(it.pool), name=it.name)
        self.pools[pool.pool_id] = pool
        return pool

    def _delete(self, it: messages.PoolDelete) -> messages.PoolManifest:
        del self.pools[it.pool]
        return next(iter(self.pools.values()))
