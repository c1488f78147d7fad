"""Painting with a real daemon: open, paint into the mapping, change, save, close, export."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from daemon.protocol.endpoint import resolve_folders
from daemon.protocol.errors import ErrorKind
from daemon.protocol.messages import (
    Done,
    Failed,
    MaskChange,
    MaskChanged,
    MaskClose,
    MaskExport,
    MaskOpen,
    MaskSave,
    PoolManifest,
    PoolSetMask,
    PoolUndo,
    SurfaceMapped,
    WirePath,
)
from tests.fakes.client import Client, connected
from tests.fakes.daemon_process import with_daemon
from tests.fakes.painting import Mapping, add, begin, mask_of, photo

pytestmark = pytest.mark.slow


def left_in(folder: bytes) -> list[str]:
    return sorted(name for name in os.listdir(os.fsdecode(folder)) if "painting" in name)


def test_what_is_painted_is_the_mask_after_saving(tmp_path: Path) -> None:
    path = photo(tmp_path / "a.jpg", orientation=6)

    async def story(client: Client) -> None:
        slot = (await add(client, path)).slots[0].slot
        opened = await begin(client, slot)
        assert (opened.width_px, opened.height_px) == (60, 90)
        mapping = Mapping(opened)
        assert not mapping.values.any()
        mapping.values[10:20, 30:50] = 200
        manifest = await client.ask(
            MaskSave(session_id=opened.session_id, request_id=5), PoolManifest
        )
        assert manifest.slots[0].mask
        mapping.values[0, 0] = 7
        await client.ask(MaskClose(session_id=opened.session_id, request_id=6), PoolManifest)
        assert (await mask_of(client, slot) == mapping.values).all()
        assert left_in(os.path.dirname(opened.values_path)) == []
        again = Mapping(await begin(client, slot))
        assert (again.values == mapping.values).all()

    with_daemon(story)


def test_an_empty_mask_that_is_saved_is_no_mask(tmp_path: Path) -> None:
    async def story(client: Client) -> None:
        slot = (await add(client, photo(tmp_path / "a.jpg"))).slots[0].slot
        opened = await begin(client, slot)
        mapping = Mapping(opened)
        mapping.values[:] = 9
        save = MaskSave(session_id=opened.session_id, request_id=5)
        assert (await client.ask(save, PoolManifest)).slots[0].mask
        mapping.values[:] = 0
        assert not (await client.ask(save, PoolManifest)).slots[0].mask

    with_daemon(story)


def test_a_second_window_is_told_that_the_mask_is_being_painted(tmp_path: Path) -> None:
    async def story(client: Client) -> None:
        slot = (await add(client, photo(tmp_path / "a.jpg"))).slots[0].slot
        await begin(client, slot)
        async with connected(resolve_folders().socket) as other:
            refusal = await other.ask(MaskOpen(slot=slot, request_id=9), Failed)
            assert refusal.error.message == "The mask of a.jpg is being painted elsewhere."

    with_daemon(story)


def test_a_client_that_goes_away_leaves_a_saved_mask(tmp_path: Path) -> None:
    async def story(client: Client) -> None:
        slot = (await add(client, photo(tmp_path / "a.jpg"))).slots[0].slot
        async with connected(resolve_folders().socket) as other:
            mapping = Mapping(await begin(other, slot))
            mapping.values[5, 5] = 255
        await client.next(PoolManifest)
        opened = await begin(client, slot)
        assert Mapping(opened).values[5, 5] == 255

    with_daemon(story)


@pytest.mark.parametrize(
    ("change", "arguments", "checks"),
    [
        ("grow", {"amount_px": 3}, lambda values: values[30, 37] == 200),
        ("shrink", {"amount_px": 3}, lambda values: not values[30, 40]),
        ("feather", {"amount_px": 4}, lambda values: 0 < values[29, 45] < 200),
        ("smooth", {"amount_px": 3}, lambda values: values[34, 45] == 200),
        ("luminosity", {"low": 0.9}, lambda values: values[59, 5] == 255 and not values[30, 5]),
        ("similar", {"row": 0, "column": 0, "tolerance": 5}, lambda values: values[0, 80] == 255),
    ],
)
def test_a_worker_changes_the_mask(
    tmp_path: Path, change: str, arguments: dict, checks: Callable[[np.ndarray], bool]
) -> None:
    async def story(client: Client) -> None:
        slot = (await add(client, photo(tmp_path / "a.jpg"))).slots[0].slot
        opened = await begin(client, slot)
        mapping = Mapping(opened)
        mapping.values[30:40, 40:50] = 200
        changed = await client.ask(
            MaskChange(session_id=opened.session_id, change=change, request_id=5, **arguments),
            MaskChanged,
        )
        box = (changed.height_px, changed.width_px)
        surface = Path(os.fsdecode(changed.surface_path))
        whole = np.zeros_like(mapping.values)
        rows = slice(changed.top_px, changed.top_px + changed.height_px)
        columns = slice(changed.left_px, changed.left_px + changed.width_px)
        whole[rows, columns] = np.frombuffer(surface.read_bytes(), np.uint8).reshape(box)
        assert checks(whole)
        await client.send(SurfaceMapped(surface_id=changed.surface_id))
        await client.ask(MaskSave(session_id=opened.session_id, request_id=6), PoolManifest)
        assert not surface.exists()

    with_daemon(story)


def test_a_mask_comes_from_a_picture_and_undo_takes_it_back(tmp_path: Path) -> None:
    async def story(client: Client) -> None:
        slot = (await add(client, photo(tmp_path / "a.jpg"))).slots[0].slot
        small = tmp_path / "small.png"
        Image.new("L", (45, 30), 128).save(small)
        given = PoolSetMask(mask=WirePath.of(small), slot=slot, request_id=5)
        refusal = await client.ask(given, Failed)
        assert refusal.error.kind is ErrorKind.INVALID_REQUEST
        assert refusal.error.message == "The mask is 45 x 30 pixels, the photo 90 x 60."
        resized = PoolSetMask(mask=WirePath.of(small), slot=slot, resize=True, request_id=6)
        await client.ask(resized, PoolManifest)
        mask = await mask_of(client, slot)
        assert mask is not None
        assert mask.shape == (60, 90)
        assert (mask == 128).all()
        await client.ask(PoolUndo(request_id=7), PoolManifest)
        assert await mask_of(client, slot) is None

    with_daemon(story)


def test_a_mask_is_exported_also_where_none_is_painted(tmp_path: Path) -> None:
    async def story(client: Client) -> None:
        slot = (await add(client, photo(tmp_path / "a.jpg"))).slots[0].slot
        output = tmp_path / "out.png"
        export = MaskExport(output=WirePath.of(output), slot=slot, request_id=5)
        await client.ask(export, Done)
        with Image.open(output) as picture:
            assert (picture.mode, picture.size, picture.getextrema()) == ("L", (90, 60), (0, 0))
        Mapping(await begin(client, slot)).values[1, 2] = 77
        await client.ask(export, Done)
        with Image.open(output) as picture:
            assert picture.getpixel((2, 1)) == 77
        assert sorted(os.listdir(tmp_path)) == ["a.jpg", "out.png"]

    with_daemon(story)


def test_a_photo_that_is_gone_cannot_be_painted(tmp_path: Path) -> None:
    async def story(client: Client) -> None:
        path = photo(tmp_path / "a.jpg")
        slot = (await add(client, path)).slots[0].slot
        path.unlink()
        refusal = await client.ask(MaskOpen(slot=slot, request_id=5), Failed)
        assert refusal.error.kind is ErrorKind.NOT_FOUND

    with_daemon(story)
