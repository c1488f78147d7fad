"""Pools on the disk: changes and their undo, each whole or not at all; named pools."""

import asyncio
import errno
import json
import os
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from daemon.pool.service import PoolService
from daemon.protocol.errors import ErrorKind, RabbitError
from daemon.protocol.framing import MAX_HEADER_BYTES
from daemon.protocol.messages import encode
from daemon.storage import pool_commit
from daemon.storage.pool_folder import MAX_STEPS
from daemon.storage.pool_manifest import MAX_SLOTS, Reference
from daemon.storage.pool_room import NewPicture
from daemon.storage.pool_state import PoolState
from daemon.storage.pools import PoolStore
from tests.fakes.pool_folder import (
    files_in,
    filled,
    folder_of,
    labels,
    mask,
    names,
    photos,
    within,
)


def masks(state: PoolState) -> list[bytes]:
    return [
        Path(os.fsdecode(slot.mask_file)).read_bytes() if slot.mask_file else b""
        for slot in state.slots
    ]


def seen(state: PoolState) -> tuple[object, ...]:
    """What of a pool a user sees."""
    return names(state), labels(state), masks(state), [slot.path for slot in state.slots]


def test_the_first_pool_is_made_when_somebody_asks(tmp_path: Path) -> None:
    state = within(tmp_path, lambda store: store.get())
    assert (state.name, state.active, state.slots) == ("Pool", -1, ())
    assert [pool.pool_id for pool in state.pools] == [state.pool_id]


def test_photos_are_there_after_a_restart(tmp_path: Path) -> None:
    before = within(tmp_path, lambda store: filled(store, photos(tmp_path)))
    after = within(tmp_path, lambda store: store.get())
    assert seen(after) == seen(before)
    assert (after.active, after.pool_id) == (0, before.pool_id)


def test_originals_are_referred_to_and_not_copied(tmp_path: Path) -> None:
    state = within(tmp_path, lambda store: filled(store, photos(tmp_path, 1)))
    reference = json.loads((folder_of(state) / "img_0001.ref.json").read_bytes())
    assert reference["path"] == str(tmp_path / "p0.jpg")
    assert set(reference) == {"path", "size", "mtime_ns", "content_id", "label", "added"}
    assert files_in(state) == {"manifest.json", "pool.json", "img_0001.ref.json"}


def test_a_photo_that_is_there_is_moved_and_not_added_twice(tmp_path: Path) -> None:
    async def story(store: PoolStore) -> list[str]:
        found = photos(tmp_path, 4)
        await store.add("", found[:3])
        return names(await store.add("", [found[3], found[0], found[3]], at=1))

    assert within(tmp_path, story) == ["2", "4", "1", "3"]


@pytest.mark.parametrize(
    ("at", "order"), [(-1, "1234"), (0, "4123"), (1, "1423"), (3, "1234"), (99, "1234")]
)
def test_a_photo_comes_in_at_its_index(tmp_path: Path, at: int, order: str) -> None:
    async def story(store: PoolStore) -> list[str]:
        found = photos(tmp_path, 4)
        await store.add("", found[:3])
        return names(await store.add("", found[3:], at=at))

    assert within(tmp_path, story) == list(order)


def test_the_first_of_what_was_added_can_become_active(tmp_path: Path) -> None:
    async def story(store: PoolStore) -> list[int]:
        found = photos(tmp_path, 4)
        await store.add("", found[:2])
        state = await store.add("", found[2:], activate=True)
        return [state.active, (await store.undo("")).active]

    assert within(tmp_path, story) == [2, 0]


def test_an_own_picture_becomes_a_png_of_the_folder(tmp_path: Path) -> None:
    async def story(store: PoolStore) -> PoolState:
        temp = mask(store, await store.get(), b"picture")
        return await store.add("", [NewPicture(temp)])

    state = within(tmp_path, story)
    assert files_in(state) == {"manifest.json", "pool.json", "img_0001.png"}
    assert state.slots[0].own
    assert (folder_of(state) / "img_0001.png").read_bytes() == b"picture"


