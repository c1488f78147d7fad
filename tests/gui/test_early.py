"""What was asked before Qt was imported is taken over by the window, not asked again."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from daemon.protocol import messages
from daemon.protocol.endpoint import Folders
from daemon.protocol.values import PhotoEntry
from rabbitviewer.composition import Built, build
from rabbitviewer.ipc.early import EarlyConnection
from rabbitviewer.shell.state import WindowState
from rabbitviewer.start import Start, first_requests
from rabbitviewer.theme.theme import Theme
from tests.fakes.daemon import FakeDaemon

FOLDER = b"/photos"
PHOTO = b"/photos/a.jpg"
BOX = (1234, 567)


class Starting:
    """A window that has not connected yet, and what it asked early."""

    def __init__(self, folders: Folders, application: QApplication) -> None:
        self._folders = folders
        self._application = application
        self.built: Built | None = None

    def begin(self, start: Start, state: WindowState) -> Built:
        early = EarlyConnection(self._folders, first_requests(start, state), trace=False)
        early.start()
        theme = Theme(self._application, "dark")
        self.built = build(self._folders, state, theme, launch=lambda _folders: None, early=early)
        return self.built


@pytest.fixture
def starting(folders: Folders, qapp: QApplication) -> Iterator[Starting]:
    starting = Starting(folders, qapp)
    yield starting
    if starting.built is not None:
        starting.built.client.close()


def list_one(request: messages.Message) -> list[messages.Message]:
    assert isinstance(request, messages.FolderOpen)
    entries = (PhotoEntry(b"a.jpg", 1, 1),)
    return [
        messages.FolderChunk(listing_id=request.listing_id, path=FOLDER, entries=entries, last=True)
    ]


def test_a_folder_is_listed_once(qtbot: QtBot, fake_daemon: FakeDaemon, starting: Starting) -> None:
    fake_daemon.answer(messages.FolderOpen, list_one)
    start = Start(FOLDER, is_folder=True)
    built = starting.begin(start, WindowState(recursive=True, pairs=False))
    qtbot.addWidget(built.window)
    built.client.start()
    built.show(start)
    qtbot.waitUntil(lambda: len(built.listing) == 1)
    assert len(fake_daemon.of(messages.FolderOpen)) == 1


def test_a_photo_is_asked_for_once_in_the_box_of_the_last_time(
    qtbot: QtBot, fake_daemon: FakeDaemon, starting: Starting
) -> None:
    built = starting.begin(Start(PHOTO), WindowState(photo_box=BOX))
    qtbot.addWidget(built.window)
    request = messages.PreviewRequest(
        path=messages.WirePath(PHOTO), max_width_px=BOX[0] - 1, max_height_px=BOX[1]
    )
    given: list[int] = []
    built.client.connected.connect(lambda: given.append(built.client.send(request)))
    with qtbot.waitSignal(built.client.connected):
        built.client.start()
    built.client.send(messages.StatusRequest())
    qtbot.waitUntil(lambda: bool(fake_daemon.of(messages.StatusRequest)))
    asked = [message.request_id for message in fake_daemon.of(messages.PreviewRequest)]
    assert asked == given == [1]


def test_what_nobody_wants_any_more_is_cancelled(
    qtbot: QtBot, fake_daemon: FakeDaemon, starting: Starting
) -> None:
    built = starting.begin(Start(PHOTO), WindowState(photo_box=BOX))
    qtbot.addWidget(built.window)
    built.client.start()
    qtbot.waitUntil(lambda: bool(fake_daemon.of(messages.CancelRequests)))
    cancelled = fake_daemon.of(messages.CancelRequests)[0]
    assert isinstance(cancelled, messages.CancelRequests)
    assert cancelled.request_ids == (1,)


def test_without_a_daemon_the_window_asks_as_if_nothing_had_been_asked(
    qtbot: QtBot, folders: Folders, starting: Starting
) -> None:
    start = Start(FOLDER, is_folder=True)
    built = starting.begin(start, WindowState())
    qtbot.addWidget(built.window)
    built.client.start()
    built.show(start)
    qtbot.wait(1)
    daemon = FakeDaemon(folders)
    daemon.answer(messages.FolderOpen, list_one)
    qtbot.waitUntil(lambda: len(built.listing) == 1)
    daemon.close()
