"""A worker that nobody disturbs: what handlers are given in unit tests."""

from __future__ import annotations


class QuietContext:
    """Takes checkpoints, keeps nothing."""

    def checkpoint(self, fraction: float | None = None) -> None:
        """Go on."""
        del fraction

    def afterwards(self, make: object) -> None:
        """Refuse: these tasks keep nothing."""
        raise AssertionError(make)
