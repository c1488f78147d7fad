"""Photos held as pixels within a budget: at the size of the screen, and whole ones beside them."""

from __future__ import annotations

import dataclasses
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet

from rabbitviewer.models.preview import Box, Preview

_BYTES_PER_PX = 4 * 4 / 3


@dataclasses.dataclass
class _Held:
    screen: Preview | None = None
    full: Preview | None = None
    answered: Box | None = None


class HeldPreviews:
    """The pixels that are at hand, the least recently shown first.

    A photo's screen-size pixels stay beside its full ones: they show it fitted without scaling, and
    they are what is left of it once the full ones have to go.

    Attributes:
        budget_bytes: What may be kept beyond what is on show.
    """

    def __init__(self, budget_bytes: int) -> None:
        self.budget_bytes = budget_bytes
        self._held: OrderedDict[bytes, _Held] = OrderedDict()

    def paths(self) -> Iterator[bytes]:
        """Go through the photos of which there are pixels."""
        return iter(tuple(self._held))

    def best(self, path: bytes) -> Preview | None:
        """Return the finest pixels of *path* with all coarser ones as levels; None: nothing."""
        held = self._held.get(path)
        if held is None:
            return None
        if held.full is None or held.screen is None:
            return held.full or held.screen
        return held.full.with_coarser(held.screen)

    def lacks(self, path: bytes, box: Box) -> bool:
        """Whether there may be more pixels of *path* for *box* than are held."""
        held, best = self._held.get(path), self.best(path)
        if held is None or best is None:
            return True
        return not best.fills(box) and held.answered != box

    def has_room_for_all_of(self, path: bytes) -> bool:
        """Whether all pixels of *path* take no more than half of the budget."""
        known = self.best(path)
        if known is None:
            return False
        return _BYTES_PER_PX * known.source_width * known.source_height <= self.budget_bytes / 2

    def take(self, preview: Preview, box: Box) -> bool:
        """Keep *preview*, asked for in *box*, where it betters what there is of its stage."""
        held = self._held.setdefault(preview.path, _Held())
        if preview.quality != "embedded":
            held.answered = box
        self._held.move_to_end(preview.path)
        known = held.full if preview.quality == "full" else held.screen
        if known is not None and not preview.is_better_than(known):
            return False
        if preview.quality == "full":
            held.full = preview
        else:
            held.screen = preview
        return True

    def touch(self, path: bytes) -> None:
        """*path* is shown now."""
        if path in self._held:
            self._held.move_to_end(path)

    def drop(self, path: bytes) -> None:
        """Let go of all pixels of *path*."""
        self._held.pop(path, None)

    def make_room(self, shown: AbstractSet[bytes], ahead: Sequence[bytes]) -> None:
        """Stay within the budget.

        Full pixels that are not on show go first, then what was not shown for longest, then what
        was held ready, the least probable first.
        """
        others = [path for path in self._held if path not in shown]
        used = sum(_size(self._held[path]) for path in others)
        for path in others:
            if used <= self.budget_bytes:
                return
            held = self._held[path]
            if held.full is not None and held.screen is not None:
                used -= held.full.size_bytes
                held.full = None
        last = [path for path in reversed(ahead) if path in others]
        for path in [*(path for path in others if path not in ahead), *last]:
            if used <= self.budget_bytes:
                return
            used -= _size(self._held.pop(path))


def _size(held: _Held) -> int:
    return sum(each.size_bytes for each in (held.screen, held.full) if each is not None)
