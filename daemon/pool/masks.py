"""What clients may ask about masks: give a slot one, paint it, change it, write it to a file."""

from __future__ import annotations

import asyncio
import logging
import math
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from daemon.pool.mask_files import MaskFiles
from daemon.pool.mask_saving import MaskSaver
from daemon.pool.painting import Session, slot_in
from daemon.pool.paintings import Paintings
from daemon.pool.sizes import PhotoSizes
from daemon.protocol.errors import ErrorKind, RabbitError
from daemon.protocol.messages import (
    Done,
    MaskChange,
    MaskChanged,
    MaskClose,
    MaskExport,
    MaskOpen,
    MaskOpened,
    MaskSave,
    PoolManifest,
    PoolSetMask,
)
from daemon.protocol.peer import Peer
from daemon.render import Priority, RenderManager, of_kind
from daemon.storage import pool_paintings
from daemon.storage.pool_paintings import HEADER_BYTES
from daemon.storage.pool_state import PoolState
from daemon.storage.pools import PoolStore
from daemon.tasks import BoxChanged, ChangeMask

log = logging.getLogger(__name__)

OF_THE_MASK = frozenset({"grow", "shrink", "feather", "smooth", "fill_holes"})
FROM_THE_PHOTO = frozenset({"similar", "luminosity", "alpha"})
_CHANGES = OF_THE_MASK | FROM_THE_PHOTO | {"file"}


class Pools(Protocol):
    """The pools, as masks see them."""

    def manifest_of(self, state: PoolState, problems: Sequence[str] = ()) -> PoolManifest:
        """Return a pool as it crosses the socket."""
        ...

    def publish_pool(self, state: PoolState, *, except_peer: Peer | None = None) -> None:
        """Tell the other clients."""
        ...


class GivesSurfaces(Protocol):
    """Where values go that a client maps."""

    def make(self) -> bytes:
        """Return the path of a new, empty file."""
        ...

    def give(self, peer_id: int, path: bytes) -> int:
        """Return the id under which the client will say that it mapped *path*."""
        ...

    def discard(self, path: bytes) -> None:
        """Unlink *path*."""
        ...


