"""``rabbitviewer [PATH]``: the window; Qt is imported here and nowhere else in the commands."""

from __future__ import annotations

import importlib
import os
from pathlib import Path

from daemon.protocol.errors import ErrorKind, RabbitError
from rabbitviewer.commands.display import display_problem
from rabbitviewer.trace import Trace


def open_window(path: str | None, trace: Trace | None) -> int:
    """Open the window on a folder or a photo and return its exit code.

    Raises:
        RabbitError: there is no display, or nothing at *path*.
    """
    if path is not None and not os.path.lexists(path):
        raise RabbitError(
            ErrorKind.NOT_FOUND,
            f"There is no photo or folder {path}.",
            "Check the spelling; `rabbitviewer --help` lists the commands.",
        )
    problem = display_problem()
    if problem:
        raise RabbitError(
            ErrorKind.NOT_FOUND, problem, "`rabbitviewer grade PHOTO --prompt TEXT` needs none."
        )
    app = importlib.import_module("rabbitviewer.app")
    return int(app.run(None if path is None else Path(path).absolute(), trace))
