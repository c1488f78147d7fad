"""Which slots of the pool are picked: clicks, ranges, moves; slots may move underneath."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from daemon.protocol.values import PoolSlot


class SlotPicking:
    """The current slot, the selected ones, and where a range begins; all by their lasting names.

    Attributes:
        current: The slot that keys act on; empty: none.
    """

    def __init__(self) -> None:
        self.current = ""
        self._names: list[str] = []
        self._selected: set[str] = set()
        self._anchor = ""

    def __contains__(self, name: str) -> bool:
        """Return whether a slot is selected."""
        return name in self._selected

    @property
    def current_index(self) -> int:
        """Where the current slot stands; -1: there is none."""
        return self._names.index(self.current) if self.current in self._names else -1

    @property
    def selected(self) -> tuple[str, ...]:
        """The selected slots in order; the current one alone when none is."""
        chosen = tuple(name for name in self._names if name in self._selected)
        return chosen or ((self.current,) if self.current else ())

    @property
    def count(self) -> int:
        """How many slots are selected."""
        return len(self._selected)

    def follow(self, slots: Sequence[PoolSlot]) -> None:
        """Keep in step: what went is picked no more, the slot in its place becomes current."""
        before = self.current_index
        self._names = [each.slot for each in slots]
        there = set(self._names)
        self._selected &= there
        if self.current not in there:
            last = len(self._names) - 1
            self.current = self._names[min(before, last)] if before >= 0 and last >= 0 else ""
        if self._anchor not in there:
            self._anchor = self.current
        if not self._selected and self.current:
            self._selected = {self.current}

    def pick(self, index: int) -> None:
        """Pick one slot alone."""
        self.current = self._anchor = self._names[index]
        self._selected = {self.current}

    def toggle(self, index: int) -> None:
        """Select a slot, or deselect it; it becomes the current one."""
        self.current = self._anchor = self._names[index]
        self._selected ^= {self.current}

    def extend(self, index: int, *, adding: bool = False) -> None:
        """Select everything from where the range began to *index*."""
        first = self._names.index(self._anchor) if self._anchor in self._names else index
        span = self._names[min(first, index) : max(first, index) + 1]
        self._selected = {*span, *(self._selected if adding else ())}
        self.current = self._names[index]

    def go(self, index: int) -> None:
        """Make a slot the current one and leave the selection as it is."""
        self.current = self._anchor = self._names[index]

    def select(self, names: Iterable[str]) -> None:
        """Select some slots; the first in order is the current one."""
        self._selected = set(names) & set(self._names)
        chosen = self.selected
        if self._selected:
            self.current = self._anchor = chosen[0]

    def select_all(self) -> None:
        """Select every slot."""
        self._selected = set(self._names)
        if not self.current and self._names:
            self.current = self._anchor = self._names[0]
