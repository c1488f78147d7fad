"""What organising remembers from one time to the next: targets, patterns, programs."""

from __future__ import annotations

import msgspec

INGEST_PATTERN = "{date:%Y}/{date:%Y-%m-%d}/{stem}"
_MOST_TARGETS = 12
_MOST_PATTERNS = 8
_MOST_PROGRAMS = 8


class Remembered(msgspec.Struct, kw_only=True):
    """Values of the forms; written with the state of the window.

    Attributes:
        targets: Folders photos were copied or moved to, newest first.
        patterns: Patterns files were renamed by, newest first.
        programs: Programs photos were opened with, newest first.
        distance: Bits of the perceptual hash that near duplicates may differ in.
        ingest_folder: Where photos of a card go.
        ingest_pattern: Their names there.
        ingest_keywords: Their keywords, separated by commas.
        ingest_second: A second copy; empty: none.
        ingest_skip_known: Leave out what is there already.
    """

    targets: list[bytes] = msgspec.field(default_factory=list[bytes])
    patterns: list[str] = msgspec.field(default_factory=list[str])
    programs: list[str] = msgspec.field(default_factory=list[str])
    distance: int = 6
    ingest_folder: bytes = b""
    ingest_pattern: str = INGEST_PATTERN
    ingest_keywords: str = ""
    ingest_second: bytes = b""
    ingest_skip_known: bool = True

    def add_target(self, folder: bytes) -> None:
        """Remember that photos went to *folder*."""
        self.targets = [folder, *(each for each in self.targets if each != folder)][:_MOST_TARGETS]

    def add_pattern(self, pattern: str) -> None:
        """Remember that files were renamed by *pattern*."""
        others = [each for each in self.patterns if each != pattern]
        self.patterns = [pattern, *others][:_MOST_PATTERNS]

    def add_program(self, program: str) -> None:
        """Remember that photos were opened with *program*."""
        others = [each for each in self.programs if each != program]
        self.programs = [program, *others][:_MOST_PROGRAMS]
