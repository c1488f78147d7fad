"""Values that several messages of the protocol share: photos, folders, jobs, fits, hosts."""

from __future__ import annotations

import msgspec

from daemon.protocol.errors import ErrorInfo


class PhotoEntry(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One photo of a listing: raw name, size, modification time.

    *size_bytes* is -1 while the file was not looked at yet. *partner* is the ending of the RAW file
    that belongs to it (``.CR3``), where pairs are one photo.
    """

    name: bytes
    size_bytes: int
    mtime_ns: int
    partner: bytes = b""


class PhotoFilter(msgspec.Struct, frozen=True, omit_defaults=True):
    """Which photos to show; every condition must hold, an empty one always does.

    Attributes:
        text: Words that occur in name, title, keywords, camera or lens.
        min_rating: 0..5.
        labels: Any of red | yellow | green | blue | purple | none.
        flags: Any of pick | reject | none.
        kinds: Any of the format names (``jpeg``, ``raw``, …).
        cameras: Any of these.
        lenses: Any of these.
        keywords: All of these.
        taken_from: First day, ``YYYY-MM-DD``.
        taken_to: Last day.
        edited: Whether there are results made from it; None: either.
    """

    text: str = ""
    min_rating: int = 0
    labels: tuple[str, ...] = ()
    flags: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    cameras: tuple[str, ...] = ()
    lenses: tuple[str, ...] = ()
    keywords: tuple[str, ...] = ()
    taken_from: str = ""
    taken_to: str = ""
    edited: bool | None = None


class PhotoMarks(msgspec.Struct, frozen=True, kw_only=True):
    """What a user said of one photo.

    Attributes:
        path: The photo.
        rating: 0..5.
        label: red | yellow | green | blue | purple; empty: none.
        flag: pick | reject; empty: none.
        title: Text.
        keywords: In the order of the file; hierarchies with ``|``.
        sidecar: The XMP file beside it; empty: none.
        problem: Empty, or why its marks cannot be read or written.
    """

    path: bytes
    rating: int = 0
    label: str = ""
    flag: str = ""
    title: str = ""
    keywords: tuple[str, ...] = ()
    sidecar: bytes = b""
    problem: str = ""


class PathFailure(msgspec.Struct, frozen=True):
    """One file for which something could not be done."""

    path: bytes
    error: ErrorInfo


class NewName(msgspec.Struct, frozen=True):
    """One photo's name by a pattern, relative to its folder; *problem* is empty or a sentence."""

    path: bytes
    name: bytes
    problem: str = ""


class Collection(msgspec.Struct, frozen=True):
    """A saved collection and how many photos it holds."""

    name: str
    count: int


class DuplicateGroup(msgspec.Struct, frozen=True):
    """Photos that are the same (*exact*) or nearly so, the best first.

    *sharpness* has one figure per photo, higher is sharper.
    """

    paths: tuple[bytes, ...]
    exact: bool
    sharpness: tuple[float, ...] = ()


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
        coverage: Share of the full-size photo's pixels whose colour the small copy contained, 0..1.
        explained: Share of the edit's energy that the fit explains, 0..1.
        registration: Where the returned picture lay.
        warning: Empty, or a sentence for the user (the edit is not a pure colour change, ...).
        spatial_score: How far whole areas miss their colour under the best LUT, 8-bit levels.
        verdict: excellent | good | fair | not_global | no_match; empty: nothing was fitted.
        summary: The verdict and its figures in one sentence.
    """

    model: str
    delta_e_mean: float | None = None
    delta_e_p95: float | None = None
    coverage: float | None = None
    explained: float | None = None
    registration: Registration = Registration()
    warning: str = ""
    spatial_score: float | None = None
    verdict: str = ""
    summary: str = ""


class LookInfo(msgspec.Struct, frozen=True, kw_only=True):
    """A look of the library: a named LUT.

    Attributes:
        look_id: 32 hexadecimal digits; lasts when the name changes.
        name: The user's, at most 120 letters.
        added: When it came into the library, seconds since 1970.
        space: The LUT's space: srgb | adobe-rgb | display-p3 | prophoto | icc:SHA256.
        size: Nodes a side.
        prompt: What the grade was asked for; empty: it came from a file.
        ai: A model made it.
    """

    look_id: str
    name: str
    added: float
    space: str = "srgb"
    size: int = 33
    prompt: str = ""
    ai: bool = False


class JobInfo(msgspec.Struct, frozen=True, kw_only=True):
    """What a client may know of a job.

    ``state``: waiting | running | paused | done | failed | cancelled.
    ``stage``: prepare | upload | queued | run | fetch | fit | apply | save | done.

    Attributes:
        mask_path: Only where this mask is white the photo was changed; None: everywhere.
        outside_identical: Whether the pixels outside the mask are the original's; None: no mask.
        pool_id: The pool from which photo and mask came; empty: none.
        slot: The slot's lasting name.
        index: Its index when the job was begun.
        look_id: The look of the library that is applied; empty: a host makes the grade.
        channels: all | luma | chroma: what of the grade counts.
        result: lut | image: what the workflow makes.
        paused: It holds, or will where it runs.
        rank: Place in the order of the jobs that wait, smaller is sooner.
        prompt_ids: Every id under which it was sent to a host, the newest last.
        host_wanted: The host that the user named; empty: any that can.
        prompt_used: What was sent: *prompt* with one of each ``{a|b}`` chosen.
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
    mask_path: bytes | None = None
    outside_identical: bool | None = None
    pool_id: str = ""
    slot: str = ""
    index: int | None = None
    look_id: str = ""
    channels: str = "all"
    result: str = "lut"
    paused: bool = False
    rank: float = 0.0
    prompt_ids: tuple[str, ...] = ()
    host_wanted: str = ""
    prompt_used: str = ""


class PoolInfo(msgspec.Struct, frozen=True):
    """One pool: its id (a UUID), its name, how many photos it holds."""

    pool_id: str
    name: str
    count: int


class PoolSlot(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One photo of a pool.

    Attributes:
        slot: Its lasting name (``img_0001``); its place may change, its name does not.
        path: The file to look at: the photo itself, or a picture inside the pool's folder.
        own: The picture lies in the pool's folder.
        missing: The photo is gone; its mask and label are kept.
        image_mtime_ns: Its modification time; another one is another photo.
        mask: The mask's PNG; empty: none painted.
        mask_mtime_ns: Its modification time; another one is another mask.
        label: The user's words.
        added: When it came into the pool, seconds since 1970.
        stale: A result was made from an earlier image or mask of this slot.
        problem: Empty, or what is wrong with it, in a sentence.
    """

    slot: str
    path: bytes
    own: bool = False
    missing: bool = False
    image_mtime_ns: int = 0
    mask: bytes = b""
    mask_mtime_ns: int = 0
    label: str = ""
    added: int = 0
    stale: bool = False
    problem: str = ""


class ParameterInfo(msgspec.Struct, frozen=True, kw_only=True):
    """One form field of a workflow or operation.

    Attributes:
        type: integer | number | text | boolean | choice | model | seed; unknown: shown read-only.
        multiline: Text of several lines.
        missing: Empty, or the default that the host does not have among its choices.
        node: Id of the graph's node it goes to, so that a host's complaint finds its field.
        input: The node's input.
        when: Empty, or the choice of the field above it (its name up to the last dot) with which it
            comes.
    """

    name: str
    type: str
    default: int | float | str | bool | None = None
    min: float | None = None
    max: float | None = None
    step: float | None = None
    choices: tuple[str, ...] = ()
    advanced: bool = False
    title: str = ""
    multiline: bool = False
    missing: str = ""
    node: str = ""
    input: str = ""
    when: str = ""


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


class MissingModel(msgspec.Struct, frozen=True, kw_only=True):
    """A model file that a workflow names and a host does not have.

    Attributes:
        file: As the workflow names it.
        folder: Below the host's ``models/``; empty where it is not known.
        near: The file there that is most likely the same; empty: none is alike.
        choices: What the host has in that folder.
    """

    file: str
    folder: str = ""
    near: str = ""
    choices: tuple[str, ...] = ()


class WorkflowInfo(msgspec.Struct, frozen=True, kw_only=True):
    """One workflow pair (graph + manifest) and whether a host can run it.

    *category*: the menu it stands in. *inputs*: names of the bindings it has, sorted. *proposed*:
    it has no manifest of its own yet. *missing_models*: what the host that was checked lacks.
    *able_hosts*: names of the hosts that can run it now, whom to take first in front.
    """

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
    category: str = ""
    inputs: tuple[str, ...] = ()
    proposed: bool = False
    missing_models: tuple[MissingModel, ...] = ()
    able_hosts: tuple[str, ...] = ()


class HostInfo(msgspec.Struct, frozen=True, kw_only=True):
    """One host: ``state`` is unknown | ready | busy | hung | unreachable | starting.

    Attributes:
        queue: Prompts of anybody that run or wait there.
        ours: Of these, ours.
        done: Jobs of ours that it finished since they are counted.
        failed: Jobs of ours that failed there.
        usual_s: What a job of ours took it lately (median of the host's own time); None: none yet.
        seen: When it last answered, seconds since 1970; 0: not yet.
    """

    name: str
    url: str
    builtin: bool
    state: str
    version: str = ""
    queue: int = 0
    detail: str = ""
    hint: str = ""
    ours: int = 0
    done: int = 0
    failed: int = 0
    usual_s: float | None = None
    seen: float = 0.0
