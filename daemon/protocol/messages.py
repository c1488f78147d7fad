"""Every message of the protocol between the daemon and its clients (version 1).

One message is one flat map; its tag field is ``command``. A client may put a ``request_id`` of its
own choosing (unique on its connection, > 0) into any request; the answer repeats it. Events carry
``request_id`` 0. Paths are bytes (``os.fsencode``); text is accepted from scripts.
"""

from __future__ import annotations

import functools
import os

import msgspec

from daemon.protocol.browsing import (
    CancelRequests,
    FilterChoices,
    FilterChoicesRequest,
    FolderChunk,
    FolderClose,
    FolderDelta,
    FolderOpen,
    IndexedFolders,
    IndexedFoldersKnown,
    IndexProgress,
    ListingArrange,
    ListingArranged,
    ListingMarks,
    MonitorProfile,
    MonitorProfileKnown,
    PhotoInfo,
    PhotoInfoRequest,
    PreviewRequest,
    Subfolders,
    SubfoldersRequest,
    SurfaceMapped,
    SurfaceReady,
    ThumbnailReady,
    ThumbnailRequest,
    Tones,
    TonesRequest,
)
from daemon.protocol.errors import ErrorInfo
from daemon.protocol.hosting import (
    HostChecked,
    HostCheckRequest,
    HostEntries,
    HostEntriesRequest,
    HostRemove,
    HostSave,
)
from daemon.protocol.jobs import JobChanged, JobsCancel, JobsMove, JobsPause, QueueState
from daemon.protocol.looks import (
    LookDelete,
    LookExport,
    LookPreviewRequest,
    LookRename,
    LookRestore,
    Looks,
    LookSave,
    LookSaved,
    LooksRequest,
    LookThumbnails,
    LookThumbnailsRequest,
)
from daemon.protocol.message import Message, WirePath
from daemon.protocol.organising import (
    CollectionDelete,
    Collections,
    CollectionSave,
    CollectionsRequest,
    CopyPhotos,
    Duplicates,
    DuplicatesRequest,
    FileWorkCancel,
    FileWorkDone,
    FileWorkProgress,
    FileWorkStarted,
    IngestRequest,
    Journal,
    JournalRequest,
    Marks,
    MarksRequest,
    MarksSet,
    RenamePlan,
    RenameRequest,
    RotatePhotos,
    SetMarks,
    TrashPhotos,
    UndoRequest,
)
from daemon.protocol.pools import (
    MaskChange,
    MaskChanged,
    MaskClose,
    MaskExport,
    MaskOpen,
    MaskOpened,
    MaskSave,
    PoolActive,
    PoolAdd,
    PoolDelete,
    PoolDetach,
    PoolDuplicate,
    PoolExport,
    PoolExported,
    PoolImport,
    PoolLabel,
    PoolList,
    PoolManifest,
    PoolMove,
    PoolNew,
    PoolRemove,
    PoolRename,
    PoolSelect,
    PoolSelected,
    PoolSetMask,
    PoolUndo,
    PoolUse,
)
from daemon.protocol.values import (
    FitReport,
    HostInfo,
    JobInfo,
    OperationInfo,
    WorkflowInfo,
)
from daemon.protocol.workflows import (
    Budget,
    BudgetRequest,
    WorkflowDelete,
    WorkflowDuplicate,
    WorkflowExport,
    WorkflowExported,
    WorkflowForm,
    WorkflowFormRequest,
    WorkflowImport,
    WorkflowMapModels,
    WorkflowProposal,
    WorkflowProposeRequest,
    WorkflowRestore,
    WorkflowSaved,
    WorkflowsChanged,
)

PROTOCOL_VERSION = 1


# ---------------------------------------------------------------- connection


class Hello(Message, frozen=True, tag="hello"):
    """First message of our own clients; a script may leave it out."""

    protocol_version: int
    build_id: str
    client: str
    pid: int = 0
    trace: bool = False


