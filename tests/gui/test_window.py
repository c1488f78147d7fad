"""The shell: pages, panels, popovers, keys, what is remembered."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractSlider,
    QComboBox,
    QLabel,
    QLineEdit,
    QPlainTextEdit,
    QScrollBar,
    QWidget,
)
from pytestqt.qtbot import QtBot

from daemon.protocol import messages
from rabbitviewer.actions import action_specs
from rabbitviewer.hosts.host_panel import HostPanel
from rabbitviewer.ipc.client import DaemonClient
from rabbitviewer.models.host_entries import HostEntriesModel
from rabbitviewer.models.hosts import HostsModel
from rabbitviewer.models.jobs import JobsModel
from rabbitviewer.models.listing import ListingModel
from rabbitviewer.models.marks import MarksModel
from rabbitviewer.models.selection import Selection
from rabbitviewer.shell.panels import LEFT, RIGHT
from rabbitviewer.shell.state import WindowState, load_state, save_state
from rabbitviewer.shell.status_line import StatusLine
from rabbitviewer.shell.welcome import Trouble, Welcome
from rabbitviewer.view.info_panel import InfoPanel
from rabbitviewer.window import MainWindow, Page, Rooms
from tests.fakes.daemon import FakeDaemon
from tests.fakes.grading import make_jobs_panel, make_origins, make_panel
from tests.fakes.window import BUILTIN_HOST, STUDIO, make_job


class Room(QWidget):
    """A room that can have the focus."""

    def __init__(self) -> None:
        super().__init__()
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)


def make_window(client: DaemonClient, state: WindowState) -> MainWindow:
    jobs, hosts, selection = JobsModel(client), HostsModel(client), Selection()
    rooms = Rooms(
        welcome=Welcome([b"/photos"]),
        trouble=Trouble(),
        grid=Room(),
        photo=Room(),
        tree=Room(),
        breadcrumbs=Room(),
        info=InfoPanel(client, selection, MarksModel(client, ListingModel(client))),
        edit=make_panel(client, selection, jobs=jobs, hosts=hosts),
        looks=Room(),
        pool=Room(),
        strip=Room(),
        jobs=make_jobs_panel(client, jobs, make_origins(client)),
        hosts=HostPanel(hosts, HostEntriesModel(client)),
        status=StatusLine(jobs, hosts),
        cell_sizes=(96, 384),
    )
    return MainWindow(rooms, state)


@pytest.fixture
def window(qtbot: QtBot, client: DaemonClient) -> MainWindow:
    window = make_window(client, WindowState())
    qtbot.addWidget(window)
    window.resize(1000, 700)
    window.show()
    qtbot.waitExposed(window)
    return window


def listen(window: MainWindow, *action_ids: str) -> list[str]:
    """Note which actions fire."""
    fired: list[str] = []
    for action_id in action_ids:
        action = window.actions_by_id[action_id]
        action.triggered.connect(lambda _checked=False, it=action_id: fired.append(it))
    return fired


def press(qtbot: QtBot, window: MainWindow, key: str) -> None:
    """Press *key* where the focus is."""
    focused = window.focusWidget()
    assert focused is not None
    qtbot.keySequence(focused, key)


def hear(qtbot: QtBot, daemon: FakeDaemon, client: DaemonClient, event: messages.Message) -> None:
    with qtbot.waitSignal(client.replied):
        daemon.publish(event)


def test_the_page_on_show_has_the_focus(window: MainWindow) -> None:
    window.show_page(Page.PHOTO)
    assert window.pages.widget(Page.PHOTO).hasFocus()


def test_grid_tools_stand_only_beside_the_grid(window: MainWindow) -> None:
    filter_box = next(
        each for each in window.findChildren(QLineEdit) if each.accessibleName() == "Search here"
    )
    window.show_page(Page.GRID)
    assert filter_box.isVisible()
    window.show_page(Page.PHOTO)
    assert not filter_box.isVisible()


def test_the_side_panel_opens_at_a_tab_and_closes_on_the_same_key(
    qtbot: QtBot, window: MainWindow
) -> None:
    assert window.toggle_tab("edit")
    assert window.panels.is_open(RIGHT)
    assert window.side.tab == "edit"
    window.toggle_tab("info")
    assert window.panels.is_open(RIGHT)
    window.toggle_tab("info")
    assert not window.panels.is_open(RIGHT)


def test_hiding_all_panels_leaves_only_photos_and_brings_them_back(
    qtbot: QtBot, window: MainWindow
) -> None:
    window.open_tab("info")
    window.toggle_all_panels()
    qtbot.waitUntil(lambda: window.pages.width() == window.width())
    assert window.pages.height() == window.height()
    window.toggle_all_panels()
    assert window.panels.is_open(LEFT)
    assert window.panels.is_open(RIGHT)
    qtbot.waitUntil(lambda: window.side.width() == window.panels.width_of(RIGHT))


def test_full_screen_shows_the_photo_area_alone(qtbot: QtBot, window: MainWindow) -> None:
    window.toggle_full_screen()
    assert not window.top_bar.isVisible()
    assert not window.panels.is_open(LEFT)
    window.toggle_full_screen()
    assert window.top_bar.isVisible()
    assert window.panels.is_open(LEFT)


def test_a_popover_opens_above_its_pill_and_goes_with_escape(
    qtbot: QtBot, window: MainWindow
) -> None:
    qtbot.mouseClick(window.status.jobs_pill, Qt.MouseButton.LeftButton)
    popover = window.jobs_popover
    assert popover.isVisible()
    assert popover.geometry().bottom() < window.status.geometry().top()
    qtbot.keyClick(window, Qt.Key.Key_Escape)
    assert not popover.isVisible()


def test_a_press_elsewhere_closes_a_popover(qtbot: QtBot, window: MainWindow) -> None:
    window.hosts_popover.open_popover()
    qtbot.mouseClick(window.pages, Qt.MouseButton.LeftButton)
    assert not window.hosts_popover.isVisible()


def test_the_host_pill_says_that_no_ai_is_at_work(
    qtbot: QtBot, window: MainWindow, fake_daemon: FakeDaemon, client: DaemonClient
) -> None:
    hear(qtbot, fake_daemon, client, messages.Hosts(hosts=(BUILTIN_HOST, STUDIO)))
    assert "no AI" in window.status.host_pill.text()


def test_the_host_pill_names_the_host_once_comfyui_is_on(
    qtbot: QtBot, window: MainWindow, fake_daemon: FakeDaemon, client: DaemonClient
) -> None:
    config = messages.Config(path=b"/config.yaml", values={"comfyui.enabled": True})
    hear(qtbot, fake_daemon, client, config)
    hear(qtbot, fake_daemon, client, messages.Hosts(hosts=(BUILTIN_HOST, STUDIO)))
    assert window.status.host_pill.text() == "studio-pc · ready"


def test_the_jobs_pill_counts_what_runs_and_what_waits(
    qtbot: QtBot, window: MainWindow, fake_daemon: FakeDaemon, client: DaemonClient
) -> None:
    listed = (make_job("1"), make_job("2", state="waiting"), make_job("3", state="waiting"))
    hear(qtbot, fake_daemon, client, messages.Jobs(jobs=listed))
    assert window.status.jobs_pill.text() == "1 running · 2 waiting"


def test_the_key_overlay_lists_every_action_that_has_a_key(
    qtbot: QtBot, window: MainWindow
) -> None:
    window.toggle_keys()
    shown = {each.text() for each in window.findChildren(QLabel)}
    missing = {spec.text.rstrip("…") for spec in action_specs() if spec.keys} - shown
    assert missing == set()


@pytest.mark.parametrize("key", ["Esc", "?", "F1"])
def test_escape_and_its_own_keys_only_close_the_key_overlay(
    qtbot: QtBot, window: MainWindow, key: str
) -> None:
    fired = listen(window, "view.back", "help.keys")
    window.toggle_keys()
    press(qtbot, window, key)
    assert not window.key_overlay.isVisible()
    assert fired == []


def test_typing_into_the_key_overlay_finds_a_key_and_fires_nothing(
    qtbot: QtBot, window: MainWindow
) -> None:
    fired = listen(window, "edit.grade")
    window.toggle_keys()
    press(qtbot, window, "g")
    assert window.key_overlay.isVisible()
    assert fired == []


def test_everything_that_can_be_used_has_an_accessible_name(
    qtbot: QtBot, window: MainWindow
) -> None:
    kinds = (QAbstractButton, QAbstractSlider, QComboBox, QLineEdit, QPlainTextEdit)
    nameless = [
        each
        for kind in kinds
        for each in window.findChildren(kind)
        if not isinstance(each, QScrollBar)
        and each.focusPolicy() != Qt.FocusPolicy.NoFocus
        and not each.isHidden()
        and not (each.accessibleName() or getattr(each, "text", str)())
    ]
    assert nameless == []


def test_places_and_sizes_come_back(
    qtbot: QtBot, client: DaemonClient, tmp_path: Path, window: MainWindow
) -> None:
    window.open_tab("edit")
    window.toggle_left()
    state = WindowState()
    window.write_state(state)
    save_state(tmp_path / "window.json", state)
    again = make_window(client, load_state(tmp_path / "window.json"))
    qtbot.addWidget(again)
    assert again.panels.is_open(RIGHT)
    assert again.side.tab == "edit"
    assert not again.panels.is_open(LEFT)


def test_a_broken_state_file_is_a_fresh_start(tmp_path: Path) -> None:
    (tmp_path / "window.json").write_bytes(b'{"left_width": "wide"')
    assert load_state(tmp_path / "window.json") == WindowState()


def test_recent_folders_are_kept_once_newest_first() -> None:
    state = WindowState()
    for folder in (b"/a", b"/b", b"/a"):
        state.visit(folder)
    assert (state.folder, state.recent) == (b"/a", [b"/a", b"/b"])


def test_the_welcome_offers_folders(qtbot: QtBot, window: MainWindow) -> None:
    welcome = window.pages.widget(Page.WELCOME)
    row = next(each for each in welcome.findChildren(QAbstractButton) if each.text() == "photos")
    with qtbot.waitSignal(welcome.folder_chosen) as chosen:
        qtbot.mouseClick(row, Qt.MouseButton.LeftButton)
    assert chosen.args == [b"/photos"]
