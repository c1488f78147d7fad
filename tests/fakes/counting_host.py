"""The built-in host as a process that writes down every prompt it finished, and may be killed.

Run as ``python -m tests.fakes.counting_host PORT BASE RECORD``.
"""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from daemon.builtin_host.prompt_queue import PromptQueue
from daemon.builtin_host.server import BuiltinHost

ROOT = Path(__file__).parents[2]


class CountingHost:
    """Starts, kills and starts again a host on one port."""

    def __init__(self, base: Path, port: int = 0) -> None:
        self._base = base
        self._record = base / "finished.txt"
        self.port = port
        base.mkdir(parents=True, exist_ok=True)
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it; it listens on return."""
        command = [sys.executable, "-m", "tests.fakes.counting_host"]
        command += [str(self.port), str(self._base), str(self._record)]
        self._process = subprocess.Popen(
            command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        assert self._process.stdout is not None
        self.port = int(self._process.stdout.readline())

    def kill(self) -> None:
        """``kill -9``."""
        if self._process is None:
            return
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            assert pipe is not None
            pipe.close()
        self._process = None

    def finished(self) -> list[tuple[str, str]]:
        """(lifetime, prompt id) of every prompt that one of its processes finished well."""
        lines = self._record.read_text(encoding="ascii").splitlines()
        return [(lifetime, prompt_id) for lifetime, prompt_id in map(str.split, lines)]


def _write_down(finish: Callable[..., Any], record: Path) -> Callable[..., Any]:
    handle = os.open(record, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)

    def finishing(self: PromptQueue, item: Any, outcome: Any) -> Any:
        if outcome.success:
            os.write(handle, f"{os.getpid()} {item.prompt_id}\n".encode())
        return finish(self, item, outcome)

    return finishing


async def _serve(port: int, base: Path) -> None:
    host = BuiltinHost(base)
    sys.stdout.write(f"{await host.start(port)}\n")
    sys.stdout.flush()
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()

    def wait_for_parent() -> None:
        sys.stdin.buffer.read()
        loop.call_soon_threadsafe(ended.set)

    threading.Thread(target=wait_for_parent, daemon=True).start()
    await ended.wait()
    await host.stop()


if __name__ == "__main__":
    _port, _base, _record = sys.argv[1:]
    PromptQueue.finish = _write_down(PromptQueue.finish, Path(_record))
    asyncio.run(_serve(int(_port), Path(_base)))
