"""Copying, moving, renaming and discarding photos with their sidecars, and undoing it."""

import asyncio
import errno
import os
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from daemon.files import discard, primitives
from daemon.files.trash import Trash
from daemon.ipc.outbox import to_frame
from daemon.protocol.errors import ErrorKind, RabbitError
from daemon.protocol.message import WirePath
from daemon.protocol.organising import (
    CopyPhotos,
    FileWorkCancel,
    FileWorkDone,
    Journal,
    RenamePlan,
    RenameRequest,
    TrashPhotos,
    UndoRequest,
)
from daemon.tasks import PhotoFacts
from tests.fakes.file_work import Desk, desk, tree

HOSTILE = [
    b"plain.jpg",
    b"-rf.jpg",
    b"a b\tc.jpg",
    b"new\nline.jpg",
    b"\xff\xfe.jpg",
    "ünï\u202eçødé🐇.jpg".encode(),
    b"$(reboot);`x`.jpg",
    b"%41%00.jpg",
    b"'quotes\".jpg",
    b"x" * 251 + b".jpg",
]


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    folder = tmp_path / "photos"
    folder.mkdir()
    return folder


@pytest.fixture
def other_volume() -> Iterator[Path]:
    if not os.path.isdir("/dev/shm") or os.stat("/dev/shm").st_dev == os.stat("/tmp").st_dev:
        pytest.skip("needs a second volume")
    with tempfile.TemporaryDirectory(dir="/dev/shm") as folder:
        yield Path(folder)


def put(folder: Path, *names: str | bytes) -> list[WirePath]:
    """Write files whose content is their name; return their paths."""
    paths: list[WirePath] = []
    for name in names:
        path = os.path.join(os.fsencode(folder), os.fsencode(name))
        with open(path, "wb") as file:
            file.write(os.path.basename(path))
        paths.append(WirePath(path))
    return paths


def names(folder: Path) -> list[str]:
    return sorted(os.listdir(folder))


def run(story) -> FileWorkDone:
    return asyncio.run(story)


async def transfer(
    at: Desk, paths: list[WirePath], folder: Path, *, move: bool = False
) -> FileWorkDone:
    request = CopyPhotos(paths=tuple(paths), folder=WirePath.of(folder), move=move)
    return await at.ask(at.service.copy(at.peer, request))


async def rename(at: Desk, paths: list[WirePath], pattern: str, **more: int) -> FileWorkDone:
    request = RenameRequest(paths=tuple(paths), pattern=pattern, **more)
    return await at.ask(at.service.rename(at.peer, request))


# ---------------------------------------------------------------- copy and move


def test_a_copy_takes_its_sidecars_along_and_leaves_everything(
    tmp_path: Path, photos: Path
) -> None:
    paths = put(photos, "a.jpg")
    put(photos, "a.jpg.xmp", "a.xmp", "b.xmp")
    target = tmp_path / "new" / "target"

    async def story() -> FileWorkDone:
        async with desk(tmp_path) as at:
            return await transfer(at, paths, target)

    done = run(story())
    assert (done.kind, done.failed, done.error) == ("copy", (), None)
    assert names(target) == ["a.jpg", "a.jpg.xmp", "a.xmp"]
    assert names(photos) == ["a.jpg", "a.jpg.xmp", "a.xmp", "b.xmp"]


def test_a_copy_keeps_times_permissions_and_attributes(tmp_path: Path, photos: Path) -> None:
    (path,) = put(photos, "a.jpg")
    os.chmod(path, 0o640)
    os.utime(path, ns=(1_600_000_000_123_456_789, 1_500_000_000_987_654_321))
    attribute = True
    try:
        os.setxattr(path, b"user.test", b"value")
    except OSError:
        attribute = False

    async def story() -> FileWorkDone:
        async with desk(tmp_path) as at:
            return await transfer(at, [path], tmp_path / "t")

    run(story())
    copy = tmp_path / "t" / "a.jpg"
    assert copy.stat().st_mtime_ns == 1_500_000_000_987_654_321
    assert stat.S_IMODE(copy.stat().st_mode) == 0o640
    assert not attribute or os.getxattr(copy, b"user.test") == b"value"