def test_no_more_photos_come_in_than_a_pool_holds(tmp_path: Path) -> None:
    found = [Reference(b"/p/%d.jpg" % number) for number in range(MAX_SLOTS + 7)]

    async def story(store: PoolStore) -> tuple[int, tuple[str, ...], tuple[str, ...]]:
        first = await store.add("", found)
        second = await store.add("", [Reference(b"/p/more.jpg")])
        return len(second.slots), first.problems, second.problems

    count, first, second = within(tmp_path, story)
    assert count == MAX_SLOTS
    assert first == (f"7 photos did not fit into the pool: a pool holds {MAX_SLOTS} at most.",)
    assert second == (f"A photo did not fit into the pool: a pool holds {MAX_SLOTS} at most.",)


def test_paths_that_are_too_long_for_one_message_are_refused(tmp_path: Path) -> None:
    found = [Reference(b"/%04d/" % number + b"x/" * 1900 + b"a.jpg") for number in range(400)]
    state = within(tmp_path, lambda store: store.add("", found))
    assert 0 < len(state.slots) < 400
    assert "grown too long" in state.problems[0]


def test_the_fullest_pool_fits_into_a_message(tmp_path: Path) -> None:
    label = "\N{GRINNING FACE}" * 100
    long = [Reference(b"/%04d/" % number + b"x/" * 120 + b"a.jpg") for number in range(MAX_SLOTS)]

    async def story(store: PoolStore) -> PoolState:
        state = await store.add("", long)
        manifest = json.loads((folder_of(state) / "manifest.json").read_bytes())
        for slot in manifest["slots"]:
            slot["label"] = label
            slot["mask"] = slot["image"].replace(".ref.json", ".mask.png")
            (folder_of(state) / slot["mask"]).touch()
        (folder_of(state) / "manifest.json").write_text(json.dumps(manifest))
        return await store.look()

    state = within(tmp_path, story)
    service = PoolService(None, None, None, None, None)  # type: ignore[arg-type]
    sentences = ["/" + "x" * 5000] * 50
    assert 500 < len(state.slots) < MAX_SLOTS
    assert all(slot.missing and slot.mask_file for slot in state.slots)
    assert "grown too long" in state.problems[0]
    assert len(encode(service.manifest_of(state, sentences))) < MAX_HEADER_BYTES


def test_undo_brings_slot_mask_and_label_back_to_their_index(tmp_path: Path) -> None:
    async def story(store: PoolStore) -> tuple[PoolState, PoolState, PoolState]:
        state = await filled(store, photos(tmp_path, 4))
        await store.set_mask("", "img_0002", mask(store, state, b"soft"))
        await store.label("", "img_0002", "kept")
        before = await store.activate("", "img_0002")
        gone = await store.remove("", ["img_0004", "img_0002"])
        return before, gone, await store.undo("")

    before, gone, after = within(tmp_path, story)
    assert names(gone) == ["1", "3"]
    assert gone.undo == "Remove 2 photos"
    assert seen(after) == seen(before)
    assert after.active == before.active == 1
    assert after.slots[1].mask_mtime_ns == before.slots[1].mask_mtime_ns


def test_what_was_removed_lies_aside_in_the_folder(tmp_path: Path) -> None:
    async def story(store: PoolStore) -> Path:
        state = await filled(store, photos(tmp_path, 1))
        await store.set_mask("", "img_0001", mask(store, state))
        return folder_of(await store.remove("", ["img_0001"]))

    folder = within(tmp_path, story)
    aside = {path.name for path in (folder / "removed").rglob("*") if path.is_file()}
    assert aside == {"img_0001.ref.json", "img_0001.mask.png"}


