"""Original and result: the handle between them, and holding to see the original."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QColor
from pytestqt.qtbot import QtBot

from rabbitviewer.view.photo_view import PhotoView
from tests.fakes.window import PHOTO, RESULT, FakePixels, flat

BLUE, GREEN = "#0000ff", "#00ff00"


@pytest.fixture
def pixels(qtbot: QtBot) -> FakePixels:
    return FakePixels()


@pytest.fixture
def view(qtbot: QtBot, pixels: FakePixels) -> PhotoView:
    view = PhotoView(pixels, lambda _path: (PHOTO, RESULT), lambda _path: None)
    qtbot.addWidget(view)
    view.resize(400, 300)
    view.show()
    qtbot.waitExposed(view)
    view.show_photo(PHOTO)
    pixels.ready.emit(flat(PHOTO, BLUE))
    return view


def color_at(view: PhotoView, x: int) -> str:
    return QColor(view.grab().toImage().pixel(x, 60)).name()


def start(view: PhotoView, pixels: FakePixels) -> None:
    view.compare(PHOTO, RESULT)
    pixels.ready.emit(flat(RESULT, GREEN))


def test_the_original_lies_left_of_the_handle_and_the_result_right(
    view: PhotoView, pixels: FakePixels
) -> None:
    start(view, pixels)
    assert (color_at(view, 100), color_at(view, 300)) == (BLUE, GREEN)


def test_the_original_stays_on_show_until_the_result_is_there(view: PhotoView) -> None:
    view.compare(PHOTO, RESULT)
    assert (color_at(view, 100), color_at(view, 300)) == (BLUE, BLUE)


def test_dragging_the_handle_moves_the_border(
    qtbot: QtBot, view: PhotoView, pixels: FakePixels
) -> None:
    start(view, pixels)
    qtbot.mousePress(view.canvas, Qt.MouseButton.LeftButton, pos=QPoint(200, 150))
    qtbot.mouseMove(view.canvas, QPoint(350, 150))
    qtbot.mouseRelease(view.canvas, Qt.MouseButton.LeftButton, pos=QPoint(350, 150))
    assert view.canvas.split == pytest.approx(0.875)
    assert color_at(view, 300) == BLUE


def test_the_handle_moves_by_keys(qtbot: QtBot, view: PhotoView, pixels: FakePixels) -> None:
    start(view, pixels)
    qtbot.keyClick(view.canvas, Qt.Key.Key_Period)
    assert view.canvas.split == pytest.approx(0.52)


def test_holding_the_key_shows_the_original_for_as_long(
    qtbot: QtBot, view: PhotoView, pixels: FakePixels
) -> None:
    start(view, pixels)
    qtbot.keyPress(view.canvas, Qt.Key.Key_Backslash)
    assert color_at(view, 300) == BLUE
    qtbot.keyRelease(view.canvas, Qt.Key.Key_Backslash)
    assert color_at(view, 300) == GREEN


def test_holding_the_mouse_shows_the_original(
    qtbot: QtBot, view: PhotoView, pixels: FakePixels
) -> None:
    start(view, pixels)
    qtbot.mousePress(view.canvas, Qt.MouseButton.LeftButton, pos=QPoint(300, 60))
    qtbot.waitUntil(lambda: color_at(view, 300) == BLUE)
    qtbot.mouseRelease(view.canvas, Qt.MouseButton.LeftButton, pos=QPoint(300, 60))
    assert color_at(view, 300) == GREEN


def test_holding_the_key_on_a_result_alone_fetches_its_original(
    qtbot: QtBot, view: PhotoView, pixels: FakePixels
) -> None:
    view.show_photo(RESULT)
    pixels.ready.emit(flat(RESULT, GREEN))
    qtbot.keyPress(view.canvas, Qt.Key.Key_Backslash)
    pixels.ready.emit(flat(PHOTO, BLUE))
    assert color_at(view, 300) == BLUE
    qtbot.keyRelease(view.canvas, Qt.Key.Key_Backslash)
    assert (color_at(view, 100), color_at(view, 300)) == (GREEN, GREEN)


def test_ending_the_comparison_keeps_the_result(view: PhotoView, pixels: FakePixels) -> None:
    start(view, pixels)
    view.end_compare()
    assert (color_at(view, 100), color_at(view, 300)) == (GREEN, GREEN)


def test_both_photos_share_zoom_and_place(view: PhotoView, pixels: FakePixels) -> None:
    start(view, pixels)
    view.canvas.zoom_by_steps(4)
    assert (color_at(view, 100), color_at(view, 300)) == (BLUE, GREEN)
