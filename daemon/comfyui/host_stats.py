"""How each host did so far: what it finished, what failed there, what a job usually takes it."""

from __future__ import annotations

import contextlib
import statistics
from collections import defaultdict, deque
from collections.abc import Callable, Generator

import msgspec

LATELY = 20


class Tally(msgspec.Struct, frozen=True):
    """One host's figures.

    Attributes:
        done: Jobs of ours that it finished.
        failed: Jobs of ours that failed there.
        usual_s: Median of its own seconds for the last jobs; None: none yet.
    """

    done: int = 0
    failed: int = 0
    usual_s: float | None = None


class HostStatistics:
    """Counts the jobs that ended, host by host."""

    def __init__(self, on_change: Callable[[str], None] | None = None) -> None:
        """Count nothing yet.

        Args:
            on_change: Called with the host whose figures changed.
        """
        self._on_change = on_change or _nobody
        self._done: defaultdict[str, int] = defaultdict(int)
        self._failed: defaultdict[str, int] = defaultdict(int)
        self._lately: defaultdict[str, deque[float]] = defaultdict(lambda: deque(maxlen=LATELY))

    @contextlib.contextmanager
    def quietly(self) -> Generator[None]:
        """Count what nobody need hear of: the jobs of earlier days."""
        on_change, self._on_change = self._on_change, _nobody
        try:
            yield
        finally:
            self._on_change = on_change

    def finished(self, host: str, host_s: float | None) -> None:
        """Count a job that the host finished.

        Args:
            host: Its name.
            host_s: What the host itself took; None: not known.
        """
        self._done[host] += 1
        if host_s is not None:
            self._lately[host].append(host_s)
        self._on_change(host)

    def failed(self, host: str) -> None:
        """Count a job that failed there."""
        self._failed[host] += 1
        self._on_change(host)

    def of(self, host: str) -> Tally:
        """Return the figures of *host*."""
        lately = self._lately.get(host)
        return Tally(
            done=self._done.get(host, 0),
            failed=self._failed.get(host, 0),
            usual_s=statistics.median(lately) if lately else None,
        )


def _nobody(host: str) -> None:
    del host
