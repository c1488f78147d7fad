"""The filmstrip: follows the current photo, holds only what is seen."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from daemon.protocol.messages import FolderChunk, FolderOpen, Message, ThumbnailRequest
from daemon.protocol.values import PhotoEntry
from rabbitviewer.ipc.client import DaemonClient
from rabbitviewer.models.listing import ListingModel
from rabbitviewer.models.selection import Selection
from rabbitviewer.models.thumbnails import ThumbnailStore
from rabbitviewer.view.filmstrip import Filmstrip
from tests.fakes.daemon import FakeDaemon

COUNT = 2000


def path(number: int) -> bytes:
    return b"/photos/%05d.jpg" % number


@pytest.fixture
def selection(qtbot: QtBot) -> Selection:
    return Selection()


@pytest.fixture
def strip(
    qtbot: QtBot, client: DaemonClient, fake_daemon: FakeDaemon, selection: Selection
) -> Filmstrip:
    def folder(request: Message) -> list[Message]:
        assert isinstance(request, FolderOpen)
        entries = tuple(PhotoEntry(b"%05d.jpg" % number, 1, 1) for number in range(COUNT))
        return [
            FolderChunk(listing_id=request.listing_id, path=b"/photos", entries=entries, last=True)
        ]

    fake_daemon.answer(FolderOpen, folder)
    listing = ListingModel(client)
    strip = Filmstrip(listing, ThumbnailStore(client), selection)
    qtbot.addWidget(strip)
    listing.setParent(strip)
    listing.open(b"/photos")
    qtbot.waitUntil(lambda: len(listing) == COUNT)
    selection.set_current(path(1000))
    strip.resize(800, strip.height())
    strip.show()
    qtbot.waitExposed(strip)
    return strip


def asked(daemon: FakeDaemon) -> list[bytes]:
    return [bytes(each.path) for each in daemon.of(ThumbnailRequest)]


def test_only_what_is_seen_is_asked_for_the_nearest_first(
    qtbot: QtBot, strip: Filmstrip, fake_daemon: FakeDaemon
) -> None:
    qtbot.waitUntil(lambda: bool(asked(fake_daemon)))
    qtbot.waitUntil(lambda: path(1000) in asked(fake_daemon))
    assert asked(fake_daemon)[0] == path(1000)
    assert len(asked(fake_daemon)) < 20


def test_a_click_chooses_the_photo_under_the_pointer(
    qtbot: QtBot, strip: Filmstrip, selection: Selection
) -> None:
    selection.set_selected([path(1000)])
    with qtbot.waitSignal(strip.photo_chosen) as chosen:
        qtbot.mouseClick(strip, Qt.MouseButton.LeftButton, pos=QPoint(400 + 80, 40))
    assert chosen.args == [path(1001)]
    selection.set_current(path(1001))
    assert selection.selected == (path(1001),)


def test_the_wheel_looks_along_the_strip_and_the_current_photo_stays(
    qtbot: QtBot, strip: Filmstrip, selection: Selection
) -> None:
    where = QPointF(400, 40)
    event = QWheelEvent(
        where,
        QPointF(strip.mapToGlobal(where.toPoint())),
        QPoint(),
        QPoint(0, -120),
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(strip, event)
    with qtbot.waitSignal(strip.photo_chosen) as chosen:
        qtbot.mouseClick(strip, Qt.MouseButton.LeftButton, pos=QPoint(440, 40))
    assert chosen.args[0] > path(1000)
    assert selection.current == path(1000)
