"""Which photos of the grid are picked: clicks, ranges, moves; by path, so that rows may move."""

from __future__ import annotations

from rabbitviewer.models.listing import ListingModel

_MANY = 2000


class Picking:
    """The current photo, the selected ones, and where a range begins.

    Every method that may change something returns whether it did.

    Attributes:
        current: The photo that keys act on; empty: none.
    """

    def __init__(self, listing: ListingModel) -> None:
        self._listing = listing
        self._selected: set[bytes] = set()
        self._anchor = b""
        self._last_row = -1
        self.current = b""

    def __contains__(self, path: bytes) -> bool:
        """Return whether *path* is selected."""
        return path in self._selected

    @property
    def count(self) -> int:
        """How many photos are selected."""
        return len(self._selected)

    @property
    def current_row(self) -> int:
        """The row of the current photo; -1: none, or it is not shown."""
        return self._listing.row(self.current) if self.current else -1

    def selected(self) -> tuple[bytes, ...]:
        """Return the selected photos in the order of the grid."""
        if len(self._selected) > _MANY:
            everything = self._listing.paths(range(len(self._listing)))
            return tuple(path for path in everything if path in self._selected)
        rows = sorted(row for row in map(self._listing.row, self._selected) if row >= 0)
        return tuple(self._listing.paths(rows))

    def set_current(self, path: bytes) -> bool:
        """Pick *path* alone, wherever it is; a selected one keeps the others selected."""
        if path == self.current:
            return False
        self.current = self._anchor = path
        self._last_row = self.current_row
        if path not in self._selected:
            self._selected = {path} if path else set()
        return True

    def pick(self, row: int) -> bool:
        """Pick the photo in *row* alone."""
        path = self._listing.path(row)
        before = (self.current, self._selected)
        self._set(path, row)
        self._anchor = path
        self._selected = {path}
        return before != (self.current, self._selected)

    def toggle(self, row: int) -> bool:
        """Select the photo in *row*, or deselect it; it becomes the current one."""
        path = self._listing.path(row)
        self._set(path, row)
        self._anchor = path
        self._selected = self._selected ^ {path}
        return True

    def extend(self, row: int) -> bool:
        """Select everything from where the range began to *row*."""
        first = self._listing.row(self._anchor) if self._anchor else -1
        if first < 0:
            return self.pick(row)
        before = (self.current, self._selected)
        span = range(min(first, row), max(first, row) + 1)
        self._selected = set(self._listing.paths(span))
        self._set(self._listing.path(row), row)
        return before != (self.current, self._selected)

    def select_all(self) -> bool:
        """Select every photo that is shown."""
        before = len(self._selected)
        self._selected = set(self._listing.paths(range(len(self._listing))))
        if not self.current and len(self._listing):
            self._set(self._listing.path(0), 0)
        return before != len(self._selected)

    def clear(self) -> bool:
        """Select nothing."""
        changed = bool(self._selected or self.current)
        self._selected = set()
        self._set(b"", -1)
        self._anchor = b""
        return changed

    def drop(self, paths: tuple[bytes, ...]) -> bool:
        """These files are gone; the photo now in the place of the current one takes over."""
        gone = set(paths)
        changed = bool(gone & self._selected) or self.current in gone
        self._selected -= gone
        if self.current in gone:
            last = len(self._listing) - 1
            row = min(max(self._last_row, 0), last)
            self._set(self._listing.path(row) if row >= 0 else b"", row)
            self._anchor = self.current
            if not self._selected and self.current:
                self._selected = {self.current}
        return changed

    def remember_row(self) -> None:
        """Rows moved: note where the current photo stands now."""
        row = self.current_row
        if row >= 0:
            self._last_row = row

    def _set(self, path: bytes, row: int) -> None:
        self.current = path
        self._last_row = row
