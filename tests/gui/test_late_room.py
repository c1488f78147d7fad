"""What is built after the first picture waits for pixels, but never for the user."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from rabbitviewer.shell.late_room import LateSteps


class Building:
    """Three steps, and whether pixels are waited for."""

    def __init__(self, parent: QWidget) -> None:
        self.built: list[int] = []
        self.waiting = True
        steps = [lambda number=number: self.built.append(number) for number in range(3)]
        self.later = LateSteps(steps, lambda: self.waiting, parent)


@pytest.fixture
def room(qtbot: QtBot) -> QWidget:
    room = QWidget()
    qtbot.addWidget(room)
    return room


@pytest.fixture
def building(room: QWidget) -> Building:
    return Building(room)


def test_the_first_step_does_not_wait_for_pixels(qtbot: QtBot, building: Building) -> None:
    building.later.begin()
    qtbot.waitUntil(lambda: building.built == [0])


def test_the_others_follow_once_the_pixels_have_come(qtbot: QtBot, building: Building) -> None:
    building.later.begin()
    qtbot.waitUntil(lambda: building.built == [0])
    building.waiting = False
    qtbot.waitUntil(lambda: building.built == [0, 1, 2])


def test_a_key_finds_everything_built(qtbot: QtBot, building: Building, room: QWidget) -> None:
    building.later.begin()
    qtbot.keyClick(room, Qt.Key.Key_K)
    assert building.built == [0, 1, 2]


def test_once_all_is_built_events_are_left_alone(
    qtbot: QtBot, qapp: QApplication, building: Building, room: QWidget
) -> None:
    building.later.begin()
    building.later.finish()
    qtbot.keyClick(room, Qt.Key.Key_K)
    assert building.built == [0, 1, 2]
