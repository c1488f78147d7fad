"""The Info tab: what is known of the current photo, in words."""

from __future__ import annotations

import json

import pytest
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from daemon.protocol import messages
from daemon.protocol.errors import ErrorInfo, ErrorKind
from rabbitviewer.ipc.client import DaemonClient
from rabbitviewer.models.selection import Selection
from rabbitviewer.view.info_panel import InfoPanel
from tests.fakes.daemon import FakeDaemon
from tests.fakes.window import PHOTO

INFO = messages.PhotoInfo(
    path=PHOTO,
    format="jpeg",
    width_px=6000,
    height_px=4000,
    size_bytes=8_000_000,
    bit_depth=8,
    channels=3,
    color_space="adobe-rgb",
    icc_description="",
    orientation=1,
    has_alpha=False,
    metadata={
        "camera": "FUJIFILM X-T5",
        "f_number": "f/2.8",
        "keywords": "sea; dusk",
        "recipe": json.dumps({"prompt": "moody", "workflow": "builtin", "seed": 7, "ai": False}),
        "unheard_of": "value",
    },
)


@pytest.fixture
def selection(qtbot: QtBot) -> Selection:
    return Selection()


@pytest.fixture
def panel(qtbot: QtBot, client: DaemonClient, selection: Selection) -> InfoPanel:
    panel = InfoPanel(client, selection)
    qtbot.addWidget(panel)
    panel.show()
    qtbot.waitExposed(panel)
    return panel


def words(panel: InfoPanel) -> list[str]:
    return [each.text() for each in panel.widget().findChildren(QLabel)]


def test_facts_are_shown_in_words(
    qtbot: QtBot, panel: InfoPanel, fake_daemon: FakeDaemon, selection: Selection
) -> None:
    fake_daemon.answer(messages.PhotoInfoRequest, lambda _request: [INFO])
    selection.set_current(PHOTO)
    qtbot.waitUntil(lambda: "IMG_0001.jpg" in words(panel))
    shown = words(panel)
    assert "6000 × 4000 (24.0 MP)" in shown
    assert "Adobe RGB" in shown
    assert "FUJIFILM X-T5" in shown
    assert "sea; dusk" in shown


def test_a_result_says_how_it_was_made(
    qtbot: QtBot, panel: InfoPanel, fake_daemon: FakeDaemon, selection: Selection
) -> None:
    fake_daemon.answer(messages.PhotoInfoRequest, lambda _request: [INFO])
    selection.set_current(PHOTO)
    qtbot.waitUntil(lambda: "Made with RabbitViewer" in words(panel))
    assert "moody" in words(panel)


def test_metadata_without_a_place_of_its_own_is_kept_in_a_fold(
    qtbot: QtBot, panel: InfoPanel, fake_daemon: FakeDaemon, selection: Selection
) -> None:
    fake_daemon.answer(messages.PhotoInfoRequest, lambda _request: [INFO])
    selection.set_current(PHOTO)
    qtbot.waitUntil(lambda: "unheard_of" in words(panel))


def test_a_photo_that_cannot_be_read_says_why(
    qtbot: QtBot, panel: InfoPanel, fake_daemon: FakeDaemon, selection: Selection
) -> None:
    error = ErrorInfo(ErrorKind.UNREADABLE, "IMG_0001.jpg is cut off.", "Copy it again.")
    fake_daemon.answer(messages.PhotoInfoRequest, lambda _: [messages.Failed(error=error)])
    selection.set_current(PHOTO)
    qtbot.waitUntil(lambda: "IMG_0001.jpg is cut off." in words(panel))
    assert "Copy it again." in words(panel)


def test_photos_that_are_passed_by_are_not_asked_for(
    qtbot: QtBot, panel: InfoPanel, fake_daemon: FakeDaemon, selection: Selection
) -> None:
    fake_daemon.answer(messages.PhotoInfoRequest, lambda _request: [INFO])
    selection.set_current(b"/photos/passed.jpg")
    selection.set_current(PHOTO)
    qtbot.waitUntil(lambda: "IMG_0001.jpg" in words(panel))
    assert [bytes(each.path) for each in fake_daemon.of(messages.PhotoInfoRequest)] == [PHOTO]
