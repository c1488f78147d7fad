"""How the daemon lives: who says hello, how it is, and when it ends."""

from __future__ import annotations

import asyncio
import logging
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

import msgspec

from daemon.ipc.server import IpcServer
from daemon.protocol.endpoint import build_id
from daemon.protocol.errors import ErrorKind, RabbitError
from daemon.protocol.messages import (
    PROTOCOL_VERSION,
    DaemonStatus,
    Done,
    Hello,
    ShutdownRequest,
    StatusRequest,
    TraceEvent,
    Welcome,
)
from daemon.protocol.peer import Peer
from daemon.render import RenderManager
from daemon.settings import SettingsStore
from daemon.workers.limits import resident_bytes

log = logging.getLogger(__name__)

LOOK_EVERY_S = 1.0


class Lifecycle:
    """Answers for the daemon as a whole, and says when it is time to go."""

    def __init__(
        self,
        *,
        server: IpcServer,
        render: RenderManager,
        settings: SettingsStore,
        open_jobs: Callable[[], int],
        log_path: Path,
    ) -> None:
        self._server = server
        self._render = render
        self._settings = settings
        self._open_jobs = open_jobs
        self._log_path = log_path
        self._began = time.monotonic()
        self._build_id = build_id()  # now: the sources may be replaced while this runs
        self._stop = asyncio.Event()

    async def hello(self, peer: Peer, request: Hello) -> Welcome:
        """Welcome a client; a window is about to ask for thumbnails."""
        if request.trace:
            self._server.set_tracing(peer)
            peer.send(process_start_event())
        if request.client == "window":
            self._render.warm_up()
        log.info("client %d is %s, process %d", peer.peer_id, request.client[:80], request.pid)
        return Welcome(
            protocol_version=PROTOCOL_VERSION,
            build_id=self._build_id,
            daemon_pid=os.getpid(),
            open_jobs=self._open_jobs(),
            other_clients=self._server.clients - 1,
        )

    async def status(self, peer: Peer, request: StatusRequest) -> DaemonStatus:
        """Tell how the daemon is."""
        del peer, request
        from importlib import metadata  # it takes longer than the rest of this module

        return DaemonStatus(
            pid=os.getpid(),
            version=metadata.version("rabbitviewer"),
            build_id=self._build_id,
            uptime_s=round(time.monotonic() - self._began, 3),
            rss_bytes=resident_bytes(os.getpid()),
            clients=self._server.clients,
            open_jobs=self._open_jobs(),
            workers=self._render.workers,
            tasks_waiting=self._render.waiting,
            ai_enabled=self._settings.current.comfyui.enabled,
            log_path=os.fsencode(self._log_path),
            settings_problem=self._settings.problem,
        )

    async def shutdown(self, peer: Peer, request: ShutdownRequest) -> None:
        """End, once the answer is on its way; jobs that are open are an objection."""
        jobs = self._open_jobs()
        if jobs and not request.force:
            what = "1 job is open" if jobs == 1 else f"{jobs} jobs are open"
            raise RabbitError(
                ErrorKind.INVALID_REQUEST,
                f"The daemon was not stopped: {what}.",
                "Wait, or use `rabbitviewer daemon stop --force`: they go on at the next start.",
                {"open_jobs": str(jobs)},
            )
        peer.send(msgspec.structs.replace(Done(), request_id=request.request_id))
        self.stop("a client asked for it")

    def stop(self, reason: str) -> None:
        """Have :meth:`until_over` return."""
        if not self._stop.is_set():
            log.info("ending: %s", reason)
            self._stop.set()

    async def until_over(self) -> None:
        """Return when somebody called :meth:`stop`, or nobody has needed us for long enough."""
        idle_since = time.monotonic()
        while not self._stop.is_set():
            limit_s = self._settings.current.daemon.idle_timeout_s
            try:
                async with asyncio.timeout(min(LOOK_EVERY_S, limit_s / 4)):
                    await self._stop.wait()
            except TimeoutError:
                now = time.monotonic()
                if self._server.clients or self._open_jobs() or not self._render.idle:
                    idle_since = now
                elif now - idle_since >= limit_s:
                    self.stop(f"nobody has needed it for {limit_s:g} s")


def process_start_event() -> TraceEvent:
    """Return the trace event of this process's start, by the kernel's clock where it tells."""
    return TraceEvent(name="process_start", ts_us=_started_at_us(), args={"pid": os.getpid()})


_imported_at_us = time.monotonic() * 1e6


def _started_at_us() -> float:
    """Return the start of this process in µs of CLOCK_MONOTONIC."""
    if sys.platform != "linux":
        return _imported_at_us
    try:
        after_name = Path("/proc/self/stat").read_text("utf-8", "replace").rpartition(")")[2]
        since_boot_s = int(after_name.split()[19]) / os.sysconf("SC_CLK_TCK")
    except (OSError, IndexError, ValueError):
        return _imported_at_us
    suspended_s = time.clock_gettime(time.CLOCK_BOOTTIME) - time.monotonic()
    return (since_boot_s - suspended_s) * 1e6
