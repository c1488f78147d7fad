"""Jobs that clients ask for: how they end when the disk is full, and asking for many of them."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Awaitable, Callable
from pathlib import Path
from types import SimpleNamespace

import msgspec
import pytest
from PIL import Image

from daemon.comfyui.graph import Workflow
from daemon.comfyui.hosts import HostChoice
from daemon.comfyui.operations import WorkflowLibrary
from daemon.edits.dispatch import JobDispatcher
from daemon.edits.intake import EditIntake
from daemon.edits.job import Job
from daemon.edits.leftovers import Leftovers
from daemon.edits.masks import JobMasks
from daemon.edits.pictures import JobPictures
from daemon.edits.service import EditService
from daemon.edits.sources import EditSources
from daemon.protocol.errors import ErrorKind, RabbitError
from daemon.protocol.messages import (
    AiEditComplete,
    AiEditFailed,
    AiEditRequest,
    JobCancel,
    JobRetry,
    Jobs,
    JobsRequest,
    Message,
    WirePath,
)
from daemon.protocol.values import FitReport
from daemon.render_task import Composite, RenderTask
from daemon.resources import data_folder
from daemon.settings import Settings
from daemon.storage.job_record import JobRecord
from daemon.storage.jobs import JobStore
from tests.fakes.direct import DirectWorkers
from tests.fakes.peer import FakePeer


class FullDiskStore(JobStore):
    """A job list whose disk may be full."""

    full = False
    on_save: Callable[[JobRecord], Awaitable[None]] | None = None

    async def save(self, record: JobRecord) -> None:
        if self.on_save is not None:
            await self.on_save(record)
        if self.full:
            raise RabbitError(ErrorKind.DISK_FULL, "The disk is full.", "Free some space.")
        await super().save(record)


class Studio:
    """An edit service whose grades do what a test says."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.store = FullDiskStore(folder / "jobs.db")
        self.published: list[Message] = []
        self.news = asyncio.Event()
        self.grade: Callable[[Job], Awaitable[None]] = self.succeed
        choice = HostChoice("builtin", "", "builtin_color_grade", ai=False)
        library = WorkflowLibrary(data_folder("comfyui_workflows"), folder / "none")

        async def choose(_: AiEditRequest) -> tuple[HostChoice, Workflow]:
            return choice, library.get("builtin_color_grade")

        self.dispatcher = JobDispatcher(SimpleNamespace())
        self.service = EditService(
            editor=SimpleNamespace(run=lambda job, _: self.grade(job), left_by=lambda _: None),
            dispatcher=self.dispatcher,
            leftovers=Leftovers(SimpleNamespace(), self.store),
            intake=EditIntake(
                sources=EditSources(SimpleNamespace()),
                masks=JobMasks(DirectWorkers()),
                given_pictures=JobPictures(DirectWorkers()),
                chooser=SimpleNamespace(choose=choose),
                settings=SimpleNamespace(current=Settings()),
                looks=SimpleNamespace(),
                work=folder / "work",
                pictures=folder / "pictures",
            ),
            store=self.store,
            render=SimpleNamespace(start=self.start),
            publish=self.publish,
            work=folder / "work",
        )
        (folder / "a.jpg").write_bytes(b"photo")

    def start(self, name: str, run: Callable[[RenderTask], Awaitable[object]]) -> RenderTask:
        return Composite(SimpleNamespace(), name, run)

    def publish(self, message: Message, blob: bytes = b"") -> None:
        self.published.append(message)
        self.news.set()

    async def succeed(self, job: Job) -> None:
        await job.save(result_path=b"/result.jpg")

    async def fill_the_disk(self, job: Job) -> None:
        self.store.full = True
        await job.save(stage="fit")

    async def ask(self, **changes: object) -> str:
        path = WirePath.of(str(self.folder / "a.jpg"))
        request = msgspec.structs.replace(AiEditRequest(path=path, prompt="warm"), **changes)
        return (await self.service.ai_edit(FakePeer(), request)).job_id

    def cancel(self, job_id: str) -> None:
        """Cancel a job as a client does."""
        self.service._tasks[job_id].cancel()  # pyright: ignore[reportPrivateUsage]

    async def ended(self, kind: type[Message], count: int = 1) -> None:
        async with asyncio.timeout(10):
            while sum(isinstance(message, kind) for message in self.published) < count:
                self.news.clear()
                await self.news.wait()

    async def jobs(self, **wanted: object) -> Jobs:
        return await self.service.jobs(FakePeer(), JobsRequest(**wanted))


Story = Callable[[Studio], Awaitable[None]]


def in_studio(folder: Path, story: Story) -> None:
    async def whole() -> None:
        studio = Studio(folder)
        await studio.store.open()
        try:
            await story(studio)
        finally:
            await studio.service.close()
            await studio.store.close()

    asyncio.run(whole())


