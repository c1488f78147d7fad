"""What a task's handler may ask of the worker that runs it."""

from __future__ import annotations

from typing import Protocol


class Cancelled(Exception):  # noqa: N818 - an answer to a wish, not an error
    """The daemon no longer wants this task's result; the handler unwinds at once."""


class Context(Protocol):
    """The worker, as a handler sees it."""

    def checkpoint(self, fraction: float | None = None) -> None:
        """Give the daemon a chance to pause or cancel; call it once per strip.

        Args:
            fraction: Share of the task that is done, 0..1; ``None``: no news.

        Raises:
            Cancelled: the result is no longer wanted.
        """
        ...
