"""The paintings that are open: begun, saved and ended; those that were cut off are found again."""

from __future__ import annotations

import asyncio
import itertools
import logging
import os
from collections.abc import Callable

from daemon.pool.mask_saving import MaskSaver, Saved
from daemon.pool.painting import Session, SlotKey, slot_in
from daemon.pool.sizes import PhotoSizes
from daemon.protocol.errors import ErrorKind, RabbitError
from daemon.render import Priority, RenderManager
from daemon.storage import pool_paintings
from daemon.storage.pool_paintings import HEADER_BYTES, Painting
from daemon.storage.pool_state import PoolState, StoredSlot
from daemon.storage.pools import PoolStore
from daemon.tasks import LoadMask

log = logging.getLogger(__name__)


class Paintings:
    """Every slot has at most one; who paints it is a client.

    A painting that has been handed to a client is never removed before it is a mask, or kept aside.

    Attributes:
        on_left: Called with what became of the painting of a client that has gone.
    """

    def __init__(
        self, store: PoolStore, render: RenderManager, sizes: PhotoSizes, saver: MaskSaver
    ) -> None:
        self._store = store
        self._render = render
        self._sizes = sizes
        self._saver = saver
        self._numbers = itertools.count(1)
        self._open: dict[int, Session] = {}
        self._begun: dict[SlotKey, int] = {}
        self._ending: dict[SlotKey, asyncio.Task[Saved | None]] = {}
        self._left: set[int] = set()
        self.on_left: Callable[[Saved], None] = lambda _: None

    @property
    def open_sessions(self) -> int:
        """How many slots are being painted."""
        return len(self._open)

    def is_painted(self, key: SlotKey) -> bool:
        """Whether somebody paints this slot."""
        return key in self._begun

    async def open(self, peer_id: int, pool: str, slot: str) -> Session:
        """Begin to paint a slot; the same client gets the painting that it has.

        Raises:
            RabbitError: another client paints it, or photo or mask cannot be used.
        """
        state = await self._store.get(pool)
        found = slot_in(state, slot)
        key = (state.pool_id, found.slot)
        while ending := self._ending.get(key):
            await asyncio.wait([ending])
        if key in self._begun:
            return self._again(peer_id, key, found)
        self._begun[key] = peer_id
        try:
            session = await self._begin(peer_id, await self._store.get(state.pool_id), found.slot)
        except BaseException:
            del self._begun[key]
            raise
        self._open[session.session_id] = session
        if peer_id in self._left:
            self._left.discard(peer_id)
            self.left(peer_id)
        return session

    def session(self, peer_id: int, session_id: int) -> Session:
        """Return a painting of a client.

        Raises:
            RabbitError: it has none of that number.
        """
        session = self._open.get(session_id)
        if session is None or session.peer_id != peer_id:
            raise RabbitError(
                ErrorKind.NOT_FOUND,
                f"The painting {session_id} is not open (any more).",
                "Begin to paint the mask again; what was saved is there.",
            )
        return session

    async def save(self, session: Session) -> PoolState:
        """Write what is painted up to now; calls that come meanwhile share the next one.

        Raises:
            RabbitError: it could not be written, or fits its photo no longer (then it has ended
                and is kept aside).
        """
        session.wanted += 1
        wanted = session.wanted
        async with session.saving:
            self.session(session.peer_id, session.session_id)
            if session.state is None or session.saved < wanted:
                reached = session.wanted
                saved = await self._save_now(session)
                if saved.aside:
                    await self._forget(session, remove=True)
                    raise RabbitError(
                        ErrorKind.INVALID_REQUEST, saved.aside, "Begin to paint the mask again."
                    )
                session.saved, session.state = reached, saved.state
            return session.state

    async def end(self, session: Session) -> Saved:
        """Save a painting and take its file away; where that fails the file stays.

        Raises:
            RabbitError: it could not be written.
        """
        ended = await asyncio.shield(self._end_later(session))
        if ended is None:
            raise RabbitError(
                ErrorKind.UNREADABLE,
                f"The mask of {session.slot} could not be saved now.",
                "What was painted is kept and saved when its pool is opened again.",
            )
        return ended

    def left(self, peer_id: int) -> None:
        """Save and end what a client paints that has gone."""
        if peer_id in self._begun.values():
            self._left.add(peer_id)
        for session in [each for each in self._open.values() if each.peer_id == peer_id]:
            self._end_later(session).add_done_callback(self._tell_left)

    async def flush(self, pool_id: str) -> None:
        """Let the masks of a pool be what is painted now, also of paintings that were cut off.

        Raises:
            RabbitError: one could not be written.
        """
        await self.recover(await self._store.get(pool_id))
        for session in [each for each in self._open.values() if each.pool_id == pool_id]:
            await self.save(session)

    async def recover(self, state: PoolState) -> list[str]:
        """Turn paintings that nobody has open any more into masks; return what was put aside."""
        try:
            slots = await asyncio.to_thread(pool_paintings.paintings_in, state.folder)
        except OSError as error:
            log.warning("%s cannot be looked through: %s", os.fsdecode(state.folder), error)
            return []
        told: list[str] = []
        for slot in slots:
            key = (state.pool_id, slot)
            if key in self._begun and key not in self._ending:
                continue
            saved = await asyncio.shield(self._ending.get(key) or self._recover_later(state, slot))
            if saved is not None and saved.aside:
                told.append(saved.aside)
        return told

    async def close(self) -> None:
        """Save all; the files stay, for a window may paint on until the next daemon starts."""
        for session in list(self._open.values()):
            try:
                await self.save(session)
            except RabbitError as error:
                log.warning("a mask was not saved at the end: %s", error)
        if self._ending:
            await asyncio.wait(self._ending.values())
        self._open.clear()
        self._begun.clear()

    # ------------------------------------------------------------ inside

    def _again(self, peer_id: int, key: SlotKey, slot: StoredSlot) -> Session:
        mine = [each for each in self._open.values() if each.key == key]
        if mine and mine[0].peer_id == peer_id:
            return mine[0]
        raise RabbitError(
            ErrorKind.INVALID_REQUEST,
            f"The mask of {os.fsdecode(os.path.basename(slot.path))} is being painted elsewhere.",
            "End the painting in the other window first.",
        )

    def _tell_left(self, ending: asyncio.Task[Saved | None]) -> None:
        if not ending.cancelled() and (saved := ending.result()) is not None:
            self.on_left(saved)

    async def _begin(self, peer_id: int, state: PoolState, slot: str) -> Session:
        found = slot_in(state, slot)
        size = await self._sizes.of(found.path)
        path = pool_paintings.painting_path(state.folder, slot)
        painting = Painting(size.width_px, size.height_px, size.size_bytes, size.mtime_ns)
        earlier = await asyncio.to_thread(_header_of, path)
        recovered = earlier is not None
        if earlier is not None and (earlier.width_px, earlier.height_px) != (
            size.width_px,
            size.height_px,
        ):
            await self._save_left(state, slot)
            recovered = False
        if not recovered:
            await self._unfold(found, path, painting)
        return Session(
            session_id=next(self._numbers),
            peer_id=peer_id,
            pool_id=state.pool_id,
            slot=slot,
            photo=found.path,
            width_px=size.width_px,
            height_px=size.height_px,
            values_path=path,
            recovered=recovered,
        )

    async def _unfold(self, slot: StoredSlot, path: bytes, painting: Painting) -> None:
        await asyncio.to_thread(pool_paintings.remove_painting, path)
        task = LoadMask(
            mask_path=slot.mask_file,
            values_path=path,
            offset=HEADER_BYTES,
            width_px=painting.width_px,
            height_px=painting.height_px,
        )
        try:
            await self._render.submit(task, priority=Priority.VISIBLE).result()
            await asyncio.to_thread(pool_paintings.write_header, path, painting)
        except BaseException as error:
            pool_paintings.remove_painting(path)
            if isinstance(error, RabbitError) and error.info.kind is ErrorKind.INVALID_REQUEST:
                raise RabbitError(
                    ErrorKind.INVALID_REQUEST,
                    error.info.message,
                    "Another program has changed one of them: take the mask away, then paint.",
                ) from error
            raise

    async def _save_now(self, session: Session) -> Saved:
        painting = Painting(session.width_px, session.height_px)
        return await self._saver.save(session.pool_id, session.slot, session.values_path, painting)

    def _end_later(self, session: Session) -> asyncio.Task[Saved | None]:
        ending = self._ending.get(session.key)
        if ending is None:
            ending = asyncio.create_task(self._end(session))
            self._ending[session.key] = ending
            ending.add_done_callback(lambda _: self._ending.pop(session.key, None))
        return ending

    async def _end(self, session: Session) -> Saved | None:
        """Save and forget; None: it failed, and the file stays for the next time."""
        saved: Saved | None = None
        async with session.saving:
            if session.session_id not in self._open:
                return None
            try:
                saved = await self._save_now(session)
            except RabbitError as error:
                log.warning("the mask of %s was not saved: %s", session.slot, error)
            except Exception:
                log.exception("the mask of %s was not saved", session.slot)
            await self._forget(session, remove=saved is not None)
        return saved

    async def _forget(self, session: Session, *, remove: bool) -> None:
        self._open.pop(session.session_id, None)
        if remove:
            await asyncio.to_thread(pool_paintings.remove_painting, session.values_path)
        self._begun.pop(session.key, None)

    def _recover_later(self, state: PoolState, slot: str) -> asyncio.Task[Saved | None]:
        key = (state.pool_id, slot)
        recovering = asyncio.create_task(self._recover_one(state, slot))
        self._ending[key] = recovering
        recovering.add_done_callback(lambda _: self._ending.pop(key, None))
        return recovering

    async def _recover_one(self, state: PoolState, slot: str) -> Saved | None:
        try:
            return await self._save_left(state, slot)
        except RabbitError as error:
            log.warning("a painting of %s that was cut off is not saved yet: %s", slot, error)
        except Exception:
            log.exception("a painting of %s that was cut off is not saved yet", slot)
        return None

    async def _save_left(self, state: PoolState, slot: str) -> Saved | None:
        """Turn a painting that was cut off into a mask and take its file away."""
        path = pool_paintings.painting_path(state.folder, slot)
        painting = await asyncio.to_thread(_header_of, path)
        saved = None
        if painting is not None:
            saved = await self._saver.save(state.pool_id, slot, path, painting)
        await asyncio.to_thread(pool_paintings.remove_painting, path)
        return saved


def _header_of(path: bytes) -> Painting | None:
    try:
        return pool_paintings.read_header(path)
    except OSError as error:
        raise RabbitError(
            ErrorKind.UNREADABLE,
            f"The painting {os.fsdecode(path)} cannot be read: {error.strerror}.",
            "Check the disk that the pools are on.",
        ) from error
