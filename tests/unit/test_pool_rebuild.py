"""A pool whose folder is broken: repaired or made anew from its files, and nothing else is lost."""

import json
import os
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from daemon.storage.pool_manifest import MAX_MANIFEST_BYTES
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

posix_only = pytest.mark.skipif(sys.platform == "win32", reason="needs links and pipes")


@pytest.fixture
def pool(tmp_path: Path) -> Path:
    """A pool of three photos: the second has a label, the third a mask and is active."""

    async def story(store: PoolStore) -> Path:
        state = await filled(store, photos(tmp_path))
        await store.label("", "img_0002", "second")
        await store.set_mask("", "img_0003", mask(store, state, b"painted"))
        return folder_of(await store.activate("", "img_0003"))

    return within(tmp_path, story)


def look(tmp_path: Path) -> PoolState:
    return within(tmp_path, lambda store: store.look())


def rewrite(pool: Path, **fields: object) -> None:
    manifest = json.loads((pool / "manifest.json").read_bytes())
    (pool / "manifest.json").write_text(json.dumps({**manifest, **fields}))


def slots_of(pool: Path) -> list[dict[str, object]]:
    return json.loads((pool / "manifest.json").read_bytes())["slots"]


def broken_ones(pool: Path) -> list[Path]:
    return sorted(pool.glob("manifest.json.broken-*"))


def test_a_missing_manifest_is_made_anew_from_the_files(tmp_path: Path, pool: Path) -> None:
    (pool / "manifest.json").unlink()
    state = look(tmp_path)
    assert names(state) == ["1", "2", "3"]
    assert labels(state) == ["", "second", ""]
    assert [Path(os.fsdecode(slot.path)).name for slot in state.slots] == [
        "p0.jpg",
        "p1.jpg",
        "p2.jpg",
    ]
    assert Path(os.fsdecode(state.slots[2].mask_file)).read_bytes() == b"painted"
    assert "made anew from 3 files" in state.problems[0]


@pytest.mark.parametrize("content", [b"", b"{", b"\0" * 4096, b"[]", b'{"slots": {}}'])
def test_a_corrupt_manifest_is_made_anew_and_kept(
    tmp_path: Path, pool: Path, content: bytes
) -> None:
    (pool / "manifest.json").write_bytes(content)
    state = look(tmp_path)
    (kept,) = broken_ones(pool)
    assert names(state) == ["1", "2", "3"]
    assert kept.read_bytes() == content
    assert kept.name in state.problems[0]


def test_a_repaired_pool_has_nothing_to_tell_the_next_time(tmp_path: Path, pool: Path) -> None:
    (pool / "manifest.json").write_bytes(b"{")
    look(tmp_path)
    assert look(tmp_path).problems == ()
    assert len(broken_ones(pool)) == 1


def test_every_broken_manifest_is_kept(tmp_path: Path, pool: Path) -> None:
    (pool / "manifest.json").write_bytes(b"{")
    look(tmp_path)
    (pool / "manifest.json").write_bytes(b"[")
    look(tmp_path)
    assert sorted(kept.read_bytes() for kept in broken_ones(pool)) == [b"[", b"{"]


def test_a_manifest_of_hundreds_of_megabytes_is_not_read(tmp_path: Path, pool: Path) -> None:
    with (pool / "manifest.json").open("r+b") as file:
        file.truncate(500 << 20)
    assert MAX_MANIFEST_BYTES < 500 << 20
    state = look(tmp_path)
    assert "far too large (500 MB)" in state.problems[0]
    assert names(state) == ["1", "2", "3"]


@posix_only
def test_a_pipe_as_manifest_does_not_stop_the_daemon(tmp_path: Path, pool: Path) -> None:
    (pool / "manifest.json").unlink()
    os.mkfifo(pool / "manifest.json")
    state = look(tmp_path)
    assert names(state) == ["1", "2", "3"]
    assert "no plain file" in state.problems[0]


