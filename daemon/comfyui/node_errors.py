"""A host's complaints about a graph or a run, turned into what a photographer can act on."""

from __future__ import annotations

import re
from typing import Any

import msgspec

from daemon.comfyui.errors import disk_full
from daemon.comfyui.lenient import items, mapping, text
from daemon.comfyui.model_folders import is_model_file, model_folder
from daemon.protocol.errors import ErrorKind, RabbitError

PROMPT_GRADE = "RabbitPromptGrade"
_MAX_CONTEXT = 4000
_QUOTED = re.compile(r"'([^']*)'")
_DAMAGED = (
    "header too small",
    "header too large",
    "invalid header",
    "incomplete metadata",
    "pickle data was truncated",
    "pop from empty list",
)
_NO_SPACE = "no space left on device"
_MEMORY = ("out of memory", "allocation on device", "can't allocate memory", "not enough memory")


class _Complaint(msgspec.Struct, frozen=True):
    """One thing that a host says is wrong with a node."""

    node: str
    class_type: str
    input: str
    type: str
    message: str
    details: str

    def context(self) -> dict[str, str]:
        """Return it for an error's context."""
        return {
            "node": self.node,
            "class": self.class_type,
            "input": self.input,
            "type": self.type,
            "details": self.details[:_MAX_CONTEXT],
        }


def missing_model(filename: str, folder: str, host: str) -> str:
    """Return the sentence that names a missing model file and where it belongs."""
    if not folder:
        return f"The model file {filename} is missing on {host}."
    return f"The model file {filename} is missing in models/{folder} on {host}."


def missing_node(class_type: str, host: str) -> str:
    """Return the sentence that names a missing node."""
    if is_builtin(host):
        return f"The built-in host has no AI models: '{class_type}' needs a ComfyUI host."
    return f"{host} has no node '{class_type}'."


def is_builtin(host: str) -> bool:
    """Return whether a host, named in words, is the built-in one: all it lacks is AI."""
    return host.lower() == "the built-in host"


def validation_failed(reply: object, graph: dict[str, Any], host: str) -> RabbitError:
    """Return the failure for a graph that ``POST /prompt`` did not take, or took in part.

    Args:
        reply: The answer's JSON: ``error`` and ``node_errors``.
        graph: The graph that was sent.
        host: The host in words.
    """
    answer = mapping(reply)
    error = mapping(answer.get("error"))
    kind = str(error.get("type") or "")
    extra = mapping(error.get("extra_info"))
    class_type = str(extra.get("class_type") or "")
    if class_type and kind in {"missing_node_type", "invalid_prompt"}:
        return _no_node(class_type, str(extra.get("node_id") or ""), host)
    complaints = _complaints(mapping(answer.get("node_errors")))
    absent = [found for one in complaints if (found := _absent_model(one, graph)) is not None]
    if absent:
        return _no_models(absent, complaints[0], host)
    if complaints:
        return _node_refused(complaints[0], host)
    said = str(error.get("message") or "without a reason").strip()
    return RabbitError(
        ErrorKind.WORKFLOW_INVALID,
        f"{host} did not accept the workflow: {said}",
        "Check the workflow with `rabbitviewer workflows check`.",
        {"type": kind, "details": str(error.get("details") or "")[:_MAX_CONTEXT]},
    )


def execution_failed(data: dict[str, Any], graph: dict[str, Any], host: str) -> RabbitError:
    """Return the failure for an ``execution_error``.

    Args:
        data: The event's data, as sent or as the history holds it.
        graph: The graph that ran.
        host: The host in words.
    """
    node_id, class_type = str(data.get("node_id") or ""), str(data.get("node_type") or "")
    said = str(data.get("exception_message") or "").strip()
    kind = str(data.get("exception_type") or "")
    context = {
        "node": node_id,
        "class": class_type,
        "exception": kind,
        "message": said[:_MAX_CONTEXT],
        "traceback": _lines(data.get("traceback"))[:_MAX_CONTEXT],
    }
    if class_type == PROMPT_GRADE and said:
        return _not_understood(said, context)
    lowered = f"{kind} {said}".lower()
    if _NO_SPACE in lowered:
        return disk_full(host, context)
    if any(sign in lowered for sign in _MEMORY) or "outofmemory" in lowered:
        return RabbitError(
            ErrorKind.OUT_OF_MEMORY,
            f"{host} ran out of memory in {class_type or 'a node'}.",
            "Free memory there (close other programs, unload models) and retry, "
            "or use a smaller --long-edge.",
            context,
        )
    models = _models_of(node_id, class_type, graph)
    if models and any(sign in lowered for sign in _DAMAGED):
        return _damaged_model(models, host, context)
    first = _without_paths(said.splitlines()[0]) if said else kind or "no reason given"
    return RabbitError(
        ErrorKind.HOST_FAILED,
        f"{host} failed in {class_type or 'a node'}: {first.rstrip(' .:,')}.",
        "The details are in ComfyUI's own log.",
        context,
    )


