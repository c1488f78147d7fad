"""``hosts``: which machines there are, and with ``--check`` how each is, step by step."""

from __future__ import annotations

import argparse
import textwrap
import time

from daemon.protocol.errors import ErrorInfo, ErrorKind, RabbitError
from daemon.protocol.hosting import BUILTIN, CheckStep, HostChecked, HostCheckRequest
from daemon.protocol.messages import HostChanged, Hosts, HostsRequest
from daemon.protocol.values import HostInfo
from rabbitviewer.commands.arguments import Commands, text
from rabbitviewer.commands.documents import Document, plain
from rabbitviewer.commands.session import Session
from rabbitviewer.commands.targets import UsageError
from rabbitviewer.commands.terminal import (
    harmless,
    write_error,
    write_json,
    write_line,
    write_note,
    write_table,
)
from rabbitviewer.ipc.blocking import DaemonConnection

_COLUMNS = 100
_FIRST_LOOK_S = 3.0
_CHECK_TIMEOUT_S = 120.0
_MARKS = {"ok": "ok", "failed": "FAILED", "skipped": "skipped", "warning": "warning"}


def add(commands: Commands) -> None:
    """Register the command."""
    hosts = commands.add("hosts", run, "list the hosts, or check them step by step")
    hosts.add_argument(
        "names", type=text, nargs="*", metavar="HOST", help="name, URL or 'builtin' to check"
    )
    hosts.add_argument(
        "--check",
        action="store_true",
        help="go to each of them step by step and say what to do (default: all in use)",
    )
    hosts.add_argument(
        "--workflow",
        type=text,
        action="append",
        default=[],
        metavar="NAME",
        help="check only this workflow; may be repeated ('none': no workflow at all)",
    )


def run(args: argparse.Namespace, session: Session) -> int:
    """List the hosts; with ``--check`` 1 if a step failed."""
    if not args.check and (args.names or args.workflow):
        raise UsageError("to check hosts write `rabbitviewer hosts --check HOST`")
    if args.check:
        with session.connect() as connection:
            return _check(args, session, connection)
    with session.connect() as connection:
        found = _looked_at(connection)
    if session.json:
        write_json([plain(host) for host in found])
        return 0
    titles = ("HOST", "ADDRESS", "STATE", "VERSION", "QUEUE", "OURS", "DONE", "FAILED", "USUALLY")
    write_table([titles, *(_row(host) for host in found)])
    for host in found:
        if host.state == "unreachable" and host.detail:
            write_note(f"{host.name}: {host.detail} {host.hint}")
    return 0


def _looked_at(connection: DaemonConnection) -> list[HostInfo]:
    """Return the hosts in use; those that nobody looked at yet get some seconds to answer."""
    found = {host.name: host for host in connection.request(HostsRequest(), Hosts).hosts}
    deadline = time.monotonic() + _FIRST_LOOK_S
    while any(host.state == "unknown" and not host.builtin for host in found.values()):
        event = connection.next_event(max(deadline - time.monotonic(), 0.0))
        if event is None:
            break
        if isinstance(event, HostChanged) and event.host.name in found:
            found[event.host.name] = event.host
    return list(found.values())


def _row(host: HostInfo) -> tuple[str, ...]:
    idle = host.builtin and host.state == "unknown"
    usually = "" if host.usual_s is None else f"{host.usual_s:.3g} s"
    counts = (host.queue, host.ours, host.done, host.failed)
    state = "starts when needed" if idle else host.state
    return (host.name, host.url, state, host.version, *map(str, counts), usually)


def _check(args: argparse.Namespace, session: Session, connection: DaemonConnection) -> int:
    """Check one host after the other; a name that there is not does not keep the others."""
    workflows = tuple(name for name in args.workflow if name != "none") if args.workflow else ("*",)
    names = list(args.names) or _in_use(connection)
    documents: list[Document] = []
    code = 0
    for index, name in enumerate(names):
        try:
            request = HostCheckRequest(host=name, workflows=workflows)
            checked = connection.request(request, HostChecked, _CHECK_TIMEOUT_S)
        except RabbitError as error:
            if error.info.kind not in {ErrorKind.NOT_FOUND, ErrorKind.INVALID_REQUEST}:
                raise
            checked = _unknown(name, error.info)
        if session.json:
            documents.append(_document(checked, connection))
        else:
            _write(checked, first=not index)
        failed = _first_failed(checked)
        if failed is not None:
            code = 1
            write_error(ErrorInfo(ErrorKind.HOST_UNREACHABLE, failed.message, failed.hint))
    if session.json:
        write_json(documents)
    elif not args.names and names == [BUILTIN]:
        write_note(
            "No ComfyUI host is in use (comfyui.enabled in config.yaml); to check one all the "
            "same, name it: `rabbitviewer hosts --check NAME`."
        )
    return code


def _in_use(connection: DaemonConnection) -> list[str]:
    return [host.name for host in connection.request(HostsRequest(), Hosts).hosts]


def _unknown(name: str, info: ErrorInfo) -> HostChecked:
    step = CheckStep(step="dns", state="failed", message=info.message, hint=info.hint)
    return HostChecked(host=name, url="", steps=(step,))


def _first_failed(checked: HostChecked) -> CheckStep | None:
    return next((step for step in checked.steps if step.state == "failed"), None)


def _write(checked: HostChecked, *, first: bool) -> None:
    if not first:
        write_line()
    address = f" ({checked.url})" if checked.url and checked.url != checked.host else ""
    write_line(harmless(f"{checked.host}{address}"))
    for step in checked.steps:
        what = f"workflow {step.subject}" if step.subject else step.step
        mark = _MARKS.get(step.state, step.state)
        _write_wrapped(f"  {mark:<8} {what:<10} ", step.message)
        if step.hint:
            _write_wrapped(f"{'':11}-> ", step.hint)


def _write_wrapped(begin: str, words: str) -> None:
    lines = textwrap.wrap(
        harmless(words),
        _COLUMNS,
        initial_indent=begin,
        subsequent_indent=" " * len(begin),
        break_long_words=False,
        break_on_hyphens=False,
    )
    for line in lines:
        write_line(line)


def _document(checked: HostChecked, connection: DaemonConnection) -> Document:
    """Return what is known of the host, and its steps."""
    known = connection.request(HostsRequest(), Hosts).hosts
    found = next((host for host in known if host.name == checked.host), None)
    info = found or _info(checked)
    return plain(info) | {"steps": [plain(step) for step in checked.steps]}


def _info(checked: HostChecked) -> HostInfo:
    """Return a host that is in no list as far as its check tells."""
    failed = _first_failed(checked)
    return HostInfo(
        name=checked.host,
        url=checked.url,
        builtin=checked.host == BUILTIN,
        state="ready" if failed is None or failed.step == "workflow" else "unreachable",
        detail=failed.message if failed else "",
        hint=failed.hint if failed else "",
    )
