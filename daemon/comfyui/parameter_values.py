"""The values of a workflow's parameters: of the right type, in range, known to the host."""

from __future__ import annotations

import difflib
import math
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, TypeAlias

from daemon.comfyui.lenient import mapping
from daemon.comfyui.manifest import Manifest, Parameter
from daemon.comfyui.model_folders import is_model_file, model_folder
from daemon.comfyui.object_info import InputSpec, ObjectInfo
from daemon.protocol.errors import ErrorKind, RabbitError
from daemon.protocol.workflows import MAX_SEED

Value: TypeAlias = "int | float | str | bool"

_MOST_NAMED = 12
_KINDS = {
    "integer": "a whole number",
    "number": "a number",
    "text": "text",
    "boolean": "true or false",
    "choice": "one of its choices",
    "model": "the name of a model file",
    "seed": "a whole number",
}
_OF_HOST = {"INT": "integer", "FLOAT": "number", "STRING": "text", "BOOLEAN": "boolean"}


def check_given(manifest: Manifest, given: Mapping[str, Value], workflow: str) -> None:
    """Refuse values that no host could take; asks none.

    Args:
        manifest: The workflow's.
        given: Values by parameter name; ``format.bit_depth`` comes with a choice of ``format``.
        workflow: Its name.

    Raises:
        RabbitError: ``invalid_request`` with ``field`` in its context.
    """
    for name, value in given.items():
        parameter = manifest.parameters.get(name)
        if parameter is not None:
            check_parameter(name, parameter, value)
        elif base_of(name, manifest) is None:
            raise unknown_name("parameter", name, manifest.parameters, workflow)


def base_of(name: str, manifest: Manifest) -> Parameter | None:
    """Return the parameter with one of whose choices the dotted *name* may come."""
    return manifest.parameters.get(name.partition(".")[0]) if "." in name else None


def check_parameter(name: str, parameter: Parameter, value: Value) -> Value:
    """Return *value* as the parameter's type.

    Raises:
        RabbitError: ``invalid_request`` naming the parameter and what it takes.
    """
    converted = _convert(parameter.type, value)
    if converted is None:
        raise _wrong(name, value, f"it takes {_KINDS[parameter.type]}")
    if isinstance(converted, str):
        if parameter.choices and converted not in parameter.choices:
            raise _wrong(name, value, f"it takes one of {_some(parameter.choices)}")
        return converted
    if not isinstance(converted, bool):
        least = 0 if parameter.type == "seed" else parameter.min
        most = MAX_SEED if parameter.type == "seed" else parameter.max
        _check_range(name, converted, least, most)
    return converted


def place_values(
    manifest: Manifest,
    graph: dict[str, Any],
    given: Mapping[str, Value],
    info: ObjectInfo | None,
    workflow: str,
) -> None:
    """Put values and defaults into *graph*; *info* tells what comes with which choice.

    Raises:
        RabbitError: ``invalid_request`` with ``field`` in its context.
    """
    check_given(manifest, given, workflow)
    for name, parameter in manifest.parameters.items():
        value = given.get(name, parameter.default)
        if value is not None:
            checked = check_parameter(name, parameter, value)
            _put(graph[parameter.node]["inputs"], parameter.input, checked)
    for name, parameter, target in _dotted(manifest, given):
        node = mapping(graph[parameter.node])
        if info is None or info.input(_class(node), target, mapping(node["inputs"])) is not None:
            node["inputs"][target] = given[name]


def _put(inputs: dict[str, Any], name: str, value: Value) -> None:
    """Put in a value; what came with another choice goes."""
    if inputs.get(name) != value:
        for other in [each for each in inputs if each.startswith(f"{name}.")]:
            del inputs[other]
    inputs[name] = value


