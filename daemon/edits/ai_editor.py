"""The pipeline of one grade: small copy, host, LUT, full size, final name; resumable at each step.

What a step leaves is either complete under its name or absent: files are written under another
name and renamed. So a step whose file exists is skipped when a job is taken up again.
"""

from __future__ import annotations

import asyncio
import logging
import os
import time
import uuid
from pathlib import Path
from typing import TypeVar

import msgspec

from daemon.comfyui.checks import check_host
from daemon.comfyui.client import ComfyUIClient
from daemon.comfyui.events import (
    FailedOnHost,
    Finished,
    HostAway,
    Interrupted,
    PreviewArrived,
    PromptLost,
    Queued,
)
from daemon.comfyui.graph import Workflow, WorkflowValues, build_workflow, needs_kontext_sizes
from daemon.comfyui.hosts import HostRegistry
from daemon.comfyui.operations import WorkflowLibrary
from daemon.comfyui.progress import RunProgress
from daemon.edits.budget import check_budget
from daemon.edits.job import Job
from daemon.edits.outputs import (
    CUBE,
    Target,
    check_writable,
    cube_target,
    give_final_name,
    name_file,
)
from daemon.protocol.errors import ErrorKind, RabbitError
from daemon.protocol.formats import result_extension
from daemon.render import RenderTask
from daemon.settings import SettingsStore
from daemon.storage.job_record import JobRecord
from daemon.tasks import (
    AnyTask,
    ApplyLut,
    CheckImage,
    DecodePreview,
    FileWritten,
    FitGrade,
    GradeFitted,
    KeepModelPicture,
    PixelsMade,
    PrepareSmall,
    SmallPrepared,
)

_log = logging.getLogger(__name__)

MAX_SENDS = 3
_ABANDON_S = 10.0
_OBJECT_INFO_AGE_S = 60.0
_PATIENCE_S = 600.0
_TRY_AGAIN_S = 3.0