@posix_only
def test_a_link_as_manifest_is_not_followed(tmp_path: Path, pool: Path) -> None:
    elsewhere = tmp_path / "elsewhere.json"
    (pool / "manifest.json").rename(elsewhere)
    before = elsewhere.read_bytes()
    (pool / "manifest.json").symlink_to(elsewhere)
    look(tmp_path)
    assert not (pool / "manifest.json").is_symlink()
    assert elsewhere.read_bytes() == before


def test_a_slot_that_leaves_the_folder_is_left_out_and_the_others_stay(
    tmp_path: Path, pool: Path
) -> None:
    rewrite(pool, slots=[{"image": "../../../p0.jpg"}, *slots_of(pool)], active=3)
    state = look(tmp_path)
    assert names(state) == ["1", "2", "3"]
    assert (state.active, labels(state)[1]) == (2, "second")
    assert "'../../../p0.jpg'" in state.problems[0]
    assert len(broken_ones(pool)) == 1


def test_a_mask_that_leaves_the_folder_is_dropped(tmp_path: Path, pool: Path) -> None:
    slots = slots_of(pool)
    rewrite(pool, slots=[{**slots[0], "mask": "/etc/passwd"}, *slots[1:]])
    state = look(tmp_path)
    assert state.slots[0].mask_file == b""
    assert state.slots[2].mask_file != b""
    assert "/etc/passwd" in state.problems[0]


@posix_only
@pytest.mark.parametrize("kind", ["link", "pipe", "folder"])
def test_what_is_no_file_is_no_slot_and_no_mask(tmp_path: Path, pool: Path, kind: str) -> None:
    secret = tmp_path / "secret.png"
    secret.write_bytes(b"secret")
    make = {
        "link": lambda path: path.symlink_to(secret),
        "pipe": lambda path: os.mkfifo(path),
        "folder": lambda path: path.mkdir(),
    }[kind]
    (pool / "img_0003.mask.png").unlink()
    make(pool / "img_0003.mask.png")
    make(pool / "img_0009.png")
    rewrite(pool, slots=[*slots_of(pool), {"image": "img_0009.png"}])
    state = look(tmp_path)
    assert names(state) == ["1", "2", "3"]
    assert state.slots[2].mask_file == b""
    assert sum("link, folder or pipe" in problem for problem in state.problems) == 2


@posix_only
def test_a_rebuilt_pool_takes_no_links_and_pipes(tmp_path: Path, pool: Path) -> None:
    (pool / "manifest.json").unlink()
    (pool / "img_0007.png").symlink_to(tmp_path / "p0.jpg")
    os.mkfifo(pool / "img_0008.png")
    assert names(look(tmp_path)) == ["1", "2", "3"]


def test_a_mask_file_that_is_gone_is_told(tmp_path: Path, pool: Path) -> None:
    (pool / "img_0003.mask.png").unlink()
    state = look(tmp_path)
    assert state.slots[2].mask_file == b""
    assert "img_0003.mask.png is not there" in state.problems[0]


def test_a_mask_that_the_list_does_not_name_is_not_lost(tmp_path: Path, pool: Path) -> None:
    (pool / "img_0001.mask.png").write_bytes(b"painted, then killed")
    state = look(tmp_path)
    assert Path(os.fsdecode(state.slots[0].mask_file)).read_bytes() == b"painted, then killed"


def test_two_slots_that_share_a_mask_get_one_each(tmp_path: Path, pool: Path) -> None:
    slots = slots_of(pool)
    rewrite(pool, slots=[{**slots[0], "mask": "img_0003.mask.png"}, *slots[1:]])
    state = look(tmp_path)
    files = [os.fsdecode(slot.mask_file) for slot in state.slots]
    assert Path(files[0]).name == "img_0001.mask.png"
    assert Path(files[2]).name == "img_0003.mask.png"
    assert Path(files[0]).read_bytes() == b"painted"


def test_a_vanished_photo_is_a_missing_slot_with_mask_and_label(tmp_path: Path, pool: Path) -> None:
    (tmp_path / "p1.jpg").unlink()
    (tmp_path / "p2.jpg").unlink()
    state = look(tmp_path)
    assert [slot.missing for slot in state.slots] == [False, True, True]
    assert state.slots[1].label == "second"
    assert state.slots[2].mask_file != b""
    assert "p1.jpg is not there" in state.slots[1].problem
    assert state.problems == ()


