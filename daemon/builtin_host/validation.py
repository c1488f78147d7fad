"""Checks a graph before it is queued and words every complaint as the real server does.

Literal inputs are converted in place (100.7 for an integer becomes 100), as there.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, cast

from daemon.builtin_host.folders import HostFolders
from daemon.builtin_host.nodes.base import NodeClass
from daemon.builtin_host.nodes.catalogue import Catalogue
from daemon.builtin_host.values import Json

_LONG_LIST = 20
_MATCH_TYPE = "COMFY_MATCHTYPE_V3"
_CONVERSIONS: dict[str, Callable[[Any], Any]] = {
    "INT": int,
    "FLOAT": float,
    "STRING": str,
    "BOOLEAN": bool,
}


@dataclass(frozen=True)
class Verdict:
    """Outcome of a validation.

    Attributes:
        error: The ``error`` object of a refusal, ``None`` when the prompt is accepted.
        outputs: Ids of the output nodes that will run.
        node_errors: Complaints by node id; may be non-empty for an accepted prompt.
    """

    error: Json | None
    outputs: tuple[str, ...] = ()
    node_errors: Json = field(default_factory=dict[str, Any])


@dataclass
class _State:
    """Walk over one prompt: verdicts by node (valid, complaints), and the path to the top."""

    prompt: Json
    catalogue: Catalogue
    folders: HostFolders
    verdicts: dict[str, tuple[bool, list[Json]]] = field(
        default_factory=dict[str, tuple[bool, list[Json]]]
    )
    path: list[str] = field(default_factory=list[str])


def validate_prompt(prompt: Json, catalogue: Catalogue, folders: HostFolders) -> Verdict:
    """Judge a graph.

    Args:
        prompt: Node ids to ``{"class_type", "inputs"}``; literal inputs are converted in place.
        catalogue: The node classes that exist.
        folders: Where LoadImage looks for files.

    Returns:
        The verdict; with several output nodes the valid branches are accepted and the others
        reported in ``node_errors``.
    """
    for node_id, node in prompt.items():
        complaint = _missing_class(node_id, node, catalogue)
        if complaint is not None:
            return Verdict(complaint)
    outputs = [n for n, node in prompt.items() if catalogue[node["class_type"]].is_output]
    if not outputs:
        return Verdict(_error("prompt_no_outputs", "Prompt has no outputs", ""))
    state = _State(prompt, catalogue, folders)
    good: list[str] = []
    refused: list[str] = []
    node_errors: Json = {}
    for output in outputs:
        if _validate_output(state, output):
            good.append(output)
            continue
        refused += [f"{c['message']}: {c['details']}" for c in state.verdicts[output][1]]
        _collect(state, output, node_errors)
    if good:
        return Verdict(None, tuple(good), node_errors)
    summary = "\n".join(refused)
    message = "Prompt outputs failed validation"
    return Verdict(_error("prompt_outputs_failed_validation", message, summary), (), node_errors)


def _missing_class(node_id: str, node: object, catalogue: Catalogue) -> Json | None:
    if not isinstance(node, dict):
        return _error("missing_node_type", f"Node '{node_id}' is not an object.", f"#{node_id}")
    fields = cast("Json", node)
    class_type = fields.get("class_type")
    meta = fields.get("_meta")
    title = cast("Json", meta).get("title") if isinstance(meta, dict) else None
    if class_type is None:
        said = title or f"ID #{node_id}"
        message = (
            f"Node '{said}' has no class_type. "
            "The workflow may be corrupted or a custom node is missing."
        )
    elif not isinstance(class_type, str) or class_type not in catalogue:
        title = title or class_type
        message = f"Node '{title}' not found. The custom node may not be installed."
    else:
        return None
    extra = {"node_id": node_id, "class_type": class_type, "node_title": title}
    return _error("missing_node_type", message, f"Node ID '#{node_id}'", extra)


def _error(kind: str, message: str, details: str, extra: Json | None = None) -> Json:
    return {"type": kind, "message": message, "details": details, "extra_info": extra or {}}


def _collect(state: _State, output: str, node_errors: Json) -> None:
    """Add the complaints found so far, naming *output* as one that depends on them."""
    for node_id, (valid, complaints) in state.verdicts.items():
        if valid or not complaints:
            continue
        entry = node_errors.setdefault(
            node_id,
            {
                "errors": complaints,
                "dependent_outputs": [],
                "class_type": state.prompt.get(node_id, {}).get("class_type"),
            },
        )
        entry["dependent_outputs"].append(output)


def _validate_output(state: _State, output: str) -> bool:
    try:
        return _validate_node(state, output)
    except (LookupError, TypeError, RecursionError) as error:
        extra = {"exception_type": type(error).__name__, "traceback": []}
        message = "Exception when validating node"
        state.verdicts[output] = (
            False,
            [_error("exception_during_validation", message, str(error), extra)],
        )
        return False


def _validate_node(state: _State, node_id: str) -> bool:
    if node_id in state.verdicts:
        return state.verdicts[node_id][0]
    if node_id in state.path:
        _report_cycle(state, node_id)
        return False
    node: Json = state.prompt[node_id]
    inputs: Json = node["inputs"]
    node_class = state.catalogue[node["class_type"]]
    complaints: list[Json] = []
    upstream_valid = True
    for name, (required, kind, config) in node_class.inputs(inputs).items():
        if name not in inputs:
            if required:
                complaints.append(_missing_input(name))
        elif isinstance(inputs[name], list):
            complaint, valid = _check_link(state, node_id, name, (kind, config))
            complaints += complaint
            upstream_valid = upstream_valid and valid
        else:
            complaints += _check_literal(node_class, inputs, name, (kind, config))
    complaints += _check_custom(state, node_class, inputs)
    before = state.verdicts.get(node_id, (True, []))
    joined = before[1] + [c for c in complaints if c not in before[1]]
    valid = before[0] and upstream_valid and not complaints
    state.verdicts[node_id] = (valid, joined)
    return valid


def _missing_input(name: str) -> Json:
    last = name.rsplit(".", 1)[-1]
    extra = {"input_name": name}
    return _error("required_input_missing", "Required input is missing", last, extra)


def _report_cycle(state: _State, node_id: str) -> None:
    trail = [*state.path[state.path.index(node_id) :], node_id]
    nodes = list(dict.fromkeys(trail))
    said = " -> ".join(f"{n} ({state.prompt[n]['class_type']})" for n in trail)
    for member in nodes:
        extra = {"node_id": member, "cycle_nodes": nodes}
        complaint = _error("dependency_cycle", "Dependency cycle detected", said, extra)
        state.verdicts[member] = (False, [complaint])


def _check_link(
    state: _State, node_id: str, name: str, spec: tuple[Any, Json]
) -> tuple[list[Json], bool]:
    """Judge a link and the node behind it: own complaints, and whether that node is valid."""
    link: list[Any] = state.prompt[node_id]["inputs"][name]
    extra: Json = {"input_name": name, "input_config": list(spec)}
    if len(link) != 2:
        message = "Bad linked input, must be a length-2 list of [node_id, slot_index]"
        return [_error("bad_linked_input", message, name, {**extra, "received_value": link})], True
    source, slot = link
    received = state.catalogue[state.prompt[source]["class_type"]].outputs[slot]
    if not types_fit(received, spec[0]):
        details = f"{name}, received_type({received}) mismatch input_type({spec[0]})"
        message = "Return type mismatch between linked nodes"
        extra |= {"received_type": received, "linked_node": link}
        return [_error("return_type_mismatch", message, details, extra)], True
    state.path.append(node_id)
    try:
        return [], _validate_node(state, source)
    except (LookupError, TypeError) as error:
        extra |= {
            "exception_message": str(error),
            "exception_type": type(error).__name__,
            "traceback": [],
            "linked_node": link,
        }
        message = "Exception when validating inner node"
        complaint = _error("exception_during_inner_validation", message, str(error), extra)
        state.verdicts[source] = (False, [complaint])
        return [], False
    finally:
        state.path.pop()


def types_fit(received: object, wanted: object) -> bool:
    """Whether an output of one type may feed an input of another.

    Types may be unions (``"INT,FLOAT"``, one in common is enough) and ``"*"``; what a
    ``COMFY_MATCHTYPE_V3`` has to match is judged by editors only.
    """
    if received == wanted or {"*", _MATCH_TYPE} & {str(received), str(wanted)}:
        return True
    if not isinstance(received, str) or not isinstance(wanted, str):
        return isinstance(received, list) and wanted == "COMBO"
    either = {kind.strip() for kind in received.split(",")}
    other = {kind.strip() for kind in wanted.split(",")}
    return bool(either & other) or "*" in either | other


def _check_literal(
    node_class: NodeClass, inputs: Json, name: str, spec: tuple[Any, Json]
) -> list[Json]:
    kind, config = spec
    value = inputs[name]
    if isinstance(value, dict) and "__value__" in value:
        value = cast("Json", value)["__value__"]
    extra: Json = {"input_name": name, "input_config": list(spec), "received_value": value}
    try:
        if isinstance(kind, str) and kind in _CONVERSIONS:
            value = _CONVERSIONS[kind](value)
    except (TypeError, ValueError, OverflowError) as error:
        message = f"Failed to convert an input value to a {kind} value"
        extra["exception_message"] = str(error)
        return [_error("invalid_input_type", message, f"{name}, {value}, {error}", extra)]
    inputs[name] = value
    if name in node_class.checked_inputs:
        return []
    extra["received_value"] = value
    if "min" in config and not value >= config["min"]:
        message = f"Value {value} smaller than min of {config['min']}"
        return [_error("value_smaller_than_min", message, name, extra)]
    if "max" in config and value > config["max"]:
        message = f"Value {value} bigger than max of {config['max']}"
        return [_error("value_bigger_than_max", message, name, extra)]
    return _check_choice(name, value, spec, extra)


def _check_choice(name: str, value: object, spec: tuple[Any, Json], extra: Json) -> list[Json]:
    kind, config = spec
    choices: Any = config.get("options", []) if kind == "COMBO" else kind
    if not isinstance(choices, list) or value in cast("list[Any]", choices):
        return []
    said = str(cast("list[Any]", choices))
    if len(cast("list[Any]", choices)) > _LONG_LIST:
        said = f"(list of length {len(cast('list[Any]', choices))})"
        extra["input_config"] = None
    details = f"{name}: {value!r} not in {said}"
    return [_error("value_not_in_list", "Value not in list", details, extra)]


def _check_custom(state: _State, node_class: NodeClass, inputs: Json) -> list[Json]:
    names = [
        n for n in node_class.checked_inputs if n in inputs and not isinstance(inputs[n], list)
    ]
    if node_class.check is None or not names:
        return []
    complaint = node_class.check(inputs, state.folders)
    if not complaint:
        return []
    message = "Custom validation failed for node"
    return [
        _error("custom_validation_failed", message, f"{n} - {complaint}", {"input_name": n})
        for n in names
    ]
