"""A step of the journal as the store keeps it in memory: where its records stand, how it is."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from daemon.storage.journal_file import Span

_PHOTOS = re.compile(r"\b(\d+) photos?\b")


@dataclass
class Pass:
    """Records of one way through a step: where they stand, how many were noted and retracted."""

    spans: list[Span] = field(default_factory=list[Span])
    count: int = 0
    retracted: int = 0

    @property
    def is_empty(self) -> bool:
        """Nothing of it came true."""
        return self.retracted >= self.count


@dataclass
class Entry:
    """One step as the store knows it; its records stay in the file."""

    number: int
    kind: str
    title: str
    batch: str
    running: int = 0
    committed: bool = False
    undone: bool = False
    done: Pass = field(default_factory=Pass)
    reversal: Pass | None = None

    @property
    def current(self) -> Pass:
        """The pass that is written now."""
        return self.done if self.reversal is None else self.reversal

    @property
    def size_bytes(self) -> int:
        """What its records take in the file."""
        reversing = self.reversal.spans if self.reversal is not None else ()
        return sum(span.size for span in (*self.done.spans, *reversing))


def summed(old: str, new: str) -> str:
    """Return the title of a batch's part with the numbers of photos of both added up."""
    if _PHOTOS.sub("#", old) != _PHOTOS.sub("#", new):
        return old
    counts = (int(a) + int(b) for a, b in zip(_counts(old), _counts(new), strict=True))
    return _PHOTOS.sub(lambda _: f"{next(counts)} photos", old)


def _counts(title: str) -> list[str]:
    return _PHOTOS.findall(title)
