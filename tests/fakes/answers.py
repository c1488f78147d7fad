"""What a daemon answers: one whole answer of every kind, for tests of clients and documents."""

from __future__ import annotations

import os
from collections.abc import Iterator

import msgspec

from daemon.protocol.errors import ErrorInfo, ErrorKind
from daemon.protocol.hosting import CheckStep, HostChecked, HostCheckRequest
from daemon.protocol.jobs import JobsCancel, JobsMove, JobsPause
from daemon.protocol.messages import (
    AiEditAccepted,
    AiEditComplete,
    AiEditFailed,
    AiEditProgress,
    AiEditRequest,
    Config,
    ConfigRequest,
    DaemonStatus,
    Done,
    Failed,
    FolderChunk,
    FolderClose,
    FolderOpen,
    Hosts,
    HostsRequest,
    JobCancel,
    JobRetry,
    Jobs,
    JobsRequest,
    LookDelete,
    LookExport,
    LookRename,
    LookRestore,
    Looks,
    LookSave,
    LookSaved,
    LooksRequest,
    LutApplied,
    LutApplyRequest,
    LutConverted,
    LutConvertRequest,
    LutExtracted,
    LutExtractRequest,
    LutGraded,
    LutSpatialRequest,
    MaskExport,
    Message,
    Operations,
    OperationsRequest,
    PhotoInfo,
    PhotoInfoRequest,
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
    StatusRequest,
    ThumbnailReady,
    ThumbnailRequest,
    WorkflowDelete,
    WorkflowDuplicate,
    WorkflowExport,
    WorkflowExported,
    WorkflowImport,
    WorkflowMapModels,
    WorkflowProposal,
    WorkflowProposeRequest,
    WorkflowRestore,
    Workflows,
    WorkflowSaved,
    WorkflowsRequest,
)
from daemon.protocol.values import (
    FitReport,
    HostInfo,
    JobInfo,
    LookInfo,
    OperationInfo,
    ParameterInfo,
    PhotoEntry,
    PoolInfo,
    PoolSlot,
    Registration,
    WorkflowInfo,
)
from daemon.protocol.workflows import BindingChoice, ProposedBinding
from tests.fakes.scripted_daemon import ScriptedDaemon

LOOK = LookInfo(
    look_id="5b0a" * 8, name="Warm evening", added=1.5, prompt="warm evening light", ai=True
)
FIT = FitReport(
    model="lut",
    delta_e_mean=0.5,
    delta_e_p95=1.25,
    coverage=0.75,
    explained=0.9375,
    registration=Registration(0.5, -0.25, 1.0, 0.0),
    spatial_score=3.5,
    verdict="excellent",
    summary="An excellent match: one LUT explains 94 % of the edit, mean ΔE 0.5.",
)
REFUSED = ErrorInfo(ErrorKind.NOT_FOUND, "There is no photo /gone.jpg.", "Check its name.")
STEPS = ParameterInfo(name="steps", type="integer", default=20, min=1, max=50, advanced=True)
OPERATION = OperationInfo(
    id="color_grade",
    title="Color grade",
    category="color",
    result="lut",
    mask="optional",
    available=False,
    reason="studio is away",
    ai=True,
    workflow="kontext_color_grade",
    parameters=(STEPS,),
)
WORKFLOW = WorkflowInfo(
    name="kontext_color_grade",
    operation="color_grade",
    title="Color grade",
    result="lut",
    mask="optional",
    source="shipped",
    ai=True,
    usable=False,
    problems=("ae.safetensors is missing from models/vae.",),
    parameters=(STEPS,),
)
PLACE = BindingChoice(node="190", class_type="LoadImage", input="image", title="photo")
PROPOSAL = WorkflowProposal(
    name="kontext",
    title="Kontext",
    operation="general_edit",
    result="image",
    mask="optional",
    bindings=(ProposedBinding(name="image", choices=(PLACE,), chosen=0, reason="the only one"),),
    parameters=(),
    sure=True,
)
WORKFLOW_SAVED = WorkflowSaved(
    workflow=WORKFLOW, path=b"/x/kontext.json", notes=("PreviewImage 9 became a SaveImage.",)
)
CHECKED = HostChecked(
    host="comfyui",
    url="http://192.168.1.100:8188",
    steps=(
        CheckStep(step="dns", state="ok", message="192.168.1.100 is an address already."),
        CheckStep(
            step="tcp",
            state="failed",
            message="ComfyUI at 192.168.1.100:8188 refused the connection.",
            hint="Start ComfyUI there with `--listen 0.0.0.0 --port 8188`.",
        ),
        CheckStep(step="workflow", state="skipped", message="Not checked.", subject="kontext"),
    ),
)
HOST = HostInfo(
    name="studio",
    url="http://studio:8188",
    builtin=False,
    state="unreachable",
    detail="studio:8188 refused the connection.",
    hint="Start ComfyUI with --listen 0.0.0.0.",
)
PHOTO = PhotoInfo(
    path=b"/a.jpg",
    format="jpeg",
    width_px=6000,
    height_px=4000,
    size_bytes=9,
    bit_depth=8,
    channels=3,
    color_space="adobe-rgb",
    icc_description="Adobe RGB (1998)",
    orientation=6,
    has_alpha=False,
    metadata={"Model": "X100"},
)
STATUS = DaemonStatus(
    pid=5,
    version="0.1.0",
    build_id="b",
    uptime_s=3.0,
    rss_bytes=40_000_000,
    clients=1,
    open_jobs=0,
    workers=2,
    tasks_waiting=0,
    ai_enabled=False,
    log_path=b"/l",
)
CONFIG = Config(
    path=b"/c.yaml",
    values={"comfyui.enabled": False, "comfyui.port": 8188},
    errors=("c.yaml: line 2, column 9: wrong",),
)
POOL = PoolManifest(
    pool_id="p1",
    name="Wedding",
    active=1,
    slots=(
        PoolSlot(slot="img_0001", path=b"/a.jpg", label="bride", added=1_718_960_000),
        PoolSlot(slot="img_0002", path=b"/b.jpg", mask=b"/p/img_0002.mask.png", stale=True),
        PoolSlot(slot="img_0003", path=b"/c.jpg", missing=True, problem="It is gone."),
    ),
    pools=(PoolInfo("p1", "Wedding", 3), PoolInfo("p2", "Trip", 12)),
    undo="Move 1 photo",
    redo="Label",
    problems=("The manifest was rebuilt.",),
)
SELECTED = PoolSelected(
    pool_id="p1",
    index=1,
    count=3,
    label="",
    image=b"/b.jpg",
    mask=b"/p/img_0002.mask.png",
    painted=True,
    change_hash="0123",
    slot="img_0002",
)
POOL_REQUESTS = (
    PoolActive,
    PoolDelete,
    PoolDetach,
    PoolDuplicate,
    PoolImport,
    PoolLabel,
    PoolList,
    PoolMove,
    PoolNew,
    PoolRemove,
    PoolRename,
    PoolSetMask,
    PoolUndo,
    PoolUse,
)


