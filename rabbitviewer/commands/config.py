"""``rabbitviewer config path|show|check``."""

from __future__ import annotations

import argparse
import os

from daemon.protocol.messages import Config, ConfigRequest
from rabbitviewer.commands.arguments import Commands
from rabbitviewer.commands.documents import Document
from rabbitviewer.commands.session import Session
from rabbitviewer.commands.targets import absolute
from rabbitviewer.commands.terminal import write_json, write_line, write_note, write_table


def add(commands: Commands) -> None:
    """Register the command."""
    verbs = commands.group("config", "find, show and check the settings")
    verbs.add("path", run_path, "print where config.yaml is")
    verbs.add("show", run_show, "show the values in force")
    check = verbs.add("check", run_check, "check config.yaml, or another file")
    check.add_argument("file", nargs="?", metavar="FILE")


def run_path(args: argparse.Namespace, session: Session) -> int:
    """Print the path of ``config.yaml``; no daemon is needed."""
    del args
    path = str(session.folders.config_file)
    if session.json:
        write_json({"path": path})
    else:
        write_line(path)
    return 0


def run_show(args: argparse.Namespace, session: Session) -> int:
    """Show the values in force and what is wrong with the file."""
    del args
    found = session.ask(ConfigRequest(), Config)
    if session.json:
        write_json(_document(found))
        return 0
    write_table([(key, str(value)) for key, value in found.values.items()])
    for line in (*found.errors, *found.warnings):
        write_note(line)
    return 0


def run_check(args: argparse.Namespace, session: Session) -> int:
    """Check a settings file; 1 if a value in it is wrong."""
    path = absolute(args.file or str(session.folders.config_file))
    found = session.ask(ConfigRequest(path=path), Config)
    if session.json:
        write_json(_document(found))
    else:
        for line in (*found.errors, *found.warnings):
            write_line(line)
        if not found.errors:
            write_line(f"{os.fsdecode(path)}: no errors")
    if not found.errors:
        return 0
    more = len(found.errors) - 1
    write_note(f"rabbitviewer: {found.errors[0]}" + (f" (and {more} more)" if more else ""))
    return 1


def _document(found: Config) -> Document:
    return {
        "path": os.fsdecode(found.path),
        "values": dict(found.values),
        "errors": list(found.errors),
        "warnings": list(found.warnings),
    }
