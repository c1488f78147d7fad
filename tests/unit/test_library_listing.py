import asyncio
import errno
import os
import threading

import pytest

from daemon.library import scan, watch
from daemon.library.listing import Listing
from daemon.library.threads import FileThreads
from daemon.library.watch import Pace
from daemon.protocol.errors import ErrorKind, RabbitError
from daemon.protocol.messages import FolderChunk, FolderDelta, FolderOpen, WirePath
from tests.fakes.peer import FakePeer

FAST = Pace(poll_s=0.02, heartbeat_s=0.05, settle_s=0.02)


def follow(folder, test, pace=FAST, **options):
    """Run *test(peer)* while a listing of *folder* is open; return the peer."""

    async def main():
        peer, threads = FakePeer(), FileThreads()
        request = FolderOpen(path=WirePath.of(folder), listing_id=7, request_id=3, **options)
        task = asyncio.create_task(Listing(peer, request, threads, pace).run())
        try:
            await test(peer)
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            threads.close()
        return peer

    return asyncio.run(main())


def names(entries):
    return [entry.name for entry in entries]


@pytest.fixture(params=["told", "polled"])
def told_or_polled(request, monkeypatch):
    """Both ways of noticing: inotify, and comparing every 20 ms."""
    if request.param == "polled":
        monkeypatch.setattr(watch, "is_on_network", lambda _path: True)


def test_a_small_folder_is_one_chunk(tmp_path):
    for name in ("b2.jpg", "b10.jpg", "a.png", "note.txt"):
        (tmp_path / name).write_bytes(b"123")

    async def test(peer):
        await peer.wait_for(FolderChunk)

    (chunk,) = follow(tmp_path, test).of(FolderChunk)
    assert (chunk.request_id, chunk.listing_id, chunk.last) == (3, 7, True)
    assert names(chunk.entries) == [b"a.png", b"b2.jpg", b"b10.jpg"]


def test_an_empty_folder_is_one_empty_last_chunk(tmp_path):
    async def test(peer):
        await peer.wait_for(FolderChunk)

    (chunk,) = follow(tmp_path, test).of(FolderChunk)
    assert (chunk.entries, chunk.last) == ((), True)


def test_a_large_folder_comes_in_pieces_the_first_of_them_small(tmp_path):
    for number in range(1300):
        (tmp_path / f"{number}.jpg").touch()

    async def test(peer):
        await peer.wait_for(FolderChunk, 3)

    chunks = follow(tmp_path, test).of(FolderChunk)
    assert [len(chunk.entries) for chunk in chunks] == [200, 1000, 100]
    assert [chunk.last for chunk in chunks] == [False, False, True]
    assert names(chunks[0].entries)[:3] == [b"0.jpg", b"1.jpg", b"2.jpg"]


@pytest.mark.usefixtures("told_or_polled")
def test_a_new_file_is_reported_once_it_is_written(tmp_path):
    async def test(peer):
        await peer.wait_for(FolderChunk)
        (tmp_path / ".new.rvpart").write_bytes(b"whole")
        (tmp_path / ".new.rvpart").rename(tmp_path / "new.jpg")
        await peer.wait_for(FolderDelta)

    delta = follow(tmp_path, test).of(FolderDelta)[0]
    assert (delta.listing_id, delta.number) == (7, 1)
    assert [(entry.name, entry.size_bytes) for entry in delta.added] == [(b"new.jpg", 5)]


@pytest.mark.usefixtures("told_or_polled")
def test_a_changed_file_is_reported_with_its_new_size(tmp_path):
    (tmp_path / "a.jpg").write_bytes(b"1")

    async def test(peer):
        await peer.wait_for(FolderChunk)
        (tmp_path / "a.jpg").write_bytes(b"1234")
        await peer.wait_for(FolderDelta)

    delta = follow(tmp_path, test).of(FolderDelta)[-1]
    assert [(entry.name, entry.size_bytes) for entry in delta.changed] == [(b"a.jpg", 4)]


@pytest.mark.usefixtures("told_or_polled")
def test_a_removed_file_is_reported(tmp_path):
    (tmp_path / "a.jpg").write_bytes(b"1")

    async def test(peer):
        await peer.wait_for(FolderChunk)
        (tmp_path / "a.jpg").unlink()
        await peer.wait_for(FolderDelta)

    assert follow(tmp_path, test).of(FolderDelta)[0].removed == (b"a.jpg",)


def test_a_renamed_file_is_one_gone_and_one_new(tmp_path):
    (tmp_path / "a.jpg").write_bytes(b"1")

    async def test(peer):
        await peer.wait_for(FolderChunk)
        (tmp_path / "a.jpg").rename(tmp_path / "b.jpg")
        await peer.wait_for(FolderDelta)

    delta = follow(tmp_path, test).of(FolderDelta)[0]
    assert (names(delta.added), delta.removed) == ([b"b.jpg"], (b"a.jpg",))


