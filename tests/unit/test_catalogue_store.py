import asyncio
import contextlib
import os
import sqlite3
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar

import msgspec
import pytest

from daemon.protocol.errors import ErrorKind, RabbitError
from daemon.protocol.values import PhotoMarks
from daemon.storage.catalogue import CatalogueStore
from daemon.storage.catalogue_reading import FactsRow
from daemon.tasks import PhotoFacts

T = TypeVar("T")

PHOTO = PhotoFacts(
    path=b"/p/IMG_2041.jpg",
    size_bytes=10,
    mtime_ns=20,
    sidecar_mtime_ns=30,
    content_id=b"0123456789abcdef",
    format="jpeg",
    width_px=600,
    height_px=400,
    orientation=6,
    taken="2024-06-21 18:30:05",
    camera="Canon EOS R5",
    lens="RF50mm",
    iso=400,
    aperture=2.8,
    exposure_s=0.004,
    focal_mm=50.0,
    latitude=1.5,
    longitude=-2.5,
    title="Zürich by night",
    rating=4,
    label="red",
    flag="pick",
    keywords=("city", "People|Anna"),
)


def other(path: bytes, **changes: object) -> PhotoFacts:
    return msgspec.structs.replace(PHOTO, path=path, **changes)


def within(folder: Path, story: Callable[[CatalogueStore], Awaitable[T]]) -> T:
    async def run() -> T:
        store = CatalogueStore(folder / "catalogue.db")
        try:
            return await story(store)
        finally:
            await store.close()

    return asyncio.run(run())


async def rows_of(store: CatalogueStore, folder: bytes) -> list[FactsRow]:
    rows: list[FactsRow] = []
    await store.each_row({folder: None}, lambda _, found: rows.extend(found))
    return rows


def test_facts_come_back_as_they_were_put(tmp_path: Path) -> None:
    within(tmp_path, lambda store: store.put([PHOTO], {}))
    known = within(tmp_path, lambda store: store.facts_of([PHOTO.path, b"/p/other.jpg"]))
    assert known == {PHOTO.path: PHOTO}


def test_names_need_not_be_utf_8(tmp_path: Path) -> None:
    photo = other(b"/p\xff/\xfe.jpg")
    within(tmp_path, lambda store: store.put([photo], {}))
    assert within(tmp_path, lambda store: store.facts_of([photo.path])) == {photo.path: photo}


@pytest.mark.parametrize(
    "text", ["2041", "img_20", "zurich", "ZÜRICH nig", "anna", "canon r5", "rf50", 'ci"ty']
)
def test_a_photo_is_found_by_the_beginning_of_any_word(tmp_path: Path, text: str) -> None:
    async def story(store: CatalogueStore) -> list[tuple[bytes, int, int]]:
        await store.put([PHOTO, other(b"/p/b.jpg", title="", keywords=(), camera="X", lens="")], {})
        return await store.search(text.replace('"', ""), 10)

    assert within(tmp_path, story) == [(PHOTO.path, 10, 20)]


@pytest.mark.parametrize("text", ['"', "NOT", "a AND", "*", "name:", "(", "^x", "  "])
def test_whatever_is_typed_is_only_words(tmp_path: Path, text: str) -> None:
    assert within(tmp_path, lambda store: store.search(text, 10)) == []


def test_words_that_were_changed_are_not_found_any_more(tmp_path: Path) -> None:
    async def story(store: CatalogueStore) -> tuple[list[object], list[object]]:
        await store.put([PHOTO], {})
        await store.put([other(PHOTO.path, title="Low tide")], {})
        return await store.search("zurich", 10), await store.search("tide", 10)

    before, after = within(tmp_path, story)
    assert (len(before), len(after)) == (0, 1)


def test_marks_replace_marks_and_leave_the_rest(tmp_path: Path) -> None:
    marks = PhotoMarks(path=PHOTO.path, rating=1, keywords=("dog",), title="New")

    async def story(store: CatalogueStore) -> dict[bytes, PhotoFacts]:
        await store.put([PHOTO], {})
        await store.put_marks([marks, PhotoMarks(path=b"/p/unknown.jpg")], {PHOTO.path: 99})
        assert await store.search("dog", 10)
        return await store.facts_of([PHOTO.path])

    expected = other(
        *(PHOTO.path,),
        rating=1,
        label="",
        flag="",
        title="New",
        keywords=("dog",),
        sidecar_mtime_ns=99,
    )
    assert within(tmp_path, story) == {PHOTO.path: expected}


def test_a_moved_photo_takes_its_place_along(tmp_path: Path) -> None:
    new = other(b"/q/new.jpg")

    async def story(store: CatalogueStore) -> tuple[object, object, int]:
        await store.put([PHOTO], {})
        elsewhere = await store.elsewhere([new], 4)
        await store.put([new], {new.path: PHOTO.path})
        return elsewhere, await store.facts_of([PHOTO.path, new.path]), await store.count()

    elsewhere, known, count = within(tmp_path, story)
    assert elsewhere == {new.path: (PHOTO.path,)}
    assert known == {new.path: new}
    assert count == 1


