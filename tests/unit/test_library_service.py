import asyncio
import gc
import os
from pathlib import Path

import msgspec
import pytest

from daemon.library.service import LibraryService
from daemon.library.watch import Pace
from daemon.protocol.endpoint import resolve_folders
from daemon.protocol.errors import ErrorKind, RabbitError
from daemon.protocol.messages import (
    CancelRequests,
    Failed,
    FolderChunk,
    FolderClose,
    FolderOpen,
    MonitorProfile,
    PhotoInfoRequest,
    PreviewRequest,
    SubfoldersRequest,
    SurfaceMapped,
    SurfaceReady,
    ThumbnailReady,
    ThumbnailRequest,
    WirePath,
)
from daemon.render import Priority
from daemon.settings import SettingsStore
from daemon.tasks import Kept, MakePreview, MakeThumbnail, PhotoInfoRead, PixelsMade, ShowCached
from tests.fakes.peer import FakePeer
from tests.fakes.render import FakeRender

LONG_AGO = 1_500_000_000
PROFILE = bytes(16) + b"RGB XYZ " + bytes(12) + b"acsp" + bytes(92)
SMALL = PixelsMade(width_px=2, height_px=1, source_width_px=6000, source_height_px=3000)
NO_EMBEDDED = RabbitError(ErrorKind.NOT_FOUND, "No preview inside.")


def looker(task):
    """A worker: embedded thumbnails are 1s, real ones 2s, cached ones 3s."""
    match task:
        case MakeThumbnail(embedded_only=True):
            return SMALL, b"1" * 8
        case MakeThumbnail():
            return SMALL, b"2" * 8
        case ShowCached():
            return where_asked(task, b"3" * 8)
        case MakePreview(embedded_only=True):
            return NO_EMBEDDED
        case MakePreview():
            return where_asked(task, b"4" * 8)


def where_asked(task, pixels):
    if not task.surface_path:
        return SMALL, pixels
    return msgspec.structs.replace(SMALL, surface_path=task.surface_path), b""


@pytest.fixture
def photo(tmp_path):
    path = tmp_path / "photo.jpg"
    path.write_bytes(b"photo")
    os.utime(path, (LONG_AGO, LONG_AGO))
    return path


def serve(test, run=looker):
    """Run *test(service, peer, render)* and return its peer."""

    async def main():
        folders = resolve_folders()
        render, peer = FakeRender(run), FakePeer()
        service = LibraryService(
            render, lambda _message, _blob=b"": None, folders, SettingsStore(folders), pace=Pace()
        )
        try:
            await test(service, peer, render)
        finally:
            await service.close()
        return peer

    return asyncio.run(main())


def thumbnail(path, request_id=1, **values):
    return ThumbnailRequest(path=WirePath.of(path), size_px=512, request_id=request_id, **values)


def preview(path, width=1920, height=1200, request_id=1, **values):
    return PreviewRequest(
        path=WirePath.of(path),
        max_width_px=width,
        max_height_px=height,
        request_id=request_id,
        **values,
    )


def test_a_thumbnail_comes_embedded_first_then_real(photo):
    async def test(service, peer, _render):
        await service.thumbnail(peer, thumbnail(photo, 9))
        await peer.wait_for(ThumbnailReady, 2)

    peer = serve(test)
    assert [(ready.stage, blob) for ready, blob in peer.sent] == [
        ("embedded", b"1" * 8),
        ("final", b"2" * 8),
    ]
    last = peer.of(ThumbnailReady)[1]
    assert (last.request_id, last.path) == (9, os.fsencode(photo))
    assert (last.width_px, last.source_width_px) == (2, 6000)


def test_a_thumbnail_asked_for_again_comes_from_the_cache_with_the_photos_size(photo):
    async def test(service, peer, _render):
        await service.thumbnail(peer, thumbnail(photo, 1))
        await peer.wait_for(ThumbnailReady, 2)
        await service.settled()
        await service.thumbnail(peer, thumbnail(photo, 2))
        await peer.wait_for(ThumbnailReady, 3)

    ready, blob = serve(test).sent[2]
    assert (ready.stage, ready.source_width_px, blob) == ("final", 6000, b"3" * 8)


def test_a_photo_that_changed_is_not_taken_from_the_cache(photo):
    async def test(service, peer, _render):
        await service.thumbnail(peer, thumbnail(photo, 1))
        await peer.wait_for(ThumbnailReady, 2)
        os.utime(photo, (LONG_AGO + 5, LONG_AGO + 5))
        await service.thumbnail(peer, thumbnail(photo, 2))
        await peer.wait_for(ThumbnailReady, 4)

    assert serve(test).sent[3][1] == b"2" * 8


