"""A job at its host: its turn there, the run, and what becomes of it when the host fails it."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from typing import Literal

import msgspec

from daemon.comfyui.client import ComfyUIClient
from daemon.comfyui.events import (
    Event,
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
from daemon.comfyui.node_times import NodeTimes
from daemon.comfyui.progress import RunProgress
from daemon.edits.dispatch import JobDispatcher
from daemon.edits.job import Job
from daemon.edits.leftovers import Leftovers
from daemon.edits.previews import LatestPreview
from daemon.edits.result_fetch import fetch_result
from daemon.edits.sending import Sender, host_in_words
from daemon.edits.work_files import WorkFiles
from daemon.protocol.errors import ErrorKind, RabbitError
from daemon.render import RenderTask
from daemon.settings import SettingsStore
from daemon.storage.jobs import LeftBehind

_log = logging.getLogger(__name__)

MAX_LOST = 2
MAX_UNHEARD = 5
_BUILTIN_MISSES = 3

_REFUSALS = (ErrorKind.WORKFLOW_UNAVAILABLE, ErrorKind.WORKFLOW_INVALID)

_End = Literal["finished", "lost", "dead", "hung"]


class Patience(msgspec.Struct, frozen=True):
    """How long is waited when something is wrong, in seconds.

    Attributes:
        try_again_s: Before the next try at a host that could not be reached.
        still_away_s: A host that was away too long already is given up again after this.
        confirm_s: For a run that was cancelled to be gone.
        confirm_every_s: How often that is asked.
    """

    try_again_s: float = 3.0
    still_away_s: float = 15.0
    confirm_s: float = 30.0
    confirm_every_s: float = 0.5


class HostRun:
    """Gets jobs' pictures from hosts; holds no state of a job."""

    def __init__(
        self,
        hosts: HostRegistry,
        settings: SettingsStore,
        dispatcher: JobDispatcher,
        leftovers: Leftovers,
        patience: Patience | None = None,
    ) -> None:
        """Prepare.

        Args:
            hosts: Who runs it.
            settings: What becomes of it when a host fails.
            dispatcher: Says whose turn it is.
            leftovers: Cancels what is left behind.
            patience: How long is waited when something is wrong; None: as usual.
        """
        self.hosts = hosts
        self.settings = settings
        self.dispatcher = dispatcher
        self.leftovers = leftovers
        self.patience = patience or Patience()
        self.sender = Sender(hosts, settings)
        self.node_times = NodeTimes()

    async def obtain(
        self, job: Job, task: RenderTask, files: WorkFiles, workflow: Workflow
    ) -> None:
        """Get the picture; what an earlier daemon sent is followed, not repeated.

        Raises:
            RabbitError: it cannot be had; the reason is for the user.
        """
        run = _Run(self, job, task, files, workflow)
        try:
            while not await run.again():
                pass
        finally:
            self.dispatcher.leave(job)

    def left_by(self, job: Job) -> LeftBehind | None:
        """Return the prompt that a job leaves at its host when it ends now."""
        record = job.record
        if not record.prompt_id or record.stage not in ("queued", "run"):
            return None
        return LeftBehind(record.prompt_id, record.host, record.job_id)


