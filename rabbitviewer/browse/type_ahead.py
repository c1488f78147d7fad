"""Going to a photo by typing the beginning of its name."""

from __future__ import annotations

import time
from collections.abc import Callable

_PAUSE_S = 1.0


class TypeAhead:
    """Gathers what is typed; after a pause a new word begins."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._typed = ""
        self._last_s = 0.0

    @property
    def active(self) -> bool:
        """Whether the next letter goes on with a word."""
        return bool(self._typed) and self._clock() - self._last_s < _PAUSE_S

    def take(self, text: str) -> tuple[str, bool]:
        """Take in a letter.

        Returns:
            What names must begin with, and whether the next one is wanted: the same letter again
            goes on to the next name with it.
        """
        going_on = self.active
        self._last_s = self._clock()
        if going_on and self._typed == text:
            return text, True
        self._typed = self._typed + text if going_on else text
        return self._typed, not going_on

    def end(self) -> None:
        """Begin a new word with the next letter."""
        self._typed = ""