def test_a_file_just_written_is_shown_but_not_cached(photo):
    os.utime(photo)

    async def test(service, peer, _render):
        await service.thumbnail(peer, thumbnail(photo, 1))
        await peer.wait_for(ThumbnailReady, 2)
        await service.settled()
        await service.thumbnail(peer, thumbnail(photo, 2))
        await peer.wait_for(ThumbnailReady, 4)

    assert [blob for _, blob in serve(test).sent][1::2] == [b"2" * 8, b"2" * 8]


def test_a_cached_thumbnail_that_is_damaged_is_made_again(photo):
    def run(task):
        damaged = RabbitError(ErrorKind.UNREADABLE, "Damaged.")
        return damaged if isinstance(task, ShowCached) else looker(task)

    async def test(service, peer, _render):
        await service.thumbnail(peer, thumbnail(photo, 1))
        await peer.wait_for(ThumbnailReady, 2)
        await service.settled()
        await service.thumbnail(peer, thumbnail(photo, 2))
        await peer.wait_for(ThumbnailReady, 4)

    assert serve(test, run).sent[3][1] == b"2" * 8


@pytest.mark.parametrize(
    ("name", "priority"), [("visible", Priority.VISIBLE), ("near", Priority.NEAR)]
)
def test_the_request_says_how_urgent_it_is(photo, name, priority):
    async def test(service, peer, render):
        await service.thumbnail(peer, thumbnail(photo, priority=name))
        await peer.wait_for(ThumbnailReady, 2)
        assert {running.priority for running in render.submitted} == {priority}

    serve(test)


def test_background_work_skips_the_embedded_stage(photo):
    async def test(service, peer, _render):
        await service.thumbnail(peer, thumbnail(photo, priority="background"))
        await peer.wait_for(ThumbnailReady)

    assert [ready.stage for ready in serve(test).of(ThumbnailReady)] == ["final"]


def test_a_photo_without_a_preview_inside_is_told_to_have_none(photo):
    def run(task):
        return NO_EMBEDDED if getattr(task, "embedded_only", False) else looker(task)

    async def test(service, peer, _render):
        await service.thumbnail(peer, thumbnail(photo))
        await peer.wait_for(ThumbnailReady, 2)

    answers = [(ready.stage, blob) for ready, blob in serve(test, run).sent]
    assert answers == [("none", b""), ("final", b"2" * 8)]


def test_a_broken_photo_fails_with_its_reason(photo):
    def run(task):
        return (
            NO_EMBEDDED if task.embedded_only else RabbitError(ErrorKind.UNREADABLE, "Cut short.")
        )

    async def test(service, peer, _render):
        await service.thumbnail(peer, thumbnail(photo, 4))
        await peer.wait_for(Failed)

    (failed,) = serve(test, run).of(Failed)
    assert (failed.request_id, failed.error.kind) == (4, ErrorKind.UNREADABLE)


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/nowhere/a.jpg", ErrorKind.NOT_FOUND),
        ("a.jpg", ErrorKind.INVALID_REQUEST),
        ("/", ErrorKind.NOT_A_PHOTO),
    ],
)
def test_what_is_no_file_fails_before_any_worker_is_asked(path, kind):
    async def test(service, peer, render):
        await service.thumbnail(peer, thumbnail(path))
        await peer.wait_for(Failed)
        assert render.submitted == []

    assert serve(test).of(Failed)[0].error.kind is kind


def test_a_cancelled_request_frees_its_work_and_is_not_answered(photo):
    async def test(service, peer, render):
        await service.thumbnail(peer, thumbnail(photo, 5))
        running = await render.first()
        await service.cancel_requests(peer, CancelRequests(request_ids=(5, 99)))
        await asyncio.wait([running.outcome], timeout=5)
        assert running.outcome.cancelled()

    assert serve(test, lambda _task: None).sent == []


def test_the_same_request_id_of_two_clients_is_two_requests(photo):
    async def test(service, peer, render):
        other = FakePeer()
        await service.thumbnail(peer, thumbnail(photo, 5))
        await service.thumbnail(other, thumbnail(photo, 5))
        await service.cancel_requests(other, CancelRequests(request_ids=(5,)))
        await peer.wait_for(ThumbnailReady, 2)
        assert other.sent == []

    serve(test)


def test_a_client_that_leaves_takes_its_work_along(photo):
    async def test(service, peer, render):
        await service.thumbnail(peer, thumbnail(photo, 5))
        running = await render.first()
        service.peer_closed(peer)
        await asyncio.wait([running.outcome], timeout=5)
        assert running.outcome.cancelled()

    assert serve(test, lambda _task: None).sent == []


