import asyncio
import os
import struct
import threading
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from PIL import Image

from daemon.handlers.cataloguing import scan_facts
from daemon.library import catalogue
from daemon.library.catalogue import Catalogue
from daemon.library.service import LibraryService
from daemon.protocol.endpoint import resolve_folders
from daemon.protocol.errors import ErrorKind, RabbitError
from daemon.protocol.messages import (
    CollectionDelete,
    Collections,
    CollectionSave,
    FilterChoicesRequest,
    FolderChunk,
    FolderOpen,
    IndexedFolders,
    IndexProgress,
    ListingArrange,
    ListingArranged,
    ListingMarks,
    WirePath,
)
from daemon.protocol.values import PhotoFilter, PhotoMarks
from daemon.settings import SettingsStore
from daemon.storage.catalogue import CatalogueStore
from daemon.storage.collections import CollectionStore
from daemon.storage.indexed_folders import IndexedFolderStore
from daemon.tasks import ScanFacts
from tests.fakes.peer import FakePeer
from tests.fakes.render import FakeRender

XMP = (
    '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF'
    ' xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about=""'
    ' xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmp:Rating="{}" xmp:Label="Red"/>'
    "</rdf:RDF></x:xmpmeta>"
)


class NobodyWaits:
    def checkpoint(self, fraction=None):
        """Go on."""


class Room:
    """A library with its catalogue, and one client."""

    def __init__(self, scan=None) -> None:
        folders = resolve_folders()
        self.settings = settings = SettingsStore(folders)
        self.peer = FakePeer()
        self.render = FakeRender(scan or (lambda task: scan_facts(task, NobodyWaits())))
        self.store = CatalogueStore(folders.data / "catalogue.db")
        self.collections = CollectionStore(folders.data / "collections.jsonl")
        self.edited: frozenset[bytes] = frozenset()
        self.catalogue = Catalogue(
            store=self.store,
            collections=self.collections,
            indexed=IndexedFolderStore(folders.data / "indexed_folders.json"),
            render=self.render,
            publish=self.peer.send,
            settings=settings,
            edited=self.tell_edited,
            aside=lambda path, sidecar_mtime_ns: None,
        )
        self.library = LibraryService(
            self.render, self.peer.send, folders, settings, catalogue=self.catalogue
        )

    async def tell_edited(self) -> frozenset[bytes]:
        return self.edited

    async def close(self) -> None:
        await self.library.close()
        await self.catalogue.close()
        await self.collections.close()
        await self.store.close()

    async def open(self, folder: Path | None, **how: object) -> list[bytes]:
        """Open a folder; return the names by id."""
        path = WirePath.of(folder) if folder else WirePath()
        await self.library.folder_open(self.peer, FolderOpen(path=path, listing_id=1, **how))
        await self.until(lambda: any(chunk.last for chunk in self.peer.of(FolderChunk)))
        return [entry.name for chunk in self.peer.of(FolderChunk) for entry in chunk.entries]

    async def until(self, happened: Callable[[], bool]) -> None:
        async with asyncio.timeout(20):
            while not happened():
                await self.peer.next_news()

    def marks(self) -> dict[int, tuple[int, int, int, int]]:
        """Return the marks told so far by id."""
        told = [blob for message, blob in self.peer.sent if isinstance(message, ListingMarks)]
        rows = struct.iter_unpack("<IBBBB", b"".join(told))
        return {photo_id: tuple(marks) for photo_id, *marks in rows}

    def arranged(self) -> list[tuple[ListingArranged, list[int]]]:
        return [
            (message, list(memoryview(blob).cast("I")))
            for message, blob in self.peer.sent
            if isinstance(message, ListingArranged)
        ]

    async def until_scanned(self) -> None:
        await self.until(lambda: any(m.done == m.total for m in self.peer.of(IndexProgress)))


@asynccontextmanager
async def room(scan=None) -> AsyncIterator[Room]:
    made = Room(scan)
    try:
        yield made
    finally:
        await made.close()


def told(story: Callable[[], Awaitable[None]]) -> None:
    asyncio.run(story())


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    folder = tmp_path / "photos"
    folder.mkdir()
    for number, name in enumerate(("a.jpg", "b.jpg", "c.jpg")):
        exif = Image.Exif()
        exif[271], exif[272] = "Canon", f"Canon EOS R{number}"
        exif[0x8769] = {36867: f"2024:06:2{3 - number} 10:00:00"}
        Image.new("RGB", (9, 6 + number)).save(folder / name, exif=exif)
    (folder / "b.jpg.xmp").write_text(XMP.format(4))
    return folder


