"""Undo of turns and of sidecars, which other programs may have changed since."""

import asyncio
import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from daemon.protocol.errors import ErrorKind, RabbitError
from daemon.protocol.message import WirePath
from daemon.protocol.organising import FileWorkDone, RotatePhotos
from daemon.sidecars import MarksChange, commit, plan_marks, read_marks
from daemon.storage.journal import SidecarWritten, digest_of
from tests.fakes.file_work import Desk, desk


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    path = tmp_path / "a.jpg"
    pixels = np.arange(64 * 48 * 3, dtype=np.uint32).reshape(48, 64, 3) % 251
    Image.fromarray(pixels.astype(np.uint8)).save(path)
    os.utime(path, ns=(1_000_000_000, 1_000_000_000))
    return path


def orientation(path: Path) -> int:
    with Image.open(path) as picture:
        return int(picture.getexif().get(274, 1))


async def rotate(at: Desk, *paths: Path, turn: str = "right") -> FileWorkDone:
    request = RotatePhotos(paths=tuple(WirePath.of(path) for path in paths), turn=turn)
    return await at.ask(at.service.rotate(at.peer, request))


async def rate(at: Desk, path: Path, rating: int, batch: str = "") -> None:
    """Rate a photo as the service for marks does: noted, then written."""
    journal = at.service._journal  # pyright: ignore[reportPrivateUsage]
    step = await journal.begin("marks", "Rate 1 photo", batch)
    write, _ = plan_marks(os.fsencode(path), MarksChange(rating=rating), naming="full")
    await step.note([SidecarWritten(write.path, write.before, digest_of(write.after))])
    commit(write)
    await step.commit()


def test_a_turn_shows_undoes_and_is_done_again(tmp_path: Path, photo: Path) -> None:
    async def story() -> list[int]:
        seen: list[int] = []
        async with desk(tmp_path) as at:
            for act in (rotate(at, photo), at.undo(), at.redo()):
                assert (await act).failed == ()
                seen.append(orientation(photo))
        return seen

    assert asyncio.run(story()) == [6, 1, 6]
    assert sorted(os.listdir(tmp_path)) == ["a.jpg", "data"]


def test_a_turned_photo_has_a_new_time_so_that_it_is_read_anew(tmp_path: Path, photo: Path) -> None:
    async def story() -> None:
        async with desk(tmp_path) as at:
            await rotate(at, photo)

    asyncio.run(story())
    assert photo.stat().st_mtime_ns > 1_000_000_000


def test_turning_through_a_link_turns_the_photo_and_keeps_the_link(
    tmp_path: Path, photo: Path
) -> None:
    link = tmp_path / "link.jpg"
    link.symlink_to("a.jpg")

    async def story() -> None:
        async with desk(tmp_path) as at:
            await rotate(at, link)

    asyncio.run(story())
    assert link.is_symlink()
    assert orientation(photo) == 6


def test_a_photo_that_cannot_be_turned_is_named_and_the_others_are_turned(
    tmp_path: Path, photo: Path
) -> None:
    raw = tmp_path / "b.gif"
    Image.new("P", (4, 4)).save(raw)
    before = raw.read_bytes()

    async def story() -> FileWorkDone:
        async with desk(tmp_path) as at:
            return await rotate(at, raw, photo)

    (failed,) = asyncio.run(story()).failed
    assert failed.error.kind is ErrorKind.UNSUPPORTED_FORMAT
    assert (orientation(photo), raw.read_bytes()) == (6, before)


def test_an_unknown_turn_is_refused_at_once(tmp_path: Path, photo: Path) -> None:
    async def story() -> None:
        async with desk(tmp_path) as at:
            await rotate(at, photo, turn="sideways")

    with pytest.raises(RabbitError) as caught:
        asyncio.run(story())
    assert caught.value.info.kind is ErrorKind.INVALID_REQUEST


def test_undo_gives_a_sidecar_its_bytes_back_and_redo_the_new_ones(
    tmp_path: Path, photo: Path
) -> None:
    async def story() -> list[int]:
        seen: list[int] = []
        async with desk(tmp_path) as at:
            await rate(at, photo, 2)
            await rate(at, photo, 5)
            for act in (at.undo(), at.undo(), at.redo(), at.redo()):
                assert (await act).failed == ()
                seen.append(read_marks(os.fsencode(photo)).rating)
        return seen

    assert asyncio.run(story()) == [2, 0, 2, 5]


def test_undo_of_a_first_rating_takes_its_sidecar_away(tmp_path: Path, photo: Path) -> None:
    async def story() -> None:
        async with desk(tmp_path) as at:
            await rate(at, photo, 2)
            await at.undo()

    asyncio.run(story())
    assert not (tmp_path / "a.jpg.xmp").exists()


def test_one_sidecar_written_twice_in_one_step_is_undone_to_the_first_bytes(
    tmp_path: Path, photo: Path
) -> None:
    async def story() -> FileWorkDone:
        async with desk(tmp_path) as at:
            await rate(at, photo, 2, "b")
            await rate(at, photo, 4, "b")
            return await at.undo()

    assert asyncio.run(story()).failed == ()
    assert not (tmp_path / "a.jpg.xmp").exists()


def test_a_sidecar_that_another_program_changed_since_is_left_alone(
    tmp_path: Path, photo: Path
) -> None:
    async def story() -> FileWorkDone:
        async with desk(tmp_path) as at:
            await rate(at, photo, 2)
            (tmp_path / "a.jpg.xmp").write_bytes(b"another program's")
            return await at.undo()

    (failed,) = asyncio.run(story()).failed
    assert "another program" in failed.error.message
    assert (tmp_path / "a.jpg.xmp").read_bytes() == b"another program's"


def test_a_step_that_cannot_be_undone_does_not_stand_in_the_way_of_older_ones(
    tmp_path: Path, photo: Path
) -> None:
    async def story() -> tuple[FileWorkDone, FileWorkDone]:
        async with desk(tmp_path) as at:
            await rotate(at, photo)
            await rate(at, photo, 2)
            (tmp_path / "a.jpg.xmp").write_bytes(b"another program's")
            return await at.undo(), await at.undo()

    first, second = asyncio.run(story())
    assert (len(first.failed), second.failed) == (1, ())
    assert orientation(photo) == 1
