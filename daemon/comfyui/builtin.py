"""The built-in host's process: started when needed, again when it dies, ended when idle."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from daemon.comfyui.address import HostAddress
from daemon.comfyui.lenient import mapping
from daemon.protocol.errors import ErrorKind, RabbitError

log = logging.getLogger(__name__)

COMMAND = (sys.executable, "-P", "-m", "daemon.builtin_host")
_STOP_S = 5.0
_MAX_RESTARTS = 3
_RESTARTS_WITHIN_S = 60.0


class BuiltinHost:
    """One process that speaks ComfyUI's API on a loopback port.

    It keeps its port over a restart, so that whoever watches a run sees a host that was away for a
    moment and then no longer knows the prompt.
    """

    def __init__(
        self,
        folder: Path,
        log_file: Path,
        *,
        last_used: Callable[[], float],
        command: Sequence[str] = COMMAND,
        idle_s: float = 300.0,
        start_s: float = 60.0,
    ) -> None:
        """Prepare; nothing is started yet.

        Args:
            folder: Where it keeps inputs and results.
            log_file: Where its stderr goes.
            last_used: Monotonic time of its last use; infinite while a run is watched.
            command: What to start, without its options.
            idle_s: It ends after this long without use.
            start_s: It must be ready within this time.
        """
        self._folder = folder
        self._log_file = log_file
        self._last_used = last_used
        self._command = tuple(command)
        self._idle_s = idle_s
        self._start_s = start_s
        self._lock = asyncio.Lock()
        self._process: asyncio.subprocess.Process | None = None
        self._starting: asyncio.subprocess.Process | None = None
        self._watch: asyncio.Task[None] | None = None
        self._port = 0
        self._starts: list[float] = []
        self._closed = False

    @property
    def running(self) -> bool:
        """Whether the process is there."""
        return self._process is not None and self._process.returncode is None

    @property
    def pid(self) -> int | None:
        """The process's id while it runs."""
        return self._process.pid if self._process is not None and self.running else None

    async def address(self) -> HostAddress:
        """Return where it listens; start it first where it does not.

        Raises:
            RabbitError: ``host_failed``; it does not start.
        """
        async with self._lock:
            if not self.running:
                await self._start()
        return HostAddress(host="127.0.0.1", port=self._port, builtin=True)

    async def close(self) -> None:
        """End the process for good, also one that is only just starting."""
        self._closed = True
        if self._starting is not None:
            with contextlib.suppress(ProcessLookupError):
                self._starting.kill()
        async with self._lock:
            await self._stop()

    async def _start(self) -> None:
        await self._stop()
        self._note_start()
        self._process, self._port = await self._launch(self._port)
        self._watch = asyncio.create_task(self._watch_over(self._process))
        log.info("built-in host: pid %d, port %d", self._process.pid, self._port)

    def _note_start(self) -> None:
        now = time.monotonic()
        self._starts = [at for at in self._starts if now - at < _RESTARTS_WITHIN_S]
        if self._closed or len(self._starts) > _MAX_RESTARTS:
            raise self._failed("it ended again and again", "")
        self._starts.append(now)

    async def _launch(self, port: int) -> tuple[asyncio.subprocess.Process, int]:
        """Start a process on *port*, on a free one where that is taken; return it and its port."""
        errors, said = "", b""
        for wanted in dict.fromkeys((port, 0)):
            process = self._starting = await self._spawn(wanted)
            try:
                if self._closed:
                    process.kill()
                async with asyncio.timeout(self._start_s):
                    said = await _first_line(process)
                found = mapping(json.loads(said)).get("port")
                if isinstance(found, int) and 0 < found < 65536:
                    return process, found
                errors = "it did not say where it listens"
            except TimeoutError:
                errors = f"it was not ready within {self._start_s:g} s"
            except ValueError:
                errors = "it ended at once" if not said else "it did not say where it listens"
            except asyncio.CancelledError:
                await _end(process)
                raise
            finally:
                self._starting = None
            await _end(process, patience_s=0.2)
            if self._closed:
                break
        raise self._failed(errors, str(self._log_file))

    async def _spawn(self, port: int) -> asyncio.subprocess.Process:
        options = ("--port", str(port), "--with-parent", "--base", str(self._folder))
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._log_file.parent.mkdir(parents=True, exist_ok=True)
            with self._log_file.open("ab") as errors:
                return await asyncio.create_subprocess_exec(
                    *self._command,
                    *options,
                    stdin=asyncio.subprocess.PIPE,
                    stdout=asyncio.subprocess.PIPE,
                    stderr=errors,
                )
        except OSError as error:
            where = f" ({error.filename})" if error.filename else ""
            reason = (error.strerror or str(error)) + where
            raise self._failed(reason, str(self._log_file)) from error

    async def _watch_over(self, process: asyncio.subprocess.Process) -> None:
        """End the process when it is idle; start it again when it dies while it is used."""
        drain = asyncio.create_task(_drain(process))
        try:
            while process.returncode is None:
                idle_s = time.monotonic() - self._last_used()
                if idle_s >= self._idle_s:
                    log.info("built-in host: idle, ended")
                    await _end(process)
                    return
                await asyncio.wait({drain}, timeout=max(self._idle_s - max(idle_s, 0.0), 0.05))
                if drain.done():
                    await process.wait()
        finally:
            drain.cancel()
        if self._last_used() > time.monotonic():
            log.warning("built-in host: ended with %s during a run", process.returncode)
            self._watch = None
            with contextlib.suppress(RabbitError):
                await self.address()

    async def _stop(self) -> None:
        watch, self._watch = self._watch, None
        if watch is not None and watch is not asyncio.current_task():
            watch.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await watch
        process, self._process = self._process, None
        if process is not None:
            await _end(process)

    def _failed(self, why: str, log_file: str) -> RabbitError:
        return RabbitError(
            ErrorKind.HOST_FAILED,
            f"The built-in host does not start: {why}.",
            f"Its log is {log_file or self._log_file}.",
        )


async def _first_line(process: asyncio.subprocess.Process) -> bytes:
    if process.stdout is None:
        return b""
    return await process.stdout.readline()


async def _drain(process: asyncio.subprocess.Process) -> None:
    """Read what else it writes, so that it never blocks; returns when it ends."""
    while process.stdout is not None and await process.stdout.read(65536):
        pass


async def _end(process: asyncio.subprocess.Process, patience_s: float = _STOP_S) -> None:
    """Ask it to end (its stdin closes), then insist."""
    if process.stdin is not None:
        process.stdin.close()
    for insist in (process.terminate, process.kill):
        try:
            async with asyncio.timeout(patience_s):
                await process.wait()
        except TimeoutError:
            with contextlib.suppress(ProcessLookupError):
                insist()
        else:
            return
    await process.wait()
