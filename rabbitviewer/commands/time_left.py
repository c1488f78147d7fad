"""How long jobs may still take, counted down between what the daemon says of it."""

from __future__ import annotations

import time
from collections.abc import Callable

_FIRST_ENDS = 2


class TimeLeft:
    """What the daemon foretold of each job, and the pace at which jobs ended so far."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """Begin to count.

        Args:
            clock: Monotonic seconds.
        """
        self._clock = clock
        self._began = clock()
        self._ends: dict[str, float] = {}

    def foretold(self, job_id: str, eta_s: float | None) -> None:
        """Note what the daemon says of a job; None: nothing is known of it."""
        if eta_s is None:
            self._ends.pop(job_id, None)
        else:
            self._ends[job_id] = self._clock() + eta_s

    def of_job(self, job_id: str) -> float | None:
        """Return the seconds that are left of a job; None: not known."""
        end = self._ends.get(job_id)
        return None if end is None else max(end - self._clock(), 0.0)

    def of_all(self, ended: int, still_open: int) -> float | None:
        """Return the seconds until all jobs have ended, by the pace so far; None: too early."""
        if ended < _FIRST_ENDS:
            return None
        return (self._clock() - self._began) / ended * still_open


def left_words(seconds: float | None) -> str:
    """Return ``about 40 s left``; empty where nothing is known, or next to nothing is left."""
    if seconds is None or seconds < 1.0:
        return ""
    if seconds < 90.0:
        exact = round(seconds) if seconds < 10.0 else round(seconds / 5.0) * 5
        return f"about {exact} s left"
    minutes = round(seconds / 60.0)
    if minutes < 90:
        return f"about {minutes} min left"
    return f"about {minutes // 60} h {minutes % 60} min left"
