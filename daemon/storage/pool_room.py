"""What may come into a pool, and how much of it there is room for."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from daemon.protocol.errors import ErrorKind, RabbitError
from daemon.storage.pool_manifest import MAX_SLOTS, Entry, Manifest, Reference

MAX_TOLD_BYTES = 760_000
"""What a pool's paths and labels may take together: its manifest goes in one message."""
MAX_LABELLED_BYTES = 820_000
"""The same, with labels given later."""
_SLOT_BYTES = 150
_NAME_BYTES = 20


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
        self._folder = folder
        self._count = len(manifest.slots)
        self._bytes = sum(
            told_bytes(entry, references.get(entry.slot), folder) for entry in manifest.slots
        )
        self._refused = 0

    def takes(self, new: Reference | NewPicture) -> bool:
        """Count *new* in, if there is room; if not, say so once."""
        reference = new if isinstance(new, Reference) else None
        size = told_bytes(Entry("", None, new.label), reference, self._folder)
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
        some = photos_in_words(self._refused)
        self.problems = [f"{some[0].upper()}{some[1:]} did not fit into the pool: {why}."]
        return False

    def check_label(self, label: str) -> None:
        """Refuse a label for which there is no room.

        Raises:
            RabbitError: ``invalid_request``.
        """
        if self._bytes + len(label.encode()) > MAX_LABELLED_BYTES:
            raise RabbitError(
                ErrorKind.INVALID_REQUEST,
                "The labels and names of this pool's photos have grown too long.",
                "Use shorter labels, or put some of the photos into another pool.",
            )


def told_bytes(entry: Entry, reference: Reference | None, folder: bytes) -> int:
    """Return what a slot takes in a message: its mask lies in *folder*, and an own picture too."""
    path_bytes = len(reference.path) if reference else len(folder) + _NAME_BYTES
    return path_bytes + len(folder) + _NAME_BYTES + len(entry.label.encode()) + _SLOT_BYTES


def slots_that_can_be_told(
    manifest: Manifest, references: Mapping[str, Reference], folder: bytes
) -> int:
    """Return how many of a pool's slots, from the first on, fit into a message."""
    room = MAX_LABELLED_BYTES
    for index, entry in enumerate(manifest.slots):
        room -= told_bytes(entry, references.get(entry.slot), folder)
        if room < 0:
            return index
    return len(manifest.slots)


def photos_in_words(count: int) -> str:
    """Return how many photos, as a person says it."""
    return "a photo" if count == 1 else f"{count} photos"
