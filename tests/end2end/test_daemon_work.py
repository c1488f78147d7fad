"""The real daemon at work: a grade asked for by a script, thumbnails, two clients at once."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import msgspec
import pytest
from PIL import Image

from daemon.protocol.endpoint import resolve_folders
from daemon.protocol.errors import ErrorKind
from daemon.protocol.framing import Frame, pack
from daemon.protocol.messages import (
    PROTOCOL_VERSION,
    AiEditAccepted,
    AiEditCancelled,
    AiEditComplete,
    AiEditFailed,
    AiEditProgress,
    AiEditRequest,
    CancelRequests,
    DaemonStatus,
    Done,
    Failed,
    JobCancel,
    StatusRequest,
    ThumbnailReady,
    ThumbnailRequest,
    TraceEvent,
    Welcome,
    WirePath,
)
from tests.fakes.client import Client, connected
from tests.fakes.daemon_process import HELLO, with_daemon

pytestmark = pytest.mark.slow


def gradient(path: Path, width_px: int = 240, height_px: int = 160) -> Path:
    """Write a photo with every hue in it."""
    red = Image.linear_gradient("L").resize((width_px, height_px))
    green = red.rotate(180)
    blue = Image.radial_gradient("L").resize((width_px, height_px))
    Image.merge("RGB", (red, green, blue)).save(path, quality=92)
    return path


def test_the_four_keys_of_a_script_give_a_graded_photo(tmp_path: Path) -> None:
    photo = gradient(tmp_path / "photo.jpg")
    before = photo.read_bytes()
    request = {
        "command": "ai_edit_request",
        "path": str(photo),
        "prompt": "warm cinematic, teal shadows",
        "workflow": "kontext_color_grade",
    }

    async def story(client: Client) -> None:
        await client.send_bytes(pack(Frame(msgspec.msgpack.encode(request))))
        accepted = await client.next(AiEditAccepted)
        percentages: list[float] = []
        while not isinstance(message := await client.receive(), AiEditComplete):
            assert not isinstance(message, AiEditFailed), message
            if isinstance(message, AiEditProgress):
                percentages.append(message.progress_pct)
        assert message.job_id == accepted.job_id
        assert message.path == os.fsencode(photo)
        assert percentages == sorted(percentages)
        assert percentages[0] >= 0
        assert percentages[-1] <= 100
        with Image.open(os.fsdecode(message.result_path)) as result:
            assert (result.format, result.size) == ("JPEG", (240, 160))

    with_daemon(story)
    assert photo.read_bytes() == before
    assert sorted(file.name for file in tmp_path.iterdir()) == [
        "photo.jpg",
        "photo_color_grade.jpg",
    ]


def test_of_two_grades_from_two_clients_one_is_cancelled_and_the_other_finishes(
    tmp_path: Path,
) -> None:
    first, second = gradient(tmp_path / "first.jpg"), gradient(tmp_path / "second.jpg")

    async def story(one: Client) -> None:
        async with connected(resolve_folders().socket) as other:
            kept = await one.ask(
                AiEditRequest(path=WirePath.of(first), prompt="warm"), AiEditAccepted
            )
            dropped = await other.ask(
                AiEditRequest(path=WirePath.of(second), prompt="cold"), AiEditAccepted
            )
            await other.send(JobCancel(job_id=dropped.job_id, request_id=5))
            assert (await other.next(AiEditCancelled)).job_id == dropped.job_id
            assert (await one.next(AiEditComplete)).job_id == kept.job_id

    with_daemon(story)
    assert (tmp_path / "first_color_grade.jpg").exists()
    assert not (tmp_path / "second_color_grade.jpg").exists()


def test_a_tracing_client_sees_the_stages_of_a_job(tmp_path: Path) -> None:
    photo = gradient(tmp_path / "photo.png")

    async def story(client: Client) -> None:
        hello = msgspec.structs.replace(HELLO, trace=True)
        await client.ask(hello, Welcome)
        await client.send(AiEditRequest(path=WirePath.of(photo), prompt="warm"))
        stages: list[str | float] = []
        times: list[float] = []
        while not isinstance(message := await client.receive(), AiEditComplete):
            if isinstance(message, TraceEvent) and message.name == "job_stage":
                stages.append(message.args["stage"])
                times.append(message.ts_us)
        assert stages == ["prepare", "upload", "queued", "run", "fetch", "fit", "apply", "save"]
        assert times == sorted(times)

    with_daemon(story)


def loaded_libraries(pid: int) -> set[str]:
    """Return which packages of pixel libraries have code mapped into process *pid*."""
    maps = Path(f"/proc/{pid}/maps").read_text("utf-8", "replace")
    packages = {"numpy", "scipy", "PIL", "imagecodecs", "simplejpeg", "tifffile", "PyOpenColorIO"}
    return {name for name in packages if f"/site-packages/{name}" in maps}


def children(pid: int) -> list[int]:
    return [int(each) for each in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def test_a_hundred_thumbnails_bring_no_pixel_library_into_the_daemon(tmp_path: Path) -> None:
    photos = [gradient(tmp_path / f"{number}.jpg") for number in range(100)]

    async def story(client: Client) -> None:
        welcome = await client.ask(HELLO, Welcome)
        for number, photo in enumerate(photos, 1):
            await client.send(
                ThumbnailRequest(path=WirePath.of(photo), size_px=128, request_id=number)
            )
        arrived: set[int] = set()
        while len(arrived) < len(photos):
            ready = await client.next(ThumbnailReady)
            if ready.stage == "final":
                arrived.add(ready.request_id)
                assert len(client.blob) == 4 * ready.width_px * ready.height_px
        assert loaded_libraries(welcome.daemon_pid) == set()
        assert any("numpy" in loaded_libraries(pid) for pid in children(welcome.daemon_pid))

    with_daemon(story)


def test_thumbnails_that_are_no_longer_wanted_stop_waiting(tmp_path: Path) -> None:
    photos = [gradient(tmp_path / f"{number}.jpg", 1200, 800) for number in range(60)]

    async def story(client: Client) -> None:
        for number, photo in enumerate(photos, 1):
            await client.send(
                ThumbnailRequest(path=WirePath.of(photo), size_px=512, request_id=number)
            )
        await client.send(CancelRequests(request_ids=tuple(range(1, 61))))
        status = await client.ask(StatusRequest(), DaemonStatus)
        async with asyncio.timeout(30):
            while status.tasks_waiting:
                status = await client.ask(StatusRequest(), DaemonStatus)

    with_daemon(story)


def test_a_file_that_is_no_photo_is_refused_with_a_sentence(tmp_path: Path) -> None:
    text = tmp_path / "text.jpg"
    text.write_text("this is text")

    async def story(client: Client) -> None:
        request = ThumbnailRequest(path=WirePath.of(text), size_px=128, request_id=8)
        failed = await client.ask(request, Failed)
        assert failed.request_id == 8
        assert failed.error.kind in {ErrorKind.NOT_A_PHOTO, ErrorKind.UNREADABLE}
        assert "text.jpg" in failed.error.message

    with_daemon(story)


def test_a_script_needs_no_hello() -> None:
    async def story(client: Client) -> None:
        assert (await client.ask(StatusRequest(), DaemonStatus)).clients == 1

    with_daemon(story)


def test_a_client_of_another_version_is_welcomed_all_the_same() -> None:
    async def story(client: Client) -> None:
        hello = msgspec.structs.replace(HELLO, protocol_version=99, build_id="other")
        assert (await client.ask(hello, Welcome)).protocol_version == PROTOCOL_VERSION

    with_daemon(story)


def test_cancelling_a_job_answers_done(tmp_path: Path) -> None:
    photo = gradient(tmp_path / "photo.jpg", 2400, 1600)

    async def story(client: Client) -> None:
        edit = AiEditRequest(path=WirePath.of(photo), prompt="warm")
        accepted = await client.ask(edit, AiEditAccepted)
        await client.send(JobCancel(job_id=accepted.job_id, request_id=9))
        assert await client.next(Done) == Done(request_id=9)

    with_daemon(story)
    assert [file.name for file in tmp_path.iterdir()] == ["photo.jpg"]
