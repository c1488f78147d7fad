"""Bringing photos in from a card: named, tagged, verified; the card is only read."""

import asyncio
import errno
import os
from collections.abc import Mapping
from pathlib import Path

import pytest
from PIL import Image

from daemon.files import primitives
from daemon.protocol.errors import ErrorKind, RabbitError
from daemon.protocol.message import WirePath
from daemon.protocol.organising import FileWorkDone, IngestRequest
from daemon.sidecars import read_marks
from daemon.tasks import PhotoFacts
from tests.fakes.file_work import Desk, desk, tree


@pytest.fixture
def card(tmp_path: Path) -> Path:
    folder = tmp_path / "card" / "DCIM"
    for below in ("100NIKON", "101NIKON", ".hidden"):
        (folder / below).mkdir(parents=True)
    for number, path in enumerate(
        ("100NIKON/A.JPG", "100NIKON/A.NEF", "100NIKON/B.JPG", "101NIKON/A.JPG", ".hidden/C.JPG")
    ):
        Image.new("RGB", (8, 8), (number * 20, 0, 0)).save(folder / path, "JPEG")
    (folder / "100NIKON" / "._B.JPG").write_bytes(b"a Mac's")
    (folder / "100NIKON" / "NOTES.TXT").write_bytes(b"a text")
    return folder.parent


def facts(card: Path, taken: str = "2024-03-09 08:07:06") -> Mapping[bytes, PhotoFacts]:
    return {
        os.fsencode(path): PhotoFacts(path=os.fsencode(path), size_bytes=1, mtime_ns=0, taken=taken)
        for path in card.rglob("*.*")
    }


async def ingest(at: Desk, card: Path, target: Path, **more: object) -> FileWorkDone:
    request = IngestRequest(source=WirePath.of(card), folder=WirePath.of(target), **more)
    return await at.ask(at.service.ingest(at.peer, request))


def bring_in(tmp_path: Path, card: Path, **more: object) -> FileWorkDone:
    async def story() -> FileWorkDone:
        async with desk(tmp_path, facts(card)) as at:
            return await ingest(at, card, tmp_path / "t", **more)

    return asyncio.run(story())


def test_photos_go_into_folders_by_date_and_the_card_stays_as_it_was(
    tmp_path: Path, card: Path
) -> None:
    before = tree(card)
    done = bring_in(tmp_path, card)
    assert (done.kind, done.failed, done.error) == ("ingest", (), None)
    assert sorted(tree(tmp_path / "t")) == [
        "2024/2024-03-09/A-1.JPG",
        "2024/2024-03-09/A.JPG",
        "2024/2024-03-09/A.NEF",
        "2024/2024-03-09/B.JPG",
    ]
    assert len(done.moved) == 4
    assert tree(card) == before


def test_a_second_time_nothing_is_copied(tmp_path: Path, card: Path) -> None:
    bring_in(tmp_path, card)
    before = tree(tmp_path / "t")
    done = bring_in(tmp_path, card)
    assert (done.failed, done.moved) == ((), ())
    assert tree(tmp_path / "t") == before


def test_what_is_known_is_copied_again_where_that_is_wanted(tmp_path: Path, card: Path) -> None:
    bring_in(tmp_path, card)
    bring_in(tmp_path, card, skip_known=False)
    assert len(tree(tmp_path / "t")) == 8


def test_keywords_go_into_sidecars_and_the_copies_are_the_cards_bytes(
    tmp_path: Path, card: Path
) -> None:
    bring_in(tmp_path, card, pattern="{stem}", keywords=("Iceland", "Places|North"))
    copy = tmp_path / "t" / "B.JPG"
    assert copy.read_bytes() == (card / "DCIM" / "100NIKON" / "B.JPG").read_bytes()
    assert set(read_marks(os.fsencode(copy)).keywords) >= {"Iceland", "Places|North"}


def test_keywords_that_a_killed_daemon_did_not_write_are_written_the_next_time(
    tmp_path: Path, card: Path
) -> None:
    bring_in(tmp_path, card, pattern="{stem}")
    (tmp_path / "t" / "A.JPG").unlink()
    bring_in(tmp_path, card, pattern="{stem}", keywords=("k",))
    found = [read_marks(os.fsencode(path)).keywords for path in (tmp_path / "t").glob("*.JPG")]
    assert found == [("k",)] * 3


def test_a_second_copy_is_made_with_its_keywords(tmp_path: Path, card: Path) -> None:
    second = tmp_path / "second"
    bring_in(tmp_path, card, pattern="{stem}", keywords=("k",), second_folder=WirePath.of(second))
    photos = {name: data for name, data in tree(tmp_path / "t").items() if "xmp" not in name}
    copies = {name: data for name, data in tree(second).items() if "xmp" not in name}
    assert photos == copies
    assert tree(tmp_path / "t").keys() == tree(second).keys()


