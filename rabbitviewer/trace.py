"""``--trace FILE``: Chrome Trace Events for Perfetto, whole after every event.

The file is a JSON array that is closed anew behind every event, so that it can be read while the
program runs and after it was killed. Times are microseconds of CLOCK_MONOTONIC.
"""

from __future__ import annotations

import json
import os
import sys
import threading
import time
from collections.abc import Mapping
from pathlib import Path

from daemon.protocol.errors import ErrorKind, RabbitError
from daemon.protocol.messages import TraceEvent

Value = str | int | float

_END = b"\n]\n"
_imported_us = time.monotonic() * 1e6


def now_us() -> float:
    """Return the present time of the trace's clock."""
    return time.monotonic() * 1e6


def process_start_us() -> float:
    """Return when the kernel started this process; where it does not say, when we were loaded."""
    if not sys.platform.startswith("linux"):
        return _imported_us
    try:
        fields = Path("/proc/self/stat").read_bytes().rpartition(b")")[2].split()
        started_s = int(fields[19]) / os.sysconf("SC_CLK_TCK")
    except (OSError, ValueError, IndexError):
        return _imported_us
    age_s = time.clock_gettime(time.CLOCK_BOOTTIME) - started_s
    return (time.monotonic() - age_s) * 1e6


class Trace:
    """One trace file; the first event is ``process_start``."""

    def __init__(self, path: Path) -> None:
        """Begin the file.

        Raises:
            RabbitError: ``permission_denied``; it cannot be written.
        """
        try:
            self._file = path.open("wb", buffering=0)
        except OSError as error:
            raise RabbitError(
                ErrorKind.PERMISSION_DENIED,
                f"The trace {path} cannot be written: {error.strerror or error}.",
                "Choose another file for --trace.",
            ) from error
        self._file.write(b"[" + _END)
        self._end = 1
        self.daemon_pid = 0
        self.event("process_start", ts_us=process_start_us())

    def event(
        self, name: str, args: Mapping[str, Value] | None = None, *, ts_us: float | None = None
    ) -> None:
        """Add a moment: *name* at *ts_us*, by default now."""
        self._add(name, "i", now_us() if ts_us is None else ts_us, args, {"s": "p"})

    def span(self, name: str, start_us: float, args: Mapping[str, Value] | None = None) -> None:
        """Add a stretch of time from *start_us* until now."""
        self._add(name, "X", start_us, args, {"dur": round(now_us() - start_us, 1)})

    def daemon_event(self, event: TraceEvent) -> None:
        """Add an event of the daemon under the daemon's process id, which its first one tells."""
        if event.name == "process_start":
            self.daemon_pid = int(event.args.get("pid", self.daemon_pid))
        place = {"pid": self.daemon_pid, "tid": self.daemon_pid}
        self._add(event.name, "i", event.ts_us, event.args, {"s": "p", **place})

    def close(self) -> None:
        """End the file."""
        self._file.close()

    def _add(
        self,
        name: str,
        phase: str,
        ts_us: float,
        args: Mapping[str, Value] | None,
        more: Mapping[str, Value],
    ) -> None:
        entry = {
            "name": name,
            "cat": "rabbitviewer",
            "ph": phase,
            "ts": round(ts_us, 1),
            "pid": os.getpid(),
            "tid": threading.get_native_id(),
            "args": dict(args or {}),
            **more,
        }
        line = (b"\n" if self._end == 1 else b",\n") + json.dumps(entry).encode()
        self._file.seek(self._end)
        self._file.write(line + _END)
        self._end += len(line)
