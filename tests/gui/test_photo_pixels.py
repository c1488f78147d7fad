"""What reaches the screen: device pixels, levels, turns, the loupe, the zoom that stays."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QColor, QImage
from pytestqt.qtbot import QtBot

from rabbitviewer.models.preview import Preview
from rabbitviewer.view.photo_view import PhotoView
from rabbitviewer.view.turning import UPRIGHT, ViewTurn
from tests.fakes.window import PHOTO, FakePixels, flat

NEXT = b"/photos/IMG_0002.jpg"
RED, GREEN, BLUE, WHITE = "#ff0000", "#00ff00", "#0000ff", "#ffffff"

CHECKERBOARD = """
import sys
from PySide6.QtGui import QImage, QPixmap
from PySide6.QtWidgets import QApplication, QWidget
from rabbitviewer.models.preview import Preview
from rabbitviewer.view.canvas import PhotoCanvas

app = QApplication([])
window = QWidget()
window.resize(301, 223)
canvas = PhotoCanvas(window)
canvas.setGeometry(37, 13, 207, 161)
board = QImage(1200, 900, QImage.Format.Format_RGB32)
for row in range(900):
    for column in range(1200):
        board.setPixel(column, row, 0xFFFFFFFF if (row + column) % 2 else 0xFF000000)
