"""Looking at the hosts every few seconds while somebody cares, and not at all else."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from typing import Protocol

from daemon.comfyui.host_state import HostState

log = logging.getLogger(__name__)

TICK_S = 1.0
EVERY_S = 3.0
EVERY_LISTENING_S = 6.0
AWAY_LONGEST_S = 15.0
AWAY_LONGEST_LISTENING_S = 60.0


class Watchable(Protocol):
    """What watching needs of the hosts."""

    def watched(self, *, jobs_open: bool) -> list[str]:
        """Return the hosts that are worth a look."""
        ...

    def state(self, host: str) -> HostState:
        """Return what is known of a host."""
        ...

    def begin_look(self, name: str) -> object:
        """Ask a host how it is, without waiting for it."""
        ...

    def tell_builtin(self) -> None:
        """Say how the built-in host is; nobody asks it."""
        ...


class HostWatch:
    """Keeps what is known of the hosts fresh while jobs are open or a client listens.

    A host that is away is asked less and less often, at times that differ from host to host.
    """

    def __init__(
        self,
        hosts: Watchable,
        *,
        open_jobs: Callable[[], int],
        clients: Callable[[], int],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Prepare.

        Args:
            hosts: Whom to look at.
            open_jobs: How many jobs have work left.
            clients: How many clients listen.
            clock: Monotonic seconds, those of the hosts' states.
        """
        self._hosts = hosts
        self._open_jobs = open_jobs
        self._clients = clients
        self._clock = clock

    async def run(self) -> None:
        """Watch until cancelled."""
        while True:
            try:
                self.round()
            except Exception:
                log.exception("the hosts could not be looked at")
            await asyncio.sleep(TICK_S)

    def round(self) -> list[str]:
        """Begin to look at the hosts whose time has come; return their names."""
        jobs_open = self._open_jobs() > 0
        if not jobs_open and not self._clients():
            return []
        self._hosts.tell_builtin()
        every_s = EVERY_S if jobs_open else EVERY_LISTENING_S
        longest_s = AWAY_LONGEST_S if jobs_open else AWAY_LONGEST_LISTENING_S
        names = self._hosts.watched(jobs_open=jobs_open)
        due = [name for name in names if self._is_due(name, every_s, longest_s)]
        for name in due:
            self._hosts.begin_look(name)
        return due

    def _is_due(self, name: str, every_s: float, longest_s: float) -> bool:
        state = self._hosts.state(name)
        if state.answers is None:
            return True
        if not state.answers:
            return state.may_be_asked(longest_s)
        return self._clock() - state.looked >= every_s
