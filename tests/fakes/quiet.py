"""A worker that nobody disturbs: what handlers are given in unit tests."""

from __future__ import annotations

from daemon.handlers.decoded_photos import DecodedPhotos


class QuietContext:
    """Takes checkpoints, keeps nothing but photos."""

    def __init__(self) -> None:
        self.photos = DecodedPhotos()

    def checkpoint(self, fraction: float | None = None) -> None:
        """Go on."""
        del fraction

    def afterwards(self, make: object) -> None:
        """Refuse: these tasks keep nothing."""
        raise AssertionError(make)
