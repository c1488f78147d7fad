"""The filter bar, the search over all folders, and the actions on what a listing shows."""

from __future__ import annotations

from collections.abc import Iterator

from PySide6.QtCore import QObject, QTimer

from daemon.protocol.messages import (
    ConfigSet,
    FilterChoices,
    FilterChoicesRequest,
    IndexProgress,
    ListingMarks,
    Message,
)
from rabbitviewer.browse.filter_bar import FilterBar
from rabbitviewer.shell.command_palette import Command, CommandPalette
from rabbitviewer.window import Page
from rabbitviewer.wiring.parts import Parts

_CHOICES_MS = 400
_PAIRS = "library.pairs"


def add_filter_bar(parts: Parts) -> None:
    """Put the filter bar under the top bar and connect what belongs to it."""
    FilterActions(parts, FilterBar(parts.filtering))
    ListingActions(parts)


class FilterActions(QObject):
    """Shows and hides the filter bar and keeps its choices those of the listing."""

    def __init__(self, parts: Parts, bar: FilterBar) -> None:
        super().__init__(parts.window)
        self._parts = parts
        self._bar = bar
        self._actions = parts.window.actions_by_id
        self._soon = QTimer(self, singleShot=True, interval=_CHOICES_MS)
        self._soon.timeout.connect(self._ask_choices)
        self._actions.connect_all(
            {"filter.toggle": self._toggle, "filter.clear": parts.filtering.clear}
        )
        parts.window.put_under_top_bar(bar)
        parts.window.page_changed.connect(self._show)
        parts.filtering.changed.connect(self._enable)
        parts.listing.state_changed.connect(self._soon.start)
        parts.listing.folder_changed.connect(self._soon.start)
        parts.client.replied.connect(self._on_replied)
        parts.window.status.clear_filter_pressed.connect(parts.filtering.clear)
        self._show()
        self._enable()

    def _toggle(self) -> None:
        self._parts.state.filter_open = not self._parts.state.filter_open
        if self._parts.window.page == Page.PHOTO:
            self._actions["view.grid"].trigger()
            self._parts.state.filter_open = True
        self._show()

    def _show(self, *_what: object) -> None:
        is_open = self._parts.state.filter_open
        self._bar.setVisible(is_open and self._parts.window.page == Page.GRID)
        self._actions["filter.toggle"].setChecked(is_open)
        if is_open:
            self._soon.start()

    def _enable(self) -> None:
        self._actions["filter.clear"].setEnabled(self._parts.filtering.is_active)

    def _ask_choices(self) -> None:
        listing = self._parts.listing
        if self._parts.state.filter_open and listing.state != "none":
            request = FilterChoicesRequest(listing_id=listing.listing_id)
            self._parts.client.send(request, self._on_choices)

    def _on_choices(self, message: Message, _blob: bytes) -> None:
        known = isinstance(message, FilterChoices)
        if known and message.listing_id == self._parts.listing.listing_id:
            self._parts.filtering.set_choices(message)

    def _on_replied(self, message: object, _blob: bytes) -> None:
        """Facts became known: other values may occur."""
        ended = isinstance(message, IndexProgress) and message.done >= message.total
        if (ended or isinstance(message, ListingMarks)) and not self._soon.isActive():
            self._soon.start()


class ListingActions(QObject):
    """Subfolders, pairs, reading anew, searching everywhere, selecting."""

    def __init__(self, parts: Parts) -> None:
        super().__init__(parts.window)
        self._parts = parts
        self._search: CommandPalette | None = None
        self._pairs_known: object = None
        self._actions = parts.window.actions_by_id
        grid = parts.grid
        self._actions.connect_all(
            {
                "view.recursive": self._toggle_recursive,
                "view.pairs": self._toggle_pairs,
                "view.refresh": self._refresh,
                "search.everywhere": self._ask_search,
                "select.all": grid.select_all,
                "select.none": grid.select_none,
                "select.invert": grid.invert_selection,
            }
        )
        parts.hosts.changed.connect(self._on_settings_changed)
        parts.listing.folder_changed.connect(self._show_state)
        parts.listing.rows_changed.connect(self._show_state)
        parts.window.page_changed.connect(self._show_state)
        self._show_state()

    def _show_state(self, *_what: object) -> None:
        listing = self._parts.listing
        self._actions["view.recursive"].setChecked(listing.recursive)
        self._actions["view.recursive"].setEnabled(bool(listing.folder))
        self._actions["view.pairs"].setChecked(listing.pairs)
        self._actions["view.refresh"].setEnabled(listing.state != "none")
        for action_id in ("select.all", "select.none", "select.invert"):
            self._actions[action_id].setEnabled(len(listing) > 0)

    def _toggle_recursive(self) -> None:
        listing = self._parts.listing
        self._parts.state.recursive = not listing.recursive
        listing.set_recursive(not listing.recursive)
        words = self.tr("With all subfolders") if listing.recursive else self.tr("This folder only")
        self._parts.window.status.say(words)
        self._show_state()

    def _toggle_pairs(self) -> None:
        """Change the setting; the listing follows at once."""
        self._set_pairs(pairs=not self._parts.listing.pairs)
        self._parts.client.send(ConfigSet(key=_PAIRS, value=self._parts.listing.pairs))

    def _set_pairs(self, *, pairs: bool) -> None:
        self._parts.state.pairs = pairs
        self._parts.listing.set_pairs(pairs)
        self._show_state()

    def _on_settings_changed(self) -> None:
        wanted = self._parts.hosts.value(_PAIRS)
        if isinstance(wanted, bool) and wanted != self._pairs_known:
            self._pairs_known = wanted
            self._set_pairs(pairs=wanted)

    def _refresh(self) -> None:
        self._parts.listing.refresh()
        self._parts.window.status.say(self.tr("Read again"))

    # ------------------------------------------------------------ searching everywhere

    def _ask_search(self) -> None:
        if self._search is None:
            self._search = CommandPalette(
                (),
                [],
                self._parts.window,
                hint=self.tr("Search all indexed folders: names, titles, keywords, cameras"),
                nothing=self.tr("Type what to look for, then press Enter."),
                typed=self._searches,
            )
        self._search.open_overlay()

    def _searches(self, typed: str) -> Iterator[Command]:
        words = self.tr("Search all folders for “{text}”").format(text=typed)
        run = self._parts.navigator.open_search
        yield Command(f"search:{typed}", words, "", lambda: run(typed), icon="ph.magnifying-glass")