def test_sidecars_on_the_card_come_along(tmp_path: Path, card: Path) -> None:
    (card / "DCIM" / "100NIKON" / "A.xmp").write_bytes(b"<x/>")
    bring_in(tmp_path, card, pattern="{stem}_{n}")
    assert tree(tmp_path / "t")["A_1.xmp"] == b"<x/>"


def test_a_copy_that_reads_back_differently_is_named_and_the_others_arrive(
    tmp_path: Path, card: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = primitives.file_digest

    def digest(path: bytes, **more: object) -> bytes:
        return b"bad" if b"B.JPG" in path and b"rvpart" in path else real(path, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(primitives, "file_digest", digest)
    done = bring_in(tmp_path, card, pattern="{stem}")
    assert [os.path.basename(each.path) for each in done.failed] == [b"B.JPG"]
    assert sorted(tree(tmp_path / "t")) == ["A-1.JPG", "A.JPG", "A.NEF"]


def test_a_card_that_reads_differently_each_time_is_not_trusted(
    tmp_path: Path, card: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = primitives.copy_file
    digests = iter(range(1000))

    def copy(source: bytes, temp: bytes, **more: object) -> bytes:
        real(source, temp, **more)  # type: ignore[arg-type]
        return b"%d" % next(digests)

    monkeypatch.setattr("daemon.files.transfer.copy_file", copy)
    second = tmp_path / "second"
    done = bring_in(tmp_path, card, pattern="{stem}", second_folder=WirePath.of(second))
    assert len(done.failed) == 4
    assert "differently" in done.failed[0].error.message
    assert tree(second) == {}


def test_too_little_room_for_both_copies_is_said_before_the_first(
    tmp_path: Path, card: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = type("Usage", (), {"free": (1 << 20) + 3000})
    monkeypatch.setattr("daemon.files.organise.shutil.disk_usage", lambda path: usage)
    done = bring_in(tmp_path, card)
    again = bring_in(tmp_path, card, second_folder=WirePath.of(tmp_path / "second"))
    assert done.error is None
    assert again.error is not None
    assert again.error.kind is ErrorKind.DISK_FULL


def test_a_disk_that_fills_up_is_said_for_each_photo_and_nothing_is_half(
    tmp_path: Path, card: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*args: object, **more: object) -> bytes:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("daemon.files.transfer.copy_file", full)
    done = bring_in(tmp_path, card)
    assert {each.error.kind for each in done.failed} == {ErrorKind.DISK_FULL}
    assert tree(tmp_path / "t") == {}


def test_undo_takes_away_what_was_brought_in_with_its_keywords(tmp_path: Path, card: Path) -> None:
    async def story() -> tuple[FileWorkDone, dict[str, bytes]]:
        async with desk(tmp_path, facts(card)) as at:
            await ingest(at, card, tmp_path / "t", keywords=("k",))
            undone = await at.undo()
            left = tree(tmp_path / "t")
            await at.redo()
            return undone, left

    undone, left = asyncio.run(story())
    assert undone.failed == ()
    assert left == {}
    assert len(tree(tmp_path / "t")) == 8


@pytest.mark.parametrize("pattern", ["../{stem}", "/etc/{stem}", "a//{stem}", ".x/{stem}"])
def test_a_pattern_that_leaves_the_folder_is_refused_for_every_photo(
    tmp_path: Path, card: Path, pattern: str
) -> None:
    done = bring_in(tmp_path, card, pattern=pattern)
    assert {each.error.kind for each in done.failed} == {ErrorKind.OUTPUT_REFUSED}
    assert tree(tmp_path / "t") == {}


def test_a_card_without_photos_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    done = bring_in(tmp_path, tmp_path / "empty")
    assert done.error is not None
    assert done.error.kind is ErrorKind.NOT_FOUND


def test_a_card_that_is_not_there_is_a_sentence(tmp_path: Path) -> None:
    done = bring_in(tmp_path, tmp_path / "nowhere")
    assert done.error is not None
    assert done.error.kind is ErrorKind.UNREADABLE


def test_a_target_on_the_card_is_refused(tmp_path: Path, card: Path) -> None:
    async def story() -> None:
        async with desk(tmp_path) as at:
            await ingest(at, card, card / "t")

    with pytest.raises(RabbitError) as caught:
        asyncio.run(story())
    assert caught.value.info.kind is ErrorKind.INVALID_REQUEST


def test_links_on_a_card_are_not_followed(tmp_path: Path, card: Path) -> None:
    (card / "DCIM" / "link.JPG").symlink_to("/etc/hostname")
    done = bring_in(tmp_path, card, pattern="{stem}")
    assert done.failed == ()
    assert "link.JPG" not in tree(tmp_path / "t")


def test_progress_counts_photos_and_bytes(tmp_path: Path, card: Path) -> None:
    async def story() -> list[tuple[int, int, bool]]:
        async with desk(tmp_path, facts(card)) as at:
            await ingest(at, card, tmp_path / "t")
            return [
                (each.done, each.total, each.done_bytes <= each.total_bytes)
                for each in at.progress()
            ]

    told = asyncio.run(story())
    assert told[-1] == (4, 4, True)