def takes_all_but_gone(request: Message) -> Iterator[Message]:
    """Put photos into the pool, but refuse a request with one that is named gone.jpg."""
    assert isinstance(request, PoolAdd)
    if any(path.endswith(b"gone.jpg") for path in request.paths):
        yield Failed(error=REFUSED)
        return
    new = tuple(
        PoolSlot(slot=f"img_{number:04}", path=bytes(path))
        for number, path in enumerate(request.paths, 4)
    )
    yield msgspec.structs.replace(POOL, slots=POOL.slots + new)


def job(path: bytes, *, state: str = "waiting", job_id: str = "") -> JobInfo:
    """Return a job in *state*; its id comes from the photo's name."""
    done = state == "done"
    return JobInfo(
        job_id=job_id or "job-" + os.path.basename(path).decode("ascii", "replace"),
        path=path,
        operation="color_grade",
        prompt="warm",
        workflow="builtin_color_grade",
        host="builtin",
        ai=False,
        state=state,
        stage="done" if done else "prepare",
        progress_pct=100.0 if done else 0.0,
        created=1_700_000_000.0,
        seed=7,
        strength=1.0,
        result_path=path + b".out.jpg" if done else None,
        fit=FIT if done else None,
        timings_s={"fit": 0.5} if done else {},
        error=REFUSED if state == "failed" else None,
    )


def accepted(request: Message) -> AiEditAccepted:
    """Answer a grade's request with its job."""
    assert isinstance(request, AiEditRequest)
    waiting = job(bytes(request.path))
    return AiEditAccepted(job_id=waiting.job_id, job=waiting)


def grades(request: Message) -> Iterator[Message]:
    """Grade a photo."""
    yield accepted(request)
    assert isinstance(request, AiEditRequest)
    done = job(bytes(request.path), state="done")
    assert done.result_path is not None
    yield AiEditProgress(job_id=done.job_id, path=done.path, progress_pct=40.0, stage="fit")
    yield AiEditComplete(job_id=done.job_id, path=done.path, result_path=done.result_path, job=done)


def grades_all_but_gone(request: Message) -> Iterator[Message]:
    """Grade a photo, but refuse one that is named gone.jpg."""
    assert isinstance(request, AiEditRequest)
    if request.path.endswith(b"gone.jpg"):
        yield Failed(error=REFUSED)
    else:
        yield from grades(request)


def fails_later(request: Message) -> Iterator[Message]:
    """Take the job, then fail it."""
    yield accepted(request)
    assert isinstance(request, AiEditRequest)
    failed = job(bytes(request.path), state="failed")
    yield AiEditFailed(job_id=failed.job_id, path=failed.path, error=REFUSED, job=failed)


