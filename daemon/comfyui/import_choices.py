"""What a user chose for a file that becomes a workflow, put together with what was proposed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple, cast, get_args

import msgspec

from daemon.comfyui.graph import Graph
from daemon.comfyui.graph_links import class_of, values_of
from daemon.comfyui.manifest import (
    Binding,
    Manifest,
    MaskPolicy,
    Output,
    Parameter,
    is_binding,
    parse_manifest,
)
from daemon.comfyui.manifest_text import write_manifest
from daemon.comfyui.object_info import ObjectInfo
from daemon.comfyui.operation_guess import Guess
from daemon.comfyui.proposals import OUTPUT, Proposal, propose, to_manifest
from daemon.comfyui.proposed_parameters import place_of, to_parameter
from daemon.protocol.errors import ErrorKind, RabbitError
from daemon.protocol.workflows import (
    BindingChoice,
    ProposedBinding,
    ProposedParameter,
    ResultKind,
    WorkflowImport,
)


class Choices(NamedTuple):
    """Everything that a manifest is made of.

    Attributes:
        guess: Operation, menu, result, mask.
        bindings: Where what goes; ``output`` among them.
        parameters: What the form shows, by name; None: as the base manifest has it.
    """

    guess: Guess
    bindings: dict[str, BindingChoice]
    parameters: dict[str, ProposedParameter] | None


def choose(proposal: Proposal, request: WorkflowImport, graph: Graph, filename: str) -> Choices:
    """Return what was chosen, and what was proposed for all else.

    Raises:
        RabbitError: ``invalid_request`` for a place that is not in the graph or a word that is
            none; ``workflow_invalid`` where something is missing that was not found either.
    """
    bindings = {one.name: one.choices[one.chosen] for one in proposal.bindings if one.chosen >= 0}
    for name, place in request.bindings.items():
        if name != OUTPUT and not is_binding(name):
            raise _wrong(f"There is no binding called '{name}'.", "See docs/workflows.md.")
        before = bindings.pop(name, None)
        if place:
            bindings[name] = wanted = _place(place, graph)
            _make_way(bindings, name, wanted, before, request.bindings)
    for name, what in ((OUTPUT, "node saves the picture"), ("image", "node takes the photo")):
        if name not in bindings:
            said = next(iter(proposal.problems), f"Nothing says which {what}.")
            raise RabbitError(
                ErrorKind.WORKFLOW_INVALID,
                f"{filename}: {said}",
                "Mend it in ComfyUI and export it again."
                if proposal.problems
                else f"Say it with --bind {name}=NODE.INPUT.",
                {"file": filename},
            )
    return Choices(_guess(proposal, request, bindings), bindings, _parameters(proposal, request))


def manifest_of(choices: Choices, *, base: Manifest | None, title: str) -> Manifest:
    """Return the manifest of what was chosen.

    Args:
        choices: What was chosen.
        base: The manifest that came with the graph; what nobody chose otherwise stays.
        title: Of a workflow that came without one, or as the user wrote it.
    """
    if base is None:
        made = to_manifest(
            Proposal(guess=choices.guess, bindings=(), parameters=()),
            title=title[:200],
            guess=choices.guess,
            bindings=choices.bindings,
            parameters=choices.parameters or {},
        )
    else:
        made = msgspec.structs.replace(
            base,
            operation=choices.guess.operation,
            category=choices.guess.category,
            result=choices.guess.result,
            mask=choices.guess.mask,
            bindings={
                name: Binding(one.node, one.class_type, one.input)
                for name, one in choices.bindings.items()
                if name != OUTPUT
            },
            output=Output(choices.bindings[OUTPUT].node, choices.bindings[OUTPUT].input),
        )
        if choices.parameters is not None:
            made = msgspec.structs.replace(made, parameters=_kept(base, choices.parameters))
    # Once over the form that it has on the disk, so that nothing is written that is not read.
    return parse_manifest(write_manifest(made).encode(), "the manifest")


def proposal_of_manifest(
    manifest: Manifest, graph: Graph, name: str, info: ObjectInfo | None
) -> Proposal:
    """Return a manifest that came along as a proposal: sure, for somebody wrote it."""
    found = propose(graph, name, info)
    by_name = {one.name: one for one in found.bindings}
    places = {n: (one.node, one.input) for n, one in manifest.bindings.items()}
    places = {OUTPUT: (manifest.output.node, manifest.output.filename_prefix), **places}
    bindings: list[ProposedBinding] = []
    for binding, (node, input_name) in places.items():
        place = place_of(graph, node, input_name)
        known = by_name[binding].choices if binding in by_name else ()
        choices = known if place in known else (*known, place)
        bindings.append(
            ProposedBinding(
                name=binding,
                choices=choices,
                chosen=choices.index(place),
                reason="its manifest says so",
            )
        )
    at = {(one.node, one.input): (n, one) for n, one in manifest.parameters.items()}
    parameters = [_as_written(one, at) for one in found.parameters]
    said = Guess(manifest.operation, manifest.category, manifest.result, manifest.mask)
    return Proposal(guess=said, bindings=tuple(bindings), parameters=tuple(parameters))


def _as_written(
    one: ProposedParameter, at: dict[tuple[str, str], tuple[str, Parameter]]
) -> ProposedParameter:
    written = at.get((one.place.node, one.place.input))
    if written is None:
        return msgspec.structs.replace(one, wanted=False)
    name, parameter = written
    return msgspec.structs.replace(one, info=parameter.to_info(name), wanted=True)


def _kept(base: Manifest, chosen: dict[str, ProposedParameter]) -> dict[str, Parameter]:
    """Return the chosen parameters, as the base manifest has them where it does."""
    at = {(one.node, one.input): one for one in base.parameters.values()}
    return {
        name: at.get((one.place.node, one.place.input)) or to_parameter(one)
        for name, one in chosen.items()
    }


def _guess(
    proposal: Proposal, request: WorkflowImport, bindings: dict[str, BindingChoice]
) -> Guess:
    guess = proposal.guess
    result: ResultKind = guess.result
    mask: MaskPolicy = guess.mask
    if request.result:
        result = cast("ResultKind", _known(request.result, ResultKind, "kind of result"))
    if request.mask:
        mask = cast("MaskPolicy", _known(request.mask, MaskPolicy, "rule for masks"))
    elif mask == "required" and "mask" not in bindings:
        mask = "optional"
    operation = request.operation or guess.operation
    category = guess.category if operation == guess.operation else _category(operation)
    return Guess(operation, category, result, mask)


def _category(operation: str) -> str:
    return "color" if operation == "color_grade" else "edit"


def _parameters(proposal: Proposal, request: WorkflowImport) -> dict[str, ProposedParameter] | None:
    if request.parameters is None:
        return {one.info.name: one for one in proposal.parameters if one.wanted}
    at = {f"{one.place.node}.{one.place.input}": one for one in proposal.parameters}
    found: dict[str, ProposedParameter] = {}
    for name, place in request.parameters.items():
        one = at.get(place)
        if one is None:
            raise _wrong(
                f"The graph has no value '{place}' that a form could offer.",
                "Write it like 31.steps: the node's id, a dot, the input.",
            )
        info = msgspec.structs.replace(one.info, name=name)
        found[name] = msgspec.structs.replace(one, info=info)
    return found


def _place(place: str, graph: Graph) -> BindingChoice:
    node_id, _, input_name = place.partition(".")
    if not class_of(graph, node_id):
        known = ", ".join(sorted(graph)[:12])
        raise _wrong(f"The graph has no node '{node_id}'.", f"It has {known}.")
    values = values_of(graph, node_id)
    if input_name not in values:
        names = ", ".join(values) or "none that takes a value"
        raise _wrong(
            f"Node {node_id} ({class_of(graph, node_id)}) has no input '{input_name}' with a "
            "value.",
            f"Write it like {node_id}.{next(iter(values), 'text')}; it has {names}.",
        )
    return place_of(graph, node_id, input_name)


def _make_way(
    bindings: dict[str, BindingChoice],
    name: str,
    wanted: BindingChoice,
    before: BindingChoice | None,
    given: Mapping[str, str],
) -> None:
    """Give what was proposed for the place of *name* the place that became free.

    A photo and its mask may share a place: the transparency is the mask then.
    """
    for other, place in list(bindings.items()):
        same = (place.node, place.input) == (wanted.node, wanted.input)
        if not same or other == name or other in given or "mask" in (other, name):
            continue
        del bindings[other]
        if before is not None:
            bindings[other] = before


def _known(word: str, kinds: object, what: str) -> str:
    words = get_args(kinds)
    if word not in words:
        raise _wrong(f"'{word}' is no {what}.", f"It is one of {', '.join(words)}.")
    return word


def _wrong(message: str, hint: str) -> RabbitError:
    return RabbitError(ErrorKind.INVALID_REQUEST, message, hint)
