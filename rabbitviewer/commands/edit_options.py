"""Options that ``grade`` and ``edit`` share: workflow, host, seed, values, pictures and texts."""

from __future__ import annotations

import argparse
import re

import msgspec

from daemon.protocol.errors import ErrorKind, RabbitError
from daemon.protocol.messages import (
    AiEditRequest,
    Operations,
    OperationsRequest,
    WirePath,
    Workflows,
    WorkflowsRequest,
)
from daemon.protocol.values import OperationInfo, ParameterInfo
from daemon.protocol.workflows import MAX_SEED, POSSIBLE_RESULTS
from rabbitviewer.commands.arguments import integer, text
from rabbitviewer.commands.targets import UsageError, absolute
from rabbitviewer.ipc.blocking import DaemonConnection

_CHECK_TIMEOUT_S = 180.0
_TEXTS = ("prompt", "negative", "prompt_2", "negative_prompt_2")
_PICTURE = re.compile(r"^(reference|control)_[1-9][0-9]?$")
_TRUE, _FALSE = ("true", "yes", "on", "1"), ("false", "no", "off", "0")

Value = int | float | str | bool


def add_run_options(parser: argparse.ArgumentParser) -> None:
    """Add what says where an edit runs and what its workflow is told."""
    parser.add_argument(
        "--workflow", type=text, default="", metavar="NAME", help="default: as configured"
    )
    parser.add_argument(
        "--host", type=text, default="", metavar="HOST", help="a host's name, its URL, or 'builtin'"
    )
    parser.add_argument("--seed", type=integer(0, MAX_SEED), help="default: random, reported")
    parser.add_argument(
        "--negative", type=text, metavar="TEXT", help="what the picture must not become"
    )
    parser.add_argument(
        "--prompt-2",
        type=text,
        metavar="TEXT",
        help="for a second text encoder (else --prompt)",
    )
    parser.add_argument(
        "--negative-prompt-2", type=text, metavar="TEXT", help="as above (else --negative)"
    )
    parser.add_argument(
        "--set",
        dest="values",
        action="append",
        default=[],
        type=text,
        metavar="NAME=VALUE",
        help="a parameter of the workflow; `workflows list --json` names them",
    )
    parser.add_argument(
        "--image",
        dest="images",
        action="append",
        default=[],
        metavar="NAME=FILE",
        help="another picture that the workflow takes: reference_1=FILE, control_1=FILE, ...",
    )


def add_size_and_output(parser: argparse.ArgumentParser) -> None:
    """Add what says how large the copy is that is sent, and where the result goes."""
    parser.add_argument(
        "--long-edge",
        type=integer(64, 4096),
        default=0,
        metavar="PX",
        help="long edge of the copy that is sent (default: near 1 megapixel)",
    )
    parser.add_argument(
        "-o", dest="out", metavar="OUT", help="a file, a folder, or a pattern with {stem}"
    )


def check_run_options(args: argparse.Namespace) -> None:
    """Find what was typed wrongly before anything is asked.

    Raises:
        UsageError: something was.
    """
    for typed in args.values:
        _pair(typed, "--set", "NAME=VALUE")
    for typed in args.images:
        name, file = _pair(typed, "--image", "NAME=FILE")
        if not _PICTURE.match(name):
            raise UsageError(f"--image {typed}: pictures are called reference_1, control_1, ...")
        if not file:
            raise UsageError(f"--image {typed}: the file is missing")


