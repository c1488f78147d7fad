"""What arrived for one run and was not read yet: bounded, and never loses how the run ended."""

from __future__ import annotations

import asyncio
import threading
import time
from collections import deque

from daemon.comfyui.events import (
    EndReported,
    NodeProgress,
    PreviewArrived,
    SocketEvent,
    Started,
)

MAX_WAITING = 256


class Inbox:
    """Events of one prompt on their way from the socket's thread to the event loop.

    A newer preview replaces an unread one, and newer progress of a node its unread progress. When
    *MAX_WAITING* events wait all the same, the oldest goes; the end of the run is kept apart.

    Attributes:
        last_heard: Monotonic time of the last event; of the creation before the first.
        heard: Whether anything arrived at all.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._lock = threading.Lock()
        self._waiting: deque[SocketEvent] = deque()
        self._ended = False
        self._running = False
        self._woken = False
        self._asked_for = False
        self._ready = asyncio.Event()
        self.last_heard = time.monotonic()
        self.heard = False

    @property
    def running(self) -> bool:
        """Whether the socket said that the run began and has not said that it ended."""
        return self._running

    def put(self, event: SocketEvent) -> None:
        """Add *event*; called in the socket's thread, never waits."""
        with self._lock:
            self.last_heard = time.monotonic()
            self.heard = True
            if isinstance(event, EndReported):
                self._ended = True
                self._running = False
            else:
                self._running = self._running or isinstance(event, Started)
                self._replace_or_append(event)
            if self._woken:
                return
            self._woken = True
        self._wake()

    def nudge(self) -> None:
        """Wake the reader without an event: it is to ask the host how the run stands."""
        with self._lock:
            self._asked_for = True
            if self._woken:
                return
            self._woken = True
        self._wake()

    def take_nudge(self) -> bool:
        """Return whether there was a nudge since the last time."""
        with self._lock:
            nudged, self._asked_for = self._asked_for, False
            return nudged

    async def wait(self, timeout_s: float) -> None:
        """Wait until something is here, at most *timeout_s*."""
        try:
            async with asyncio.timeout(timeout_s):
                await self._ready.wait()
        except TimeoutError:
            return

    def take(self) -> tuple[list[SocketEvent], bool]:
        """Return the unread events and whether the run's end was reported."""
        with self._lock:
            events = list(self._waiting)
            self._waiting.clear()
            self._woken = False
            self._ready.clear()
            return events, self._ended

    def _replace_or_append(self, event: SocketEvent) -> None:
        for index, waiting in enumerate(self._waiting):
            if _supersedes(event, waiting):
                del self._waiting[index]
                break
        if len(self._waiting) >= MAX_WAITING:
            self._waiting.popleft()
        self._waiting.append(event)

    def _wake(self) -> None:
        try:
            self._loop.call_soon_threadsafe(self._ready.set)
        except RuntimeError:
            return  # the loop is closed: nobody reads any more


def _supersedes(event: SocketEvent, waiting: SocketEvent) -> bool:
    if isinstance(event, PreviewArrived):
        return isinstance(waiting, PreviewArrived)
    if isinstance(event, NodeProgress):
        return isinstance(waiting, NodeProgress) and waiting.node == event.node
    return False