class _Run:
    """One job while a host is to make its picture."""

    def __init__(
        self, of: HostRun, job: Job, task: RenderTask, files: WorkFiles, workflow: Workflow
    ) -> None:
        self._of = of
        self._job = job
        self._task = task
        self._files = files
        self._workflow = workflow
        # The built-in host ended with the daemon that had sent it there, and lost nothing.
        self._known = job.record.stage in ("run", "fetch") and job.record.host != BUILTIN
        self._avoid: set[str] = set()
        self._was_dead = self._was_hung = False
        self._misses = self._unheard = 0

    async def again(self) -> bool:
        """Have it run, or go on with the run; False: it must be tried again."""
        job = self._job
        if job.record.prompt_id:
            self._of.dispatcher.stay(job)
        elif not await self._send():
            return False
        client = await self._client()
        if client is None:
            return False
        match await self._watch(client):
            case "finished":
                self._of.dispatcher.leave(job)
                return await self._fetch(client)
            case "lost":
                await self._lost(client)
            case "dead":
                await self._dead(client)
            case "hung":
                await self._hung(client)
        return False

    async def _client(self) -> ComfyUIClient | None:
        """Return the client of the host that has the job; None: there is no such host any more."""
        record = self._job.record
        try:
            return await self._of.hosts.client_for(record.host)
        except RabbitError as error:
            if error.info.kind is not ErrorKind.NOT_FOUND or record.host_wanted:
                raise
            await self._give_back(f"There is no host {record.host} any more")
            return None

    async def _send(self) -> bool:
        """Send it to the host whose turn it is; False: that host does not have it."""
        job = self._job
        host = await self._of.dispatcher.place(job, self._avoid)
        try:
            client = await self._of.hosts.client_for(host)
            self._known = await self._of.sender.send(job, host, client, self._files, self._workflow)
        except RabbitError as error:
            self._of.dispatcher.leave(job)
            posted = bool(job.record.prompt_id)
            # A host that took its time, or answered nonsense, may have it all the same.
            left = None if error.info.kind in _REFUSALS else self._of.left_by(job)
            await self._of.leftovers.save(job, left, prompt_id="", host=job.record.host_wanted)
            if error.info.kind is ErrorKind.WORKFLOW_UNAVAILABLE:
                self._of.hosts.refused(host)
                self._avoid.add(host)
                if not await self._of.dispatcher.others(job, self._avoid):
                    raise
            elif _is_away(error, posted=posted) and self._may_try_again(host):
                self._of.hosts.missed(host, error.info)
                await job.rest(f"{error.info.message} Trying again.")
                await asyncio.sleep(self._of.patience.try_again_s)
            else:
                raise
            return False
        self._avoid.clear()
        return True

    def _may_try_again(self, host: str) -> bool:
        """Whether another try may find the host; the built-in one is mostly just starting again."""
        self._misses += 1
        return host != BUILTIN or self._misses <= _BUILTIN_MISSES

    async def _watch(self, client: ComfyUIClient) -> _End:
        """Watch the run until it ends, or until too long nothing is heard of it."""
        comfyui = self._of.settings.current.comfyui
        loop = asyncio.get_running_loop()
        progress = self._progress()
        patience_s = self._of.patience.still_away_s if self._was_dead else comfyui.host_dead_s
        silence = asyncio.timeout(None)
        try:
            events = client.events(self._job.record.prompt_id, patience_s=patience_s)
            previewing = LatestPreview(self._job, self._task)
            async with silence, contextlib.aclosing(events), previewing as previews:
                async for event in events:
                    end = await self._take(event, progress, previews)
                    if end is not None:
                        return end
                    waits = isinstance(event, Queued)
                    silence.reschedule(None if waits else loop.time() + comfyui.host_hung_s)
        except TimeoutError:
            if not silence.expired():
                raise
            return "hung"
        raise RabbitError(ErrorKind.HOST_FAILED, f"{client.host} ended the run without a word.")

    async def _take(
        self, event: Event, progress: RunProgress, previews: LatestPreview
    ) -> _End | None:
        """Take one event in; how the run ended, None while it goes on."""
        job = self._job
        host = host_in_words(job.record.host)
        match event:
            case HostAway(error):
                self._of.hosts.missed(job.record.host, error)
                job.progress(0.0, f"{error.message} Trying again.")
                return None
            case FailedOnHost(error):
                away = error.kind is ErrorKind.HOST_UNREACHABLE and job.record.host != BUILTIN
                if not away:
                    raise RabbitError.from_info(error)
                return "dead"
            case Interrupted():
                raise RabbitError(ErrorKind.CANCELLED, f"The run was cancelled on {host} itself.")
            case Finished():
                progress.update(event)
                record = job.record
                self._of.node_times.note(record.workflow, record.host, progress.rates)
                return "finished"
            case PromptLost():
                return "lost"
            case Queued(position):
                place = f"{position} before it" if position else "the next one"
                job.wait_in_queue(position, f"Waiting at {host}, {place}")
            case PreviewArrived(data):
                previews.show(data)
            case _:
                if job.record.stage != "run":
                    record = job.record
                    progress.know(self._of.node_times.of(record.workflow, record.host))
                    await job.enter("run", host)
                job.progress(progress.update(event), left_s=progress.left_s)
        self._goes_on()
        return None

    def _progress(self) -> RunProgress:
        """Return the progress of the run, of which nothing is known yet."""
        workflow, record = self._workflow, self._job.record
        values = WorkflowValues(filename_prefix="", parameters=record.parameters)
        graph = build_workflow(workflow, values)
        return RunProgress(graph, workflow.manifest.output.node)

    def _goes_on(self) -> None:
        if self._was_hung:
            self._of.hosts.goes_on(self._job.record.host)
        self._known, self._unheard = True, 0
        self._was_dead = self._was_hung = False

    async def _fetch(self, client: ComfyUIClient) -> bool:
        """Fetch the result; False: the host is away with it."""
        job = self._job
        try:
            await fetch_result(job, self._task, client, self._files, self._workflow)
        except RabbitError as error:
            if error.info.kind is not ErrorKind.HOST_UNREACHABLE or job.record.host == BUILTIN:
                raise
            self._of.hosts.missed(job.record.host, error.info)
            await self._dead(client)
            return False
        return True

    async def _lost(self, client: ComfyUIClient) -> None:
        """Send it once more; a host that loses it twice is not believed any more.

        What the host never had was not lost by it, but it is not sent there for ever.
        """
        record = self._job.record
        with contextlib.suppress(RabbitError):
            await client.cancel(record.prompt_id)
        if not self._known:
            self._unheard += 1
            if self._unheard >= MAX_UNHEARD:
                raise RabbitError(
                    ErrorKind.JOB_LOST,
                    f"{client.host} was sent this job {MAX_UNHEARD} times and never had it: each "
                    "time the connection ended first.",
                    "It may end while it reads the job: look at its own log. Then try again, or "
                    "choose another host.",
                )
            await self._give_back("")
            return
        if record.lost + 1 >= MAX_LOST:
            raise RabbitError(
                ErrorKind.JOB_LOST,
                f"{client.host} lost this job: it was sent {MAX_LOST} times and is neither in the "
                "queue nor among what was done.",
                "The host may have been restarted, or somebody emptied its queue: look at its own "
                "log. Then try again, or choose another host.",
            )
        note = f"{client.host} had lost the job, so it was sent once more."
        await self._give_back(note, lost=record.lost + 1)

    async def _dead(self, client: ComfyUIClient) -> None:
        """Move a job whose host stays away, where it may; else wait for that host."""
        self._was_dead = True
        if await self._may_move():
            away = f"{client.host} could not be reached any more"
            await self._give_back(f"{away}, so the job was given to another host.", left=True)
            return
        self._job.progress(0.0, f"{client.host} cannot be reached; waiting for it.")
        await asyncio.sleep(self._of.patience.try_again_s)

    async def _hung(self, client: ComfyUIClient) -> None:
        """Move a run that does not go on, once it is certain that it does not go on there."""
        record = self._job.record
        if client.socket_heard_since(0.0) is None:
            return  # nobody could have told that it goes on
        self._was_hung = True
        self._of.hosts.hangs(record.host, record.prompt_id)
        minutes = self._of.settings.current.comfyui.host_hung_s / 60
        silent = f"{client.host} has said nothing about this job for {minutes:.0f} minutes"
        self._job.progress(0.0, f"{silent}; still waiting.")
        if not await self._may_move():
            return
        with contextlib.suppress(RabbitError):
            await client.cancel(record.prompt_id)
        if await self._is_gone(client):
            self._avoid.add(record.host)
            await self._give_back(f"{silent}, so it was cancelled there and given to another host.")

    async def _is_gone(self, client: ComfyUIClient) -> bool:
        """Whether a prompt that was cancelled runs no more, and was not finished either."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + self._of.patience.confirm_s
        while loop.time() < deadline:
            try:
                state = await client.prompt_state(self._job.record.prompt_id)
            except RabbitError:
                return False
            if state.name not in ("pending", "running"):
                return state.name != "finished"
            await asyncio.sleep(self._of.patience.confirm_every_s)
        return False

    async def _may_move(self) -> bool:
        record = self._job.record
        if self._of.settings.current.comfyui.when_host_fails != "move":
            return False
        return record.host != BUILTIN and await self._of.dispatcher.others(self._job, {record.host})

    async def _give_back(self, note: str, *, left: bool = False, lost: int | None = None) -> None:
        """Have the job wait for a host again; with *left* its prompt is still to be cancelled."""
        job = self._job
        record = job.record
        self._of.dispatcher.leave(job)
        behind = LeftBehind(record.prompt_id, record.host, record.job_id) if left else None
        await self._of.leftovers.save(
            job,
            behind,
            prompt_id="",
            host=record.host_wanted,
            lost=record.lost if lost is None else lost,
            notes=(*record.notes, note) if note and note not in record.notes else record.notes,
        )
        self._known = False


def _is_away(error: RabbitError, *, posted: bool) -> bool:
    """Whether a host is away for now; one that took the prompt in silence may have it."""
    kind = error.info.kind
    return kind is ErrorKind.HOST_UNREACHABLE or (kind is ErrorKind.TIMED_OUT and not posted)
