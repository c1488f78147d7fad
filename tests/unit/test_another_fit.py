"""Another fit of a grade that is done: from the host's picture, without the host."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import msgspec
import pytest

from daemon.edits.job import Job
from daemon.edits.kept_work import KEPT_GRADES, KEPT_PICTURES, sweep
from daemon.edits.work_files import NOT_IN_THE_LUT, WorkFiles
from daemon.protocol.errors import RabbitError
from daemon.protocol.messages import AiEditComplete, JobRetry, WirePath
from daemon.protocol.values import FitReport
from tests.fakes.peer import FakePeer
from tests.unit.test_edit_service import Darkroom

MADE = ("sent.png", "clipped.png", "edited.png", "grade.cube", "grade.grid")
WEEK_S = 8 * 86400


class Finished(Darkroom):
    """A studio whose jobs leave what a real one leaves."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.found: list[list[str]] = []

    async def succeed(self, job: Job) -> None:
        self.found.append(sorted(file.name for file in job.folder.iterdir()))
        for name in MADE:
            (job.folder / name).write_bytes(b"by the first job")
        await job.save(fit=FitReport("spatial"), result_path=b"/result.jpg")

    async def grade_it(self) -> str:
        job_id = await self.ask()
        await self.ended(AiEditComplete)
        return job_id

    async def fit_again(self, job_id: str, fit: str) -> str:
        request = JobRetry(job_id=job_id, fit=fit)
        return (await self.service.job_retry(FakePeer(), request)).job_id


def in_room(folder: Path, story: Callable[[Finished], Awaitable[None]]) -> None:
    async def whole() -> None:
        room = Finished(folder)
        await room.store.open()
        try:
            await story(room)
        finally:
            await room.service.close()
            await room.store.close()

    asyncio.run(whole())


def test_another_fit_gets_the_pictures_and_not_the_fit(tmp_path: Path) -> None:
    async def story(room: Finished) -> None:
        await room.fit_again(await room.grade_it(), "lut")
        await room.ended(AiEditComplete, 2)
        assert room.found[1] == ["clipped.png", "edited.png", "sent.png"]

    in_room(tmp_path, story)


def test_the_first_job_keeps_its_lut_when_another_fit_is_made(tmp_path: Path) -> None:
    async def story(room: Finished) -> None:
        job_id = await room.grade_it()
        await room.fit_again(job_id, "model")
        await room.ended(AiEditComplete, 2)
        kept = sorted(file.name for file in (tmp_path / "work" / job_id).iterdir())
        assert kept == sorted(MADE)

    in_room(tmp_path, story)


def test_another_fit_has_the_seed_of_the_first_and_no_report_of_it(tmp_path: Path) -> None:
    async def story(room: Finished) -> None:
        job_id = await room.grade_it()
        second = await room.fit_again(job_id, "spatial")
        await room.ended(AiEditComplete, 2)
        before, after = await room.store.get(job_id), await room.store.get(second)
        assert before is not None
        assert after is not None
        assert (after.seed, after.fit_mode) == (before.seed, "spatial")

    in_room(tmp_path, story)


def test_another_fit_does_not_repeat_what_was_said_of_the_firsts_lut(tmp_path: Path) -> None:
    async def story(room: Finished) -> None:
        job_id = await room.grade_it()
        first = await room.store.get(job_id)
        assert first is not None
        await room.store.save(
            msgspec.structs.replace(first, notes=("CMYK was converted.", NOT_IN_THE_LUT))
        )
        second = await room.fit_again(job_id, "lut")
        await room.ended(AiEditComplete, 2)
        (begun,) = (await room.jobs(job_ids=(second,))).jobs
        assert begun.notes == ("CMYK was converted.",)

    in_room(tmp_path, story)


def test_a_fit_that_there_is_not_is_refused_by_name(tmp_path: Path) -> None:
    async def story(room: Finished) -> None:
        with pytest.raises(RabbitError, match="fit 'best' is none of auto, lut, spatial, model"):
            await room.fit_again(await room.grade_it(), "best")

    in_room(tmp_path, story)