class Welcome(Message, frozen=True, tag="welcome"):
    """Answer to :class:`Hello`, also when the versions differ (the client decides)."""

    protocol_version: int
    build_id: str
    daemon_pid: int
    open_jobs: int
    other_clients: int


class StatusRequest(Message, frozen=True, tag="status_request"):
    """Ask how the daemon is."""


class DaemonStatus(Message, frozen=True, tag="daemon_status"):
    """The daemon in numbers."""

    pid: int
    version: str
    build_id: str
    uptime_s: float
    rss_bytes: int
    clients: int
    open_jobs: int
    workers: int
    tasks_waiting: int
    ai_enabled: bool
    log_path: bytes
    settings_problem: str = ""


class ShutdownRequest(Message, frozen=True, tag="shutdown_request"):
    """End the daemon; without *force* it refuses while jobs are open."""

    force: bool = False


class Done(Message, frozen=True, tag="done"):
    """The request was carried out and has no other answer."""


class Failed(Message, frozen=True, tag="failed"):
    """The request could not be carried out."""

    error: ErrorInfo


class TraceEvent(Message, frozen=True, tag="trace_event"):
    """One event of the daemon for a client that traces; *ts_us* of CLOCK_MONOTONIC."""

    name: str
    ts_us: float
    args: dict[str, str | int | float] = msgspec.field(default_factory=dict[str, str | int | float])


class SettingsChanged(Message, frozen=True, tag="settings_changed"):
    """config.yaml was read again; *problem* is empty or the complaint with line and column."""

    problem: str
    ai_enabled: bool


# ---------------------------------------------------------------- edits


class AiEditRequest(Message, frozen=True, tag="ai_edit_request"):
    """Start an edit of one photo; answered by :class:`AiEditAccepted`, followed by events.

    Attributes:
        path: The original; relative paths are refused.
        prompt: What the user typed.
        workflow: A name in ``comfyui_workflows/``; empty: the configured one.
        host: Name, URL or ``builtin``; empty: by configuration.
        strength: 0..1.5.
        seed: None: chosen at random and reported.
        fit: auto | lut | spatial | model.
        lut_size: Lattice nodes per axis, 2..129.
        long_edge_px: Working size's long edge; 0: near 1 MP.
        output: Target file or folder as an absolute path; empty: by the output pattern.
        cube: Absolute path of a ``.cube`` to write; empty: none.
        parameters: Values for the workflow's parameters.
        mask: 8-bit gray PNG: the edit counts where it is white; empty: everywhere.
        resize_mask: Fit a mask of another size; without it, it is refused.
        pool: Take photo and mask from this pool (id or name, ``current``); *path* is left empty. A
            *mask* given beside it stands in for the slot's own.
        index: The slot; -1: the active one.
        slot: Or its lasting name.
        whole: The whole photo, though its slot has a mask.
        look: Apply this look of the library (its id) and ask no host; *prompt* may be empty.
        grade_of: The same with the grade of this finished job, where *look* is empty.
        channels: all | luma | chroma: what of the grade counts.
        operation: What is wanted, where no *workflow* is named; empty: a colour grade.
        negative: What the picture must not become, where the workflow takes it; None: what its
            graph says.
        prompt_2: For the second text encoder; None: the first one's text.
        negative_prompt_2: As above.
        images: Files for the workflow's further pictures (``reference_1``, ...).
    """

    path: WirePath
    prompt: str
    workflow: str = ""
    host: str = ""
    strength: float = 1.0
    seed: int | None = None
    fit: str = "auto"
    lut_size: int = 33
    long_edge_px: int = 0
    output: WirePath = WirePath()
    cube: WirePath = WirePath()
    parameters: dict[str, int | float | str | bool] = msgspec.field(
        default_factory=dict[str, int | float | str | bool]
    )
    mask: WirePath = WirePath()
    resize_mask: bool = False
    pool: str = ""
    index: int = -1
    slot: str = ""
    whole: bool = False
    look: str = ""
    grade_of: str = ""
    channels: str = "all"
    operation: str = ""
    negative: str | None = None
    prompt_2: str | None = None
    negative_prompt_2: str | None = None
    images: dict[str, WirePath] = msgspec.field(default_factory=dict[str, WirePath])


