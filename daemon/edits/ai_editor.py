"""The pipeline of one grade: small copy, host, LUT, full size, final name; resumable at each step.

What a step leaves is either complete under its name or absent: files are written under another
name and renamed. So a step whose file exists is skipped when a job is taken up again.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Sequence
from typing import TypeVar

from daemon.comfyui.graph import Workflow, needs_kontext_sizes
from daemon.comfyui.operations import WorkflowLibrary
from daemon.edits.dispatch import JobDispatcher
from daemon.edits.host_run import HostRun
from daemon.edits.inputs import file_of, fit_mask, prepare_pictures
from daemon.edits.job import Job
from daemon.edits.outputs import Target, give_final_name
from daemon.edits.work_files import NOT_IN_THE_LUT, SPATIAL, WorkFiles, copy_cube, recipe_of
from daemon.protocol.errors import ErrorKind, RabbitError
from daemon.protocol.formats import result_extension
from daemon.protocol.values import FitReport
from daemon.render import RenderTask, of_kind
from daemon.settings import SettingsStore
from daemon.storage.job_record import JobRecord
from daemon.storage.jobs import LeftBehind
from daemon.tasks import (
    AnyTask,
    ApplyLut,
    FileWritten,
    FitGrade,
    GradeFitted,
    KeepModelPicture,
    PrepareSmall,
    SmallPrepared,
)

MODEL = "model"


class AiEditor:
    """Takes one job at a time through its stages; holds no state of a job."""

    def __init__(
        self,
        host: HostRun,
        dispatcher: JobDispatcher,
        workflows: WorkflowLibrary,
        settings: SettingsStore,
    ) -> None:
        """Prepare.

        Args:
            host: Gets pictures from hosts.
            dispatcher: Says whose turn it is.
            workflows: What hosts run.
            settings: How results are written.
        """
        self._host = host
        self._dispatcher = dispatcher
        self._workflows = workflows
        self._settings = settings

    async def run(self, job: Job, task: RenderTask) -> None:
        """Do what is left of *job*.

        Raises:
            RabbitError: it cannot be finished; the reason is for the user.
            asyncio.CancelledError: it was cancelled, or the daemon ends.
        """
        files = WorkFiles(job.folder)
        if job.record.temp_inode and await self._name_result(job):
            return
        _check_given(job, files)
        small = None
        if job.record.applies_look:
            async with self._dispatcher.turn("look", job):
                await self._write_and_name(job, task, files, None)
            return
        workflow = await asyncio.to_thread(self._workflows.get, job.record.workflow)
        small = await self._obtain(job, task, files, workflow)
        async with self._dispatcher.turn("finish", job):
            if not job.record.keeps_picture and not files.is_fitted(job.record):
                await self._fit(job, task, files, workflow)
            await self._write_and_name(job, task, files, small)

    def left_by(self, job: Job) -> LeftBehind | None:
        """Return the prompt that a job leaves at its host when it ends now."""
        return self._host.left_by(job)

    async def _obtain(
        self, job: Job, task: RenderTask, files: WorkFiles, workflow: Workflow
    ) -> SmallPrepared:
        """Have a host work on a small copy."""
        small = job.record.small
        if small is None or not files.sent.exists():
            await self._dispatcher.check(job, at_once=self._at_once(job))
            async with self._dispatcher.turn("prepare", job):
                small = await self._prepare(job, task, files, workflow)
                await prepare_pictures(job, task, files, workflow, small)
        elif not files.edited.exists():
            await prepare_pictures(job, task, files, workflow, small)
        if not files.edited.exists():
            await self._host.obtain(job, task, files, workflow)
        return small

    def _at_once(self, job: Job) -> bool:
        """Whether *job* fails where no host answers: whoever just asked for it is there to see."""
        fails = self._settings.current.comfyui.when_host_fails == "move"
        return fails and not job.resumed and not job.record.sends

    async def _write_and_name(
        self, job: Job, task: RenderTask, files: WorkFiles, small: SmallPrepared | None
    ) -> None:
        await self._write(job, task, files, small)
        if not await self._name_result(job):
            raise RabbitError(
                ErrorKind.OUTPUT_REFUSED,
                f"The result of {os.fsdecode(job.record.path)} vanished before it was named.",
                "Look at what else writes into that folder, then retry.",
            )

    async def _prepare(
        self, job: Job, task: RenderTask, files: WorkFiles, workflow: Workflow
    ) -> SmallPrepared:
        await job.enter("prepare", inside=True)
        wanted = PrepareSmall(
            path=os.fsencode(files.original(job.record)),
            png_path=os.fsencode(files.sent),
            clipped_path=os.fsencode(files.clipped),
            icc_path=os.fsencode(files.icc),
            long_edge_px=job.record.long_edge_px,
            kontext_sizes=needs_kontext_sizes(workflow.graph),
        )
        small, _ = await _step(job, task, wanted, SmallPrepared)
        job.leave()
        job.put(small=small, notes=_with(job.record.notes, small.notes))
        return small

    async def _fit(self, job: Job, task: RenderTask, files: WorkFiles, workflow: Workflow) -> None:
        await job.enter("fit", inside=True)
        record, small = job.record, job.record.small
        assert small is not None
        mask = fit_mask(workflow, record)
        fresh, fresh_grid = files.folder / "cube.part", files.folder / "grid.part"
        wanted = FitGrade(
            path=record.path,
            png_path=os.fsencode(files.sent),
            clipped_path=os.fsencode(files.clipped),
            icc_path=os.fsencode(files.icc),
            edited_path=os.fsencode(files.edited),
            box=small.box,
            cube_path=os.fsencode(fresh),
            color_space=small.color_space,
            title=record.prompt[:120],
            lut_size=record.lut_size,
            mask_path=os.fsencode(file_of(mask, files)) if mask else b"",
            fit=record.fit_mode,
            grid_path=os.fsencode(fresh_grid),
            coverage=small.coverage,
        )
        fitted, _ = await _step(job, task, wanted, GradeFitted)
        await job.save(fit=fitted.report)
        grid = fresh_grid if fitted.report.model == SPATIAL else None
        await asyncio.to_thread(files.give_fit, fresh, grid)

    async def _write(
        self, job: Job, task: RenderTask, files: WorkFiles, small: SmallPrepared | None
    ) -> None:
        """Write the complete result under a temporary name in its folder.

        Without *small*, where a look is applied, the worker finds out what kind of file it is.
        """
        record, settings = job.record, self._settings.current.output
        original = os.fsencode(files.original(record))
        extension = record.extension
        behind_mask = record.mask is not None and not record.keeps_picture
        if not extension and not behind_mask and small is not None:
            extension = result_extension(
                small.format, original, raw_format=settings.raw_format, palette=small.palette
            )
        temp = Target(record.target, extension).temporary(record.job_id)
        await job.enter("apply", temp_path=temp)
        recipe = recipe_of(record)
        wanted: AnyTask
        if record.keeps_picture and small is not None:
            wanted = KeepModelPicture(
                path=original,
                edited_path=os.fsencode(files.edited),
                sent_size=(small.width_px, small.height_px),
                box=small.box,
                temp_path=temp,
                extension=extension,
                recipe=recipe,
                ai=record.ai,
                jpeg_quality=settings.jpeg_quality,
            )
        else:
            wanted = ApplyLut(
                path=original,
                cube_path=os.fsencode(files.lut_of(record)),
                grid_path=await asyncio.to_thread(_grid_of, record, files),
                channels=record.channels,
                temp_path=temp,
                extension=extension,
                strength=record.strength,
                mask_path=os.fsencode(files.mask) if record.mask else b"",
                raw_format=settings.raw_format,
                recipe=recipe,
                ai=record.ai,
                jpeg_quality=settings.jpeg_quality,
            )
        written, _ = await _step(job, task, wanted, FileWritten)
        await job.enter(
            "save",
            temp_inode=written.inode,
            extension=extension or written.extension,
            outside_identical=written.outside_identical,
            fit=record.fit if small is None else _final_fit(record, written, small),
            notes=_with(job.record.notes, written.notes),
        )

    async def _name_result(self, job: Job) -> bool:
        """Give the complete file its final name; False where it is gone."""
        if job.record.stage != "save":
            await job.enter("save")
        record = job.record
        target = Target(record.target, record.extension)
        naming = asyncio.ensure_future(
            asyncio.to_thread(
                give_final_name, record.temp_path, record.temp_inode, target, record.extension
            )
        )
        try:
            final = await _finish(naming)
        except FileNotFoundError:
            await job.save(temp_inode=0)
            return False
        cube = b""
        if record.cube and not record.keeps_picture:
            await job.save(result_path=final)
            if varies(record):
                await job.note(NOT_IN_THE_LUT)
            lut = WorkFiles(job.folder).lut_of(record)
            cube = await asyncio.to_thread(copy_cube, lut, job.record)
        job.leave()
        job.put(result_path=final, cube_path=cube)
        return True


def _check_given(job: Job, files: WorkFiles) -> None:
    """Make sure that the mask and the look are still what the job began with."""
    record, missing = job.record, ""
    if record.mask is not None and not files.mask.exists():
        missing = "mask"
    elif record.applies_look and not files.look.exists():
        missing = "look"
    if missing:
        raise RabbitError(
            ErrorKind.NOT_FOUND,
            f"The {missing} of this job is gone from {files.folder}.",
            "Begin the edit anew.",
        )


def _with(notes: tuple[str, ...], more: Sequence[str]) -> tuple[str, ...]:
    """Return *notes* and those of *more* that are not among them."""
    return tuple(dict.fromkeys((*notes, *more)))


def varies(record: JobRecord) -> bool:
    """Whether the grade of *record* varies over the picture."""
    return record.fit is not None and record.fit.model == SPATIAL


def _grid_of(record: JobRecord, files: WorkFiles) -> bytes:
    """Return what of the grade varies over the picture; empty: nothing."""
    if record.applies_look:
        return os.fsencode(files.look_grid) if files.look_grid.exists() else b""
    return os.fsencode(files.grid) if varies(record) else b""


def _final_fit(record: JobRecord, written: FileWritten, small: SmallPrepared) -> FitReport | None:
    """Return the report of the fit, or of what the host made where nothing was learnt."""
    if not record.keeps_picture:
        return record.fit
    return FitReport(
        MODEL,
        coverage=small.coverage,
        summary=f"The model's own picture, {written.width_px} × {written.height_px} pixels; the "
        f"photo has {small.photo_width_px} × {small.photo_height_px}.",
    )


_R = TypeVar("_R", SmallPrepared, GradeFitted, FileWritten)


async def _step(job: Job, task: RenderTask, wanted: AnyTask, kind: type[_R]) -> tuple[_R, bytes]:
    """Run one worker task as a step of *job*, its progress shown."""
    result, blob = await task.step(wanted, on_progress=job.progress)
    return of_kind(result, kind), blob


async def _finish(naming: asyncio.Future[bytes]) -> bytes:
    """Wait for a step that cannot be stopped half-way; a cancellation comes too late for it."""
    try:
        return await asyncio.shield(naming)
    except asyncio.CancelledError:
        return await naming
