"""Work on files from the window: what is asked of the daemon, what the user is told."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication, QLabel, QLineEdit
from pytestqt.qtbot import QtBot

from daemon.protocol import messages
from daemon.protocol.endpoint import Folders
from daemon.protocol.errors import ErrorKind
from daemon.protocol.values import PathFailure
from rabbitviewer.composition import Built, build
from rabbitviewer.ipc.client import DaemonClient
from rabbitviewer.models.filework import FileWork, Outcome
from rabbitviewer.organise.files_failures import FailuresCard
from rabbitviewer.organise.files_opening import OpenActions
from rabbitviewer.organise.files_progress import ProgressStrip
from rabbitviewer.organise.files_question import Question
from rabbitviewer.organise.files_targets import TargetCard
from rabbitviewer.organise.files_urls import mime_of, paths_in
from rabbitviewer.shell.state import WindowState
from rabbitviewer.theme.theme import Theme
from rabbitviewer.window import Page
from tests.fakes.daemon import FakeDaemon
from tests.fakes.filework import (
    DENIED,
    FIRST,
    FOLDER,
    FOURTH,
    NO_TRASH,
    SECOND,
    THIRD,
    answer_about_the_folder,
    button,
    finish,
    grid,
    pick,
    start_work,
    wait_for,
)

CONTROL = Qt.KeyboardModifier.ControlModifier
SHIFT = Qt.KeyboardModifier.ShiftModifier


@pytest.fixture
def state() -> WindowState:
    return WindowState(right_open=False)


@pytest.fixture
def built(
    qtbot: QtBot, qapp: QApplication, fake_daemon: FakeDaemon, folders: Folders, state: WindowState
) -> Iterator[Built]:
    answer_about_the_folder(fake_daemon)
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


def said(built: Built) -> str:
    return " ".join(label.text() for label in built.window.status.findChildren(QLabel))


# ---------------------------------------------------------------- the model


def test_more_paths_than_a_message_holds_go_in_several_with_one_batch(
    qtbot: QtBot, fake_daemon: FakeDaemon, client: DaemonClient
) -> None:
    numbers = iter(range(1, 9))
    fake_daemon.answer(
        messages.TrashPhotos, lambda _: [messages.FileWorkStarted(work_id=next(numbers))]
    )
    fake_daemon.asked.connect(
        lambda request: (
            isinstance(request, messages.TrashPhotos)
            and fake_daemon.publish(
                messages.FileWorkDone(
                    work_id=len(fake_daemon.of(messages.TrashPhotos)), kind="trash"
                )
            )
        )
    )
    work = FileWork(client)
    paths = [b"/photos/%05d.jpg" % number for number in range(4500)]
    with qtbot.waitSignal(work.ended) as ended:
        work.trash(paths)
    asked = [each for each in fake_daemon.received if isinstance(each, messages.TrashPhotos)]
    assert [path for each in asked for path in each.paths] == paths
    assert len(asked) == 3
    assert len({each.batch for each in asked}) == 1
    assert ended.args is not None
    assert ended.args[0].done == 4500


def test_numbers_go_on_from_one_message_to_the_next_when_renaming(
    qtbot: QtBot, fake_daemon: FakeDaemon, client: DaemonClient
) -> None:
    start_work(fake_daemon, messages.RenameRequest)
    work = FileWork(client)
    work.rename([b"/photos/%05d.jpg" % number for number in range(2100)], "trip {n}", 5)
    wait_for(qtbot, fake_daemon, messages.RenameRequest)
    finish(fake_daemon, "rename")
    qtbot.waitUntil(lambda: len(fake_daemon.of(messages.RenameRequest)) == 2)
    asked = [each for each in fake_daemon.received if isinstance(each, messages.RenameRequest)]
    assert [each.start for each in asked] == [5, 2005]


def test_a_daemon_lost_in_the_middle_ends_the_work_with_a_sentence(
    qtbot: QtBot, fake_daemon: FakeDaemon, client: DaemonClient
) -> None:
    start_work(fake_daemon, messages.TrashPhotos)
    work = FileWork(client)
    with qtbot.waitSignal(work.progressed):
        work.trash([FIRST])
    with qtbot.waitSignal(work.ended) as ended:
        fake_daemon.drop_clients()
    assert ended.args is not None
    outcome = ended.args[0]
    assert isinstance(outcome, Outcome)
    assert outcome.error is not None
    assert outcome.error.kind == ErrorKind.DAEMON_UNAVAILABLE
    assert work.running() == []


# ---------------------------------------------------------------- trash and delete


def test_del_moves_the_photo_to_the_trash_and_goes_on_to_the_next(
    qtbot: QtBot, built: Built, fake_daemon: FakeDaemon
) -> None:
    start_work(fake_daemon, messages.TrashPhotos)
    pick(qtbot, built, 1)
    qtbot.keyClick(grid(built), Qt.Key.Key_Delete)
    asked = wait_for(qtbot, fake_daemon, messages.TrashPhotos)
    assert isinstance(asked, messages.TrashPhotos)
    assert (asked.paths, asked.permanently) == ((SECOND,), False)
    assert grid(built).current == THIRD


def test_del_on_several_goes_on_to_the_first_after_them(
    qtbot: QtBot, built: Built, fake_daemon: FakeDaemon
) -> None:
    start_work(fake_daemon, messages.TrashPhotos)
    pick(qtbot, built, 0)
    pick(qtbot, built, 2, SHIFT)
    qtbot.keyClick(grid(built), Qt.Key.Key_Delete)
    asked = wait_for(qtbot, fake_daemon, messages.TrashPhotos)
    assert isinstance(asked, messages.TrashPhotos)
    assert asked.paths == (FIRST, SECOND, THIRD)
    assert grid(built).current == FOURTH
    assert grid(built).selected == (FOURTH,)


def test_del_in_the_photo_view_shows_the_next_photo(
    qtbot: QtBot, built: Built, fake_daemon: FakeDaemon
) -> None:
    start_work(fake_daemon, messages.TrashPhotos)
    built.navigator.open_photo(FOURTH)
    qtbot.keyClick(built.window.pages.currentWidget(), Qt.Key.Key_Delete)
    wait_for(qtbot, fake_daemon, messages.TrashPhotos)
    assert built.window.page == Page.PHOTO
    assert built.window.windowTitle().startswith("IMG_0003.jpg")


def test_what_was_trashed_is_told_with_a_button_that_undoes_it(
    qtbot: QtBot, built: Built, fake_daemon: FakeDaemon
) -> None:
    start_work(fake_daemon, messages.TrashPhotos)
    pick(qtbot, built, 0)
    pick(qtbot, built, 1, SHIFT)
    qtbot.keyClick(grid(built), Qt.Key.Key_Delete)
    wait_for(qtbot, fake_daemon, messages.TrashPhotos)
    finish(fake_daemon, "trash")
    qtbot.waitUntil(lambda: "2 photos moved to the trash" in said(built))
    qtbot.mouseClick(button(built.window.status, "Undo"), Qt.MouseButton.LeftButton)
    asked = wait_for(qtbot, fake_daemon, messages.UndoRequest)
    assert isinstance(asked, messages.UndoRequest)
    assert not asked.redo


def test_shift_del_asks_before_it_deletes_and_esc_keeps(
    qtbot: QtBot, built: Built, fake_daemon: FakeDaemon
) -> None:
    pick(qtbot, built, 0)
    qtbot.keyClick(grid(built), Qt.Key.Key_Delete, SHIFT)
    question = built.window.findChild(Question)
    assert question.isVisible()
    qtbot.keyClick(built.window.focusWidget(), Qt.Key.Key_Escape)
    assert not question.isVisible()
    assert fake_daemon.of(messages.TrashPhotos) == []


def test_enter_in_the_question_keeps_and_only_its_button_deletes(
    qtbot: QtBot, built: Built, fake_daemon: FakeDaemon
) -> None:
    pick(qtbot, built, 0)
    qtbot.keyClick(grid(built), Qt.Key.Key_Delete, SHIFT)
    qtbot.keyClick(built.window.focusWidget(), Qt.Key.Key_Return)
    assert fake_daemon.of(messages.TrashPhotos) == []
    qtbot.keyClick(grid(built), Qt.Key.Key_Delete, SHIFT)
    qtbot.mouseClick(button(built.window, "Delete"), Qt.MouseButton.LeftButton)
    asked = wait_for(qtbot, fake_daemon, messages.TrashPhotos)
    assert isinstance(asked, messages.TrashPhotos)
    assert (asked.paths, asked.permanently) == ((FIRST,), True)


def test_no_shortcut_gets_through_the_question(
    qtbot: QtBot, built: Built, fake_daemon: FakeDaemon
) -> None:
    pick(qtbot, built, 0)
    qtbot.keyClick(grid(built), Qt.Key.Key_Delete, SHIFT)
    qtbot.keyClick(built.window.focusWidget(), Qt.Key.Key_Delete)
    assert built.window.findChild(Question).isVisible()
    assert fake_daemon.of(messages.TrashPhotos) == []


def test_a_drive_without_a_trash_leads_to_the_question(
    qtbot: QtBot, built: Built, fake_daemon: FakeDaemon
) -> None:
    start_work(fake_daemon, messages.TrashPhotos)
    pick(qtbot, built, 0)
    qtbot.keyClick(grid(built), Qt.Key.Key_Delete)
    wait_for(qtbot, fake_daemon, messages.TrashPhotos)
    finish(fake_daemon, "trash", failed=(PathFailure(FIRST, NO_TRASH),))
    qtbot.waitUntil(lambda: built.window.findChild(Question).isVisible())
    qtbot.keyClick(built.window.focusWidget(), Qt.Key.Key_Escape)
    assert grid(built).current == FIRST


def test_several_failures_are_listed_with_reason_and_advice(
    qtbot: QtBot, built: Built, fake_daemon: FakeDaemon
) -> None:
    start_work(fake_daemon, messages.TrashPhotos)
    pick(qtbot, built, 0)
    pick(qtbot, built, 1, SHIFT)
    qtbot.keyClick(grid(built), Qt.Key.Key_Delete)
    wait_for(qtbot, fake_daemon, messages.TrashPhotos)
    finish(fake_daemon, "trash", failed=(PathFailure(SECOND, DENIED),))
    card = built.window.findChild(FailuresCard)
    qtbot.waitUntil(card.isVisible)
    texts = [label.text() for label in card.findChildren(QLabel)]
    assert {"IMG_0002.jpg", DENIED.message, DENIED.hint} <= set(texts)
    qtbot.keyClick(built.window.focusWidget(), Qt.Key.Key_Escape)
    assert not card.isVisible()


# ---------------------------------------------------------------- copy, move, rotate


def test_copying_to_a_typed_folder_asks_the_daemon_and_remembers_it(
    qtbot: QtBot, built: Built, fake_daemon: FakeDaemon, state: WindowState
) -> None:
    start_work(fake_daemon, messages.CopyPhotos)
    pick(qtbot, built, 0)
    qtbot.keyClick(grid(built), Qt.Key.Key_D, CONTROL)
    card = built.window.findChild(TargetCard)
    field = card.findChild(QLineEdit)
    qtbot.keyClicks(field, "/archive/best")
    qtbot.keyClick(field, Qt.Key.Key_Return)
    asked = wait_for(qtbot, fake_daemon, messages.CopyPhotos)
    assert isinstance(asked, messages.CopyPhotos)
    assert (asked.paths, asked.folder, asked.move) == ((FIRST,), b"/archive/best", False)
    assert state.organise.targets == [b"/archive/best"]
    assert not card.isVisible()


def test_moving_to_a_folder_used_before_takes_a_few_letters(
    qtbot: QtBot, built: Built, fake_daemon: FakeDaemon, state: WindowState
) -> None:
    state.organise.targets = [b"/archive/best", b"/archive/holiday"]
    start_work(fake_daemon, messages.CopyPhotos)
    pick(qtbot, built, 0)
    qtbot.keyClick(grid(built), Qt.Key.Key_M, CONTROL)
    field = built.window.findChild(TargetCard).findChild(QLineEdit)
    qtbot.keyClicks(field, "holi")
    qtbot.keyClick(field, Qt.Key.Key_Return)
    asked = wait_for(qtbot, fake_daemon, messages.CopyPhotos)
    assert isinstance(asked, messages.CopyPhotos)
    assert (asked.folder, asked.move) == (b"/archive/holiday", True)


def test_the_brackets_rotate_the_selection(
    qtbot: QtBot, built: Built, fake_daemon: FakeDaemon
) -> None:
    start_work(fake_daemon, messages.RotatePhotos)
    pick(qtbot, built, 0)
    pick(qtbot, built, 1, SHIFT)
    qtbot.keyClick(grid(built), Qt.Key.Key_BracketRight, CONTROL)
    asked = wait_for(qtbot, fake_daemon, messages.RotatePhotos)
    assert isinstance(asked, messages.RotatePhotos)
    assert (asked.paths, asked.turn) == ((FIRST, SECOND), "right")


def test_copied_files_are_pasted_into_the_open_folder(
    qtbot: QtBot, built: Built, fake_daemon: FakeDaemon
) -> None:
    start_work(fake_daemon, messages.CopyPhotos)
    pick(qtbot, built, 0)
    qtbot.keyClick(grid(built), Qt.Key.Key_C, CONTROL)
    assert paths_in(QGuiApplication.clipboard().mimeData()) == [FIRST]
    qtbot.keyClick(grid(built), Qt.Key.Key_V, CONTROL)
    asked = wait_for(qtbot, fake_daemon, messages.CopyPhotos)
    assert isinstance(asked, messages.CopyPhotos)
    assert (asked.paths, asked.folder, asked.move) == ((FIRST,), FOLDER, False)


def test_files_that_were_cut_are_moved_when_pasted(
    qtbot: QtBot, built: Built, fake_daemon: FakeDaemon
) -> None:
    mime = mime_of([b"/elsewhere/a.jpg"])
    mime.setData("x-special/gnome-copied-files", b"cut\nfile:///elsewhere/a.jpg")
    QGuiApplication.clipboard().setMimeData(mime)
    start_work(fake_daemon, messages.CopyPhotos)
    qtbot.keyClick(grid(built), Qt.Key.Key_V, CONTROL)
    asked = wait_for(qtbot, fake_daemon, messages.CopyPhotos)
    assert isinstance(asked, messages.CopyPhotos)
    assert asked.move


def test_names_that_are_no_text_survive_the_clipboard() -> None:
    odd = b"/photos/caf\xe9 100% #1?.jpg"
    assert paths_in(mime_of([odd, FIRST])) == [odd, FIRST]


# ---------------------------------------------------------------- progress and undo


def test_long_work_shows_how_far_it_is_and_can_be_stopped(
    qtbot: QtBot, built: Built, fake_daemon: FakeDaemon
) -> None:
    start_work(fake_daemon, messages.RotatePhotos)
    pick(qtbot, built, 0)
    pick(qtbot, built, 3, SHIFT)
    qtbot.keyClick(grid(built), Qt.Key.Key_BracketRight, CONTROL)
    wait_for(qtbot, fake_daemon, messages.RotatePhotos)
    fake_daemon.publish(messages.FileWorkProgress(work_id=70, done=1, total=4, path=SECOND))
    strip = built.window.findChild(ProgressStrip)
    qtbot.waitUntil(strip.isVisible)
    words = [label.text() for label in strip.findChildren(QLabel)]
    assert words == ["Rotating 1 of 4 · IMG_0002.jpg"]
    qtbot.mouseClick(button(strip, "Cancel"), Qt.MouseButton.LeftButton)
    asked = wait_for(qtbot, fake_daemon, messages.FileWorkCancel)
    assert isinstance(asked, messages.FileWorkCancel)
    assert asked.work_id == 70
    finish(fake_daemon, "rotate", cancelled=True)
    qtbot.waitUntil(lambda: not strip.isVisible())
    assert "1 photo rotated · stopped" in said(built)


def test_undo_and_redo_say_what_they_would_do(
    qtbot: QtBot, built: Built, fake_daemon: FakeDaemon
) -> None:
    undo, redo = built.window.actions_by_id["edit.undo"], built.window.actions_by_id["edit.redo"]
    assert (undo.isEnabled(), redo.isEnabled()) == (False, False)
    fake_daemon.publish(messages.Journal(undo="Move 12 photos"))
    qtbot.waitUntil(undo.isEnabled)
    assert undo.text() == "Undo: move 12 photos"
    start_work(fake_daemon, messages.UndoRequest)
    qtbot.keyClick(grid(built), Qt.Key.Key_Z, CONTROL)
    wait_for(qtbot, fake_daemon, messages.UndoRequest)
    fake_daemon.publish(messages.Journal(redo="Move 12 photos"))
    finish(fake_daemon, "undo")
    qtbot.waitUntil(lambda: "Undone: move 12 photos" in said(built))
    assert (undo.isEnabled(), redo.text()) == (False, "Redo: move 12 photos")


# ---------------------------------------------------------------- other programs


def test_a_chosen_program_gets_the_photo_and_is_offered_again(
    qtbot: QtBot, built: Built, state: WindowState, tmp_path: Path
) -> None:
    told = tmp_path / "told"
    program = tmp_path / "editor"
    program.write_text(f'#!/bin/sh\nprintf %s "$1" > {told}.new\nmv {told}.new {told}\n')
    program.chmod(0o755)
    pick(qtbot, built, 0)
    built.window.findChild(OpenActions).open_with(str(program))
    qtbot.waitUntil(told.exists)
    assert told.read_bytes() == FIRST
    menu = built.window.actions_by_id["file.open_with"].menu()
    menu.aboutToShow.emit()
    assert [each.text() for each in menu.actions() if not each.isSeparator()] == [
        "Program of the desktop",
        "editor",
        "Another program…",
    ]
    assert state.organise.programs == [str(program)]


def test_a_program_that_does_not_start_is_said_so(
    qtbot: QtBot, built: Built, tmp_path: Path
) -> None:
    pick(qtbot, built, 0)
    built.window.findChild(OpenActions).open_with(str(tmp_path / "gone"))
    qtbot.waitUntil(lambda: "gone could not be opened" in said(built))


def test_after_a_deletion_the_next_photo_is_the_current_one(
    qtbot: QtBot, built: Built, fake_daemon: FakeDaemon
) -> None:
    start_work(fake_daemon, messages.TrashPhotos)
    pick(qtbot, built, 0)
    pick(qtbot, built, 1, SHIFT)
    qtbot.keyClick(grid(built), Qt.Key.Key_Delete, SHIFT)
    qtbot.mouseClick(button(built.window, "Delete"), Qt.MouseButton.LeftButton)
    wait_for(qtbot, fake_daemon, messages.TrashPhotos)
    assert grid(built).current == THIRD


def test_all_photos_are_selected_under_their_new_names(
    qtbot: QtBot, built: Built, fake_daemon: FakeDaemon
) -> None:
    pick(qtbot, built, 1)
    moved = ((b"/photos/old_1.jpg", FIRST), (b"/photos/old_2.jpg", THIRD))
    outcome = Outcome(1, "rename", tuple(old for old, _new in moved), done=2, moved=moved)
    built.window.findChild(FileWork).ended.emit(outcome)
    assert tuple(grid(built).selected) == (FIRST, THIRD)
    assert grid(built).current == FIRST


def test_a_window_that_is_built_after_the_daemon_answered_knows_what_can_be_undone(
    qtbot: QtBot, fake_daemon: FakeDaemon, client: DaemonClient
) -> None:
    fake_daemon.answer(messages.JournalRequest, lambda _: [messages.Journal(undo="Rate 3 photos")])
    work = FileWork(client)
    qtbot.waitUntil(lambda: "3 photos" in work.undo_title)
