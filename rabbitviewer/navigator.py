"""What is on show: which folder, which photo, grid or photo view; the actions that change it."""

from __future__ import annotations

import os
from collections.abc import Callable

from PySide6.QtCore import QObject, QPoint, Signal
from PySide6.QtWidgets import QFileDialog, QMenu

from rabbitviewer.browse.grid import ThumbnailGrid
from rabbitviewer.models.jobs import JobsModel
from rabbitviewer.models.listing import ListingModel
from rabbitviewer.models.selection import Selection
from rabbitviewer.shell import desktop
from rabbitviewer.view.photo_view import PhotoView
from rabbitviewer.window import MainWindow, Page
from rabbitviewer.words import file_name

MENU = (
    "edit.grade",
    "look.copy",
    "look.paste",
    "look.save",
    "pool.add",
    "",
    "view.compare",
    "photo.show_original",
    "view.side_by_side",
    "view.slideshow",
    "",
    "file.open_with",
    "photo.show_in_folder",
    "file.copy",
    "photo.copy_path",
    "file.copy_to",
    "file.move_to",
    "file.rename",
    "file.rotate_left",
    "file.rotate_right",
    "",
    "mark.keywords",
    "collection.add",
    "",
    "file.trash",
)
GROUND_MENU = (
    "file.paste",
    "",
    "select.all",
    "select.invert",
    "",
    "view.recursive",
    "view.pairs",
    "view.refresh",
    "",
    "file.duplicates",
    "file.ingest",
)


