"""A running job: its record on disk, what it tells the clients, and its clock."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Protocol

import msgspec

from daemon.edits.stages import in_words, overall_pct
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

_MIN_STEP_PCT = 0.2


class RecordStore(Protocol):
    """Where a job's record is kept."""

    async def save(self, record: JobRecord) -> None:
        """Write *record*; durable on return."""
        ...


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
    ) -> None:
        self.resumed = resumed
        self.record = record
        self.folder = folder
        self._store = store
        self._publish = publish
        self._stage_began = time.monotonic()

    async def save(self, **changes: object) -> None:
        """Change the record and write it; what comes after may rely on it."""
        self.record = msgspec.structs.replace(self.record, **changes)
        await self._store.save(self.record)

    async def enter(self, stage: str, host: str = "") -> None:
        """Begin *stage*, durably, and tell the clients."""
        await self.save(stage=stage, state="running", message=in_words(stage, host))
        self._stage_began = time.monotonic()
        args: dict[str, str | int | float] = {"job_id": self.record.job_id, "stage": stage}
        self._publish(TraceEvent(name="job_stage", ts_us=time.monotonic() * 1e6, args=args))
        self.progress(0.0, force=True)

    def leave(self) -> dict[str, float]:
        """Return the timings with the present stage's seconds added (a stage may run twice)."""
        spent = time.monotonic() - self._stage_began
        timings = dict(self.record.timings_s)
        timings[self.record.stage] = round(timings.get(self.record.stage, 0.0) + spent, 4)
        return timings

    def progress(self, fraction: float, message: str = "", *, force: bool = False) -> None:
        """Report how much of the present stage is done, 0..1; the total never runs backwards."""
        before = self.record.progress_pct
        record = self.record
        total = max(before, overall_pct(record.stage, fraction, look=record.applies_look))
        text = message or self.record.message
        if not force and total - before < _MIN_STEP_PCT and text == self.record.message:
            return
        self.record = msgspec.structs.replace(self.record, progress_pct=total, message=text)
        self._publish(
            AiEditProgress(
                job_id=self.record.job_id,
                path=self.record.path,
                progress_pct=round(total, 2),
                stage=self.record.stage,
                message=text,
            )
        )

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
