"""Every action does something, and every key does one thing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import pytest
from PySide6.QtCore import SIGNAL
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from daemon.protocol.endpoint import Folders
from rabbitviewer.actions import action_specs
from rabbitviewer.composition import Built, build
from rabbitviewer.shell.state import WindowState
from rabbitviewer.theme.theme import Theme
from tests.fakes.daemon import FakeDaemon

IDS = [spec.id for spec in action_specs()]


@pytest.fixture
def built(
    qtbot: QtBot, qapp: QApplication, folders: Folders, fake_daemon: FakeDaemon
) -> Iterator[Built]:
    """The whole window, with everything that is built after the first picture."""
    built = build(folders, WindowState(), Theme(qapp, "dark"), launch=lambda _folders: None)
    qtbot.addWidget(built.window)
    built.later.finish()
    yield built
    built.client.close()
    built.window.close()


def test_every_action_has_a_receiver(built: Built) -> None:
    actions = built.window.actions_by_id
    deaf = [each for each in IDS if not actions[each].receivers(SIGNAL("triggered(bool)"))]
    assert deaf == []


@pytest.mark.parametrize("mask_only", [False, True])
def test_no_two_actions_share_a_key(built: Built, mask_only: bool) -> None:
    actions = built.window.actions_by_id
    there = [spec.id for spec in action_specs() if spec.mask_only == mask_only]
    keys = Counter(key.toString() for action_id in there for key in actions[action_id].shortcuts())
    assert {key for key, count in keys.items() if count > 1} == set()


def test_every_key_is_one_that_qt_knows() -> None:
    keys = [key for spec in action_specs() for key in spec.keys]
    assert [key for key in keys if not QKeySequence(key).toString()] == []
