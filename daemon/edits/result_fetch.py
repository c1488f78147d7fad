"""Fetching what a host made of a job; it counts once a worker has read all of it."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

from daemon.comfyui.client import ComfyUIClient
from daemon.comfyui.graph import Workflow
from daemon.edits.job import Job
from daemon.edits.work_files import WorkFiles
from daemon.protocol.errors import ErrorKind, RabbitError
from daemon.render import RenderTask
from daemon.tasks import CheckImage

RESULT_FOLDER = "rabbitviewer"
_LOOKING_FAILED = (ErrorKind.OUT_OF_MEMORY, ErrorKind.TIMED_OUT, ErrorKind.WORKER_DIED)


def result_prefix(job_id: str) -> str:
    """Return how the files of a job's result begin on a host; no other job's do."""
    return f"{RESULT_FOLDER}/{job_id}"


async def fetch_result(
    job: Job, task: RenderTask, client: ComfyUIClient, files: WorkFiles, workflow: Workflow
) -> None:
    """Download the picture; it takes its name once a worker has read it completely.

    Raises:
        RabbitError: ``result_invalid``: there is none, or it is not believed; or the host failed.
    """
    await job.enter("fetch", inside=True)
    output = workflow.manifest.output
    prefix = result_prefix(job.record.job_id)
    result = await client.get_result(job.record.prompt_id, output.node, prefix=prefix)
    for sentence in result.texts:
        await job.note(sentence)
    arrived = files.folder / "edited.part"
    await client.download_image(result.image, arrived)
    origin = output.node, output.filename_prefix, prefix
    await _check(job, task, client.host, arrived, files.sent, origin)
    await asyncio.to_thread(arrived.replace, files.edited)
    job.leave()


async def _check(
    job: Job, task: RenderTask, host: str, arrived: Path, sent: Path, origin: tuple[str, str, str]
) -> None:
    record = job.record
    small = record.small
    wanted = CheckImage(
        path=os.fsencode(arrived),
        host=host,
        sent_path=os.fsencode(sent) if small else b"",
        sent_size=(small.width_px, small.height_px) if small else (0, 0),
        graded=record.result == "lut",
        origin=origin,
    )
    try:
        await task.step(wanted)
    except RabbitError as error:
        if error.info.kind not in _LOOKING_FAILED:
            raise
        raise RabbitError(
            ErrorKind.RESULT_INVALID,
            f"The picture that {host} sent could not be read: {error.info.message}",
            "Run it again; if it stays so, look at what the workflow saves.",
            error.info.context,
        ) from error
