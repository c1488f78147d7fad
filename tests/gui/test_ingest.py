"""Ingest from a card: the form, its work, and what came of it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QLabel, QLineEdit, QProgressBar
from pytestqt.qtbot import QtBot

from daemon.protocol import messages
from daemon.protocol.endpoint import Folders
from daemon.protocol.values import PathFailure
from rabbitviewer.composition import Built, build
from rabbitviewer.organise.files_failures import FailuresCard
from rabbitviewer.organise.ingest_card import IngestCard
from rabbitviewer.organise.ingest_example import example
from rabbitviewer.organise.ingest_sources import CameraCard
from rabbitviewer.shell.state import WindowState
from rabbitviewer.theme.controls import Choice
from rabbitviewer.theme.theme import Theme
from tests.fakes.daemon import FakeDaemon
from tests.fakes.filework import (
    DENIED,
    FOLDER,
    answer_about_the_folder,
    button,
    finish,
    start_work,
    wait_for,
)

SANDISK = CameraCard(b"/media/EOS/DCIM", "EOS_DIGITAL", 64_000_000_000)
NOON = dt.datetime(2026, 11, 21, 12, 30, 5)


@pytest.fixture
def state() -> WindowState:
    state = WindowState(right_open=False)
    state.organise.ingest_folder = b"/archive"
    return state


@pytest.fixture
def built(
    qtbot: QtBot,
    qapp: QApplication,
    fake_daemon: FakeDaemon,
    folders: Folders,
    state: WindowState,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Built]:
    monkeypatch.setattr("rabbitviewer.organise.ingest_sources.cards", lambda: (SANDISK,))
    answer_about_the_folder(fake_daemon)
    start_work(fake_daemon, messages.IngestRequest)
    built = build(folders, state, Theme(qapp, "dark"), launch=lambda _folders: None)
    built.later.finish()
    qtbot.addWidget(built.window)
    built.window.resize(1200, 800)
    with qtbot.waitSignal(built.client.connected):
        built.client.start()
    built.window.show()
    qtbot.waitExposed(built.window)
    built.navigator.open_folder(FOLDER)
    qtbot.waitUntil(lambda: len(built.listing) == 4)
    yield built
    built.client.close()


def open_card(qtbot: QtBot, built: Built) -> IngestCard:
    qtbot.keyClick(built.window, Qt.Key.Key_I, Qt.KeyboardModifier.ControlModifier)
    card = built.window.findChild(IngestCard)
    qtbot.waitUntil(lambda: card.findChild(Choice).currentData() == SANDISK.path)
    return card


def field(card: IngestCard, name: str) -> QLineEdit:
    return next(each for each in card.findChildren(QLineEdit) if each.accessibleName() == name)


def texts(card: IngestCard) -> list[str]:
    return [label.text() for label in card.findChildren(QLabel)]


def copy(qtbot: QtBot, card: IngestCard, daemon: FakeDaemon) -> messages.IngestRequest:
    qtbot.mouseClick(button(card, "Copy photos"), Qt.MouseButton.LeftButton)
    asked = wait_for(qtbot, daemon, messages.IngestRequest)
    assert isinstance(asked, messages.IngestRequest)
    return asked


def test_a_card_in_the_slot_is_chosen_and_one_press_copies_it(
    qtbot: QtBot, built: Built, fake_daemon: FakeDaemon
) -> None:
    card = open_card(qtbot, built)
    asked = copy(qtbot, card, fake_daemon)
    assert (asked.source, asked.folder) == (SANDISK.path, b"/archive")
    assert (asked.second_folder, asked.skip_known, asked.keywords) == (b"", True, ())


def test_keywords_and_the_second_copy_are_asked_for_and_remembered(
    qtbot: QtBot, built: Built, fake_daemon: FakeDaemon, state: WindowState
) -> None:
    card = open_card(qtbot, built)
    qtbot.keyClicks(field(card, "Keywords for every photo"), "Norway, family , ")
    qtbot.keyClicks(field(card, "Folder of the second copy"), "/backup")
    asked = copy(qtbot, card, fake_daemon)
    assert asked.keywords == ("Norway", "family")
    assert asked.second_folder == b"/backup"
    assert state.organise.ingest_second == b"/backup"
    assert state.organise.ingest_keywords == "Norway, family , "


def test_the_names_are_shown_by_an_example_while_the_pattern_is_typed(
    qtbot: QtBot, built: Built
) -> None:
    card = open_card(qtbot, built)
    pattern = field(card, "Pattern of the names")
    pattern.setText("trip/{n:03}_{stem}")
    assert "For example trip/001_IMG_1234.CR3" in texts(card)
    pattern.setText("{nonsense}")
    assert not button(card, "Copy photos").isEnabled()
    assert "Write a pattern for the names." in texts(card)


@pytest.mark.parametrize(
    ("pattern", "name"),
    [
        ("{date:%Y}/{date}/{stem}", "2026/2026-11-21/IMG_1234.CR3"),
        ("{time}_{name}", "12-30-05_IMG_1234.CR3"),
        ("{{a}}", "{a}.CR3"),
        ("{", ""),
        ("{n:x}", ""),
        (" ", ""),
    ],
)
def test_the_example_follows_the_pattern(pattern: str, name: str) -> None:
    assert example(pattern, NOON) == name


def test_without_a_target_nothing_can_be_copied(qtbot: QtBot, built: Built) -> None:
    card = open_card(qtbot, built)
    field(card, "Folder to copy to").clear()
    assert "Choose a folder to copy to." in texts(card)
    assert not button(card, "Copy photos").isEnabled()


def test_the_copying_tells_how_far_it_is_and_can_be_stopped(
    qtbot: QtBot, built: Built, fake_daemon: FakeDaemon
) -> None:
    card = open_card(qtbot, built)
    copy(qtbot, card, fake_daemon)
    fake_daemon.publish(
        messages.FileWorkProgress(
            work_id=70,
            done=12,
            total=40,
            path=b"/media/EOS/DCIM/A.CR3",
            done_bytes=120_000_000,
            total_bytes=400_000_000,
        )
    )
    qtbot.waitUntil(lambda: card.findChild(QProgressBar).value() == 12)
    words = next(text for text in texts(card) if text.startswith("Copying from the card"))
    assert words == "Copying from the card 12 of 40 · A.CR3 · 120.0 MB / 400.0 MB"
    qtbot.mouseClick(button(card, "Stop"), Qt.MouseButton.LeftButton)
    asked = wait_for(qtbot, fake_daemon, messages.FileWorkCancel)
    assert isinstance(asked, messages.FileWorkCancel)
    assert asked.work_id == 70


def test_the_end_is_told_and_the_folder_can_be_opened(
    qtbot: QtBot, built: Built, fake_daemon: FakeDaemon
) -> None:
    card = open_card(qtbot, built)
    copy(qtbot, card, fake_daemon)
    moved = tuple((b"/media/EOS/DCIM/%d.CR3" % n, b"/archive/%d.CR3" % n) for n in range(3))
    finish(fake_daemon, "ingest", moved=moved)
    qtbot.waitUntil(lambda: "3 photos copied to archive" in texts(card))
    qtbot.mouseClick(button(card, "Open the folder"), Qt.MouseButton.LeftButton)
    assert built.listing.folder == b"/archive"
    assert not card.isVisible()


def test_photos_that_were_not_copied_are_listed(
    qtbot: QtBot, built: Built, fake_daemon: FakeDaemon
) -> None:
    card = open_card(qtbot, built)
    copy(qtbot, card, fake_daemon)
    moved = ((b"/media/EOS/DCIM/1.CR3", b"/archive/1.CR3"),)
    failed = (PathFailure(b"/media/EOS/DCIM/2.CR3", DENIED),)
    finish(fake_daemon, "ingest", moved=moved, failed=failed)
    qtbot.waitUntil(lambda: "1 photo copied to archive · 1 failed" in texts(card))
    assert built.window.findChild(FailuresCard).isVisible()
