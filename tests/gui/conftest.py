"""A fake daemon on a real socket, and a client that talks to it."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from daemon.protocol.endpoint import Folders, resolve_folders
from rabbitviewer.ipc.client import DaemonClient
from tests.fakes.daemon import FakeDaemon
from tests.fakes.painter import Painter, open_window


@pytest.fixture(autouse=True)
def _no_window_is_left() -> Iterator[None]:  # pyright: ignore[reportUnusedFunction]
    """Collect what a window leaves here: Qt objects that another thread collects hang it."""
    yield
    gc.unfreeze()
    gc.collect()


@pytest.fixture
def folders(home: Path) -> Folders:
    """The test's own folders."""
    return resolve_folders()


@pytest.fixture
def fake_daemon(qtbot: QtBot, folders: Folders) -> Iterator[FakeDaemon]:
    """A daemon that listens; it answers what the test tells it."""
    daemon = FakeDaemon(folders)
    yield daemon
    daemon.close()


@pytest.fixture
def client(qtbot: QtBot, fake_daemon: FakeDaemon, folders: Folders) -> Iterator[DaemonClient]:
    """A client that the fake daemon has welcomed."""
    client = DaemonClient(folders, launch=lambda _folders: None)
    with qtbot.waitSignal(client.connected):
        client.start()
    yield client
    client.close()


@pytest.fixture
def painter(
    qtbot: QtBot, qapp: QApplication, folders: Folders, fake_daemon: FakeDaemon
) -> Iterator[Painter]:
    """A user who may paint masks in the whole window, with the first photo on show."""
    painter = open_window(qtbot, qapp, folders, fake_daemon)
    yield painter
    painter.built.client.close()
    painter.window.close()
