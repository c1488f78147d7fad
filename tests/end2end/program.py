"""RabbitViewer as a person runs it: real processes, a home of its own."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

TIMEOUT_S = 120.0


class Program:
    """Runs commands against one home, whose daemon they share."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("PYTEST")},
            "RABBITVIEWER_HOME": str(home),
        }

    def run(
        self, *arguments: str | Path, cwd: Path | None = None
    ) -> subprocess.CompletedProcess[str]:
        """Run one command to its end."""
        return subprocess.run(
            self.command(*arguments),
            env=self.environment,
            cwd=cwd,
            capture_output=True,
            encoding="utf-8",
            errors="surrogateescape",
            timeout=TIMEOUT_S,
            check=False,
        )

    def json(self, *arguments: str | Path, code: int = 0) -> Any:
        """Run one command with ``--json`` and return its document."""
        done = self.run(*arguments, "--json")
        assert done.returncode == code, done.stderr
        return json.loads(done.stdout)

    def begin(self, *arguments: str | Path) -> subprocess.Popen[str]:
        """Start one command."""
        return subprocess.Popen(
            self.command(*arguments),
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="utf-8",
        )

    def command(self, *arguments: str | Path) -> list[str]:
        """Return the command line."""
        return [sys.executable, "-m", "rabbitviewer", *map(str, arguments)]

    def stop(self) -> None:
        """End the daemon of this home."""
        self.run("daemon", "stop", "--force")


def interrupt(process: subprocess.Popen[str]) -> tuple[str, str]:
    """Press Ctrl+C and return what the command wrote."""
    process.send_signal(signal.SIGINT)
    return process.communicate(timeout=TIMEOUT_S)