def test_photos_that_are_gone_are_not_found_until_they_are_back(tmp_path: Path) -> None:
    async def story(store: CatalogueStore) -> tuple[int, int]:
        await store.put([PHOTO], {})
        await store.mark_gone([PHOTO.path])
        gone = len(await store.search("canon", 10))
        await store.mark_back([PHOTO.path])
        return gone, len(await store.search("canon", 10))

    assert within(tmp_path, story) == (0, 1)


def test_cameras_and_keywords_are_kept_once(tmp_path: Path) -> None:
    async def story(store: CatalogueStore) -> list[FactsRow]:
        await store.put([PHOTO, other(b"/p/b.jpg")], {})
        return await rows_of(store, b"/p")

    first, second = within(tmp_path, story)
    assert (first.camera, first.keywords) == (second.camera, second.keywords)


def test_a_folder_is_known_as_of_a_time(tmp_path: Path) -> None:
    async def story(store: CatalogueStore) -> dict[bytes, int]:
        for folder in (b"/p", b"/p/a", b"/p.b", b"/q"):
            await store.mark_folder(folder, 7)
        return await store.folder_marks(b"/p")

    assert within(tmp_path, story) == {b"/p": 7, b"/p/a": 7}


def test_a_newer_database_is_refused_and_left_alone(tmp_path: Path) -> None:
    with contextlib.closing(sqlite3.connect(tmp_path / "catalogue.db")) as newer:
        newer.execute("PRAGMA user_version = 99")
    with pytest.raises(RabbitError, match="newer RabbitViewer") as refused:
        within(tmp_path, lambda store: store.count())
    assert refused.value.info.kind is ErrorKind.VERSION_MISMATCH
    assert [entry.name for entry in tmp_path.iterdir() if "broken" in entry.name] == []


@pytest.mark.parametrize("keep_bytes", [0, 5000])
def test_a_damaged_database_is_moved_aside_and_begun_anew(
    tmp_path: Path, keep_bytes: int, caplog: pytest.LogCaptureFixture
) -> None:
    within(tmp_path, lambda store: store.put([PHOTO], {}))
    database = tmp_path / "catalogue.db"
    whole = database.read_bytes()
    database.write_bytes(whole[:keep_bytes] + os.urandom(len(whole) - keep_bytes))

    async def story(store: CatalogueStore) -> dict[bytes, PhotoFacts]:
        await store.put([PHOTO], {})
        return await store.facts_of([PHOTO.path])

    assert within(tmp_path, story) == {PHOTO.path: PHOTO}
    assert [entry for entry in tmp_path.iterdir() if ".broken-" in entry.name]
    assert "made again" in caplog.text


def test_who_reads_finds_an_empty_catalogue_after_a_damaged_one(tmp_path: Path) -> None:
    within(tmp_path, lambda store: store.put([PHOTO], {}))
    database = tmp_path / "catalogue.db"
    whole = database.read_bytes()

    async def story(store: CatalogueStore) -> list[FactsRow]:
        await store.open()
        with database.open("r+b") as file:
            file.seek(4096)
            file.write(os.urandom(len(whole) - 4096))
        return await rows_of(store, os.path.dirname(PHOTO.path))

    assert within(tmp_path, story) == []


def test_a_folder_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(RabbitError, match="could not be used"):
        within(tmp_path / "file", lambda store: store.count())


def test_the_words_of_a_search_stay_those_of_the_photos(tmp_path: Path) -> None:
    names = [b"/p/a.jpg", b"/p\xff/\xfe\x80 x.jpg", b"/p/line\nbreak.jpg", "/p/Ähre.jpg".encode()]

    async def story(store: CatalogueStore) -> None:
        await store.put([other(name) for name in names], {})
        await store.put([other(name, title="Other", keywords=("new",)) for name in names], {})
        await store.put_marks([PhotoMarks(path=name, title="Third") for name in names], {})
        await store.put([other(b"/q/z.jpg")], {b"/q/z.jpg": names[0]})
        await store.mark_gone(names)

    within(tmp_path, story)
    with contextlib.closing(sqlite3.connect(tmp_path / "catalogue.db")) as database:
        database.execute("UPDATE photos SET gone_s = 1 WHERE gone_s > 0")
        database.commit()
    assert within(tmp_path, lambda store: store.count()) == 1
    with contextlib.closing(sqlite3.connect(tmp_path / "catalogue.db")) as database:
        database.execute(
            "INSERT INTO photo_search (photo_search, rank) VALUES ('integrity-check', 1)"
        )
        assert database.execute("SELECT count(*) FROM photos").fetchone() == (1,)
