"""The command line: which command, which exit code; no traceback ever reaches a user.

Exit codes: 0 done, 1 failed with one line on standard error, 2 wrong usage.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib
import os
import sys
from pathlib import Path

from daemon.protocol.endpoint import resolve_folders
from daemon.protocol.errors import ErrorInfo, ErrorKind, RabbitError
from rabbitviewer.commands.arguments import Commands, Parser
from rabbitviewer.commands.targets import UsageError
from rabbitviewer.commands.terminal import (
    drop_output,
    finish_output,
    prepare_streams,
    write_error,
    write_json,
    write_note,
)
from rabbitviewer.commands.window import open_window
from rabbitviewer.trace import Trace

COMMANDS = (
    "grade",
    "edit",
    "lut",
    "looks",
    "pool",
    "operations",
    "workflows",
    "hosts",
    "jobs",
    "info",
    "thumbs",
    "config",
    "daemon",
    "builtin-host",
)
_MODULES = (
    "grade",
    "edit",
    "lut",
    "looks",
    "pool",
    "listings",
    "hosts",
    "workflows",
    "thumbs",
    "jobs",
    "config",
    "processes",
)
_LOG_BYTES = 1 << 20


class _Version(argparse.Action):
    """``--version``; looked up only when asked for, because that takes long."""

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        import importlib.metadata

        parser.exit(message=f"rabbitviewer {importlib.metadata.version('rabbitviewer')}\n")


def main(argv: list[str] | None = None) -> int:
    """Run one command and return its exit code."""
    prepare_streams()
    arguments = sys.argv[1:] if argv is None else argv
    word = _first_word(arguments)
    try:
        args = _parse(arguments, word)
        return _run(args)
    except UsageError as error:
        write_note(f"rabbitviewer: {error}; see `rabbitviewer --help`")
        return 2


def _run(args: argparse.Namespace) -> int:
    json = bool(getattr(args, "json", False))
    trace: Trace | None = None
    try:
        trace = Trace(Path(args.trace)) if args.trace else None
        if "run" not in args:
            return open_window(args.path, trace)
        from rabbitviewer.commands.session import Session

        return _ended(int(args.run(args, Session(json=json, trace=trace))))
    except UsageError:
        raise
    except RabbitError as error:
        return _fail(_with_log(error.info), json=json)
    except KeyboardInterrupt:
        return _fail(ErrorInfo(ErrorKind.CANCELLED, "Interrupted.", ""), json=json)
    except BrokenPipeError:
        drop_output()
        return 1
    except Exception as error:  # noqa: BLE001 - the outermost boundary; it goes to the log
        log_file = _log_traceback(error)
        message = "An error inside RabbitViewer ended the command."
        hint = f"The details are in {log_file}."
        return _fail(ErrorInfo(ErrorKind.INTERNAL, message, hint), json=json)
    finally:
        if trace is not None:
            trace.close()


def _ended(code: int) -> int:
    finish_output()
    return code


def build_parser() -> Parser:
    """Return the parser of all commands."""
    parser = Parser(
        prog="rabbitviewer",
        usage="rabbitviewer [--trace FILE] [PATH]\n       rabbitviewer [--trace FILE] COMMAND ...",
        description="Look at photos, and grade their colours at full resolution. "
        "PATH, a folder or a photo, opens the window.",
        allow_abbrev=False,
    )
    _add_common(parser)
    commands = Commands(
        parser.add_subparsers(
            title="commands", metavar="COMMAND", required=True, prog="rabbitviewer"
        )
    )
    for module in _MODULES:
        importlib.import_module(f"rabbitviewer.commands.{module}").add(commands)
    return parser


def _window_parser() -> Parser:
    parser = Parser(prog="rabbitviewer", allow_abbrev=False)
    _add_common(parser)
    parser.add_argument("path", nargs="?", metavar="PATH")
    return parser


def _add_common(parser: Parser) -> None:
    parser.add_argument(
        "--version", action=_Version, nargs=0, help="show the version number and exit"
    )
    parser.add_argument("--trace", metavar="FILE", help="write Chrome Trace Events for Perfetto")


def _parse(arguments: list[str], word: str | None) -> argparse.Namespace:
    if word in COMMANDS:
        return build_parser().parse_args(arguments)
    if "--help" in arguments or "-h" in arguments:
        return build_parser().parse_args(["--help"])
    if word is not None and not _looks_like_path(word):
        import difflib

        close = difflib.get_close_matches(word, COMMANDS, n=1)
        hint = f"did you mean {close[0]!r}?" if close else f"commands: {', '.join(COMMANDS)}"
        raise UsageError(f"{word!r} is neither a command nor a file here; {hint}")
    return _window_parser().parse_args(arguments)


def _first_word(arguments: list[str]) -> str | None:
    """Return the first word that is no option and no option's value."""
    rest = iter(arguments)
    for argument in rest:
        if argument == "--trace":
            next(rest, None)
        elif argument == "--":
            return next(rest, None)
        elif not argument.startswith("-"):
            return argument
    return None


def _looks_like_path(word: str) -> bool:
    return os.path.lexists(word) or os.sep in word or "/" in word or "." in word


def _with_log(info: ErrorInfo) -> ErrorInfo:
    """Make sure that an internal failure names the log."""
    log_file = resolve_folders().log_file
    if info.kind != ErrorKind.INTERNAL or str(log_file) in info.message + info.hint:
        return info
    return ErrorInfo(
        info.kind, info.message, f"{info.hint} The details are in {log_file}.", info.context
    )


def _fail(info: ErrorInfo, *, json: bool) -> int:
    write_error(info)
    if json:
        from rabbitviewer.commands.documents import error_document

        with contextlib.suppress(RabbitError, BrokenPipeError):
            write_json({"error": error_document(info)})
    return 1


def _log_traceback(error: Exception) -> Path:
    """Write *error* into the command line's own log and return its path."""
    import logging.handlers

    path = resolve_folders().data / "logs" / "command-line.log"
    with contextlib.suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        handler = logging.handlers.RotatingFileHandler(
            path, maxBytes=_LOG_BYTES, backupCount=1, encoding="utf-8", errors="backslashreplace"
        )
        handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
        log = logging.getLogger("rabbitviewer.cli")
        log.addHandler(handler)
        log.propagate = False
        log.error("the command failed", exc_info=error)
        log.removeHandler(handler)
        handler.close()
    return path


if __name__ == "__main__":
    sys.exit(main())