class AiEditAccepted(Message, frozen=True, tag="ai_edit_accepted"):
    """The job is on disk; *job* is its first state."""

    job_id: str
    job: JobInfo


class AiEditProgress(Message, frozen=True, tag="ai_edit_progress"):
    """Event: how far a job is, 0..100 over all stages, never backwards."""

    job_id: str
    path: bytes
    progress_pct: float
    stage: str
    message: str = ""
    eta_s: float | None = None
    queue_position: int | None = None


class AiEditPreview(Message, frozen=True, tag="ai_edit_preview"):
    """Event: the sampler's preview as BGRX blob."""

    job_id: str
    path: bytes
    width_px: int
    height_px: int


class AiEditComplete(Message, frozen=True, tag="ai_edit_complete"):
    """Event: the job is done."""

    job_id: str
    path: bytes
    result_path: bytes
    job: JobInfo


class AiEditFailed(Message, frozen=True, tag="ai_edit_failed"):
    """Event: the job ended with an error."""

    job_id: str
    path: bytes
    error: ErrorInfo
    job: JobInfo


class AiEditCancelled(Message, frozen=True, tag="ai_edit_cancelled"):
    """Event: the job was cancelled."""

    job_id: str
    path: bytes
    job: JobInfo


class JobsRequest(Message, frozen=True, tag="jobs_request"):
    """Ask for the jobs, newest first.

    *skip* leaves out so many of the newest; *open_only* takes those with work left, *job_ids* those
    whose ids begin so.
    """

    limit: int = 200
    skip: int = 0
    open_only: bool = False
    job_ids: tuple[str, ...] = ()


class Jobs(Message, frozen=True, tag="jobs"):
    """Answer to :class:`JobsRequest`; *more*: others did not fit into the message.

    *paused*: the whole queue holds.
    """

    jobs: tuple[JobInfo, ...]
    more: bool = False
    paused: bool = False


class JobCancel(Message, frozen=True, tag="job_cancel"):
    """Cancel a job at any stage; answered by :class:`Done`."""

    job_id: str


class JobRetry(Message, frozen=True, tag="job_retry"):
    """Run an ended job again as a new job; answered by :class:`AiEditAccepted`.

    What it has is used, unless *new_seed*. *fit*: another one than before, made from the picture
    that the host returned, without asking the host again; empty: the same. *host*: another one;
    empty: the same. *free_memory*: let the host unload its models first.
    """

    job_id: str
    new_seed: bool = False
    fit: str = ""
    host: str = ""
    free_memory: bool = False


class LutExtractRequest(Message, frozen=True, tag="lut_extract_request"):
    """Fit a LUT to a pair of pictures and write it; answered by :class:`LutExtracted`.

    *output* ends with ``.cube``, or with ``.png`` for a Hald CLUT.
    """

    original: WirePath
    edited: WirePath
    output: WirePath
    size: int = 33
    register: bool = True


class LutExtracted(Message, frozen=True, tag="lut_extracted"):
    """The LUT is written; *notes* say what its form cannot hold."""

    cube_path: bytes
    fit: FitReport
    notes: tuple[str, ...] = ()


class LutApplyRequest(Message, frozen=True, tag="lut_apply_request"):
    """Apply a LUT file to a photo at full size; answered by :class:`LutApplied`.

    *cube* is a ``.cube`` or a Hald CLUT as PNG; *mask*, *resize_mask* and *channels* as for
    :class:`AiEditRequest`.
    """

    path: WirePath
    cube: WirePath
    output: WirePath
    strength: float = 1.0
    mask: WirePath = WirePath()
    resize_mask: bool = False
    channels: str = "all"


class LutApplied(Message, frozen=True, tag="lut_applied"):
    """The result file is written; *outside_identical* is None without a mask."""

    result_path: bytes
    notes: tuple[str, ...] = ()
    outside_identical: bool | None = None


