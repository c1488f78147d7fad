"""Long work on a mask, a few milliseconds in each turn of the event loop, one after the other."""

from __future__ import annotations

import logging
import time
from collections import deque
from collections.abc import Callable, Generator

from PySide6.QtCore import QObject, QTimer, Signal

_TURN_S = 0.008
_MOST_WAITING = 10_000

Work = Generator[bool, None, None]

_log = logging.getLogger(__name__)


class Turns(QObject):
    """Runs pieces of work in the order given, each as far as a turn allows.

    A piece of work is a generator: it yields True where it may be interrupted, and False where it
    cannot go on before :meth:`resume`. Short ones are done before :meth:`run` returns.

    Signals:
        busy_changed: work is left over for later turns; or no longer.
    """

    busy_changed = Signal(bool)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._now: Work | None = None
        self._waiting: deque[Callable[[], Work]] = deque()
        self._inside = False
        self._busy = False
        self._next = QTimer(self, singleShot=True, interval=0)
        self._next.timeout.connect(self.resume)

    @property
    def is_busy(self) -> bool:
        """Whether work is left."""
        return self._now is not None or bool(self._waiting)

    def run(self, begin: Callable[[], Work]) -> None:
        """Do the work that *begin* returns, after all that was asked for before.

        *begin* is called when it is its turn. More than 10,000 pieces that wait are not kept: the
        newest is dropped, and the log says so.
        """
        if len(self._waiting) >= _MOST_WAITING:
            _log.warning("The mask is busy: what was asked for last is left out.")
            return
        self._waiting.append(begin)
        if self._now is None and not self._inside and not self._next.isActive():
            self.resume()

    def run_soon(self, begin: Callable[[], Work]) -> None:
        """Do the work that *begin* returns from the next turn on, before all asked for later."""
        self._waiting.append(begin)
        self._busy = True
        self._next.start()

    def resume(self) -> None:
        """Go on, for a turn."""
        if self._inside:
            self._next.start()
            return
        self._inside = True
        try:
            goes_on = self._work(time.monotonic() + _TURN_S)
        finally:
            self._inside = False
        if goes_on:
            self._next.start()
        self._tell()

    def finish(self, within_s: float) -> None:
        """Go on without a break until nothing is left, or waits for a file, or the time is up."""
        if self._inside:
            return
        self._inside = True
        try:
            self._work(time.monotonic() + within_s)
        finally:
            self._inside = False
        self._tell()

    def clear(self) -> None:
        """Drop all work, the present one as well."""
        self._waiting.clear()
        self._now = None
        self._next.stop()
        self._tell()

    def _work(self, until: float) -> bool:
        """Work until the turn is over; tell whether another is wanted."""
        while self.is_busy:
            if self._now is None:
                self._now = self._waiting.popleft()()
            if not self._step(self._now):
                return False
            if time.monotonic() >= until:
                break
        return self.is_busy

    def _step(self, work: Work) -> bool:
        """Do one piece; tell whether the next may follow at once."""
        try:
            return next(work)
        except StopIteration:
            self._now = None
        except BaseException:
            self._now = None
            self._next.start()
            raise
        return True

    def _tell(self) -> None:
        if self._busy != self.is_busy:
            self._busy = self.is_busy
            self.busy_changed.emit(self._busy)
