"""A pool with everything real but the processes: its store, its selector, workers done in place."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from daemon.handlers.registry import find_handler
from daemon.pool.mask_files import MaskFiles
from daemon.pool.selecting import SlotSelector
from daemon.pool.sizes import PhotoSizes
from daemon.protocol.errors import RabbitError
from daemon.protocol.messages import PoolSelect, PoolSelected, PoolSetMask, WirePath
from daemon.storage.pool_files import refer_to
from daemon.storage.pool_state import PoolState, StoredSlot
from daemon.storage.pools import PoolStore
from daemon.tasks import AnyTask
from tests.fakes.peer import FakePeer
from tests.fakes.quiet import QuietContext
from tests.fakes.render import FakeRender, Outcome


def carry_out(task: AnyTask) -> Outcome | Exception:
    """Do a worker's task here and now."""
    try:
        return find_handler(type(task))(task, QuietContext())
    except RabbitError as error:
        return error


class PoolDesk:
    """One pool in a folder of the test's own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.store = PoolStore(folder / "pools")
        render: Any = FakeRender(carry_out)
        sizes = PhotoSizes(render)
        self._masks = MaskFiles(self.store, render, sizes, folder / "drop")
        self._selector = SlotSelector(self.resolve, self.flush, render, sizes, folder / "cache")

    async def resolve(
        self, pool: str, slot: str, index: int
    ) -> tuple[PoolState, int, StoredSlot | None]:
        """Find a slot by its index."""
        del slot
        state = await self.store.get(pool)
        used = state.at(index)
        return state, used, state.slots[used] if used >= 0 else None

    async def flush(self, pool_id: str) -> None:
        """Nobody paints here."""

    async def add(self, paths: Sequence[Path]) -> None:
        """Put photos in."""
        await self.store.add("", [refer_to(bytes(path)) for path in paths])

    async def set_mask(self, index: int, mask: Path | None, **more: bool) -> None:
        """Give the photo at *index* a mask from a file, or none."""
        state = await self.store.get()
        wanted = WirePath() if mask is None else WirePath.of(mask)
        await self._masks.give(state, state.slots[index], PoolSetMask(mask=wanted, **more))

    async def select(self, index: int = -1) -> PoolSelected:
        """Ask what the pool gives."""
        return await self._selector.select(FakePeer(), PoolSelect(index=index))


def samples(path: bytes) -> NDArray[Any]:
    """Return the samples in a picture file, as they lie in it."""
    with Image.open(os.fsdecode(path)) as picture:
        return np.asarray(picture)
