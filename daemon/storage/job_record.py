"""One job as it stands on disk: what was asked, how far it is, what is needed to go on."""

from __future__ import annotations

import msgspec

from daemon.protocol.errors import ErrorInfo
from daemon.protocol.values import FitReport, JobInfo
from daemon.tasks import SmallPrepared

OPEN_STATES = ("waiting", "running")


class MaskFacts(msgspec.Struct, frozen=True, kw_only=True):
    """The mask of a job as it was when the job began.

    Attributes:
        width_px: Its width, that of the upright photo.
        height_px: As above.
        box: left, top, width, height of what is not black, pixels.
        digest: Of its file's bytes, hexadecimal.
        resized: It was made to fit the photo.
    """

    width_px: int
    height_px: int
    box: tuple[int, int, int, int]
    digest: str = ""
    resized: bool = False

    def fitted_note(self) -> str:
        """Say that the mask had another size than the photo."""
        return f"The mask was fitted to the photo, {self.width_px} × {self.height_px} pixels."


class JobRecord(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
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
        mask_path: Where the mask was when the job began; the job uses the copy in its work folder.
            Empty: the whole photo.
        mask: What that copy says; None: no mask.
        outside_identical: As in the protocol, once the result is written.
        pool_id: The pool that photo and mask came from; empty: none. So with the next five.
        slot: The slot's lasting name.
        index: Its index when the job began.
        count: How many photos the pool held.
        label: The slot's label.
        content_hash: Of the slot's picture and mask; another one makes the result stale.
        own_picture: The picture lay in the pool's folder; the job uses the copy in its work folder.
        channels: all | luma | chroma: what of the grade counts.
        look_id: The look that is applied; its LUT is in the work folder. *prompt* is its name.
        grade_of: The finished job whose grade is applied in the same way.
        result: lut | image: what the workflow makes.
        paused: It holds, or will once its host has finished.
        rank: Place in the order of the jobs that wait, smaller is sooner.
        prompt_ids: Every id under which it was sent, the newest last; *prompt_id* is the present.
        lost: How often a host lost it.
        host_wanted: The host that the user named; empty: any that can.
        prompt_used: *prompt* with one of each ``{a|b}`` chosen; empty: as *prompt*.
        negative: What the picture must not become; None: what the workflow's graph says.
        prompt_2: For the second text encoder; None: the first one's text.
        negative_prompt_2: As above.
        images: The further pictures' bindings; their files are in the work folder.
        free_memory: Have the host unload its models before it is sent.
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
    mask_path: bytes = b""
    mask: MaskFacts | None = None
    outside_identical: bool | None = None
    pool_id: str = ""
    slot: str = ""
    index: int | None = None
    count: int = 0
    label: str = ""
    content_hash: str = ""
    own_picture: bool = False
    channels: str = "all"
    look_id: str = ""
    grade_of: str = ""
    result: str = "lut"
    paused: bool = False
    rank: float = 0.0
    prompt_ids: tuple[str, ...] = ()
    lost: int = 0
    host_wanted: str = ""
    prompt_used: str = ""
    negative: str | None = None
    prompt_2: str | None = None
    negative_prompt_2: str | None = None
    images: tuple[str, ...] = ()
    free_memory: bool = False

    @property
    def is_open(self) -> bool:
        """Whether there is still something to do."""
        return self.state in OPEN_STATES

    @property
    def applies_look(self) -> bool:
        """Whether it puts a LUT that is there already on the photo; no host is asked."""
        return bool(self.look_id or self.grade_of)

    @property
    def keeps_picture(self) -> bool:
        """Whether the host's own picture is the result; nothing is learnt from it."""
        return self.fit_mode == "model" or self.result == "image"

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
            state="paused" if self.paused and self.state == "waiting" else self.state,
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
            mask_path=self.mask_path or None,
            outside_identical=self.outside_identical,
            pool_id=self.pool_id,
            slot=self.slot,
            index=self.index,
            look_id=self.look_id,
            channels=self.channels,
            result=self.result,
            paused=self.paused,
            rank=self.rank,
            prompt_ids=self.prompt_ids,
            host_wanted=self.host_wanted,
            prompt_used=self.prompt_used or self.prompt,
        )