def test_a_photo_that_is_back_is_no_longer_missing(tmp_path: Path, pool: Path) -> None:
    (tmp_path / "p1.jpg").rename(tmp_path / "away.jpg")
    look(tmp_path)
    (tmp_path / "away.jpg").rename(tmp_path / "p1.jpg")
    assert not look(tmp_path).slots[1].missing


@pytest.mark.parametrize("content", [b"{", b'{"path": "../x.jpg"}', b"", b"[]"])
def test_a_broken_reference_is_a_missing_slot_with_a_reason(
    tmp_path: Path, pool: Path, content: bytes
) -> None:
    (pool / "img_0003.ref.json").write_bytes(content)
    state = look(tmp_path)
    assert names(state) == ["1", "2", "3"]
    assert state.slots[2].missing
    assert state.slots[2].mask_file != b""
    assert "img_0003.ref.json" in state.slots[2].problem


def test_a_missing_reference_keeps_mask_and_label(tmp_path: Path, pool: Path) -> None:
    (pool / "img_0002.ref.json").unlink()
    state = look(tmp_path)
    assert (state.slots[1].missing, state.slots[1].label) == (True, "second")


def test_a_slot_that_names_no_mask_of_the_folder_has_its_own_at_once(
    tmp_path: Path, pool: Path
) -> None:
    (pool / "img_0003.mask.png").write_bytes(b"mask")
    rewrite(pool, slots=[{"image": "img_0003.png", "mask": "img_0009.png"}])
    first, again = look(tmp_path), look(tmp_path)
    assert first.slots[0].mask_file == bytes(pool / "img_0003.mask.png")
    assert (again.slots, again.problems) == (first.slots, ())


def test_a_manifest_changed_by_another_program_is_read_again(tmp_path: Path, pool: Path) -> None:
    async def story(store: PoolStore) -> list[str]:
        await store.get()
        rewrite(pool, slots=list(reversed(slots_of(pool))))
        return names(await store.get())

    assert within(tmp_path, story) == ["3", "2", "1"]


def test_a_manifest_deleted_while_the_daemon_runs_is_made_anew(tmp_path: Path, pool: Path) -> None:
    async def story(store: PoolStore) -> PoolState:
        await store.get()
        (pool / "manifest.json").unlink()
        return await store.label("", "img_0001", "first")

    state = within(tmp_path, story)
    assert labels(state) == ["first", "second", ""]
    assert "made anew" in state.problems[0]


def test_the_number_of_a_slot_is_never_given_again(tmp_path: Path, pool: Path) -> None:
    async def story(store: PoolStore) -> list[str]:
        await store.remove("", ["img_0003"])
        (pool / "manifest.json").unlink()
        return names(await store.add("", photos(tmp_path, 4)[3:]))

    assert within(tmp_path, story) == ["1", "2", "4"]


def test_pictures_of_the_folder_are_slots_whatever_their_names(tmp_path: Path, pool: Path) -> None:
    (pool / "manifest.json").unlink()
    (pool / "Holiday 10.png").write_bytes(b"png")
    (pool / "Holiday 9.png").write_bytes(b"png")
    (pool / "notes.txt").write_bytes(b"notes")
    state = look(tmp_path)
    assert [slot.slot for slot in state.slots[:2]] == ["Holiday 9", "Holiday 10"]
    assert "notes.txt" in files_in(state)


def test_temporary_files_of_a_killed_daemon_are_removed(tmp_path: Path, pool: Path) -> None:
    (pool / ".0123.png.rvpart").write_bytes(b"half")
    (pool / ".mine").write_bytes(b"whole")
    look(tmp_path)
    assert not (pool / ".0123.png.rvpart").exists()
    assert (pool / ".mine").exists()


def test_a_pool_without_a_name_gets_one(tmp_path: Path, pool: Path) -> None:
    (pool / "pool.json").write_bytes(b"\xff")
    assert look(tmp_path).name == "Pool"


