"""The shell of the window: bar, panels, photo area, status line; where things are."""

from __future__ import annotations

import dataclasses
import enum

from PySide6.QtCore import QByteArray, Qt, QTimer, Signal
from PySide6.QtGui import QCloseEvent, QPaintEvent, QShowEvent
from PySide6.QtWidgets import QFrame, QStackedWidget, QVBoxLayout, QWidget

from rabbitviewer.actions import Actions
from rabbitviewer.shell.key_overlay import KeyOverlay
from rabbitviewer.shell.panels import LEFT, RIGHT, Panels
from rabbitviewer.shell.popover import Popover
from rabbitviewer.shell.side_panel import SidePanel
from rabbitviewer.shell.state import WindowState
from rabbitviewer.shell.status_line import StatusLine
from rabbitviewer.shell.top_bar import TopBar

_FIRST_SIZE = (1440, 900)
_LEAST_SIZE = (720, 480)


class Page(enum.IntEnum):
    """What stands in the photo area."""

    WELCOME = 0
    TROUBLE = 1
    GRID = 2
    PHOTO = 3
    SIDE_BY_SIDE = 4


@dataclasses.dataclass(frozen=True)
class Rooms:
    """The parts that stand in the shell, built by the composition root.

    Attributes:
        welcome: First start.
        trouble: The daemon cannot be started.
        grid: The thumbnails.
        photo: The photo view.
        tree: The folders.
        breadcrumbs: Where we are.
        info: The Info tab.
        edit: The Edit tab.
        looks: The Looks tab.
        pool: The Pool tab.
        strip: The filmstrip, inside *photo*.
        jobs: Behind the jobs pill.
        hosts: Behind the host pill.
        status: The status line.
        cell_sizes: Smallest and largest cell of the grid, logical pixels.
    """

    welcome: QWidget
    trouble: QWidget
    grid: QWidget
    photo: QWidget
    tree: QWidget
    breadcrumbs: QWidget
    info: QWidget
    edit: QWidget
    looks: QWidget
    pool: QWidget
    strip: QWidget
    jobs: QWidget
    hosts: QWidget
    status: StatusLine
    cell_sizes: tuple[int, int]


