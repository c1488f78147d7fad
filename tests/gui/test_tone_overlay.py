"""Histogram and clipping marks on the photo."""

from __future__ import annotations

import struct

import pytest
from PySide6.QtGui import QColor
from pytestqt.qtbot import QtBot

from daemon.protocol.messages import Message, Tones, TonesRequest
from rabbitviewer.ipc.client import DaemonClient
from rabbitviewer.models.tones import ToneStore
from rabbitviewer.view.photo_view import PhotoView
from rabbitviewer.view.tone_overlay import ToneOverlay
from tests.fakes.daemon import FakeDaemon
from tests.fakes.window import PHOTO, FakePixels, flat

NEXT = b"/photos/IMG_0002.jpg"
BLOWN, BLOCKED, GREY = "#ff2a2a", "#2a6bff", "#808080"


@pytest.fixture
def store(client: DaemonClient) -> ToneStore:
    return ToneStore(client)


@pytest.fixture
def overlay(qtbot: QtBot, store: ToneStore, fake_daemon: FakeDaemon) -> ToneOverlay:
    """The left half of every photo is blown, the lower right quarter blocked."""

    def measure(request: Message) -> list[tuple[Message, bytes]]:
        assert isinstance(request, TonesRequest)
        answer = Tones(path=bytes(request.path), width_px=4, height_px=2, blown=0.5, blocked=0.25)
        bins = struct.pack("<1024I", *range(1024))
        return [(answer, bins + bytes((1, 1, 0, 0, 1, 1, 2, 2)))]

    fake_daemon.answer(TonesRequest, measure)
    pixels = FakePixels()
    view = PhotoView(pixels, lambda _path: None, lambda _path: None)
    qtbot.addWidget(view)
    view.resize(400, 300)
    view.show()
    qtbot.waitExposed(view)
    overlay = ToneOverlay(view, store)
    overlay.setObjectName("tones")
    show(view, PHOTO)
    return overlay


def show(view: PhotoView, path: bytes) -> None:
    view.show_photo(path)
    view.canvas.show_picture(flat(path, GREY))


def view_of(overlay: ToneOverlay) -> PhotoView:
    view = overlay.parent()
    assert isinstance(view, PhotoView)
    return view


def color_at(overlay: ToneOverlay, x: int, y: int) -> str:
    return QColor(view_of(overlay).grab().toImage().pixel(x, y)).name()


def test_nothing_is_measured_that_nobody_wants_to_see(
    qtbot: QtBot, overlay: ToneOverlay, fake_daemon: FakeDaemon
) -> None:
    overlay.show_clipping(on=True)
    qtbot.waitUntil(lambda: len(fake_daemon.of(TonesRequest)) == 1)
    overlay.show_clipping(on=False)
    with qtbot.assertNotEmitted(fake_daemon.asked, wait=250):
        show(view_of(overlay), NEXT)


def test_blown_pixels_are_red_and_blocked_ones_blue(qtbot: QtBot, overlay: ToneOverlay) -> None:
    overlay.show_clipping(on=True)
    qtbot.waitUntil(lambda: color_at(overlay, 100, 75) == BLOWN)
    assert color_at(overlay, 300, 220) == BLOCKED
    assert color_at(overlay, 300, 75) == GREY
    overlay.show_clipping(on=False)
    assert color_at(overlay, 100, 75) == GREY


def test_the_marks_of_a_photo_do_not_land_on_the_next_one(
    qtbot: QtBot, overlay: ToneOverlay
) -> None:
    overlay.show_clipping(on=True)
    qtbot.waitUntil(lambda: color_at(overlay, 100, 75) == BLOWN)
    show(view_of(overlay), NEXT)
    assert color_at(overlay, 100, 75) == GREY
    qtbot.waitUntil(lambda: color_at(overlay, 100, 75) == BLOWN)


def test_the_histogram_says_how_much_is_clipped(qtbot: QtBot, overlay: ToneOverlay) -> None:
    overlay.show_histogram(on=True)
    assert overlay.histogram.isVisible()
    qtbot.waitUntil(lambda: "50 %" in overlay.histogram.accessibleDescription())
    assert "25 %" in overlay.histogram.accessibleDescription()


def test_of_many_photos_asked_for_in_a_row_the_first_and_the_last_are_measured(
    qtbot: QtBot, store: ToneStore, overlay: ToneOverlay, fake_daemon: FakeDaemon
) -> None:
    for number in range(5):
        store.want(b"/%d" % number)
    qtbot.waitUntil(lambda: store.tones(b"/4") is not None)
    assert [bytes(each.path) for each in fake_daemon.of(TonesRequest)] == [b"/0", b"/4"]
    known = store.tones(b"/4")
    assert known is not None
    assert known.bins[1][0] == 256
