"""Renaming: one photo where it is, several by a pattern."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QLabel, QLineEdit, QPushButton, QSpinBox
from pytestqt.qtbot import QtBot

from daemon.protocol import messages
from daemon.protocol.endpoint import Folders
from daemon.protocol.errors import ErrorInfo, ErrorKind
from daemon.protocol.values import NewName
from rabbitviewer.composition import Built, build
from rabbitviewer.organise.rename_card import RenameCard
from rabbitviewer.organise.rename_names import NamesView
from rabbitviewer.organise.rename_one import NameField
from rabbitviewer.shell.state import WindowState
from rabbitviewer.theme.theme import Theme
from tests.fakes.daemon import FakeDaemon
from tests.fakes.filework import FIRST, FOLDER, SECOND, answer_about_the_folder, button, grid, pick

SHIFT = Qt.KeyboardModifier.ShiftModifier
TAKEN = "There is a file of this name already."


@pytest.fixture
def state() -> WindowState:
    return WindowState(right_open=False)


@pytest.fixture
def built(
    qtbot: QtBot, qapp: QApplication, fake_daemon: FakeDaemon, folders: Folders, state: WindowState
) -> Iterator[Built]:
    answer_about_the_folder(fake_daemon)
    fake_daemon.answer(messages.RenameRequest, answer_rename)
    built = build(folders, state, Theme(qapp, "dark"), launch=lambda _folders: None)
    built.later.finish()
    qtbot.addWidget(built.window)
    built.window.resize(1000, 700)
    with qtbot.waitSignal(built.client.connected):
        built.client.start()
    built.window.show()
    qtbot.waitExposed(built.window)
    built.navigator.open_folder(FOLDER)
    qtbot.waitUntil(lambda: len(built.listing) == 4)
    yield built
    built.client.close()


def answer_rename(request: messages.Message) -> list[messages.Message]:
    """Number the names; those with ``taken`` in the pattern exist already, a lone ``{`` fails."""
    assert isinstance(request, messages.RenameRequest)
    if not request.preview_only:
        return [messages.FileWorkStarted(work_id=70)]
    if request.pattern == "{":
        error = ErrorInfo(ErrorKind.INVALID_REQUEST, "A brace in the pattern has no partner.")
        return [messages.Failed(error=error)]
    problem = TAKEN if "taken" in request.pattern else ""
    names = tuple(
        NewName(bytes(path), b"%s%d.jpg" % (request.pattern[:4].encode(), number), problem)
        for number, path in enumerate(request.paths, request.start)
    )
    return [messages.RenamePlan(names=names)]


def renames(daemon: FakeDaemon) -> list[messages.RenameRequest]:
    """The requests that really rename."""
    asked = [each for each in daemon.received if isinstance(each, messages.RenameRequest)]
    return [each for each in asked if not each.preview_only]


def open_form(qtbot: QtBot, built: Built) -> tuple[RenameCard, QLineEdit]:
    pick(qtbot, built, 0)
    pick(qtbot, built, 1, SHIFT)
    qtbot.keyClick(grid(built), Qt.Key.Key_F2)
    card = built.window.findChild(RenameCard)
    assert card.isVisible()
    field = card.findChild(QLineEdit)
    assert field is not None
    return card, field


def open_field(qtbot: QtBot, built: Built) -> QLineEdit:
    pick(qtbot, built, 0)
    qtbot.keyClick(grid(built), Qt.Key.Key_F2)
    field = built.window.findChild(NameField).findChild(QLineEdit)
    assert field.isVisible()
    return field


def rows(card: RenameCard) -> list[tuple[str, str]]:
    names = card.findChild(NamesView).names
    return [
        (names.index(row, 0).data(), names.index(row, 1).data()) for row in range(names.rowCount())
    ]


def words(card: RenameCard) -> list[str]:
    return [label.text() for label in card.findChildren(QLabel)]


def test_f2_on_one_photo_edits_the_part_before_the_ending(
    qtbot: QtBot, built: Built, fake_daemon: FakeDaemon
) -> None:
    field = open_field(qtbot, built)
    assert field.selectedText() == "IMG_0001"
    qtbot.keyClicks(field, "cat {1}")
    qtbot.keyClick(field, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: bool(renames(fake_daemon)))
    asked = renames(fake_daemon)[0]
    assert (asked.paths, asked.pattern) == ((FIRST,), "cat {{1}}.jpg")
    assert not field.isVisible()


def test_a_name_that_is_taken_stays_in_the_field_with_the_reason(
    qtbot: QtBot, built: Built, fake_daemon: FakeDaemon
) -> None:
    field = open_field(qtbot, built)
    qtbot.keyClicks(field, "taken")
    qtbot.keyClick(field, Qt.Key.Key_Return)
    label = built.window.findChild(NameField).findChild(QLabel)
    qtbot.waitUntil(lambda: label.isVisible() and label.text() == TAKEN)
    assert renames(fake_daemon) == []
    qtbot.keyClick(field, Qt.Key.Key_Escape)
    assert not field.isVisible()
    assert grid(built).hasFocus()


def test_del_while_a_name_is_edited_deletes_letters_not_photos(
    qtbot: QtBot, built: Built, fake_daemon: FakeDaemon
) -> None:
    field = open_field(qtbot, built)
    qtbot.keyClick(field, Qt.Key.Key_Delete)
    assert field.text() == ".jpg"
    assert fake_daemon.of(messages.TrashPhotos) == []


def test_f2_on_several_shows_every_new_name_and_enter_renames(
    qtbot: QtBot, built: Built, fake_daemon: FakeDaemon, state: WindowState
) -> None:
    card, field = open_form(qtbot, built)
    field.clear()
    qtbot.keyClicks(field, "trip_{n}")
    qtbot.waitUntil(lambda: rows(card)[:1] == [("IMG_0001.jpg", "trip1.jpg")])
    qtbot.keyClick(field, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: bool(renames(fake_daemon)))
    asked = renames(fake_daemon)[0]
    assert (asked.paths, asked.pattern, asked.start) == ((FIRST, SECOND), "trip_{n}", 1)
    assert state.organise.patterns == ["trip_{n}"]
    assert not card.isVisible()


def test_typing_asks_for_the_names_once_it_rests(
    qtbot: QtBot, built: Built, fake_daemon: FakeDaemon
) -> None:
    card, field = open_form(qtbot, built)
    qtbot.waitUntil(lambda: len(rows(card)) == 2)
    before = len(fake_daemon.of(messages.RenameRequest))
    field.clear()
    qtbot.keyClicks(field, "summer {n}")
    qtbot.waitUntil(lambda: rows(card)[0][1] == "summ1.jpg")
    assert len(fake_daemon.of(messages.RenameRequest)) == before + 1


def test_names_that_cannot_be_are_named_and_nothing_is_renamed(
    qtbot: QtBot, built: Built, fake_daemon: FakeDaemon
) -> None:
    card, field = open_form(qtbot, built)
    field.clear()
    qtbot.keyClicks(field, "taken")
    qtbot.waitUntil(lambda: "2 photos cannot have the new name" in words(card))
    assert rows(card)[0][1].endswith(TAKEN)
    qtbot.keyClick(field, Qt.Key.Key_Return)
    assert card.isVisible()
    assert not button(card, "Rename 2 photos").isEnabled()
    assert renames(fake_daemon) == []


def test_a_pattern_that_is_none_is_explained(qtbot: QtBot, built: Built) -> None:
    card, field = open_form(qtbot, built)
    field.clear()
    qtbot.keyClicks(field, "{")
    qtbot.waitUntil(lambda: "A brace in the pattern has no partner." in words(card))


def test_a_press_on_a_part_puts_it_where_the_cursor_is(qtbot: QtBot, built: Built) -> None:
    card, field = open_form(qtbot, built)
    field.setText("a__b")
    field.setCursorPosition(2)
    chip = next(each for each in card.findChildren(QPushButton) if each.text() == "Number")
    qtbot.mouseClick(chip, Qt.MouseButton.LeftButton)
    assert field.text() == "a_{n:04}_b"
    assert field.hasFocus()


def test_the_first_number_counts(qtbot: QtBot, built: Built, fake_daemon: FakeDaemon) -> None:
    card, field = open_form(qtbot, built)
    field.setText("trip{n}")
    card.findChild(QSpinBox).setValue(17)
    qtbot.waitUntil(lambda: [new for _, new in rows(card)] == ["trip17.jpg", "trip18.jpg"])
    qtbot.keyClick(field, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: bool(renames(fake_daemon)))
    assert renames(fake_daemon)[0].start == 17


def test_esc_leaves_the_form_and_no_key_of_the_window_acts_in_it(
    qtbot: QtBot, built: Built, fake_daemon: FakeDaemon
) -> None:
    card, field = open_form(qtbot, built)
    card.setFocus()
    qtbot.keyClick(card, Qt.Key.Key_Delete)
    assert fake_daemon.of(messages.TrashPhotos) == []
    qtbot.keyClick(field, Qt.Key.Key_Escape)
    assert not card.isVisible()
