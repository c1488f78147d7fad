"""Looks on the disk: what was answered is there, whatever happens to the list or the power."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar

import pytest

from daemon.protocol.errors import ErrorKind, RabbitError
from daemon.protocol.values import LookInfo
from daemon.storage.looks import KEEP_DELETED_S, MAX_NAME, LookStore, usable_name

T = TypeVar("T")
CUBE = '# rabbitviewer-space: adobe-rgb\nTITLE "{}"\nLUT_3D_SIZE 2\n0 0 0\n'


class Shelf:
    """A library's folder and a clock; every story runs in a store of its own, as after a start."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "looks"
        self.now = 1_700_000_000.0

    def within(self, story: Callable[[LookStore], Awaitable[T]]) -> T:
        async def run() -> T:
            store = LookStore(self.folder, now=lambda: self.now)
            try:
                return await story(store)
            finally:
                await store.close()

        return asyncio.run(run())

    async def put(self, store: LookStore, name: str, **more: object) -> LookInfo:
        fresh = await store.temporary()
        fresh.write_text(CUBE.format(name))
        return await store.add(LookInfo(look_id="", name=name, added=0.0, **more), fresh)

    def add(self, name: str, **more: object) -> LookInfo:
        return self.within(lambda store: self.put(store, name, **more))

    def names(self) -> list[str]:
        return [look.name for look in self.within(LookStore.all)]

    @property
    def list_file(self) -> Path:
        return self.folder / "looks.jsonl"


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    return Shelf(tmp_path)


def refusal(run: Callable[[], object]) -> RabbitError:
    with pytest.raises(RabbitError) as caught:
        run()
    return caught.value


def test_a_look_is_there_after_a_restart_with_all_that_is_known_of_it(shelf: Shelf) -> None:
    added = shelf.add("Warm", space="prophoto", size=17, prompt="warm light", ai=True)
    (found,) = shelf.within(LookStore.all)
    assert found == added
    assert (found.space, found.size, found.prompt, found.ai) == ("prophoto", 17, "warm light", True)
    assert found.added == shelf.now
    assert (shelf.folder / f"{found.look_id}.cube").read_text() == CUBE.format("Warm")


def test_looks_stand_by_name_whatever_its_case(shelf: Shelf) -> None:
    for name in ("zebra", "Apple", "äther", "banana"):
        shelf.add(name)
    assert shelf.names() == ["Apple", "banana", "zebra", "äther"]


def test_a_taken_name_gets_a_number(shelf: Shelf) -> None:
    assert [shelf.add(name).name for name in ("Film", "film", "Film (2)", "Film")] == [
        "Film",
        "film (2)",
        "Film (3)",
        "Film (4)",
    ]


def test_a_numbered_name_is_not_too_long(shelf: Shelf) -> None:
    name = "n" * MAX_NAME
    shelf.add(name)
    assert shelf.add(name).name == "n" * (MAX_NAME - 4) + " (2)"


@pytest.mark.parametrize("name", ["", "  ", "a\nb", "x" * (MAX_NAME + 1), "\x07"])
def test_a_name_that_is_none_is_refused(shelf: Shelf, name: str) -> None:
    assert refusal(lambda: shelf.add(name)).info.kind is ErrorKind.INVALID_REQUEST
    assert shelf.names() == []


@pytest.mark.parametrize(
    ("text", "name"), [("", "Look"), ("a\nb\tc", "a b c"), ("z" * 999, "z" * 120)]
)
def test_any_text_makes_a_name(text: str, name: str) -> None:
    assert usable_name(text) == name


def test_a_renamed_look_keeps_its_id(shelf: Shelf) -> None:
    look = shelf.add("Warm")
    shelf.within(lambda store: store.rename(look.look_id, "Dawn"))
    (found,) = shelf.within(LookStore.all)
    assert (found.look_id, found.name) == (look.look_id, "Dawn")


def test_a_look_may_keep_its_own_name(shelf: Shelf) -> None:
    look = shelf.add("Warm")
    assert shelf.within(lambda store: store.rename(look.look_id, "warm")).name == "warm"


def test_a_deleted_look_can_be_restored_after_a_restart(shelf: Shelf) -> None:
    look = shelf.add("Warm")
    shelf.within(lambda store: store.delete(look.look_id))
    assert shelf.names() == []
    shelf.within(lambda store: store.restore(look.look_id))
    assert shelf.names() == ["Warm"]


def test_a_restored_look_whose_name_was_taken_meanwhile_gets_a_number(shelf: Shelf) -> None:
    look = shelf.add("Warm")
    shelf.within(lambda store: store.delete(look.look_id))
    shelf.add("Warm")
    shelf.within(lambda store: store.restore(look.look_id))
    assert shelf.names() == ["Warm", "Warm (2)"]