def _not_understood(said: str, context: dict[str, str]) -> RabbitError:
    """Return the built-in look's complaint about the words; nothing is broken then."""
    return RabbitError(
        ErrorKind.INVALID_REQUEST,
        said.splitlines()[0],
        "Use some of those words, or let FLUX.1 Kontext read free text: comfyui.enabled: true and "
        "comfyui.host in config.yaml.",
        context,
    )


def _no_node(class_type: str, node_id: str, host: str) -> RabbitError:
    return RabbitError(
        ErrorKind.WORKFLOW_UNAVAILABLE,
        missing_node(class_type, host),
        "Add one: comfyui.enabled: true and comfyui.host in config.yaml."
        if is_builtin(host)
        else "Install the custom node there, or update ComfyUI if the node is one of its own.",
        {"node": node_id, "class": class_type},
    )


def _no_models(absent: list[tuple[str, str]], complaint: _Complaint, host: str) -> RabbitError:
    """Return the failure for (folder, file) pairs that the host does not have."""
    places = [f"models/{folder}/{filename}" for folder, filename in absent]
    if len(absent) == 1:
        folder, filename = absent[0]
        message = missing_model(filename, folder, host)
        hint = f"Put it into ComfyUI's models/{folder or '...'} there, or choose another model."
    else:
        message = f"{len(absent)} model files are missing on {host}: {', '.join(places)}."
        hint = "Put them into those folders of ComfyUI there, or choose other models."
    return RabbitError(
        ErrorKind.WORKFLOW_UNAVAILABLE,
        message,
        hint,
        {**complaint.context(), "files": ", ".join(places)},
    )


def _absent_model(complaint: _Complaint, graph: dict[str, Any]) -> tuple[str, str] | None:
    """Return (folder, file) where the complaint is about a model file that is not there."""
    if complaint.type != "value_not_in_list":
        return None
    inputs = mapping(mapping(graph.get(complaint.node)).get("inputs"))
    value = inputs.get(complaint.input)
    folder = model_folder(complaint.class_type, complaint.input)
    if not folder and not is_model_file(value):
        return None
    return folder, str(value if value is not None else _quoted(complaint.details))


def _node_refused(complaint: _Complaint, host: str) -> RabbitError:
    context = complaint.context()
    class_type = complaint.class_type
    if complaint.type == "custom_validation_failed" and class_type.startswith("LoadImage"):
        return RabbitError(
            ErrorKind.HOST_FAILED,
            f"{host} does not find the picture it was sent.",
            "Try again; if it stays so, check that ComfyUI can write its input folder.",
            context,
        )
    said = complaint.message or complaint.type
    where = f"{class_type}.{complaint.input}" if complaint.input else class_type
    # The details of this one are a Python exception, of no use to a reader.
    internal = complaint.type == "exception_during_inner_validation"
    details = "" if internal or not complaint.details else f" ({complaint.details[:200]})"
    return RabbitError(
        ErrorKind.WORKFLOW_INVALID,
        f"{host} did not accept node {complaint.node} ({where}): {said}{details}.",
        "Check the workflow with `rabbitviewer workflows check`.",
        context,
    )


def _complaints(node_errors: dict[str, Any]) -> list[_Complaint]:
    """Return every complaint, those about missing files first."""
    found: list[_Complaint] = []
    for node_id, entry in node_errors.items():
        about = mapping(entry)
        for one in items(about.get("errors")):
            complaint = mapping(one)
            found.append(
                _Complaint(
                    node=node_id,
                    class_type=text(about.get("class_type")),
                    input=text(mapping(complaint.get("extra_info")).get("input_name")),
                    type=text(complaint.get("type")),
                    message=text(complaint.get("message")),
                    details=text(complaint.get("details")),
                )
            )
    return sorted(found, key=lambda one: one.type != "value_not_in_list")


def _models_of(node_id: str, class_type: str, graph: dict[str, Any]) -> list[tuple[str, str]]:
    """Return (folder, file) of every model that the node loads."""
    inputs = mapping(mapping(graph.get(node_id)).get("inputs"))
    found: list[tuple[str, str]] = []
    for name, value in inputs.items():
        folder = model_folder(class_type, name)
        if isinstance(value, str) and (folder or is_model_file(value)):
            found.append((folder, value))
    return found


def _damaged_model(
    models: list[tuple[str, str]], host: str, context: dict[str, str]
) -> RabbitError:
    names = " or ".join(filename for _, filename in models)
    folders = " or ".join(sorted({f"models/{folder or '...'}" for folder, _ in models}))
    return RabbitError(
        ErrorKind.HOST_FAILED,
        f"The model file {names} on {host} is damaged.",
        f"Download it again into {folders} there.",
        {**context, "file": names},
    )


def _without_paths(line: str) -> str:
    """Shorten the host's absolute paths to their last part; its folders are nobody's business."""
    return re.sub(r"(?:[A-Za-z]:)?[\\/](?:[^\\/'\"\s]+[\\/])+([^\\/'\"\s]+)", r"\1", line)


def _quoted(details: str) -> str:
    match = _QUOTED.search(details)
    return match[1] if match else details


def _lines(value: object) -> str:
    return "".join(str(line) for line in items(value))
