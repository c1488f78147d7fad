"""One painting that is open: which slot, who paints it, and how far it is saved."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

from daemon.protocol.errors import ErrorKind, RabbitError
from daemon.protocol.messages import MaskOpened
from daemon.storage.pool_paintings import HEADER_BYTES
from daemon.storage.pool_state import PoolState, StoredSlot

SlotKey = tuple[str, str]
"""Pool id and slot."""


@dataclass
class Session:
    """A painting.

    Attributes:
        session_id: Unique while the daemon runs.
        peer_id: The client that paints.
        pool_id: Its pool.
        slot: Its slot.
        photo: The photo.
        width_px: Of the upright photo.
        height_px: As above.
        values_path: The file that is painted in.
        recovered: An earlier painting was found.
        wanted: How often a save was asked for.
        saved: Which of these is on the disk.
        saving: Held while one is written.
        state: The pool after the last save.
    """

    session_id: int
    peer_id: int
    pool_id: str
    slot: str
    photo: bytes
    width_px: int
    height_px: int
    values_path: bytes
    recovered: bool = False
    wanted: int = 0
    saved: int = 0
    saving: asyncio.Lock = field(default_factory=asyncio.Lock)
    state: PoolState | None = None

    @property
    def key(self) -> SlotKey:
        """Pool id and slot."""
        return self.pool_id, self.slot

    def opened(self) -> MaskOpened:
        """Return the answer to the client."""
        return MaskOpened(
            session_id=self.session_id,
            pool_id=self.pool_id,
            slot=self.slot,
            path=self.photo,
            width_px=self.width_px,
            height_px=self.height_px,
            values_path=self.values_path,
            offset=HEADER_BYTES,
            recovered=self.recovered,
        )


def slot_in(state: PoolState, slot: str, index: int = -1) -> StoredSlot:
    """Return the slot that a request means: by name, or where that is empty by index.

    Raises:
        RabbitError: there is none.
    """
    at = state.index_of(slot) if slot else state.at(index)
    if at < 0:
        what = f"no slot {slot[:64]!r}" if slot else "no photo"
        raise RabbitError(
            ErrorKind.NOT_FOUND,
            f"The pool {state.name} has {what}.",
            "Add a photo to the pool first." if not slot else "It may have been taken out.",
        )
    return state.slots[at]