def test_whoever_waits_is_told_the_end_of_a_job_that_the_disk_does_not_take(tmp_path: Path) -> None:
    async def story(studio: Studio) -> None:
        studio.grade = studio.fill_the_disk
        job_id = await studio.ask()
        await studio.ended(AiEditFailed)
        (listed,) = (await studio.jobs()).jobs
        assert (listed.job_id, listed.state) == (job_id, "failed")
        assert listed.error is not None
        assert listed.error.kind is ErrorKind.DISK_FULL

    in_studio(tmp_path, story)


def test_a_cancellation_while_the_end_is_written_comes_too_late(tmp_path: Path) -> None:
    async def story(studio: Studio) -> None:
        cancelled = asyncio.Event()

        async def cancel_at_the_end(record: JobRecord) -> None:
            if record.state == "done":
                asyncio.get_running_loop().call_soon(studio.cancel, record.job_id)
                asyncio.get_running_loop().call_soon(cancelled.set)
                await cancelled.wait()
                await asyncio.sleep(0)

        studio.store.on_save = cancel_at_the_end
        job_id = await studio.ask()
        await studio.ended(AiEditComplete)
        (job,) = (await studio.jobs(job_ids=(job_id,))).jobs
        assert job.state == "done"

    in_studio(tmp_path, story)


def test_a_job_that_was_cancelled_as_the_daemon_ended_is_not_taken_up_again(
    tmp_path: Path,
) -> None:
    async def story(studio: Studio) -> None:
        begun, may_end = asyncio.Event(), asyncio.Event()

        async def ends_slowly(_: Job) -> None:
            begun.set()
            try:
                await asyncio.Event().wait()
            finally:
                await may_end.wait()

        studio.grade = ends_slowly
        job_id = await studio.ask()
        await begun.wait()
        cancel = studio.service.job_cancel(FakePeer(), JobCancel(job_id=job_id))
        async with asyncio.TaskGroup() as both:
            both.create_task(cancel)
            both.create_task(studio.service.close())
            asyncio.get_running_loop().call_later(0, may_end.set)
        found = await studio.store.get(job_id)
        assert found is not None
        assert found.state == "cancelled"

    in_studio(tmp_path, story)


def test_the_end_of_a_job_is_written_once_there_is_room_again(tmp_path: Path) -> None:
    async def story(studio: Studio) -> None:
        studio.grade = studio.fill_the_disk
        first = await studio.ask()
        await studio.ended(AiEditFailed)
        studio.store.full = False
        studio.grade = studio.succeed
        await studio.ask()
        await studio.ended(AiEditComplete)
        found = await studio.store.get(first)
        assert found is not None
        assert found.state == "failed"

    in_studio(tmp_path, story)


def test_a_list_that_one_message_cannot_hold_is_cut_and_says_so(tmp_path: Path) -> None:
    async def story(studio: Studio) -> None:
        for _ in range(50):
            await studio.ask(prompt="\u96ea" * 19_000)
        await studio.ended(AiEditComplete, 50)
        first = await studio.jobs()
        assert first.more
        assert 0 < len(msgspec.msgpack.encode(first)) < 1 << 20
        rest = await studio.jobs(skip=len(first.jobs), limit=1)
        assert rest.jobs[0].job_id not in {job.job_id for job in first.jobs}

    in_studio(tmp_path, story)


def test_jobs_can_be_asked_for_by_the_beginning_of_their_ids(tmp_path: Path) -> None:
    async def story(studio: Studio) -> None:
        job_id = await studio.ask()
        await studio.ask()
        await studio.ended(AiEditComplete, 2)
        (found,) = (await studio.jobs(job_ids=(job_id[:12], "no such job"))).jobs
        assert found.job_id == job_id
        assert (await studio.jobs(open_only=True)).jobs == ()

    in_studio(tmp_path, story)


def test_a_place_for_the_lut_that_cannot_be_is_refused_before_the_run(tmp_path: Path) -> None:
    async def story(studio: Studio) -> None:
        with pytest.raises(RabbitError, match="a file stands in its place"):
            await studio.ask(cube=WirePath.of(str(tmp_path / "a.jpg" / "look.cube")))
        assert (await studio.jobs()).jobs == ()

    in_studio(tmp_path, story)


def test_a_retry_that_uses_the_lut_of_the_first_try_keeps_its_report(tmp_path: Path) -> None:
    async def story(studio: Studio) -> None:
        report = FitReport(model="lut", explained=0.5)

        async def fit_then_fail(job: Job) -> None:
            await job.save(fit=report)
            raise RabbitError(ErrorKind.DISK_FULL, "No room for the result.")

        studio.grade = fit_then_fail
        job_id = await studio.ask()
        await studio.ended(AiEditFailed)
        studio.grade = studio.succeed
        again = await studio.service.job_retry(FakePeer(), JobRetry(job_id=job_id))
        assert again.job.fit == report

    in_studio(tmp_path, story)


