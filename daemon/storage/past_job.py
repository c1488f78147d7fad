"""What the times of an ended job tell about the next ones."""

from __future__ import annotations

import msgspec

from daemon.protocol.errors import ErrorInfo, ErrorKind
from daemon.storage.job_record import JobRecord
from daemon.tasks import SmallPrepared

_AT_HOST = ("upload", "queued", "run", "fetch")
_NOT_THE_HOSTS = (
    ErrorKind.INVALID_REQUEST,
    ErrorKind.WORKFLOW_INVALID,
    ErrorKind.OVER_BUDGET,
    ErrorKind.CANCELLED,
)


class PastJob(msgspec.Struct, frozen=True, kw_only=True):
    """One ended job, without what nobody counts; read straight from a :class:`JobRecord`'s bytes.

    The fields are those of the record.
    """

    host: str
    workflow: str
    state: str
    stage: str = "prepare"
    fit_mode: str
    sends: int = 0
    timings_s: dict[str, float] = msgspec.field(default_factory=dict[str, float])
    small: SmallPrepared | None = None
    error: ErrorInfo | None = None

    @property
    def done(self) -> bool:
        """Whether it has a result."""
        return self.state == "done"

    @property
    def ran(self) -> bool:
        """Whether a host had it; one that applies a look or reuses what a host made was at none."""
        return bool(self.host) and self.sends > 0

    @property
    def failed_there(self) -> bool:
        """Whether it failed while a host had it, and not for what was asked of the host."""
        asked_wrong = self.error is not None and self.error.kind in _NOT_THE_HOSTS
        return self.state == "failed" and self.ran and self.stage in _AT_HOST and not asked_wrong

    @property
    def host_s(self) -> float | None:
        """The host's own seconds for it, without its queue; None: not known, or more than a run."""
        return self.timings_s.get("run") if self.done and self.sends == 1 else None

    @property
    def photo_mp(self) -> float | None:
        """The photo's size in megapixels; None: not known."""
        small = self.small
        return small.photo_width_px * small.photo_height_px / 1e6 if small is not None else None


def past_job(record: JobRecord) -> PastJob:
    """Return what *record* tells about the next ones."""
    return PastJob(
        host=record.host,
        workflow=record.workflow,
        state=record.state,
        stage=record.stage,
        fit_mode=record.fit_mode,
        sends=record.sends,
        timings_s=record.timings_s,
        small=record.small,
        error=record.error,
    )