class Navigator(QObject):
    """Moves between folders, photos and views.

    Signals:
        folder_opened: a folder is being shown (its path).
        collection_opened: a collection is being shown (its name).
        search_opened: what a search found is being shown (its words).
        place_changed: another folder, collection or search is being shown.
    """

    folder_opened = Signal(bytes)
    collection_opened = Signal(str)
    search_opened = Signal(str)
    place_changed = Signal()

    def __init__(
        self,
        window: MainWindow,
        listing: ListingModel,
        selection: Selection,
        jobs: JobsModel,
        grid: ThumbnailGrid,
        photo: PhotoView,
    ) -> None:
        super().__init__(window)
        self._window = window
        self._listing = listing
        self._selection = selection
        self._jobs = jobs
        self._grid = grid
        self._photo = photo
        self._dialog: QFileDialog | None = None
        self._last_row = -1
        self._folder = b""
        self._more_menus: list[tuple[QMenu, str]] = []
        self._actions = window.actions_by_id
        self._actions.connect_all(self._handlers())
        self._actions.put_on_photo_view(photo)
        grid.photo_opened.connect(self.open_photo)
        grid.selection_changed.connect(self._on_grid_selection)
        grid.menu_wanted.connect(self.show_menu)
        photo.menu_wanted.connect(self.show_menu)
        photo.comparing_changed.connect(self._show_state)
        selection.current_changed.connect(self._on_current_changed)
        selection.selected_changed.connect(self._show_state)
        window.page_changed.connect(self._on_rows_changed)
        window.top_bar.filter_left.connect(self._leave_filter)
        listing.rows_changed.connect(self._on_rows_changed)
        jobs.finished.connect(self._on_job_finished)
        jobs.reset.connect(self._show_state)
        self._show_state()

    # ------------------------------------------------------------ going places

    def open_folder(self, path: bytes) -> None:
        """Show the grid of the folder at *path*."""
        self._leave()
        self._folder = path
        self._listing.open(path)
        self._window.show_page(Page.GRID)
        self.folder_opened.emit(path)

    def open_collection(self, name: str) -> None:
        """Show the grid of a saved collection."""
        self._leave()
        self._listing.open_collection(name)
        self._window.show_page(Page.GRID)
        self.collection_opened.emit(name)

    def open_search(self, text: str) -> None:
        """Show in which photos of all indexed folders *text* is found."""
        self._leave()
        self._listing.open_search(text)
        self._window.show_page(Page.GRID)
        self.search_opened.emit(text)

    def add_to_menu(self, menu: QMenu, before: str = "") -> None:
        """Offer *menu* in the photos' context menu, at its end or *before* an action."""
        self._more_menus.append((menu, before))

    def leave_place(self) -> None:
        """Go back from a collection or a search to the folder before it."""
        if (self._listing.collection or self._listing.search) and self._folder:
            self.open_folder(self._folder)

    def _leave(self) -> None:
        """Forget what belongs to the place that is left."""
        self._photo.end_compare()
        self._selection.set_selected(())
        self._selection.set_current(b"")
        self._last_row = -1
        self.place_changed.emit()

    def open_photo(self, path: bytes) -> None:
        """Show the photo at *path*, its folder behind it; keys act on it alone."""
        self._selection.set_selected(())
        self._selection.set_current(path)
        self._window.show_page(Page.PHOTO)
        self._photo.show_photo(path)
        folder = os.path.split(path)[0]
        if self._listing.state == "none":
            self._listing.open(folder)
            self.folder_opened.emit(folder)

    def compare(self, original: bytes, result: bytes) -> None:
        """Lay the handle between *original* and *result*."""
        if self._selection.current not in (original, result):
            self._selection.set_current(original)
        self._window.show_page(Page.PHOTO)
        self._photo.compare(original, result)

    def keep(self, result: bytes) -> None:
        """End the comparison and stay on the result."""
        self._photo.end_compare()
        if result:
            self._selection.set_current(result)

    def step(self, by: int) -> None:
        """Go to the photo *by* places further on."""
        row = self._listing.row(self._selection.current)
        if row >= 0:
            self.go_to(row + by)
        elif self._selection.current and self._last_row >= 0:
            # The photo left the folder: its place is now that of the one after it.
            self.go_to(self._last_row + (by - 1 if by > 0 else by))

    def go_to(self, row: int) -> None:
        """Go to the photo at *row*, kept inside the folder."""
        last = len(self._listing) - 1
        if last >= 0:
            self._selection.set_selected(())
            self._selection.set_current(self._listing.path(min(max(row, 0), last)))

    # ------------------------------------------------------------ actions

    def _handlers(self) -> dict[str, Callable[[], object]]:
        window, canvas = self._window, self._photo.canvas
        return {
            "folder.open": self.choose_folder,
            "view.grid": self._to_grid,
            "view.photo": self._to_photo,
            "view.compare": self._toggle_compare,
            "view.back": self._back,
            "view.full_screen": window.toggle_full_screen,
            "filter.focus": self._to_filter,
            "photo.next": lambda: self.step(1),
            "photo.previous": lambda: self.step(-1),
            "photo.first": lambda: self.go_to(0),
            "photo.last": lambda: self.go_to(len(self._listing) - 1),
            "photo.to_grid": self._to_grid,
            "photo.zoom": lambda: canvas.toggle_zoom(canvas.pointer()),
            "photo.zoom_in": lambda: canvas.zoom_by_steps(1),
            "photo.zoom_out": lambda: canvas.zoom_by_steps(-1),
            "photo.background": canvas.next_background,
            "photo.show_original": self._show_original,
            "photo.show_in_folder": lambda: self.show_in_folder(self._selection.current),
            "photo.copy_path": self._copy_path,
            "panel.left": window.toggle_left,
            "panel.info": lambda: window.toggle_tab("info"),
            "panel.edit": lambda: window.toggle_tab("edit"),
            "panel.strip": window.toggle_strip,
            "panel.jobs": window.jobs_popover.toggle,
            "panel.hide_all": window.toggle_all_panels,
            "help.keys": window.toggle_keys,
            "window.quit": window.close,
        }

    def show_in_folder(self, path: bytes) -> None:
        """Open the folder of *path* in the desktop's file manager."""
        if not desktop.show_folder_of(path):
            self._window.status.say(self.tr("No program shows folders on this desktop"))

    def _copy_path(self) -> None:
        desktop.copy_path(self._selection.current)
        self._window.status.say(self.tr("Path copied"))

    def choose_folder(self) -> None:
        """Let the user look for a folder; nothing waits for the answer."""
        dialog = QFileDialog(self._window, self.tr("Open folder"))
        dialog.setFileMode(QFileDialog.FileMode.Directory)
        dialog.setOption(QFileDialog.Option.ShowDirsOnly)
        dialog.setModal(False)
        dialog.fileSelected.connect(self._on_folder_chosen)
        self._dialog = dialog
        dialog.show()

    def _on_folder_chosen(self, path: str) -> None:
        self.open_folder(os.fsencode(path))

    def _to_grid(self) -> None:
        self._photo.end_compare()
        self._grid.set_current(self._selection.current)
        self._selection.set_selected(self._grid.selected)
        self._window.show_page(Page.GRID)
        self._show_state()

    def _to_photo(self) -> None:
        if not self._selection.current:
            self.go_to(0)
        if self._selection.current:
            self._photo.end_compare()
            self.open_photo(self._selection.current)
        self._show_state()

    def _to_filter(self) -> None:
        if self._window.page != Page.GRID:
            self._to_grid()
        self._window.top_bar.focus_filter()

    def _leave_filter(self) -> None:
        """Go to what was found."""
        self._window.show_page(self._window.page)
        if len(self._listing) and self._listing.row(self._selection.current) < 0:
            self.go_to(0)

    def _back(self) -> None:
        """Leave one thing at a time: panel, full screen, comparison, photo."""
        if self._window.side.isAncestorOf(self._window.focusWidget() or self._window):
            self._window.show_page(self._window.page)
        elif self._window.isFullScreen():
            self._window.toggle_full_screen()
        elif self._photo.comparing:
            self._photo.end_compare()
            self._photo.show_photo(self._selection.current)
        elif self._window.page == Page.PHOTO:
            self._to_grid()
        elif self._window.page == Page.SIDE_BY_SIDE:
            self._actions["view.side_by_side"].trigger()
        else:
            self.leave_place()

    def _toggle_compare(self) -> None:
        pair = self._jobs.pair_for(self._selection.current)
        if self._photo.comparing and self._window.page == Page.PHOTO:
            self._photo.end_compare()
            self._photo.show_photo(self._selection.current)
        elif pair is not None:
            self.compare(*pair)
        self._show_state()

    def _show_original(self) -> None:
        pair = self._jobs.pair_for(self._selection.current)
        if pair is not None:
            self._photo.end_compare()
            self.open_photo(pair[0])

    def show_menu(self, where: QPoint) -> None:
        """Open the context menu of the selection; beside the photos, that of the folder."""
        viewport = self._grid.viewport()
        in_grid = self._window.page == Page.GRID
        beside = in_grid and not self._grid.photo_at(viewport.mapFromGlobal(where))
        if not (beside or self._selection.selected):
            return
        menu = QMenu(self._window)
        menu.aboutToHide.connect(menu.deleteLater)
        if beside:
            self._actions.fill(menu, GROUND_MENU).popup(where)
            return
        self._actions.fill(menu, MENU)
        for more, before in self._more_menus:
            if before:
                menu.insertMenu(self._actions[before], more)
            else:
                menu.addMenu(more)
        menu.popup(where)

    # ------------------------------------------------------------ keeping in step

    def _on_current_changed(self, path: bytes) -> None:
        if self._window.page == Page.PHOTO:
            self._photo.show_photo(path)
            if not path:
                self._window.show_page(Page.GRID)
        self._grid.set_current(path)
        self._note_hidden()
        self._show_state()

    def _on_grid_selection(self, current: bytes, selected: tuple[bytes, ...]) -> None:
        self._selection.set_selected(selected)
        self._selection.set_current(current)

    def _on_rows_changed(self, *_what: object) -> None:
        """Let keys act on nothing that a filter hides."""
        if self._window.page == Page.GRID:
            self._selection.set_selected(self._grid.selected)
        self._note_hidden()
        self._show_state()

    def _on_job_finished(self, job_id: str) -> None:
        job, current = self._jobs.job(job_id), self._selection.current
        if job is not None and current in (job.info.path, job.info.result_path):
            self._show_state()

    def _note_hidden(self) -> None:
        in_grid = self._window.page == Page.GRID
        self._selection.set_hidden(in_grid and self._listing.row(self._selection.current) < 0)

    def _show_state(self, *_what: object) -> None:
        """Say by the actions what is on show and what can be done."""
        page, current = self._window.page, self._selection.current
        row = self._listing.row(current)
        self._last_row = row if row >= 0 else self._last_row
        pair = self._jobs.pair_for(current) if current else None
        in_photo = page == Page.PHOTO
        comparing = in_photo and self._photo.comparing
        self._actions["view.grid"].setChecked(page == Page.GRID)
        self._actions["view.photo"].setChecked(in_photo and not comparing)
        self._actions["view.compare"].setChecked(comparing)
        self._actions["view.compare"].setEnabled(pair is not None)
        self._actions["view.grid"].setEnabled(self._listing.state != "none")
        self._actions["view.photo"].setEnabled(bool(current) or len(self._listing) > 0)
        self._actions["photo.zoom"].setEnabled(in_photo)
        self._actions["photo.background"].setEnabled(in_photo)
        self._actions["photo.show_original"].setEnabled(pair is not None and pair[1] == current)
        for action_id in ("photo.show_in_folder", "photo.copy_path"):
            self._actions[action_id].setEnabled(bool(current))
        self._show_place(in_photo=in_photo)

    def _place_words(self) -> str:
        """Say what is open."""
        listing = self._listing
        if listing.search:
            return self.tr("Search for “{text}”").format(text=listing.search)
        folder = file_name(listing.folder) or listing.folder.decode("utf-8", "replace")
        return listing.collection or folder

    def _show_place(self, *, in_photo: bool) -> None:
        """Say in the status line and in the title where we are."""
        current = self._selection.current
        shown = file_name(current) if in_photo and current else self._place_words()
        name = self.tr("RabbitViewer")
        self._window.setWindowTitle(f"{shown} – {name}" if shown else name)
        status, count = self._window.status, len(self._listing)
        if in_photo and current:
            row = self._listing.row(current)
            status.show_photo(file_name(current), row + 1, count)
        else:
            status.show_counts(self._listing.total, count, len(self._selection.selected))
