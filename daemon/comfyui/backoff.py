"""Pauses between attempts at a host that is away: longer each time, never in step with others."""

from __future__ import annotations

import random


class Backoff:
    """Doubling pauses with jitter.

    Many jobs and windows wait for one host; the jitter keeps them from coming back all at once.
    """

    def __init__(
        self, first_s: float, longest_s: float, chance: random.Random | None = None
    ) -> None:
        """Begin with the shortest pause.

        Args:
            first_s: The first pause, before jitter.
            longest_s: No pause is longer.
            chance: Where the jitter comes from; tests give a seeded one.
        """
        self._first_s = first_s
        self._longest_s = longest_s
        self._next_s = first_s
        self._chance = chance or random.Random()

    def pause_s(self) -> float:
        """Return the next pause in seconds: 50 to 100 % of the doubled one before it."""
        pause_s, self._next_s = self._next_s, min(self._next_s * 2, self._longest_s)
        return min(pause_s, self._longest_s) * self._chance.uniform(0.5, 1.0)

    def reset(self) -> None:
        """Begin again: the host answered."""
        self._next_s = self._first_s
