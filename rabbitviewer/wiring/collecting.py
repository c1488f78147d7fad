"""The actions on collections: open, add with completion, remove, delete with undo."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from PySide6.QtCore import QObject

from rabbitviewer.browse.collections_list import CollectionsList
from rabbitviewer.browse.left_panel import LeftPanel
from rabbitviewer.shell.command_palette import Command, CommandPalette
from rabbitviewer.wiring.parts import Parts

_NEED_PHOTOS = ("collection.add", "collection.remove")


class Collecting(QObject):
    """Lets the user keep photos in collections."""

    def __init__(self, parts: Parts, listed: CollectionsList, panel: LeftPanel) -> None:
        super().__init__(parts.window)
        self._parts = parts
        self._model = parts.collections
        self._panel = panel
        self._chooser: CommandPalette | None = None
        self._actions = parts.window.actions_by_id
        self._actions.connect_all(
            {"collection.add": self._ask_name, "collection.remove": self._remove}
        )
        panel.add_pressed.connect(self._ask_name)
        listed.collection_chosen.connect(parts.navigator.open_collection)
        listed.delete_wanted.connect(self._delete)
        listed.dropped.connect(self._add)
        self._model.failed.connect(parts.window.status.say)
        self._model.renamed.connect(self._on_renamed)
        parts.listing.folder_changed.connect(lambda: listed.mark(parts.listing.collection))
        parts.listing.folder_changed.connect(self._enable)
        parts.selection.current_changed.connect(self._enable)
        parts.selection.selected_changed.connect(self._enable)
        self._enable()

    def _enable(self, *_what: object) -> None:
        chosen = bool(self._parts.selection.selected)
        self._actions["collection.add"].setEnabled(chosen)
        self._actions["collection.remove"].setEnabled(
            chosen and bool(self._parts.listing.collection)
        )
        self._panel.show_add(possible=chosen)

    # ------------------------------------------------------------ adding

    def _ask_name(self) -> None:
        """Let the user choose a collection, or type a new one's name."""
        if not self._parts.selection.selected:
            return
        if self._chooser is None:
            self._chooser = CommandPalette(
                (self._known,),
                [],
                self._parts.window,
                hint=self.tr("Add to a collection: its name"),
                nothing=self.tr("Type the name of a new collection, then press Enter."),
                typed=self._new,
            )
        self._chooser.open_overlay()

    def _known(self) -> Iterator[Command]:
        for each in self._model.collections:
            words = self.tr("{n} photos").format(n=f"{each.count:,}")
            yield Command(each.name, each.name, words, self._adder(each.name), icon="ph.cards")

    def _new(self, typed: str) -> Iterator[Command]:
        if self._model.count(typed) < 0:
            words = self.tr("New collection “{name}”").format(name=typed)
            yield Command(f"new:{typed}", words, "", self._adder(typed), icon="ph.plus")

    def _adder(self, name: str) -> Callable[[], None]:
        return lambda: self._add(name, tuple(self._parts.selection.selected))

    def _add(self, name: str, paths: tuple[bytes, ...]) -> None:
        self._model.add(name, paths)
        words = (
            self.tr("{n} photos added to {name}") if len(paths) != 1 else self.tr("Added to {name}")
        )
        self._parts.window.status.say(
            words.format(n=len(paths), name=name),
            self.tr("Open"),
            lambda: self._parts.navigator.open_collection(name),
        )

    # ------------------------------------------------------------ taking away

    def _remove(self) -> None:
        name, paths = self._parts.listing.collection, tuple(self._parts.selection.selected)
        if not (name and paths):
            return
        self._model.remove(name, paths)
        words = self.tr("{n} photos taken out of {name}")
        self._parts.window.status.say(
            words.format(n=len(paths), name=name),
            self.tr("Undo"),
            lambda: self._model.add(name, paths),
        )

    def _on_renamed(self, before: str, now: str) -> None:
        """Stay in the open collection under its new name."""
        if self._parts.listing.collection == before:
            self._parts.navigator.open_collection(now)

    def _delete(self, name: str) -> None:
        def deleted(held: tuple[bytes, ...]) -> None:
            if self._parts.listing.collection == name:
                self._parts.navigator.leave_place()
            words = self.tr("The collection {name} is deleted; its photos stay").format(name=name)
            self._parts.window.status.say(
                words, self.tr("Undo"), lambda: self._model.add(name, held)
            )

        self._model.delete(name, deleted)
