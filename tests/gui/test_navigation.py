"""The whole window against a daemon: from folder to photo to grade and back."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QApplication, QMenu, QPushButton
from pytestqt.qtbot import QtBot

from daemon.protocol import messages
from daemon.protocol.endpoint import Folders
from daemon.protocol.errors import ErrorInfo, ErrorKind
from daemon.protocol.values import PhotoEntry
from rabbitviewer.browse.grid import ThumbnailGrid
from rabbitviewer.composition import Built, build
from rabbitviewer.edit.prompt_box import PromptBox
from rabbitviewer.shell.state import WindowState
from rabbitviewer.theme.theme import Theme
from rabbitviewer.view.canvas import PhotoCanvas
from rabbitviewer.window import Page
from tests.fakes.daemon import FakeDaemon
from tests.fakes.window import BUILTIN_HOST, BUILTIN_WORKFLOW, done_job, make_job

FOLDER = b"/photos"
NAMES = (b"IMG_0001.jpg", b"IMG_0002.jpg", b"IMG_0003.jpg")
FIRST, SECOND, THIRD = (FOLDER + b"/" + name for name in NAMES)
RESULT = FOLDER + b"/IMG_0001_grade.jpg"
GREY = b"\x80\x80\x80\xff"


def answer_like_a_daemon(daemon: FakeDaemon) -> None:
    """Answer what a window asks about a folder of three photos."""

    def folder(request: messages.Message) -> list[messages.Message]:
        assert isinstance(request, messages.FolderOpen)
        entries = tuple(PhotoEntry(name, 1000, 1) for name in NAMES)
        chunk = messages.FolderChunk(
            listing_id=request.listing_id, path=bytes(request.path), entries=entries, last=True
        )
        return [chunk]

    def thumbnail(request: messages.Message) -> list[tuple[messages.Message, bytes]]:
        assert isinstance(request, messages.ThumbnailRequest)
        ready = messages.ThumbnailReady(
            path=bytes(request.path),
            width_px=3,
            height_px=2,
            source_width_px=300,
            source_height_px=200,
            stage="final",
        )
        return [(ready, GREY * 6)]

    def surface(request: messages.Message) -> list[tuple[messages.Message, bytes]]:
        assert isinstance(request, messages.PreviewRequest)
        ready = messages.SurfaceReady(
            path=bytes(request.path),
            surface_path=b"",
            surface_id=0,
            width_px=30,
            height_px=20,
            stride_bytes=120,
            source_width_px=30,
            source_height_px=20,
            quality="full",
        )
        return [(ready, GREY * 600)]

    accepted = messages.AiEditAccepted(job_id="job-1", job=make_job(path=FIRST, state="waiting"))
    daemon.answer(messages.FolderOpen, folder)
    daemon.answer(messages.ThumbnailRequest, thumbnail)
    daemon.answer(messages.PreviewRequest, surface)
    daemon.answer(messages.AiEditRequest, lambda _: [accepted])
    daemon.answer(messages.HostsRequest, lambda _: [messages.Hosts(hosts=(BUILTIN_HOST,))])
    workflows = messages.Workflows(workflows=(BUILTIN_WORKFLOW,))
    daemon.answer(messages.WorkflowsRequest, lambda _: [workflows])


@pytest.fixture
def built(
    qtbot: QtBot, qapp: QApplication, fake_daemon: FakeDaemon, folders: Folders
) -> Iterator[Built]:
    answer_like_a_daemon(fake_daemon)
    state = WindowState(right_open=False)
    built = build(folders, state, Theme(qapp, "dark"), launch=lambda _folders: None)
    built.later.finish()
    qtbot.addWidget(built.window)
    built.window.resize(1000, 700)
    with qtbot.waitSignal(built.client.connected):
        built.client.start()
    built.window.show()
    qtbot.waitExposed(built.window)
    built.navigator.open_folder(FOLDER)
    qtbot.waitUntil(lambda: len(built.listing) == 3)
    yield built
    built.client.close()


def grid(built: Built) -> ThumbnailGrid:
    return built.window.findChild(ThumbnailGrid)


def canvas(built: Built) -> PhotoCanvas:
    return built.window.findChild(PhotoCanvas)


def shown(built: Built) -> bytes:
    picture = canvas(built).picture
    return picture.path if picture else b""


def open_first(qtbot: QtBot, built: Built) -> None:
    qtbot.keyClick(grid(built), Qt.Key.Key_Home)
    qtbot.keyClick(grid(built), Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: shown(built) == FIRST)


def finish(daemon: FakeDaemon) -> None:
    job = done_job(path=FIRST, result_path=RESULT)
    daemon.publish(messages.AiEditComplete(job_id="job-1", path=FIRST, result_path=RESULT, job=job))


def run_a_grade(qtbot: QtBot, built: Built) -> None:
    qtbot.keyClick(built.window, Qt.Key.Key_G)
    box = built.window.findChild(PromptBox)
    qtbot.keyClicks(box, "warm")
    qtbot.keyClick(box, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)


def test_enter_opens_a_photo_and_enter_goes_back(qtbot: QtBot, built: Built) -> None:
    open_first(qtbot, built)
    assert built.window.page == Page.PHOTO
    qtbot.keyClick(canvas(built), Qt.Key.Key_Return)
    assert built.window.page == Page.GRID


def test_keys_go_through_the_folder(qtbot: QtBot, built: Built) -> None:
    open_first(qtbot, built)
    qtbot.keyClick(canvas(built), Qt.Key.Key_Right)
    qtbot.waitUntil(lambda: shown(built) == SECOND)
    qtbot.keyClick(canvas(built), Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: shown(built) == THIRD)
    qtbot.keyClick(canvas(built), Qt.Key.Key_Right)
    qtbot.keyClick(canvas(built), Qt.Key.Key_Backspace)
    qtbot.waitUntil(lambda: shown(built) == SECOND)
    qtbot.keyClick(canvas(built), Qt.Key.Key_Home)
    qtbot.waitUntil(lambda: shown(built) == FIRST)
    qtbot.keyClick(canvas(built), Qt.Key.Key_End)
    qtbot.waitUntil(lambda: shown(built) == THIRD)


def test_the_grid_follows_where_the_photo_view_went(qtbot: QtBot, built: Built) -> None:
    open_first(qtbot, built)
    qtbot.keyClick(canvas(built), Qt.Key.Key_Right)
    qtbot.keyClick(canvas(built), Qt.Key.Key_Escape)
    assert built.window.page == Page.GRID
    assert grid(built).current == SECOND


def test_z_goes_to_actual_pixels_and_back(qtbot: QtBot, built: Built) -> None:
    open_first(qtbot, built)
    qtbot.keyClick(canvas(built), Qt.Key.Key_Z)
    zoom = canvas(built).viewport
    qtbot.keyClick(canvas(built), Qt.Key.Key_Z)
    assert zoom.zoom == 1.0
    assert canvas(built).viewport.fitted


def test_a_grade_from_the_grid_shows_its_photo_and_then_the_comparison(
    qtbot: QtBot, built: Built, fake_daemon: FakeDaemon
) -> None:
    qtbot.keyClick(grid(built), Qt.Key.Key_Home)
    run_a_grade(qtbot, built)
    assert built.window.page == Page.PHOTO
    qtbot.waitUntil(lambda: bool(fake_daemon.of(messages.AiEditRequest)))
    finish(fake_daemon)
    qtbot.waitUntil(lambda: shown(built) == RESULT and canvas(built).comparing)
    qtbot.keyClick(canvas(built), Qt.Key.Key_Escape)
    qtbot.waitUntil(lambda: shown(built) == FIRST)
    assert not canvas(built).comparing


def test_escape_leaves_the_prompt_before_the_photo(qtbot: QtBot, built: Built) -> None:
    open_first(qtbot, built)
    qtbot.keyClick(built.window, Qt.Key.Key_G)
    box = built.window.findChild(PromptBox)
    qtbot.keyClick(box, Qt.Key.Key_Escape)
    assert built.window.page == Page.PHOTO
    assert canvas(built).hasFocus()
    qtbot.keyClick(canvas(built), Qt.Key.Key_Escape)
    assert built.window.page == Page.GRID


def test_a_result_does_not_take_over_while_another_photo_is_looked_at(
    qtbot: QtBot, built: Built, fake_daemon: FakeDaemon
) -> None:
    open_first(qtbot, built)
    run_a_grade(qtbot, built)
    qtbot.waitUntil(lambda: bool(fake_daemon.of(messages.AiEditRequest)))
    built.navigator.step(1)
    qtbot.waitUntil(lambda: shown(built) == SECOND)
    with qtbot.waitSignal(built.client.replied):
        finish(fake_daemon)
    assert shown(built) == SECOND
    assert not canvas(built).comparing


def test_keep_stays_on_the_result(qtbot: QtBot, built: Built, fake_daemon: FakeDaemon) -> None:
    open_first(qtbot, built)
    run_a_grade(qtbot, built)
    qtbot.waitUntil(lambda: bool(fake_daemon.of(messages.AiEditRequest)))
    finish(fake_daemon)
    qtbot.waitUntil(lambda: canvas(built).comparing)
    keep = next(each for each in built.window.findChildren(QPushButton) if each.text() == "Keep")
    qtbot.mouseClick(keep, Qt.MouseButton.LeftButton)
    assert not canvas(built).comparing
    assert shown(built) == RESULT
    assert built.window.windowTitle().startswith("IMG_0001_grade.jpg")


def test_c_compares_a_graded_photo_with_its_original(
    qtbot: QtBot, built: Built, fake_daemon: FakeDaemon
) -> None:
    open_first(qtbot, built)
    assert not built.window.actions_by_id["view.compare"].isEnabled()
    with qtbot.waitSignal(built.client.replied):
        finish(fake_daemon)
    qtbot.keyClick(canvas(built), Qt.Key.Key_C)
    qtbot.waitUntil(lambda: canvas(built).comparing)


def on_screen(built: Built, where: QPoint) -> QPoint:
    return grid(built).viewport().mapToGlobal(where)


@pytest.mark.qt_log_ignore("This plugin does not support")
def test_beside_the_photos_the_context_menu_is_that_of_the_folder(
    qtbot: QtBot, built: Built
) -> None:
    qtbot.keyClick(grid(built), Qt.Key.Key_Home)
    beside = grid(built).viewport().rect().bottomRight() - QPoint(2, 2)
    built.navigator.show_menu(on_screen(built, beside))
    menu = next(each for each in built.window.findChildren(QMenu) if each.isVisible())
    names = {each.objectName() for each in menu.actions()}
    menu.close()
    assert "file.paste" in names
    assert "file.trash" not in names


@pytest.mark.qt_log_ignore("This plugin does not support")
def test_the_context_menu_offers_the_grade_with_its_key(qtbot: QtBot, built: Built) -> None:
    qtbot.keyClick(grid(built), Qt.Key.Key_Home)
    built.navigator.show_menu(on_screen(built, grid(built).cell_rect(0).center()))
    menu = next(each for each in built.window.findChildren(QMenu) if each.isVisible())
    first = menu.actions()[0]
    menu.close()
    assert (first.text(), first.shortcut().toString()) == ("AI color grade", "G")


def test_a_lost_daemon_is_said_so_and_found_again(
    qtbot: QtBot, built: Built, fake_daemon: FakeDaemon
) -> None:
    with qtbot.waitSignal(built.client.disconnected):
        fake_daemon.drop_clients()
    assert built.window.status.host_pill.text() == "Connecting"
    with qtbot.waitSignal(built.client.connected):
        pass
    assert built.window.status.host_pill.text() != "Connecting"
    assert built.window.page == Page.GRID


def test_a_daemon_that_cannot_start_is_explained_and_forgotten_once_it_runs(
    qtbot: QtBot, built: Built
) -> None:
    built.client.welcome, before = None, built.client.welcome
    built.client.problem = ErrorInfo(ErrorKind.DAEMON_UNAVAILABLE, "It does not start.")
    built.client.problem_changed.emit()
    assert built.window.page == Page.TROUBLE
    built.client.welcome, built.client.problem = before, None
    built.client.connected.emit()
    assert built.window.page == Page.GRID


def test_what_was_open_is_remembered(qtbot: QtBot, built: Built) -> None:
    qtbot.keyClick(built.window, Qt.Key.Key_I)
    built.grid.set_cell_px(300)
    state = WindowState()
    built.write_state(state)
    assert (state.right_open, state.right_tab, state.cell_size) == (True, "info", 300)


def say_background(qtbot: QtBot, daemon: FakeDaemon, built: Built, wanted: str) -> None:
    values: dict[str, str | int | float | bool | None] = {"window.photo_background": wanted}
    with qtbot.waitSignal(built.client.replied):
        daemon.publish(messages.Config(path=b"/config.yaml", values=values))


def ground(built: Built) -> str:
    return canvas(built).grab().toImage().pixelColor(2, 2).name()


def test_the_ground_behind_the_photo_follows_the_settings(
    qtbot: QtBot, built: Built, fake_daemon: FakeDaemon
) -> None:
    open_first(qtbot, built)
    for wanted, color in (("black", "#000000"), ("gray", "#777777"), ("dark", "#2a2a2a")):
        say_background(qtbot, fake_daemon, built, wanted)
        assert ground(built) == color


def test_the_key_goes_on_from_the_ground_of_the_settings_and_holds_until_they_change(
    qtbot: QtBot, built: Built, fake_daemon: FakeDaemon
) -> None:
    open_first(qtbot, built)
    say_background(qtbot, fake_daemon, built, "gray")
    qtbot.keyClick(canvas(built), Qt.Key.Key_B, Qt.KeyboardModifier.ShiftModifier)
    say_background(qtbot, fake_daemon, built, "gray")
    assert ground(built) == "#000000"
    say_background(qtbot, fake_daemon, built, "dark")
    assert ground(built) == "#2a2a2a"


@pytest.mark.parametrize(("key", "neighbour"), [("Right", THIRD), ("Left", FIRST)])
def test_the_arrows_go_on_from_a_photo_whose_file_was_deleted(
    qtbot: QtBot, built: Built, fake_daemon: FakeDaemon, key: str, neighbour: bytes
) -> None:
    open_first(qtbot, built)
    built.navigator.step(1)
    qtbot.waitUntil(lambda: shown(built) == SECOND)
    asked = next(each for each in fake_daemon.received if isinstance(each, messages.FolderOpen))
    gone = messages.FolderDelta(listing_id=asked.listing_id, number=1, removed=(NAMES[1],))
    fake_daemon.publish(gone)
    qtbot.waitUntil(lambda: len(built.listing) == 2)
    qtbot.keyClick(canvas(built), getattr(Qt.Key, f"Key_{key}"))
    qtbot.waitUntil(lambda: shown(built) == neighbour)


def test_keys_act_on_the_photo_alone_and_on_the_selection_again_in_the_grid(
    qtbot: QtBot, built: Built, fake_daemon: FakeDaemon
) -> None:
    fake_daemon.answer(messages.SetMarks, lambda _: [messages.MarksSet(changed=1)])
    qtbot.keyClick(grid(built), Qt.Key.Key_Home)
    qtbot.keyClick(grid(built), Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    chosen = list(built.grid.selected)
    qtbot.keyClick(grid(built), Qt.Key.Key_Return)
    four = built.window.actions_by_id["mark.rating_4"]
    qtbot.waitUntil(lambda: shown(built) == FIRST and four.isEnabled())
    qtbot.keyClick(canvas(built), Qt.Key.Key_4)
    qtbot.waitUntil(lambda: len(fake_daemon.of(messages.SetMarks)) == 1)
    qtbot.keyClick(canvas(built), Qt.Key.Key_Return)
    qtbot.keyClick(grid(built), Qt.Key.Key_5)
    qtbot.waitUntil(lambda: len(fake_daemon.of(messages.SetMarks)) == 2)
    marked = [getattr(message, "paths", ()) for message in fake_daemon.of(messages.SetMarks)]
    assert len(chosen) == 3
    assert [list(paths) for paths in marked] == [[FIRST], chosen]


def test_the_grid_is_shown_when_the_last_photo_went(
    qtbot: QtBot, built: Built, fake_daemon: FakeDaemon
) -> None:
    open_first(qtbot, built)
    asked = next(each for each in fake_daemon.received if isinstance(each, messages.FolderOpen))
    fake_daemon.publish(messages.FolderDelta(listing_id=asked.listing_id, number=1, removed=NAMES))
    qtbot.waitUntil(lambda: built.window.page == Page.GRID)