def test_where_the_picture_is_no_longer_kept_it_is_said(tmp_path: Path) -> None:
    async def story(room: Finished) -> None:
        job_id = await room.grade_it()
        (tmp_path / "work" / job_id / "edited.png").unlink()
        with pytest.raises(RabbitError, match="no longer kept"):
            await room.fit_again(job_id, "spatial")

    in_room(tmp_path, story)


def test_the_models_picture_is_not_kept_behind_a_mask(tmp_path: Path) -> None:
    async def story(room: Finished) -> None:
        job_id = await room.ask(mask=WirePath.of(room.mask))
        await room.ended(AiEditComplete)
        with pytest.raises(RabbitError, match="none of the photo's pixels to keep"):
            await room.fit_again(job_id, "model")

    in_room(tmp_path, story)


def test_a_second_try_of_a_grade_whose_pictures_are_gone_does_not_take_its_fit(
    tmp_path: Path,
) -> None:
    async def story(room: Finished) -> None:
        job_id = await room.grade_it()
        (tmp_path / "work" / job_id / "edited.png").unlink()
        await room.retry(job_id)
        await room.ended(AiEditComplete, 2)
        assert room.found[1] == ["clipped.png", "sent.png"]

    in_room(tmp_path, story)


def test_a_cancelled_job_leaves_nothing(tmp_path: Path) -> None:
    files = WorkFiles(tmp_path / "job")
    files.folder.mkdir()
    files.sent.touch()
    files.clear()
    assert not files.folder.exists()


# ------------------------------------------------------------------ what is kept, and how long


def job_folder(work: Path, number: int, *names: str, age_s: float = 0.0) -> Path:
    folder = work / f"job-{number}"
    folder.mkdir(parents=True)
    for name in names:
        (folder / name).touch()
    os.utime(folder, (time.time() - age_s,) * 2)
    return folder


def names(folder: Path) -> list[str]:
    return sorted(file.name for file in folder.iterdir()) if folder.is_dir() else []


DONE = [f"job-{number}" for number in range(KEPT_GRADES + 1)]


def test_the_newest_grades_keep_their_pictures(tmp_path: Path) -> None:
    folder = job_folder(tmp_path, KEPT_PICTURES - 1, *MADE, age_s=WEEK_S)
    sweep(tmp_path, (), DONE)
    assert names(folder) == sorted(MADE)


def test_older_ones_keep_their_lut_whatever_their_age(tmp_path: Path) -> None:
    folder = job_folder(tmp_path, KEPT_PICTURES, *MADE, age_s=WEEK_S)
    sweep(tmp_path, (), DONE)
    assert names(folder) == ["grade.cube", "grade.grid"]


def test_still_older_ones_keep_what_they_were_given_for_a_week(tmp_path: Path) -> None:
    young = job_folder(tmp_path, KEPT_GRADES, "mask.png", *MADE)
    sweep(tmp_path, (), DONE)
    assert names(young) == ["mask.png"]


def test_after_a_week_nothing_is_left_of_them(tmp_path: Path) -> None:
    old = job_folder(tmp_path, KEPT_GRADES, "mask.png", age_s=WEEK_S)
    sweep(tmp_path, (), DONE)
    assert not old.exists()


def test_what_a_failed_job_has_is_kept_for_a_week(tmp_path: Path) -> None:
    folder = job_folder(tmp_path, 999, *MADE)
    sweep(tmp_path, (), DONE)
    assert names(folder) == sorted(MADE)


def test_an_open_job_stays_whole_whatever_its_age(tmp_path: Path) -> None:
    folder = job_folder(tmp_path, 999, *MADE, age_s=WEEK_S)
    sweep(tmp_path, {"job-999"}, DONE)
    assert names(folder) == sorted(MADE)
