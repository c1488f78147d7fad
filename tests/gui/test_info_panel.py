"""The Info tab: what is known of the current photo, in words."""

from __future__ import annotations

import json

import msgspec
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QLabel, QPushButton, QToolButton
from pytestqt.qtbot import QtBot

from daemon.protocol import messages
from daemon.protocol.errors import ErrorInfo, ErrorKind
from daemon.protocol.values import PhotoMarks
from rabbitviewer.ipc.client import DaemonClient
from rabbitviewer.models.listing import ListingModel
from rabbitviewer.models.marks import MarksModel
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
        "lens": "XF33mmF1.4",
        "f_number": "f/2.8",
        "exposure": "1/250 s",
        "iso": "400",
        "gps": "54.573100, -13.662700",
        "creator": "Jana Weber",
        "recipe": json.dumps({"prompt": "moody", "workflow": "builtin", "seed": 7, "ai": False}),
        "unheard_of": "value",
    },
)


@pytest.fixture
def selection(qtbot: QtBot) -> Selection:
    return Selection()


@pytest.fixture
def panel(qtbot: QtBot, client: DaemonClient, selection: Selection) -> InfoPanel:
    panel = InfoPanel(client, selection, MarksModel(client, ListingModel(client)))
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
    qtbot.waitUntil(lambda: "Adobe RGB" in words(panel))
    shown = words(panel)
    assert "6000 × 4000 (24.0 MP)" in shown
    assert "Adobe RGB" in shown
    assert "FUJIFILM X-T5" in shown
    assert "XF33mmF1.4" in shown
    assert "1/250\u00a0s · f/2.8 · ISO\u00a0400" in shown
    assert "54.57310° N, 13.66270° W" in shown
    assert "Jana Weber" in shown


def test_the_name_is_said_before_the_facts_are_known(
    qtbot: QtBot, panel: InfoPanel, fake_daemon: FakeDaemon, selection: Selection
) -> None:
    fake_daemon.answer(messages.PhotoInfoRequest, lambda _request: [])
    selection.set_current(PHOTO)
    qtbot.waitUntil(lambda: "IMG_0001.jpg" in words(panel))


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
    qtbot.waitUntil(lambda: bool(fake_daemon.of(messages.PhotoInfoRequest)))
    qtbot.waitUntil(lambda: "IMG_0001.jpg" in words(panel))
    assert [bytes(each.path) for each in fake_daemon.of(messages.PhotoInfoRequest)] == [PHOTO]


# ---------------------------------------------------------------- marks

SECOND = b"/photos/IMG_0002.jpg"
SAID = {
    PHOTO: PhotoMarks(path=PHOTO, rating=3, label="red", title="Sea", keywords=("dusk", "sea")),
    SECOND: PhotoMarks(path=SECOND, rating=5, label="red", keywords=("sea",)),
}


@pytest.fixture
def said(fake_daemon: FakeDaemon) -> None:
    """A daemon that knows what is said of two photos."""

    def marks(request: messages.Message) -> list[messages.Message]:
        assert isinstance(request, messages.MarksRequest)
        return [messages.Marks(marks=tuple(SAID[bytes(path)] for path in request.paths))]

    fake_daemon.answer(messages.PhotoInfoRequest, lambda _request: [INFO])
    fake_daemon.answer(messages.MarksRequest, marks)
    fake_daemon.answer(messages.SetMarks, lambda _request: [messages.MarksSet(changed=1)])


def chips(panel: InfoPanel) -> list[str]:
    every = panel.widget().findChildren(QPushButton)
    return [each.text() for each in every if each.property("keyword") and not each.isHidden()]


@pytest.mark.usefixtures("said")
def test_a_press_on_a_star_rates_the_photo(
    qtbot: QtBot, panel: InfoPanel, fake_daemon: FakeDaemon, selection: Selection
) -> None:
    selection.set_current(PHOTO)
    stars = panel.marks.stars
    qtbot.waitUntil(lambda: stars.toolTip() == "3 stars")
    qtbot.mouseClick(stars, Qt.MouseButton.LeftButton, pos=stars.box(4, 4).center())
    qtbot.waitUntil(lambda: stars.toolTip() == "5 stars")
    qtbot.waitUntil(lambda: bool(fake_daemon.of(messages.SetMarks)))
    request = fake_daemon.of(messages.SetMarks)[0]
    assert (request.rating, request.label, request.flag) == (5, None, None)


