"""A finished grade in the Edit tab: another strength, live and written anew; copied; kept."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QLineEdit
from pytestqt.qtbot import QtBot

from daemon.protocol import looks, messages
from daemon.protocol.endpoint import Folders
from daemon.protocol.values import FitReport
from rabbitviewer.looks.grade_extras import GradeExtras
from tests.fakes.daemon import FakeDaemon
from tests.fakes.filework import FIRST, SECOND, button
from tests.fakes.looks import FakeLooks, Library, open_library
from tests.fakes.window import done_job

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support raise")

GRADED = "#c08040"


@pytest.fixture
def library(
    qtbot: QtBot, qapp: QApplication, folders: Folders, fake_daemon: FakeDaemon
) -> Iterator[Library]:
    """The first photo has a finished grade, the second is its result; the Edit tab is open."""
    fakes = FakeLooks(fake_daemon, "Teal")
    fakes.colors[""] = GRADED
    library = open_library(qtbot, qapp, folders, fake_daemon, fakes)
    library.window.open_tab("edit")
    job = done_job(path=FIRST, result_path=SECOND, prompt="warm evening")
    fake_daemon.publish(messages.Jobs(jobs=(job,)))
    qtbot.waitUntil(lambda: extras(library).grade is not None)
    qtbot.waitUntil(lambda: extras(library).isVisible())
    yield library
    library.built.client.close()
    library.window.close()


def extras(library: Library) -> GradeExtras:
    return library.window.findChild(GradeExtras)


def red(library: Library) -> int:
    return library.color().red()


def test_another_strength_shows_on_the_photo(library: Library, qtbot: QtBot) -> None:
    extras(library).strength.slider.setValue(50)
    qtbot.waitUntil(lambda: abs(red(library) - (0x80 + 0xC0) // 2) <= 1)
    asked = library.looks.daemon.of(looks.LookPreviewRequest)
    assert {each.job_id for each in asked if isinstance(each, looks.LookPreviewRequest)} == {
        "job-1"
    }


def test_its_own_strength_shows_the_result_itself(library: Library, qtbot: QtBot) -> None:
    extras(library).strength.slider.setValue(50)
    qtbot.waitUntil(lambda: library.canvas.trial is not None)
    extras(library).strength.slider.setValue(100)
    assert library.canvas.trial is None


def test_the_result_stands_on_the_original_when_the_strength_changes(
    library: Library, qtbot: QtBot
) -> None:
    library.built.photo.end_compare()
    library.built.navigator.open_photo(SECOND)
    qtbot.waitUntil(lambda: library.built.photo.path == SECOND)
    library.looks.base = "#000000"
    extras(library).strength.slider.setValue(25)
    qtbot.waitUntil(lambda: abs(red(library) - 0xC0 // 4) <= 1)


def test_apply_writes_another_result_without_a_host(library: Library, qtbot: QtBot) -> None:
    extras(library).strength.slider.setValue(70)
    qtbot.mouseClick(button(extras(library), "Apply at 70 %"), Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: len(library.edits()) == 1)
    edit = library.edits()[0]
    assert (bytes(edit.path), edit.grade_of, edit.look, edit.strength) == (FIRST, "job-1", "", 0.7)


def test_the_grade_is_copied_as_it_is_shown(library: Library, qtbot: QtBot) -> None:
    extras(library).strength.slider.setValue(30)
    qtbot.mouseClick(button(extras(library), "Copy grade"), Qt.MouseButton.LeftButton)
    library.window.actions_by_id["look.paste"].trigger()
    qtbot.waitUntil(lambda: len(library.edits()) == 1)
    assert library.edits()[0].strength == 0.3


def test_the_key_copies_the_grade_as_it_is_shown(library: Library, qtbot: QtBot) -> None:
    extras(library).strength.slider.setValue(30)
    library.window.actions_by_id["look.copy"].trigger()
    library.window.actions_by_id["look.paste"].trigger()
    qtbot.waitUntil(lambda: len(library.edits()) == 1)
    assert library.edits()[0].strength == 0.3


def test_the_grade_is_kept_under_a_name_asked_in_its_card(library: Library, qtbot: QtBot) -> None:
    qtbot.mouseClick(button(extras(library), "Save look"), Qt.MouseButton.LeftButton)
    field = extras(library).save_row.findChild(QLineEdit)
    assert field.text() == "warm evening"
    qtbot.keyClick(field, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: "warm evening" in library.looks.looks.values())
    assert "saved" in library.status


def test_nothing_is_tried_while_another_tab_is_open(library: Library, qtbot: QtBot) -> None:
    extras(library).strength.slider.setValue(50)
    qtbot.waitUntil(lambda: library.canvas.trial is not None)
    library.window.open_tab("info")
    assert library.canvas.trial is None


def test_the_model_s_own_picture_is_no_grade_to_take(library: Library, qtbot: QtBot) -> None:
    fit = FitReport(model="model")
    job = done_job("job-2", path=FIRST, result_path=SECOND, fit=fit, created=1_800_000_000.0)
    library.looks.daemon.publish(messages.Jobs(jobs=(job,)))
    qtbot.waitUntil(lambda: extras(library).grade is None)
    assert not extras(library).isVisible()
