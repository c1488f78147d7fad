"""The photo view: what it shows, when, and how the pointer moves it."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QColor, QWheelEvent
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from daemon.protocol.errors import ErrorInfo, ErrorKind
from rabbitviewer.view.photo_view import PhotoView
from tests.fakes.window import PHOTO, FakePixels, flat

NEXT = b"/photos/IMG_0002.jpg"


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


def middle(view: PhotoView) -> str:
    return QColor(view.grab().toImage().pixel(view.rect().center())).name()


def turn_wheel(view: PhotoView, notches: int, at: QPoint) -> None:
    where = QPointF(at)
    event = QWheelEvent(
        where,
        QPointF(view.canvas.mapToGlobal(at)),
        QPoint(),
        QPoint(0, 120 * notches),
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(view.canvas, event)


def test_a_photo_is_asked_for_at_the_size_of_the_area(view: PhotoView, pixels: FakePixels) -> None:
    view.show_photo(PHOTO)
    assert pixels.wanted == [(PHOTO, 400, 300)]


def test_a_photo_chosen_before_the_window_is_laid_out_is_asked_for_then(
    qtbot: QtBot, pixels: FakePixels
) -> None:
    view = PhotoView(pixels, lambda _path: None, lambda _path: None)
    qtbot.addWidget(view)
    view.show_photo(PHOTO)
    assert pixels.wanted == []
    view.resize(400, 300)
    view.show()
    qtbot.waitUntil(lambda: bool(pixels.wanted))
    assert pixels.wanted[-1] == (PHOTO, 400, 300)


def test_the_old_photo_stays_until_the_first_stage_of_the_new_one(
    view: PhotoView, pixels: FakePixels
) -> None:
    view.show_photo(PHOTO)
    pixels.ready.emit(flat(PHOTO, "#0000ff"))
    view.show_photo(NEXT)
    assert middle(view) == "#0000ff"
    pixels.ready.emit(flat(NEXT, "#00ff00", quality="embedded"))
    assert middle(view) == "#00ff00"


def test_a_late_photo_does_not_land_on_the_next_one(view: PhotoView, pixels: FakePixels) -> None:
    view.show_photo(PHOTO)
    view.show_photo(NEXT)
    pixels.ready.emit(flat(NEXT, "#00ff00"))
    pixels.ready.emit(flat(PHOTO, "#0000ff"))
    assert middle(view) == "#00ff00"


def test_a_coarse_stage_never_replaces_a_finer_one(view: PhotoView, pixels: FakePixels) -> None:
    view.show_photo(PHOTO)
    pixels.ready.emit(flat(PHOTO, "#0000ff"))
    pixels.ready.emit(
        flat(PHOTO, "#ff0000", 100, 75, source_width=400, source_height=300, quality="embedded")
    )
    assert middle(view) == "#0000ff"


def test_full_pixels_are_asked_for_when_the_zoom_needs_them(
    qtbot: QtBot, view: PhotoView, pixels: FakePixels
) -> None:
    view.show_photo(PHOTO)
    pixels.ready.emit(flat(PHOTO, "#0000ff", source_width=4000, source_height=3000))
    view.canvas.zoom_to_actual()
    qtbot.waitUntil(lambda: (PHOTO, 0, 0) in pixels.wanted)


def test_the_wheel_zooms_at_the_pointer(view: PhotoView, pixels: FakePixels) -> None:
    view.show_photo(PHOTO)
    pixels.ready.emit(flat(PHOTO, "#0000ff", source_width=4000, source_height=3000))
    before = view.canvas.viewport.to_source(100, 50)
    turn_wheel(view, 3, QPoint(100, 50))
    assert view.canvas.viewport.zoom == pytest.approx(0.1 * 1.25**3)
    assert view.canvas.viewport.to_source(100, 50) == pytest.approx(before, abs=6)


def test_a_zoomed_photo_follows_the_hand(qtbot: QtBot, view: PhotoView, pixels: FakePixels) -> None:
    view.show_photo(PHOTO)
    pixels.ready.emit(flat(PHOTO, "#0000ff", source_width=4000, source_height=3000))
    view.canvas.zoom_to_actual()
    before = view.canvas.viewport.center_x
    qtbot.mousePress(view.canvas, Qt.MouseButton.LeftButton, pos=QPoint(200, 150))
    qtbot.mouseMove(view.canvas, QPoint(150, 150))
    qtbot.mouseRelease(view.canvas, Qt.MouseButton.LeftButton, pos=QPoint(150, 150))
    assert view.canvas.viewport.center_x == before + 50


def test_a_double_click_goes_to_actual_pixels_and_back(
    qtbot: QtBot, view: PhotoView, pixels: FakePixels
) -> None:
    view.show_photo(PHOTO)
    pixels.ready.emit(flat(PHOTO, "#0000ff", source_width=4000, source_height=3000))
    qtbot.mouseDClick(view.canvas, Qt.MouseButton.LeftButton, pos=QPoint(10, 10))
    assert view.canvas.viewport.zoom == 1.0
    qtbot.mouseDClick(view.canvas, Qt.MouseButton.LeftButton, pos=QPoint(10, 10))
    assert view.canvas.viewport.fitted


def test_a_photo_that_cannot_be_read_is_said_so_instead_of_the_old_one(
    view: PhotoView, pixels: FakePixels
) -> None:
    view.show_photo(PHOTO)
    pixels.ready.emit(flat(PHOTO, "#0000ff"))
    view.show_photo(NEXT)
    pixels.failed.emit(NEXT, ErrorInfo(ErrorKind.UNREADABLE, "The file ends too early."))
    assert view.canvas.picture is None


def test_a_painted_picture_is_told_once(qtbot: QtBot, view: PhotoView, pixels: FakePixels) -> None:
    view.show_photo(PHOTO)
    with qtbot.waitSignal(view.canvas.painted) as painted:
        pixels.ready.emit(flat(PHOTO, "#0000ff", request_id=5))
    assert painted.args[0].request_id == 5
    with qtbot.assertNotEmitted(view.canvas.painted, wait=50):
        view.canvas.update()


def test_a_file_that_was_rotated_shows_so_though_it_has_fewer_pixels_on_the_screen(
    view: PhotoView, pixels: FakePixels
) -> None:
    view.show_photo(PHOTO)
    pixels.ready.emit(flat(PHOTO, "#0000ff"))
    pixels.outdated.emit({PHOTO})
    pixels.ready.emit(flat(PHOTO, "#00ff00", 225, 300))
    assert middle(view) == "#00ff00"
    assert view.canvas.picture is not None
    assert view.canvas.picture.source_width == 225
