"""``rabbitviewer edit``: any operation whose result is a grade or a picture."""

from __future__ import annotations

import argparse
import contextlib

import msgspec

from daemon.protocol.messages import WirePath
from rabbitviewer.commands.arguments import Commands, text
from rabbitviewer.commands.edit_options import (
    add_run_options,
    add_size_and_output,
    check_operation,
    check_run_options,
    parameters_of,
    with_run_options,
)
from rabbitviewer.commands.follow import JobFollower
from rabbitviewer.commands.grade import add_mask_options, outcomes, report
from rabbitviewer.commands.grade_requests import check_usage, wanted_grades
from rabbitviewer.commands.mask_source import mask_file
from rabbitviewer.commands.session import Session


def add(commands: Commands) -> None:
    """Register the command."""
    parser = commands.add("edit", run, "do an operation to photos, see `rabbitviewer operations`")
    parser.add_argument("operation", type=text, metavar="OPERATION")
    parser.add_argument("photos", nargs="*", metavar="PHOTO")
    parser.add_argument(
        "--prompt", type=text, default="", metavar="TEXT", help="what is wanted, in words"
    )
    add_run_options(parser)
    add_size_and_output(parser)
    add_mask_options(parser)
    parser.add_argument(
        "--cancel-on-interrupt", action="store_true", help="Ctrl+C cancels instead of detaching"
    )
    parser.set_defaults(strength=1.0, fit="auto", channels="all", lut_size=33, cube=None)


def run(args: argparse.Namespace, session: Session) -> int:
    """Edit the photos; 1 if any failed."""
    check_usage(args)
    check_run_options(args)
    with contextlib.ExitStack() as stack:
        mask = WirePath()
        if args.mask is not None:
            mask = stack.enter_context(mask_file(session, args.mask, keep=True)).path
        follower = stack.enter_context(JobFollower(session))
        connection = follower.connection
        check_operation(args.operation, connection)
        parameters = parameters_of(args, connection)
        wanted = wanted_grades(args, mask, connection)
        requests = [
            msgspec.structs.replace(
                with_run_options(item.request, args, parameters), operation=args.operation
            )
            for item in wanted
        ]
        found = outcomes(follower, requests, cancel_on_interrupt=args.cancel_on_interrupt)
    listed = args.all or len(wanted) > 1
    return report(session, [item.path for item in wanted], found, listed=listed)
