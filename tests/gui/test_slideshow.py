"""The slideshow and the second window."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from rabbitviewer.models.selection import Selection
from rabbitviewer.view.photo_view import PhotoView
from rabbitviewer.view.second_window import SecondWindow
from rabbitviewer.view.slideshow import Slideshow
from tests.fakes.window import FakePixels, flat

PATHS = (b"/1.jpg", b"/2.jpg", b"/3.jpg")
RED, GREEN, BLUE = "#ff0000", "#00ff00", "#0000ff"


@pytest.fixture
def pixels(qtbot: QtBot) -> FakePixels:
    return FakePixels()


@pytest.fixture
def show(qtbot: QtBot, pixels: FakePixels, monkeypatch: pytest.MonkeyPatch) -> Slideshow:
    monkeypatch.setattr(Slideshow, "_fades", lambda _self: False)
    slideshow = Slideshow(pixels)
    qtbot.addWidget(slideshow)
    slideshow.resize(400, 300)
    return slideshow


def start(qtbot: QtBot, show: Slideshow, seconds: float = 0.05, first: bytes = PATHS[0]) -> None:
    show.start(PATHS, first, seconds)
    show.show()
    qtbot.waitExposed(show)


def middle(widget: QWidget) -> str:
    return QColor(widget.grab().toImage().pixel(widget.rect().center())).name()


def test_it_begins_with_the_current_photo_and_holds_the_next_ready(
    qtbot: QtBot, show: Slideshow, pixels: FakePixels
) -> None:
    start(qtbot, show, first=PATHS[1])
    assert pixels.wanted[-1][0] == PATHS[1]
    assert pixels.ahead[0] == PATHS[2]


def test_it_goes_on_by_itself_and_begins_again_after_the_last(
    qtbot: QtBot, show: Slideshow, pixels: FakePixels
) -> None:
    start(qtbot, show, first=PATHS[2])
    pixels.ready.emit(flat(PATHS[2], BLUE))
    qtbot.waitUntil(lambda: show.path == PATHS[0])


def test_a_photo_that_is_late_is_waited_for_with_the_one_before_on_show(
    qtbot: QtBot, show: Slideshow, pixels: FakePixels
) -> None:
    start(qtbot, show)
    pixels.ready.emit(flat(PATHS[0], RED))
    qtbot.waitUntil(lambda: show.path == PATHS[1])
    pixels.ready.emit(flat(PATHS[1], GREEN, quality="embedded"))
    assert middle(show) == RED
    pixels.ready.emit(flat(PATHS[1], GREEN))
    assert middle(show) == GREEN


def test_space_holds_a_photo_and_goes_on(qtbot: QtBot, show: Slideshow, pixels: FakePixels) -> None:
    start(qtbot, show, seconds=0.03)
    qtbot.keyClick(show, Qt.Key.Key_Space)
    pixels.ready.emit(flat(PATHS[0], RED))
    assert show.path == PATHS[0]
    qtbot.keyClick(show, Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: show.path == PATHS[1])


def test_arrows_go_both_ways_round(qtbot: QtBot, show: Slideshow, pixels: FakePixels) -> None:
    start(qtbot, show, seconds=60)
    qtbot.keyClick(show, Qt.Key.Key_Left)
    assert show.path == PATHS[2]
    qtbot.keyClick(show, Qt.Key.Key_Right)
    assert show.path == PATHS[0]


def test_escape_ends_it_at_the_photo_on_show(
    qtbot: QtBot, show: Slideshow, pixels: FakePixels
) -> None:
    start(qtbot, show, seconds=60)
    pixels.ready.emit(flat(PATHS[0], RED))
    with qtbot.waitSignal(show.ended) as ended:
        qtbot.keyClick(show, Qt.Key.Key_Escape)
    assert ended.args == [PATHS[0]]
    assert pixels.left == ["slideshow"]


def test_photos_fade_into_each_other(
    qtbot: QtBot, pixels: FakePixels, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Slideshow, "_fades", lambda _self: True)
    slideshow = Slideshow(pixels)
    qtbot.addWidget(slideshow)
    slideshow.resize(400, 300)
    start(qtbot, slideshow, seconds=60)
    pixels.ready.emit(flat(PATHS[0], RED))
    slideshow.step(1)
    pixels.ready.emit(flat(PATHS[1], BLUE))
    assert middle(slideshow) not in (BLUE, "#000000")
    qtbot.waitUntil(lambda: middle(slideshow) == BLUE)


def test_the_second_window_follows_the_current_photo_with_its_own_zoom(
    qtbot: QtBot, pixels: FakePixels
) -> None:
    selection = Selection()
    photo = PhotoView(pixels, lambda _path: None, lambda _path: None, viewer="second")
    window, main = SecondWindow(photo, selection), QWidget()
    qtbot.addWidget(window)
    qtbot.addWidget(main)
    selection.set_current(PATHS[0])
    window.open_beside(main)
    qtbot.waitExposed(window)
    assert photo.path == PATHS[0]
    selection.set_current(PATHS[1])
    assert photo.path == PATHS[1]
    window.close()
    assert "second" in pixels.left
    selection.set_current(PATHS[2])
    assert photo.path == b""