canvas.show_picture(Preview(b"/a", board, 1200, 900, "full"))
window.show()
app.processEvents()
canvas.zoom_to_actual()
app.processEvents()
seen = window.grab().toImage()
ratio = seen.devicePixelRatio()
tones = {
    seen.pixel(round(100 * ratio) + column, round(90 * ratio) + row) & 0xFF
    for row in range(40) for column in range(40)
}
print(ratio, sorted(tones))
"""


@pytest.fixture
def pixels(qtbot: QtBot) -> FakePixels:
    return FakePixels()


@pytest.fixture
def view(qtbot: QtBot, pixels: FakePixels) -> PhotoView:
    view = PhotoView(pixels, lambda _path: None, lambda _path: None)
    qtbot.addWidget(view)
    view.resize(400, 300)
    view.show()
    qtbot.waitExposed(view)
    return view


def corners(path: bytes = PHOTO, width: int = 400, height: int = 300) -> Preview:
    """A picture whose quarters are red, green (right), blue (below) and white."""
    image = QImage(2, 2, QImage.Format.Format_RGB32)
    for place, color in zip(
        ((0, 0), (1, 0), (0, 1), (1, 1)), (RED, GREEN, BLUE, WHITE), strict=True
    ):
        image.setPixelColor(*place, QColor(color))
    return Preview(path, image.scaled(width, height), width, height, "full", 1)


def color_at(view: PhotoView, x: int, y: int) -> str:
    return QColor(view.grab().toImage().pixel(x, y)).name()


def show(view: PhotoView, pixels: FakePixels, picture: Preview) -> None:
    view.show_photo(picture.path)
    pixels.ready.emit(picture)


@pytest.mark.slow
@pytest.mark.parametrize("scale", ["1", "1.5", "2"])
def test_at_100_percent_a_checkerboard_of_single_pixels_stays_crisp(scale: str) -> None:
    environment = {**os.environ, "QT_SCALE_FACTOR": scale, "QT_QPA_PLATFORM": "offscreen"}
    done = subprocess.run(
        [sys.executable, "-c", CHECKERBOARD],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split(" ", 1)[1].strip() == "[0, 255]"


def test_the_smallest_copy_that_is_large_enough_is_painted(
    view: PhotoView, pixels: FakePixels
) -> None:
    whole = flat(PHOTO, RED, 1600, 1200, quality="full")
    small = flat(PHOTO, GREEN, 400, 300).image
    tiny = flat(PHOTO, BLUE, 200, 150).image
    show(view, pixels, Preview(PHOTO, whole.image, 1600, 1200, "full", levels=(small, tiny)))
    assert color_at(view, 200, 150) == GREEN
    view.canvas.zoom_to_actual()
    assert color_at(view, 200, 150) == RED


def test_a_photo_turned_right_has_its_upper_left_corner_at_the_upper_right(
    view: PhotoView, pixels: FakePixels
) -> None:
    show(view, pixels, corners())
    view.turn(ViewTurn.right)
    assert (color_at(view, 110, 20), color_at(view, 290, 20)) == (BLUE, RED)


def test_mirroring_exchanges_left_and_right_as_seen(view: PhotoView, pixels: FakePixels) -> None:
    show(view, pixels, corners())
    view.turn(ViewTurn.right)
    view.turn(ViewTurn.mirror)
    assert (color_at(view, 110, 20), color_at(view, 290, 20)) == (RED, BLUE)


def test_four_turns_and_two_mirrorings_end_upright() -> None:
    turn = UPRIGHT.right().mirror().right().right().mirror().right()
    assert turn.right().left() == turn
    assert UPRIGHT.right().right().right().right() == UPRIGHT
    assert UPRIGHT.mirror().mirror() == UPRIGHT


def test_a_turn_is_remembered_for_its_photo_alone(view: PhotoView, pixels: FakePixels) -> None:
    show(view, pixels, corners())
    view.turn(ViewTurn.right)
    show(view, pixels, corners(NEXT))
    assert view.canvas.turn == UPRIGHT
    show(view, pixels, corners())
    assert view.canvas.turn == ViewTurn(1)


def test_a_turned_photo_is_asked_for_in_a_box_that_fits_it(
    qtbot: QtBot, view: PhotoView, pixels: FakePixels
) -> None:
    show(view, pixels, flat(PHOTO, RED, 400, 300, source_width=4000, source_height=3000))
    view.turn(ViewTurn.right)
    show(view, pixels, corners(NEXT))
    view.show_photo(PHOTO)
    assert pixels.wanted[-1] == (PHOTO, 300, 400)


def test_the_next_photo_is_shown_whole(view: PhotoView, pixels: FakePixels) -> None:
    show(view, pixels, flat(PHOTO, RED, source_width=4000, source_height=3000))
    view.canvas.zoom_to_actual()
    show(view, pixels, flat(NEXT, BLUE, source_width=4000, source_height=3000))
    assert view.canvas.viewport.fitted


def test_a_kept_zoom_shows_the_same_place_of_the_next_photo(
    view: PhotoView, pixels: FakePixels
) -> None:
    view.canvas.keep_zoom = True
    show(view, pixels, flat(PHOTO, RED, source_width=4000, source_height=3000))
    view.canvas.zoom_to_actual(QPointF(100, 75))
    before = view.canvas.viewport
    show(view, pixels, flat(NEXT, BLUE, source_width=8000, source_height=6000))
    after = view.canvas.viewport
    assert after.zoom == 1.0
    assert after.center_x == pytest.approx(2 * before.center_x)
    assert after.center_y == pytest.approx(2 * before.center_y)


def test_a_click_goes_to_the_pixels_clicked_and_the_next_one_back(
    qtbot: QtBot, view: PhotoView, pixels: FakePixels
) -> None:
    show(view, pixels, flat(PHOTO, RED, source_width=4000, source_height=3000))
    before = view.canvas.viewport.to_source(100, 60)
    qtbot.mouseClick(view.canvas, Qt.MouseButton.LeftButton, pos=QPoint(100, 60))
    assert view.canvas.viewport.zoom == 1.0
    assert view.canvas.viewport.to_source(100, 60) == pytest.approx(before, abs=1)
    qtbot.mouseClick(view.canvas, Qt.MouseButton.LeftButton, pos=QPoint(100, 60))
    assert view.canvas.viewport.fitted


def test_shift_and_an_arrow_look_at_another_part(
    qtbot: QtBot, view: PhotoView, pixels: FakePixels
) -> None:
    show(view, pixels, flat(PHOTO, RED, source_width=4000, source_height=3000))
    view.canvas.zoom_to_actual()
    before = view.canvas.viewport.center_x
    qtbot.keyClick(view.canvas, Qt.Key.Key_Right, Qt.KeyboardModifier.ShiftModifier)
    assert view.canvas.viewport.center_x == before + 60


def test_the_loupe_shows_whole_pixels_under_it_and_asks_for_them(
    qtbot: QtBot, view: PhotoView, pixels: FakePixels
) -> None:
    whole = flat(PHOTO, RED, 4000, 3000, quality="full")
    show(view, pixels, flat(PHOTO, BLUE, source_width=4000, source_height=3000))
    view.canvas.show_loupe(on=True)
    view.canvas.set_loupe(QPointF(200, 150))
    qtbot.waitUntil(lambda: (PHOTO, 0, 0) in pixels.wanted)
    screen = flat(PHOTO, BLUE).image
    pixels.ready.emit(Preview(PHOTO, whole.image, 4000, 3000, "full", levels=(screen,)))
    assert (color_at(view, 200, 150), color_at(view, 20, 20)) == (RED, BLUE)
    view.canvas.show_loupe(on=False)
    assert color_at(view, 200, 150) == BLUE


def test_photos_that_follow_each_other_at_once_are_asked_for_as_passed_by(
    view: PhotoView, pixels: FakePixels
) -> None:
    view.show_photo(PHOTO)
    assert not view.hurried
    view.show_photo(NEXT)
    assert view.hurried


def test_in_full_screen_the_pointer_goes_after_a_rest_and_comes_back_with_a_move(
    qtbot: QtBot, view: PhotoView, pixels: FakePixels
) -> None:
    show(view, pixels, flat(PHOTO, RED))
    view.showFullScreen()
    view.canvas.idle_timer.setInterval(1)
    qtbot.mouseMove(view.canvas, QPoint(50, 50))
    qtbot.waitUntil(lambda: view.canvas.cursor().shape() == Qt.CursorShape.BlankCursor)
    view.canvas.idle_timer.setInterval(60_000)
    qtbot.mouseMove(view.canvas, QPoint(60, 50))
    assert view.canvas.cursor().shape() != Qt.CursorShape.BlankCursor