def test_taken_names_get_a_number_that_sidecars_and_partners_share(
    tmp_path: Path, photos: Path
) -> None:
    paths = put(photos, "a.jpg", "a.cr3")
    put(photos, "a.jpg.xmp", "a.xmp")
    target = tmp_path / "t"
    target.mkdir()
    put(target, "a.cr3")

    async def story() -> FileWorkDone:
        async with desk(tmp_path) as at:
            return await transfer(at, paths, target, move=True)

    run(story())
    assert names(target) == ["a-1.cr3", "a-1.jpg", "a-1.jpg.xmp", "a-1.xmp", "a.cr3"]
    assert names(photos) == []


def test_a_sidecar_of_a_pair_stays_until_the_last_of_it_goes(tmp_path: Path, photos: Path) -> None:
    jpeg, raw = put(photos, "a.jpg", "a.cr3")
    put(photos, "a.xmp")

    async def story() -> list[list[str]]:
        async with desk(tmp_path) as at:
            await transfer(at, [jpeg], tmp_path / "t", move=True)
            between = names(photos)
            await transfer(at, [raw], tmp_path / "t", move=True)
            return [between, names(photos)]

    assert asyncio.run(story()) == [["a.cr3", "a.xmp"], []]
    assert names(tmp_path / "t") == ["a.cr3", "a.jpg", "a.xmp"]


def test_moving_to_another_volume_leaves_the_same_content_and_can_be_undone(
    tmp_path: Path, photos: Path, other_volume: Path
) -> None:
    paths = put(photos, "a.jpg", "b.jpg")
    put(photos, "a.jpg.xmp")
    os.utime(paths[0], ns=(5_000_000_000, 7_000_000_000))
    before = tree(photos)

    async def story() -> tuple[dict[str, bytes], FileWorkDone]:
        async with desk(tmp_path) as at:
            await transfer(at, paths, other_volume, move=True)
            there = tree(other_volume)
            assert tree(photos) == {}
            return there, await at.undo()

    there, undone = asyncio.run(story())
    assert there == tree(photos) == before
    assert undone.failed == ()
    assert os.stat(paths[0]).st_mtime_ns == 7_000_000_000
    assert tree(other_volume) == {}


def test_moving_into_its_own_folder_changes_nothing(tmp_path: Path, photos: Path) -> None:
    paths = put(photos, "a.jpg")

    async def story() -> FileWorkDone:
        async with desk(tmp_path) as at:
            return await transfer(at, paths, photos, move=True)

    assert run(story()).failed == ()
    assert names(photos) == ["a.jpg"]


def test_hostile_names_are_moved_and_brought_back_byte_for_byte(
    tmp_path: Path, photos: Path
) -> None:
    paths = put(photos, *HOSTILE)
    before = sorted(os.listdir(os.fsencode(photos)))

    async def story() -> list[bytes]:
        async with desk(tmp_path) as at:
            done = await transfer(at, paths, tmp_path / "t", move=True)
            assert done.failed == ()
            there = sorted(os.listdir(os.fsencode(tmp_path / "t")))
            await at.undo()
            return there

    assert asyncio.run(story()) == before
    assert sorted(os.listdir(os.fsencode(photos))) == before


def test_a_symbolic_link_is_copied_as_a_link(tmp_path: Path, photos: Path) -> None:
    put(photos, "real.jpg")
    (photos / "link.jpg").symlink_to("real.jpg")

    async def story() -> FileWorkDone:
        async with desk(tmp_path) as at:
            return await transfer(at, [WirePath.of(photos / "link.jpg")], tmp_path / "t")

    run(story())
    assert os.readlink(tmp_path / "t" / "link.jpg") == "real.jpg"


def test_a_photo_that_is_gone_is_named_and_the_others_are_moved(
    tmp_path: Path, photos: Path
) -> None:
    paths = put(photos, "a.jpg", "b.jpg")
    os.unlink(paths[0])

    async def story() -> FileWorkDone:
        async with desk(tmp_path) as at:
            return await transfer(at, paths, tmp_path / "t", move=True)

    done = run(story())
    assert [(each.path, each.error.kind) for each in done.failed] == [
        (paths[0], ErrorKind.NOT_FOUND)
    ]
    assert names(tmp_path / "t") == ["b.jpg"]


