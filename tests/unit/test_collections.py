import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar

import pytest

from daemon.protocol.errors import ErrorKind, RabbitError
from daemon.storage.collections import CollectionStore
from daemon.storage.indexed_folders import IndexedFolderStore

T = TypeVar("T")
ODD = b"/p/\xff\n.jpg"


def within(path: Path, story: Callable[[CollectionStore], Awaitable[T]]) -> T:
    async def run() -> T:
        store = CollectionStore(path)
        try:
            return await story(store)
        finally:
            await store.close()

    return asyncio.run(run())


def test_a_collection_is_there_after_a_restart(tmp_path: Path) -> None:
    file = tmp_path / "data" / "collections.jsonl"
    within(file, lambda store: store.save("Best", add=[ODD, b"/p/b.jpg", ODD]))
    assert within(file, lambda store: store.members("Best")) == [ODD, b"/p/b.jpg"]


def test_photos_come_and_go_and_the_name_changes(tmp_path: Path) -> None:
    async def story(store: CollectionStore) -> list[tuple[str, int]]:
        await store.save("best", add=[b"/a", b"/b"])
        await store.save("Other")
        await store.save("best", rename="Best", add=[b"/c"], remove=[b"/a", b"/never"])
        return await store.counts()

    file = tmp_path / "c.jsonl"
    assert within(file, story) == [("Best", 2), ("Other", 0)]
    assert within(file, lambda store: store.members("Best")) == [b"/b", b"/c"]


def test_a_deleted_collection_is_unknown(tmp_path: Path) -> None:
    async def story(store: CollectionStore) -> None:
        await store.save("Best", add=[b"/a"])
        await store.delete("Best")
        await store.members("Best")

    with pytest.raises(RabbitError, match="no collection Best") as missing:
        within(tmp_path / "c.jsonl", story)
    assert missing.value.info.kind is ErrorKind.NOT_FOUND


def test_members_follow_files_that_moved(tmp_path: Path) -> None:
    async def story(store: CollectionStore) -> tuple[bool, bool]:
        await store.save("Best", add=[b"/a", b"/b", b"/c"])
        return await store.moved({b"/new": b"/b"}), await store.moved({b"/y": b"/z"})

    file = tmp_path / "c.jsonl"
    assert within(file, story) == (True, False)
    assert within(file, lambda store: store.members("Best")) == [b"/a", b"/new", b"/c"]


def test_a_line_that_a_crash_cut_off_costs_itself_alone(tmp_path: Path) -> None:
    file = tmp_path / "c.jsonl"
    within(file, lambda store: store.save("Best", add=[b"/a"]))
    whole = file.read_bytes()
    file.write_bytes(whole + b'{"name": "Best", "ad')
    within(file, lambda store: store.save("Best", add=[b"/b"]))
    assert within(file, lambda store: store.members("Best")) == [b"/a", b"/b"]


@pytest.mark.parametrize("line", ["5", "[]", '{"name": 1, "add": 3}', '{"moved": [1]}', "\ufffd"])
def test_nonsense_in_the_file_is_passed_over(tmp_path: Path, line: str) -> None:
    file = tmp_path / "c.jsonl"
    file.write_text(line + '\n{"name": "Best", "add": ["/a"]}\n', encoding="utf-8")
    assert within(file, lambda store: store.members("Best")) == [b"/a"]


@pytest.mark.parametrize("name", ["", "  ", "a\nb", "x" * 201])
def test_a_collection_needs_a_name(tmp_path: Path, name: str) -> None:
    with pytest.raises(RabbitError, match="cannot be called"):
        within(tmp_path / "c.jsonl", lambda store: store.save(name))


def test_a_name_that_is_taken_is_refused_and_nothing_changes(tmp_path: Path) -> None:
    file = tmp_path / "c.jsonl"

    async def story(store: CollectionStore) -> None:
        await store.save("A", add=[b"/a"])
        await store.save("B")
        await store.save("A", rename="B", add=[b"/b"])

    with pytest.raises(RabbitError, match="already"):
        within(file, story)
    assert within(file, lambda store: store.members("A")) == [b"/a"]


def test_a_file_that_grew_long_is_tidied(tmp_path: Path) -> None:
    file = tmp_path / "c.jsonl"
    paths = [b"/a/rather/long/path/%06d.jpg" % number for number in range(9000)]

    async def story(store: CollectionStore) -> None:
        for _ in range(2):
            await store.save("Best", add=paths)
            await store.save("Best", remove=paths)
        await store.save("Best", add=[b"/a"])

    within(file, story)
    assert file.stat().st_size < 300_000
    assert within(file, lambda store: store.members("Best")) == [b"/a"]


def test_a_disk_that_takes_nothing_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(RabbitError, match="could not be"):
        within(tmp_path / "file" / "c.jsonl", lambda store: store.save("Best"))


def test_indexed_folders_are_remembered(tmp_path: Path) -> None:
    store = IndexedFolderStore(tmp_path / "data" / "indexed.json")
    assert store.load() == []
    store.save([b"/p\xff", b"/q"])
    assert store.load() == [b"/p\xff", b"/q"]


def test_a_damaged_list_of_folders_is_an_empty_one(tmp_path: Path) -> None:
    (tmp_path / "indexed.json").write_bytes(b"{")
    assert IndexedFolderStore(tmp_path / "indexed.json").load() == []
