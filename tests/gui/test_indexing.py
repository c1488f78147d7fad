"""The folders that are indexed, as the window knows them."""

from __future__ import annotations

from pytestqt.qtbot import QtBot

from daemon.protocol import messages
from rabbitviewer.ipc.client import DaemonClient
from rabbitviewer.models.indexing import IndexingModel
from tests.fakes.daemon import FakeDaemon


def test_indexed_folders_are_known_though_the_daemon_was_there_first(
    qtbot: QtBot, fake_daemon: FakeDaemon, client: DaemonClient
) -> None:
    known = messages.IndexedFoldersKnown(folders=(b"/photos",), photos=3)
    fake_daemon.answer(messages.IndexedFolders, lambda _: [known])
    indexing = IndexingModel(client)
    qtbot.waitUntil(lambda: indexing.folders == (b"/photos",))
