"""What clients may ask of image pools: a change is answered by the whole pool, others hear it."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Coroutine, Sequence

import msgspec

from daemon.pool.arriving import Arrivals, moved_among
from daemon.pool.content import ContentHashes, StaleLookup
from daemon.protocol.errors import ErrorKind, RabbitError
from daemon.protocol.messages import (
    PoolActive,
    PoolAdd,
    PoolDelete,
    PoolDetach,
    PoolDuplicate,
    PoolLabel,
    PoolList,
    PoolManifest,
    PoolMove,
    PoolNew,
    PoolRemove,
    PoolRename,
    PoolUndo,
    PoolUse,
)
from daemon.protocol.peer import Peer, PublishToOthers
from daemon.protocol.values import PoolSlot
from daemon.storage.pool_manifest import MAX_TOLD
from daemon.storage.pool_state import PoolState, StoredSlot
from daemon.storage.pools import PoolStore

log = logging.getLogger(__name__)

_MAX_PROBLEM = 500
_MAX_PROBLEMS = 40_000

Discard = Callable[[bytes], None]
FlushMasks = Callable[[str], Awaitable[None]]

_FIRST_LOOK_S = 0.5


class PoolService:
    """Answers requests about pools, and tells the other clients what changed.

    Attributes:
        before_reading_masks: Called with a pool's id before masks are read from their files: it
            saves what is being painted.
    """

    def __init__(
        self,
        store: PoolStore,
        publish: PublishToOthers,
        arrivals: Arrivals,
        hashes: ContentHashes,
        discard: Discard,
    ) -> None:
        """Prepare; nothing is read before somebody asks.

        Args:
            store: The pools on the disk.
            publish: Tells all clients but one.
            arrivals: Looks at what is to come into a pool.
            hashes: Content hashes of slots.
            discard: Puts a folder into the trash; blocks.
        """
        self._store = store
        self._publish = publish
        self._arrivals = arrivals
        self._hashes = hashes
        self._discard = discard
        self._stale_lookup: StaleLookup | None = None
        self._stale: dict[str, frozenset[str]] = {}
        self._to_check: dict[str, PoolState] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self.before_reading_masks: FlushMasks = _nothing_painted

    def start(self) -> None:
        """Tidy up behind clients that have gone."""
        self._start(self._arrivals.sweep())

    async def close(self) -> None:
        """Give up what is worked out in the background."""
        for task in tuple(self._tasks):
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks)

    # ------------------------------------------------------------ for other services

    async def resolve(
        self, pool: str = "", slot: str = "", index: int = -1
    ) -> tuple[PoolState, int, StoredSlot | None]:
        """Return a pool, and the slot of that name, or else the one that *index* stands for.

        Args:
            pool: Id or name; empty: the current one.
            slot: The slot's lasting name; empty: by index.
            index: -1 the active one; others are clamped to the pool's count.

        Returns:
            The pool, the used index (-1: the pool is empty) and the slot (None: empty).

        Raises:
            RabbitError: ``not_found``; there is no such pool or slot.
        """
        state = await self._store.get(pool)
        if slot:
            used = state.index_of(slot)
            if used < 0:
                raise _no_slot(state, slot)
        else:
            used = state.at(index)
        return state, used, state.slots[used] if used >= 0 else None

    def manifest_of(self, state: PoolState, problems: Sequence[str] = ()) -> PoolManifest:
        """Return a pool as it crosses the socket."""
        stale = self._stale.get(state.pool_id, frozenset())
        self._check_stale(state)
        told = [*state.problems, *problems]
        if len(told) > MAX_TOLD:
            told = [*told[: MAX_TOLD - 1], f"{len(told) - MAX_TOLD + 1} more were not done."]
        told = [each[:_MAX_PROBLEM] for each in told]
        brief = sum(len(slot.problem) for slot in state.slots) > _MAX_PROBLEMS
        return PoolManifest(
            pool_id=state.pool_id,
            name=state.name,
            active=state.active,
            slots=tuple(_told(slot, stale=slot.slot in stale, brief=brief) for slot in state.slots),
            pools=state.pools,
            undo=state.undo,
            redo=state.redo,
            problems=tuple(told),
            revision=state.revision,
        )

    def publish_pool(self, state: PoolState, *, except_peer: Peer | None = None) -> None:
        """Tell a pool to all clients, but to the one that was answered."""
        self._publish(self.manifest_of(state), but=except_peer)

    async def content_hash(self, state: PoolState, slot: str) -> str:
        """Return what is another one whenever a slot's image or mask has other bytes.

        Raises:
            RabbitError: there is no such slot, or its photo cannot be read.
        """
        index = state.index_of(slot)
        if index < 0:
            raise _no_slot(state, slot)
        return await self._hashes.of(state.pool_id, state.slots[index])

    def set_stale_lookup(self, lookup: StaleLookup) -> None:
        """Have *lookup* say which slots have a result of an earlier image or mask."""
        self._stale_lookup = lookup

    def results_changed(self, pool_id: str) -> None:
        """Look again which slots of a pool are stale: a result was made."""
        self._start(self._look_again(pool_id))

    def files_changed(self, paths: Sequence[bytes]) -> None:
        """Let photos be found where our own work on files has put them."""
        self._start(self._follow(tuple(paths)))

    def answer(self, peer: Peer, state: PoolState, problems: Sequence[str] = ()) -> PoolManifest:
        """Tell the other clients of a change, and return what its author is answered.

        Nothing may wait between the change and this: the others hear of changes in their order.
        """
        self.publish_pool(state, except_peer=peer)
        return self.manifest_of(state, problems)

    # ------------------------------------------------------------ requests: one pool

    async def list(self, peer: Peer, request: PoolList) -> PoolManifest:
        """Tell a pool; where something in it had to be repaired, the others hear of it.

        Asked for the first time, it waits a little for what is stale: not every client stays to
        hear of it later.
        """
        state = await self._store.look(request.pool)
        if self._stale_lookup is not None and state.pool_id not in self._stale:
            repaired = state.problems
            if check := self._check_stale(state):
                await asyncio.wait({check}, timeout=_FIRST_LOOK_S)
            state = await self._store.get(state.pool_id)
            state = msgspec.structs.replace(state, problems=(*repaired, *state.problems))
        return self.answer(peer, state) if state.problems else self.manifest_of(state)

    async def add(self, peer: Peer, request: PoolAdd) -> PoolManifest:
        """Put photos into a pool."""
        state = await self._store.get(request.pool)
        arrived = await self._arrivals.look(request, self._store, state)
        try:
            state = await self._store.add(
                state.pool_id, arrived.new, at=request.at, activate=request.activate
            )
            return self.answer(peer, state, arrived.problems)
        finally:
            await self._arrivals.forget(arrived.new)

    async def remove(self, peer: Peer, request: PoolRemove) -> PoolManifest:
        """Take slots out, with what is painted on them until now."""
        state, slots = await self._meant(request.pool, request.slots, request.index)
        await self.before_reading_masks(state.pool_id)
        return self.answer(peer, await self._store.remove(state.pool_id, slots))

    async def active(self, peer: Peer, request: PoolActive) -> PoolManifest:
        """Make a slot the active one."""
        state, slot = await self._one(request.pool, request.slot, request.index)
        return self.answer(peer, await self._store.activate(state.pool_id, slot))

    async def label(self, peer: Peer, request: PoolLabel) -> PoolManifest:
        """Give a slot a label."""
        state, slot = await self._one(request.pool, request.slot, request.index)
        return self.answer(peer, await self._store.label(state.pool_id, slot, request.label))

    async def move(self, peer: Peer, request: PoolMove) -> PoolManifest:
        """Move slots."""
        state, slots = await self._meant(request.pool, request.slots, request.index)
        return self.answer(peer, await self._store.move(state.pool_id, slots, request.to))

    async def undo(self, peer: Peer, request: PoolUndo) -> PoolManifest:
        """Take back the newest change, or do it again."""
        return self.answer(peer, await self._store.undo(request.pool, redo=request.redo))

    # ------------------------------------------------------------ requests: the pools

    async def new(self, peer: Peer, request: PoolNew) -> PoolManifest:
        """Create an empty pool."""
        return self.answer(peer, await self._store.new(request.name))

    async def use(self, peer: Peer, request: PoolUse) -> PoolManifest:
        """Make a pool the current one; for the clients that work with another nothing changes."""
        del peer
        return self.manifest_of(await self._store.use(request.pool))

    async def rename(self, peer: Peer, request: PoolRename) -> PoolManifest:
        """Give a pool another name."""
        return self.answer(peer, await self._store.rename(request.pool, request.name))

    async def duplicate(self, peer: Peer, request: PoolDuplicate) -> PoolManifest:
        """Copy a pool."""
        return await self._copied(peer, request.pool, request.name)

    async def detach(self, peer: Peer, request: PoolDetach) -> PoolManifest:
        """Copy a pool for this client alone."""
        return await self._copied(peer, request.pool, "")

    async def delete(self, peer: Peer, request: PoolDelete) -> PoolManifest:
        """Put a pool into the trash; who works with it is told."""
        before = await self._store.get(request.pool)
        state = await self._store.delete(before.pool_id, self._discard)
        gone = self.manifest_of(msgspec.structs.replace(before, pools=state.pools))
        self._publish(msgspec.structs.replace(gone, deleted=True), but=peer)
        return self.manifest_of(state)

    # ------------------------------------------------------------ inside

    async def _copied(self, peer: Peer, pool: str, name: str) -> PoolManifest:
        source = await self._store.get(pool)
        await self.before_reading_masks(source.pool_id)
        return self.answer(peer, await self._store.duplicate(source.pool_id, name))

    async def _one(self, pool: str, slot: str, index: int) -> tuple[PoolState, str]:
        state, _, found = await self.resolve(pool, slot, index)
        if found is None:
            raise RabbitError(
                ErrorKind.NOT_FOUND,
                f"The pool {state.name} is empty.",
                "Put photos into it first.",
            )
        return state, found.slot

    async def _meant(
        self, pool: str, slots: Sequence[str], index: int | None
    ) -> tuple[PoolState, tuple[str, ...]]:
        if slots or index is None:
            return await self._store.get(pool), tuple(slots)
        state, slot = await self._one(pool, "", index)
        return state, (slot,)

    def _check_stale(self, state: PoolState) -> asyncio.Task[None] | None:
        """Work out in the background which slots are stale; what changes is told."""
        if self._stale_lookup is None:
            return None
        busy = state.pool_id in self._to_check
        self._to_check[state.pool_id] = state
        if busy:
            return None
        return self._start(self._find_stale(state.pool_id, self._stale_lookup))

    def _start(self, work: Coroutine[None, None, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._ended)
        return task

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("work on pools in the background failed", exc_info=error)

    async def _look_again(self, pool_id: str) -> None:
        with contextlib.suppress(RabbitError):  # the pool was deleted
            self._check_stale(await self._store.get(pool_id))

    async def _follow(self, paths: tuple[bytes, ...]) -> None:
        """Find photos of pools that are no longer at one of *paths* at another of them."""
        try:
            known = await self._store.references()
            wanted = {path: known[path] for path in paths if path in known}
            moved = await asyncio.to_thread(moved_among, wanted, paths) if wanted else {}
            changed = await self._store.follow(moved) if moved else []
            if wanted and not changed:
                changed = await self._store.with_photos(wanted)
        except RabbitError as error:
            log.warning("photos that moved could not be followed: %s", error)
            return
        for state in changed:
            self.publish_pool(state)

    async def _find_stale(self, pool_id: str, lookup: StaleLookup) -> None:
        while True:
            state = self._to_check[pool_id]
            try:
                stale = frozenset(lookup(pool_id, await self._hashes.current(state)))
            except BaseException:
                del self._to_check[pool_id]
                raise
            if self._to_check[pool_id] is not state:
                continue
            del self._to_check[pool_id]
            break
        known = self._stale.get(pool_id, frozenset())
        self._stale[pool_id] = stale
        if stale == known:
            return
        with contextlib.suppress(RabbitError):  # it was deleted meanwhile
            self.publish_pool(await self._store.get(pool_id))


def _told(slot: StoredSlot, *, stale: bool, brief: bool) -> PoolSlot:
    """Return a slot as it crosses the socket; *brief*: without the reasons, which are too many."""
    return PoolSlot(
        slot=slot.slot,
        path=slot.path,
        own=slot.own,
        missing=slot.missing,
        image_mtime_ns=slot.image_mtime_ns,
        mask=slot.mask_file,
        mask_mtime_ns=slot.mask_mtime_ns,
        label=slot.label,
        added=slot.added,
        stale=stale,
        problem="The photo is not there." if brief and slot.problem else slot.problem,
    )


def _no_slot(state: PoolState, slot: str) -> RabbitError:
    return RabbitError(
        ErrorKind.NOT_FOUND,
        f"The pool {state.name} has no slot {slot[:80]!r} (any more).",
        "Look at the pool as it is now, and try again.",
    )


async def _nothing_painted(pool_id: str) -> None:
    del pool_id
