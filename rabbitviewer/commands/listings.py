"""What there is: operations, and what is known of a photo."""

from __future__ import annotations

import argparse

from daemon.protocol.messages import (
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
    write_json,
    write_line,
    write_table,
)

_CHECK_TIMEOUT_S = 180.0


def add(commands: Commands) -> None:
    """Register the commands."""
    commands.add("operations", run_operations, "list what can be done to a photo")
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
