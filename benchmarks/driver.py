"""Drives a real window under Xvfb: starts it, presses keys, reads its trace and its memory."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

SCREEN = (1920, 1200)
Event = dict[str, object]
_TITLE_PX = 22


@contextlib.contextmanager
def screen(number: int = 77) -> Iterator[str]:
    """Run a virtual screen while the block runs; its name.

    Raises:
        SystemExit: a program that is needed is not installed.
    """
    missing = [name for name in ("Xvfb", "xdotool", "openbox") if shutil.which(name) is None]
    if missing:
        raise SystemExit(f"Install {', '.join(missing)} first (Debian: xvfb xdotool openbox).")
    name = f":{number}"
    size = f"{SCREEN[0]}x{SCREEN[1]}x24"
    server = subprocess.Popen(["Xvfb", name, "-screen", "0", size], stderr=subprocess.DEVNULL)
    time.sleep(1.0)
    manager = subprocess.Popen(["openbox"], env={**os.environ, "DISPLAY": name})
    time.sleep(0.5)
    try:
        yield name
    finally:
        for process in (manager, server):
            process.terminate()
            process.wait()


class Window:
    """One run of the window with a trace."""

    def __init__(self, home: Path, display: str, path: Path) -> None:
        self._trace = home.parent / f"trace-{time.monotonic_ns()}.json"
        self._env = {**os.environ, "RABBITVIEWER_HOME": str(home), "DISPLAY": display}
        command = [sys.executable, "-m", "rabbitviewer", "--trace", str(self._trace), str(path)]
        self.process = subprocess.Popen(command, env=self._env, stderr=subprocess.DEVNULL)

    def __enter__(self) -> Window:
        return self

    def __exit__(self, *_: object) -> None:
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def events(self) -> list[Event]:
        """Return what was traced so far."""
        try:
            return json.loads(self._trace.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return []

    def wait(
        self, name: str, since_us: float = 0.0, timeout_s: float = 60.0, **args: object
    ) -> Event:
        """Return the first event *name* after *since_us* with these arguments.

        Raises:
            TimeoutError: it did not come.
        """
        deadline = time.monotonic() + timeout_s
        while time.monotonic() < deadline:
            for event in self.events():
                if event["name"] == name and event["ts"] > since_us and _has(event, args):
                    return event
            time.sleep(0.05)
        raise TimeoutError(f"no {name} {args} within {timeout_s:g} s")

    def started_us(self) -> float:
        """Return when the kernel started the process."""
        return float(self.wait("process_start")["ts"])

    def xdotool(self, *words: str) -> float:
        """Run xdotool; return the time just before, in the trace's microseconds."""
        before = time.monotonic() * 1e6
        subprocess.run(["xdotool", *words], env=self._env, check=True, capture_output=True)
        return before

    def key(self, *keys: str) -> float:
        """Press keys, one after the other."""
        return self.xdotool("key", *keys)

    def focus(self) -> None:
        """Give the window the keyboard."""
        self.xdotool("windowactivate", "--sync", self._id())

    def fill_screen(self) -> None:
        """Make the window as large as the screen."""
        self.xdotool("windowmove", self._id(), "0", "0")
        self.xdotool("windowsize", self._id(), str(SCREEN[0]), str(SCREEN[1] - _TITLE_PX))

    def drag_scroll_bar(self, for_s: float) -> None:
        """Drag the grid's scroll bar from top to bottom; the window fills the screen."""
        column, top, bottom = SCREEN[0] - 5, 85, SCREEN[1] - 40
        self.xdotool("mousemove", str(column), str(top))
        self.xdotool("mousedown", "1")
        steps = max(int(for_s * 50), 1)
        for step in range(1, steps + 1):
            row = top + (bottom - top) * step // steps
            self.xdotool("mousemove", str(column), str(row))
            time.sleep(for_s / steps)
        self.xdotool("mouseup", "1")

    def _id(self) -> str:
        found = subprocess.run(
            ["xdotool", "search", "--sync", "--onlyvisible", "--pid", str(self.process.pid)],
            env=self._env,
            check=True,
            capture_output=True,
            text=True,
        ).stdout.split()
        return found[-1]

    def pss_mb(self) -> float:
        """Return the window's proportional share of memory."""
        return pss_mb(self.process.pid)


def pss_mb(pid: int) -> float:
    """Return a process's proportional share of memory."""
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii").splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) / 1024
    raise ValueError(pid)


def daemon_pids(home: Path) -> list[int]:
    """Return the daemon of *home* and its workers, the daemon first."""
    answer = subprocess.run(
        [sys.executable, "-m", "rabbitviewer", "daemon", "status", "--json"],
        env={**os.environ, "RABBITVIEWER_HOME": str(home)},
        capture_output=True,
        text=True,
        check=False,
    )
    if answer.returncode:
        return []
    pid = json.loads(answer.stdout)["pid"]
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()
    return [pid, *map(int, children)]


def stop_daemon(home: Path) -> None:
    """End the daemon of *home*, if there is one."""
    subprocess.run(
        [sys.executable, "-m", "rabbitviewer", "daemon", "stop", "--force"],
        env={**os.environ, "RABBITVIEWER_HOME": str(home)},
        capture_output=True,
        check=False,
    )


def _has(event: Event, wanted: dict[str, object]) -> bool:
    args = event.get("args", {})
    return all(args.get(name) == value for name, value in wanted.items())
