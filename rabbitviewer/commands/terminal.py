"""What the command line writes: one JSON document, lines, tables, one-line errors, a bar."""

from __future__ import annotations

import json
import os
import shutil
import sys
import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TextIO

from daemon.protocol.errors import ErrorInfo

_BAR_CELLS = 24
_REDRAW_S = 0.1
_CONTROLS = dict.fromkeys((*range(32), *range(127, 160)), "?")


def prepare_streams() -> None:
    """Let file names that are not UTF-8 through, and never fail on a letter."""
    for stream in (sys.stdout, sys.stderr):
        utf8 = (stream.encoding or "").lower().replace("-", "") == "utf8"
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="surrogateescape" if utf8 else "backslashreplace")


def write_json(document: object) -> None:
    """Write the command's document: ASCII, undecodable bytes of paths as lone surrogates."""
    sys.stdout.write(json.dumps(document, indent=2, ensure_ascii=True, allow_nan=False) + "\n")
    sys.stdout.flush()


def write_line(text: str = "") -> None:
    """Write one line for people."""
    sys.stdout.write(text + "\n")


def write_note(text: str) -> None:
    """Write one line beside the output, for people."""
    sys.stderr.write(harmless(" ".join(text.split())) + "\n")
    sys.stderr.flush()


def write_error(info: ErrorInfo, prefix: str = "rabbitviewer") -> None:
    """Write what failed, on what, and what to do: one line."""
    write_note(f"{prefix}: {info.message} {info.hint}")


def write_table(rows: Iterable[Sequence[str]]) -> None:
    """Write rows in aligned columns; the first row is the heading."""
    lines = [[harmless(cell) for cell in row] for row in rows]
    widths = [max(len(line[column]) for line in lines) for column in range(len(lines[0]))]
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
