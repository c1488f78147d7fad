"""Marks through the daemon's service: on disk when answered, journalled first, told to all."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import os
from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path

import pytest

from daemon import sidecars
from daemon.library import marks_writing
from daemon.library.marks import MarksService
from daemon.protocol.endpoint import Folders, resolve_folders
from daemon.protocol.errors import ErrorKind, RabbitError
from daemon.protocol.message import Message, WirePath
from daemon.protocol.organising import Marks, MarksRequest, MarksSet, SetMarks
from daemon.protocol.values import PhotoMarks
from daemon.settings import SettingsStore
from daemon.sidecars import SidecarWrite
from daemon.storage.journal import JournalStore, SidecarWritten
from tests.fakes.peer import FakePeer


class Daemon:
    """The service with what it needs, and everything it said."""

    def __init__(self, folders: Folders) -> None:
        self.journal = JournalStore(folders.data / "journal.jsonl")
        self.events: list[Marks] = []
        self.told: list[PhotoMarks] = []
        self.service = MarksService(
            self.journal, self._publish, SettingsStore(folders), folders.data / "marks"
        )
        self.service.on_marks = self._tell

    def _publish(self, message: Message, blob: bytes = b"") -> None:
        del blob
        assert isinstance(message, Marks)
        self.events.append(message)

    def _tell(self, marks: Sequence[PhotoMarks]) -> None:
        self.told.extend(marks)

    async def set(self, paths: Sequence[Path], batch: str = "", **change: object) -> MarksSet:
        request = SetMarks(paths=wire(paths), batch=batch, **change)  # type: ignore[arg-type]
        return await self.service.set_marks(FakePeer(), request)

    async def marks(self, *paths: Path) -> tuple[PhotoMarks, ...]:
        answer = await self.service.marks(FakePeer(), MarksRequest(paths=wire(paths)))
        return answer.marks


def wire(paths: Sequence[Path]) -> tuple[WirePath, ...]:
    return tuple(WirePath.of(path) for path in paths)


@contextlib.asynccontextmanager
async def running(folders: Folders) -> AsyncIterator[Daemon]:
    folders.data.mkdir(parents=True, exist_ok=True)
    daemon = Daemon(folders)
    await daemon.journal.open()
    await daemon.service.open()
    try:
        yield daemon
    finally:
        await daemon.service.close()
        await daemon.journal.close()


@pytest.fixture
def folders(home: Path) -> Folders:
    return resolve_folders()


@pytest.fixture
def photos(tmp_path: Path) -> list[Path]:
    folder = tmp_path / "photos"
    folder.mkdir()
    paths = [folder / f"{number:03}.jpg" for number in range(100)]
    for path in paths:
        path.write_bytes(b"\xff\xd8\xff\xd9")
    return paths


def test_all_sidecars_are_there_when_it_is_answered(folders: Folders, photos: list[Path]) -> None:
    async def story() -> tuple[MarksSet, Daemon]:
        async with running(folders) as daemon:
            return await daemon.set(photos, rating=4), daemon

    answer, daemon = asyncio.run(story())
    assert answer == MarksSet(changed=len(photos))
    assert {sidecars.read_marks(os.fsencode(path)).rating for path in photos} == {4}
    assert {marks.path for event in daemon.events for marks in event.marks} == {
        os.fsencode(path) for path in photos
    }
    assert len(daemon.told) == len(photos)


def test_the_journal_holds_every_sidecar_as_it_was(folders: Folders, photos: list[Path]) -> None:
    before = b'<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"/>'
    old = photos[0].with_name("000.jpg.xmp")
    old.write_bytes(before)

    async def story() -> tuple[str, list[object]]:
        async with running(folders) as daemon:
            await daemon.set(photos[:50], batch="b", rating=4)
            await daemon.set(photos[50:], batch="b", rating=4)
            title, _ = daemon.journal.top
            step = daemon.journal.reverse_now(redo=False)
            return title, list(step.records_now(before=True).values())

    title, records = asyncio.run(story())
    assert title == "Rate 100 photos"
    held = {record.path: record.before for record in records if isinstance(record, SidecarWritten)}
    assert len(held) == len(photos)
    assert held.pop(os.fsencode(old)) == before
    assert set(held.values()) == {None}


def test_the_last_of_two_quick_ratings_wins(folders: Folders, photos: list[Path]) -> None:
    async def story() -> None:
        async with running(folders) as daemon:
            await asyncio.gather(*(daemon.set(photos, rating=stars) for stars in (1, 5, 2, 3)))

    asyncio.run(story())
    assert {sidecars.read_marks(os.fsencode(path)).rating for path in photos} == {3}


def test_a_shared_sidecar_takes_the_marks_of_both_photos(
    folders: Folders, photos: list[Path]
) -> None:
    raw = photos[0].with_suffix(".CR3")
    raw.write_bytes(b"x")
    shared = photos[0].with_suffix(".xmp")
    shared.write_bytes(b"")

    async def story() -> MarksSet:
        async with running(folders) as daemon:
            return await daemon.set([photos[0], raw], add_keywords=("pair",), rating=2)

    assert asyncio.run(story()).changed == 2
    assert sidecars.read_marks(os.fsencode(raw)).keywords == ("pair",)
    assert [path.suffix for path in photos[0].parent.glob("000.*")].count(".xmp") == 1


def test_a_broken_sidecar_fails_alone(folders: Folders, photos: list[Path]) -> None:
    photos[1].with_name("001.xmp").write_bytes(b"<broken")

    async def story() -> MarksSet:
        async with running(folders) as daemon:
            return await daemon.set(photos[:3], label="green")

    answer = asyncio.run(story())
    assert answer.changed == 2
    assert [failure.path for failure in answer.failed] == [os.fsencode(photos[1])]
    assert "001.xmp cannot be used" in answer.failed[0].error.message
    assert photos[1].with_name("001.xmp").read_bytes() == b"<broken"


def test_photos_that_are_gone_are_named(folders: Folders, photos: list[Path]) -> None:
    photos[0].unlink()

    async def story() -> MarksSet:
        async with running(folders) as daemon:
            return await daemon.set(photos[:2], flag="reject")

    answer = asyncio.run(story())
    assert (answer.changed, len(answer.failed)) == (1, 1)
    assert answer.failed[0].error.kind == ErrorKind.NOT_FOUND
    assert not photos[0].with_name("000.jpg.xmp").exists()


@pytest.fixture
def read_only(monkeypatch: pytest.MonkeyPatch, photos: list[Path]) -> Callable[[bool], None]:
    """Lets the folder of photos refuse writing, or take it again."""
    folder = os.fsencode(photos[0].parent)
    state = {"on": True}

    def commit(write: SidecarWrite, *, settled: bool = True) -> None:
        if state["on"] and write.path.startswith(folder):
            raise OSError(errno.EROFS, os.strerror(errno.EROFS))
        sidecars.commit(write, settled=settled)

    def switch(on: bool) -> None:
        state["on"] = on

    monkeypatch.setattr(marks_writing, "commit", commit)
    return switch


@pytest.mark.usefixtures("read_only")
def test_ratings_of_a_read_only_folder_are_kept_aside_and_survive_a_restart(
    folders: Folders, photos: list[Path]
) -> None:
    async def story() -> tuple[MarksSet, tuple[PhotoMarks, ...]]:
        async with running(folders) as daemon:
            answer = await daemon.set(photos, rating=5, add_keywords=("card",))
            await daemon.set(photos[:1], flag="pick")
        async with running(folders) as daemon:
            return answer, await daemon.marks(*photos[:2])

    answer, (first, second) = asyncio.run(story())
    assert answer == MarksSet(changed=len(photos))
    assert list(photos[0].parent.glob("*.xmp")) == []
    assert (first.rating, first.flag, first.keywords) == (5, "pick", ("card",))
    assert (second.rating, second.flag) == (5, "")


def test_what_was_kept_aside_goes_into_the_sidecar_once_it_can(
    folders: Folders, photos: list[Path], read_only: Callable[[bool], None]
) -> None:
    async def story() -> None:
        async with running(folders) as daemon:
            await daemon.set(photos[:1], rating=5)
            read_only(False)
            await daemon.set(photos[:1], label="red")

    asyncio.run(story())
    told = sidecars.read_marks(os.fsencode(photos[0]))
    assert (told.rating, told.label) == (5, "red")


@pytest.mark.usefixtures("read_only")
def test_undoing_what_was_kept_aside_is_told(folders: Folders, photos: list[Path]) -> None:
    async def story() -> list[Marks]:
        async with running(folders) as daemon:
            await daemon.set(photos[:1], rating=5)
            step = daemon.journal.reverse_now(redo=False)
            (record,) = step.records_now(before=True).values()
            assert isinstance(record, SidecarWritten)
            os.unlink(record.path)
            daemon.events.clear()
            await daemon.service.files_changed([record.path])
            return daemon.events

    (event,) = asyncio.run(story())
    assert [(marks.path, marks.rating) for marks in event.marks] == [(os.fsencode(photos[0]), 0)]


def test_sidecars_changed_by_undo_are_told_for_their_photos(
    folders: Folders, photos: list[Path]
) -> None:
    async def story() -> list[Marks]:
        async with running(folders) as daemon:
            answer = await daemon.set(photos[:1], rating=5)
            assert answer.changed == 1
            daemon.events.clear()
            sidecar = photos[0].with_name("000.jpg.xmp")
            sidecar.unlink()
            await daemon.service.files_changed([os.fsencode(sidecar)])
            return daemon.events

    (event,) = asyncio.run(story())
    assert [(marks.path, marks.rating) for marks in event.marks] == [(os.fsencode(photos[0]), 0)]


@pytest.mark.parametrize(
    "change", [{"rating": 6}, {"label": "pink"}, {"flag": "maybe"}, {"title": "x" * 3000}]
)
def test_what_photos_cannot_be_given_is_refused(
    folders: Folders, photos: list[Path], change: dict[str, object]
) -> None:
    async def story() -> None:
        async with running(folders) as daemon:
            await daemon.set(photos[:1], **change)

    with pytest.raises(RabbitError, match="cannot be given"):
        asyncio.run(story())


def test_keywords_are_cleaned_of_white_space(folders: Folders, photos: list[Path]) -> None:
    async def story() -> None:
        async with running(folders) as daemon:
            await daemon.set(photos[:1], add_keywords=(" sea ", "Animals | Birds|", " ", "sea"))

    asyncio.run(story())
    keywords = sidecars.read_marks(os.fsencode(photos[0])).keywords
    assert sorted(keywords) == ["Animals|Birds", "sea"]
