"""Messages about workflows: their forms, importing and keeping them, what a run costs."""

from __future__ import annotations

from typing import Literal

import msgspec

from daemon.protocol.message import Message, WirePath
from daemon.protocol.values import ParameterInfo, WorkflowInfo

MAX_SEED = 2**64 - 1
ResultKind = Literal["lut", "region", "image", "resized", "cutout", "map"]
POSSIBLE_RESULTS: tuple[ResultKind, ...] = ("lut", "image")
"""Kinds of result that this version makes; workflows of the others are listed but do not run."""


class InputInfo(msgspec.Struct, frozen=True, kw_only=True):
    """One picture or text that a workflow takes beside its parameters.

    Attributes:
        name: The binding: image, mask, reference_1, control_1, prompt, negative, prompt_2, ...
        kind: image | mask | text.
        title: For the form.
        default: Text that stands in the graph.
        required: Whether a run needs it.
        filled: Filled by the photo, its mask or the pool without being asked for.
    """

    name: str
    kind: str
    title: str
    default: str = ""
    required: bool = True
    filled: bool = False


class WorkflowFormRequest(Message, frozen=True, tag="workflow_form_request"):
    """Ask for a workflow's form on a host; answered by :class:`WorkflowForm`.

    *host*: name, URL, ``builtin``; empty: the one that would run it. A host that does not answer
    is no failure: the form then says in *host_problem* that choices are the manifest's own.
    """

    workflow: str
    host: str = ""


class WorkflowForm(Message, frozen=True, tag="workflow_form"):
    """What a run can be told.

    *fields* are the manifest's parameters with ranges and choices of the host; of type ``unknown``
    where no control fits (shown read-only). *second_prompts*: offer ``prompt_2`` and
    ``negative_prompt_2``. *problems*: why the host cannot run it, one sentence each.
    """

    workflow: str
    host: str
    fields: tuple[ParameterInfo, ...]
    inputs: tuple[InputInfo, ...]
    second_prompts: bool = False
    problems: tuple[str, ...] = ()
    host_problem: str = ""


class BudgetRequest(Message, frozen=True, tag="budget_request"):
    """Ask what a run would cost; answered by :class:`Budget`. Sizes: of the photo, in pixels."""

    workflow: str
    width_px: int
    height_px: int
    host: str = ""
    long_edge_px: int = 0
    parameters: dict[str, int | float | str | bool] = msgspec.field(
        default_factory=dict[str, int | float | str | bool]
    )


class Budget(Message, frozen=True, tag="budget"):
    """What a run costs: width x height x steps / 10**6.

    *width_px* and *height_px*: as sent to the host. *limit*: ``comfyui.max_compute``, 0: none.
    *eta_s*: seconds that jobs of this workflow and host took lately; None: there were none.
    """

    cost: float
    width_px: int
    height_px: int
    steps: int
    limit: float = 0.0
    eta_s: float | None = None
    host: str = ""


class BindingChoice(msgspec.Struct, frozen=True, kw_only=True):
    """Where a binding may go: a node's input, and what stands there.

    Attributes:
        node: Its id in the graph.
        class_type: Its class.
        input: The input's name.
        title: The node's title, where the graph has one.
        value: What stands there, shortened.
    """

    node: str
    class_type: str
    input: str
    title: str = ""
    value: str = ""


class ProposedBinding(msgspec.Struct, frozen=True, kw_only=True):
    """One binding of a graph: the places it may go to, and the one that was found by its links.

    Attributes:
        name: image, mask, prompt, negative, seed, reference_1, ... or ``output``.
        choices: Every place that it may go to.
        chosen: Index into *choices*; -1: none.
        reason: How it was found, or why it was not.
        unsure: A person has to look at it.
    """

    name: str
    choices: tuple[BindingChoice, ...]
    chosen: int = -1
    reason: str = ""
    unsure: bool = False


class ProposedParameter(msgspec.Struct, frozen=True, kw_only=True):
    """One value of the graph that a form may offer.

    Attributes:
        info: As the form would show it.
        place: Where it goes.
        wanted: Whether it is proposed to stand in the form.
    """

    info: ParameterInfo
    place: BindingChoice
    wanted: bool = False


class WorkflowProposeRequest(Message, frozen=True, tag="workflow_propose_request"):
    """Read a file that may become a workflow; answered by :class:`WorkflowProposal`.

    *path*: an API export, or a ``.zip`` of a pair. *host*: asked for types and ranges.
    """

    path: WirePath
    host: str = ""


class WorkflowProposal(Message, frozen=True, tag="workflow_proposal"):
    """What importing a file would make, to be confirmed.

    *sure*: nothing is left to be decided. *converted*: it was in the format of ComfyUI's window.
    """

    name: str
    title: str
    operation: str
    result: str
    mask: str
    bindings: tuple[ProposedBinding, ...]
    parameters: tuple[ProposedParameter, ...]
    sure: bool
    converted: bool = False
    notes: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()


class WorkflowImport(Message, frozen=True, tag="workflow_import"):
    """Keep a file as a workflow of the user; answered by :class:`WorkflowSaved`.

    Empty fields take what was proposed. *bindings*: binding (or ``output``) to ``node.input``;
    an empty text leaves it away. *parameters*: name to ``node.input``, the whole choice; None: as
    proposed. A *name* that is taken gets a number. *trial*: write nothing; the workflow that is
    answered can be run by its name until the daemon ends, and is in no list.
    """

    path: WirePath
    name: str = ""
    title: str = ""
    operation: str = ""
    result: str = ""
    mask: str = ""
    bindings: dict[str, str] = msgspec.field(default_factory=dict[str, str])
    parameters: dict[str, str] | None = None
    host: str = ""
    trial: bool = False


class WorkflowSaved(Message, frozen=True, tag="workflow_saved"):
    """The workflow is in the user's folder; *notes* say what was left out or filled in."""

    workflow: WorkflowInfo
    path: bytes
    notes: tuple[str, ...] = ()


class WorkflowExport(Message, frozen=True, tag="workflow_export"):
    """Write graph and manifest into one ``.zip``; answered by :class:`WorkflowExported`."""

    name: str
    output: WirePath


class WorkflowExported(Message, frozen=True, tag="workflow_exported"):
    """The file that was written; an existing one was left alone."""

    path: bytes


class WorkflowDuplicate(Message, frozen=True, tag="workflow_duplicate"):
    """Copy a workflow into the user's folder; answered by :class:`WorkflowSaved`."""

    name: str
    new_name: str = ""


class WorkflowDelete(Message, frozen=True, tag="workflow_delete"):
    """Take a workflow out of the user's folder; answered by done. It can be restored."""

    name: str


class WorkflowRestore(Message, frozen=True, tag="workflow_restore"):
    """Take back the workflow of this name that was deleted last; answered by workflow_saved."""

    name: str


class WorkflowMapModels(Message, frozen=True, tag="workflow_map_models"):
    """Say which of the user's model files stand for those a workflow names; answered by done.

    *files*: name in the workflow to name on the hosts; an empty one forgets it. They hold for
    every workflow that names the file.
    """

    files: dict[str, str]


class WorkflowsChanged(Message, frozen=True, tag="workflows_changed"):
    """Event: a workflow came, went or is another one; ask anew."""
