"""The threads on which the library touches files, so that a sleeping drive stops nothing else."""

from __future__ import annotations

import asyncio
import contextlib
import threading
import time
from collections import deque
from collections.abc import Callable
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")

_THREADS = 12
_MOST_THREADS = 96
_STUCK_S = 1.0


class FileThreads:
    """Runs blocking file calls off the event loop.

    A dozen threads are plenty while files answer. Those that hang on a drive that does not are not
    counted: others take over from them, up to a limit, and leave when they come back.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._news = threading.Condition(self._lock)
        self._calls: deque[Callable[[], None]] = deque()
        self._busy: dict[int, float] = {}
        self._threads = 0
        self._idle = 0
        self._closed = False

    async def run(self, call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Return what *call* returns, or raise what it raises.

        Raises:
            RuntimeError: the library was closed.
        """
        loop = asyncio.get_running_loop()
        future: asyncio.Future[T] = loop.create_future()

        def work() -> None:
            if future.cancelled():
                return
            try:
                result = call(*args, **kwargs)
            except BaseException as error:  # noqa: BLE001 - it is raised where it is waited for
                failure = error
                _settle(loop, future, lambda: future.set_exception(failure))
            else:
                _settle(loop, future, lambda: future.set_result(result))

        self._put(work)
        helper = loop.call_later(_STUCK_S, self._relieve)
        try:
            return await future
        finally:
            helper.cancel()

    def close(self) -> None:
        """Take no more calls; what waits is dropped."""
        with self._lock:
            self._closed = True
            self._calls.clear()
            self._news.notify_all()

    def _put(self, work: Callable[[], None]) -> None:
        with self._lock:
            if self._closed:
                raise RuntimeError("The library is closed.")
            self._calls.append(work)
            if self._idle >= len(self._calls):
                self._news.notify()
            else:
                self._grow()

    def _relieve(self) -> None:
        """A call has waited for long: if threads hang, put others in their place."""
        with self._lock:
            if self._calls and not self._closed:
                self._grow()

    def _grow(self) -> None:
        now = time.monotonic()
        stuck = sum(now - since > _STUCK_S for since in self._busy.values())
        if self._threads - stuck < _THREADS and self._threads < _MOST_THREADS:
            self._threads += 1
            name = f"library-{self._threads}"
            threading.Thread(target=self._work, name=name, daemon=True).start()

    def _work(self) -> None:
        me = threading.get_ident()
        while True:
            with self._lock:
                self._idle += 1
                while not self._calls and not self._closed:
                    self._news.wait()
                self._idle -= 1
                if self._closed:
                    self._threads -= 1
                    return
                work = self._calls.popleft()
                self._busy[me] = time.monotonic()
            work()
            del work
            with self._lock:
                del self._busy[me]
                if self._threads > _THREADS:
                    self._threads -= 1
                    return


def _settle(
    loop: asyncio.AbstractEventLoop, future: asyncio.Future[T], call: Callable[[], None]
) -> None:
    """Give a result to the loop, if it is still there and somebody waits."""

    def tell() -> None:
        if not future.cancelled():
            call()

    with contextlib.suppress(RuntimeError):
        loop.call_soon_threadsafe(tell)
