"""Which photos of the grid are picked: clicks, ranges, moves; rows may move underneath."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Sequence

from rabbitviewer.models.listing import ListingModel
from rabbitviewer.models.shelf import Shelf

_FLIP = bytes((1, 0)) + bytes(254)


class Picking:
    """The current photo, the selected ones, and where a range begins.

    One selected photo is kept by its path, so that it may be picked before its folder is listed;
    many are flags by id, so that a hundred thousand are selected at once. Every method that may
    change something returns whether it did.

    Attributes:
        current: The photo that keys act on; empty: none.
    """

    def __init__(self, listing: ListingModel) -> None:
        self._listing = listing
        self._alone = b""
        self._flags: bytearray | None = None
        self._kept: Sequence[bytes] | None = None
        self._anchor = b""
        self._last_row = -1
        self.current = b""
        listing.rows_changed.connect(self._forget_kept)
        listing.ids_changed.connect(self._on_ids_changed)

    def __contains__(self, path: bytes) -> bool:
        """Return whether *path* is selected."""
        if self._flags is None:
            return bool(path) and path == self._alone
        row = self._listing.row(path)
        return row >= 0 and self.is_selected(row)

    def is_selected(self, row: int) -> bool:
        """Return whether the photo in *row* is selected."""
        if self._flags is None:
            return bool(self._alone) and self._listing.path(row) == self._alone
        photo_id = self._listing.id(row)
        return photo_id < len(self._flags) and bool(self._flags[photo_id])

    @property
    def current_row(self) -> int:
        """The row of the current photo; -1: none, or it is not shown."""
        return self._listing.row(self.current) if self.current else -1

    def selected(self) -> Sequence[bytes]:
        """Return the selected photos that are shown, in the order of the grid."""
        if self._kept is None:
            self._kept = self._selected()
        return self._kept

    def set_current(self, path: bytes) -> bool:
        """Pick *path* alone, wherever it is; a selected one keeps the others selected."""
        if path == self.current:
            return False
        keeps = self._flags is not None and path in self
        self.current = self._anchor = path
        self._last_row = self.current_row
        if not keeps:
            self._select_alone(path)
        return True

    def move(self, row: int) -> bool:
        """Make the photo in *row* the current one and leave the selection as it is."""
        before = self.current
        if self._flags is None:
            self._to_flags()
        self._set(self._listing.path(row), row)
        self._anchor = self.current
        return before != self.current

    def pick(self, row: int) -> bool:
        """Pick the photo in *row* alone."""
        path = self._listing.path(row)
        same = self._flags is None and (self.current, self._alone) == (path, path)
        self._set(path, row)
        self._anchor = path
        self._select_alone(path)
        return not same

    def toggle(self, row: int) -> bool:
        """Select the photo in *row*, or deselect it; it becomes the current one."""
        path = self._listing.path(row)
        flags = self._to_flags()
        self._set(path, row)
        self._anchor = path
        flags[self._listing.id(row)] ^= 1
        return True

    def extend(self, row: int, *, adding: bool = False) -> bool:
        """Select everything from where the range began to *row*.

        Args:
            row: Where the range ends.
            adding: What is selected already stays so.
        """
        first = self._listing.row(self._anchor) if self._anchor else -1
        if first < 0:
            return self.pick(row)
        flags = self._to_flags() if adding else self._no_flags()
        for photo_id in self._listing.ids(range(min(first, row), max(first, row) + 1)):
            flags[photo_id] = 1
        self._use(flags)
        self._set(self._listing.path(row), row)
        return True

    def select_all(self) -> bool:
        """Select every photo that is shown."""
        if not len(self._listing):
            return False
        self._use(self._all_flags())
        if not self.current:
            self._set(self._listing.path(0), 0)
        return True

    def invert(self) -> bool:
        """Select the shown photos that are not, and the others not."""
        if not len(self._listing):
            return False
        flags, shown = self._to_flags(), self._all_flags()
        if self._listing.shows_all:
            self._use(flags.translate(_FLIP))
        else:
            for photo_id in self._listing.ids(range(len(self._listing))):
                shown[photo_id] = flags[photo_id] ^ 1
            self._use(shown)
        return True

    def select_none(self) -> bool:
        """Select nothing; the current photo stays the current one."""
        changed = len(self.selected()) > 0
        self._use(self._no_flags())
        return changed

    def select_rows(self, rows: Iterable[int], base: bytearray | None = None) -> bool:
        """Select *rows*, besides what *base* (of :meth:`snapshot`) holds."""
        flags = self._no_flags()
        if base is not None:
            flags[: len(base)] = base
        for row in rows:
            flags[self._listing.id(row)] = 1
        changed = flags != self._flags
        self._use(flags)
        return changed

    def snapshot(self) -> bytearray:
        """Return what is selected now, for :meth:`select_rows`."""
        return bytearray(self._to_flags())

    def clear(self) -> bool:
        """Select nothing."""
        changed = bool(self._alone or self.current or len(self.selected()))
        self._set(b"", -1)
        self._select_alone(b"")
        self._anchor = b""
        return changed

    def drop(self, paths: tuple[bytes, ...]) -> bool:
        """These files are gone; the photo now in the place of the current one takes over."""
        gone = set(paths)
        changed = self.current in gone or self._alone in gone
        if self._flags is not None:
            for photo_id in self._listing.gone_ids:
                if photo_id < len(self._flags) and self._flags[photo_id]:
                    self._flags[photo_id] = 0
                    changed = True
        self._kept = None
        if self._alone in gone:
            self._alone = b""
        if self.current in gone:
            last = len(self._listing) - 1
            row = min(max(self._last_row, 0), last)
            self._set(self._listing.path(row) if row >= 0 else b"", row)
            self._anchor = self.current
            if self.current and not len(self.selected()):
                self._select_alone(self.current)
        return changed

    def remember_row(self) -> None:
        """Rows moved: note where the current photo stands now."""
        row = self.current_row
        if row >= 0:
            self._last_row = row

    # ------------------------------------------------------------ flags

    def _set(self, path: bytes, row: int) -> None:
        self.current = path
        self._last_row = row

    def _select_alone(self, path: bytes) -> None:
        self._alone, self._flags, self._kept = path, None, None

    def _use(self, flags: bytearray) -> None:
        self._alone, self._flags, self._kept = b"", flags, None

    def _no_flags(self) -> bytearray:
        return bytearray(self._listing.id_count)

    def _all_flags(self) -> bytearray:
        if self._listing.shows_all:
            return bytearray(b"\1") * self._listing.id_count
        flags = self._no_flags()
        for photo_id in self._listing.ids(range(len(self._listing))):
            flags[photo_id] = 1
        return flags

    def _to_flags(self) -> bytearray:
        """Keep what is selected as flags from now on, and return them."""
        flags = self._no_flags()
        if self._flags is not None:
            flags[: len(self._flags)] = self._flags
        elif self._alone:
            row = self._listing.row(self._alone)
            if row >= 0:
                flags[self._listing.id(row)] = 1
        self._use(flags)
        return flags

    def _selected(self) -> Sequence[bytes]:
        if self._flags is None:
            shown = bool(self._alone) and self._listing.row(self._alone) >= 0
            return (self._alone,) if shown else ()
        ids = self._listing.ids(range(len(self._listing)))
        flags, count = self._flags, len(self._flags)
        if flags.count(1) < len(flags) or count < self._listing.id_count:
            ids = array("I", [each for each in ids if each < count and flags[each]])
        return self._listing.chosen(ids)

    def _forget_kept(self) -> None:
        self._kept = None

    def _on_ids_changed(self, before: Shelf, after: Shelf) -> None:
        """The folder was read anew: the same photos have other ids."""
        if self._flags is None:
            return
        flags = bytearray(len(after.names))
        for photo_id in before.order:
            if photo_id < len(self._flags) and self._flags[photo_id]:
                now = after.id_of(before.names[photo_id])
                if now >= 0:
                    flags[now] = 1
        self._use(flags)
