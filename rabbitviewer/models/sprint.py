"""Which small pictures to ask for while a key is held, so that they are there in time."""

from __future__ import annotations

import math
import time
from collections.abc import Callable

_FIRST_LATENCY_S = 0.08
_FIRST_STEP_S = 0.04
_LEARNT = 0.3
_LONGEST_STEP_S = 0.5
_LONGEST_LATENCY_S = 1.5
_TOO_LATE = 1.5


class Sprint:
    """Keeps a few requests under way for photos that will be on show when they are answered.

    What is asked for the photo on show comes too late at such a pace, and where photos pass faster
    than they can be decoded, every request would be given up before its answer. So each request is
    for a photo so many steps ahead as its answer takes, and never more are under way than workers
    can take; those in between are passed over. A photo that is passed before its answer came tells
    that answers take longer.
    """

    def __init__(self, at_once: int = 4, now_s: Callable[[], float] = time.monotonic) -> None:
        """Prepare.

        Args:
            at_once: Most requests under way.
            now_s: The clock.
        """
        self._at_once = at_once
        self._now_s = now_s
        self._latency_s = _FIRST_LATENCY_S
        self._step_s = _FIRST_STEP_S
        self._stepped_s = 0.0
        self._direction = 0
        self._furthest = 0
        self._asked_s: dict[int, float] = {}

    @property
    def lead(self) -> int:
        """How many photos are passed before an answer comes."""
        return max(math.ceil(self._latency_s / self._step_s), 1)

    def step(
        self, row: int, direction: int, last: int, is_there: Callable[[int], bool]
    ) -> list[int]:
        """The photo at *row* is on show.

        Args:
            row: Its row.
            direction: 1 or -1.
            last: The last row there is in that direction.
            is_there: Whether the photo at a row has its small picture already.

        Returns:
            The rows whose small pictures are wanted, the most urgent first.
        """
        self._learn_step()
        if direction != self._direction or (self._furthest - row) * direction < 0:
            self._direction, self._furthest = direction, row
            self._asked_s.clear()
        for passed in [each for each in self._asked_s if (each - row) * direction <= 0]:
            waited_s = self._now_s() - self._asked_s.pop(passed)
            self._learn_latency(max(_TOO_LATE * waited_s, self._latency_s))
        return self._fill(row, last, is_there)

    def answered(self, row: int) -> None:
        """The small picture of the photo at *row* came."""
        asked_s = self._asked_s.pop(row, None)
        if asked_s is not None:
            self._learn_latency(self._now_s() - asked_s)

    def stop(self) -> None:
        """The key was let go."""
        self._stepped_s = 0.0
        self._direction = 0
        self._asked_s.clear()

    def _fill(self, row: int, last: int, is_there: Callable[[int], bool]) -> list[int]:
        direction = self._direction
        while len(self._asked_s) < self._at_once:
            nearest = row + direction * self.lead
            following = self._furthest + direction
            chosen = max(nearest, following) if direction > 0 else min(nearest, following)
            if (last - chosen) * direction < 0 or abs(chosen - row) > 4 * self.lead + self._at_once:
                break
            self._furthest = chosen
            if not is_there(chosen):
                self._asked_s[chosen] = self._now_s()
        return list(self._asked_s)

    def _learn_latency(self, took_s: float) -> None:
        took_s = min(took_s, _LONGEST_LATENCY_S)
        self._latency_s += _LEARNT * (took_s - self._latency_s)

    def _learn_step(self) -> None:
        now_s = self._now_s()
        if self._stepped_s:
            took_s = min(now_s - self._stepped_s, _LONGEST_STEP_S)
            self._step_s = max(self._step_s + _LEARNT * (took_s - self._step_s), 0.005)
        self._stepped_s = now_s
