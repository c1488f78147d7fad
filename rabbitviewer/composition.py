"""Builds the window and wires it: the only place that constructs models and rooms."""

from __future__ import annotations

import dataclasses
import gc
import importlib
import logging
import sys
from collections.abc import Callable

from PySide6.QtWidgets import QApplication

from daemon.protocol.endpoint import Folders
from rabbitviewer.browse.breadcrumbs import Breadcrumbs
from rabbitviewer.browse.grid import CELL_SIZES, ThumbnailGrid
from rabbitviewer.conductor import Surroundings
from rabbitviewer.ipc.client import DaemonClient
from rabbitviewer.ipc.early import EarlyConnection
from rabbitviewer.models.collections import CollectionsModel
from rabbitviewer.models.filtering import Filtering
from rabbitviewer.models.first_stage import first_stage_of
from rabbitviewer.models.hosts import HostsModel
from rabbitviewer.models.jobs import JobsModel
from rabbitviewer.models.listing import ListingModel
from rabbitviewer.models.marks import MarksModel
from rabbitviewer.models.masks import MaskModel
from rabbitviewer.models.pool import PoolModel
from rabbitviewer.models.previews import PreviewStore
from rabbitviewer.models.selection import Selection
from rabbitviewer.models.thumbnails import ThumbnailStore
from rabbitviewer.navigator import Navigator
from rabbitviewer.shell.failures import catch_failures, start_log
from rabbitviewer.shell.grid_room import GridRoom
from rabbitviewer.shell.late_room import LateRoom, LateSteps
from rabbitviewer.shell.signals import SignalCloser
from rabbitviewer.shell.state import WindowState, save_state
from rabbitviewer.shell.status_line import StatusLine
from rabbitviewer.shell.turns import TurnWatch
from rabbitviewer.shell.welcome import Trouble, Welcome
from rabbitviewer.start import Start
from rabbitviewer.theme.app_icon import app_icon
from rabbitviewer.theme.theme import Theme
from rabbitviewer.trace import Trace
from rabbitviewer.tracing import connect_trace
from rabbitviewer.travel import Travel
from rabbitviewer.view.filmstrip import Filmstrip
from rabbitviewer.view.photo_room import PhotoRoom
from rabbitviewer.view.photo_view import PhotoView
from rabbitviewer.window import MainWindow, Page, Rooms
from rabbitviewer.wiring.parts import LateRooms, LateStep, Parts

_log = logging.getLogger(__name__)

_LATE = (
    ("browsing", "add_left_panel"),
    ("looking", "add_looking"),
    ("listing", "add_listing"),
    ("comparing", "add_side_by_side"),
    ("showing", "add_showing"),
    ("organising", "connect_file_work"),
    ("marking", "add_marking"),
    ("filtering", "add_filter_bar"),
    ("commands", "add_commands"),
    ("panels", "add_editing"),
    ("looks", "add_looks"),
    ("workflows", "add_workflows"),
    ("pooling", "add_pool"),
    ("painting", "add_painting"),
)
"""What is built after the first picture, in this order: module of ``wiring`` and its function."""


def run_window(
    folders: Folders,
    state: WindowState,
    start: Start,
    launch: Callable[[Folders], object],
    early: EarlyConnection,
    trace: Trace | None,
) -> int:
    """Open the window at *start* and stay until it is closed; *early* is on its way already."""
    state_file = folders.data / "window.json"
    start_log(folders.data / "logs" / "window.log")
    application = QApplication(sys.argv[:1])
    application.setApplicationName("RabbitViewer")
    application.setDesktopFileName("rabbitviewer")
    application.setWindowIcon(app_icon())
    theme = Theme(application, state.theme or "system")
    built = build(folders, state, theme, launch=launch, early=early, trace=trace)
    catch_failures(built.tell_failure)
    closer = SignalCloser(built.window)
    if trace is not None:
        TurnWatch(trace, application)
        built.window.shown.connect(lambda: trace.event("window_shown"))
    built.window.shown.connect(built.later.begin)
    built.client.start()
    built.show(start)
    built.window.show()
    code = application.exec()
    closer.close()
    built.client.close()
    built.write_state(state)
    try:
        save_state(state_file, state)
    except OSError as error:
        _log.warning("places and sizes of the window are not remembered: %s", error)
    return code


@dataclasses.dataclass(frozen=True)
class Built:
    """The window and what has to be reached from outside it."""

    window: MainWindow
    client: DaemonClient
    navigator: Navigator
    listing: ListingModel
    grid: ThumbnailGrid
    photo: PhotoView
    theme: Theme
    later: LateSteps

    def show(self, start: Start) -> None:
        """Show what the program was started with."""
        if start.is_folder:
            self.navigator.open_folder(start.path)
        elif start.path:
            self.navigator.open_photo(start.path)

    def tell_failure(self) -> None:
        """Say that something inside failed; the log has the rest."""
        words = self.window.tr("Something inside RabbitViewer failed. The log says what.")
        self.window.status.say(words)

    def write_state(self, state: WindowState) -> None:
        """Put what is to be remembered into *state*."""
        self.window.write_state(state)
        state.theme = self.theme.choice
        state.sort, state.backwards = self.listing.sort
        state.cell_size = self.grid.cell_size
        if self.photo.canvas.is_laid_out:
            area = self.photo.canvas.viewport
            state.photo_box = (area.area_width, area.area_height)
            state.profile = self.photo.profile