class MainWindow(QWidget):
    """Holds the rooms; opens and closes what stands round the photos.

    Signals:
        shown: the window was painted for the first time.
        closing: the window is about to close.
        page_changed: another page is in the photo area.
    """

    shown = Signal()
    closing = Signal()
    page_changed = Signal(int)

    def __init__(self, rooms: Rooms, state: WindowState) -> None:
        super().__init__()
        self.setWindowTitle("RabbitViewer")
        self.setMinimumSize(*_LEAST_SIZE)
        self.resize(*_FIRST_SIZE)
        self.actions_by_id = Actions(self)
        self.top_bar = TopBar(self.actions_by_id, rooms.breadcrumbs, rooms.cell_sizes)
        self.status = rooms.status
        self.pages = QStackedWidget()
        for page in (rooms.welcome, rooms.trouble, rooms.grid, rooms.photo):
            self.pages.addWidget(page)
        self.side = SidePanel()
        self.side.add_tab("info", self.tr("Info"), rooms.info)
        self.side.add_tab("edit", self.tr("Edit"), rooms.edit)
        self.side.add_tab("looks", self.tr("Looks"), rooms.looks)
        self.side.add_tab("pool", self.tr("Pool"), rooms.pool)
        self.panels = Panels(_panel(rooms.tree), self.pages, self.side)
        self.jobs_popover = Popover(rooms.jobs, rooms.status.jobs_pill, self)
        self.hosts_popover = Popover(rooms.hosts, rooms.status.host_pill, self)
        self._strip = rooms.strip
        self._strip_open = state.strip_open
        self.key_overlay = KeyOverlay(self.actions_by_id, self)
        self._was_painted = False
        self._hidden: tuple[bool, bool] | None = None
        self._before_full_screen: tuple[bool, bool] = (False, False)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.top_bar)
        self._under_top_bar = QWidget()
        under = QVBoxLayout(self._under_top_bar)
        under.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._under_top_bar)
        layout.addWidget(self.panels, 1)
        layout.addWidget(self.status)
        self.panels.toggled.connect(self._show_panels)
        self.side.tab_changed.connect(self._show_panels)
        self.status.jobs_pressed.connect(self.jobs_popover.toggle)
        self.status.host_pressed.connect(self.hosts_popover.toggle)
        self._restore(state)

    def put_under_top_bar(self, widget: QWidget) -> None:
        """Put *widget* between the top bar and the photos."""
        under = self._under_top_bar.layout()
        if under is not None:
            under.addWidget(widget)

    # ------------------------------------------------------------ pages

    @property
    def page(self) -> Page:
        """What stands in the photo area."""
        return Page(self.pages.currentIndex())

    def show_page(self, page: Page) -> None:
        """Put *page* into the photo area and give it the focus."""
        changed = page != self.page
        self.pages.setCurrentIndex(page)
        self.top_bar.show_grid_tools(shown=page == Page.GRID)
        shown = self.pages.widget(page)
        if shown is not None:
            shown.setFocus(Qt.FocusReason.OtherFocusReason)
        if changed:
            self.page_changed.emit(page)

    # ------------------------------------------------------------ panels

    def toggle_left(self) -> None:
        """Slide the folders in or out."""
        self._hidden = None
        self.panels.toggle(LEFT)

    def toggle_tab(self, tab_id: str) -> bool:
        """Open the right panel at a tab, or close it when that tab is in front already."""
        self._hidden = None
        was_there = self.panels.is_open(RIGHT) and self.side.tab == tab_id
        self.side.show_tab(tab_id)
        self.panels.set_open(RIGHT, is_open=not was_there)
        self._show_panels()
        return not was_there

    def open_tab(self, tab_id: str) -> None:
        """Open the right panel at a tab."""
        self.side.show_tab(tab_id)
        self.panels.set_open(RIGHT, is_open=True)
        self._show_panels()

    def toggle_all_panels(self) -> None:
        """Leave only photos; the second time everything comes back as it was."""
        if self._hidden is None:
            self._hidden = (self.panels.is_open(LEFT), self.panels.is_open(RIGHT))
            wanted = (False, False)
        else:
            wanted, self._hidden = self._hidden, None
        self.panels.set_open(LEFT, is_open=wanted[0])
        self.panels.set_open(RIGHT, is_open=wanted[1])
        self._show_bars(shown=self._hidden is None)

    def toggle_full_screen(self) -> None:
        """Fill the screen with the photo area, or come back."""
        entering = not self.isFullScreen()
        if entering:
            self._before_full_screen = (self.panels.is_open(LEFT), self.panels.is_open(RIGHT))
            self.showFullScreen()
        else:
            self.showNormal()
        for side, was_open in zip((LEFT, RIGHT), self._before_full_screen, strict=True):
            self.panels.set_open(side, is_open=was_open and not entering)
        self._show_bars(shown=not entering)
        self.actions_by_id["view.full_screen"].setChecked(entering)

    def toggle_strip(self) -> None:
        """Show or hide the filmstrip."""
        self._strip_open = not self._strip_open
        self._show_bars(shown=self.status.isVisible())

    def toggle_keys(self) -> None:
        """Show or hide the overlay of all keys."""
        self.key_overlay.toggle()

    def put_above_status(self, strip: QWidget) -> None:
        """Put *strip* between the photo area and the status line."""
        layout = self.layout()
        if isinstance(layout, QVBoxLayout):
            layout.insertWidget(layout.indexOf(self.status), strip)

    # ------------------------------------------------------------ state

    def write_state(self, state: WindowState) -> None:
        """Put places and sizes into *state*."""
        hidden, full = self._hidden, self.isFullScreen()
        opened = self._before_full_screen if full else hidden
        state.left_open = opened[0] if opened else self.panels.is_open(LEFT)
        state.right_open = opened[1] if opened else self.panels.is_open(RIGHT)
        state.left_width = self.panels.width_of(LEFT)
        state.right_width = self.panels.width_of(RIGHT)
        state.right_tab = self.side.tab
        state.strip_open = self._strip_open
        if not full:
            state.geometry = bytes(self.saveGeometry().data())

    def _restore(self, state: WindowState) -> None:
        if state.geometry:
            self.restoreGeometry(QByteArray(state.geometry))
        self.side.show_tab(state.right_tab)
        self.panels.restore(LEFT, is_open=state.left_open, width=state.left_width)
        self.panels.restore(RIGHT, is_open=state.right_open, width=state.right_width)
        self._show_panels()
        self._show_bars(shown=True)
        self.top_bar.show_grid_tools(shown=False)

    def _show_bars(self, *, shown: bool) -> None:
        """Show or hide what stands above and below the photos."""
        self.top_bar.setVisible(shown)
        self._under_top_bar.setVisible(shown)
        self.status.setVisible(shown)
        self._strip.setVisible(shown and self._strip_open)
        self.actions_by_id["panel.strip"].setChecked(self._strip_open)

    def _show_panels(self, *_what: object) -> None:
        right = self.side.tab if self.panels.is_open(RIGHT) else ""
        self.actions_by_id["panel.left"].setChecked(self.panels.is_open(LEFT))
        self.actions_by_id["panel.info"].setChecked(right == "info")
        self.actions_by_id["panel.edit"].setChecked(right == "edit")
        self.actions_by_id["panel.looks"].setChecked(right == "looks")
        self.actions_by_id["panel.pool"].setChecked(right == "pool")

    # ------------------------------------------------------------ Qt

    def showEvent(self, event: QShowEvent) -> None:
        """Give the focus to the page, not to the first button."""
        super().showEvent(event)
        if not event.spontaneous():
            self.show_page(self.page)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Tell once that the window is there: after its first paint returned."""
        super().paintEvent(event)
        if not self._was_painted:
            self._was_painted = True
            QTimer.singleShot(0, self.shown.emit)

    def closeEvent(self, event: QCloseEvent) -> None:
        """Tell before closing."""
        self.closing.emit()
        super().closeEvent(event)


def _panel(content: QWidget) -> QFrame:
    frame = QFrame()
    frame.setProperty("look", "panel")
    layout = QVBoxLayout(frame)
    layout.setContentsMargins(0, 0, 0, 0)
    layout.addWidget(content)
    return frame