def test_a_photo_whose_name_leads_nowhere_is_not_called_missing(tmp_path: Path) -> None:
    (tmp_path / "loop.jpg").symlink_to(tmp_path / "loop.jpg")

    async def story(studio: Studio) -> None:
        with pytest.raises(RabbitError, match="cannot be reached"):
            await studio.ask(path=WirePath.of(str(tmp_path / "loop.jpg")))

    in_studio(tmp_path, story)


class Darkroom(Studio):
    """A studio with a real photo and a mask for it, whose jobs note the mask they find."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.masks: list[bytes] = []
        Image.new("RGB", (8, 6), (90, 90, 90)).save(folder / "a.jpg")
        self.mask = folder / "mask.png"
        self.paint(255)

    def paint(self, level: int) -> None:
        Image.new("L", (8, 6), level).save(self.mask)

    async def begin(self) -> str:
        return await self.ask(mask=WirePath.of(self.mask))

    async def retry(self, job_id: str, *, new_seed: bool = False) -> str:
        request = JobRetry(job_id=job_id, new_seed=new_seed)
        return (await self.service.job_retry(FakePeer(), request)).job_id

    async def succeed(self, job: Job) -> None:
        self.masks.append((job.folder / "mask.png").read_bytes())
        (job.folder / "sent.png").write_bytes(b"made by the job")
        await super().succeed(job)

    async def fail(self, job: Job) -> None:
        (job.folder / "sent.png").write_bytes(b"made by the job")
        raise RabbitError(ErrorKind.HOST_FAILED, "The host failed.")


def in_darkroom(folder: Path, story: Callable[[Darkroom], Awaitable[None]]) -> None:
    async def whole() -> None:
        darkroom = Darkroom(folder)
        await darkroom.store.open()
        try:
            await story(darkroom)
        finally:
            await darkroom.service.close()
            await darkroom.store.close()

    asyncio.run(whole())


def test_painting_on_does_not_change_a_job_that_was_begun(tmp_path: Path) -> None:
    async def story(room: Darkroom) -> None:
        before = room.mask.read_bytes()
        await room.begin()
        room.paint(7)
        await room.ended(AiEditComplete)
        assert room.masks == [before]

    in_darkroom(tmp_path, story)


def test_a_job_tells_its_mask(tmp_path: Path) -> None:
    async def story(room: Darkroom) -> None:
        await room.begin()
        await room.ended(AiEditComplete)
        (job,) = (await room.jobs()).jobs
        assert job.mask_path == bytes(WirePath.of(room.mask))

    in_darkroom(tmp_path, story)


def test_a_job_says_that_its_mask_was_fitted(tmp_path: Path) -> None:
    async def story(room: Darkroom) -> None:
        Image.new("L", (4, 3), 255).save(room.mask)
        await room.ask(mask=WirePath.of(room.mask), resize_mask=True)
        await room.ended(AiEditComplete)
        (job,) = (await room.jobs()).jobs
        assert job.notes == ("The mask was fitted to the photo, 8 × 6 pixels.",)

    in_darkroom(tmp_path, story)


def test_nothing_is_left_of_an_edit_whose_mask_was_refused(tmp_path: Path) -> None:
    async def story(room: Darkroom) -> None:
        room.paint(0)
        with pytest.raises(RabbitError, match="strokes are empty"):
            await room.begin()
        assert not list((tmp_path / "work").iterdir())
        assert (await room.jobs()).jobs == ()

    in_darkroom(tmp_path, story)


def test_the_mask_of_a_done_job_is_kept_for_another_try(tmp_path: Path) -> None:
    async def story(room: Darkroom) -> None:
        job_id = await room.begin()
        await room.ended(AiEditComplete)
        room.mask.unlink()
        await room.retry(job_id)
        await room.ended(AiEditComplete, 2)
        assert room.masks[1] == room.masks[0]

    in_darkroom(tmp_path, story)


@pytest.mark.parametrize("new_seed", [False, True])
def test_a_failed_job_is_tried_again_behind_the_mask_it_began_with(
    tmp_path: Path, new_seed: bool
) -> None:
    async def story(room: Darkroom) -> None:
        before = room.mask.read_bytes()
        room.grade = room.fail
        job_id = await room.begin()
        await room.ended(AiEditFailed)
        room.paint(7)
        room.grade = room.succeed
        await room.retry(job_id, new_seed=new_seed)
        await room.ended(AiEditComplete)
        assert room.masks == [before]

    in_darkroom(tmp_path, story)


def test_another_try_long_after_reads_the_mask_where_it_was_and_fails_where_it_is_gone(
    tmp_path: Path,
) -> None:
    async def story(room: Darkroom) -> None:
        job_id = await room.begin()
        await room.ended(AiEditComplete)
        shutil.rmtree(tmp_path / "work")
        second = await room.retry(job_id)
        await room.ended(AiEditComplete, 2)
        assert len(room.masks) == 2
        shutil.rmtree(tmp_path / "work")
        room.mask.unlink()
        with pytest.raises(RabbitError, match="There is no mask"):
            await room.retry(second)

    in_darkroom(tmp_path, story)
