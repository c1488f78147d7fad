"""Photos under looks for clients: what is asked of the workers, and what is answered."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable
from pathlib import Path
from types import SimpleNamespace

import msgspec
import pytest

from daemon.library.service import LibraryService
from daemon.protocol.endpoint import resolve_folders
from daemon.protocol.errors import ErrorKind, RabbitError
from daemon.protocol.messages import (
    CancelRequests,
    Failed,
    LookPreviewRequest,
    LookThumbnails,
    LookThumbnailsRequest,
    PreviewRequest,
    SurfaceReady,
    ThumbnailRequest,
    WirePath,
)
from daemon.render import Priority
from daemon.settings import SettingsStore
from daemon.tasks import AnyTask, GradesShown, MakePreview, MakeThumbnail, PixelsMade, ShowGrades
from tests.fakes.peer import FakePeer
from tests.fakes.render import FakeRender, Outcome

GRADES = {"a": b"/looks/a.cube", "b": b"/looks/b.cube"}
LONG_AGO = 1_500_000_000


def worker(task: AnyTask) -> Outcome | None:
    """Shows every LUT but those called ``bad``."""
    made = PixelsMade(width_px=2, height_px=1, source_width_px=6000, source_height_px=3000)
    if isinstance(task, MakeThumbnail | MakePreview):
        return made, b"1" * 8
    assert isinstance(task, ShowGrades)
    shown = tuple(i for i, path in enumerate(task.lut_paths) if b"bad" not in path)
    answer = GradesShown(
        width_px=2,
        height_px=1,
        shown=shown,
        source_width_px=6000,
        source_height_px=3000,
        surface_path=task.surface_path,
    )
    return answer, b"" if task.surface_path else b"12345678" * len(shown)


async def lut_of(look_id: str) -> bytes:
    if look_id not in GRADES:
        raise RabbitError(ErrorKind.NOT_FOUND, "There is no such look.")
    return GRADES[look_id]


async def luts_of(look_ids: tuple[str, ...]) -> dict[str, bytes]:
    return {key: GRADES[key] for key in look_ids if key in GRADES}


async def files_of(job_id: str) -> tuple[bytes, bytes]:
    return b"/jobs/%s/grade.cube" % job_id.encode(), b"/jobs/grade.grid"


Story = Callable[[LibraryService, FakePeer, FakeRender], Awaitable[None]]


def serve(story: Story, run: Callable[[AnyTask], Outcome | None] = worker) -> FakePeer:
    async def whole() -> FakePeer:
        folders = resolve_folders()
        render, peer = FakeRender(run), FakePeer()
        service = LibraryService(
            render,
            lambda _message, _blob=b"": None,
            folders,
            SettingsStore(folders),
            grades=SimpleNamespace(lut_of=lut_of, luts_of=luts_of, files_of=files_of),
        )
        try:
            await story(service, peer, render)
        finally:
            await service.close()
        return peer

    return asyncio.run(whole())


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    path = tmp_path / "photo.jpg"
    path.write_bytes(b"photo")
    os.utime(path, (LONG_AGO, LONG_AGO))
    return path


def thumbnails(path: Path, *look_ids: str, **wanted: object) -> LookThumbnailsRequest:
    request = LookThumbnailsRequest(
        path=WirePath.of(path), long_edge_px=160, look_ids=look_ids, request_id=5
    )
    return msgspec.structs.replace(request, **wanted)


def preview(path: Path, **wanted: object) -> LookPreviewRequest:
    request = LookPreviewRequest(
        path=WirePath.of(path), max_width_px=900, max_height_px=600, request_id=6
    )
    return msgspec.structs.replace(request, **wanted)


def test_looks_come_in_one_answer_without_those_that_vanished(photo: Path) -> None:
    async def story(service: LibraryService, peer: FakePeer, render: FakeRender) -> None:
        await service.look_thumbnails(peer, thumbnails(photo, "b", "gone", "a", "b"))
        await peer.wait_for(LookThumbnails)
        (asked,) = render.submitted
        assert asked.priority is Priority.VISIBLE
        assert asked.task.lut_paths == (GRADES["b"], GRADES["a"])

    ((answer, blob),) = serve(story).sent
    assert (answer.request_id, answer.look_ids, len(blob)) == (5, ("b", "a"), 16)


def test_a_look_that_the_worker_could_not_read_is_left_out(photo: Path) -> None:
    async def story(service: LibraryService, peer: FakePeer, render: FakeRender) -> None:
        del render
        await service.look_thumbnails(peer, thumbnails(photo, "a", "bad"))
        await peer.wait_for(LookThumbnails)

    GRADES["bad"] = b"/looks/bad.cube"
    try:
        (answer,) = serve(story).of(LookThumbnails)
    finally:
        del GRADES["bad"]
    assert answer.look_ids == ("a",)


def test_a_preview_of_a_job_has_what_varies_over_the_photo(photo: Path) -> None:
    async def story(service: LibraryService, peer: FakePeer, render: FakeRender) -> None:
        wanted = preview(photo, job_id="j", strength=0.5, channels="luma")
        await service.look_preview(peer, wanted)
        await peer.wait_for(SurfaceReady)
        task = render.submitted[0].task
        assert (task.lut_paths, task.grid_path) == ((b"/jobs/j/grade.cube",), b"/jobs/grade.grid")
        assert (task.strength, task.channels, task.surface_path) == (0.5, "luma", b"")

    (answer,) = serve(story).of(SurfaceReady)
    assert (answer.request_id, answer.quality, answer.source_width_px) == (6, "screen", 6000)


def test_a_large_preview_comes_as_a_surface_that_goes_with_its_client(photo: Path) -> None:
    async def story(service: LibraryService, peer: FakePeer, render: FakeRender) -> None:
        del render
        await service.look_preview(
            peer, preview(photo, look_id="a", max_width_px=1800, max_height_px=1200)
        )
        (answer,) = await peer.wait_for(SurfaceReady)
        assert isinstance(answer, SurfaceReady)
        assert answer.surface_id
        assert os.path.exists(answer.surface_path)
        service.peer_closed(peer)
        assert not os.path.exists(answer.surface_path)

    serve(story)


@pytest.mark.parametrize(
    ("wanted", "words"),
    [
        ({}, "name a look or a finished job"),
        ({"look_id": "a", "job_id": "j"}, "name a look or a finished job"),
        ({"look_id": "a", "strength": 1.6}, "strength 1.6"),
        ({"look_id": "a", "strength": float("nan")}, "strength nan"),
        ({"look_id": "a", "channels": "red"}, "channels 'red'"),
        ({"look_id": "a", "max_width_px": 0}, "0 x 600"),
        ({"look_id": "a", "max_width_px": 60_000}, "more than a screen has"),
        ({"look_id": "gone"}, "no such look"),
    ],
)
def test_a_preview_that_cannot_be_is_refused_in_a_sentence(
    photo: Path, wanted: dict[str, object], words: str
) -> None:
    async def story(service: LibraryService, peer: FakePeer, render: FakeRender) -> None:
        await service.look_preview(peer, preview(photo, **wanted))
        await peer.wait_for(Failed)
        assert render.submitted == []

    (failed,) = serve(story).of(Failed)
    assert words in failed.error.message
    assert failed.request_id == 6


@pytest.mark.parametrize(
    "wanted", [{"long_edge_px": 0}, {"long_edge_px": 513}, {"look_ids": ("a",) * 401}]
)
def test_too_much_at_once_is_refused(photo: Path, wanted: dict[str, object]) -> None:
    async def story(service: LibraryService, peer: FakePeer, render: FakeRender) -> None:
        await service.look_thumbnails(peer, thumbnails(photo, "a", **wanted))
        await peer.wait_for(Failed)
        assert render.submitted == []

    serve(story)


def test_a_damaged_look_is_told_where_it_is_the_only_one(photo: Path) -> None:
    async def story(service: LibraryService, peer: FakePeer, render: FakeRender) -> None:
        del render
        await service.look_preview(peer, preview(photo, job_id="bad"))
        await peer.wait_for(Failed)

    (failed,) = serve(story).of(Failed)
    assert (failed.error.kind, failed.error.message) == (
        ErrorKind.UNREADABLE,
        "The LUT of this grade is damaged.",
    )


def test_a_request_that_is_no_longer_wanted_frees_its_worker(photo: Path) -> None:
    async def story(service: LibraryService, peer: FakePeer, render: FakeRender) -> None:
        await service.look_preview(peer, preview(photo, look_id="a"))
        running = await render.first()
        await service.cancel_requests(peer, CancelRequests(request_ids=(6,)))
        with pytest.raises(asyncio.CancelledError):
            await running.outcome
        assert peer.sent == []

    serve(story, lambda _: None)


def test_the_kept_pictures_are_handed_to_the_worker(photo: Path) -> None:
    async def story(service: LibraryService, peer: FakePeer, render: FakeRender) -> None:
        path = WirePath.of(photo)
        await service.preview(
            peer, PreviewRequest(path=path, max_width_px=1920, max_height_px=1200, request_id=1)
        )
        await service.thumbnail(peer, ThumbnailRequest(path=path, size_px=512, request_id=2))
        await peer.wait_for(SurfaceReady)
        await service.settled()
        await service.look_thumbnails(peer, thumbnails(photo, "a"))
        await peer.wait_for(LookThumbnails)
        task = render.submitted[-1].task
        assert isinstance(task, ShowGrades)
        assert task.kept is not None
        assert task.kept.max_width_px == 160

    serve(story)
