"""Everything that can be done, by name and by key: palette, shortcuts, main menu."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Iterator

from PySide6.QtCore import QCoreApplication, QObject
from PySide6.QtWidgets import QMenu

from rabbitviewer.actions import Actions
from rabbitviewer.shell import desktop
from rabbitviewer.shell.command_palette import Command, CommandPalette, Source
from rabbitviewer.shell.shortcut_editor import ShortcutEditor
from rabbitviewer.shell.shortcuts import Shortcuts
from rabbitviewer.shell.state import WindowState
from rabbitviewer.window import MainWindow, Page
from rabbitviewer.wiring.parts import Parts
from rabbitviewer.wiring.scripting import Scripting
from rabbitviewer.words import file_name, folder_name

_NEEDS_A_PHOTO = ("mark", "file", "photo", "collection", "edit")
MAIN_MENU = (
    ("folder.open", "search.everywhere", "file.ingest", "file.duplicates"),
    ("edit.undo", "edit.redo", "select.all", "select.none", "select.invert"),
    ("view.slideshow", "view.second_window", "view.side_by_side", "view.full_screen"),
    ("view.recursive", "view.pairs", "view.refresh"),
    ("workflows.panel",),
    ("window.palette", "window.shortcuts", "help.keys", "window.theme"),
    ("window.quit",),
)


def add_commands(parts: Parts) -> None:
    """Build palette, shortcut editor and menus, and what they offer."""
    shortcuts = Shortcuts(
        parts.window.actions_by_id, parts.folders.config / "shortcuts.json", parts.window
    )
    scripting = Scripting(parts)
    offers = Offers(
        open_folder=parts.navigator.open_folder,
        scripts=scripting.commands,
        collections=lambda: _collections(parts),
        fill_scripts=scripting.fill,
    )
    Commanding(parts.window, shortcuts, parts.state, offers)
    parts.navigator.add_to_menu(scripting.menu)
    parts.window.closing.connect(shortcuts.finish)
    shortcuts.load()


def _collections(parts: Parts) -> Iterator[Command]:
    words = QCoreApplication.translate("Commanding", "Collection, {n} photos")
    for each in parts.collections.collections:
        name = each.name
        yield Command(
            f"collection:{name}",
            name,
            words.format(n=f"{each.count:,}"),
            lambda name=name: parts.navigator.open_collection(name),
            icon="ph.cards",
        )


@dataclasses.dataclass(frozen=True)
class Offers:
    """What the palette and the main menu offer beside the actions.

    Attributes:
        open_folder: Opens a folder.
        scripts: The scripts.
        collections: The collections.
        fill_scripts: Fills the menu of scripts.
    """

    open_folder: Callable[[bytes], object]
    scripts: Source
    collections: Source
    fill_scripts: Callable[[QMenu], object]


class Commanding(QObject):
    """The palette, the shortcut editor and the main menu, and the actions that open them."""

    def __init__(
        self, window: MainWindow, shortcuts: Shortcuts, state: WindowState, offers: Offers
    ) -> None:
        super().__init__(window)
        self._window = window
        self._state = state
        self._offers = offers
        self._shortcuts = shortcuts
        sources = (
            self._actions,
            self._sorts,
            offers.scripts,
            offers.collections,
            self._folders,
        )
        self.palette = CommandPalette(sources, state.recent_commands, window)
        self._editor: ShortcutEditor | None = None
        handlers = {
            "window.palette": self.palette.toggle,
            "window.shortcuts": self._open_editor,
        }
        window.actions_by_id.connect_all(handlers)
        window.key_overlay.change_pressed.connect(self._open_editor)
        shortcuts.save_failed.connect(window.status.say)
        self._recent = QMenu(self.tr("Recent folders"), window)
        self._recent.aboutToShow.connect(self._fill_recent)
        self._scripts = QMenu(self.tr("Scripts"), window)
        self._scripts.aboutToShow.connect(self._fill_scripts)
        self._fill_main(window.top_bar.menu)
        shortcuts.loaded.connect(self._tell_problem)

    def _open_editor(self) -> None:
        if self._editor is None:
            self._editor = ShortcutEditor(self._window.actions_by_id, self._shortcuts, self._window)
        self._editor.open_overlay()

    def _tell_problem(self) -> None:
        """Say that the file of shortcuts is broken."""
        if self._shortcuts.problem:
            words, path = self._shortcuts.problem, bytes(self._shortcuts.path)
            self._window.status.say(words, self.tr("Open it"), lambda: desktop.open_file(path))

    # ------------------------------------------------------------ menus

    def _fill_main(self, menu: QMenu) -> None:
        for number, part in enumerate(MAIN_MENU):
            if number:
                menu.addSeparator()
            self._window.actions_by_id.fill(menu, part[:1])
            if not number:
                menu.addMenu(self._recent)
            self._window.actions_by_id.fill(menu, part[1:])
            if not number:
                menu.addMenu(self._scripts)

    def _fill_recent(self) -> None:
        self._recent.clear()
        for path in self._state.recent:
            name = (file_name(path) or path.decode("utf-8", "replace")).replace("&", "&&")
            entry = self._recent.addAction(name)
            entry.setToolTip(path.decode("utf-8", "replace"))
            entry.triggered.connect(self._opener(path))

    def _fill_scripts(self) -> None:
        self._scripts.clear()
        self._offers.fill_scripts(self._scripts)

    def _opener(self, path: bytes) -> Callable[[], None]:
        return lambda: void(self._offers.open_folder(path))

    # ------------------------------------------------------------ what the palette offers

    def _actions(self) -> Iterator[Command]:
        actions = self._window.actions_by_id
        for spec in actions.specs():
            action = actions[spec.id]
            if spec.id == "window.palette":
                continue
            enabled = action.isEnabled()
            yield Command(
                spec.id,
                spec.text,
                spec.group,
                action.trigger,
                keys=next(iter(actions.shown_keys(spec.id)), ""),
                icon=spec.icon,
                enabled=enabled,
                reason="" if enabled else self._why_not(spec.id, actions),
            )

    def _why_not(self, action_id: str, actions: Actions) -> str:
        room = action_id.partition(".")[0]
        if room == "mask":
            return self.tr("Only while a mask is painted")
        if action_id in ("edit.undo", "edit.redo"):
            return self.tr("Nothing to undo or to do again")
        if action_id in ("view.compare", "photo.show_original"):
            return self.tr("This photo has no result to compare with")
        if action_id == "look.paste":
            return self.tr("No grade is copied, or no photo is selected")
        if action_id in ("look.copy", "look.save"):
            return self.tr("This photo has no finished grade")
        if action_id == "jobs.cancel_all":
            return self.tr("No job is running or waiting")
        if action_id in ("pool.next", "pool.previous", "pool.export", "pool.grade_all"):
            return self.tr("The pool is empty")
        if (
            room == "photo"
            and self._window.page != Page.PHOTO
            and actions["view.photo"].isEnabled()
        ):
            return self.tr("Only while a photo is open")
        if room in _NEEDS_A_PHOTO or action_id == "pool.add":
            return self.tr("No photo is selected")
        return self.tr("Not now")

    def _sorts(self) -> Iterator[Command]:
        group = self.tr("Sort by")
        for action in self._window.top_bar.sort_actions():
            name = f"sort:{action.data() or 'backwards'}"
            yield Command(name, action.text(), group, action.trigger, icon="ph.sort-ascending")

    def _folders(self) -> Iterable[Command]:
        for path in self._state.recent:
            yield Command(
                f"folder:{path.hex()}",
                file_name(path) or path.decode("utf-8", "replace"),
                self.tr("Folder in {folder}").format(folder=folder_name(path)),
                self._opener(path),
                icon="ph.clock",
            )


def void(_result: object) -> None:
    """Leave a result out."""
