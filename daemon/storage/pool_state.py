"""A pool as others read it: what its slots are and where their files lie, at one moment."""

from __future__ import annotations

import hashlib

import msgspec

from daemon.protocol.values import PoolInfo
from daemon.storage.pool_manifest import chosen


class StoredSlot(msgspec.Struct, frozen=True, kw_only=True):
    """One photo of a pool.

    Attributes:
        slot: Its lasting name.
        path: The photo, or the picture in the pool's folder; absolute.
        own: The picture lies in the pool's folder.
        missing: There is no file at *path*.
        mask_file: The mask, absolute; empty: none.
        mask_mtime_ns: Its modification time; 0: no mask.
        mask_size: Its bytes.
        image_mtime_ns: Of the photo; 0: it is missing.
        image_size: Its bytes.
        label: The user's words.
        added: Seconds since 1970.
        problem: Empty, or what is wrong with it, in a sentence.
    """

    slot: str
    path: bytes
    own: bool = False
    missing: bool = False
    mask_file: bytes = b""
    mask_mtime_ns: int = 0
    mask_size: int = 0
    image_mtime_ns: int = 0
    image_size: int = 0
    label: str = ""
    added: int = 0
    problem: str = ""


class PoolState(msgspec.Struct, frozen=True, kw_only=True):
    """A whole pool.

    Attributes:
        pool_id: Its id.
        name: Its name.
        folder: Where its files are.
        active: Index of the active slot; -1: it is empty.
        slots: Its photos in order.
        pools: All pools, by name.
        undo: What undo would take back, in words; empty: nothing.
        redo: What redo would do again.
        problems: What was found broken and repaired, or refused, just now; a sentence each.
        revision: Counts up with every look at the pools, as long as the daemon runs.
    """

    pool_id: str
    name: str
    folder: bytes
    active: int = -1
    slots: tuple[StoredSlot, ...] = ()
    pools: tuple[PoolInfo, ...] = ()
    undo: str = ""
    redo: str = ""
    problems: tuple[str, ...] = ()
    revision: int = 0

    def at(self, index: int) -> int:
        """Return the index that is used for *index*: -1 the active one, others clamped."""
        return chosen(index, self.active, len(self.slots))

    def index_of(self, slot: str) -> int:
        """Return where a slot stands; -1: it is not there."""
        return next((i for i, each in enumerate(self.slots) if each.slot == slot), -1)


def change_hash(state: PoolState, index: int) -> str:
    """Return what is another one whenever pool, used index, image or mask is another.

    Args:
        state: The pool.
        index: The used index; -1: the pool is empty.
    """
    slot = state.slots[index] if index >= 0 else None
    image, mask = (slot.image_mtime_ns, slot.mask_mtime_ns) if slot else (0, 0)
    text = f"{state.pool_id} {index} {image} {mask}"
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()