def test_what_was_removed_is_swept_after_a_week(tmp_path: Path) -> None:
    clock = [1_000_000.0]

    async def removed() -> Path:
        store = PoolStore(tmp_path / "pools", now=lambda: clock[0])
        try:
            await filled(store, photos(tmp_path))
            await store.remove("", ["img_0001"])
            clock[0] += 6 * 24 * 3600
            return folder_of(await store.remove("", ["img_0002"]))
        finally:
            await store.close()

    folder = asyncio.run(removed())
    assert len(list((folder / "removed").iterdir())) == 2
    clock[0] += 2 * 24 * 3600

    async def started_again() -> None:
        store = PoolStore(tmp_path / "pools", now=lambda: clock[0])
        await store.get()
        await store.close()

    asyncio.run(started_again())
    assert [path.name for path in (folder / "removed").rglob("*.json")] == ["img_0002.ref.json"]


def test_the_neighbour_is_active_where_the_active_one_goes(tmp_path: Path) -> None:
    async def story(store: PoolStore) -> list[tuple[list[str], int]]:
        await filled(store, photos(tmp_path, 4))
        await store.activate("", "img_0003")
        states = [await store.remove("", [slot]) for slot in ("img_0003", "img_0004", "img_0001")]
        states.append(await store.remove("", ["img_0002"]))
        return [(names(state), state.active) for state in states]

    assert within(tmp_path, story) == [
        (["1", "2", "4"], 2),
        (["1", "2"], 1),
        (["2"], 0),
        ([], -1),
    ]


@pytest.mark.parametrize(
    ("slots", "to", "order"),
    [("1", 3, "2341"), ("4", 0, "4123"), ("13", 1, "2134"), ("24", 99, "1324"), ("21", 0, "1234")],
)
def test_slots_move_in_their_order(tmp_path: Path, slots: str, to: int, order: str) -> None:
    async def story(store: PoolStore) -> list[list[str]]:
        await filled(store, photos(tmp_path, 4))
        moved = await store.move("", [f"img_000{slot}" for slot in slots], to)
        return [names(moved), [moved.slots[moved.active].slot]]

    assert within(tmp_path, story) == [list(order), ["img_0001"]]


def test_a_mask_from_a_file_is_taken_back_to_the_one_before(tmp_path: Path) -> None:
    async def story(store: PoolStore) -> list[bytes]:
        state = await filled(store, photos(tmp_path, 1))
        await store.set_mask("", "img_0001", mask(store, state, b"painted"))
        await store.set_mask("", "img_0001", mask(store, state, b"file"), words="Mask")
        await store.set_mask("", "img_0001", None, words="No mask")
        way = [False, False, True, True]
        return [masks(await store.undo("", redo=redo))[0] for redo in way]

    assert within(tmp_path, story) == [b"file", b"painted", b"file", b""]


def test_what_is_painted_is_not_for_the_undo_of_the_pool(tmp_path: Path) -> None:
    async def story(store: PoolStore) -> str:
        state = await filled(store, photos(tmp_path, 1))
        return (await store.set_mask("", "img_0001", mask(store, state))).undo

    assert within(tmp_path, story) == "Add a photo"


def test_undo_leaves_what_others_did_meanwhile(tmp_path: Path) -> None:
    async def story(store: PoolStore) -> PoolState:
        state = await filled(store, photos(tmp_path))
        await store.remove("", ["img_0001"])
        await store.set_mask("", "img_0002", mask(store, state, b"painted by another window"))
        await store.activate("", "img_0003")
        return await store.undo("")

    state = within(tmp_path, story)
    assert names(state) == ["1", "2", "3"]
    assert masks(state)[1] == b"painted by another window"
    assert state.slots[1].slot == "img_0002"


def test_something_new_ends_what_could_be_done_again(tmp_path: Path) -> None:
    async def story(store: PoolStore) -> PoolState:
        await filled(store, photos(tmp_path))
        await store.label("", "img_0001", "a")
        await store.undo("")
        return await store.label("", "img_0001", "b")

    state = within(tmp_path, story)
    assert (state.undo, state.redo) == ("Label a photo", "")