class AiEditor:
    """Takes one job at a time through its stages; holds no state of a job."""

    def __init__(
        self, hosts: HostRegistry, workflows: WorkflowLibrary, settings: SettingsStore
    ) -> None:
        self._hosts = hosts
        self._workflows = workflows
        self._settings = settings

    async def run(self, job: Job, task: RenderTask) -> None:
        """Do what is left of *job*.

        Raises:
            RabbitError: it cannot be finished; the reason is for the user.
            asyncio.CancelledError: it was cancelled, or the daemon ends.
        """
        files = _Files(job.folder)
        workflow = await asyncio.to_thread(self._workflows.get, job.record.workflow)
        if job.record.temp_inode and await self._name_result(job):
            return
        small = job.record.small
        if small is None or not files.sent.exists():
            small = await self._prepare(job, task, files, workflow)
        if not files.edited.exists():
            await self._obtain(job, task, files, workflow)
        if job.record.fit_mode != "model" and not files.cube.exists():
            await self._fit(job, task, files, small)
        await self._write(job, task, files, small)
        if not await self._name_result(job):
            raise RabbitError(
                ErrorKind.OUTPUT_REFUSED,
                f"The result of {os.fsdecode(job.record.path)} vanished before it was named.",
                "Look at what else writes into that folder, then retry.",
            )

    async def abandon(self, job: Job) -> None:
        """Take a cancelled job's prompt off its host; only that prompt, by its id."""
        record = job.record
        if not record.prompt_id or record.stage not in ("queued", "run"):
            return
        try:
            async with asyncio.timeout(_ABANDON_S):
                client = await self._hosts.client_for(record.host)
                await client.cancel(record.prompt_id)
        except (RabbitError, TimeoutError) as error:
            _log.warning("prompt %s was not cancelled on its host: %s", record.prompt_id, error)

    async def _prepare(
        self, job: Job, task: RenderTask, files: _Files, workflow: Workflow
    ) -> SmallPrepared:
        await job.enter("prepare")
        wanted = PrepareSmall(
            path=job.record.path,
            png_path=os.fsencode(files.sent),
            clipped_path=os.fsencode(files.clipped),
            icc_path=os.fsencode(files.icc),
            long_edge_px=job.record.long_edge_px,
            kontext_sizes=needs_kontext_sizes(workflow.graph),
        )
        small, _ = await _step(job, task, wanted, SmallPrepared)
        await job.save(small=small, timings_s=job.leave())
        for note in small.notes:
            await job.note(note)
        return small

    async def _obtain(self, job: Job, task: RenderTask, files: _Files, workflow: Workflow) -> None:
        """Get the graded picture; what an earlier daemon sent is followed, not repeated."""
        client = await self._hosts.client_for(job.record.host)
        for _ in range(MAX_SENDS):
            if not job.record.prompt_id:
                await self._send_patiently(job, client, files, workflow)
            if await self._follow(job, task, client, workflow):
                await self._fetch(job, task, client, files, workflow)
                return
            await client.cancel(job.record.prompt_id)
            await job.save(prompt_id="")
            await job.note(f"{client.host} had lost the job, so it was sent once more.")
        raise RabbitError(
            ErrorKind.HOST_FAILED,
            f"{client.host} lost the job {MAX_SENDS} times.",
            "Look at the host's own log: it may run out of memory.",
        )

    async def _send_patiently(
        self, job: Job, client: ComfyUIClient, files: _Files, workflow: Workflow
    ) -> None:
        """Send; a job that is under way already waits for a host that is away."""
        deadline = time.monotonic() + (_PATIENCE_S if job.resumed or job.record.sends else 0.0)
        while True:
            try:
                return await self._send(job, client, files, workflow)
            except RabbitError as error:
                if error.info.kind is not ErrorKind.HOST_UNREACHABLE:
                    raise
                if time.monotonic() >= deadline:
                    raise
                job.progress(0.0, f"{error.info.message} Trying again.")
            await asyncio.sleep(_TRY_AGAIN_S)

    async def _send(
        self, job: Job, client: ComfyUIClient, files: _Files, workflow: Workflow
    ) -> None:
        """Upload and queue; the prompt's id is on disk before the host hears of it."""
        record = job.record
        await job.enter("upload", record.host)
        uploaded = await client.upload_image(files.sent, f"rabbitviewer-{record.job_id}.png")
        await job.save(timings_s=job.leave())
        await job.enter("queued", record.host)
        bound = workflow.manifest.bindings
        known = {"image": uploaded.reference, "prompt": record.prompt, "seed": record.seed}
        values = WorkflowValues(
            filename_prefix=f"rabbitviewer/{record.job_id}",
            bindings={name: value for name, value in known.items() if name in bound},
            parameters=record.parameters,
        )
        info = await client.object_info(max_age_s=_OBJECT_INFO_AGE_S)
        graph = build_workflow(workflow, values, info)
        version = (await client.system_stats()).version
        problems = check_host(workflow, info, version, client.host, graph)
        if problems:
            raise RabbitError(
                ErrorKind.WORKFLOW_UNAVAILABLE,
                " ".join(problems),
                "Put that right on the host and run the job again; the README tells how to set up "
                "the GPU machine, 'rabbitviewer workflows check' looks without running anything.",
            )
        if record.small is not None:
            size = record.small.width_px, record.small.height_px
            check_budget(graph, *size, self._settings.current.comfyui.max_compute)
        await job.save(prompt_id=str(uuid.uuid4()), sends=record.sends + 1)
        await client.queue_workflow(graph, job.record.prompt_id)

    async def _follow(
        self, job: Job, task: RenderTask, client: ComfyUIClient, workflow: Workflow
    ) -> bool:
        """Watch the run until it ends; False: the host lost it."""
        host = job.record.host
        progress = RunProgress(workflow.graph)
        async for event in client.events(job.record.prompt_id):
            match event:
                case Queued(position):
                    job.progress(0.0, f"Waiting at {host}, {position} before it")
                case PreviewArrived(data):
                    await self._show(job, task, data)
                case HostAway(error):
                    job.progress(0.0, f"{error.message} Trying again.")
                case Finished():
                    await job.save(timings_s=job.leave())
                    return True
                case FailedOnHost(error):
                    raise RabbitError.from_info(error)
                case Interrupted():
                    raise RabbitError(
                        ErrorKind.CANCELLED, f"The run was cancelled on {host} itself."
                    )
                case PromptLost():
                    return False
                case _:
                    if job.record.stage != "run":
                        await job.save(timings_s=job.leave())
                        await job.enter("run", host)
                    job.progress(progress.update(event))
        raise RabbitError(ErrorKind.HOST_FAILED, f"{host} ended the run without saying how.")

    async def _show(self, job: Job, task: RenderTask, data: bytes) -> None:
        """Pass a sampler's preview on; a damaged one is not worth a failure."""
        try:
            pixels, blob = await task.step(DecodePreview(data=data))
        except RabbitError as error:
            _log.info("a preview of job %s was not shown: %s", job.record.job_id, error)
            return
        if isinstance(pixels, PixelsMade):
            job.preview(pixels.width_px, pixels.height_px, blob)

    async def _fetch(
        self,
        job: Job,
        task: RenderTask,
        client: ComfyUIClient,
        files: _Files,
        workflow: Workflow,
    ) -> None:
        """Download the picture; it takes its name once a worker has read it completely."""
        await job.enter("fetch")
        images = await client.get_result(job.record.prompt_id, workflow.manifest.output.node)
        for sentence in (await client.prompt_state(job.record.prompt_id)).texts:
            await job.note(sentence)
        arrived = files.folder / "edited.part"
        await client.download_image(images[0], arrived)
        await task.step(CheckImage(path=os.fsencode(arrived)))
        await asyncio.to_thread(arrived.replace, files.edited)
        await job.save(timings_s=job.leave())

    async def _fit(self, job: Job, task: RenderTask, files: _Files, small: SmallPrepared) -> None:
        await job.enter("fit")
        record = job.record
        fresh = files.folder / "grade.part"
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
        )
        fitted, _ = await _step(job, task, wanted, GradeFitted)
        await job.save(fit=fitted.report)
        await asyncio.to_thread(fresh.replace, files.cube)
        await job.save(timings_s=job.leave())

    async def _write(self, job: Job, task: RenderTask, files: _Files, small: SmallPrepared) -> None:
        """Write the complete result under a temporary name in its folder."""
        await job.enter("apply")
        record, settings = job.record, self._settings.current.output
        extension = record.extension or result_extension(
            small.format, record.path, raw_format=settings.raw_format, palette=small.palette
        )
        target = Target(record.target, extension)
        temp = target.temporary(record.job_id)
        await job.save(temp_path=temp, extension=extension)
        recipe = _recipe(job)
        wanted: AnyTask
        if record.fit_mode == "model":
            wanted = KeepModelPicture(
                path=record.path,
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
                path=record.path,
                cube_path=os.fsencode(files.cube),
                temp_path=temp,
                extension=extension,
                strength=record.strength,
                recipe=recipe,
                ai=record.ai,
                jpeg_quality=settings.jpeg_quality,
            )
        written, _ = await _step(job, task, wanted, FileWritten)
        for note in written.notes:
            await job.note(note)
        await job.save(temp_inode=written.inode, timings_s=job.leave())

    async def _name_result(self, job: Job) -> bool:
        """Give the complete file its final name; False where it is gone."""
        await job.enter("save")
        record = job.record
        target = Target(record.target, record.extension)
        try:
            final = await asyncio.to_thread(
                give_final_name, record.temp_path, record.temp_inode, target, record.extension
            )
        except FileNotFoundError:
            await job.save(temp_inode=0)
            return False
        cube = b""
        if record.cube and record.fit_mode != "model":
            cube = await asyncio.to_thread(_copy_cube, _Files(job.folder).cube, record)
        await job.save(result_path=final, cube_path=cube, timings_s=job.leave())
        return True