def test_a_file_still_written_to_is_reported_when_it_was_closed(tmp_path):
    async def test(peer):
        await peer.wait_for(FolderChunk)
        with (tmp_path / "slow.jpg").open("wb") as stream:
            stream.write(b"12")
            stream.flush()
            stream.write(b"34")
        await peer.wait_for(FolderDelta)

    patient = Pace(poll_s=30.0, heartbeat_s=30.0, settle_s=30.0)
    (delta,) = follow(tmp_path, test, patient).of(FolderDelta)
    assert [(entry.name, entry.size_bytes) for entry in delta.added] == [(b"slow.jpg", 4)]


@pytest.mark.usefixtures("told_or_polled")
def test_a_folder_that_vanishes_is_gone_and_its_return_is_noticed(tmp_path):
    folder = tmp_path / "drive"
    folder.mkdir()
    (folder / "a.jpg").write_bytes(b"1")

    async def test(peer):
        await peer.wait_for(FolderChunk)
        folder.rename(tmp_path / "elsewhere")
        await peer.wait_for(FolderDelta)
        folder.mkdir()
        (folder / "b.jpg").write_bytes(b"1")
        await peer.wait_for(FolderDelta, 2)

    gone, back = follow(folder, test).of(FolderDelta)[:2]
    assert gone.gone
    assert (names(back.added), back.gone) == ([b"b.jpg"], False)


def test_changes_in_another_folder_put_in_place_are_followed(tmp_path):
    folder, other = tmp_path / "photos", tmp_path / "other"
    folder.mkdir()
    other.mkdir()
    (folder / "a.jpg").write_bytes(b"1")

    async def test(peer):
        await peer.wait_for(FolderChunk)
        folder.rename(tmp_path / "before")
        other.rename(folder)
        await peer.wait_for(FolderDelta)
        (folder / "later.jpg").write_bytes(b"1")
        await peer.wait_for(FolderDelta, 2)

    first, second = follow(folder, test).of(FolderDelta)[:2]
    assert first.gone or first.removed == (b"a.jpg",)
    assert names(second.added) == [b"later.jpg"]


def test_sizes_of_a_large_folder_follow_when_all_its_names_are_known(tmp_path):
    for number in range(1300):
        (tmp_path / f"{number}.jpg").write_bytes(b"123")

    async def test(peer):
        await peer.wait_for(FolderDelta, 2)

    peer = follow(tmp_path, test)
    chunks, deltas = peer.of(FolderChunk), peer.of(FolderDelta)
    assert {entry.size_bytes for entry in chunks[0].entries} == {3}
    assert {entry.size_bytes for entry in chunks[1].entries} == {-1}
    changed = [entry for delta in deltas for entry in delta.changed]
    assert [entry.name for entry in changed] == [b"%d.jpg" % number for number in range(200, 1300)]
    assert {entry.size_bytes for entry in changed} == {3}


def test_a_drive_that_does_not_answer_is_offline_until_it_does(tmp_path, monkeypatch):
    (tmp_path / "a.jpg").write_bytes(b"1")
    awake, real = threading.Event(), scan.mark_folder

    async def test(peer):
        await peer.wait_for(FolderChunk)
        monkeypatch.setattr(scan, "mark_folder", lambda path: awake.wait(10) and real(path))
        await peer.wait_for(FolderDelta)
        awake.set()
        await peer.wait_for(FolderDelta, 2)

    offline, back = follow(tmp_path, test, FAST._replace(patience_s=0.05)).of(FolderDelta)[:2]
    assert (offline.offline, offline.removed) == (True, ())
    assert (back.offline, back.gone) == (False, False)


def test_a_drive_that_sleeps_when_it_is_opened_is_offline_before_it_has_photos(
    tmp_path, monkeypatch
):
    (tmp_path / "a.jpg").write_bytes(b"1")
    awake, real = threading.Event(), os.scandir
    monkeypatch.setattr(os, "scandir", lambda path: awake.wait(10) and real(path))

    async def test(peer):
        await peer.wait_for(FolderDelta)
        awake.set()
        await peer.wait_for(FolderChunk)

    peer = follow(tmp_path, test, FAST._replace(patience_s=0.05))
    assert peer.of(FolderDelta)[0].offline
    assert names(peer.of(FolderChunk)[0].entries) == [b"a.jpg"]


