"""What the command line writes: one JSON document, lines, tables, one-line errors, a bar."""

from __future__ import annotations

import contextlib
import errno
import json
import os
import shutil
import sys
import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TextIO

from daemon.protocol.errors import ErrorInfo, ErrorKind, RabbitError

_BAR_CELLS = 24
_REDRAW_S = 0.1
_CONTROLS = dict.fromkeys((*range(32), *range(127, 160)), "?")


def prepare_streams() -> None:
    """Let file names that are not UTF-8 through, never fail on a letter or on a closed stream."""
    for name in _closed_streams():
        nowhere = os.open(os.devnull, os.O_WRONLY)
        setattr(sys, name, os.fdopen(nowhere, "w", encoding="utf-8"))
    for stream in (sys.stdout, sys.stderr):
        utf8 = (stream.encoding or "").lower().replace("-", "") == "utf8"
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="surrogateescape" if utf8 else "backslashreplace")


def _closed_streams() -> list[str]:
    streams: dict[str, TextIO | None] = {"stdout": sys.stdout, "stderr": sys.stderr}
    return [name for name, stream in streams.items() if stream is None]


def write_json(document: object) -> None:
    """Write the command's document: ASCII, undecodable bytes of paths as lone surrogates.

    Raises:
        RabbitError: standard output does not take it.
    """
    _write(json.dumps(document, indent=2, ensure_ascii=True, allow_nan=False) + "\n")
    finish_output()


def write_line(text: str = "") -> None:
    """Write one line for people.

    Raises:
        RabbitError: standard output does not take it.
    """
    _write(text + "\n")


def finish_output() -> None:
    """Send off what was written; later is too late to say that it failed.

    Raises:
        RabbitError: standard output does not take it.
    """
    _write("", flush=True)


def drop_output() -> None:
    """Send nowhere what standard output does not take; Python would complain at its end."""
    with contextlib.suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _write(text: str, *, flush: bool = False) -> None:
    try:
        sys.stdout.write(text)
        if flush:
            sys.stdout.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        drop_output()
        raise RabbitError(
            ErrorKind.DISK_FULL if error.errno == errno.ENOSPC else ErrorKind.PERMISSION_DENIED,
            f"The answer could not be written to standard output: {error.strerror or error}.",
            "Free some space or send it elsewhere; what was done stays done.",
        ) from error


def write_note(text: str) -> None:
    """Write one line beside the output, for people; where it cannot be, there is no way to say."""
    with contextlib.suppress(OSError):
        sys.stderr.write(harmless(" ".join(text.split())) + "\n")
        sys.stderr.flush()


def write_error(info: ErrorInfo, prefix: str = "rabbitviewer") -> None:
    """Write what failed, on what, and what to do: one line."""
    write_note(f"{prefix}: {info.message} {info.hint}")


def write_table(rows: Iterable[Sequence[str]]) -> None:
    """Write rows in aligned columns; the first row is the heading. No rows: nothing."""
    lines = [[harmless(cell) for cell in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    for line in lines:
        cells = (cell.ljust(width) for cell, width in zip(line, widths, strict=True))
        write_line("  ".join(cells).rstrip())


def harmless(text: str) -> str:
    """Return *text* without what would steer the terminal (a host said it, a file is named so)."""
    return text.translate(_CONTROLS)


def shown_path(path: bytes) -> str:
    """Return *path* as a person wants to read it: below the present folder when it is there."""
    text = os.fsdecode(path)
    try:
        return text.removeprefix(str(Path.cwd()) + os.sep)
    except FileNotFoundError:
        return text


class ProgressBar:
    """A bar on standard error; nothing where that is no terminal."""

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = stream or sys.stderr
        self._shown = self._stream.isatty()
        self._drawn_at = 0.0
        self._drawn = False

    def update(self, percent: float, text: str) -> None:
        """Show *percent* (0..100) and what is going on; redrawn ten times a second at most."""
        now = time.monotonic()
        if not self._shown or (self._drawn and now - self._drawn_at < _REDRAW_S):
            return
        self._drawn_at, self._drawn = now, True
        full = round(_BAR_CELLS * min(max(percent, 0.0), 100.0) / 100)
        line = f"[{'#' * full}{'.' * (_BAR_CELLS - full)}] {percent:3.0f} %  {text}"
        columns = shutil.get_terminal_size().columns
        self._stream.write("\r\x1b[K" + line[: max(columns - 1, 10)])
        self._stream.flush()

    def clear(self) -> None:
        """Take the bar away before a line is written."""
        if self._drawn:
            self._stream.write("\r\x1b[K")
            self._stream.flush()
            self._drawn = False