def with_notes(request: Message, notes: tuple[str, ...]) -> Iterator[Message]:
    """Grade a photo, which has something to be said about."""
    yield accepted(request)
    assert isinstance(request, AiEditRequest)
    done = msgspec.structs.replace(job(bytes(request.path), state="done"), notes=notes)
    assert done.result_path is not None
    yield AiEditComplete(job_id=done.job_id, path=done.path, result_path=done.result_path, job=done)


def fails_with(request: Message, error: ErrorInfo) -> Iterator[Message]:
    """Take the job, then fail it for a reason of one's own."""
    yield accepted(request)
    assert isinstance(request, AiEditRequest)
    failed = msgspec.structs.replace(job(bytes(request.path), state="failed"), error=error)
    yield AiEditFailed(job_id=failed.job_id, path=failed.path, error=error, job=failed)


def makes_all_but_gone(request: Message) -> Iterator[Message]:
    """Send a thumbnail, unless the photo is called ``gone.jpg``."""
    assert isinstance(request, ThumbnailRequest)
    if request.path.endswith(b"gone.jpg"):
        yield Failed(error=ErrorInfo(ErrorKind.NOT_FOUND, "There is no file gone.jpg.", ""))
        return
    size = {"width_px": 2, "height_px": 1, "source_width_px": 6, "source_height_px": 3}
    yield ThumbnailReady(path=bytes(request.path), stage="final", **size)


def answer_everything(daemon: ScriptedDaemon) -> None:
    """Let *daemon* answer every request of the command line."""
    retried = job(b"/a.jpg", job_id="new")
    jobs = tuple(job(f"/{s}.jpg".encode(), state=s) for s in ("waiting", "done", "failed"))
    daemon.scripts |= {
        AiEditRequest: grades_all_but_gone,
        ConfigRequest: lambda _: [CONFIG],
        FolderClose: lambda _: [Done()],
        FolderOpen: lambda request: [
            FolderChunk(
                path=bytes(request.path),
                entries=(PhotoEntry(b"a.jpg", 1, 1), PhotoEntry(b"gone.jpg", 1, 1)),
                listing_id=request.listing_id,
                last=True,
            )
        ],
        HostsRequest: lambda _: [Hosts(hosts=(HOST,))],
        HostCheckRequest: lambda _: [CHECKED],
        JobCancel: lambda _: [Done()],
        JobRetry: lambda _: [AiEditAccepted(job_id="new", job=retried)],
        JobsRequest: lambda _: [Jobs(jobs=jobs)],
        JobsCancel: lambda _: [Done()],
        JobsMove: lambda _: [Done()],
        JobsPause: lambda _: [Done()],
        LookDelete: lambda _: [Looks(looks=(LOOK,))],
        LookExport: lambda _: [LutConverted(path=b"/x.png", notes=("n.",))],
        LookRename: lambda _: [Looks(looks=(LOOK,))],
        LookRestore: lambda _: [Looks(looks=(LOOK,))],
        LookSave: lambda _: [LookSaved(look=LOOK, notes=("n.",))],
        LooksRequest: lambda _: [Looks(looks=(LOOK,))],
        LutApplyRequest: lambda _: [LutApplied(result_path=b"/r.png", notes=("n.",))],
        LutExtractRequest: lambda _: [LutExtracted(cube_path=b"/x.cube", fit=FIT)],
        LutSpatialRequest: lambda _: [LutGraded(result_path=b"/r.jpg", fit=FIT, notes=("n.",))],
        LutConvertRequest: lambda _: [LutConverted(path=b"/x.png", notes=("n.",))],
        MaskExport: lambda _: [Done()],
        OperationsRequest: lambda _: [Operations(operations=(OPERATION,))],
        PhotoInfoRequest: lambda _: [PHOTO],
        PoolAdd: takes_all_but_gone,
        PoolExport: lambda _: [PoolExported(path=b"/w.zip", count=2, notes=("c.jpg is gone.",))],
        PoolSelect: lambda _: [SELECTED],
        ThumbnailRequest: makes_all_but_gone,
        StatusRequest: lambda _: [STATUS],
        WorkflowsRequest: lambda _: [Workflows(workflows=(WORKFLOW,))],
        WorkflowProposeRequest: lambda _: [PROPOSAL],
        WorkflowImport: lambda _: [WORKFLOW_SAVED],
        WorkflowDuplicate: lambda _: [WORKFLOW_SAVED],
        WorkflowRestore: lambda _: [WORKFLOW_SAVED],
        WorkflowExport: lambda _: [WorkflowExported(path=b"/x/kontext.zip")],
        WorkflowDelete: lambda _: [Done()],
        WorkflowMapModels: lambda _: [Done()],
    } | {kind: lambda _: [POOL] for kind in POOL_REQUESTS}
