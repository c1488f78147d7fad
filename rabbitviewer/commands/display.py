"""Is there a display for the window? Asked before Qt, which ends the process when there is none."""

from __future__ import annotations

import contextlib
import os
import re
import socket
import sys
from collections.abc import Mapping
from pathlib import Path

_X11_SOCKETS = Path("/tmp/.X11-unix")
_X11_PORT = 6000
_TIMEOUT_S = 3.0


def display_problem(environment: Mapping[str, str] = os.environ) -> str:
    """Return why no window can be shown, empty when one can."""
    if not sys.platform.startswith("linux") or environment.get("QT_QPA_PLATFORM"):
        return ""
    if environment.get("WAYLAND_DISPLAY"):
        return ""
    display = environment.get("DISPLAY", "")
    if not display:
        return "There is no display for the window."
    if not _x_server_answers(display):
        return f"The display {display} does not answer."
    return ""


def _x_server_answers(display: str) -> bool:
    match = re.fullmatch(r"(?P<host>.*):(?P<number>\d+)(\.\d+)?", display)
    if match is None:
        return False
    host, number = match["host"], int(match["number"])
    if host in {"", "unix"}:
        path = str(_X11_SOCKETS / f"X{number}")
        return _unix_answers(path) or _unix_answers("\0" + path)
    with contextlib.suppress(OSError):
        socket.create_connection((host, _X11_PORT + number), _TIMEOUT_S).close()
        return True
    return False


def _unix_answers(path: str) -> bool:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as stream:
        stream.settimeout(_TIMEOUT_S)
        return stream.connect_ex(path) == 0
