"""Who hears of a host's new state: the daemon's own parts at once, clients not too often."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import msgspec

from daemon.protocol.values import HostInfo

SHORTEST_GAP_S = 0.3


class HostNews:
    """Says what changed of the hosts, and nothing twice.

    Attributes:
        on_change: Called with a host after a change: at once where its state is another one, else
            some time after the last call, and only with the latest.
        on_state: Called at once with name and state where the state is another one.
    """

    def __init__(self, info: Callable[[str], HostInfo]) -> None:
        """Prepare.

        Args:
            info: Returns a host as it is now.
        """
        self.on_change: Callable[[HostInfo], None] | None = None
        self.on_state: list[Callable[[str, str], None]] = []
        self._info = info
        self._told: dict[str, HostInfo] = {}
        self._states: dict[str, str] = {}
        self._quiet: dict[str, asyncio.TimerHandle] = {}

    def tell(self, name: str) -> None:
        """Say how the host is now, if that is news; called in the event loop."""
        info = self._info(name)
        if self._states.get(name) != info.state:
            self._states[name] = info.state
            for callback in tuple(self.on_state):
                callback(name, info.state)
        told = self._told.get(name)
        waits = name in self._quiet and told is not None and told.state == info.state
        if waits or _same(told, info):
            return
        self._told[name] = info
        if self.on_change is not None:
            self.on_change(info)
        if name in self._quiet:
            return
        loop = asyncio.get_running_loop()
        self._quiet[name] = loop.call_later(SHORTEST_GAP_S, self._after_gap, name)

    def close(self) -> None:
        """Say nothing more."""
        self.on_change = None
        self.on_state.clear()
        for timer in self._quiet.values():
            timer.cancel()
        self._quiet.clear()

    def _after_gap(self, name: str) -> None:
        self._quiet.pop(name, None)
        self.tell(name)


def _same(told: HostInfo | None, now: HostInfo) -> bool:
    """Whether nothing but the time of the last answer is another."""
    return told is not None and msgspec.structs.replace(told, seen=now.seen) == now