def test_two_hundred_steps_can_be_taken_back_and_no_more(tmp_path: Path) -> None:
    async def story(store: PoolStore) -> tuple[int, ErrorKind, list[str]]:
        state = await filled(store, photos(tmp_path, 1))
        for number in range(MAX_STEPS + 10):
            state = await store.label("", "img_0001", str(number))
        count = 0
        while state.undo:
            state = await store.undo("")
            count += 1
        with pytest.raises(RabbitError) as refused:
            await store.undo("")
        return count, refused.value.info.kind, labels(state)

    assert within(tmp_path, story) == (MAX_STEPS, ErrorKind.NOTHING_TO_UNDO, ["9"])


actions = st.lists(
    st.tuples(
        st.sampled_from(["add", "remove", "move", "label", "mask", "clear", "activate"]),
        st.integers(0, 9),
        st.integers(-1, 6),
    ),
    min_size=1,
    max_size=12,
)


async def act(
    store: PoolStore, state: PoolState, action: tuple[str, int, int], found: Sequence[Reference]
) -> PoolState:
    kind, number, to = action
    slot = state.slots[number % len(state.slots)].slot if state.slots else ""
    if kind == "add":
        return await store.add("", [found[number], found[(number + 3) % 10]], at=to)
    if not slot:
        return state
    if kind == "mask":
        temp = mask(store, state, b"mask %d %d" % (number, to))
        return await store.set_mask("", slot, temp, words="Mask")
    return await {
        "remove": lambda: store.remove("", [slot]),
        "move": lambda: store.move("", [slot], to),
        "label": lambda: store.label("", slot, f"label {number}"),
        "clear": lambda: store.set_mask("", slot, None, words="No mask"),
        "activate": lambda: store.activate("", slot),
    }[kind]()


@settings(max_examples=40)
@given(actions)
def test_undo_goes_back_through_everything_and_redo_forth(
    tmp_path_factory: pytest.TempPathFactory, story_of: list[tuple[str, int, int]]
) -> None:
    folder = tmp_path_factory.mktemp("pools")
    found = photos(folder, 10)

    async def story(store: PoolStore) -> None:
        state = await filled(store, found[:2])
        past = [seen(state)]
        for action in story_of:
            state = await act(store, state, action, found)
            if seen(state) != past[-1]:
                past.append(seen(state))
        for expected in reversed(past[:-1]):
            state = await back(store, state, redo=False)
            assert seen(state) == expected
        for expected in past[1:]:
            state = await back(store, state, redo=True)
            assert seen(state) == expected

    async def back(store: PoolStore, state: PoolState, *, redo: bool) -> PoolState:
        """Undo until something that is seen has changed."""
        before = seen(state)
        while seen(state) == before and (state.redo if redo else state.undo):
            state = await store.undo("", redo=redo)
        return state

    within(folder, story)
    again = within(folder, lambda store: store.look())
    assert again.problems == ()


CHANGES: dict[str, Callable[[PoolStore, Path, bytes], Awaitable[PoolState]]] = {
    "add": lambda store, folder, _: store.add("", photos(folder, 4)[3:]),
    "label": lambda store, _, __: store.label("", "img_0001", "new"),
    "other mask": lambda store, _, temp: store.set_mask("", "img_0001", temp, words="Mask"),
    "first mask": lambda store, _, temp: store.set_mask("", "img_0002", temp, words="Mask"),
    "remove": lambda store, _, __: store.remove("", ["img_0001"]),
    "undo": lambda store, _, __: store.undo(""),
}


