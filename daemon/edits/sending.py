"""Sending a job to its host: its pictures, then the filled graph under an id that is on disk."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Coroutine

from daemon.comfyui.client import ComfyUIClient
from daemon.comfyui.forms import with_field
from daemon.comfyui.graph import Workflow, WorkflowValues, build_workflow
from daemon.comfyui.hosts import BUILTIN, HostRegistry
from daemon.comfyui.parameter_values import check_on_host
from daemon.edits.budget import check_budget
from daemon.edits.inputs import file_of, plan_pictures, plan_values
from daemon.edits.job import Job
from daemon.edits.result_fetch import result_prefix
from daemon.edits.work_files import WorkFiles
from daemon.protocol.errors import ErrorKind, RabbitError
from daemon.settings import SettingsStore

_HEARD_WITHIN_S = 10.0


def host_in_words(host: str) -> str:
    """Return a host as sentences name it."""
    return "the built-in host" if host == BUILTIN else host


class Sender:
    """Sends jobs, to each host one after the other; holds no state of a job."""

    def __init__(self, hosts: HostRegistry, settings: SettingsStore) -> None:
        self._hosts = hosts
        self._settings = settings
        self._turns: dict[str, asyncio.Lock] = {}

    async def send(
        self, job: Job, host: str, client: ComfyUIClient, files: WorkFiles, workflow: Workflow
    ) -> bool:
        """Upload and queue; the prompt's id is on disk before the host hears of it.

        Returns:
            Whether the host took it; False: it was not heard of again, it may have it or not.

        Raises:
            RabbitError: the host refuses it, or it could not be sent and the host has nothing.
            asyncio.CancelledError: it was cancelled; where the prompt was on its way, the host
                has it and it must be cancelled there.
        """
        async with self._turns.setdefault(host, asyncio.Lock()):
            return await self._send(job, host, client, files, workflow)

    async def _send(
        self, job: Job, host: str, client: ComfyUIClient, files: WorkFiles, workflow: Workflow
    ) -> bool:
        words = host_in_words(host)
        await job.enter("upload", words, host=host)
        if job.record.free_memory:
            await client.free_memory()
            await job.save(free_memory=False)
        record = job.record
        bindings = plan_values(workflow, record)
        for name, picture in plan_pictures(workflow, record).items():
            uploaded = await client.place_image(file_of(picture, files))
            bindings[name] = uploaded.reference
        values = WorkflowValues(
            filename_prefix=result_prefix(record.job_id),
            bindings=bindings,
            parameters=record.parameters,
        )
        info = (await self._hosts.abilities(host)).info
        graph = build_workflow(workflow, values, info)
        check_on_host(workflow.manifest, graph, record.parameters, info)
        if record.small is not None:
            size = record.small.width_px, record.small.height_px
            limit = self._settings.current.comfyui.max_compute
            check_budget(graph, *size, limit, workflow.manifest.output.node)
        prompt_id = str(uuid.uuid4())
        await job.enter(
            "queued",
            words,
            prompt_id=prompt_id,
            prompt_ids=(*record.prompt_ids, prompt_id),
            sends=record.sends + 1,
        )
        try:
            await _to_its_end(client.queue_workflow(graph, prompt_id))
        except RabbitError as error:
            if error.info.kind is ErrorKind.HOST_UNREACHABLE:
                return False
            raise with_field(error, workflow.manifest) from error
        return True


async def _to_its_end(sending: Coroutine[object, object, object]) -> None:
    """Send; a cancellation waits for the answer, so that the host has the prompt or never will."""
    task = asyncio.ensure_future(sending)
    try:
        await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait([task], timeout=_HEARD_WITHIN_S)
        task.cancel()
        raise
