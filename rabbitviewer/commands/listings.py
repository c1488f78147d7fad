"""What there is: operations, hosts, and what is known of a photo."""

from __future__ import annotations

import argparse

from daemon.protocol.errors import ErrorInfo, ErrorKind
from daemon.protocol.messages import (
    Hosts,
    HostsRequest,
    Operations,
    OperationsRequest,
    PhotoInfo,
    PhotoInfoRequest,
)
from rabbitviewer.commands.arguments import Commands
from rabbitviewer.commands.documents import plain
from rabbitviewer.commands.session import Session
from rabbitviewer.commands.targets import absolute
from rabbitviewer.commands.terminal import (
    write_error,
    write_json,
    write_line,
    write_table,
)

_CHECK_TIMEOUT_S = 180.0


def add(commands: Commands) -> None:
    """Register the commands."""
    commands.add("operations", run_operations, "list what can be done to a photo")
    hosts = commands.add("hosts", run_hosts, "list the hosts")
    hosts.add_argument("--check", action="store_true", help="contact each of them")
    info = commands.add("info", run_info, "show what the decoder and the metadata reader see")
    info.add_argument("photo", metavar="PHOTO")


def run_operations(args: argparse.Namespace, session: Session) -> int:
    """List the operations."""
    del args
    found = session.ask(OperationsRequest(), Operations, _CHECK_TIMEOUT_S).operations
    if session.json:
        write_json([plain(operation) for operation in found])
        return 0
    rows = [("OPERATION", "TITLE", "WORKFLOW", "AI", "AVAILABLE")]
    for item in found:
        available = "yes" if item.available else f"no: {item.reason}"
        rows.append((item.id, item.title, item.workflow, "yes" if item.ai else "no", available))
    write_table(rows)
    return 0


def run_hosts(args: argparse.Namespace, session: Session) -> int:
    """List the hosts; 1 if one was asked and did not answer."""
    found = session.ask(HostsRequest(check=args.check), Hosts, _CHECK_TIMEOUT_S).hosts
    if session.json:
        write_json([plain(host) for host in found])
    else:
        rows = [("HOST", "ADDRESS", "STATE", "VERSION", "QUEUE")]
        rows += [(item.name, item.url, item.state, item.version, str(item.queue)) for item in found]
        write_table(rows)
    away = [item for item in found if args.check and item.state == "unreachable"]
    for item in away:
        message = item.detail or f"The host {item.name} ({item.url}) does not answer."
        write_error(ErrorInfo(ErrorKind.HOST_UNREACHABLE, message, item.hint))
    return 1 if away else 0


def run_info(args: argparse.Namespace, session: Session) -> int:
    """Show a photo's facts."""
    found = session.ask(PhotoInfoRequest(path=absolute(args.photo)), PhotoInfo)
    document = plain(found)
    if session.json:
        write_json(document)
        return 0
    metadata = dict(found.metadata)
    del document["metadata"], document["notes"]
    rows = [(name.replace("_", " "), str(value)) for name, value in document.items()]
    write_table(rows + list(metadata.items()))
    for note in found.notes:
        write_line(note)
    return 0
