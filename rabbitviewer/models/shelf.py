"""Photos of a folder in natural order: parallel lists, cheap at 100,000."""

from __future__ import annotations

import bisect
import os
from collections.abc import Iterable

from daemon.protocol.natural import natural_key
from daemon.protocol.values import PhotoEntry


class Shelf:
    """Entries sorted by name, with what sorting and filtering need beside them.

    Attributes:
        entries: Name, size and time, in natural order.
        folded: The names without case, to search in.
    """

    def __init__(self) -> None:
        self.entries: list[PhotoEntry] = []
        self.folded: list[str] = []
        self._keys: list[str] = []

    def __len__(self) -> int:
        """Return the number of photos."""
        return len(self.entries)

    def find(self, name: bytes) -> int:
        """Return the index of *name*; -1: it is not here."""
        key = natural_key(name)
        index = bisect.bisect_left(self._keys, key)
        found = index < len(self._keys) and self._keys[index] == key
        return index if found else -1

    def add(self, entries: Iterable[PhotoEntry]) -> None:
        """Put *entries* in their places; one whose name is here already replaces it."""
        keyed = sorted(((natural_key(entry.name), entry) for entry in entries), key=_first)
        if not keyed:
            return
        if not self._keys or keyed[0][0] > self._keys[-1]:
            self._append(keyed)
        elif len(keyed) <= len(self._keys) // 50 + 1:
            for key, entry in keyed:
                self._insert(key, entry)
        else:
            merged = dict(zip(self._keys, self.entries, strict=True))
            merged.update(keyed)
            self.entries, self.folded, self._keys = [], [], []
            self._append(sorted(merged.items(), key=_first))

    def remove(self, names: Iterable[bytes]) -> None:
        """Take *names* out; one that is not here is left alone."""
        for name in names:
            index = self.find(name)
            if index >= 0:
                del self.entries[index], self.folded[index], self._keys[index]

    def _append(self, keyed: Iterable[tuple[str, PhotoEntry]]) -> None:
        for key, entry in keyed:
            self._keys.append(key)
            self.entries.append(entry)
            self.folded.append(os.fsdecode(entry.name).casefold())

    def _insert(self, key: str, entry: PhotoEntry) -> None:
        index = bisect.bisect_left(self._keys, key)
        if index < len(self._keys) and self._keys[index] == key:
            self.entries[index] = entry
            return
        self._keys.insert(index, key)
        self.entries.insert(index, entry)
        self.folded.insert(index, os.fsdecode(entry.name).casefold())


def _first(pair: tuple[str, PhotoEntry]) -> str:
    return pair[0]
