"""How fast the user goes through photos, and how fast their pixels come."""

from __future__ import annotations

import time

_LEARNT = 0.4
_FIRST_STEP_S = 0.05
_FIRST_ANSWER_S = 0.1
_QUICK_S = 0.06
_IN_TIME_STEPS = 1.5
_TRY_EVERY_S = 0.6


class Pace:
    """Measures steps and answers while somebody hurries, to ask for what will be looked at.

    Attributes:
        answer_s: What an answer takes, of late.
        step_s: What the user takes from photo to photo while hurrying.
    """

    def __init__(self) -> None:
        self.answer_s = _FIRST_ANSWER_S
        self.step_s = _FIRST_STEP_S
        self._last_s = 0.0
        self._tried_s = 0.0

    @property
    def lead(self) -> int:
        """How many photos are passed before an answer comes."""
        return int(self.answer_s / self.step_s)

    @property
    def at_once(self) -> int:
        """How many requests may be under way; slow ones leave a worker to the thumbnails."""
        return 2 if self.answer_s < _QUICK_S else 1

    def ahead_at_once(self) -> int:
        """How many requests ahead may be under way now.

        Slow answers are asked for only now and then, to learn when they get quick: the workers are
        the thumbnails' meanwhile.
        """
        now_s = time.monotonic()
        if self.at_once == 1 and now_s - self._tried_s < _TRY_EVERY_S:
            return 0
        self._tried_s = now_s
        return self.at_once

    def is_quick(self, waited_s: float) -> bool:
        """Whether answers keep up, where the oldest request is under way for so long."""
        return self.at_once > 1 and waited_s < _QUICK_S

    def comes_in_time(self, under_way: int) -> bool:
        """Whether the photo on show now can be there before the next step."""
        return under_way < self.at_once and self.answer_s < _IN_TIME_STEPS * self.step_s

    def step(self) -> None:
        """The user went on in a hurry."""
        now_s = time.monotonic()
        if self._last_s:
            self.step_s += _LEARNT * (now_s - self._last_s - self.step_s)
            self.step_s = max(self.step_s, 0.005)
        self._last_s = now_s

    def stand(self) -> None:
        """The user took a single step, or came to rest."""
        self._last_s = 0.0

    def answered(self, took_s: float) -> None:
        """An answer took so long."""
        self.answer_s += _LEARNT * (took_s - self.answer_s)