@pytest.mark.parametrize(
    ("failing", "change"),
    [
        ("write_durably", "add"),
        ("write_durably", "label"),
        ("write_durably", "first mask"),
        ("write_durably", "remove"),
        ("write_durably", "undo"),
        ("write_synced", "add"),
        ("write_synced", "label"),
        ("sync_folder", "add"),
        ("sync_folder", "other mask"),
        ("sync_folder", "first mask"),
        ("link_or_copy", "other mask"),
    ],
)
def test_a_change_that_the_disk_refuses_leaves_the_pool_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, failing: str, change: str
) -> None:
    def full(*_args: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    async def story(store: PoolStore) -> tuple[PoolState, PoolState, set[str], set[str]]:
        state = await filled(store, photos(tmp_path))
        await store.set_mask("", "img_0001", mask(store, state, b"old"), words="Mask")
        temp = mask(store, state, b"new")
        before = await store.label("", "img_0001", "old")
        there = files_in(before)
        with monkeypatch.context() as patched:
            patched.setattr(pool_commit, failing, full)
            with pytest.raises(RabbitError, match="No space left") as refused:
                await CHANGES[change](store, tmp_path, temp)
        assert refused.value.info.kind is ErrorKind.DISK_FULL
        after = await store.get()
        return before, after, there, files_in(after)

    before, after, files_before, files_after = within(tmp_path, story)
    again = within(tmp_path, lambda store: store.look())
    assert seen(before) == seen(after) == seen(again)
    assert (after.undo, after.redo, again.problems) == (before.undo, before.redo, ())
    assert files_before == files_after


def test_a_slot_that_is_gone_is_refused_in_a_sentence(tmp_path: Path) -> None:
    async def story(store: PoolStore) -> None:
        await filled(store, photos(tmp_path))
        await store.label("", "img_0009", "x")

    with pytest.raises(RabbitError, match="has no slot 'img_0009'") as refused:
        within(tmp_path, story)
    assert refused.value.info.kind is ErrorKind.NOT_FOUND


# ---------------------------------------------------------------- the pools themselves


def test_a_new_pool_is_current_and_a_taken_name_gets_a_number(tmp_path: Path) -> None:
    async def story(store: PoolStore) -> tuple[list[str], str]:
        made = [await store.new(name) for name in ("Best", "best", " Best ")]
        return [state.name for state in made], (await store.get()).name

    assert within(tmp_path, story) == (["Best", "best (2)", "Best (3)"], "Best (3)")


def test_a_pool_is_found_by_id_by_name_and_whatever_its_case(tmp_path: Path) -> None:
    async def story(store: PoolStore) -> set[str]:
        state = await store.new("Best of May")
        await store.new("Other")
        found = [await store.get(each) for each in (state.pool_id, "Best of May", "best of may")]
        return {each.pool_id for each in found} ^ {state.pool_id}

    assert within(tmp_path, story) == set()


def test_an_unknown_pool_is_refused_with_the_names_there_are(tmp_path: Path) -> None:
    async def story(store: PoolStore) -> None:
        await store.new("Best")
        await store.get("Worst")

    with pytest.raises(RabbitError, match="no pool 'Worst'") as refused:
        within(tmp_path, story)
    assert "Best" in refused.value.info.hint


@pytest.mark.parametrize(
    "name",
    ["", "  ", "a\nb", "x" * 101, "2f1c6f0e-9f1c-4d6b-8a52-0d6c2f3b9d11", "current", " Current "],
)
def test_a_name_that_is_none_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(RabbitError, match="cannot be called"):
        within(tmp_path, lambda store: store.new(name))


def test_a_pool_is_renamed_and_a_taken_name_refused(tmp_path: Path) -> None:
    async def story(store: PoolStore) -> tuple[str, str, ErrorKind]:
        await store.new("One")
        await store.new("Two")
        first = (await store.rename("", "two")).name
        second = (await store.rename("One", "First")).name
        with pytest.raises(RabbitError) as refused:
            await store.rename("First", "TWO")
        return first, second, refused.value.info.kind

    assert within(tmp_path, story) == ("two", "First", ErrorKind.ALREADY_EXISTS)
    assert within(tmp_path, lambda store: store.get("First")).name == "First"


def test_a_copy_has_its_own_masks_and_labels(tmp_path: Path) -> None:
    async def story(store: PoolStore) -> tuple[PoolState, PoolState]:
        state = await filled(store, photos(tmp_path))
        await store.add("", [NewPicture(mask(store, state, b"own picture"))])
        await store.set_mask("", "img_0001", mask(store, state, b"old"))
        await store.label("", "img_0001", "label")
        await store.activate("", "img_0003")
        copy = await store.duplicate("")
        await store.set_mask(copy.pool_id, "img_0001", mask(store, copy, b"new"))
        await store.label(copy.pool_id, "img_0001", "of the copy")
        return await store.get("Pool"), await store.get(copy.pool_id)

    first, copy = within(tmp_path, story)
    assert (masks(first)[0], labels(first)[0]) == (b"old", "label")
    assert (masks(copy)[0], labels(copy)[0]) == (b"new", "of the copy")
    assert (copy.name, copy.active, len(copy.slots)) == ("Pool (2)", 2, 4)
    assert first.pool_id != copy.pool_id


def test_deleting_the_current_pool_makes_another_current(tmp_path: Path) -> None:
    trash = tmp_path / "trash"

    async def story(store: PoolStore) -> list[str]:
        await store.new("One")
        await store.new("Two")
        found = [await store.delete("", lambda folder: os.rename(folder, bytes(trash)))]
        found.append(
            await store.delete("One", lambda folder: os.rename(folder, bytes(trash) + b"2"))
        )
        return [state.name for state in found]

    assert within(tmp_path, story) == ["One", "Pool"]
    assert json.loads((trash / "pool.json").read_bytes()) == {"name": "Two"}


def test_a_pool_that_cannot_be_put_into_the_trash_stays(tmp_path: Path) -> None:
    def full(_folder: bytes) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    async def story(store: PoolStore) -> str:
        await store.new("One")
        with pytest.raises(RabbitError):
            await store.delete("", full)
        return (await store.get()).name

    assert within(tmp_path, story) == "One"


def test_without_a_trash_a_deleted_pool_is_kept_for_a_week(tmp_path: Path) -> None:
    def none(_folder: bytes) -> None:
        raise RabbitError(ErrorKind.NO_TRASH, "no trash")

    async def story(store: PoolStore) -> list[str]:
        await store.new("One")
        await store.new("Two")
        return [pool.name for pool in (await store.delete("One", none)).pools]

    assert within(tmp_path, story) == ["Two"]
    (kept,) = (tmp_path / "pools").glob(".deleted-*")
    assert json.loads((kept / "pool.json").read_bytes()) == {"name": "One"}


def test_a_pool_restored_from_the_trash_is_there_again(tmp_path: Path) -> None:
    trash = tmp_path / "trash"

    async def story(store: PoolStore) -> list[str]:
        state = await store.new("One")
        await store.new("Two")
        await store.delete("One", lambda folder: os.rename(folder, bytes(trash)))
        trash.rename(folder_of(state))
        return [pool.name for pool in (await store.get()).pools]

    assert within(tmp_path, story) == ["One", "Two"]


def test_references_follow_photos_also_those_that_undo_brings_back(tmp_path: Path) -> None:
    async def story(store: PoolStore) -> list[bytes]:
        found = photos(tmp_path, 2)
        await store.add("", found)
        await store.remove("", ["img_0002"])
        moved = {each.path: Reference(each.path + b".moved.jpg", each.size) for each in found}
        await store.follow(moved)
        return [slot.path for slot in (await store.undo("")).slots]

    expected = [bytes(tmp_path / name) + b".moved.jpg" for name in ("p0.jpg", "p1.jpg")]
    assert within(tmp_path, story) == expected
    assert [slot.path for slot in within(tmp_path, lambda store: store.get()).slots] == expected
