"""A client that paints: adds a photo to a pool, maps its mask and writes into the mapping."""

from __future__ import annotations

import mmap
import os
from pathlib import Path

import numpy as np
from PIL import Image

from daemon.protocol.messages import (
    Failed,
    MaskOpen,
    MaskOpened,
    PoolAdd,
    PoolList,
    PoolManifest,
    WirePath,
)
from tests.fakes.client import Client
from tests.fakes.daemon_process import HELLO


def photo(path: Path, width_px: int = 90, height_px: int = 60, orientation: int = 1) -> Path:
    """Write a photo with every gray level; its stored size is the one given."""
    exif = Image.Exif()
    exif[0x0112] = orientation
    gray = Image.linear_gradient("L").resize((width_px, height_px)).convert("RGB")
    gray.save(path, quality=95, exif=exif)
    return path


async def add(client: Client, path: Path) -> PoolManifest:
    """Put a photo into the current pool."""
    await client.send(HELLO)
    return await client.ask(
        PoolAdd(paths=(WirePath.of(path),), activate=True, request_id=2), PoolManifest
    )


async def begin(client: Client, slot: str) -> MaskOpened:
    """Begin to paint."""
    await client.send(MaskOpen(slot=slot, request_id=3))
    while not isinstance(answer := await client.receive(), MaskOpened):
        assert not isinstance(answer, Failed), answer
    return answer


async def mask_of(client: Client, slot: str) -> np.ndarray | None:
    """Return what the pool says is the mask of a slot."""
    manifest = await client.ask(PoolList(request_id=4), PoolManifest)
    found = next(each for each in manifest.slots if each.slot == slot)
    if not found.mask:
        return None
    with Image.open(os.fsdecode(found.mask)) as picture:
        assert picture.mode == "L"
        return np.asarray(picture)


class Mapping:
    """The values of a painting, as a window has them."""

    def __init__(self, opened: MaskOpened) -> None:
        size = opened.width_px * opened.height_px
        with open(os.fsdecode(opened.values_path), "r+b") as file:
            self._map = mmap.mmap(file.fileno(), opened.offset + size)
        flat = np.frombuffer(self._map, np.uint8, size, opened.offset)
        self.values = flat.reshape(opened.height_px, opened.width_px)