def test_a_pipe_is_refused_and_not_waited_for(tmp_path: Path, photos: Path) -> None:
    os.mkfifo(photos / "pipe.jpg")

    async def story() -> FileWorkDone:
        async with desk(tmp_path) as at:
            return await transfer(at, [WirePath.of(photos / "pipe.jpg")], tmp_path / "t")

    (failed,) = run(story()).failed
    assert "pipe" in failed.error.message
    assert names(tmp_path / "t") == []


def test_a_folder_that_cannot_be_made_is_a_sentence(tmp_path: Path, photos: Path) -> None:
    paths = put(photos, "a.jpg")

    async def story() -> FileWorkDone:
        async with desk(tmp_path) as at:
            return await transfer(at, paths, photos / "a.jpg" / "below", move=True)

    done = run(story())
    assert done.error is not None
    assert done.error.kind is ErrorKind.OUTPUT_REFUSED
    assert names(photos) == ["a.jpg"]


def test_too_little_room_is_said_before_anything_is_copied(
    tmp_path: Path, photos: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    paths = put(photos, "a.jpg")
    usage = type("Usage", (), {"free": 1 << 20})
    monkeypatch.setattr("daemon.files.organise.shutil.disk_usage", lambda path: usage)

    async def story() -> FileWorkDone:
        async with desk(tmp_path) as at:
            return await transfer(at, paths, tmp_path / "t")

    done = run(story())
    assert done.error is not None
    assert done.error.kind is ErrorKind.DISK_FULL
    assert "1.0 MB free" in done.error.message
    assert names(tmp_path / "t") == []


def test_a_disk_that_fills_up_leaves_nothing_half_and_says_so(
    tmp_path: Path, photos: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    paths = put(photos, "a.jpg", "b.jpg")
    put(photos, "b.jpg.xmp")
    real = primitives.copy_file

    def copy(source: bytes, temp: bytes, **more: object) -> bytes:
        if source.endswith(b".xmp"):
            raise OSError(errno.ENOSPC, "No space left on device")
        return real(source, temp, **more)  # type: ignore[arg-type]

    monkeypatch.setattr("daemon.files.transfer.copy_file", copy)

    async def story() -> FileWorkDone:
        async with desk(tmp_path) as at:
            return await transfer(at, paths, tmp_path / "t")

    failed = run(story()).failed
    assert {each.error.kind for each in failed} == {ErrorKind.DISK_FULL}
    assert [os.path.basename(each.path) for each in failed] == [b"b.jpg.xmp", b"b.jpg"]
    assert names(tmp_path / "t") == ["a.jpg"]


def test_a_copy_that_reads_back_differently_is_not_kept(
    tmp_path: Path, photos: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    paths = put(photos, "a.jpg")
    monkeypatch.setattr(primitives, "file_digest", lambda *args, **more: b"other")

    async def story() -> FileWorkDone:
        async with desk(tmp_path) as at:
            return await transfer(at, paths, tmp_path / "t")

    assert len(run(story()).failed) == 1
    assert names(tmp_path / "t") == []


@pytest.mark.skipif(os.getuid() == 0, reason="root may write anywhere")
def test_a_read_only_folder_is_a_sentence_and_the_photo_stays(tmp_path: Path, photos: Path) -> None:
    paths = put(photos, "a.jpg")
    photos.chmod(0o555)

    async def story() -> FileWorkDone:
        async with desk(tmp_path) as at:
            return await transfer(at, paths, tmp_path / "t", move=True)

    try:
        (failed,) = run(story()).failed
    finally:
        photos.chmod(0o755)
    assert failed.error.kind is ErrorKind.PERMISSION_DENIED
    assert names(photos) == ["a.jpg"]


def test_a_refused_sidecar_brings_its_photo_back(
    tmp_path: Path, photos: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    paths = put(photos, "a.jpg", "b.jpg")
    put(photos, "a.jpg.xmp")
    real = primitives.rename_without_replacing

    def refuse(old: bytes, new: bytes) -> None:
        if old.endswith(b".xmp"):
            raise PermissionError(errno.EACCES, "Permission denied")
        real(old, new)

    monkeypatch.setattr("daemon.files.transfer.rename_without_replacing", refuse)

    async def story() -> FileWorkDone:
        async with desk(tmp_path) as at:
            done = await transfer(at, paths, tmp_path / "t", move=True)
            await at.undo()
            return done

    done = run(story())
    assert [each.error.kind for each in done.failed] == [ErrorKind.PERMISSION_DENIED] * 2
    assert names(photos) == ["a.jpg", "a.jpg.xmp", "b.jpg"]


def test_undo_of_a_copy_puts_the_copies_into_the_trash_and_redo_brings_them_back(
    tmp_path: Path, photos: Path
) -> None:
    paths = put(photos, "a.jpg")

    async def story() -> list[list[str]]:
        async with desk(tmp_path) as at:
            await transfer(at, paths, tmp_path / "t")
            await at.undo()
            between = names(tmp_path / "t")
            await at.redo()
            return [between, names(tmp_path / "t"), names(photos)]

    assert asyncio.run(story()) == [[], ["a.jpg"], ["a.jpg"]]
    assert names(tmp_path / "Trash" / "files") == []
    assert names(tmp_path / "Trash" / "info") == []


def test_cancelled_work_stops_after_the_file_it_is_at_and_can_be_undone(
    tmp_path: Path, photos: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    paths = put(photos, *(f"{number:03}.jpg" for number in range(200)))
    real = primitives.rename_without_replacing
    moved: list[bytes] = []

    async def story() -> tuple[FileWorkDone, int]:
        async with desk(tmp_path) as at:

            def moving(old: bytes, new: bytes) -> None:
                real(old, new)
                moved.append(old)
                if len(moved) == 100:
                    (work,) = at.service._works.values()  # pyright: ignore[reportPrivateUsage]
                    work.cancel()

            with monkeypatch.context() as patch:
                patch.setattr("daemon.files.transfer.rename_without_replacing", moving)
                done = await transfer(at, paths, tmp_path / "t", move=True)
            there = len(names(tmp_path / "t"))
            await at.undo()
            return done, there

    done, there = asyncio.run(story())
    assert (done.cancelled, there) == (True, 100)
    assert len(names(photos)) == 200


def test_cancelling_what_has_ended_is_no_failure(tmp_path: Path) -> None:
    async def story() -> None:
        async with desk(tmp_path) as at:
            await at.service.cancel(at.peer, FileWorkCancel(work_id=99))

    asyncio.run(story())


def test_the_catalogue_hears_of_old_and_new_paths(tmp_path: Path, photos: Path) -> None:
    paths = put(photos, "a.jpg")
    put(photos, "a.jpg.xmp")

    async def story() -> set[bytes]:
        async with desk(tmp_path) as at:
            await transfer(at, paths, tmp_path / "t", move=True)
            return set(at.changed)

    target = os.fsencode(tmp_path / "t")
    assert asyncio.run(story()) == {
        paths[0],
        paths[0] + b".xmp",
        target + b"/a.jpg",
        target + b"/a.jpg.xmp",
    }


# ---------------------------------------------------------------- rename


def test_names_are_filled_from_what_is_known_of_a_photo(tmp_path: Path, photos: Path) -> None:
    paths = put(photos, "DSC1.JPG")
    facts = {
        bytes(paths[0]): PhotoFacts(
            path=paths[0],
            size_bytes=1,
            mtime_ns=0,
            taken="2024-03-09 08:07:06",
            camera="Nikon Z 6",
            lens="24-70mm f/4",
            iso=200,
            rating=3,
            width_px=6000,
            height_px=4000,
        )
    }
    pattern = (
        "{date}_{date:%Y%m}_{time}_{camera}_{lens}_{iso}_{rating}_{width}x{height}_"
        "{folder}_{stem}_{n:04}_{{x}}"
    )

    async def story() -> RenamePlan:
        async with desk(tmp_path, facts) as at:
            request = RenameRequest(paths=tuple(paths), pattern=pattern, start=7, preview_only=True)
            plan = await at.service.rename(at.peer, request)
            assert isinstance(plan, RenamePlan)
            return plan

    (name,) = asyncio.run(story()).names
    assert name.name.decode() == (
        "2024-03-09_202403_08-07-06_Nikon Z 6_24-70mm f-4_200_3_6000x4000_photos_DSC1_0007_{x}.JPG"
    )
    assert name.problem == ""


@pytest.mark.parametrize(
    ("pattern", "problem"),
    [
        ("", "empty"),
        ("{nonsense}", "not known"),
        ("{n:04x}", "no way to write a number"),
        ("{date", "no partner"),
        ("{stem:3}", "not known"),
    ],
)
def test_a_pattern_that_is_not_understood_is_the_plans_problem(
    tmp_path: Path, photos: Path, pattern: str, problem: str
) -> None:
    paths = put(photos, "a.jpg")

    async def story() -> RenamePlan:
        async with desk(tmp_path) as at:
            request = RenameRequest(paths=tuple(paths), pattern=pattern, preview_only=True)
            plan = await at.service.rename(at.peer, request)
            assert isinstance(plan, RenamePlan)
            return plan

    assert problem in asyncio.run(story()).problem


@pytest.mark.parametrize(
    ("pattern", "problem"),
    [
        ("{camera}", "empty"),
        ("a/{stem}", "slash"),
        (".{stem}", "hidden"),
        ("{stem}" + "y" * 260, "longer"),
        ("b", "there already"),
    ],
)
def test_a_name_that_cannot_be_is_the_photos_problem_and_it_stays(
    tmp_path: Path, photos: Path, pattern: str, problem: str
) -> None:
    paths = put(photos, "a.jpg")
    put(photos, "b.jpg")

    async def story() -> tuple[RenamePlan, FileWorkDone]:
        async with desk(tmp_path) as at:
            request = RenameRequest(paths=tuple(paths), pattern=pattern, preview_only=True)
            plan = await at.service.rename(at.peer, request)
            assert isinstance(plan, RenamePlan)
            return plan, await rename(at, paths, pattern)

    plan, done = asyncio.run(story())
    assert problem in plan.names[0].problem
    assert len(done.failed) == 1
    assert names(photos) == ["a.jpg", "b.jpg"]


def test_photos_that_would_get_one_name_both_say_so(tmp_path: Path, photos: Path) -> None:
    paths = put(photos, "a.jpg", "b.jpg", "c.png")

    async def story() -> RenamePlan:
        async with desk(tmp_path) as at:
            request = RenameRequest(paths=tuple(paths), pattern="same", preview_only=True)
            plan = await at.service.rename(at.peer, request)
            assert isinstance(plan, RenamePlan)
            return plan

    problems = [each.problem for each in asyncio.run(story()).names]
    assert problems == [*["Several photos would get this name."] * 2, ""]


def test_a_pair_shares_its_number_and_its_sidecars_follow(tmp_path: Path, photos: Path) -> None:
    paths = put(photos, "x.jpg", "x.cr3", "y.jpg")
    put(photos, "x.xmp", "x.jpg.xmp", "y.jpg.xmp")

    async def story() -> FileWorkDone:
        async with desk(tmp_path) as at:
            return await rename(at, paths, "p{n:02}", start=5)

    assert run(story()).failed == ()
    assert tree(photos) == {
        "p05.cr3": b"x.cr3",
        "p05.jpg": b"x.jpg",
        "p05.jpg.xmp": b"x.jpg.xmp",
        "p05.xmp": b"x.xmp",
        "p06.jpg": b"y.jpg",
        "p06.jpg.xmp": b"y.jpg.xmp",
    }


def test_names_that_move_up_by_one_are_given_in_the_right_order(
    tmp_path: Path, photos: Path
) -> None:
    paths = put(photos, "1.jpg", "2.jpg", "3.jpg")

    async def story() -> FileWorkDone:
        async with desk(tmp_path) as at:
            return await rename(at, paths, "{n}", start=2)

    assert run(story()).failed == ()
    assert tree(photos) == {"2.jpg": b"1.jpg", "3.jpg": b"2.jpg", "4.jpg": b"3.jpg"}


def test_photos_swap_their_names_with_their_sidecars_and_undo_swaps_them_back(
    tmp_path: Path, photos: Path
) -> None:
    first, second = put(photos, "1.jpg", "2.jpg")
    put(photos, "1.jpg.xmp", "2.jpg.xmp")
    before = tree(photos)

    async def story() -> tuple[dict[str, bytes], FileWorkDone]:
        async with desk(tmp_path) as at:
            done = await rename(at, [second, first], "{n}")
            there = tree(photos)
            await at.undo()
            return there, done

    there, done = asyncio.run(story())
    assert there == {
        "1.jpg": b"2.jpg",
        "1.jpg.xmp": b"2.jpg.xmp",
        "2.jpg": b"1.jpg",
        "2.jpg.xmp": b"1.jpg.xmp",
    }
    assert sorted(done.moved) == [(first, second), (second, first)]
    assert tree(photos) == before


def test_a_change_of_case_alone_is_a_rename(tmp_path: Path, photos: Path) -> None:
    paths = put(photos, "IMG.JPG")

    async def story() -> FileWorkDone:
        async with desk(tmp_path) as at:
            return await rename(at, paths, "img.jpg")

    assert run(story()).failed == ()
    assert names(photos) == ["img.jpg"]


def test_names_that_are_not_utf_8_keep_their_bytes(tmp_path: Path, photos: Path) -> None:
    paths = put(photos, b"\xff\xfe.jpg")

    async def story() -> FileWorkDone:
        async with desk(tmp_path) as at:
            return await rename(at, paths, "x_{stem}")

    run(story())
    assert os.listdir(os.fsencode(photos)) == [b"x_\xff\xfe.jpg"]


def test_a_batch_is_one_step_of_undo(tmp_path: Path, photos: Path) -> None:
    paths = put(photos, "a.jpg", "b.jpg")

    async def story() -> tuple[Journal, list[str]]:
        async with desk(tmp_path) as at:
            for path in paths:
                request = RenameRequest(paths=(path,), pattern="x_{stem}", batch="one")
                await at.ask(at.service.rename(at.peer, request))
            journal = await at.service.journal(at.peer, None)  # type: ignore[arg-type]
            await at.undo()
            return journal, names(photos)

    journal, left = asyncio.run(story())
    assert journal.undo == "Rename 2 photos"
    assert left == ["a.jpg", "b.jpg"]


# ---------------------------------------------------------------- trash


async def trash(at: Desk, paths: list[WirePath], *, permanently: bool = False) -> FileWorkDone:
    request = TrashPhotos(paths=tuple(paths), permanently=permanently)
    return await at.ask(at.service.trash(at.peer, request))


def test_the_trash_holds_photo_and_sidecar_with_where_they_came_from(
    tmp_path: Path, photos: Path
) -> None:
    paths = put(photos, "a ä.jpg")
    put(photos, "a ä.jpg.xmp")

    async def story() -> FileWorkDone:
        async with desk(tmp_path) as at:
            return await trash(at, paths)

    assert run(story()).can_undo
    assert names(photos) == []
    assert names(tmp_path / "Trash" / "files") == ["a ä.jpg", "a ä.jpg.xmp"]
    info = (tmp_path / "Trash" / "info" / "a ä.jpg.trashinfo").read_text()
    assert info.startswith(f"[Trash Info]\nPath={photos}/a%20%C3%A4.jpg\nDeletionDate=20")


def test_undo_takes_photos_out_of_the_trash_with_their_sidecars_and_redo_puts_them_back(
    tmp_path: Path, photos: Path
) -> None:
    paths = put(photos, *HOSTILE)
    put(photos, "plain.jpg.xmp")
    before = tree(photos)

    async def story() -> tuple[FileWorkDone, FileWorkDone, FileWorkDone]:
        async with desk(tmp_path) as at:
            done = await trash(at, paths)
            undone = await at.undo()
            assert tree(photos) == before
            again = await at.redo()
            assert tree(photos) == {}
            await at.undo()
            return done, undone, again

    assert [each.failed for each in asyncio.run(story())] == [(), (), ()]
    assert tree(photos) == before
    assert names(tmp_path / "Trash" / "info") == []


def test_one_name_twice_in_the_trash_gets_a_number(tmp_path: Path, photos: Path) -> None:
    async def story() -> None:
        async with desk(tmp_path) as at:
            await trash(at, put(photos, "a.jpg"))
            await trash(at, put(photos, "a.jpg"))

    asyncio.run(story())
    assert names(tmp_path / "Trash" / "files") == ["a-1.jpg", "a.jpg"]


def test_a_trash_on_another_mount_of_the_volume_counts_as_none(
    tmp_path: Path, photos: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    paths = put(photos, "a.jpg")

    def across(old: bytes, new: bytes) -> None:
        raise OSError(errno.EXDEV, "Invalid cross-device link")

    monkeypatch.setattr(discard, "rename_without_replacing", across)

    async def story() -> FileWorkDone:
        async with desk(tmp_path) as at:
            return await trash(at, paths)

    assert [each.error.kind for each in asyncio.run(story()).failed] == [ErrorKind.NO_TRASH]
    assert names(photos) == ["a.jpg"]
    assert names(tmp_path / "Trash" / "info") == []


def test_a_volume_without_a_trash_fails_with_its_own_kind_and_deleting_works(
    tmp_path: Path, photos: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    paths = put(photos, "a.jpg")
    put(photos, "a.jpg.xmp")

    def none(self: Trash, path: bytes) -> bytes:
        raise RabbitError(ErrorKind.NO_TRASH, "none")

    monkeypatch.setattr(Trash, "place_for", none)

    async def story() -> tuple[FileWorkDone, list[str], FileWorkDone]:
        async with desk(tmp_path) as at:
            refused = await trash(at, paths)
            left = names(photos)
            return refused, left, await trash(at, paths, permanently=True)

    refused, left, deleted = asyncio.run(story())
    assert [each.error.kind for each in refused.failed] == [ErrorKind.NO_TRASH]
    assert not refused.can_undo
    assert left == ["a.jpg", "a.jpg.xmp"]
    assert (deleted.kind, deleted.can_undo, deleted.failed) == ("delete", False, ())
    assert names(photos) == []


def test_another_volume_has_a_trash_at_its_top(
    tmp_path: Path, other_volume: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (path,) = put(other_volume, "a.jpg")
    top = os.fsencode(other_volume)
    monkeypatch.setattr("daemon.files.trash._mount_point", lambda path, device: top)

    async def story() -> str:
        async with desk(tmp_path) as at:
            await trash(at, [path])
            folder = other_volume / f".Trash-{os.getuid()}"
            told = (folder / "info" / "a.jpg.trashinfo").read_text()
            await at.undo()
            return told

    assert "\nPath=a.jpg\n" in asyncio.run(story())
    assert Path(os.fsdecode(path)).exists()


# ---------------------------------------------------------------- undo


def test_undo_with_nothing_in_the_journal_is_a_failure_of_its_kind(tmp_path: Path) -> None:
    async def story() -> None:
        async with desk(tmp_path) as at:
            await at.service.undo(at.peer, UndoRequest())

    with pytest.raises(RabbitError) as caught:
        asyncio.run(story())
    assert caught.value.info.kind is ErrorKind.NOTHING_TO_UNDO


def test_undo_never_replaces_what_has_the_old_name_now(tmp_path: Path, photos: Path) -> None:
    paths = put(photos, "a.jpg", "b.jpg")

    async def story() -> FileWorkDone:
        async with desk(tmp_path) as at:
            await rename(at, paths, "x_{stem}")
            (photos / "a.jpg").write_bytes(b"new")
            return await at.undo()

    done = run(story())
    assert [each.error.kind for each in done.failed] == [ErrorKind.ALREADY_EXISTS]
    assert tree(photos) == {"a.jpg": b"new", "b.jpg": b"b.jpg", "x_a.jpg": b"a.jpg"}


def test_undo_names_what_was_deleted_since_and_does_the_rest(tmp_path: Path, photos: Path) -> None:
    paths = put(photos, "a.jpg", "b.jpg")

    async def story() -> FileWorkDone:
        async with desk(tmp_path) as at:
            await rename(at, paths, "x_{stem}")
            (photos / "x_a.jpg").unlink()
            return await at.undo()

    done = run(story())
    assert [each.error.kind for each in done.failed] == [ErrorKind.NOT_FOUND]
    assert names(photos) == ["b.jpg"]


def test_undo_makes_the_folder_again_that_was_removed_since(tmp_path: Path, photos: Path) -> None:
    paths = put(photos, "a.jpg")

    async def story() -> FileWorkDone:
        async with desk(tmp_path) as at:
            await transfer(at, paths, tmp_path / "t", move=True)
            photos.rmdir()
            return await at.undo()

    assert run(story()).failed == ()
    assert names(photos) == ["a.jpg"]


def test_everybody_hears_what_undo_would_do(tmp_path: Path, photos: Path) -> None:
    paths = put(photos, "a.jpg")

    async def story() -> list[object]:
        async with desk(tmp_path) as at:
            await rename(at, paths, "b")
            await at.undo()
            await asyncio.sleep(0)
            return list(at.journals)

    assert asyncio.run(story()) == [
        Journal(undo="Rename 1 photo"),
        Journal(redo="Rename 1 photo"),
    ]


def test_a_relative_path_is_refused_at_once(tmp_path: Path) -> None:
    async def story() -> None:
        async with desk(tmp_path) as at:
            await trash(at, [WirePath(b"a.jpg")])

    with pytest.raises(RabbitError) as caught:
        asyncio.run(story())
    assert caught.value.info.kind is ErrorKind.INVALID_REQUEST


def test_a_pair_of_which_one_is_refused_by_the_trash_stays_whole_and_both_are_named(
    tmp_path: Path, photos: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    paths = put(photos, "a.jpg", "a.cr3")
    real = primitives.rename_without_replacing

    def refuse(old: bytes, new: bytes) -> None:
        if old.endswith(b".cr3"):
            raise PermissionError(errno.EACCES, "Permission denied")
        real(old, new)

    monkeypatch.setattr("daemon.files.discard.rename_without_replacing", refuse)

    async def story() -> FileWorkDone:
        async with desk(tmp_path) as at:
            return await trash(at, paths)

    done = run(story())
    assert {each.path for each in done.failed} == set(paths)
    assert names(photos) == ["a.cr3", "a.jpg"]
    assert names(tmp_path / "Trash" / "info") == []


def test_the_end_of_work_on_very_many_photos_fits_into_a_message(
    tmp_path: Path, photos: Path
) -> None:
    deep = photos / ("d" * 200) / ("e" * 200)
    deep.mkdir(parents=True)
    paths = [WirePath.of(deep / ("x" * 200 + f"{number}.jpg")) for number in range(1500)]

    async def story() -> FileWorkDone:
        async with desk(tmp_path) as at:
            return await transfer(at, paths, tmp_path / "t", move=True)

    done = run(story())
    assert len(done.failed) > 50
    assert len(to_frame(done)) < 1 << 20


def test_a_picture_that_a_pool_keeps_is_neither_moved_nor_trashed(
    tmp_path: Path, photos: Path
) -> None:
    paths = put(photos, "img_0001.png")

    async def story() -> list[str]:
        async with desk(tmp_path) as at:
            at.service.leave_alone(bytes(photos))
            with pytest.raises(RabbitError) as moved:
                await transfer(at, paths, tmp_path, move=True)
            with pytest.raises(RabbitError) as trashed:
                await at.service.trash(at.peer, TrashPhotos(paths=tuple(paths)))
            return [moved.value.info.message, trashed.value.info.message]

    said = asyncio.run(story())
    sentence = "img_0001.png is a picture of an image pool, which keeps it with its mask."
    assert said == [sentence, sentence]
    assert names(photos) == ["img_0001.png"]
