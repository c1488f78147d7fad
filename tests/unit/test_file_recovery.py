"""What the next start makes of work that a killed daemon had begun, state by state."""

import asyncio
import os
from collections.abc import Sequence
from pathlib import Path

from daemon.files.primitives import temporary_beside
from daemon.protocol.organising import FileWorkDone
from daemon.storage.journal import (
    AnyRecord,
    Created,
    JournalStore,
    Moved,
    Restored,
    SidecarWritten,
    Trashed,
    Turned,
    digest_of,
)
from tests.fakes.file_work import desk, tree


def path(folder: Path, name: str) -> bytes:
    return os.fsencode(folder / name)


def inode(folder: Path, name: str) -> int:
    return (folder / name).stat().st_ino


def begun(folder: Path, records: Sequence[AnyRecord]) -> None:
    """Leave a journal as a daemon does that is killed after it noted *records*."""

    async def story() -> None:
        journal = JournalStore(folder / "data" / "journal.jsonl")
        await journal.open()
        step = await journal.begin("move", "Move 1 photo")
        await step.note(records)
        await journal.close()

    asyncio.run(story())


def started_again(folder: Path) -> tuple[dict[str, bytes], FileWorkDone | None]:
    """Start, look, and undo what can be undone."""

    async def story() -> tuple[dict[str, bytes], FileWorkDone | None]:
        async with desk(folder) as at:
            found = photos(folder)
            journal = await at.service.journal(at.peer, None)  # type: ignore[arg-type]
            return found, await at.undo() if journal.undo else None

    return asyncio.run(story())


def photos(folder: Path) -> dict[str, bytes]:
    return {name: data for name, data in tree(folder).items() if not name.startswith("data")}


def test_what_was_noted_and_not_begun_was_never_there(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"a")
    begun(tmp_path, [Moved(path(tmp_path, "a"), path(tmp_path, "b"), 1, inode(tmp_path, "a"))])
    assert started_again(tmp_path) == ({"a": b"a"}, None)


def test_a_photo_whose_sidecar_did_not_follow_is_finished(tmp_path: Path) -> None:
    (tmp_path / "b").write_bytes(b"photo")
    (tmp_path / "a.xmp").write_bytes(b"sidecar")
    begun(
        tmp_path,
        [
            Moved(path(tmp_path, "a"), path(tmp_path, "b"), 1, inode(tmp_path, "b")),
            Moved(path(tmp_path, "a.xmp"), path(tmp_path, "b.xmp"), 1, inode(tmp_path, "a.xmp")),
        ],
    )
    found, undone = started_again(tmp_path)
    assert found == {"b": b"photo", "b.xmp": b"sidecar"}
    assert undone is not None
    assert undone.failed == ()
    assert photos(tmp_path) == {"a": b"photo", "a.xmp": b"sidecar"}


def test_a_file_with_both_names_keeps_the_new_one(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"a")
    os.link(tmp_path / "a", tmp_path / "b")
    begun(tmp_path, [Moved(path(tmp_path, "a"), path(tmp_path, "b"), 1, inode(tmp_path, "a"))])
    found, _ = started_again(tmp_path)
    assert found == {"b": b"a"}


def test_a_copy_that_stands_on_the_other_volume_lets_the_original_go(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"a")
    (tmp_path / "b").write_bytes(b"a")
    begun(tmp_path, [Moved(path(tmp_path, "a"), path(tmp_path, "b"), 1)])
    found, _ = started_again(tmp_path)
    assert found == {"b": b"a"}


def test_another_file_under_the_new_name_costs_nobody_anything(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"a")
    (tmp_path / "b").write_bytes(b"somebody's")
    begun(tmp_path, [Moved(path(tmp_path, "a"), path(tmp_path, "b"), 1)])
    assert started_again(tmp_path) == ({"a": b"a", "b": b"somebody's"}, None)


def test_a_swap_that_stopped_half_way_is_finished_and_undone(tmp_path: Path) -> None:
    (tmp_path / "t.rvpart").write_bytes(b"one")
    (tmp_path / "a").write_bytes(b"two")
    one, two = inode(tmp_path, "t.rvpart"), inode(tmp_path, "a")
    begun(
        tmp_path,
        [
            Moved(path(tmp_path, "a"), path(tmp_path, "t.rvpart"), 1, one),
            Moved(path(tmp_path, "b"), path(tmp_path, "a"), 1, two),
            Moved(path(tmp_path, "t.rvpart"), path(tmp_path, "b"), 1, one),
        ],
    )
    found, undone = started_again(tmp_path)
    assert found == {"a": b"two", "b": b"one"}
    assert undone is not None
    assert undone.failed == ()
    assert photos(tmp_path) == {"a": b"one", "b": b"two"}


def test_a_half_written_copy_is_removed(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"a")
    Path(os.fsdecode(temporary_beside(path(tmp_path, "b")))).write_bytes(b"hal")
    begun(tmp_path, [Created(path(tmp_path, "b"), source=path(tmp_path, "a"), unit=1)])
    assert started_again(tmp_path) == ({"a": b"a"}, None)


def test_a_file_on_its_way_to_the_trash_arrives_with_its_sidecar(tmp_path: Path) -> None:
    (tmp_path / "t").write_bytes(b"photo")
    (tmp_path / "a.xmp").write_bytes(b"sidecar")
    begun(
        tmp_path,
        [
            Trashed(path(tmp_path, "a"), path(tmp_path, "t"), 1),
            Trashed(path(tmp_path, "a.xmp"), path(tmp_path, "t.xmp"), 1),
        ],
    )
    found, undone = started_again(tmp_path)
    assert found == {"t": b"photo", "t.xmp": b"sidecar"}
    assert undone is not None
    assert photos(tmp_path) == {"a": b"photo", "a.xmp": b"sidecar"}


def test_a_turned_copy_that_did_not_take_its_place_is_removed(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"a")
    (tmp_path / "t").write_bytes(b"turned")
    record = Turned(path(tmp_path, "a"), "left", path(tmp_path, "t"), inode(tmp_path, "a"))
    begun(tmp_path, [record])
    assert started_again(tmp_path) == ({"a": b"a"}, None)


def test_a_sidecar_that_was_written_can_be_undone_and_one_that_was_not_is_forgotten(
    tmp_path: Path,
) -> None:
    (tmp_path / "a.xmp").write_bytes(b"new")
    (tmp_path / "b.xmp").write_bytes(b"old")
    begun(
        tmp_path,
        [
            SidecarWritten(path(tmp_path, "a.xmp"), b"old", digest_of(b"new")),
            SidecarWritten(path(tmp_path, "b.xmp"), b"old", digest_of(b"new")),
        ],
    )
    _, undone = started_again(tmp_path)
    assert undone is not None
    assert undone.failed == ()
    assert photos(tmp_path) == {"a.xmp": b"old", "b.xmp": b"old"}


def test_an_undo_that_was_cut_off_is_carried_through(
    tmp_path: Path,
) -> None:
    (tmp_path / "t").write_bytes(b"a")

    async def story() -> None:
        journal = JournalStore(tmp_path / "data" / "journal.jsonl")
        await journal.open()
        step = await journal.begin("trash", "Put 1 photo into the trash")
        await step.note([Trashed(path(tmp_path, "a"), path(tmp_path, "t"), 1)])
        await step.commit()
        back = journal.reverse_now(redo=False)
        await back.note([Restored(path(tmp_path, "t"), path(tmp_path, "a"), 1)])
        await journal.close()

    asyncio.run(story())
    found, undone = started_again(tmp_path)
    assert (found, undone) == ({"a": b"a"}, None)
