"""Values that several messages of the protocol share: photos, folders, jobs, fits, hosts."""

from __future__ import annotations

import msgspec

from daemon.protocol.errors import ErrorInfo


class PhotoEntry(msgspec.Struct, frozen=True, array_like=True):
    """One file of a listed folder: raw name, size, modification time."""

    name: bytes
    size_bytes: int
    mtime_ns: int


class FolderEntry(msgspec.Struct, frozen=True):
    """One subfolder: raw name, and whether it has subfolders of its own."""

    name: bytes
    has_subfolders: bool


class Registration(msgspec.Struct, frozen=True):
    """How the returned picture lay on the sent one."""

    dx_px: float = 0.0
    dy_px: float = 0.0
    scale: float = 1.0
    rotation_deg: float = 0.0


class FitReport(msgspec.Struct, frozen=True):
    """How well the colour change is explained.

    Attributes:
        model: ``lut``, ``spatial`` or ``model`` (the model's own picture was kept).
        delta_e_mean: Mean CIEDE2000 between the fit's prediction and the returned picture.
        delta_e_p95: 95th percentile of the same.
        coverage: Share of the lattice nodes that had samples near them, 0..1.
        explained: Share of the edit's energy that the fit explains, 0..1.
        registration: Where the returned picture lay.
        warning: Empty, or a sentence for the user (the edit is not a pure colour change, ...).
    """

    model: str
    delta_e_mean: float | None = None
    delta_e_p95: float | None = None
    coverage: float | None = None
    explained: float | None = None
    registration: Registration = Registration()
    warning: str = ""


class JobInfo(msgspec.Struct, frozen=True, kw_only=True):
    """What a client may know of a job.

    ``state``: waiting | running | done | failed | cancelled.
    ``stage``: prepare | upload | queued | run | fetch | fit | apply | save | done.
    """

    job_id: str
    path: bytes
    operation: str
    prompt: str
    workflow: str
    host: str
    ai: bool
    state: str
    stage: str
    progress_pct: float
    created: float
    seed: int
    strength: float
    message: str = ""
    notes: tuple[str, ...] = ()
    result_path: bytes | None = None
    cube_path: bytes | None = None
    fit: FitReport | None = None
    timings_s: dict[str, float] = msgspec.field(default_factory=dict[str, float])
    error: ErrorInfo | None = None


class ParameterInfo(msgspec.Struct, frozen=True, kw_only=True):
    """One form field of a workflow or operation."""

    name: str
    type: str
    default: int | float | str | bool | None = None
    min: float | None = None
    max: float | None = None
    step: float | None = None
    choices: tuple[str, ...] = ()
    advanced: bool = False
    title: str = ""


class OperationInfo(msgspec.Struct, frozen=True, kw_only=True):
    """One thing a user can ask for."""

    id: str
    title: str
    category: str
    result: str
    mask: str
    available: bool
    reason: str = ""
    ai: bool = False
    workflow: str = ""
    parameters: tuple[ParameterInfo, ...] = ()


class WorkflowInfo(msgspec.Struct, frozen=True, kw_only=True):
    """One workflow pair (graph + manifest) and whether a host can run it."""

    name: str
    operation: str
    title: str
    result: str
    mask: str
    source: str
    ai: bool
    usable: bool | None = None
    problems: tuple[str, ...] = ()
    parameters: tuple[ParameterInfo, ...] = ()


class HostInfo(msgspec.Struct, frozen=True, kw_only=True):
    """One host: ``state`` is unknown | ready | busy | unreachable | starting."""

    name: str
    url: str
    builtin: bool
    state: str
    version: str = ""
    queue: int = 0
    detail: str = ""
    hint: str = ""