def test_a_large_preview_is_a_surface_that_goes_when_it_was_mapped(photo):
    async def test(service, peer, _render):
        await service.preview(peer, preview(photo))
        (ready,) = await peer.wait_for(SurfaceReady)
        assert os.path.exists(ready.surface_path)
        await service.surface_mapped(peer, SurfaceMapped(surface_id=ready.surface_id))
        assert not os.path.exists(ready.surface_path)

    (ready,) = serve(test).of(SurfaceReady)
    assert (ready.quality, ready.stride_bytes, ready.source_width_px) == ("screen", 8, 6000)


def test_a_large_preview_comes_inline_where_the_cache_has_no_room(photo, home):
    def full_disk(task):
        return NO_EMBEDDED if task.embedded_only else (SMALL, b"4" * 8)

    async def test(service, peer, _render):
        await service.preview(peer, preview(photo))
        await peer.wait_for(SurfaceReady)
        ((ready, pixels),) = peer.sent
        assert (ready.surface_path, ready.surface_id, pixels) == (b"", 0, b"4" * 8)
        assert list((home / "cache" / "surfaces").iterdir()) == []

    serve(test, full_disk)


def test_a_small_preview_comes_inline(photo):
    async def test(service, peer, _render):
        await service.preview(peer, preview(photo, 640, 400))
        await peer.wait_for(SurfaceReady)

    ((ready, blob),) = serve(test).sent
    assert (ready.surface_path, ready.surface_id, blob) == (b"", 0, b"4" * 8)


def test_the_embedded_preview_comes_before_the_pixels(photo):
    gate = []

    def run(task):
        if isinstance(task, MakePreview) and not task.embedded_only:
            return None
        gate.append(task)
        return SMALL, b"e" * 8

    async def test(service, peer, render):
        await service.preview(peer, preview(photo, 640, 400))
        await peer.wait_for(SurfaceReady)
        held = next(running for running in render.submitted if not running.task.embedded_only)
        held.outcome.set_result((SMALL, b"f" * 8))
        await peer.wait_for(SurfaceReady, 2)

    peer = serve(test, run)
    assert [ready.quality for ready in peer.of(SurfaceReady)] == ["embedded", "screen"]


def test_neighbours_are_made_without_their_embedded_stage(photo):
    async def test(service, peer, render):
        await service.preview(peer, preview(photo, priority="near"))
        await peer.wait_for(SurfaceReady)
        assert [running.task.embedded_only for running in render.submitted] == [False]

    serve(test)


def test_a_photo_seen_before_comes_at_once_from_the_cache(photo):
    async def test(service, peer, render):
        await service.preview(peer, preview(photo, priority="near"))
        await peer.wait_for(SurfaceReady)
        await service.settled()
        await service.preview(peer, preview(photo, 1600, 900, 2))
        await peer.wait_for(SurfaceReady, 2)
        assert [type(running.task) for running in render.submitted] == [MakePreview, ShowCached]

    assert serve(test).of(SurfaceReady)[1].quality == "screen"


def test_a_larger_box_than_the_kept_one_is_decoded_again(photo):
    async def test(service, peer, render):
        await service.preview(peer, preview(photo, priority="near"))
        await peer.wait_for(SurfaceReady)
        await service.settled()
        await service.preview(peer, preview(photo, 2560, 1440, 2, priority="near"))
        await peer.wait_for(SurfaceReady, 2)
        assert type(render.submitted[-1].task) is MakePreview

    serve(test)


def test_a_kept_thumbnail_stands_in_for_the_embedded_preview(photo):
    def run(task):
        if isinstance(task, MakePreview):
            return None
        return looker(task)

    async def test(service, peer, _render):
        await service.thumbnail(peer, thumbnail(photo, 1))
        await peer.wait_for(ThumbnailReady, 2)
        await service.settled()
        await service.preview(peer, preview(photo, 640, 400, 2))
        await peer.wait_for(SurfaceReady)

    peer = serve(test, run)
    assert (peer.of(SurfaceReady)[0].quality, peer.sent[-1][1]) == ("embedded", b"3" * 8)


def test_nothing_of_full_pixels_is_kept_but_they_come_with_levels(photo):
    async def test(service, peer, render):
        await service.preview(peer, preview(photo, 0, 0))
        await peer.wait_for(SurfaceReady)
        (running,) = render.submitted
        assert (running.task.keep, running.task.levels) == (False, True)

    serve(test)


def test_requests_carry_the_monitors_profile_to_the_workers(photo):
    async def test(service, peer, render):
        known = await service.profiles.monitor_profile(peer, MonitorProfile(icc=PROFILE))
        await service.thumbnail(peer, thumbnail(photo, profile=known.profile))
        await peer.wait_for(ThumbnailReady, 2)
        (path,) = {running.task.profile_path for running in render.submitted}
        assert Path(os.fsdecode(path)).read_bytes() == PROFILE

    serve(test)


