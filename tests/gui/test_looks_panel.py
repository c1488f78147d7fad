"""The Looks tab under a user's hands: try, apply, rename, delete, save, import, search."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QApplication, QLabel, QLineEdit
from pytestqt.qtbot import QtBot

from daemon.protocol import looks, messages
from daemon.protocol.endpoint import Folders
from rabbitviewer.looks.batch_strip import BatchStrip
from rabbitviewer.looks.look_actions import LookActions
from rabbitviewer.looks.save_row import SaveRow
from rabbitviewer.organise.files_urls import mime_of
from rabbitviewer.pool.label_field import LabelField
from tests.fakes.daemon import FakeDaemon
from tests.fakes.filework import FIRST, SECOND, THIRD
from tests.fakes.looks import FakeLooks, Library, open_library
from tests.fakes.window import done_job

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support raise")

Key = Qt.Key
NAMES = ("Dusk", "Silver", "Teal")


@pytest.fixture
def fake_looks(fake_daemon: FakeDaemon) -> FakeLooks:
    return FakeLooks(fake_daemon, *NAMES)


@pytest.fixture
def library(
    qtbot: QtBot,
    qapp: QApplication,
    folders: Folders,
    fake_daemon: FakeDaemon,
    fake_looks: FakeLooks,
) -> Iterator[Library]:
    library = open_library(qtbot, qapp, folders, fake_daemon, fake_looks)
    yield library
    library.built.client.close()
    library.window.close()


@pytest.fixture
def empty_library(
    qtbot: QtBot, qapp: QApplication, folders: Folders, fake_daemon: FakeDaemon
) -> Iterator[Library]:
    library = open_library(qtbot, qapp, folders, fake_daemon, FakeLooks(fake_daemon))
    yield library
    library.built.client.close()
    library.window.close()


def is_color(library: Library, red: int, green: int, blue: int) -> bool:
    """Whether the photo is painted in this colour, to within a level."""
    seen = library.color()
    return max(abs(seen.red() - red), abs(seen.green() - green), abs(seen.blue() - blue)) <= 1


def finish_a_grade(library: Library) -> None:
    """Let the photo on show have a finished grade."""
    job = done_job(path=FIRST, result_path=SECOND, prompt="warm evening")
    event = messages.AiEditComplete(job_id="job-1", path=FIRST, result_path=SECOND, job=job)
    library.looks.daemon.publish(event)
    library.qtbot.waitUntil(lambda: library.window.actions_by_id["look.save"].isEnabled())


# ------------------------------------------------------------------ looking


def test_every_look_shows_the_photo_on_show(library: Library, qtbot: QtBot) -> None:
    def all_are_there() -> bool:
        pictures = library.grid._pictures  # pyright: ignore[reportPrivateUsage]
        return all(pictures.picture(each.look_id) for each in library.grid.shown)

    qtbot.waitUntil(all_are_there)
    asked = library.looks.daemon.of(looks.LookThumbnailsRequest)[-1]
    assert isinstance(asked, looks.LookThumbnailsRequest)
    assert bytes(asked.path) == FIRST
    assert len(asked.look_ids) == len(NAMES)


def test_without_a_photo_the_tab_says_what_is_missing(library: Library) -> None:
    library.panel.set_photo(b"")
    texts = [each.text() for each in library.panel.findChildren(QLabel) if each.isVisible()]
    assert "Choose a photo to see it under the looks." in texts


def test_nothing_is_asked_while_another_tab_is_open(library: Library, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: bool(library.looks.daemon.of(looks.LookThumbnailsRequest)))
    library.window.open_tab("info")
    before = len(library.looks.daemon.of(looks.LookThumbnailsRequest))
    library.built.navigator.open_photo(SECOND)
    qtbot.waitUntil(lambda: library.built.photo.path == SECOND)
    timer = library.grid._want_timer  # pyright: ignore[reportPrivateUsage]
    qtbot.waitUntil(lambda: not timer.isActive())
    assert len(library.looks.daemon.of(looks.LookThumbnailsRequest)) == before


def test_an_empty_library_says_what_to_do(empty_library: Library) -> None:
    words = empty_library.panel.empty.accessibleDescription()
    assert empty_library.panel.empty.isVisible()
    assert "Ctrl+Alt+S" in words
    assert ".cube" in words


def test_a_look_of_another_window_appears(library: Library, qtbot: QtBot) -> None:
    library.looks.looks["f" * 32] = "Autumn"
    library.looks.daemon.publish(library.looks.answer())
    qtbot.waitUntil(lambda: "Autumn" in [each.name for each in library.grid.shown])


# ------------------------------------------------------------------ trying


def test_a_click_shows_the_look_on_the_photo(library: Library, qtbot: QtBot) -> None:
    library.looks.colors[library.looks.id_of("Teal")] = "#0080c0"
    library.click("Teal")
    qtbot.waitUntil(lambda: is_color(library, 0x00, 0x80, 0xC0))
    assert library.panel.footer.isVisible()


def test_the_slider_blends_without_asking_anything_more(library: Library, qtbot: QtBot) -> None:
    library.looks.colors[library.looks.id_of("Teal")] = "#0080c0"
    library.click("Teal")
    qtbot.waitUntil(lambda: is_color(library, 0x00, 0x80, 0xC0))
    asked = len(library.looks.daemon.of(looks.LookPreviewRequest))
    library.panel.footer.strength.slider.setValue(50)
    assert is_color(library, 0x40, 0x80, 0xA0)
    library.panel.footer.strength.slider.setValue(0)
    assert is_color(library, 0x80, 0x80, 0x80)
    assert len(library.looks.daemon.of(looks.LookPreviewRequest)) == asked


def test_more_than_the_whole_look_lies_towards_the_stronger_picture(
    library: Library, qtbot: QtBot
) -> None:
    library.looks.colors[library.looks.id_of("Teal")] = "#004080"
    library.looks.more = "#008000"
    library.click("Teal")
    library.panel.footer.strength.slider.setValue(125)
    qtbot.waitUntil(lambda: is_color(library, 0x00, 0x60, 0x40))


def test_the_pointer_on_a_look_shows_it_as_long_as_it_rests_there(
    library: Library, qtbot: QtBot
) -> None:
    library.looks.colors[library.looks.id_of("Dusk")] = "#202060"
    library.grid.hover_changed.emit(library.looks.id_of("Dusk"))
    qtbot.waitUntil(lambda: is_color(library, 0x20, 0x20, 0x60))
    library.grid.hover_changed.emit("")
    assert is_color(library, 0x80, 0x80, 0x80)


def test_the_original_is_seen_while_its_key_is_held_on_the_looks(
    library: Library, qtbot: QtBot
) -> None:
    library.click("Teal")
    qtbot.waitUntil(lambda: library.canvas.trial is not None)
    qtbot.keyPress(library.grid, Key.Key_Backslash)
    assert library.canvas.holding
    qtbot.keyRelease(library.grid, Key.Key_Backslash)
    assert not library.canvas.holding


def test_end_goes_to_the_last_look_from_anywhere(library: Library) -> None:
    library.press(Key.Key_End)
    assert library.grid.chosen == library.looks.id_of("Teal")


def test_escape_ends_the_trial_before_it_leaves_the_tab(library: Library, qtbot: QtBot) -> None:
    library.press(Key.Key_Right, Key.Key_Right)
    assert library.grid.chosen == library.looks.id_of("Silver")
    library.press(Key.Key_Escape)
    assert library.grid.chosen == ""
    assert library.canvas.trial is None
    assert library.grid.hasFocus()


def test_the_next_photo_keeps_the_look_that_is_tried(library: Library, qtbot: QtBot) -> None:
    library.looks.colors[library.looks.id_of("Teal")] = "#0080c0"
    library.click("Teal")
    library.built.navigator.step(1)
    qtbot.waitUntil(
        lambda: library.canvas.trial is not None and library.canvas.trial.path == SECOND
    )
    qtbot.waitUntil(lambda: is_color(library, 0x00, 0x80, 0xC0))


# ------------------------------------------------------------------ onto photos


def test_enter_puts_the_look_on_the_photo(library: Library, qtbot: QtBot) -> None:
    library.press(Key.Key_Right, Key.Key_Return)
    qtbot.waitUntil(lambda: len(library.edits()) == 1)
    edit = library.edits()[0]
    assert (bytes(edit.path), edit.look) == (FIRST, library.looks.id_of("Dusk"))


def test_the_button_puts_it_on_all_that_is_selected(library: Library, qtbot: QtBot) -> None:
    library.select(FIRST, SECOND, THIRD)
    library.click("Teal")
    library.panel.footer.strength.slider.setValue(70)
    assert library.button_words() == "Apply to 3 photos"
    library.panel.footer.apply_pressed.emit()
    qtbot.waitUntil(lambda: len(library.edits()) == 3)
    assert {bytes(each.path) for each in library.edits()} == {FIRST, SECOND, THIRD}
    assert {each.strength for each in library.edits()} == {0.7}


def test_what_is_applied_takes_the_place_of_an_earlier_result(
    library: Library, qtbot: QtBot
) -> None:
    photo = library.built.photo
    library.built.navigator.compare(FIRST, SECOND)
    qtbot.waitUntil(lambda: photo.comparing and photo.path == SECOND)
    library.click("Teal")
    library.press(Key.Key_Return)
    qtbot.waitUntil(lambda: len(library.edits()) == 1)
    library.looks.finish("look-1", library.edits()[0], result_path=THIRD)
    qtbot.waitUntil(lambda: photo.comparing and photo.path == THIRD)


def test_the_next_trial_begins_with_the_whole_look(library: Library) -> None:
    library.click("Teal")
    library.panel.footer.strength.slider.setValue(40)
    library.press(Key.Key_Escape)
    library.click("Dusk")
    assert library.panel.footer.strength.strength == 1.0


def test_the_keys_stay_in_the_tab_when_the_trial_ends(library: Library, qtbot: QtBot) -> None:
    library.click("Teal")
    library.panel.footer.strength.slider.setFocus()
    library.panel.footer.close_pressed.emit()
    assert library.window.focusWidget() is library.grid


def test_a_copied_look_is_pasted_with_its_strength(library: Library, qtbot: QtBot) -> None:
    library.click("Teal")
    library.panel.footer.strength.slider.setValue(40)
    library.window.actions_by_id["look.copy"].trigger()
    library.press(Key.Key_Escape)
    library.built.navigator.step(1)
    library.window.actions_by_id["look.paste"].trigger()
    qtbot.waitUntil(lambda: len(library.edits()) == 1)
    edit = library.edits()[0]
    assert (bytes(edit.path), edit.strength) == (SECOND, 0.4)


def test_the_grade_of_a_finished_job_is_copied(library: Library, qtbot: QtBot) -> None:
    finish_a_grade(library)
    library.window.actions_by_id["look.copy"].trigger()
    library.window.actions_by_id["look.paste"].trigger()
    qtbot.waitUntil(lambda: len(library.edits()) == 1)
    assert (library.edits()[0].look, library.edits()[0].grade_of) == ("", "job-1")


# ------------------------------------------------------------------ the library


def test_f2_renames_in_place(library: Library, qtbot: QtBot) -> None:
    library.press(Key.Key_Right, Key.Key_F2)
    field = library.grid.findChild(LabelField)
    field.setText("Blue hour")
    qtbot.keyClick(field, Key.Key_Return)
    qtbot.waitUntil(lambda: "Blue hour" in library.looks.looks.values())
    assert library.grid.hasFocus()


def test_a_deleted_look_comes_back_by_undo(library: Library, qtbot: QtBot) -> None:
    library.press(Key.Key_Right, Key.Key_Delete)
    qtbot.waitUntil(lambda: "Dusk" not in library.looks.looks.values())
    assert "Dusk" in library.status
    library.offer()
    qtbot.waitUntil(lambda: "Dusk" in [each.name for each in library.grid.shown])


def test_undo_in_the_tab_brings_back_what_was_deleted_there(library: Library, qtbot: QtBot) -> None:
    library.click("Silver")
    library.press(Key.Key_Delete)
    qtbot.waitUntil(lambda: [each.name for each in library.grid.shown] == ["Dusk", "Teal"])
    qtbot.keyClick(library.grid, Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(lambda: [each.name for each in library.grid.shown] == list(NAMES))
    assert library.status == "Look “Silver” is back"


def test_a_name_that_is_refused_is_taken_back(library: Library, qtbot: QtBot) -> None:
    library.looks.refuses = True
    library.press(Key.Key_End, Key.Key_F2)
    field = library.grid.findChild(LabelField)
    field.setText("Other")
    qtbot.keyClick(field, Key.Key_Return)
    qtbot.waitUntil(lambda: "no such look" in library.status)
    qtbot.waitUntil(lambda: [each.name for each in library.grid.shown] == list(NAMES))


def test_a_grade_becomes_a_look_under_a_name_asked_in_place(library: Library, qtbot: QtBot) -> None:
    assert not library.window.actions_by_id["look.save"].isEnabled()
    finish_a_grade(library)
    library.window.actions_by_id["look.save"].trigger()
    field = library.panel.save_row.findChild(QLineEdit)
    assert field.text() == "warm evening"
    field.setText("Evening")
    qtbot.keyClick(field, Key.Key_Return)
    qtbot.waitUntil(lambda: "Evening" in [each.name for each in library.grid.shown])
    saved = library.looks.daemon.of(looks.LookSave)[0]
    assert isinstance(saved, looks.LookSave)
    assert (saved.job_id, saved.name) == ("job-1", "Evening")


def test_of_a_long_prompt_the_first_words_are_suggested(qtbot: QtBot) -> None:
    row = SaveRow()
    qtbot.addWidget(row)
    row.ask("warm golden evening light, like an old film stock with teal shadows")
    field = row.findChild(QLineEdit)
    assert field.selectedText() == field.text() == "warm golden evening light, like an old"
    assert field.cursorPosition() == 0


def test_escape_leaves_the_name_alone(library: Library, qtbot: QtBot) -> None:
    finish_a_grade(library)
    library.window.actions_by_id["look.save"].trigger()
    row = library.panel.findChild(SaveRow)
    qtbot.keyClick(row.findChild(QLineEdit), Key.Key_Escape)
    assert row.isHidden()
    assert not library.looks.daemon.of(looks.LookSave)


def test_a_lut_that_is_dropped_becomes_a_look(empty_library: Library, qtbot: QtBot) -> None:
    drop(empty_library, mime_of([b"/luts/Film.cube", b"/luts/notes.txt"]))
    qtbot.waitUntil(lambda: "Film" in [each.name for each in empty_library.grid.shown])
    assert len(empty_library.looks.daemon.of(looks.LookSave)) == 1


def test_of_several_luts_the_end_is_told_once_with_what_was_wrong(
    empty_library: Library, qtbot: QtBot
) -> None:
    drop(empty_library, mime_of([b"/luts/Film.cube", b"/luts/damaged.cube", b"/luts/Warm.cube"]))
    qtbot.waitUntil(lambda: "2 looks saved · The LUT is damaged." in empty_library.status)
    assert [each.name for each in empty_library.grid.shown] == ["Film", "Warm"]


def test_a_long_library_can_be_searched(
    qtbot: QtBot, qapp: QApplication, folders: Folders, fake_daemon: FakeDaemon
) -> None:
    names = [f"Wedding {n:02}" for n in range(14)]
    fakes = FakeLooks(fake_daemon, "Silver", *names)
    library = open_library(qtbot, qapp, folders, fake_daemon, fakes)
    field = library.panel._search  # pyright: ignore[reportPrivateUsage]
    assert field.isVisible()
    field.setText("silv")
    assert [each.name for each in library.grid.shown] == ["Silver"]
    library.built.client.close()
    library.window.close()


def test_the_menu_offers_the_selection_and_both_files(library: Library) -> None:
    library.click("Teal")
    menu = library.window.findChild(LookActions).make_menu()
    words = [each.text().partition("\t")[0] for each in menu.actions()]
    assert {"Apply", "Rename", "Delete", "Export as .cube…", "Export as Hald PNG…"} <= set(words)
    menu.deleteLater()


def drop(library: Library, mime: QMimeData) -> None:
    """Drop *mime* on the tab."""
    copy, left, plain = (
        Qt.DropAction.CopyAction,
        Qt.MouseButton.LeftButton,
        Qt.KeyboardModifier.NoModifier,
    )
    entering = QDragEnterEvent(QPoint(40, 200), copy, mime, left, plain)
    QApplication.sendEvent(library.panel, entering)
    QApplication.sendEvent(library.panel, QDropEvent(QPointF(40, 200), copy, mime, left, plain))


def test_the_end_of_one_of_many_is_not_told_alone(library: Library, qtbot: QtBot) -> None:
    library.built.navigator.open_folder(b"/photos")
    library.select(FIRST, SECOND, THIRD)
    library.click("Teal")
    library.panel.footer.apply_pressed.emit()
    qtbot.waitUntil(lambda: len(library.edits()) == 3)
    strip = library.window.findChild(BatchStrip)
    qtbot.waitUntil(strip.isVisible)
    library.looks.finish("look-1", library.edits()[0])
    qtbot.waitUntil(lambda: "1 done" in strip.words)
    assert "is graded" not in library.status