@pytest.mark.usefixtures("said")
def test_several_photos_show_what_they_share_and_say_mixed(
    qtbot: QtBot, panel: InfoPanel, selection: Selection
) -> None:
    selection.set_selected((PHOTO, SECOND))
    qtbot.waitUntil(lambda: "2 photos" in words(panel))
    assert panel.marks.stars.toolTip() == "Mixed ratings"
    assert panel.marks.dots.toolTip() == "Red"
    assert panel.marks.title.placeholderText() == "Mixed"
    qtbot.waitUntil(lambda: chips(panel) == ["sea", "dusk · 1 of 2"])


@pytest.mark.usefixtures("said")
def test_a_keyword_of_some_is_given_to_all_by_a_press(
    qtbot: QtBot, panel: InfoPanel, fake_daemon: FakeDaemon, selection: Selection
) -> None:
    selection.set_selected((PHOTO, SECOND))
    qtbot.waitUntil(lambda: len(chips(panel)) == 2)
    every = panel.widget().findChildren(QPushButton)
    next(each for each in every if each.property("keyword") == "dusk").click()
    qtbot.waitUntil(lambda: chips(panel) == ["dusk", "sea"])
    qtbot.waitUntil(lambda: bool(fake_daemon.of(messages.SetMarks)))
    request = fake_daemon.of(messages.SetMarks)[0]
    assert request.add_keywords == ("dusk",)
    assert [bytes(path) for path in request.paths] == [PHOTO, SECOND]


@pytest.mark.usefixtures("said")
def test_typed_keywords_are_added_at_the_commas(
    qtbot: QtBot, panel: InfoPanel, fake_daemon: FakeDaemon, selection: Selection
) -> None:
    selection.set_current(PHOTO)
    qtbot.waitUntil(lambda: len(chips(panel)) == 2)
    qtbot.keyClicks(panel.marks.chips.line, "night, Animals | Gulls")
    qtbot.keyClick(panel.marks.chips.line, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: "Animals › Gulls" in chips(panel))
    qtbot.waitUntil(lambda: bool(fake_daemon.of(messages.SetMarks)))
    assert fake_daemon.of(messages.SetMarks)[0].add_keywords == ("night", "Animals|Gulls")


@pytest.mark.usefixtures("said")
def test_a_title_is_said_of_the_photo_it_was_typed_for(
    qtbot: QtBot, panel: InfoPanel, fake_daemon: FakeDaemon, selection: Selection
) -> None:
    selection.set_current(PHOTO)
    qtbot.waitUntil(lambda: panel.marks.title.text() == "Sea")
    panel.marks.title.selectAll()
    qtbot.keyClicks(panel.marks.title, "Cliffs")
    selection.set_current(SECOND)
    qtbot.waitUntil(lambda: bool(fake_daemon.of(messages.SetMarks)))
    request = fake_daemon.of(messages.SetMarks)[0]
    assert (request.title, [bytes(path) for path in request.paths]) == ("Cliffs", [PHOTO])
    qtbot.waitUntil(lambda: panel.marks.title.text() == "")


@pytest.mark.usefixtures("said")
def test_coordinates_are_copied(qtbot: QtBot, panel: InfoPanel, selection: Selection) -> None:
    selection.set_current(PHOTO)
    qtbot.waitUntil(lambda: "54.57310° N, 13.66270° W" in words(panel))
    buttons = panel.widget().findChildren(QToolButton)
    next(each for each in buttons if each.toolTip() == "Copy the coordinates").click()
    assert QGuiApplication.clipboard().text() == "54.573100, -13.662700"


def test_a_position_of_nought_is_no_place(
    qtbot: QtBot, panel: InfoPanel, fake_daemon: FakeDaemon, selection: Selection
) -> None:
    unset = msgspec.structs.replace(INFO, metadata={**INFO.metadata, "gps": "0.0, 0.0"})
    fake_daemon.answer(messages.PhotoInfoRequest, lambda _request: [unset])
    selection.set_current(PHOTO)
    qtbot.waitUntil(lambda: "Adobe RGB" in words(panel))
    assert not [each for each in words(panel) if "° N" in each]
