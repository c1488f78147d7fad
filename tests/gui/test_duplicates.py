"""Duplicates: searching, choosing, sorting out."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QLabel, QProgressBar, QSlider
from pytestqt.qtbot import QtBot

from daemon.protocol import messages
from daemon.protocol.endpoint import Folders
from daemon.protocol.values import DuplicateGroup
from rabbitviewer.composition import Built, build
from rabbitviewer.organise.duplicates_page import DuplicatesPage
from rabbitviewer.organise.duplicates_view import DuplicatesView
from rabbitviewer.shell.state import WindowState
from rabbitviewer.theme.controls import Choice
from rabbitviewer.theme.theme import Theme
from rabbitviewer.view.side_by_side import SideBySide
from rabbitviewer.window import Page
from tests.fakes.daemon import FakeDaemon
from tests.fakes.filework import (
    FIRST,
    FOLDER,
    FOURTH,
    SECOND,
    THIRD,
    answer_about_the_folder,
    button,
    finish,
    pick,
    start_work,
    wait_for,
)

SHIFT = Qt.KeyboardModifier.ShiftModifier
ALIKE = DuplicateGroup((SECOND, FIRST), exact=False, sharpness=(80.0, 40.0))
EQUAL = DuplicateGroup((THIRD, FOURTH), exact=True)


@pytest.fixture
def built(
    qtbot: QtBot, qapp: QApplication, fake_daemon: FakeDaemon, folders: Folders
) -> Iterator[Built]:
    answer_about_the_folder(fake_daemon)
    found = messages.Duplicates(groups=(ALIKE, EQUAL))
    fake_daemon.answer(messages.DuplicatesRequest, lambda _: [found])
    state = WindowState(right_open=False)
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


def open_page(built: Built) -> DuplicatesPage:
    built.window.actions_by_id["file.duplicates"].trigger()
    page = built.window.findChild(DuplicatesPage)
    assert page.isVisible()
    return page


def search(qtbot: QtBot, built: Built) -> tuple[DuplicatesPage, DuplicatesView]:
    page = open_page(built)
    qtbot.mouseClick(button(page, "Find"), Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: any("2 groups" in words for words in texts(page)))
    return page, page.view


def texts(page: DuplicatesPage) -> list[str]:
    return [label.text() for label in page.findChildren(QLabel)]


def press(qtbot: QtBot, page: DuplicatesPage, text: str) -> None:
    qtbot.mouseClick(button(page, text), Qt.MouseButton.LeftButton)


def test_the_search_asks_for_the_folder_as_the_options_say(
    qtbot: QtBot, built: Built, fake_daemon: FakeDaemon
) -> None:
    page = open_page(built)
    scope = page.findChild(Choice)
    scope.setCurrentIndex(scope.findData("subfolders"))
    page.findChild(QSlider).setValue(0)
    press(qtbot, page, "Find")
    asked = wait_for(qtbot, fake_daemon, messages.DuplicatesRequest)
    assert isinstance(asked, messages.DuplicatesRequest)
    assert (asked.folder, asked.recursive, asked.distance) == (FOLDER, True, 0)
    assert "Equal files only" in texts(page)


def test_several_selected_photos_are_searched_among_themselves(
    qtbot: QtBot, built: Built, fake_daemon: FakeDaemon
) -> None:
    pick(qtbot, built, 0)
    pick(qtbot, built, 1, SHIFT)
    page = open_page(built)
    press(qtbot, page, "Find")
    asked = wait_for(qtbot, fake_daemon, messages.DuplicatesRequest)
    assert isinstance(asked, messages.DuplicatesRequest)
    assert (asked.paths, asked.folder) == ((FIRST, SECOND), b"")


def test_the_search_tells_how_far_it_is_and_can_be_stopped(
    qtbot: QtBot, built: Built, fake_daemon: FakeDaemon
) -> None:
    fake_daemon.answer(messages.DuplicatesRequest, lambda _: [])
    page = open_page(built)
    press(qtbot, page, "Find")
    asked = wait_for(qtbot, fake_daemon, messages.DuplicatesRequest)
    fake_daemon.publish(messages.FileWorkProgress(work_id=asked.request_id, done=20, total=400))
    qtbot.waitUntil(lambda: "20 of 400 photos" in texts(page))
    assert page.findChild(QProgressBar).value() == 20
    press(qtbot, page, "Stop")
    qtbot.waitUntil(
        lambda: any(
            isinstance(each, messages.CancelRequests) and asked.request_id in each.request_ids
            for each in fake_daemon.received
        )
    )
    assert button(page, "Find").isEnabled()


def test_the_best_of_every_group_stays_and_the_others_go_to_the_trash(
    qtbot: QtBot, built: Built, fake_daemon: FakeDaemon
) -> None:
    start_work(fake_daemon, messages.TrashPhotos)
    page, _view = search(qtbot, built)
    press(qtbot, page, "Move the others to the trash")
    asked = wait_for(qtbot, fake_daemon, messages.TrashPhotos)
    assert isinstance(asked, messages.TrashPhotos)
    assert asked.paths == (FIRST, FOURTH)
    finish(fake_daemon, "trash")
    qtbot.waitUntil(lambda: page.view.accessibleDescription().startswith("No duplicates left"))


def test_a_click_lets_another_photo_stay_too(
    qtbot: QtBot, built: Built, fake_daemon: FakeDaemon
) -> None:
    page, view = search(qtbot, built)
    qtbot.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=view.cell_rect(0, 1).center())
    press(qtbot, page, "Reject the others")
    asked = wait_for(qtbot, fake_daemon, messages.SetMarks)
    assert isinstance(asked, messages.SetMarks)
    assert (asked.paths, asked.flag) == ((FOURTH,), "reject")


def test_k_keeps_only_the_photo_one_is_at(
    qtbot: QtBot, built: Built, fake_daemon: FakeDaemon
) -> None:
    start_work(fake_daemon, messages.TrashPhotos)
    page, view = search(qtbot, built)
    view.setFocus()
    qtbot.keyClick(view, Qt.Key.Key_Down)
    qtbot.keyClick(view, Qt.Key.Key_Right)
    qtbot.keyClick(view, Qt.Key.Key_K)
    press(qtbot, page, "Move the others to the trash")
    asked = wait_for(qtbot, fake_daemon, messages.TrashPhotos)
    assert isinstance(asked, messages.TrashPhotos)
    assert asked.paths == (FIRST, THIRD)


def test_a_group_of_which_nothing_would_stay_is_left_alone(
    qtbot: QtBot, built: Built, fake_daemon: FakeDaemon
) -> None:
    start_work(fake_daemon, messages.TrashPhotos)
    page, view = search(qtbot, built)
    view.setFocus()
    qtbot.keyClick(view, Qt.Key.Key_Space)
    press(qtbot, page, "Move the others to the trash")
    asked = wait_for(qtbot, fake_daemon, messages.TrashPhotos)
    assert isinstance(asked, messages.TrashPhotos)
    assert asked.paths == (FOURTH,)


def test_del_on_the_page_does_nothing_to_the_photos_under_it(
    qtbot: QtBot, built: Built, fake_daemon: FakeDaemon
) -> None:
    pick(qtbot, built, 0)
    _page, view = search(qtbot, built)
    view.setFocus()
    qtbot.keyClick(view, Qt.Key.Key_Delete)
    assert fake_daemon.of(messages.TrashPhotos) == []


def test_enter_lays_the_group_side_by_side_and_the_page_comes_back_as_it_was(
    qtbot: QtBot, built: Built
) -> None:
    page, view = search(qtbot, built)
    view.setFocus()
    with qtbot.waitSignal(built.window.actions_by_id["view.side_by_side"].triggered):
        qtbot.keyClick(view, Qt.Key.Key_Return)
    assert not page.isVisible()
    assert built.window.page == Page.SIDE_BY_SIDE
    assert tuple(built.window.findChild(SideBySide).paths) == (SECOND, FIRST)
    qtbot.keyClick(built.window.focusWidget(), Qt.Key.Key_Escape)
    qtbot.waitUntil(page.isVisible)
    assert "2 groups · 2 photos could go" in texts(page)


def test_the_figures_name_the_sharpness_in_comparison(qtbot: QtBot, built: Built) -> None:
    page, view = search(qtbot, built)
    group = page._model.groups[0]
    assert view.figures(FIRST, group) == "sharp 50 %"


def test_ctrl_z_undoes_from_the_page_too(
    qtbot: QtBot, built: Built, fake_daemon: FakeDaemon
) -> None:
    fake_daemon.publish(messages.Journal(undo="Put 2 photos into the trash"))
    qtbot.waitUntil(built.window.actions_by_id["edit.undo"].isEnabled)
    _page, view = search(qtbot, built)
    view.setFocus()
    qtbot.keyClick(view, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    wait_for(qtbot, fake_daemon, messages.UndoRequest)
