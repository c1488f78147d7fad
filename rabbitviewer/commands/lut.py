"""``rabbitviewer lut extract|apply``: looks as ``.cube`` files, without any host."""

from __future__ import annotations

import argparse
import os

from daemon.protocol.messages import (
    LutApplied,
    LutApplyRequest,
    LutExtracted,
    LutExtractRequest,
    WirePath,
)
from rabbitviewer.commands.arguments import Commands, integer, number
from rabbitviewer.commands.documents import Document, fit_document
from rabbitviewer.commands.session import Session
from rabbitviewer.commands.targets import UsageError, absolute, cube_target, output_target
from rabbitviewer.commands.terminal import write_json, write_line, write_note


def add(commands: Commands) -> None:
    """Register the command."""
    verbs = commands.group("lut", "take a look from a pair of pictures, or put one on a photo")
    extract = verbs.add("extract", run_extract, "fit a LUT to an original and its edited version")
    extract.add_argument("original", metavar="ORIGINAL")
    extract.add_argument("edited", metavar="EDITED")
    extract.add_argument("-o", dest="out", metavar="OUT.cube", required=True)
    extract.add_argument("--size", type=integer(2, 129), default=33, metavar="N")
    extract.add_argument(
        "--no-register", action="store_true", help="the pictures lie on each other exactly"
    )
    apply = verbs.add("apply", run_apply, "apply a .cube to a photo at full size")
    apply.add_argument("photo", metavar="PHOTO")
    apply.add_argument("cube", metavar="LUT.cube")
    apply.add_argument("-o", dest="out", metavar="OUT", required=True)
    apply.add_argument("--strength", type=number(0.0, 1.5), default=1.0)
    apply.add_argument("--mask", metavar="MASK.png", help="white: graded, black: kept")
    apply.add_argument("--resize-mask", action="store_true", help="fit a mask of another size")


def run_extract(args: argparse.Namespace, session: Session) -> int:
    """Fit and write a ``.cube``."""
    request = LutExtractRequest(
        original=absolute(args.original),
        edited=absolute(args.edited),
        output=cube_target(args.out, args.original, 1, option="-o"),
        size=args.size,
        register=not args.no_register,
    )
    answer = session.ask(request, LutExtracted, None)
    path = os.fsdecode(answer.cube_path)
    if session.json:
        write_json({"cube_path": path, "fit": fit_document(answer.fit)})
        return 0
    write_line(path)
    explained, difference = answer.fit.explained, answer.fit.delta_e_mean
    if explained is not None and difference is not None:
        words = f"The LUT explains {100 * explained:.0f} %, mean Delta E {difference:.2f}."
        write_note(f"{words} {answer.fit.warning}")
    return 0


def run_apply(args: argparse.Namespace, session: Session) -> int:
    """Apply a ``.cube`` and write the result."""
    if args.resize_mask and not args.mask:
        raise UsageError("--resize-mask fits the mask of --mask; name one")
    request = LutApplyRequest(
        path=absolute(args.photo),
        cube=absolute(args.cube),
        output=output_target(args.out, 1),
        strength=args.strength,
        mask=absolute(args.mask) if args.mask else WirePath(),
        resize_mask=args.resize_mask,
    )
    answer = session.ask(request, LutApplied, None)
    path = os.fsdecode(answer.result_path)
    if session.json:
        document: Document = {"result_path": path, "notes": list(answer.notes)}
        if answer.outside_identical is not None:
            document["outside_identical"] = answer.outside_identical
        write_json(document)
        return 0
    write_line(path)
    for note in answer.notes:
        write_note(note)
    return 0
