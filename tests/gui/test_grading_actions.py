"""Which photos the keys mean when they ask for a grade."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtWidgets import QApplication, QComboBox
from pytestqt.qtbot import QtBot

from daemon.protocol.endpoint import Folders
from rabbitviewer.composition import Built, build
from rabbitviewer.edit.grade_panel import GradePanel
from rabbitviewer.edit.prompt_box import PromptBox
from rabbitviewer.edit.subject import POOL
from rabbitviewer.shell.state import WindowState
from rabbitviewer.theme.theme import Theme
from tests.fakes.daemon import FakeDaemon


@pytest.fixture
def built(
    qtbot: QtBot, qapp: QApplication, folders: Folders, fake_daemon: FakeDaemon
) -> Iterator[Built]:
    """The whole window, with everything that is built after the first picture."""
    built = build(folders, WindowState(), Theme(qapp, "dark"), launch=lambda _folders: None)
    qtbot.addWidget(built.window)
    built.later.finish()
    built.window.show()
    qtbot.waitExposed(built.window)
    yield built
    built.client.close()
    built.window.close()


def source(built: Built) -> str:
    boxes = built.window.findChildren(QComboBox)
    return next(each.currentText() for each in boxes if each.accessibleName() == "Source")


def test_the_whole_pool_is_offered_by_its_action(built: Built) -> None:
    built.window.actions_by_id["pool.grade_all"].trigger()
    assert built.window.side.tab == "edit"
    assert source(built) == "Whole pool"
    assert built.window.findChild(PromptBox).hasFocus()


def test_a_grade_asked_for_beside_the_photos_means_them(built: Built) -> None:
    built.window.findChild(GradePanel).choose_source(POOL)
    built.grid.setFocus()
    built.window.actions_by_id["edit.grade"].trigger()
    assert source(built) == "Selection"


def test_a_grade_asked_for_in_the_edit_tab_keeps_its_source(built: Built) -> None:
    built.window.actions_by_id["pool.grade_all"].trigger()
    built.window.actions_by_id["edit.grade"].trigger()
    assert source(built) == "Whole pool"
