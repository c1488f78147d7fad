"""Collections and the left panel: listed, opened, renamed, deleted, filled by a drop."""

from __future__ import annotations

import threading

import pytest
from PySide6.QtCore import QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QDropEvent
from PySide6.QtWidgets import QLineEdit
from pytestqt.qtbot import QtBot

from daemon.protocol import messages
from daemon.protocol.values import Collection, PhotoEntry
from rabbitviewer.browse.collections_list import CollectionsList
from rabbitviewer.ipc.client import DaemonClient
from rabbitviewer.models.collections import CollectionsModel
from rabbitviewer.models.folders import FolderModel
from rabbitviewer.models.volumes import Volumes
from rabbitviewer.organise.files_urls import paths_in
from tests.fakes.daemon import FakeDaemon

BEST, TRIP = Collection("Best of", 12), Collection("trip", 3)


@pytest.fixture
def model(qtbot: QtBot, client: DaemonClient, fake_daemon: FakeDaemon) -> CollectionsModel:
    model = CollectionsModel(client)
    with qtbot.waitSignal(model.changed):
        fake_daemon.publish(messages.Collections(collections=(TRIP, BEST)))
    return model


@pytest.fixture
def listed(qtbot: QtBot, model: CollectionsModel) -> CollectionsList:
    listed = CollectionsList(model, paths_in)
    qtbot.addWidget(listed)
    listed.resize(240, 200)
    listed.show()
    return listed


def saved(daemon: FakeDaemon) -> list[messages.CollectionSave]:
    return [each for each in daemon.received if isinstance(each, messages.CollectionSave)]


def test_collections_are_listed_by_name(listed: CollectionsList) -> None:
    assert [listed.item(row).text() for row in range(listed.count())] == ["Best of", "trip"]


def test_enter_opens_a_collection(qtbot: QtBot, listed: CollectionsList) -> None:
    listed.setCurrentRow(1)
    with qtbot.waitSignal(listed.collection_chosen) as chosen:
        qtbot.keyClick(listed, Qt.Key.Key_Return)
    assert chosen.args == ["trip"]


def test_a_collection_is_renamed_in_place(
    qtbot: QtBot, listed: CollectionsList, fake_daemon: FakeDaemon
) -> None:
    listed.setCurrentRow(0)
    qtbot.keyClick(listed, Qt.Key.Key_F2)
    editor = listed.findChildren(QLineEdit)[0]
    editor.setText("The best")
    with qtbot.waitSignal(fake_daemon.asked):
        qtbot.keyClick(editor, Qt.Key.Key_Return)
    assert [(each.name, each.rename) for each in saved(fake_daemon)] == [("Best of", "The best")]


def test_a_name_that_is_taken_is_left_as_it_was_and_said_so(
    qtbot: QtBot, listed: CollectionsList, model: CollectionsModel, fake_daemon: FakeDaemon
) -> None:
    with qtbot.waitSignal(model.failed) as said:
        listed.item(0).setText("trip")
    assert said.args == ["There is a collection trip already. Choose another name."]
    assert listed.item(0).text() == "Best of"
    assert saved(fake_daemon) == []


def test_photos_are_dropped_onto_a_collection(qtbot: QtBot, listed: CollectionsList) -> None:
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile("/photos/a.jpg")])
    where = QPointF(listed.visualItemRect(listed.item(1)).center())
    actions, button = Qt.DropAction.CopyAction, Qt.MouseButton.LeftButton
    event = QDropEvent(where, actions, mime, button, Qt.KeyboardModifier.NoModifier)
    with qtbot.waitSignal(listed.dropped) as dropped:
        listed.dropEvent(event)
    assert dropped.args == ["trip", (b"/photos/a.jpg",)]


def test_a_deleted_collection_tells_what_it_held(
    qtbot: QtBot, model: CollectionsModel, fake_daemon: FakeDaemon
) -> None:
    def folder(request: messages.Message) -> list[messages.Message]:
        assert isinstance(request, messages.FolderOpen)
        entries = (PhotoEntry(b"photos/a.jpg", 1, 1),)
        number = request.listing_id
        return [messages.FolderChunk(listing_id=number, path=b"/", entries=entries, last=True)]

    fake_daemon.answer(messages.FolderOpen, folder)
    answer = messages.Collections(collections=(TRIP,))
    fake_daemon.answer(messages.CollectionDelete, lambda _: [answer])
    held: list[tuple[bytes, ...]] = []
    model.delete("Best of", held.append)
    qtbot.waitUntil(lambda: held == [(b"/photos/a.jpg",)])
    assert model.count("Best of") == -1


def test_many_photos_are_added_in_messages_of_bounded_size(
    qtbot: QtBot, model: CollectionsModel, fake_daemon: FakeDaemon
) -> None:
    paths = [b"/photos/" + b"x" * 200 + b"%05d.jpg" % number for number in range(9000)]
    model.add("trip", paths)
    qtbot.waitUntil(lambda: sum(len(each.add) for each in saved(fake_daemon)) == 9000)
    assert len(saved(fake_daemon)) > 2


def test_a_card_that_is_plugged_in_stands_after_the_places_and_goes_again(
    client: DaemonClient,
) -> None:
    model = FolderModel(client)
    places = model.rowCount()
    model.set_volumes([(b"/media/me/CARD", "CARD")])
    card = model.index(places, 0)
    assert (model.rowCount(), model.data(card), model.path(card)) == (
        places + 1,
        "CARD",
        b"/media/me/CARD",
    )
    model.set_volumes([])
    assert model.rowCount() == places


def test_drives_are_looked_for_beside_the_window(
    qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    threads: list[str] = []

    def mounted() -> tuple[tuple[bytes, str], ...]:
        threads.append(threading.current_thread().name)
        return ((b"/media/me/CARD", "CARD"),)

    monkeypatch.setattr("rabbitviewer.models.volumes.mounted_volumes", mounted)
    volumes = Volumes()
    with qtbot.waitSignal(volumes.changed) as changed:
        volumes.look()
    assert changed.args == [((b"/media/me/CARD", "CARD"),)]
    assert threads == ["volumes"]