class LutSpatialRequest(Message, frozen=True, tag="lut_spatial_request"):
    """Fit a grade that varies over the picture to a pair, apply it to a photo at full size.

    *path* shows the same scene as *original*, usually larger; *strength* and *channels* as for
    :class:`AiEditRequest`. Answered by :class:`LutGraded`.
    """

    original: WirePath
    edited: WirePath
    path: WirePath
    output: WirePath
    strength: float = 1.0
    register: bool = True
    channels: str = "all"


class LutGraded(Message, frozen=True, tag="lut_graded"):
    """The result file is written, by the grade that *fit* tells of."""

    result_path: bytes
    fit: FitReport
    notes: tuple[str, ...] = ()


class LutConvertRequest(Message, frozen=True, tag="lut_convert_request"):
    """Write a LUT file as another kind or size; answered by :class:`LutConverted`.

    *source*: ``.cube`` (1D or 3D) or Hald CLUT; *output* ends with ``.cube`` or ``.png`` (Hald).
    *size*: nodes a side, 2..129; 0: as it is (a Hald CLUT takes the nearest square).
    """

    source: WirePath
    output: WirePath
    size: int = 0


class LutConverted(Message, frozen=True, tag="lut_converted"):
    """The LUT file is written; *notes* say what the other form cannot hold."""

    path: bytes
    notes: tuple[str, ...] = ()


class OperationsRequest(Message, frozen=True, tag="operations_request"):
    """Ask what can be done."""


class Operations(Message, frozen=True, tag="operations"):
    """Answer to :class:`OperationsRequest`."""

    operations: tuple[OperationInfo, ...]


class WorkflowsRequest(Message, frozen=True, tag="workflows_request"):
    """Ask for the workflows; *check* asks the host (*host*, or the configured one) too."""

    check: bool = False
    host: str = ""
    names: tuple[str, ...] = ()


class Workflows(Message, frozen=True, tag="workflows"):
    """Answer to :class:`WorkflowsRequest`."""

    workflows: tuple[WorkflowInfo, ...]


class HostsRequest(Message, frozen=True, tag="hosts_request"):
    """Ask for the hosts; *check* contacts each."""

    check: bool = False


class Hosts(Message, frozen=True, tag="hosts"):
    """Answer to :class:`HostsRequest`."""

    hosts: tuple[HostInfo, ...]


class HostChanged(Message, frozen=True, tag="host_changed"):
    """Event: a host's state changed."""

    host: HostInfo


class ConfigRequest(Message, frozen=True, tag="config_request"):
    """Read the settings; *path* checks another file instead of the one in force."""

    path: WirePath = WirePath()


class Config(Message, frozen=True, tag="config"):
    """Settings in force, as flat ``section.key`` values, and what is wrong with the file."""

    path: bytes
    values: dict[str, str | int | float | bool | None]
    errors: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


class ConfigSet(Message, frozen=True, tag="config_set"):
    """Write one value (``section.key``) into config.yaml, comments kept; answered by Config."""

    key: str
    value: str | int | float | bool


Request = (
    Hello
    | StatusRequest
    | ShutdownRequest
    | FolderOpen
    | FolderClose
    | SubfoldersRequest
    | ThumbnailRequest
    | PreviewRequest
    | SurfaceMapped
    | CancelRequests
    | PhotoInfoRequest
    | TonesRequest
    | AiEditRequest
    | JobsRequest
    | JobCancel
    | JobRetry
    | LutExtractRequest
    | LutApplyRequest
    | LutSpatialRequest
    | LutConvertRequest
    | LooksRequest
    | LookSave
    | LookRename
    | LookDelete
    | LookRestore
    | LookExport
    | LookThumbnailsRequest
    | LookPreviewRequest
    | OperationsRequest
    | WorkflowsRequest
    | HostsRequest
    | ConfigRequest
    | ConfigSet
    | ListingArrange
    | FilterChoicesRequest
    | IndexedFolders
    | MonitorProfile
    | MarksRequest
    | SetMarks
    | CollectionsRequest
    | CollectionSave
    | CollectionDelete
    | CopyPhotos
    | RenameRequest
    | TrashPhotos
    | RotatePhotos
    | IngestRequest
    | FileWorkCancel
    | UndoRequest
    | JournalRequest
    | DuplicatesRequest
    | PoolList
    | PoolAdd
    | PoolRemove
    | PoolActive
    | PoolLabel
    | PoolMove
    | PoolSetMask
    | PoolUndo
    | PoolSelect
    | PoolNew
    | PoolUse
    | PoolRename
    | PoolDuplicate
    | PoolDetach
    | PoolDelete
    | PoolExport
    | PoolImport
    | MaskOpen
    | MaskSave
    | MaskClose
    | MaskChange
    | MaskExport
    | JobsMove
    | JobsPause
    | JobsCancel
    | HostCheckRequest
    | HostEntriesRequest
    | HostSave
    | HostRemove
    | WorkflowFormRequest
    | BudgetRequest
    | WorkflowProposeRequest
    | WorkflowImport
    | WorkflowExport
    | WorkflowDuplicate
    | WorkflowDelete
    | WorkflowRestore
    | WorkflowMapModels
)