def with_run_options(
    request: AiEditRequest, args: argparse.Namespace, parameters: tuple[ParameterInfo, ...]
) -> AiEditRequest:
    """Return *request* with what the options say.

    Args:
        request: Without them.
        args: As typed, and checked.
        parameters: Of the workflow, so that ``--set`` knows a number from a text.

    Raises:
        UsageError: a value is not of its parameter's type.
    """
    types = {each.name: each.type for each in parameters}
    changes: dict[str, object] = {
        "workflow": args.workflow,
        "host": args.host,
        "seed": args.seed,
        "negative": args.negative,
        "prompt_2": args.prompt_2,
        "negative_prompt_2": args.negative_prompt_2,
        "images": dict(_picture(typed) for typed in args.images),
    }
    values: dict[str, Value] = {}
    for typed in args.values:
        name, said = _pair(typed, "--set", "NAME=VALUE")
        if name in types:
            values[name] = _typed(typed, said, types[name])
        elif name in _TEXTS:
            changes[name] = said
        elif name == "seed":
            changes[name] = _typed(typed, said, "integer")
        else:
            values[name] = _guessed(typed, said)
    return msgspec.structs.replace(request, **changes, parameters=values)


def parameters_of(
    args: argparse.Namespace, connection: DaemonConnection
) -> tuple[ParameterInfo, ...]:
    """Return the parameters of the workflow that would run; asked only where ``--set`` is used."""
    if not args.values:
        return ()
    if args.workflow:
        found = connection.request(WorkflowsRequest(names=(args.workflow,)), Workflows).workflows
        return found[0].parameters if found else ()
    operation = find_operation(getattr(args, "operation", "color_grade"), connection)
    return () if operation is None else operation.parameters


def find_operation(name: str, connection: DaemonConnection) -> OperationInfo | None:
    """Return what is known of an operation; None: no workflow serves it."""
    answer = connection.request(OperationsRequest(), Operations, _CHECK_TIMEOUT_S)
    return next((each for each in answer.operations if each.id == name), None)


def check_operation(name: str, connection: DaemonConnection) -> None:
    """Refuse an operation that there is not, or whose results cannot be made yet.

    Raises:
        RabbitError: says which of both.
    """
    answer = connection.request(OperationsRequest(), Operations, _CHECK_TIMEOUT_S)
    known = {each.id: each for each in answer.operations}
    found = known.get(name)
    if found is None:
        raise RabbitError(
            ErrorKind.NOT_FOUND,
            f"There is no operation '{name}'.",
            f"Known are {', '.join(known)}." if known else "",
        )
    if found.result not in POSSIBLE_RESULTS:
        raise RabbitError(
            ErrorKind.WORKFLOW_UNAVAILABLE,
            f"'{found.title}' was not started: this version cannot make results of kind "
            f"'{found.result}' yet.",
            "Take an operation whose result is a grade (lut) or a picture (image).",
        )


def _pair(typed: str, option: str, form: str) -> tuple[str, str]:
    name, sign, value = typed.partition("=")
    if not sign or not name.strip():
        raise UsageError(f"{option} {typed}: write {form}")
    return name.strip(), value


def _picture(typed: str) -> tuple[str, WirePath]:
    name, file = _pair(typed, "--image", "NAME=FILE")
    return name, absolute(file)


def _typed(typed: str, said: str, kind: str) -> Value:
    """Return *said* as a value of *kind*."""
    try:
        if kind in ("integer", "seed"):
            return _sendable(typed, int(said))
        if kind == "number":
            return float(said)
    except ValueError:
        wanted = "a number" if kind == "number" else "a whole number"
        raise UsageError(f"--set {typed}: it takes {wanted}") from None
    if kind == "boolean":
        if said.lower() in _TRUE + _FALSE:
            return said.lower() in _TRUE
        raise UsageError(f"--set {typed}: it takes true or false")
    return said


def _guessed(typed: str, said: str) -> Value:
    """Return what *said* looks like: the workflow knows better and says so."""
    if said.lower() in ("true", "false"):
        return said.lower() == "true"
    for kind in (int, float):
        try:
            number = kind(said)
        except ValueError:
            continue
        return _sendable(typed, number) if isinstance(number, int) else number
    return said


def _sendable(typed: str, number: int) -> int:
    """Return *number*, which a message can hold: 64 bits."""
    if not -(2**63) <= number <= MAX_SEED:
        raise UsageError(f"--set {typed}: the number is too large")
    return number
