"""One job as it stands on disk: what was asked, how far it is, what is needed to go on."""

from __future__ import annotations

import msgspec

from daemon.protocol.errors import ErrorInfo
from daemon.protocol.values import FitReport, JobInfo
from daemon.tasks import SmallPrepared

OPEN_STATES = ("waiting", "running")


class JobRecord(msgspec.Struct, frozen=True, kw_only=True):
    """Everything a restarted daemon needs to finish the job once.

    Attributes:
        prompt_id: The host's id of the run; written before it is sent, empty before that.
        sends: How often a prompt was sent to the host.
        target: The result's path without extension and number.
        extension: Asked for, with dot; empty: by the photo's format.
        cube: Where a copy of the ``.cube`` goes; empty: nowhere.
        small: What was sent, once the small copy exists.
        temp_path: The result's temporary file beside its final place; with *temp_inode* it tells
            after a crash whether the final name was already given.
        result_path: The final name once it has been given.
    """

    job_id: str
    created: float
    path: bytes
    operation: str
    prompt: str
    workflow: str
    host: str
    ai: bool
    strength: float
    seed: int
    fit_mode: str
    lut_size: int
    long_edge_px: int
    target: bytes
    extension: str = ""
    cube: bytes = b""
    parameters: dict[str, int | float | str | bool] = msgspec.field(
        default_factory=dict[str, int | float | str | bool]
    )
    state: str = "waiting"
    stage: str = "prepare"
    progress_pct: float = 0.0
    message: str = ""
    notes: tuple[str, ...] = ()
    prompt_id: str = ""
    sends: int = 0
    small: SmallPrepared | None = None
    temp_path: bytes = b""
    temp_inode: int = 0
    result_path: bytes = b""
    cube_path: bytes = b""
    fit: FitReport | None = None
    timings_s: dict[str, float] = msgspec.field(default_factory=dict[str, float])
    error: ErrorInfo | None = None

    @property
    def is_open(self) -> bool:
        """Whether there is still something to do."""
        return self.state in OPEN_STATES

    def to_info(self) -> JobInfo:
        """Return what a client may know of it."""
        return JobInfo(
            job_id=self.job_id,
            path=self.path,
            operation=self.operation,
            prompt=self.prompt,
            workflow=self.workflow,
            host=self.host,
            ai=self.ai,
            state=self.state,
            stage=self.stage,
            progress_pct=self.progress_pct,
            created=self.created,
            seed=self.seed,
            strength=self.strength,
            message=self.message,
            notes=self.notes,
            result_path=self.result_path or None,
            cube_path=self.cube_path or None,
            fit=self.fit,
            timings_s=self.timings_s,
            error=self.error,
        )
