"""A running job: its record on disk, what it tells the clients, and its clock."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

import msgspec

from daemon.edits.estimates import Expected
from daemon.edits.stages import STAGES, JobProgress, in_words, stages_of
from daemon.protocol.jobs import JobChanged
from daemon.protocol.messages import (
    AiEditCancelled,
    AiEditComplete,
    AiEditFailed,
    AiEditPreview,
    AiEditProgress,
    TraceEvent,
)
from daemon.protocol.peer import Publish
from daemon.storage.job_record import JobRecord
from daemon.storage.jobs import LeftBehind

_MIN_STEP_PCT = 0.2
_BEFORE_THE_RUN = ("prepare", "upload", "queued")
_TOLD = ("state", "host", "rank", "paused", "prompt_ids")


class RecordStore(Protocol):
    """Where a job's record is kept."""

    async def save(self, record: JobRecord, left: LeftBehind | None = None) -> None:
        """Write *record*, and with it what it leaves behind; durable on return."""
        ...

    def save_soon(self, record: JobRecord) -> None:
        """Write *record* before all that is asked for later."""
        ...


def _nothing_known(record: JobRecord) -> Expected:
    del record
    return Expected()


class Job:
    """One job while the daemon works on it.

    Attributes:
        record: What is on disk, plus the latest percentage and message.
        folder: Its work folder: small copy, returned picture, LUT.
        resumed: An earlier daemon began it.
    """

    def __init__(
        self,
        record: JobRecord,
        folder: Path,
        store: RecordStore,
        publish: Publish,
        *,
        resumed: bool = False,
        expect: Callable[[JobRecord], Expected] = _nothing_known,
    ) -> None:
        self.resumed = resumed
        self.record = record
        self.folder = folder
        self._store = store
        self._publish = publish
        self._stage_began: float | None = None
        self._expect = expect
        self._expected = Expected()
        fitted = record.fit_mode != "model" and record.result != "image"
        self._progress = JobProgress(
            stages_of(look=record.applies_look, fitted=fitted), pct=record.progress_pct
        )
        self._position: int | None = None
        if resumed:
            self._foretell(record.stage)

    def put(self, **changes: object) -> None:
        """Change the record without writing it: what follows need not rely on that."""
        before, self.record = self.record, msgspec.structs.replace(self.record, **changes)
        self._tell_changes(before)

    async def save(self, left: LeftBehind | None = None, **changes: object) -> None:
        """Change the record and write it; what comes after may rely on it.

        Args:
            left: A prompt that must be cancelled, written in the same step.
            changes: Fields of the record.
        """
        await self._write(left, changes)

    async def _write(self, left: LeftBehind | None, changes: dict[str, object]) -> None:
        before, self.record = self.record, msgspec.structs.replace(self.record, **changes)
        if left is None:
            await self._store.save(self.record)
        else:
            await self._store.save(self.record, left)
        self._tell_changes(before)

    async def enter(
        self, stage: str, where: str = "", /, *, inside: bool = False, **changes: object
    ) -> None:
        """Begin *stage*, durably, and tell the clients.

        Args:
            stage: Its name.
            where: The host in words, for what a person reads.
            inside: It touches nothing but the job's own folder, and doing it twice is no harm, so
                it need not wait for the disk.
            changes: What else the record has to say before the stage begins.
        """
        self.leave()
        if STAGES.index(stage) > STAGES.index(self.record.stage):
            self._progress.advance(1.0)
        changes |= {"stage": stage, "state": "running", "message": in_words(stage, where)}
        if inside:
            self.put(**changes)
            self._store.save_soon(self.record)
        else:
            await self._write(None, changes)
        self._stage_began = time.monotonic()
        self._foretell(stage)
        args: dict[str, str | int | float] = {"job_id": self.record.job_id, "stage": stage}
        self._publish(TraceEvent(name="job_stage", ts_us=time.monotonic() * 1e6, args=args))
        self.progress(0.0, force=True)

    def _foretell(self, stage: str) -> None:
        """Share out what is left of the percentage and of the time, from *stage* on."""
        self._expected = self._expect(self.record)
        self._progress.expect(self._expected.seconds)
        self._progress.enter(stage)
        if stage in _BEFORE_THE_RUN:
            self._progress.wait_behind(self._expected.ahead_s)
        self._position = None

    def leave(self) -> None:
        """Stop the present stage's clock; its seconds go to disk with whatever is saved next.

        A stage may run twice: its seconds are added up.
        """
        if self._stage_began is None:
            return
        spent = time.monotonic() - self._stage_began
        self._stage_began = None
        timings = dict(self.record.timings_s)
        timings[self.record.stage] = round(timings.get(self.record.stage, 0.0) + spent, 4)
        self.record = msgspec.structs.replace(self.record, timings_s=timings)

    async def rest(self, why: str) -> None:
        """Wait for something; it is on disk that nothing is done meanwhile."""
        self.leave()
        if self.record.state == "waiting":
            self.put(message=why)
        else:
            await self.save(state="waiting", message=why)

    def progress(
        self,
        fraction: float,
        message: str = "",
        *,
        left_s: float | None = None,
        force: bool = False,
    ) -> None:
        """Report how much of the present stage is done; the total never runs backwards.

        Args:
            fraction: 0..1.
            message: What a person reads; empty: as before.
            left_s: What is left of the stage by its own pace; None: not known.
            force: Tell it though it is hardly news.
        """
        before, record = self.record.progress_pct, self.record
        total = self._progress.advance(fraction, left_s)
        text = message or record.message
        if not force and total - before < _MIN_STEP_PCT and text == record.message:
            return
        self.record = msgspec.structs.replace(record, progress_pct=total, message=text)
        eta_s = self._progress.eta_s()
        self._publish(
            AiEditProgress(
                job_id=record.job_id,
                path=record.path,
                progress_pct=round(total, 2),
                stage=record.stage,
                message=text,
                eta_s=None if eta_s is None else round(eta_s, 1),
                queue_position=self._position,
            )
        )

    def wait_in_queue(self, position: int, message: str) -> None:
        """Report that so many prompts of anybody are before it in its host's queue."""
        usual_s = self._expected.usual_s
        self._progress.wait_behind(None if usual_s is None else usual_s * position)
        force, self._position = position != self._position, position
        self.progress(0.0, message, force=force)

    def preview(self, width_px: int, height_px: int, pixels: bytes) -> None:
        """Show the sampler's picture so far."""
        record = self.record
        self._publish(
            AiEditPreview(
                job_id=record.job_id, path=record.path, width_px=width_px, height_px=height_px
            ),
            pixels,
        )

    async def note(self, sentence: str) -> None:
        """Keep a sentence for the user; each is kept once."""
        if sentence and sentence not in self.record.notes:
            await self.save(notes=(*self.record.notes, sentence))

    def _tell_changes(self, before: JobRecord) -> None:
        """Tell the clients what they would not learn from the progress."""
        record = self.record
        same = all(getattr(before, name) == getattr(record, name) for name in _TOLD)
        waits_for_else = record.state == "waiting" and before.message != record.message
        if record.is_open and (not same or waits_for_else):
            self._publish(JobChanged(job=record.to_info()))

    def announce_end(self) -> None:
        """Tell the clients how the job ended."""
        record, info = self.record, self.record.to_info()
        if record.state == "done":
            self._publish(
                AiEditComplete(
                    job_id=record.job_id,
                    path=record.path,
                    result_path=record.result_path,
                    job=info,
                )
            )
        elif record.state == "cancelled":
            self._publish(AiEditCancelled(job_id=record.job_id, path=record.path, job=info))
        elif record.error is not None:
            self._publish(
                AiEditFailed(job_id=record.job_id, path=record.path, error=record.error, job=info)
            )
