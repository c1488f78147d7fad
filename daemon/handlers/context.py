"""What a task's handler may ask of the worker that runs it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from daemon.handlers.decoded_photos import DecodedPhotos
from daemon.tasks import Kept


class Cancelled(Exception):  # noqa: N818 - an answer to a wish, not an error
    """The daemon no longer wants this task's result; the handler unwinds at once."""


class Context(Protocol):
    """The worker, as a handler sees it."""

    @property
    def photos(self) -> DecodedPhotos:
        """What its earlier tasks decoded."""
        ...

    def checkpoint(self, fraction: float | None = None) -> None:
        """Give the daemon a chance to pause or cancel; call it once per strip.

        Args:
            fraction: Share of the task that is done, 0..1; ``None``: no news.

        Raises:
            Cancelled: the result is no longer wanted.
        """
        ...

    def afterwards(self, make: Callable[[int], tuple[Kept, bytes]]) -> None:
        """Have *make* called once the answer has been sent; what it returns is sent too.

        Args:
            make: Given the task's id; a failure is only logged.
        """
        ...
