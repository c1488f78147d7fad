"""Exceptions that nobody caught, and the window's log: nothing is lost, nobody sees a traceback."""

from __future__ import annotations

import atexit
import logging
import logging.handlers
import queue
import sys
from collections.abc import Callable
from pathlib import Path
from types import TracebackType

_LOG_BYTES = 1 << 20
_log = logging.getLogger(__name__)


def start_log(path: Path) -> None:
    """Write warnings and worse to *path*, from a thread of their own; nowhere if that cannot be."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        _log.warning("there is no log: %s", error)
        return
    lines: queue.SimpleQueue[logging.LogRecord] = queue.SimpleQueue()
    file = logging.handlers.RotatingFileHandler(
        path, maxBytes=_LOG_BYTES, backupCount=2, encoding="utf-8", delay=True
    )
    file.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    logging.raiseExceptions = False  # a full disk costs lines of the log, nothing else
    listener = logging.handlers.QueueListener(lines, file)
    root = logging.getLogger()
    root.addHandler(logging.handlers.QueueHandler(lines))
    root.setLevel(logging.WARNING)
    listener.start()
    atexit.register(listener.stop)


def catch_failures(tell: Callable[[], object]) -> None:
    """Log what nobody caught (in a slot, say), and *tell* the user that it happened."""

    def on_failure(
        kind: type[BaseException], error: BaseException, trace: TracebackType | None
    ) -> None:
        if issubclass(kind, KeyboardInterrupt):
            sys.__excepthook__(kind, error, trace)
            return
        _log.error("an exception nobody caught", exc_info=(kind, error, trace))
        tell()

    sys.excepthook = on_failure