class MaskService:
    """Masks of the slots of pools."""

    def __init__(
        self,
        store: PoolStore,
        pools: Pools,
        render: RenderManager,
        surfaces: GivesSurfaces,
        sizes: PhotoSizes,
        drop: Path,
    ) -> None:
        """Prepare.

        Args:
            store: The pools on the disk.
            pools: Tells what changed.
            render: Gives work to the workers.
            surfaces: Files for what a change gives.
            sizes: How large photos are.
            drop: The folder in which clients leave pictures that become the daemon's.
        """
        self._store = store
        self._pools = pools
        self._render = render
        self._surfaces = surfaces
        self._files = MaskFiles(store, render, sizes, drop)
        self._paintings = Paintings(store, render, sizes, MaskSaver(store, render, sizes))
        self._paintings.on_left = lambda saved: pools.publish_pool(saved.state)
        self._recovering: asyncio.Task[None] | None = None

    @property
    def open_sessions(self) -> int:
        """How many masks are being painted."""
        return self._paintings.open_sessions

    def start(self, pools: Path) -> None:
        """Look in the background, below the folder *pools*, for what a killed daemon left."""
        self._recovering = asyncio.create_task(self._recover_all(os.fsencode(pools)))

    async def close(self) -> None:
        """Save what is being painted."""
        if self._recovering is not None:
            self._recovering.cancel()
            await asyncio.wait([self._recovering])
        await self._paintings.close()

    async def flush(self, pool_id: str) -> None:
        """Let the mask files of a pool be what is painted now.

        Raises:
            RabbitError: one could not be written.
        """
        await self._paintings.flush(pool_id)

    def peer_closed(self, peer: Peer) -> None:
        """Save and end what a client paints that has gone."""
        self._paintings.left(peer.peer_id)

    # ------------------------------------------------------------ painting

    async def open(self, peer: Peer, request: MaskOpen) -> MaskOpened:
        """Begin to paint a slot's mask."""
        session = await self._paintings.open(peer.peer_id, request.pool, request.slot)
        return session.opened()

    async def save(self, peer: Peer, request: MaskSave) -> PoolManifest:
        """Write what is painted so far."""
        session = self._paintings.session(peer.peer_id, request.session_id)
        before = session.state
        state = await self._paintings.save(session)
        return self._told(peer, state, changed=before is None or before.slots != state.slots)

    async def end(self, peer: Peer, request: MaskClose) -> PoolManifest:
        """Save and end a painting."""
        session = self._paintings.session(peer.peer_id, request.session_id)
        saved = await self._paintings.end(session)
        return self._told(peer, saved.state, (saved.aside,) if saved.aside else ())

    async def change(self, peer: Peer, request: MaskChange) -> MaskChanged:
        """Work something out over the whole mask or photo."""
        session = self._paintings.session(peer.peer_id, request.session_id)
        _check_change(request, session)
        path = b""
        if request.change == "file":
            path = await asyncio.to_thread(self._files.picture, request.path, take=request.take)
        elif request.change in FROM_THE_PHOTO:  # it may have been renamed meanwhile
            state = await self._store.get(session.pool_id)
            session.photo = slot_in(state, session.slot).path
        surface = self._surfaces.make()
        given = False
        try:
            box = await self._work_out(request, session, path, surface)
            if box.width_px and box.height_px:
                given = True
            return MaskChanged(
                session_id=session.session_id,
                left_px=box.left_px,
                top_px=box.top_px,
                width_px=box.width_px,
                height_px=box.height_px,
                surface_path=surface if given else b"",
                surface_id=self._surfaces.give(peer.peer_id, surface) if given else 0,
            )
        finally:
            if not given:
                self._surfaces.discard(surface)
            if path and request.take:
                await asyncio.to_thread(pool_paintings.discard, path)

    # ------------------------------------------------------------ files

    async def set_mask(self, peer: Peer, request: PoolSetMask) -> PoolManifest:
        """Give a slot a mask from a file, or take it away."""
        state = await self._store.get(request.pool)
        slot = slot_in(state, request.slot, request.index)
        if self._paintings.is_painted((state.pool_id, slot.slot)):
            name = os.fsdecode(os.path.basename(slot.path))
            raise RabbitError(
                ErrorKind.INVALID_REQUEST,
                f"The mask of {name} is being painted; it cannot be replaced meanwhile.",
                "End the painting first.",
            )
        await self._paintings.recover(state)
        state, problems = await self._files.give(state, slot, request)
        return self._told(peer, state, problems)

    async def export(self, peer: Peer, request: MaskExport) -> Done:
        """Write a slot's mask where its user wants it."""
        del peer
        state = await self._store.get(request.pool)
        slot = slot_in(state, request.slot, request.index)
        output = bytes(request.output)
        await asyncio.to_thread(self._files.check_output, output, state)
        await self.flush(state.pool_id)
        state = await self._store.get(state.pool_id)
        await self._files.write(state, slot_in(state, slot.slot), output)
        return Done()

    # ------------------------------------------------------------ inside

    def _told(
        self, peer: Peer, state: PoolState, problems: Sequence[str] = (), *, changed: bool = True
    ) -> PoolManifest:
        if changed:
            self._pools.publish_pool(state, except_peer=peer)
        return self._pools.manifest_of(state, problems)

    async def _work_out(
        self, request: MaskChange, session: Session, path: bytes, surface: bytes
    ) -> BoxChanged:
        task = ChangeMask(
            change=request.change,
            photo_path=session.photo if request.change in FROM_THE_PHOTO else b"",
            values_path=session.values_path if request.change in OF_THE_MASK else b"",
            offset=HEADER_BYTES,
            width_px=session.width_px,
            height_px=session.height_px,
            surface_path=surface,
            amount_px=request.amount_px,
            row=request.row,
            column=request.column,
            tolerance=request.tolerance,
            contiguous=request.contiguous,
            low=request.low,
            high=request.high,
            softness=request.softness,
            path=path,
            invert=request.invert,
            resize=request.resize,
        )
        box, _ = await self._render.submit(task, priority=Priority.VISIBLE).result()
        return of_kind(box, BoxChanged)

    async def _recover_all(self, pools: bytes) -> None:
        """Save what was being painted when the last daemon was killed."""
        try:
            for pool_id in await asyncio.to_thread(pool_paintings.pools_with_paintings, pools):
                state = await self._store.get(pool_id)
                if told := await self._paintings.recover(state):
                    log.warning("in the pool %s: %s", state.name, " ".join(told))
                self._pools.publish_pool(await self._store.get(pool_id))
        except RabbitError as error:
            log.warning("paintings of an earlier daemon could not be looked for: %s", error)
        except Exception:
            log.exception("paintings of an earlier daemon could not be looked for")


def _check_change(request: MaskChange, session: Session) -> None:
    """Refuse a change that means nothing.

    Raises:
        RabbitError: ``invalid_request``.
    """
    if request.change not in _CHANGES:
        raise RabbitError(
            ErrorKind.INVALID_REQUEST,
            f"A mask cannot be changed by {request.change[:40]!r}.",
            f"There are: {', '.join(sorted(_CHANGES))}.",
        )
    numbers = (request.amount_px, request.tolerance, request.low, request.high, request.softness)
    if not all(math.isfinite(number) for number in numbers):
        raise RabbitError(
            ErrorKind.INVALID_REQUEST,
            "A mask cannot be changed by a number without end.",
            "Give numbers of pixels, distances and shares.",
        )
    inside = 0 <= request.row < session.height_px and 0 <= request.column < session.width_px
    if request.change == "similar" and not inside:
        raise RabbitError(
            ErrorKind.INVALID_REQUEST,
            f"Column {request.column}, row {request.row} lies outside the photo "
            f"({session.width_px} x {session.height_px}).",
            "Click inside it.",
        )
