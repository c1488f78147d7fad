"""``kill -9`` of daemon or client while a mask is painted: what was painted is in the mask."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from daemon.protocol.endpoint import resolve_folders
from daemon.protocol.messages import (
    Done,
    Failed,
    MaskClose,
    MaskExport,
    MaskOpened,
    MaskSave,
    PoolList,
    PoolManifest,
    WirePath,
)
from tests.fakes.client import Client, connected
from tests.fakes.daemon_process import running_daemon
from tests.fakes.painting import Mapping, add, begin, mask_of, photo

pytestmark = pytest.mark.slow

PAINTER = """
import mmap, os, sys
file = open(sys.argv[1], "r+b")
values = mmap.mmap(file.fileno(), 0)
row = 0
while True:
    values[4096 + row * 90 : 4096 + row * 90 + 90] = bytes([255]) * 90
    print(row, flush=True)
    row += 1
    if row == 60:
        sys.stdin.read()
"""


def socket() -> Path:
    return resolve_folders().socket


def paintings() -> list[Path]:
    return sorted(resolve_folders().data.glob("pools/*/*.painting"))


def rows_painted(mask: np.ndarray | None) -> int:
    assert mask is not None
    return int((mask == 255).all(axis=1).sum())


async def saved_mask(client: Client, slot: str, folder: Path) -> np.ndarray:
    """Return the mask that the daemon gives away, once it has seen to what was cut off."""
    output = folder / "saved.png"
    export = MaskExport(output=WirePath.of(output), slot=slot, request_id=11)
    assert await client.ask(export, Done)
    assert paintings() == []
    with Image.open(output) as picture:
        return np.asarray(picture)


def test_a_killed_daemon_loses_nothing_that_was_painted(tmp_path: Path) -> None:
    async def whole() -> None:
        async with running_daemon() as daemon, connected(socket()) as client:
            slot = (await add(client, photo(tmp_path / "a.jpg"))).slots[0].slot
            opened = await begin(client, slot)
            mapping = Mapping(opened)
            mapping.values[:20] = 255
            await client.ask(MaskSave(session_id=opened.session_id, request_id=8), PoolManifest)
            mapping.values[20:40] = 255
            daemon.send_signal(signal.SIGKILL)
            await client.closed()
            mapping.values[40:41] = 255
        async with running_daemon(), connected(socket()) as client:
            assert rows_painted(await saved_mask(client, slot, tmp_path)) == 41

    asyncio.run(whole())


def test_a_window_that_comes_back_finds_what_it_painted(tmp_path: Path) -> None:
    async def whole() -> None:
        async with running_daemon() as daemon, connected(socket()) as client:
            slot = (await add(client, photo(tmp_path / "a.jpg"))).slots[0].slot
            mapping = Mapping(await begin(client, slot))
            mapping.values[:30] = 255
            daemon.send_signal(signal.SIGKILL)
            await client.closed()
        async with running_daemon(), connected(socket()) as client:
            opened = await begin(client, slot)
            again = Mapping(opened)
            assert (again.values == mapping.values).all()
            again.values[30:35] = 255
            close = MaskClose(session_id=opened.session_id, request_id=9)
            await client.ask(close, PoolManifest)
            assert rows_painted(await mask_of(client, slot)) == 35
            assert paintings() == []

    asyncio.run(whole())


def test_a_killed_client_loses_nothing_that_it_painted(tmp_path: Path) -> None:
    async def whole() -> None:
        async with running_daemon(), connected(socket()) as looker:
            slot = (await add(looker, photo(tmp_path / "a.jpg"))).slots[0].slot
            async with connected(socket()) as client:
                opened = await begin(client, slot)
                painter = await asyncio.create_subprocess_exec(
                    *(sys.executable, "-c", PAINTER, os.fsdecode(opened.values_path)),
                    stdin=asyncio.subprocess.PIPE,
                    stdout=asyncio.subprocess.PIPE,
                )
                assert painter.stdout is not None
                painted = 0
                while painted < 25:
                    painted = int(await painter.stdout.readline()) + 1
                painter.kill()
                await painter.communicate()
            await looker.next(PoolManifest)
            assert rows_painted(await mask_of(looker, slot)) >= painted
            assert paintings() == []

    asyncio.run(whole())


def test_a_daemon_that_ends_in_good_order_saves_what_is_painted(tmp_path: Path) -> None:
    async def whole() -> None:
        async with running_daemon() as daemon, connected(socket()) as client:
            slot = (await add(client, photo(tmp_path / "a.jpg"))).slots[0].slot
            mapping = Mapping(await begin(client, slot))
            mapping.values[:50] = 255
            daemon.terminate()
            await client.closed()
            await daemon.wait()
        mapping.values[50:52] = 255
        async with running_daemon(), connected(socket()) as client:
            assert rows_painted(await saved_mask(client, slot, tmp_path)) >= 50

    asyncio.run(whole())


def test_a_painting_for_a_photo_of_another_size_is_kept_aside(tmp_path: Path) -> None:
    async def whole() -> None:
        path = photo(tmp_path / "a.jpg")
        async with running_daemon() as daemon, connected(socket()) as client:
            slot = (await add(client, path)).slots[0].slot
            Mapping(await begin(client, slot)).values[:30] = 255
            daemon.send_signal(signal.SIGKILL)
            await client.closed()
        photo(path, width_px=80)
        async with running_daemon(), connected(socket()) as client:
            opened = await begin(client, slot)
            assert isinstance(opened, MaskOpened)
            assert opened.width_px == 80
            assert not opened.recovered
            assert not Mapping(opened).values.any()
            (kept,) = resolve_folders().data.glob("pools/*/aside/*.png")
            with Image.open(kept) as picture:
                assert rows_painted(np.asarray(picture)) == 30

    asyncio.run(whole())


def test_a_photo_that_changes_while_it_is_painted_keeps_its_mask_aside(tmp_path: Path) -> None:
    async def whole() -> None:
        path = photo(tmp_path / "a.jpg")
        async with running_daemon(), connected(socket()) as client:
            slot = (await add(client, path)).slots[0].slot
            opened = await begin(client, slot)
            Mapping(opened).values[:30] = 255
            photo(path, width_px=80)
            save = MaskSave(session_id=opened.session_id, request_id=9)
            refusal = await client.ask(save, Failed)
            assert "is 80 x 60 pixels now, the mask was painted for 90 x 60" in (
                refusal.error.message
            )
            assert len(list(resolve_folders().data.glob("pools/*/aside/*.png"))) == 1
            manifest = await client.ask(PoolList(request_id=10), PoolManifest)
            assert not manifest.slots[0].mask
            assert paintings() == []

    asyncio.run(whole())