class _Files:
    """The names inside a job's work folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.sent = folder / "sent.png"
        self.clipped = folder / "clipped.png"
        self.icc = folder / "photo.icc"
        self.edited = folder / "edited.png"
        self.cube = folder / "grade.cube"


_R = TypeVar("_R", SmallPrepared, GradeFitted, FileWritten)


async def _step(job: Job, task: RenderTask, wanted: AnyTask, kind: type[_R]) -> tuple[_R, bytes]:
    """Run one worker task as a step of *job*, its progress shown."""
    result, blob = await task.step(wanted, on_progress=job.progress)
    if not isinstance(result, kind):
        raise RabbitError(ErrorKind.INTERNAL, "A worker answered another question.")
    return result, blob


def _recipe(job: Job) -> str:
    """Return what is embedded in the result: enough to do the same again."""
    record = job.record
    return msgspec.json.encode(
        {
            "rabbitviewer": 1,
            "operation": record.operation,
            "prompt": record.prompt,
            "workflow": record.workflow,
            "parameters": record.parameters,
            "seed": record.seed,
            "strength": record.strength,
            "fit": record.fit_mode,
            "lut_size": record.lut_size,
            "ai": record.ai,
        }
    ).decode()


def _copy_cube(cube: Path, record: JobRecord) -> bytes:
    """Write the LUT where the user wants it, under a free name; once per job."""
    if record.cube_path:
        return record.cube_path
    target = cube_target(record.cube)
    check_writable(target)
    temp = target.temporary(record.job_id)
    with Path(os.fsdecode(temp)).open("wb") as file:
        file.write(cube.read_bytes())
        file.flush()
        os.fsync(file.fileno())
    return name_file(temp, target, CUBE)
