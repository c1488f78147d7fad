"""Steering jobs: their order, holding them, cancelling many of them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence

from daemon.edits.dispatch import JobDispatcher
from daemon.edits.job import Job
from daemon.edits.ordering import moved
from daemon.protocol.errors import ErrorKind, RabbitError
from daemon.protocol.jobs import JobsCancel, JobsMove, JobsPause, QueueState
from daemon.protocol.messages import Done
from daemon.protocol.peer import Peer, Publish
from daemon.storage.jobs import JobStore

Cancel = Callable[[Sequence[str]], Awaitable[None]]


class JobSteering:
    """Answers what clients ask of the order and the pauses of jobs."""

    def __init__(
        self,
        jobs: Mapping[str, Job],
        store: JobStore,
        dispatcher: JobDispatcher,
        publish: Publish,
        cancel: Cancel,
    ) -> None:
        """Prepare.

        Args:
            jobs: Those with work left, by id; kept up to date by its owner.
            store: Where they are written.
            dispatcher: Whom the order concerns.
            publish: Tells all clients.
            cancel: Cancels jobs by id.
        """
        self._jobs = jobs
        self._store = store
        self._dispatcher = dispatcher
        self._publish = publish
        self._cancel = cancel

    async def move(self, peer: Peer, request: JobsMove) -> Done:
        """Put jobs elsewhere in the order."""
        del peer
        records = [job.record for job in self._jobs.values()]
        ranks = moved(records, request.job_ids, request.place, request.before)
        await self._change((self._jobs[job_id], {"rank": rank}) for job_id, rank in ranks.items())
        return Done()

    async def pause(self, peer: Peer, request: JobsPause) -> Done:
        """Hold jobs or the whole queue, or let them go on."""
        del peer
        if not request.job_ids:
            await self._store.set_paused(request.paused)
            self._dispatcher.paused = request.paused
            self._publish(QueueState(paused=request.paused))
            return Done()
        chosen = [self._open(job_id) for job_id in request.job_ids]
        await self._change((job, {"paused": request.paused}) for job in chosen)
        return Done()

    async def cancel(self, peer: Peer, request: JobsCancel) -> Done:
        """Cancel jobs, or all that have work left."""
        del peer
        await self._cancel(request.job_ids or tuple(self._jobs))
        return Done()

    async def _change(self, changes: Iterable[tuple[Job, dict[str, object]]]) -> None:
        """Change jobs, durably, all of them or none."""
        before = [
            (job, {name: getattr(job.record, name) for name in new}, new) for job, new in changes
        ]
        for job, _, new in before:
            job.put(**new)
        try:
            await self._store.save_all([job.record for job, _, _ in before if job.record.is_open])
        except RabbitError:
            for job, old, _ in before:
                job.put(**old)
            raise
        finally:
            self._dispatcher.look_again()

    def _open(self, job_id: str) -> Job:
        job = self._jobs.get(job_id)
        if job is None:
            raise RabbitError(
                ErrorKind.NOT_FOUND,
                f"There is no job {job_id} with work left.",
                "'rabbitviewer jobs list' shows the jobs.",
            )
        return job
