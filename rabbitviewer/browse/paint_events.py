"""Trace events of the grid: when a folder was listed, its first thumbnail and all seen painted."""

from __future__ import annotations

import os

from rabbitviewer.models.listing import ListingModel
from rabbitviewer.models.thumbnails import ThumbnailStore
from rabbitviewer.trace import Trace


class PaintEvents:
    """Watches repaints while tracing; without a trace it costs nothing.

    What is seen changes for a reason: *open*, *scroll*, *jump* or *filter*. From then on the first
    repaint in which every seen photo shows the preview that its file holds, where it holds one, is
    one event (counting those that show something), the first in which nothing better is to come
    another. A scroll to what is there already is none.
    """

    def __init__(
        self, listing: ListingModel, thumbnails: ThumbnailStore, trace: Trace | None
    ) -> None:
        self._listing = listing
        self._thumbnails = thumbnails
        self._trace = trace
        self._reason = ""
        self._first_painted = False
        self._waited = False
        self._stages_done: set[str] = set()
        self._view = (listing.sort, listing.filter)
        if trace is not None:
            listing.state_changed.connect(self._on_state_changed)

    def begin(self, reason: str) -> None:
        """What is seen changes, because of *reason*."""
        self._reason = reason
        self._waited = reason != "scroll"
        self._stages_done = set()
        if reason == "open":
            self._first_painted = False

    def scrolled(self, by_px: int, page_px: int) -> None:
        """The grid was scrolled."""
        if self._first_painted:
            self.begin("jump" if by_px >= page_px else "scroll")

    def rows_changed(self) -> None:
        """Rows came, went, or stand in another order."""
        view = (self._listing.sort, self._listing.filter)
        if view != self._view:
            self._view = view
            self.begin("filter")

    def painted(self, rows: range, full: bool) -> None:
        """The grid painted *rows*; *full*: they fill it."""
        if self._trace is None or not self._reason or not rows:
            return
        paths = list(self._listing.paths(rows))
        if not self._first_painted:
            first = next(filter(None, map(self._thumbnails.thumbnail, paths)), None)
            if first is not None:
                self._first_painted = True
                self._add("first_thumbnail_painted", 1, first.stage)
        if not full and self._listing.state == "loading":
            return
        if all(map(self._thumbnails.is_settled, paths)):
            self._finish("final", len(paths))
            return
        self._waited = True
        if all(map(self._thumbnails.has_first_stage, paths)):
            shown = sum(self._thumbnails.thumbnail(path) is not None for path in paths)
            self._finish("embedded", shown)

    def _finish(self, stage: str, count: int) -> None:
        if self._waited and stage not in self._stages_done:
            self._stages_done.add(stage)
            self._add("visible_thumbnails_painted", count, stage)
        if stage == "final":
            self._reason = ""

    def _on_state_changed(self) -> None:
        if self._listing.state == "ready" and self._trace is not None:
            folder = os.fsdecode(self._listing.folder)
            self._trace.event("folder_listed", {"folder": folder, "count": self._listing.total})

    def _add(self, name: str, count: int, stage: str) -> None:
        if self._trace is not None:
            folder = os.fsdecode(self._listing.folder)
            self._trace.event(
                name, {"folder": folder, "count": count, "stage": stage, "reason": self._reason}
            )
