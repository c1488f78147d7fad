"""The catalogue through the real daemon and its workers, killed in between."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest
from PIL import Image

from daemon.protocol.messages import (
    Collections,
    CollectionSave,
    CollectionsRequest,
    FilterChoices,
    FilterChoicesRequest,
    FolderChunk,
    FolderOpen,
    IndexedFolders,
    IndexedFoldersKnown,
    IndexProgress,
    ListingArrange,
    ListingArranged,
    ListingMarks,
    MarksSet,
    SetMarks,
    WirePath,
)
from daemon.protocol.values import PhotoFilter
from tests.fakes.client import Client
from tests.fakes.daemon_process import with_daemon

pytestmark = pytest.mark.slow


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    folder = tmp_path / "photos"
    folder.mkdir()
    for number in range(3):
        exif = Image.Exif()
        exif[271], exif[272] = "Canon", "Canon EOS R5" if number else "Canon EOS R6"
        exif[0x8769] = {36867: f"2024:06:2{3 - number} 10:00:00"}
        Image.new("RGB", (60, 40)).save(folder / f"{number}.jpg", exif=exif)
    return folder


async def arranged(client: Client, wanted: list[int]) -> None:
    """Wait until the daemon wants these ids to be shown."""
    while True:
        await client.next(ListingArranged)
        if list(memoryview(client.blob).cast("I")) == wanted:
            return


def test_an_opened_folder_is_sorted_filtered_and_follows_what_is_said_of_it(photos: Path) -> None:
    async def first(client: Client) -> None:
        await client.send(FolderOpen(path=WirePath.of(photos), listing_id=1))
        await client.send(ListingArrange(listing_id=1, sort="taken", request_id=5))
        await arranged(client, [2, 1, 0])
        choices = await client.ask(FilterChoicesRequest(listing_id=1), FilterChoices)
        assert choices.cameras == (("Canon EOS R5", 2), ("Canon EOS R6", 1))
        await client.send(ListingArrange(listing_id=1, filter=PhotoFilter(min_rating=3)))
        path = WirePath.of(photos / "1.jpg")
        await client.ask(SetMarks(paths=(path,), rating=4, request_id=6), MarksSet)
        await arranged(client, [1])

    async def second(client: Client) -> None:
        await client.send(FolderOpen(path=WirePath.of(photos), listing_id=1))
        await client.next(ListingMarks)
        assert struct.unpack("<IBBBB", client.blob[:8]) == (1, 4, 0, 0, 0)

    with_daemon(first)
    with_daemon(second)


def test_indexed_folders_and_collections_outlive_the_daemon(photos: Path) -> None:
    async def first(client: Client) -> None:
        path = WirePath.of(photos / "2.jpg")
        await client.ask(CollectionSave(name="Best", add=(path,)), Collections)
        await client.ask(IndexedFolders(add=(WirePath.of(photos.parent),)), IndexedFoldersKnown)
        while True:
            progress = await client.next(IndexProgress)
            if progress.done == progress.total == 3:
                return

    async def second(client: Client) -> None:
        known = await client.ask(IndexedFolders(), IndexedFoldersKnown)
        assert known.photos == 3
        found = await client.ask(CollectionsRequest(), Collections)
        assert [(each.name, each.count) for each in found.collections] == [("Best", 1)]
        await client.send(FolderOpen(path=WirePath(), listing_id=2, search="canon r5"))
        listed = await client.next(FolderChunk)
        assert [entry.name.rpartition(b"/")[2] for entry in listed.entries] == [b"1.jpg", b"2.jpg"]
        await client.send(FolderOpen(path=WirePath(), listing_id=3, collection="Best"))
        while True:
            chunk = await client.next(FolderChunk)
            if chunk.listing_id == 3:
                break
        assert [entry.name.rpartition(b"/")[2] for entry in chunk.entries] == [b"2.jpg"]

    with_daemon(first)
    with_daemon(second)