def test_an_unknown_profile_counts_as_srgb(photo):
    async def test(service, peer, render):
        await service.thumbnail(peer, thumbnail(photo, profile="../../etc/passwd"))
        await peer.wait_for(ThumbnailReady, 2)
        assert {running.task.profile_path for running in render.submitted} == {b""}

    serve(test)


def test_full_pixels_are_called_full(photo):
    def run(task):
        whole = PixelsMade(width_px=6, height_px=3, source_width_px=6, source_height_px=3)
        return whole, b""

    async def test(service, peer, _render):
        await service.preview(peer, preview(photo, 0, 0))
        await peer.wait_for(SurfaceReady)

    assert serve(test, run).of(SurfaceReady)[0].quality == "full"


def test_a_failed_preview_leaves_no_surface_behind(photo, home):
    async def test(service, peer, _render):
        await service.preview(peer, preview(photo))
        await peer.wait_for(Failed)

    serve(test, lambda _task: NO_EMBEDDED)
    assert list((home / "cache" / "surfaces").iterdir()) == []


def test_half_a_box_is_refused(photo):
    async def test(service, peer, _render):
        await service.preview(peer, preview(photo, 100, 0))
        await peer.wait_for(Failed)

    assert serve(test).of(Failed)[0].error.kind is ErrorKind.INVALID_REQUEST


def test_a_closed_listing_is_followed_no_longer(tmp_path):
    async def test(service, peer, _render):
        await service.folder_open(peer, FolderOpen(path=WirePath.of(tmp_path), listing_id=1))
        await peer.wait_for(FolderChunk)
        await service.folder_close(peer, FolderClose(listing_id=1))
        assert service._running[peer.peer_id, "listing"] == {}

    serve(test)


def test_a_listing_whose_client_leaves_as_the_daemon_ends_ends_in_good_order(tmp_path, caplog):
    async def test(service, peer, _render):
        await service.folder_open(peer, FolderOpen(path=WirePath.of(tmp_path), listing_id=1))
        await peer.wait_for(FolderChunk)
        service.peer_closed(peer)
        await service.close()

    serve(test)
    assert not caplog.records


def test_what_workers_send_for_the_cache_after_the_end_is_dropped(photo):
    trouble = []

    async def test(service, peer, render):
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(lambda _loop, context: trouble.append(context))
        await service.thumbnail(peer, thumbnail(photo))
        await peer.wait_for(ThumbnailReady, 2)
        await service.close()
        render.keep(render.submitted[-1].task, Kept(1, 1920, 960, 6000, 3000), b"jpeg")
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        gc.collect()

    serve(test)
    assert trouble == []


def test_two_clients_may_use_the_same_listing_id(tmp_path):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "a.jpg").touch()

    async def test(service, peer, _render):
        other = FakePeer()
        await service.folder_open(
            peer, FolderOpen(path=WirePath.of(tmp_path / "mine"), listing_id=1)
        )
        await service.folder_open(other, FolderOpen(path=WirePath.of(tmp_path), listing_id=1))
        (mine,) = await peer.wait_for(FolderChunk)
        (theirs,) = await other.wait_for(FolderChunk)
        assert (len(mine.entries), len(theirs.entries)) == (1, 0)

    serve(test)


def test_a_missing_folder_fails_the_request_that_opened_it(tmp_path):
    async def test(service, peer, _render):
        request = FolderOpen(path=WirePath.of(tmp_path / "none"), listing_id=1, request_id=8)
        await service.folder_open(peer, request)
        await peer.wait_for(Failed)

    (failed,) = serve(test).of(Failed)
    assert (failed.request_id, failed.error.kind) == (8, ErrorKind.NOT_FOUND)


def test_subfolders_of_a_missing_folder_fail_in_words(tmp_path):
    async def test(service, peer, _render):
        with pytest.raises(RabbitError, match="does not exist"):
            await service.subfolders(peer, SubfoldersRequest(path=WirePath.of(tmp_path / "none")))

    serve(test)


def test_facts_of_a_photo_carry_its_path(photo):
    found = PhotoInfoRead(
        format="jpeg",
        width_px=6000,
        height_px=4000,
        size_bytes=5,
        bit_depth=8,
        channels=3,
        color_space="srgb",
        icc_description="",
        orientation=1,
        has_alpha=False,
        metadata={"camera": "X"},
    )

    async def test(service, peer, _render):
        info = await service.photo_info(peer, PhotoInfoRequest(path=WirePath.of(photo)))
        assert (info.path, info.format, info.metadata) == (
            os.fsencode(photo),
            "jpeg",
            {"camera": "X"},
        )

    serve(test, lambda _task: (found, b""))
