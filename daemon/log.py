"""The daemon's log: a rotating file of this user's, without secrets, and a trace of crashes."""

from __future__ import annotations

import faulthandler
import logging
import logging.handlers
import os
import re
from pathlib import Path

from daemon.protocol.endpoint import make_private

MAX_FILE_BYTES = 2 << 20
KEPT_FILES = 4
_FORMAT = "%(asctime)s %(levelname)s %(name)s: %(message)s"
_SECRETS = (
    # Authorization: Bearer abc, "x-api-key": "abc", token=abc
    (
        re.compile(
            r"(?i)\b((?:proxy-)?authorization|(?:set-)?cookie|(?:x-)?api[-_]?key|token|password|secret)"
            r"(['\"]?\s*[:=]\s*)(?:['\"][^'\"]*['\"]|(?:(?:bearer|basic)\s+)?[^\s,;&'\"}]+)"
        ),
        r"\1\2[hidden]",
    ),
    (re.compile(r"(?i)\b(bearer|basic)\s+[a-z0-9._~+/=-]{8,}"), r"\1 [hidden]"),
    # https://user:password@host
    (re.compile(r"(://)[^\s/@]+@"), r"\1[hidden]@"),
)


class _Redacting(logging.Formatter):
    """Hides what gives access to a host; works on the whole text, traceback included."""

    def format(self, record: logging.LogRecord) -> str:
        return hide_secrets(super().format(record))


def hide_secrets(text: str) -> str:
    """Return *text* without passwords, tokens and keys."""
    for pattern, instead in _SECRETS:
        text = pattern.sub(instead, text)
    return text


def open_log(path: Path, level: str) -> None:
    """Send everything that is logged to *path*, and the trace of a crash beside it.

    Args:
        path: The file; it rotates at 2 MB, four old ones are kept.
        level: debug | info | warning | error.

    Raises:
        OSError: it cannot be written.
    """
    make_private(path.parent)
    handler = logging.handlers.RotatingFileHandler(
        path,
        maxBytes=MAX_FILE_BYTES,
        backupCount=KEPT_FILES,
        encoding="utf-8",
        errors="backslashreplace",
    )
    handler.setFormatter(_Redacting(_FORMAT))
    root = logging.getLogger()
    root.addHandler(handler)
    set_level(level)
    # These tell every request's address.
    for chatty in ("httpx", "httpcore", "asyncio", "watchdog"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
    logging.captureWarnings(True)
    logging.raiseExceptions = False  # a full disk costs lines of the log, nothing else
    crashes = os.open(
        path.with_name("daemon-crash.log"), os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600
    )
    faulthandler.enable(crashes)


def set_level(level: str) -> None:
    """Log from *level* (debug | info | warning | error) on."""
    logging.getLogger().setLevel(level.upper())
