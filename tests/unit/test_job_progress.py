"""What a job tells its clients of its progress."""

from __future__ import annotations

import asyncio
from pathlib import Path
from types import SimpleNamespace

import msgspec
import pytest

from daemon.edits.estimates import Expected
from daemon.edits.job import Job
from daemon.edits.previews import LatestPreview
from daemon.protocol.errors import ErrorKind, RabbitError
from daemon.protocol.message import Message
from daemon.protocol.messages import AiEditPreview, AiEditProgress
from daemon.storage.job_record import JobRecord
from daemon.tasks import DecodePreview, PixelsMade
from tests.fakes.comfyui import run
from tests.unit.test_job_store import record

KNOWN = Expected({"run": 20.0, "fit": 4.0, "apply": 6.0}, usual_s=30.0)
RECORD = record(workflow="kontext", host="studio", ai=True, fit_mode="lut")


class Store:
    """Takes every record."""

    async def save(self, record: JobRecord, left: object = None) -> None:
        del record, left

    def save_soon(self, record: JobRecord) -> None:
        del record


class Studio:
    """A job and what it published."""

    def __init__(self, *, resumed: bool = False, **record: object) -> None:
        self.published: list[Message] = []
        self.job = Job(
            msgspec.structs.replace(RECORD, **record),
            Path("/nowhere"),
            Store(),
            self.publish,
            resumed=resumed,
            expect=lambda _: KNOWN,
        )

    def publish(self, message: Message, blob: bytes = b"") -> None:
        del blob
        self.published.append(message)

    @property
    def told(self) -> list[AiEditProgress]:
        return [each for each in self.published if isinstance(each, AiEditProgress)]


def test_the_place_in_the_hosts_queue_and_the_time_it_takes_are_told() -> None:
    studio = Studio()
    run(studio.job.enter("queued", "studio"))
    studio.job.wait_in_queue(2, "Waiting at studio, 2 before it")
    last = studio.told[-1]
    assert last.queue_position == 2
    assert last.message == "Waiting at studio, 2 before it"
    # two of 30 s each, then 20 + 4 + 6 s
    assert last.eta_s == pytest.approx(90.0, abs=0.2)


def test_the_place_is_no_longer_told_once_it_runs() -> None:
    studio = Studio()
    run(studio.job.enter("queued", "studio"))
    studio.job.wait_in_queue(1, "Waiting")
    run(studio.job.enter("run", "studio"))
    assert studio.told[-1].queue_position is None


def test_a_job_taken_up_while_it_runs_goes_on_counting() -> None:
    studio = Studio(resumed=True, stage="run", progress_pct=30.0)
    studio.job.progress(0.5)
    (told,) = studio.told
    assert told.progress_pct > 40.0
    assert told.eta_s is not None


def test_steps_too_small_to_see_are_not_told() -> None:
    studio = Studio()
    run(studio.job.enter("run", "studio"))
    before = len(studio.told)
    studio.job.progress(0.0001)
    assert len(studio.told) == before


class Decoder:
    """Workers that decode previews when a test lets them."""

    def __init__(self) -> None:
        self.asked: list[bytes] = []
        self.may = asyncio.Event()
        self.taken: asyncio.Queue[bytes] = asyncio.Queue()
        self.damaged = False

    async def step(self, task: DecodePreview) -> tuple[PixelsMade, bytes]:
        self.asked.append(task.data)
        self.taken.put_nowait(task.data)
        await self.may.wait()
        if self.damaged:
            raise RabbitError(ErrorKind.RESULT_INVALID, "It is damaged.")
        return SimpleNamespace(), b""


def test_of_previews_that_come_while_one_is_decoded_only_the_last_is_decoded() -> None:
    async def go() -> list[bytes]:
        decoder = Decoder()
        async with LatestPreview(Studio().job, decoder, gap_s=0.0) as previews:
            previews.show(b"1")
            await decoder.taken.get()
            for data in (b"2", b"3", b"4"):
                previews.show(data)
            decoder.may.set()
            await decoder.taken.get()
        return decoder.asked

    assert run(go()) == [b"1", b"4"]


def test_showing_a_preview_never_waits_for_a_worker() -> None:
    async def go() -> list[bytes]:
        decoder = Decoder()
        async with LatestPreview(Studio().job, decoder, gap_s=0.0) as previews:
            previews.show(b"1")
            await decoder.taken.get()
            previews.show(b"2")
        return decoder.asked

    assert run(go()) == [b"1"]


def test_a_damaged_preview_is_no_failure_and_the_next_is_decoded() -> None:
    async def go() -> tuple[list[bytes], list[Message]]:
        decoder, studio = Decoder(), Studio()
        decoder.damaged = True
        decoder.may.set()
        async with LatestPreview(studio.job, decoder, gap_s=0.0) as previews:
            for data in (b"1", b"2"):
                previews.show(data)
                await decoder.taken.get()
        return decoder.asked, studio.published

    asked, published = run(go())
    assert asked == [b"1", b"2"]
    assert not any(isinstance(message, AiEditPreview) for message in published)
