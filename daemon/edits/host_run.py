"""A job at its host: sending the small copy, watching the run, fetching what came of it."""

from __future__ import annotations

import asyncio
import logging
import time
import uuid

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
from daemon.comfyui.graph import Workflow, WorkflowValues, build_workflow
from daemon.comfyui.hosts import BUILTIN, HostRegistry
from daemon.comfyui.progress import RunProgress
from daemon.edits.budget import check_budget
from daemon.edits.inputs import file_of, plan_pictures, plan_values
from daemon.edits.job import Job
from daemon.edits.result_fetch import fetch_result, result_prefix
from daemon.edits.work_files import WorkFiles
from daemon.protocol.errors import ErrorKind, RabbitError
from daemon.render import RenderTask
from daemon.settings import SettingsStore
from daemon.tasks import DecodePreview, PixelsMade

_log = logging.getLogger(__name__)

MAX_SENDS = 3
_ABANDON_S = 10.0
_OBJECT_INFO_AGE_S = 60.0
_PATIENCE_S = 600.0
_TRY_AGAIN_S = 3.0


class HostRun:
    """Gets a job's picture from its host; holds no state of a job."""

    def __init__(self, hosts: HostRegistry, settings: SettingsStore) -> None:
        self._hosts = hosts
        self._settings = settings

    async def obtain(
        self, job: Job, task: RenderTask, files: WorkFiles, workflow: Workflow
    ) -> None:
        """Get the graded picture; what an earlier daemon sent is followed, not repeated."""
        client = await self._hosts.client_for(job.record.host)
        for _ in range(MAX_SENDS):
            if not job.record.prompt_id:
                await self._send_patiently(job, client, files, workflow)
            if await self._follow(job, task, client, workflow):
                await fetch_result(job, task, client, files, workflow)
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
        self, job: Job, client: ComfyUIClient, files: WorkFiles, workflow: Workflow
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
        self, job: Job, client: ComfyUIClient, files: WorkFiles, workflow: Workflow
    ) -> None:
        """Upload and queue; the prompt's id is on disk before the host hears of it."""
        record = job.record
        await job.enter("upload", _in_words(record.host))
        bindings = plan_values(workflow, record)
        for name, picture in plan_pictures(workflow, record).items():
            uploaded = await client.place_image(file_of(picture, files))
            bindings[name] = uploaded.reference
        await job.save(timings_s=job.leave())
        await job.enter("queued", _in_words(record.host))
        values = WorkflowValues(
            filename_prefix=result_prefix(record.job_id),
            bindings=bindings,
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
        host = _in_words(job.record.host)
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


def _in_words(host: str) -> str:
    return "the built-in host" if host == BUILTIN else host