def build(
    folders: Folders,
    state: WindowState,
    theme: Theme,
    *,
    launch: Callable[[Folders], object],
    early: EarlyConnection | None = None,
    trace: Trace | None = None,
) -> Built:
    """Construct what the first picture needs, connected; ``later`` builds the rest.

    Nothing is asked of the daemon yet.
    """
    client = DaemonClient(folders, launch=launch, trace=trace is not None, early=early)
    listing, thumbnails = ListingModel(client), ThumbnailStore(client)
    previews = PreviewStore(client, folders)
    for store in (previews, thumbnails):
        store.set_profile(state.profile)
    selection, jobs, hosts = Selection(), JobsModel(client), HostsModel(client)
    grid = ThumbnailGrid(listing, thumbnails, trace)
    photo = PhotoView(previews, jobs.pair_for, first_stage_of(thumbnails))
    filmstrip = Filmstrip(listing, thumbnails, selection)
    welcome, trouble = Welcome(state.recent), Trouble()
    breadcrumbs = Breadcrumbs()
    late = LateRooms(*(LateRoom() for _ in dataclasses.fields(LateRooms)))
    grid_room = GridRoom(grid, listing, client)
    rooms = Rooms(
        welcome=welcome,
        trouble=trouble,
        grid=grid_room,
        photo=PhotoRoom(photo, filmstrip),
        tree=late.tree,
        breadcrumbs=breadcrumbs,
        info=late.info,
        edit=late.edit,
        looks=late.looks,
        pool=late.pool,
        jobs=late.jobs,
        hosts=late.hosts,
        strip=filmstrip,
        status=StatusLine(jobs, hosts),
        cell_sizes=CELL_SIZES,
    )
    window = MainWindow(rooms, state)
    navigator = Navigator(window, listing, selection, jobs, grid, photo)
    surroundings = Surroundings(window, client, hosts, trouble, theme, photo, folders)
    for room in (welcome, breadcrumbs, grid_room):
        room.folder_chosen.connect(navigator.open_folder)
    welcome.browse_pressed.connect(navigator.choose_folder)
    filmstrip.photo_chosen.connect(selection.set_current)
    navigator.folder_opened.connect(state.visit)
    navigator.folder_opened.connect(breadcrumbs.set_path)
    filtering = Filtering()
    navigator.place_changed.connect(filtering.clear)
    navigator.collection_opened.connect(breadcrumbs.set_collection)
    navigator.search_opened.connect(breadcrumbs.set_search)
    _connect_grid(window, listing, grid, jobs, state)
    _connect_filter(window, listing, filtering)
    grid_room.clear_filter_pressed.connect(filtering.clear)
    grid_room.again_pressed.connect(listing.refresh)
    Travel(listing, previews, thumbnails, photo)
    if trace is not None:
        connect_trace(trace, client, photo)
    parts = Parts(
        folders=folders,
        state=state,
        theme=theme,
        client=client,
        listing=listing,
        thumbnails=thumbnails,
        previews=previews,
        selection=selection,
        filtering=filtering,
        collections=CollectionsModel(client),
        marks=MarksModel(client, listing),
        jobs=jobs,
        hosts=hosts,
        pool=PoolModel(client, state.pool),
        masks=MaskModel(client, folders, window),
        grid=grid,
        photo=photo,
        filmstrip=filmstrip,
        breadcrumbs=breadcrumbs,
        rooms=late,
        window=window,
        navigator=navigator,
        surroundings=surroundings,
    )

    def is_waiting() -> bool:
        shown = thumbnails if window.page == Page.GRID else previews
        return listing.state == "loading" or shown.is_waiting

    steps = [*(_step(parts, *each) for each in _LATE), gc.freeze, gc.enable]
    later = LateSteps(steps, is_waiting, window)
    return Built(window, client, navigator, listing, grid, photo, theme, later)


def _step(parts: Parts, module: str, name: str) -> Callable[[], object]:
    """Return a step that imports the module first: what comes later is also loaded later."""

    def take() -> None:
        step: LateStep = getattr(importlib.import_module(f"rabbitviewer.wiring.{module}"), name)
        step(parts)

    return take


def _connect_grid(
    window: MainWindow,
    listing: ListingModel,
    grid: ThumbnailGrid,
    jobs: JobsModel,
    state: WindowState,
) -> None:
    """Let the top bar steer the grid, and start both where they were."""
    bar = window.top_bar

    def sort(column: str, backwards: bool) -> None:
        listing.set_sort(column, backwards=backwards)

    def mark_edited() -> None:
        grid.set_edited(jobs.results())

    bar.sort_changed.connect(sort)
    bar.size_changed.connect(grid.set_cell_px)
    grid.cell_size_changed.connect(bar.set_size)
    jobs.reset.connect(mark_edited)
    jobs.finished.connect(mark_edited)
    grid.set_cell_px(state.cell_size)
    bar.set_size(grid.cell_size)
    listing.set_sort(state.sort, backwards=state.backwards)
    listing.set_recursive(state.recursive)
    listing.set_pairs(state.pairs)
    bar.set_sort(state.sort, backwards=state.backwards)


def _connect_filter(window: MainWindow, listing: ListingModel, filtering: Filtering) -> None:
    """Let the box in the top bar and the filter bar change one filter."""
    bar = window.top_bar

    def show() -> None:
        wanted = filtering.filter
        bar.set_filter_text(wanted.text)
        window.status.show_filtered(filtered=filtering.is_active)
        listing.set_filter(wanted)

    def look_for(text: str) -> None:
        filtering.set(text=text.strip())

    bar.filter_changed.connect(look_for)
    filtering.changed.connect(show)
