"""Pools on the disk for tests: a store with photos beside it, and what is in a folder."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import TypeVar

from daemon.storage.pool_files import refer_to
from daemon.storage.pool_manifest import Reference
from daemon.storage.pool_state import PoolState
from daemon.storage.pools import PoolStore

T = TypeVar("T")

Story = Callable[[PoolStore], Awaitable[T]]


def within(folder: Path, story: Story[T]) -> T:
    """Run *story* on a store whose pools are in ``folder/pools``."""

    async def run() -> T:
        store = PoolStore(folder / "pools")
        try:
            return await story(store)
        finally:
            await store.close()

    return asyncio.run(run())


def photos(folder: Path, count: int = 3) -> list[Reference]:
    """Make photos that differ, ``p0.jpg`` and so on; return what a pool says of them."""
    folder.mkdir(parents=True, exist_ok=True)
    found: list[Reference] = []
    for number in range(count):
        path = folder / f"p{number}.jpg"
        if not path.exists():
            path.write_bytes(b"photo %d" % number)
        found.append(refer_to(bytes(path)))
    return found


def mask(store: PoolStore, state: PoolState, content: bytes = b"mask") -> bytes:
    """Make a temporary file in a pool's folder, as a worker does."""
    temp = store.temporary(state)
    Path(temp.decode()).write_bytes(content)
    return temp


def names(state: PoolState) -> list[str]:
    """Return the slots in order, without ``img_000``."""
    return [slot.slot.removeprefix("img_000") for slot in state.slots]


def labels(state: PoolState) -> list[str]:
    """Return the labels in order."""
    return [slot.label for slot in state.slots]


def folder_of(state: PoolState) -> Path:
    """Return the folder of a pool."""
    return Path(state.folder.decode())


def files_in(state: PoolState) -> set[str]:
    """Return the names of the files of a pool, without those taken out."""
    return {path.name for path in folder_of(state).iterdir() if path.is_file()}


async def filled(store: PoolStore, found: Sequence[Reference]) -> PoolState:
    """Return the current pool with *found* in it."""
    return await store.add("", found)
