"""The actions on the pool: add, paste, go through it, remove, the slots' menu."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QObject, QPoint, Qt
from PySide6.QtGui import QAction, QGuiApplication
from PySide6.QtWidgets import QFileDialog, QMenu

from daemon.protocol.messages import PoolManifest
from daemon.protocol.values import PoolSlot
from rabbitviewer.models.pool import PoolModel
from rabbitviewer.models.selection import Selection
from rabbitviewer.pool.incoming import Incoming
from rabbitviewer.pool.pool_panel import PoolPanel
from rabbitviewer.pool.pool_words import count_words, slot_name
from rabbitviewer.window import MainWindow, Page

_NEED_SLOTS = ("pool.next", "pool.previous")


class PoolActions(QObject):
    """Does what the actions and menus of the pool say, and tells what it did."""

    def __init__(
        self,
        window: MainWindow,
        pool: PoolModel,
        selection: Selection,
        incoming: Incoming,
        panel: PoolPanel,
        show_in_folder: Callable[[bytes], object],
        folder: Callable[[], bytes],
    ) -> None:
        """Prepare.

        Args:
            window: The window.
            pool: The pool.
            selection: What is added by key.
            incoming: Brings it in.
            panel: The tab.
            show_in_folder: Shows a photo in the file manager.
            folder: The folder that is open; files are looked for there first.
        """
        super().__init__(window)
        self._folder = folder
        self._window = window
        self._pool = pool
        self._selection = selection
        self._incoming = incoming
        self._panel = panel
        self._show_in_folder = show_in_folder
        self._dialog: QFileDialog | None = None
        window.actions_by_id.connect_all(
            {
                "panel.pool": self._toggle,
                "pool.add": self._add_selected,
                "pool.paste": self._paste,
                "pool.next": lambda: panel.grid.step_active(1),
                "pool.previous": lambda: panel.grid.step_active(-1),
            }
        )
        panel.paste_wanted.connect(self._paste)
        panel.undo_wanted.connect(self._on_undo_wanted)
        panel.header.add_pressed.connect(self.choose_files)
        panel.grid.remove_wanted.connect(self.remove)
        panel.grid.menu_wanted.connect(self._open_menu)
        panel.grid.missing_chosen.connect(self._tell_missing)
        incoming.added.connect(self._on_added)
        incoming.moved.connect(self._on_moved)
        incoming.refused.connect(window.status.say)
        pool.changed.connect(self._enable)
        selection.current_changed.connect(self._enable)
        selection.selected_changed.connect(self._enable)
        window.actions_by_id.keys_changed.connect(self._show_keys)
        self._show_keys()
        self._enable()

    def _enable(self, *_what: object) -> None:
        actions, known = self._window.actions_by_id, self._pool.is_known
        actions["pool.add"].setEnabled(known and bool(self._selection.selected))
        actions["pool.paste"].setEnabled(known)
        for action_id in _NEED_SLOTS:
            actions[action_id].setEnabled(bool(self._pool.slots))

    def _show_keys(self) -> None:
        actions = self._window.actions_by_id
        add, paste = (
            next(iter(actions.shown_keys(name)), "") for name in ("pool.add", "pool.paste")
        )
        self._panel.empty.show_keys(add, paste)

    def _toggle(self) -> None:
        """Open the tab and go there, or close it."""
        if self._window.toggle_tab("pool"):
            self._panel.setFocus(Qt.FocusReason.ShortcutFocusReason)

    # ------------------------------------------------------------ coming in

    def _add_selected(self) -> None:
        self._incoming.add_new(tuple(self._selection.selected))

    def _paste(self) -> None:
        self._incoming.take(QGuiApplication.clipboard().mimeData())

    def choose_files(self) -> None:
        """Let the user choose files; nothing waits for the answer."""
        dialog = QFileDialog(self._window, self.tr("Add photos to the pool"))
        dialog.setFileMode(QFileDialog.FileMode.ExistingFiles)
        dialog.setDirectory(os.fsdecode(self._folder()))
        dialog.setModal(False)
        dialog.filesSelected.connect(self._on_files_chosen)
        self._dialog = dialog
        dialog.show()

    def _on_files_chosen(self, files: list[str]) -> None:
        self._incoming.add([bytes(Path(each)) for each in files])

    def _on_added(
        self, names: tuple[str, ...], known: tuple[bytes, ...], problems: tuple[str, ...]
    ) -> None:
        """Say so, with a way to see them where they are not seen, or to take them out again."""
        pool = self._pool.name
        words = self.tr("Already in {pool}").format(pool=pool)
        if names:
            words = self.tr("{photos} added to {pool}").format(
                photos=count_words(len(names)), pool=pool
            )
            if known:
                words += " · " + self.tr("{n} were there already").format(n=len(known))
        words = " · ".join((words, *problems))
        chosen = names or self._slots_of(known)
        if not self._panel.isVisible():
            self._window.status.say(words, self.tr("Show"), lambda: self._open_at(chosen))
            return
        self._panel.grid.choose(chosen)
        if names:
            self._window.status.say(words, self.tr("Undo"), lambda: self._pool.remove(names))
        else:
            self._window.status.say(words)

    def _on_moved(self, paths: tuple[bytes, ...]) -> None:
        self._panel.grid.choose(self._slots_of(paths))
        words = self.tr("{photos} moved in the pool").format(photos=count_words(len(paths)))
        self._window.status.say(words, self.tr("Undo"), self.undo)

    def _slots_of(self, paths: tuple[bytes, ...]) -> tuple[str, ...]:
        wanted = set(paths)
        return tuple(each.slot for each in self._pool.slots if each.path in wanted)

    def _open_at(self, names: tuple[str, ...]) -> None:
        """Open the tab at some slots."""
        self._window.open_tab("pool")
        self._panel.grid.choose(names)

    # ------------------------------------------------------------ going out

    def remove(self, names: tuple[str, ...]) -> None:
        """Take slots out of the pool, with a way back in the status line."""
        slots = [each for each in self._pool.slots if each.slot in set(names)]
        what = f"“{slot_name(slots[0])}”" if len(slots) == 1 else count_words(len(slots))

        grid = self._panel.grid
        shown = self._window.page == Page.PHOTO and any(each.path == grid.on_show for each in slots)

        def say(_now: PoolManifest) -> None:
            if shown:
                grid.show_slot(self._pool.active)
            words = self.tr("{photos} taken out of the pool").format(photos=what)
            self._window.status.say(words, self.tr("Undo"), self.undo)

        if slots:
            self._pool.remove(names, say)

    def _on_undo_wanted(self, redo: bool) -> None:
        self.undo(redo=redo)

    def undo(self, *, redo: bool = False) -> None:
        """Take back the newest change of the pool (*redo*: do it again), and say what it was."""
        what = self._pool.redo_words if redo else self._pool.undo_words
        if not what:
            return
        words = self.tr("Done again: {what}") if redo else self.tr("Undone: {what}")
        offer = self.tr("Undo") if redo else self.tr("Redo")

        def say(_now: PoolManifest) -> None:
            status = self._window.status
            status.say(words.format(what=what), offer, lambda: self.undo(redo=not redo))

        self._pool.undo(redo=redo, then=say)

    def _tell_missing(self, slot: PoolSlot) -> None:
        words = self.tr("{photo} is missing; its mask and label are kept")
        self._window.status.say(slot.problem or words.format(photo=slot_name(slot)))

    # ------------------------------------------------------------ the menu

    def _open_menu(self, where: QPoint) -> None:
        self.make_menu().popup(where)

    def make_menu(self) -> QMenu:
        """Return the context menu of the selected slots, and of the pool."""
        grid = self._panel.grid
        menu = QMenu(self._panel)
        menu.aboutToHide.connect(menu.deleteLater)
        if grid.selected_slots and self._pool.index_of(grid.current) >= 0:
            self._fill_slot_menu(menu)
            menu.addSeparator()
        self._add(menu, self.tr("Add photos…"), self.choose_files)
        return self._window.actions_by_id.fill(menu, ("pool.paste",))

    def _fill_slot_menu(self, menu: QMenu) -> None:
        grid, pool = self._panel.grid, self._pool
        slots, index = grid.selected_slots, pool.index_of(grid.current)
        slot = pool.slots[index]
        names = tuple(each.slot for each in slots)
        masked = tuple(each.slot for each in slots if pool.has_mask(each))
        self._add(menu, self.tr("Show\tReturn"), lambda: grid.show_slot(index))
        paint = self._add(
            menu, self.tr("Paint a mask"), lambda: self._panel.paint_wanted.emit(slot.slot)
        )
        paint.setEnabled(not slot.missing)
        self._add(menu, self.tr("Label…\tF2"), lambda: grid.edit_label(index))
        if masked:
            self._add(menu, self.tr("Take the mask away"), lambda: self._clear_masks(masked))
        menu.addSeparator()
        self._add(menu, self.tr("Copy\tCtrl+C"), grid.copy_selected)
        if not slot.own:
            self._add(menu, self.tr("Show in folder"), lambda: self._show_in_folder(slot.path))
        earlier = self._add(menu, self.tr("Move up\tAlt+Up"), lambda: grid.move_selected(-1))
        later = self._add(menu, self.tr("Move down\tAlt+Down"), lambda: grid.move_selected(1))
        earlier.setEnabled(pool.index_of(names[0]) > 0)
        later.setEnabled(pool.index_of(names[-1]) < len(pool.slots) - 1)
        menu.addSeparator()
        self._add(menu, self.tr("Take out of the pool\tDel"), lambda: self.remove(names))

    def _clear_masks(self, names: tuple[str, ...]) -> None:
        for name in names:
            self._pool.clear_mask(name)
        self._window.status.say(self.tr("Mask taken away"), self.tr("Undo"), self.undo)

    def _add(self, menu: QMenu, text: str, run: Callable[[], object]) -> QAction:
        action = menu.addAction(text)
        action.triggered.connect(lambda _checked=False: run())
        return action
