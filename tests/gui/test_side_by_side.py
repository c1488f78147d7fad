"""Several photos side by side: in step, replaced one by one, marked one by one."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from daemon.protocol import messages
from daemon.protocol.endpoint import Folders
from daemon.protocol.values import PhotoEntry
from rabbitviewer.composition import Built, build
from rabbitviewer.shell.state import WindowState
from rabbitviewer.theme.theme import Theme
from rabbitviewer.view.side_by_side import SideBySide
from rabbitviewer.window import Page
from tests.fakes.daemon import FakeDaemon

FOLDER = b"/photos"
NAMES = tuple(b"IMG_%04d.jpg" % number for number in range(1, 7))
PATHS = tuple(FOLDER + b"/" + name for name in NAMES)
SIZES = {PATHS[1]: (60, 40)}


@pytest.fixture
def built(
    qtbot: QtBot, qapp: QApplication, fake_daemon: FakeDaemon, folders: Folders
) -> Iterator[Built]:
    def folder(request: messages.Message) -> list[messages.Message]:
        assert isinstance(request, messages.FolderOpen)
        entries = tuple(PhotoEntry(name, 1000, 1) for name in NAMES)
        chunk = messages.FolderChunk(
            listing_id=request.listing_id, path=bytes(request.path), entries=entries, last=True
        )
        return [chunk]

    def surface(request: messages.Message) -> list[tuple[messages.Message, bytes]]:
        assert isinstance(request, messages.PreviewRequest)
        width, height = SIZES.get(bytes(request.path), (30, 20))
        ready = messages.SurfaceReady(
            path=bytes(request.path),
            surface_path=b"",
            surface_id=0,
            width_px=width,
            height_px=height,
            stride_bytes=4 * width,
            source_width_px=100 * width,
            source_height_px=100 * height,
            quality="screen",
        )
        return [(ready, b"\x80\x80\x80\xff" * (width * height))]

    fake_daemon.answer(messages.FolderOpen, folder)
    fake_daemon.answer(messages.PreviewRequest, surface)
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
    qtbot.waitUntil(lambda: len(built.listing) == len(NAMES))
    yield built
    built.client.close()


def compare(qtbot: QtBot, built: Built, *paths: bytes) -> SideBySide:
    selection = built.navigator._selection
    selection.set_selected(paths)
    selection.set_current(paths[0])
    built.window.actions_by_id["view.side_by_side"].trigger()
    room = built.window.findChild(SideBySide)
    qtbot.waitUntil(lambda: all(each.photo.canvas.picture for each in room.panes))
    return room


def test_selected_photos_are_shown_in_equal_panes(qtbot: QtBot, built: Built) -> None:
    room = compare(qtbot, built, *PATHS[:4])
    assert built.window.page == Page.SIDE_BY_SIDE
    assert room.paths == PATHS[:4]
    widths, heights = zip(*(pane.size().toTuple() for pane in room.panes), strict=True)
    assert max(widths) - min(widths) <= 1
    assert max(heights) - min(heights) <= 1


def test_a_single_photo_is_compared_with_the_next_one(qtbot: QtBot, built: Built) -> None:
    assert compare(qtbot, built, PATHS[2]).paths == PATHS[2:4]


def test_panes_zoom_and_move_in_step_also_when_photos_differ_in_size(
    qtbot: QtBot, built: Built
) -> None:
    room = compare(qtbot, built, *PATHS[:2])
    first, second = (pane.photo.canvas for pane in room.panes)
    first.zoom_by_steps(8)
    assert second.viewport.zoom == pytest.approx(first.viewport.zoom / 2, rel=0.01)
    assert not second.viewport.fitted
    share = first.viewport.center_x / first.viewport.source_width
    assert second.viewport.center_x / second.viewport.source_width == pytest.approx(share, abs=0.02)


def test_out_of_step_a_pane_moves_alone(qtbot: QtBot, built: Built) -> None:
    room = compare(qtbot, built, *PATHS[:2])
    qtbot.keyClick(room, Qt.Key.Key_Y)
    first, second = (pane.photo.canvas for pane in room.panes)
    first.zoom_by_steps(16)
    assert second.viewport.fitted


def test_a_click_makes_a_pane_the_one_that_keys_act_on(qtbot: QtBot, built: Built) -> None:
    room = compare(qtbot, built, *PATHS[:2])
    canvas = room.panes[1].photo.canvas
    qtbot.mouseClick(canvas, Qt.MouseButton.LeftButton, pos=QPoint(60, 60))
    assert room.current == PATHS[1]
    assert canvas.viewport.fitted
    assert built.navigator._selection.selected == (PATHS[1],)


def test_arrows_replace_the_current_photo_by_the_next_that_is_not_shown(
    qtbot: QtBot, built: Built
) -> None:
    room = compare(qtbot, built, *PATHS[:2])
    qtbot.keyClick(room.panes[0].photo.canvas, Qt.Key.Key_Right)
    assert room.paths == (PATHS[2], PATHS[1])


def test_a_deleted_photo_leaves_its_pane_and_the_last_one_ends_the_comparison(
    qtbot: QtBot, built: Built, fake_daemon: FakeDaemon
) -> None:
    room = compare(qtbot, built, *PATHS[:3])
    asked = next(each for each in fake_daemon.received if isinstance(each, messages.FolderOpen))
    for number in (1, 2):
        gone = (NAMES[number - 1],)
        delta = messages.FolderDelta(listing_id=asked.listing_id, number=number, removed=gone)
        fake_daemon.publish(delta)
        qtbot.waitUntil(lambda number=number: len(built.listing) == len(NAMES) - number)
        assert room.paths[0] != PATHS[number - 1]
    assert built.window.page == Page.GRID


def test_escape_goes_back_with_the_photos_selected(qtbot: QtBot, built: Built) -> None:
    room = compare(qtbot, built, *PATHS[:3])
    qtbot.keyClick(room, Qt.Key.Key_Escape)
    assert built.window.page == Page.GRID
    assert built.navigator._selection.selected == PATHS[:3]
