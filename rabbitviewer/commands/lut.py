"""``rabbitviewer lut extract|apply|spatial|convert``: grades as LUT files, without any host."""

from __future__ import annotations

import argparse
import os

from daemon.protocol.messages import (
    LutApplied,
    LutApplyRequest,
    LutConverted,
    LutConvertRequest,
    LutExtracted,
    LutExtractRequest,
    LutGraded,
    LutSpatialRequest,
    WirePath,
)
from rabbitviewer.commands.arguments import Commands, add_channels, integer, number
from rabbitviewer.commands.documents import Document, fit_document
from rabbitviewer.commands.fit_words import fit_sentence
from rabbitviewer.commands.session import Session
from rabbitviewer.commands.targets import UsageError, absolute, lut_target, output_target
from rabbitviewer.commands.terminal import write_json, write_line, write_note


def add(commands: Commands) -> None:
    """Register the command."""
    verbs = commands.group("lut", "take a look from a pair of pictures, or put one on a photo")
    _add_extract(verbs)
    _add_apply(verbs)
    _add_spatial(verbs)
    convert = verbs.add("convert", run_convert, "write a LUT file as another kind or size")
    convert.add_argument("lut", metavar="IN", help="a .cube (1D or 3D) or a Hald CLUT (.png)")
    convert.add_argument("out", metavar="OUT", help="a .cube, or a .png for a Hald CLUT")
    convert.add_argument(
        "--size", type=integer(2, 129), default=0, metavar="N", help="nodes a side (default: as is)"
    )


def _add_extract(verbs: Commands) -> None:
    parser = verbs.add("extract", run_extract, "fit a LUT to an original and its edited version")
    _add_pair(parser)
    parser.add_argument(
        "-o",
        dest="out",
        metavar="OUT.cube",
        required=True,
        help="the LUT; one that ends with .png is written as a Hald CLUT",
    )
    parser.add_argument(
        "--size", type=integer(2, 129), default=33, metavar="N", help="nodes a side (default: 33)"
    )


def _add_apply(verbs: Commands) -> None:
    parser = verbs.add("apply", run_apply, "apply a LUT to a photo at full size")
    parser.add_argument("photo", metavar="PHOTO")
    parser.add_argument("cube", metavar="LUT", help="a .cube, or a Hald CLUT (.png)")
    _add_output(parser)
    add_channels(parser)
    parser.add_argument("--mask", metavar="MASK.png", help="white: graded, black: kept")
    parser.add_argument("--resize-mask", action="store_true", help="fit a mask of another size")


def _add_spatial(verbs: Commands) -> None:
    parser = verbs.add(
        "spatial",
        run_spatial,
        "fit a grade that varies over the picture to a pair, apply it to a photo at full size",
    )
    _add_pair(parser)
    parser.add_argument("photo", metavar="PHOTO", help="the scene of ORIGINAL, usually larger")
    _add_output(parser)
    add_channels(parser)


def _add_output(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "-o",
        dest="out",
        metavar="OUT",
        required=True,
        help="a file, a folder, or a pattern with {stem}; what is there is never replaced",
    )
    parser.add_argument(
        "--strength", type=number(0.0, 1.5), default=1.0, help="0 to 1.5 (default: 1.0)"
    )


def _add_pair(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("original", metavar="ORIGINAL")
    parser.add_argument("edited", metavar="EDITED", help="its edit; the sizes may differ")
    parser.add_argument(
        "--no-register", action="store_true", help="the pictures lie on each other exactly"
    )


def run_extract(args: argparse.Namespace, session: Session) -> int:
    """Fit and write a LUT."""
    request = LutExtractRequest(
        original=absolute(args.original),
        edited=absolute(args.edited),
        output=lut_target(args.out, args.original, option="-o"),
        size=args.size,
        register=not args.no_register,
    )
    answer = session.ask(request, LutExtracted, None)
    document: Document = {
        "cube_path": os.fsdecode(answer.cube_path),
        "fit": fit_document(answer.fit),
    }
    _report(session, document, answer.notes, fit_sentence(answer.fit))
    return 0


def run_apply(args: argparse.Namespace, session: Session) -> int:
    """Apply a LUT and write the result."""
    if args.resize_mask and not args.mask:
        raise UsageError("--resize-mask fits the mask of --mask; name one")
    request = LutApplyRequest(
        path=absolute(args.photo),
        cube=absolute(args.cube),
        output=output_target(args.out, 1),
        strength=args.strength,
        channels=args.channels,
        mask=absolute(args.mask) if args.mask else WirePath(),
        resize_mask=args.resize_mask,
    )
    answer = session.ask(request, LutApplied, None)
    document: Document = {"result_path": os.fsdecode(answer.result_path)}
    if answer.outside_identical is not None:
        document["outside_identical"] = answer.outside_identical
    _report(session, document, answer.notes)
    return 0


def run_spatial(args: argparse.Namespace, session: Session) -> int:
    """Fit a grade that varies over the picture, apply it and write the result."""
    request = LutSpatialRequest(
        original=absolute(args.original),
        edited=absolute(args.edited),
        path=absolute(args.photo),
        output=output_target(args.out, 1),
        strength=args.strength,
        register=not args.no_register,
        channels=args.channels,
    )
    answer = session.ask(request, LutGraded, None)
    document: Document = {
        "result_path": os.fsdecode(answer.result_path),
        "fit": fit_document(answer.fit),
    }
    _report(session, document, answer.notes, fit_sentence(answer.fit))
    return 0


def run_convert(args: argparse.Namespace, session: Session) -> int:
    """Write a LUT file as another kind or size."""
    request = LutConvertRequest(
        source=absolute(args.lut),
        output=lut_target(args.out, args.lut, option="OUT"),
        size=args.size,
    )
    answer = session.ask(request, LutConverted, None)
    _report(session, {"path": os.fsdecode(answer.path)}, answer.notes)
    return 0


def _report(session: Session, document: Document, notes: tuple[str, ...], first: str = "") -> None:
    """Write the document, or the path that it begins with and what is to be said of it."""
    if session.json:
        write_json({**document, "notes": list(notes)})
        return
    (path, *_) = document.values()
    write_line(str(path))
    for note in filter(None, (first, *notes)):
        write_note(note)