def test_a_look_that_was_deleted_long_ago_is_gone_with_its_file(shelf: Shelf) -> None:
    look = shelf.add("Warm")
    shelf.within(lambda store: store.delete(look.look_id))
    shelf.now += KEEP_DELETED_S + 1
    gone = refusal(lambda: shelf.within(lambda store: store.restore(look.look_id)))
    assert gone.info.kind is ErrorKind.NOT_FOUND
    assert list(shelf.folder.glob("*.cube")) == []


@pytest.mark.parametrize("do", [LookStore.get, LookStore.delete, LookStore.restore])
def test_an_unknown_look_is_told_as_such(
    shelf: Shelf, do: Callable[[LookStore, str], Awaitable[object]]
) -> None:
    error = refusal(lambda: shelf.within(lambda store: do(store, "../../etc/passwd")))
    assert error.info.kind is ErrorKind.NOT_FOUND


def test_what_a_crash_cut_off_is_passed_over_and_the_rest_stays(shelf: Shelf) -> None:
    shelf.add("Warm")
    with shelf.list_file.open("ab") as file:
        file.write(b'{"save": {"look_id": "00')
    assert shelf.names() == ["Warm"]
    assert shelf.list_file.read_bytes().endswith(b"\n")


@pytest.mark.parametrize(
    "damage", [b"", b"\0" * 99, b'{"save": 3}\n[]\n7\n', b'{"rename": "x", "name": "y"}\n']
)
def test_a_list_that_is_broken_is_made_again_from_the_luts(shelf: Shelf, damage: bytes) -> None:
    look = shelf.add("Warm")
    shelf.list_file.write_bytes(damage)
    (found,) = shelf.within(LookStore.all)
    assert (found.look_id, found.name, found.space, found.size) == (
        look.look_id,
        "Warm",
        "adobe-rgb",
        2,
    )
    shelf.within(lambda store: store.rename(look.look_id, "Dawn"))
    assert shelf.names() == ["Dawn"]


def test_a_broken_list_is_kept_aside(shelf: Shelf) -> None:
    shelf.add("Warm")
    shelf.list_file.write_bytes(b"broken\n")
    shelf.names()
    (kept,) = shelf.folder.glob("looks.jsonl.broken-*")
    assert kept.read_bytes() == b"broken\n"


def test_a_list_that_is_gone_is_made_again(shelf: Shelf) -> None:
    shelf.add("Warm")
    shelf.list_file.unlink()
    assert shelf.names() == ["Warm"]
    assert shelf.list_file.exists()


def test_a_look_whose_lut_is_gone_is_not_offered(shelf: Shelf) -> None:
    look = shelf.add("Warm")
    shelf.add("Cool")
    (shelf.folder / f"{look.look_id}.cube").unlink()
    assert shelf.names() == ["Cool"]


def test_what_a_killed_daemon_left_half_written_goes(shelf: Shelf) -> None:
    left = shelf.within(LookStore.temporary)
    left.write_bytes(b"half")
    assert shelf.names() == []
    assert not left.exists()


def test_a_lut_is_given_to_a_job_and_stays_when_the_look_goes(shelf: Shelf, tmp_path: Path) -> None:
    look = shelf.add("Warm")
    target = tmp_path / "jobs" / "j" / "look.cube"
    given = shelf.within(lambda store: store.give(look.look_id, target))
    shelf.within(lambda store: store.delete(look.look_id))
    shelf.now += KEEP_DELETED_S + 1
    shelf.names()
    assert given.name == "Warm"
    assert target.read_text() == CUBE.format("Warm")


def test_a_look_whose_file_vanished_is_refused_in_a_sentence(shelf: Shelf, tmp_path: Path) -> None:
    async def story(store: LookStore) -> None:
        look = await shelf.put(store, "Warm")
        store.cube(look.look_id).unlink()
        await store.give(look.look_id, tmp_path / "look.cube")

    assert "The LUT of the look 'Warm' is gone" in refusal(lambda: shelf.within(story)).info.message


def test_a_lut_that_is_not_what_was_saved_is_refused_in_a_sentence(
    shelf: Shelf, tmp_path: Path
) -> None:
    async def story(store: LookStore) -> None:
        look = await shelf.put(store, "Warm")
        store.cube(look.look_id).write_text("cut off")
        await store.give(look.look_id, tmp_path / "look.cube")

    error = refusal(lambda: shelf.within(story))
    assert (error.info.kind, error.info.message) == (
        ErrorKind.UNREADABLE,
        "The LUT of the look 'Warm' is damaged.",
    )
    assert not (tmp_path / "look.cube").exists()


@pytest.mark.skipif(os.geteuid() == 0, reason="nothing is forbidden to root")
def test_a_folder_that_cannot_be_written_is_told(shelf: Shelf) -> None:
    shelf.folder.mkdir()
    shelf.folder.chmod(0o500)
    error = refusal(lambda: shelf.add("Warm"))
    assert error.info.kind is ErrorKind.PERMISSION_DENIED


def test_the_list_is_this_users_alone(shelf: Shelf) -> None:
    shelf.add("Warm")
    assert shelf.list_file.stat().st_mode & 0o777 == 0o600
    assert shelf.folder.stat().st_mode & 0o777 == 0o700