def check_on_host(
    manifest: Manifest, graph: Mapping[str, Any], given: Mapping[str, Value], info: ObjectInfo
) -> None:
    """Refuse given values that a host's nodes do not take; defaults are left to :mod:`checks`.

    Args:
        manifest: The workflow's.
        graph: As it would be sent.
        given: Values by parameter name.
        info: The host's nodes.

    Raises:
        RabbitError: ``invalid_request``, or ``workflow_unavailable`` for a model file that the host
            does not have; with ``field`` in its context.
    """
    plain = [(name, each, each.input) for name, each in manifest.parameters.items()]
    for name, parameter, target in (*plain, *_dotted(manifest, given)):
        node = mapping(graph[parameter.node])
        inputs = mapping(node["inputs"])
        if name not in given or target not in inputs:
            continue
        spec = info.input(_class(node), target, inputs)
        if spec is not None:
            # What is sent: a model file may stand there under the host's own name.
            _check_spec(name, inputs[target], spec, model_folder(_class(node), target))


def _dotted(manifest: Manifest, given: Mapping[str, Value]) -> Iterator[tuple[str, Parameter, str]]:
    """Yield (name, parameter, input) of what comes with choices, outer ones first."""
    for name in sorted(given, key=lambda each: each.count(".")):
        parameter = base_of(name, manifest)
        if parameter is not None and name not in manifest.parameters:
            yield name, parameter, parameter.input + name[name.index(".") :]


def _check_spec(name: str, value: Value, spec: InputSpec, folder: str) -> None:
    if spec.choices is not None:
        _check_choice(name, value, spec.choices, folder)
        return
    kind = _OF_HOST.get(spec.kind)
    if kind is None:
        return
    converted = _convert(kind, value)
    if converted is None:
        raise _wrong(name, value, f"it takes {_KINDS[kind]}")
    if not isinstance(converted, bool | str):
        _check_range(name, converted, spec.options.get("min"), spec.options.get("max"))


def _check_choice(name: str, value: Value, choices: tuple[Any, ...], folder: str) -> None:
    if value in choices:
        return
    if folder or is_model_file(value):
        where = f" in models/{folder}" if folder else ""
        raise RabbitError(
            ErrorKind.WORKFLOW_UNAVAILABLE,
            f"The model file {value} is missing{where} on the host.",
            "Put it there, or choose another one.",
            {"field": name},
        )
    raise _wrong(name, value, f"the host takes one of {_some(choices)}")


def _check_range(name: str, value: float, least: object, most: object) -> None:
    if isinstance(least, int | float) and value < least:
        raise _wrong(name, value, f"it is at least {least:g}")
    if isinstance(most, int | float) and value > most:
        raise _wrong(name, value, f"it is at most {most:g}")


def _convert(kind: str, value: Value) -> Value | None:
    if kind == "boolean":
        return value if isinstance(value, bool) else None
    if isinstance(value, bool):
        return None
    if kind in {"integer", "seed"}:
        whole = isinstance(value, int) or (isinstance(value, float) and value.is_integer())
        return int(value) if whole else None
    if kind == "number":
        finite = isinstance(value, int | float) and math.isfinite(value)
        return float(value) if finite else None
    return value if isinstance(value, str) else None


def unknown_name(kind: str, name: str, known: Iterable[str], workflow: str) -> RabbitError:
    """Return the failure for a name that a workflow does not have."""
    names = list(known)
    near = difflib.get_close_matches(name, names, 1)
    if near:
        hint = f"Did you mean '{near[0]}'?"
    else:
        hint = f"It has: {', '.join(names)}." if names else "It has none."
    return RabbitError(
        ErrorKind.INVALID_REQUEST,
        f"The workflow '{workflow}' has no {kind} '{name}'.",
        hint,
        {"field": name},
    )


def _class(node: Mapping[str, Any]) -> str:
    return str(node.get("class_type"))


def _some(choices: Iterable[object]) -> str:
    names = [str(each) for each in choices]
    more = f" and {len(names) - _MOST_NAMED} more" if len(names) > _MOST_NAMED else ""
    return ", ".join(names[:_MOST_NAMED]) + more


def _wrong(name: str, value: Value, expected: str) -> RabbitError:
    return RabbitError(
        ErrorKind.INVALID_REQUEST,
        f"{value!r} does not fit the parameter '{name}'.",
        f"{expected[:1].upper()}{expected[1:]}.",
        {"field": name},
    )