Reply = (
    Welcome
    | DaemonStatus
    | Done
    | Failed
    | TraceEvent
    | SettingsChanged
    | FolderChunk
    | FolderDelta
    | Subfolders
    | ThumbnailReady
    | SurfaceReady
    | PhotoInfo
    | Tones
    | AiEditAccepted
    | AiEditProgress
    | AiEditPreview
    | AiEditComplete
    | AiEditFailed
    | AiEditCancelled
    | Jobs
    | LutExtracted
    | LutApplied
    | LutGraded
    | LutConverted
    | Looks
    | LookSaved
    | LookThumbnails
    | Operations
    | Workflows
    | Hosts
    | HostChanged
    | Config
    | ListingMarks
    | ListingArranged
    | FilterChoices
    | IndexProgress
    | IndexedFoldersKnown
    | MonitorProfileKnown
    | Marks
    | MarksSet
    | Collections
    | RenamePlan
    | FileWorkStarted
    | FileWorkProgress
    | FileWorkDone
    | Journal
    | Duplicates
    | PoolManifest
    | PoolSelected
    | PoolExported
    | MaskOpened
    | MaskChanged
    | JobChanged
    | QueueState
    | HostChecked
    | HostEntries
    | WorkflowForm
    | Budget
    | WorkflowProposal
    | WorkflowSaved
    | WorkflowExported
    | WorkflowsChanged
)


def encode(message: Message) -> bytes:
    """Return *message* as the header of a frame."""
    return _encoder.encode(message)


def decode_request(header: bytes) -> Request:
    """Return the request in *header*.

    Raises:
        msgspec.DecodeError: it is none; the text names the field.
    """
    return _request_decoder().decode(header)


def decode_reply(header: bytes) -> Reply:
    """Return the answer or event in *header*.

    Raises:
        msgspec.DecodeError: it is none; the text names the field.
    """
    return _reply_decoder().decode(header)


def _to_wire(value: object) -> bytes:
    if isinstance(value, WirePath):
        return bytes(value)
    raise NotImplementedError(f"{type(value).__name__} cannot cross the socket")


def _from_wire(kind: type, value: object) -> WirePath:
    if kind is WirePath and isinstance(value, (bytes, str)):
        path = WirePath(os.fsencode(value))
        if b"\0" in path:
            raise ValueError("a path holds no NUL byte")
        return path
    raise ValueError(f"expected a path, got {type(value).__name__}")


_encoder = msgspec.msgpack.Encoder(enc_hook=_to_wire)


@functools.cache
def _request_decoder() -> msgspec.msgpack.Decoder[Request]:
    """Return the daemon's decoder; no client takes the time to build it."""
    return msgspec.msgpack.Decoder(Request, dec_hook=_from_wire)


@functools.cache
def _reply_decoder() -> msgspec.msgpack.Decoder[Reply]:
    """Return the clients' decoder."""
    return msgspec.msgpack.Decoder(Reply, dec_hook=_from_wire)