def test_marks_are_told_once_the_facts_were_read(photos: Path) -> None:
    async def story() -> None:
        async with room() as made:
            names = await made.open(photos)
            await made.until(lambda: 1 in made.marks())
            assert names[1] == b"b.jpg"
            assert made.marks()[1] == (4, 1, 0, 0)

    told(story)


def test_the_next_daemon_knows_the_marks_without_reading(photos: Path) -> None:
    async def story() -> None:
        async with room() as made:
            await made.open(photos)
            await made.until(lambda: 1 in made.marks())
        async with room() as again:
            await again.open(photos)
            await again.until(lambda: 1 in again.marks())
            assert again.render.submitted == []

    told(story)


def test_a_sidecar_that_changed_meanwhile_is_read_again(photos: Path) -> None:
    async def story() -> None:
        async with room() as made:
            await made.open(photos)
            await made.until(lambda: 1 in made.marks())
        (photos / "b.jpg.xmp").unlink()
        (photos / "c.xmp").write_text(XMP.format(2))
        async with room() as again:
            await again.open(photos)
            await again.until(lambda: again.marks().get(1, (9,))[0] == 0 and 2 in again.marks())
            assert again.marks()[2] == (2, 1, 0, 0)
            [task] = {running.task for running in again.render.submitted}
            assert [os.path.basename(path) for path in task.paths] == [b"b.jpg", b"c.jpg"]

    told(story)


def test_photos_are_arranged_by_facts_and_again_when_those_come(photos: Path) -> None:
    async def story() -> None:
        async with room() as made:
            await made.open(photos)
            request = ListingArrange(listing_id=1, sort="taken", request_id=9)
            await made.catalogue.listing_arrange(made.peer, request)
            await made.until(lambda: [m for m, ids in made.arranged() if ids == [2, 1, 0]])
            first, _ = made.arranged()[0]
            last, _ = made.arranged()[-1]
            assert (first.request_id, first.count) == (9, 3)
            assert not last.arranging

    told(story)


def test_an_arrangement_that_was_asked_too_early_is_answered_later(photos: Path) -> None:
    async def story() -> None:
        async with room() as made:
            request = ListingArrange(listing_id=1, sort="size", backwards=True, request_id=9)
            await made.catalogue.listing_arrange(made.peer, request)
            await made.open(photos)
            await made.until(lambda: any(m.request_id == 9 for m, _ in made.arranged()))

    told(story)


def test_a_filter_follows_marks_and_results(photos: Path) -> None:
    async def story() -> None:
        async with room() as made:
            await made.open(photos)
            await made.until_scanned()
            wanted = PhotoFilter(min_rating=5)
            request = ListingArrange(listing_id=1, filter=wanted, request_id=9)
            await made.catalogue.listing_arrange(made.peer, request)
            assert made.arranged()[-1][1] == []
            path = os.fsencode(photos / "c.jpg")
            made.catalogue.marks_told([PhotoMarks(path=path, rating=5)])
            await made.until(lambda: made.arranged()[-1][1] == [2])
            made.edited = frozenset({os.fsencode(photos / "a.jpg")})
            wanted = PhotoFilter(edited=True)
            request = ListingArrange(listing_id=1, filter=wanted, request_id=10)
            await made.catalogue.listing_arrange(made.peer, request)
            assert made.arranged()[-1][1] == [0]

    told(story)


def test_an_unknown_order_is_refused(photos: Path) -> None:
    async def story() -> None:
        async with room() as made:
            await made.open(photos)
            request = ListingArrange(listing_id=1, sort="mood")
            with pytest.raises(RabbitError, match="sorted by 'mood'"):
                await made.catalogue.listing_arrange(made.peer, request)

    told(story)


def test_the_choices_of_a_listing_are_counted(photos: Path) -> None:
    async def story() -> None:
        async with room() as made:
            await made.open(photos)
            await made.until(lambda: 1 in made.marks())
            request = FilterChoicesRequest(listing_id=1)
            choices = await made.catalogue.filter_choices(made.peer, request)
            assert len(choices.cameras) == 3
            assert choices.kinds == (("jpeg", 3),)

    told(story)


