"""What is measured: which photo gets which edit, and in which states it comes back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import Literal

from benchmarks.fidelity.degradations import KINDS, Kind
from benchmarks.fidelity.grades import GLOBAL, Grade
from benchmarks.fidelity.hard_grades import HARD
from benchmarks.fidelity.photos import Photo
from benchmarks.fidelity.spatial_edits import SPATIAL, SpatialEdit

Group = Literal["global", "hard", "spatial"]
Edit = Grade | SpatialEdit

_EDITS: dict[Group, Sequence[Edit]] = {"global": GLOBAL, "hard": HARD, "spatial": SPATIAL}
_KINDS: dict[Group, tuple[Kind, ...]] = {
    "global": KINDS,
    "hard": ("clean", "all"),
    "spatial": ("clean", "invent", "all"),
}
_STRIDE = 17
"""Shares no factor with the number of edits of any group."""


@dataclass(frozen=True)
class Pair:
    """One edit of one photo, to be measured in several states.

    Attributes:
        group: The table that it belongs to.
        photo: The photo.
        other: Another one, whose parts stand in for invented content.
        edit_name: Which edit of the group.
        kinds: The states in which it comes back.
        long_edge_px: Long edge of the small copy; 0: the product's own choice.
    """

    group: Group
    photo: Photo
    other: Photo
    edit_name: str
    kinds: tuple[Kind, ...]
    long_edge_px: int = 0

    @property
    def name(self) -> str:
        """What the seeds are made from."""
        return f"{self.photo.name}/{self.edit_name}"

    @property
    def edit(self) -> Edit:
        """The true edit."""
        return next(edit for edit in _EDITS[self.group] if edit.name == self.edit_name)


def plan(
    photos: Sequence[Photo],
    counts: dict[Group, int],
    kinds: Sequence[Kind] = KINDS,
    long_edge_px: int = 0,
) -> list[Pair]:
    """Deal edits to photos: every photo and every edit has its turn before one comes again.

    Args:
        photos: At least one.
        counts: Pairs wanted in each group.
        kinds: Only these states.
        long_edge_px: See :class:`Pair`.

    Returns:
        All groups mixed, so that a part of the plan is a fair sample of it.
    """
    pairs: list[tuple[float, Pair]] = []
    for group, count in counts.items():
        edits = _EDITS[group]
        states: tuple[Kind, ...] = tuple(kind for kind in _KINDS[group] if kind in set(kinds))
        for turn in range(count):
            photo = turn * _STRIDE % len(photos) if len(photos) % _STRIDE else turn % len(photos)
            edit = edits[(turn + turn // len(edits)) * _STRIDE % len(edits)]
            other = photos[(photo + len(photos) // 2) % len(photos)]
            pair = Pair(group, photos[photo], other, edit.name, states, long_edge_px)
            pairs.append((turn / count, pair))
    return [pair for _, pair in sorted(pairs, key=itemgetter(0))]