def test_a_broken_list_of_the_current_pool_is_no_trouble(tmp_path: Path, pool: Path) -> None:
    (tmp_path / "pools" / "current.json").write_bytes(b"[")
    assert look(tmp_path).folder == bytes(pool)


@posix_only
def test_a_link_among_the_pools_is_no_pool(tmp_path: Path, pool: Path) -> None:
    other = tmp_path / "pools" / "2f1c6f0e-9f1c-4d6b-8a52-0d6c2f3b9d11"
    other.symlink_to(pool)
    assert len(look(tmp_path).pools) == 1


odd_names = st.sampled_from(
    [
        *("img_0001.png", "img_0002.png", "img_0001.ref.json", "img_0002.ref.json"),
        *("img_0001.mask.png", "img_0002.mask.png", "b.mask.png", "A.png", "a.png"),
        *("../x.png", "/x.png", "x/y.png"),
    ]
)
odd_files = st.dictionaries(
    odd_names.filter(lambda name: "/" not in name),
    st.sampled_from(["file", "folder", "link", "pipe", "reference", "broken reference"]),
)
odd_slots = st.lists(
    st.fixed_dictionaries(
        {"image": odd_names | st.none() | st.integers()},
        optional={
            "mask": odd_names | st.none() | st.booleans(),
            "label": st.text(max_size=5) | st.none(),
            "added": st.integers() | st.floats(),
        },
    ),
    max_size=6,
)


def make_odd(path: Path, kind: str, photo: Path) -> None:
    """Put something of *kind* at *path*."""
    {
        "file": lambda: path.write_bytes(b"content of " + path.name.encode()),
        "folder": lambda: path.mkdir(),
        "link": lambda: path.symlink_to(photo),
        "pipe": lambda: os.mkfifo(path),
        "reference": lambda: path.write_text(json.dumps({"path": str(photo)})),
        "broken reference": lambda: path.write_bytes(b'{"path": '),
    }[kind]()


@posix_only
@settings(max_examples=50)
@given(odd_files, odd_slots, st.integers() | st.none() | st.text(max_size=3), st.booleans())
def test_whatever_a_folder_holds_a_pool_comes_of_it_and_nothing_is_lost(
    tmp_path_factory: pytest.TempPathFactory,
    files: dict[str, str],
    slots: list[dict[str, object]],
    active: object,
    listed: bool,
) -> None:
    tmp_path = tmp_path_factory.mktemp("odd")
    (photo,) = photos(tmp_path, 1)
    pool = folder_of(within(tmp_path, lambda store: store.get()))
    for name, kind in files.items():
        make_odd(pool / name, kind, Path(os.fsdecode(photo.path)))
    said = {"active": active, "slots": slots}
    (pool / "manifest.json").write_text(json.dumps(said) if listed else "{")
    first = look(tmp_path)
    assert -1 <= first.active < max(len(first.slots), 1)
    assert all(slot.mask_file.startswith(bytes(pool)) for slot in first.slots if slot.mask_file)
    assert {name for name in files if (pool / name).is_symlink() or (pool / name).exists()} == set(
        files
    )
    again = look(tmp_path)
    assert again.problems == ()
    assert again.slots == first.slots


def test_what_was_repaired_is_told_with_the_pool_that_it_is_about(
    tmp_path: Path, pool: Path
) -> None:
    async def story(store: PoolStore) -> list[bool]:
        (pool / "manifest.json").write_bytes(b"{")
        other = await store.new("Other")
        await store.get("Pool")
        first = await store.look("Pool")
        return [bool(state.problems) for state in (other, first, await store.look("Pool"))]

    assert within(tmp_path, story) == [False, True, False]


@posix_only
@pytest.mark.skipif(
    getattr(os, "geteuid", lambda: 0)() == 0, reason="the administrator may read everything"
)
def test_a_pool_that_cannot_be_read_is_told_and_does_not_hide_the_others(
    tmp_path: Path, pool: Path
) -> None:
    within(tmp_path, lambda store: store.new("Other"))
    pool.chmod(0)
    state = look(tmp_path)
    pool.chmod(0o700)
    assert [each.name for each in state.pools] == ["Other"]
    assert "cannot be read" in state.problems[0]
