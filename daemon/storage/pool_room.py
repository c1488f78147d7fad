"""What may come into a pool, and how much of it there is room for."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from daemon.protocol.errors import ErrorKind, RabbitError
from daemon.storage.pool_manifest import MAX_SLOTS, Manifest, Reference

MAX_TOLD_BYTES = 800_000
"""What a pool's paths and labels may take together: its manifest goes in one message."""
_SLOT_BYTES = 120


class NewPicture(msgspec.Struct, frozen=True):
    """A PNG for the pool's folder: the synced file *temp* inside it."""

    temp: bytes
    label: str = ""
    added: int = 0


class Room:
    """How much a pool can still take, by count and by what its manifest takes in a message."""

    def __init__(
        self, manifest: Manifest, references: Mapping[str, Reference], folder: bytes
    ) -> None:
        self.problems: list[str] = []
        self._own = 2 * len(folder) + _SLOT_BYTES
        self._count = len(manifest.slots)
        self._bytes = sum(
            self._size(references[entry.slot].path if entry.slot in references else b"")
            + len(entry.label.encode())
            for entry in manifest.slots
        )
        self._refused = 0

    def takes(self, new: Reference | NewPicture) -> bool:
        """Count *new* in, if there is room; if not, say so once."""
        size = self._size(new.path if isinstance(new, Reference) else b"")
        if self._count < MAX_SLOTS and self._bytes + size <= MAX_TOLD_BYTES:
            self._count += 1
            self._bytes += size
            return True
        self._refused += 1
        why = (
            f"a pool holds {MAX_SLOTS} at most"
            if self._count >= MAX_SLOTS
            else "the names of all its photos have grown too long"
        )
        self.problems = [f"{photos_in_words(self._refused)} did not fit into the pool: {why}."]
        return False

    def check_label(self, label: str) -> None:
        """Refuse a label for which there is no room.

        Raises:
            RabbitError: ``invalid_request``.
        """
        if self._bytes + len(label.encode()) > MAX_TOLD_BYTES + MAX_TOLD_BYTES // 8:
            raise RabbitError(
                ErrorKind.INVALID_REQUEST,
                "The labels and names of this pool's photos have grown too long.",
                "Use shorter labels, or put some of the photos into another pool.",
            )

    def _size(self, path: bytes) -> int:
        return self._own + len(path)


def photos_in_words(count: int) -> str:
    """Return how many photos, as a person says it."""
    return "a photo" if count == 1 else f"{count} photos"
