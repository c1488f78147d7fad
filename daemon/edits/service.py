"""Takes edit requests from clients, keeps their jobs, resumes what a killed daemon left open."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
from collections.abc import Callable, Coroutine, Mapping, Sequence
from pathlib import Path

import msgspec

from daemon.comfyui.host_stats import HostStatistics
from daemon.edits.ai_editor import AiEditor
from daemon.edits.dispatch import JobDispatcher
from daemon.edits.estimates import Estimates, Expected, runs_before
from daemon.edits.intake import EditIntake
from daemon.edits.job import Job
from daemon.edits.kept_work import sweep
from daemon.edits.leftovers import Leftovers
from daemon.edits.ordering import last_rank
from daemon.edits.outputs import remove_temporary
from daemon.edits.requests import jobs_answer
from daemon.edits.results import PoolResults
from daemon.edits.steering import JobSteering
from daemon.edits.work_files import WorkFiles
from daemon.protocol.errors import ErrorInfo, ErrorKind, RabbitError
from daemon.protocol.messages import (
    AiEditAccepted,
    AiEditRequest,
    Done,
    JobCancel,
    JobRetry,
    Jobs,
    JobsRequest,
)
from daemon.protocol.peer import Peer, Publish
from daemon.render import RenderManager, RenderTask
from daemon.storage.job_record import JobRecord
from daemon.storage.jobs import KEPT_ENDED_JOBS, JobStore
from daemon.storage.past_job import past_job

_log = logging.getLogger(__name__)

_ENDS_PER_SWEEP = 20


class EditService:
    """Every edit job of this daemon.

    Attributes:
        estimates: How long stages usually take; learns of every job that ends.
        steering: Answers what is asked of their order and pauses.
        on_pool_result: Called with the id of a pool when an edit of one of its photos is done.
    """

    def __init__(
        self,
        *,
        editor: AiEditor,
        dispatcher: JobDispatcher,
        leftovers: Leftovers,
        intake: EditIntake,
        store: JobStore,
        render: RenderManager,
        publish: Publish,
        work: Path,
    ) -> None:
        self._editor = editor
        self._dispatcher = dispatcher
        self._leftovers = leftovers
        self._intake = intake
        self._store = store
        self._render = render
        self._publish = publish
        self._work = work
        self._jobs: dict[str, Job] = {}
        self._unwritten: dict[str, JobRecord] = {}
        self._tasks: dict[str, RenderTask] = {}
        self.steering = JobSteering(self._jobs, store, dispatcher, publish, self._cancel)
        self.estimates = Estimates(HostStatistics())
        self.on_pool_result: Callable[[str], None] | None = None
        self._results = PoolResults()
        self._closing = False
        self._cancelled: set[str] = set()
        self._ends = 0
        self._newest_rank = 0.0

    def open_jobs(self) -> int:
        """Return how many jobs have work left."""
        return len(self._jobs)

    def stale_slots(self, pool_id: str, hashes: Mapping[str, str]) -> set[str]:
        """Return the slots of a pool whose newest result was made from older content."""
        return self._results.stale(pool_id, hashes)

    async def resume(self) -> None:
        """Go on with the jobs that an earlier daemon left open."""
        self.estimates.learn(await self._store.past_jobs())
        self._results.note(await self._store.done_from_pools())
        self._dispatcher.paused = await self._store.is_paused()
        records = await self._store.open_jobs()
        await self._sweep({record.job_id for record in records})
        await self._leftovers.start()
        for record in records:
            _log.info("resuming job %s at stage %s", record.job_id, record.stage)
            self._start(record, resumed=True)

    async def close(self) -> None:
        """Stop working; open jobs stay open on disk."""
        self._closing = True
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        for task in tasks:
            await task.settled()
        await self._leftovers.close()
        await self._dispatcher.close()
        await self._write_rest()

    async def ai_edit(self, peer: Peer, request: AiEditRequest) -> AiEditAccepted:
        """Start a job; it is on disk when this returns."""
        del peer
        return await self._accept(await self._intake.begin(request))

    async def jobs(self, peer: Peer, request: JobsRequest) -> Jobs:
        """List jobs, newest first; running ones as they are now."""
        del peer
        if request.job_ids:
            records = await self._store.named(request.job_ids)
        elif request.open_only:
            records = (await self._store.open_jobs())[::-1]
        else:
            limit = min(max(request.limit, 1), KEPT_ENDED_JOBS + len(self._jobs))
            records = await self._store.newest(limit, max(request.skip, 0))
        present = (self._as_it_is(record) for record in records)
        wanted = (job for job in present if job.is_open or not request.open_only)
        answer = jobs_answer(job.to_info() for job in wanted)
        return msgspec.structs.replace(answer, paused=self._dispatcher.paused)

    def _as_it_is(self, record: JobRecord) -> JobRecord:
        """Return what is known of a job now, which may not be on disk yet."""
        job = self._jobs.get(record.job_id)
        return job.record if job else self._unwritten.get(record.job_id, record)

    async def job_cancel(self, peer: Peer, request: JobCancel) -> Done:
        """Cancel a job; a job that has ended stays as it is."""
        del peer
        await self._cancel([request.job_id])
        return Done()

    async def _cancel(self, job_ids: Sequence[str]) -> None:
        """Cancel jobs, all at once: those that wait need not begin meanwhile."""
        tasks = [self._tasks[job_id] for job_id in job_ids if job_id in self._tasks]
        self._cancelled.update(job_id for job_id in job_ids if job_id in self._tasks)
        for task in tasks:
            task.cancel()
        for job_id in job_ids:
            if job_id not in self._tasks and await self._store.get(job_id) is None:
                raise _unknown_job(job_id)
        for task in tasks:
            await task.settled()

    async def job_retry(self, peer: Peer, request: JobRetry) -> AiEditAccepted:
        """Run an ended job again; what the first try already has is used unless the seed is new."""
        del peer
        found = await self._store.get(request.job_id)
        if found is None:
            raise _unknown_job(request.job_id)
        old = self._as_it_is(found)
        if request.job_id in self._jobs:
            raise RabbitError(
                ErrorKind.INVALID_REQUEST, "The job is still running.", "Cancel it first."
            )
        fresh = await self._intake.again(
            old,
            other_seed=request.new_seed,
            fit=request.fit,
            host=request.host,
            free_memory=request.free_memory,
        )
        return await self._accept(fresh)

    async def _accept(self, record: JobRecord) -> AiEditAccepted:
        record = msgspec.structs.replace(record, rank=self._last_rank())
        await self._store.save(record)
        self._start(record)
        await self._write_rest()
        return AiEditAccepted(job_id=record.job_id, job=record.to_info())

    def _last_rank(self) -> float:
        """Return the rank behind all others; also behind those that come in at the same time."""
        open_jobs = [job.record for job in self._jobs.values()]
        self._newest_rank = max(self._newest_rank + 1.0, last_rank(open_jobs))
        return self._newest_rank

    def _start(self, record: JobRecord, *, resumed: bool = False) -> None:
        folder = self._work / record.job_id
        job = Job(
            record,
            folder,
            self._store,
            self._publish,
            resumed=resumed,
            expect=self._expected,
        )
        self._jobs[record.job_id] = job
        if record.prompt_id:
            self._dispatcher.stay(job)
        elif not record.applies_look:
            self._dispatcher.expect(job)

        async def work(task: RenderTask) -> None:
            await self._work_on(job, task)

        self._tasks[record.job_id] = self._render.start(f"job {record.job_id}", work)

    def _expected(self, record: JobRecord) -> Expected:
        """Return what a job may take, with those of ours that a host runs before it."""
        open_jobs = [job.record for job in self._jobs.values()]
        if record.host:
            before = runs_before(record, [each for each in open_jobs if each.host == record.host])
            return self.estimates.of(record, before)
        hosts = max(self._dispatcher.hosts_at_work, 1)
        return self.estimates.of(record, runs_before(record, open_jobs) / hosts)

    async def _work_on(self, job: Job, task: RenderTask) -> None:
        try:
            await asyncio.to_thread(job.folder.mkdir, 0o700, parents=True, exist_ok=True)
            await self._editor.run(job, task)
        except asyncio.CancelledError:
            if self._closing and job.record.job_id not in self._cancelled:
                raise
            done = bool(job.record.result_path)
            await _for_sure(self._end(job, "done" if done else "cancelled", None))
        except RabbitError as error:
            await _for_sure(self._end(job, "failed", error.info))
        except Exception:  # noqa: BLE001 - the boundary of a job: logged, and told to the user
            _log.exception("job %s failed", job.record.job_id)
            problem = f"Grading {os.fsdecode(job.record.path)} failed inside RabbitViewer."
            hint = "The log has the details; 'rabbitviewer daemon status' names it."
            error = ErrorInfo(ErrorKind.INTERNAL, problem, hint)
            await _for_sure(self._end(job, "failed", error))
        else:
            await _for_sure(self._end(job, "done", None))

    async def _end(self, job: Job, state: str, error: ErrorInfo | None) -> None:
        record = job.record
        if state != "done":
            await asyncio.to_thread(remove_temporary, record.temp_path)
        try:
            if state == "done":
                await job.save(
                    state=state, stage="done", progress_pct=100.0, message="", error=None
                )
            else:
                left = self._editor.left_by(job)
                job.leave()
                await self._leftovers.save(
                    job, left, state=state, error=error, message="", temp_path=b"", temp_inode=0
                )
        except RabbitError as problem:  # a full disk, mostly: whoever waits is told all the same
            _log.error("the end of job %s was not written: %s", record.job_id, problem)
            self._unwritten[record.job_id] = job.record
        finally:
            self._dispatcher.forget(job)
            self._jobs.pop(record.job_id, None)
            self._tasks.pop(record.job_id, None)
            self._cancelled.discard(record.job_id)
        if state == "cancelled":
            await asyncio.to_thread(WorkFiles(job.folder).clear)
        self.estimates.note(past_job(job.record))
        job.announce_end()
        if state == "done" and record.content_hash:
            self._results.note([record])
            if self.on_pool_result is not None:
                self.on_pool_result(record.pool_id)
        self._ends += 1
        if self._ends % _ENDS_PER_SWEEP == 0:
            with contextlib.suppress(RabbitError):
                await self._sweep(set(self._jobs))

    async def _write_rest(self) -> None:
        """Write the ends of jobs that the disk did not take before."""
        for job_id, record in list(self._unwritten.items()):
            with contextlib.suppress(RabbitError):
                await self._store.save(record)
                self._unwritten.pop(job_id, None)

    async def _sweep(self, still_open: set[str]) -> None:
        """Remove what ended jobs left and nobody will ask for again."""
        done = await self._store.done_ids()
        await asyncio.to_thread(sweep, self._work, still_open, done)


async def _for_sure(ending: Coroutine[object, object, None]) -> None:
    """End a job; a cancellation comes too late for that, and nobody must miss how it ended."""
    task = asyncio.ensure_future(ending)
    try:
        await asyncio.shield(task)
    except asyncio.CancelledError:
        await task


def _unknown_job(job_id: str) -> RabbitError:
    return RabbitError(
        ErrorKind.NOT_FOUND, f"There is no job {job_id}.", "'rabbitviewer jobs list' shows them."
    )