def test_a_folder_whose_drive_reports_errors_is_offline_and_keeps_its_photos(tmp_path, monkeypatch):
    (tmp_path / "a.jpg").write_bytes(b"1")

    def failing(path):
        raise OSError(errno.EIO, "Input/output error", path)

    async def test(peer):
        await peer.wait_for(FolderChunk)
        monkeypatch.setattr(scan, "mark_folder", failing)
        await peer.wait_for(FolderDelta)

    delta = follow(tmp_path, test).of(FolderDelta)[0]
    assert (delta.offline, delta.gone, delta.removed) == (True, False, ())


def test_subfolders_are_listed_and_followed(tmp_path):
    (tmp_path / "day 1").mkdir()
    (tmp_path / "day 1" / "a.jpg").write_bytes(b"1")

    async def test(peer):
        await peer.wait_for(FolderChunk, 2)
        (tmp_path / "day 1" / "b.jpg").write_bytes(b"12")
        await peer.wait_for(FolderDelta)

    peer = follow(tmp_path, test, recursive=True)
    assert names(peer.of(FolderChunk)[0].entries) == [b"day 1/a.jpg"]
    assert names(peer.of(FolderDelta)[0].added) == [b"day 1/b.jpg"]


def test_a_folder_that_is_moved_into_a_tree_brings_its_photos(tmp_path):
    tree, other = tmp_path / "tree", tmp_path / "other"
    tree.mkdir()
    other.mkdir()
    (other / "a.jpg").write_bytes(b"1")

    async def test(peer):
        await peer.wait_for(FolderChunk)
        other.rename(tree / "other")
        await peer.wait_for(FolderDelta)

    delta = follow(tree, test, recursive=True).of(FolderDelta)[0]
    assert names(delta.added) == [b"other/a.jpg"]


def test_a_raw_file_that_comes_later_joins_its_jpeg(tmp_path):
    (tmp_path / "a.jpg").write_bytes(b"1")

    async def test(peer):
        await peer.wait_for(FolderChunk)
        (tmp_path / "a.CR3").write_bytes(b"raw")
        await peer.wait_for(FolderDelta)

    delta = follow(tmp_path, test, pairs=True).of(FolderDelta)[0]
    assert (delta.added, delta.removed) == ((), ())
    assert [(entry.name, entry.partner) for entry in delta.changed] == [(b"a.jpg", b".CR3")]


def test_a_jpeg_that_goes_leaves_its_raw_file_alone(tmp_path):
    (tmp_path / "a.jpg").write_bytes(b"1")
    (tmp_path / "a.CR3").write_bytes(b"raw")

    async def test(peer):
        await peer.wait_for(FolderChunk)
        (tmp_path / "a.jpg").unlink()
        await peer.wait_for(FolderDelta)

    delta = follow(tmp_path, test, pairs=True).of(FolderDelta)[0]
    assert (names(delta.added), delta.removed) == ([b"a.CR3"], (b"a.jpg",))


def test_those_who_listen_hear_of_photos_by_their_ids_and_of_sidecars(tmp_path):
    (tmp_path / "a.jpg").write_bytes(b"1")
    (tmp_path / "b.jpg").write_bytes(b"1")
    heard, news = [], asyncio.Event()

    async def main():
        threads = FileThreads()
        request = FolderOpen(path=WirePath.of(tmp_path), listing_id=7)
        listing = Listing(FakePeer(), request, threads, FAST)
        listing.on_change.append(lambda *ids: (heard.append(tuple(map(list, ids))), news.set()))
        task = asyncio.create_task(listing.run())
        async with asyncio.timeout(10):
            await news.wait()
            news.clear()
            (tmp_path / "b.jpg.xmp").write_bytes(b"<x/>")
            await news.wait()
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        threads.close()
        return listing

    listing = asyncio.run(main())
    assert heard[:2] == [([0, 1], [], []), ([], [1], [])]
    assert listing.path == os.fsencode(tmp_path) + b"/"


def test_a_missing_folder_is_refused_in_words(tmp_path):
    async def main():
        threads = FileThreads()
        request = FolderOpen(path=WirePath.of(tmp_path / "none"), listing_id=1)
        await Listing(FakePeer(), request, threads, FAST).run()

    with pytest.raises(RabbitError) as caught:
        asyncio.run(main())
    assert caught.value.info.kind is ErrorKind.NOT_FOUND


def test_a_name_that_is_not_utf8_is_listed_and_followed(tmp_path):
    folder = os.fsencode(tmp_path)

    async def test(peer):
        await peer.wait_for(FolderChunk)
        os.close(os.open(folder + b"/caf\xe9.jpg", os.O_CREAT | os.O_WRONLY))
        await peer.wait_for(FolderDelta)

    assert names(follow(tmp_path, test).of(FolderDelta)[0].added) == [b"caf\xe9.jpg"]