def test_a_file_that_costs_its_worker_is_known_by_its_problem(photos: Path) -> None:
    bad = os.fsencode(photos / "b.jpg")

    def scan(task: ScanFacts) -> object:
        if bad in task.paths:
            return RabbitError(ErrorKind.WORKER_DIED, "It took a worker along.")
        return scan_facts(task, NobodyWaits())

    async def story() -> None:
        async with room(scan) as made:
            paths = [os.fsencode(photos / name) for name in ("a.jpg", "b.jpg", "c.jpg")]
            facts = await made.catalogue.facts_of(paths)
            assert {path: bool(each.problem) for path, each in facts.items()} == {
                paths[0]: False,
                paths[1]: True,
                paths[2]: False,
            }

    told(story)


def test_facts_of_unknown_photos_are_read_at_once_and_kept(photos: Path) -> None:
    async def story() -> None:
        async with room() as made:
            paths = [os.fsencode(photos / "a.jpg"), os.fsencode(photos / "missing.jpg")]
            first = await made.catalogue.facts_of(paths)
            again = await made.catalogue.facts_of(paths)
            assert first == again
            assert [each.camera for each in first.values()] == ["Canon EOS R0"]
            assert len(made.render.submitted) == 1

    told(story)


def test_a_search_over_everything_opens_as_a_listing(photos: Path) -> None:
    async def story() -> None:
        async with room() as made:
            await made.catalogue.facts_of([os.fsencode(p) for p in sorted(photos.glob("*.jpg"))])
            names = await made.open(None, search="eos r1")
            assert names == [os.fsencode(photos / "b.jpg").lstrip(b"/")]
            await made.until(lambda: 0 in made.marks())

    told(story)


def test_a_collection_holds_a_photo_that_moved(photos: Path) -> None:
    async def story() -> None:
        async with room() as made:
            old, new = os.fsencode(photos / "a.jpg"), os.fsencode(photos / "z.jpg")
            await made.catalogue.facts_of([old])
            save = CollectionSave(name="Best", add=(WirePath(old),))
            await made.catalogue.collection_save(made.peer, save)
            os.rename(old, new)
            await made.catalogue.facts_of([new])
            await made.until(lambda: len(made.peer.of(Collections)) >= 2)
            entries = await made.catalogue.collection_entries("Best")
            assert [entry.name for entry in entries] == [new.lstrip(b"/")]
            assert await made.store.count() == 1
            gone = await made.catalogue.collection_delete(made.peer, CollectionDelete(name="Best"))
            assert gone.collections == ()

    told(story)


def test_indexed_folders_are_read_with_all_below_them(photos: Path) -> None:
    async def story() -> None:
        (photos / "below").mkdir()
        (photos / "a.jpg").rename(photos / "below" / "a.jpg")
        async with room() as made:
            made.catalogue.start()
            add = IndexedFolders(add=(WirePath.of(photos),))
            known = await made.catalogue.indexed_folders(made.peer, add)
            assert known.folders == (os.fsencode(photos),)
            await made.until_scanned()
            await made.until(lambda: made.peer.of(IndexProgress)[-1].total == 3)
        async with room() as again:
            known = await again.catalogue.indexed_folders(again.peer, IndexedFolders())
            assert (known.folders, known.photos) == ((os.fsencode(photos),), 3)

    told(story)


def test_nothing_is_read_unasked_where_that_is_switched_off(photos: Path) -> None:
    async def story() -> None:
        config = resolve_folders().config_file
        config.parent.mkdir(parents=True)
        config.write_text("library:\n  index_opened: false\n")
        async with room() as made:
            made.settings.load()
            await made.open(photos)
            request = FilterChoicesRequest(listing_id=1)
            await made.catalogue.filter_choices(made.peer, request)
            assert made.render.submitted == []
            wanted = ListingArrange(listing_id=1, sort="rating", backwards=True, request_id=9)
            await made.catalogue.listing_arrange(made.peer, wanted)
            await made.until(lambda: [m for m, ids in made.arranged() if ids == [1, 0, 2]])

    told(story)


def test_memory_is_given_back_while_a_folder_stays_open_and_quiet(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = threading.Event()
    monkeypatch.setattr(catalogue, "REST_AFTER_S", 0.01)
    monkeypatch.setattr(catalogue, "give_back", given.set)

    async def story() -> bool:
        async with room() as library:
            await library.open(tmp_path)
            return await asyncio.to_thread(given.wait, 20)

    assert asyncio.run(story())
