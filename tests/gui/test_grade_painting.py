"""A grade and the mask that is being painted: saved first, refused while empty."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtWidgets import QLabel, QPushButton, QToolButton
from pytestqt.qtbot import QtBot

from daemon.protocol import messages
from daemon.protocol.errors import ErrorInfo, ErrorKind
from rabbitviewer.edit.grade_panel import GradePanel
from rabbitviewer.edit.prompt_box import PromptBox
from rabbitviewer.ipc.client import DaemonClient
from rabbitviewer.models.pool import PoolModel
from rabbitviewer.models.selection import Selection
from rabbitviewer.wiring.grade_painting import GradePainting
from tests.fakes.daemon import FakeDaemon
from tests.fakes.grading import PORTRAITS, make_panel, make_slot, manifest
from tests.fakes.window import BUILTIN_HOST, BUILTIN_WORKFLOW, make_job

ONE = b"/photos/1.jpg"


class FakeMasks(QObject):
    """A painter that the test plays."""

    opening = Signal()
    opened = Signal()
    closed = Signal()
    saved = Signal(object)
    failed = Signal(object)
    empty_changed = Signal(bool)

    def __init__(self) -> None:
        super().__init__()
        self.pool_id = PORTRAITS
        self.slot = ""
        self.is_painting = False
        self.is_empty = True
        self.is_saved = True
        self.saves = 0

    def save(self) -> None:
        self.saves += 1

    def begin(self) -> None:
        self.slot, self.is_painting = "img_0001", True
        self.opened.emit()

    def stroke(self) -> None:
        self.is_empty, self.is_saved = False, False
        self.empty_changed.emit(False)

    def be_saved(self, *, painted_on: bool = False) -> None:
        self.is_saved = not painted_on
        self.saved.emit(manifest(make_slot(1)))


@pytest.fixture
def masks(qtbot: QtBot) -> FakeMasks:
    return FakeMasks()


@pytest.fixture
def painted() -> list[str]:
    """What the form asked to be painted; ``on show`` where it named no slot."""
    return []


@pytest.fixture
def panel(
    qtbot: QtBot,
    fake_daemon: FakeDaemon,
    client: DaemonClient,
    masks: FakeMasks,
    painted: list[str],
) -> GradePanel:
    """The Edit tab about a photo of the pool, a prompt typed."""
    accepted = messages.AiEditAccepted(job_id="job-1", job=make_job(state="waiting"))
    fake_daemon.answer(messages.AiEditRequest, lambda _request: [accepted])
    fake_daemon.answer(messages.PoolList, lambda _request: [manifest(make_slot(1))])
    selection, pool = Selection(), PoolModel(client)
    panel = make_panel(client, selection, pool=pool)
    GradePainting(panel, masks, painted.append, lambda: painted.append("on show"))
    qtbot.addWidget(panel)
    panel.resize(320, 900)
    panel.show()
    qtbot.waitExposed(panel)
    with qtbot.waitSignal(pool.changed):
        pool.start()
    fake_daemon.publish(messages.Hosts(hosts=(BUILTIN_HOST,)))
    fake_daemon.publish(messages.Workflows(workflows=(BUILTIN_WORKFLOW,)))
    selection.set_current(ONE)
    qtbot.keyClicks(panel.findChild(PromptBox), "warm")
    qtbot.waitUntil(run_button(panel).isEnabled)
    return panel


def run_button(panel: GradePanel) -> QPushButton:
    return next(each for each in panel.findChildren(QPushButton) if each.text().startswith("Run"))


def words(panel: GradePanel) -> str:
    return "\n".join(each.text() for each in panel.findChildren(QLabel) if each.isVisible())


def test_run_waits_for_the_first_stroke(panel: GradePanel, masks: FakeMasks) -> None:
    masks.begin()
    assert not run_button(panel).isEnabled()
    assert "Inpaint mask strokes are empty." in words(panel)
    masks.stroke()
    assert run_button(panel).isEnabled()
    assert "through its mask" in words(panel)


def test_what_is_painted_is_saved_before_the_grade_is_asked_for(
    qtbot: QtBot, panel: GradePanel, masks: FakeMasks, fake_daemon: FakeDaemon
) -> None:
    masks.begin()
    masks.stroke()
    qtbot.mouseClick(run_button(panel), Qt.MouseButton.LeftButton)
    assert (masks.saves, fake_daemon.of(messages.AiEditRequest)) == (1, [])
    masks.be_saved()
    qtbot.waitUntil(lambda: len(fake_daemon.of(messages.AiEditRequest)) == 1)
    assert fake_daemon.of(messages.AiEditRequest)[0].slot == "img_0001"


def test_a_stroke_during_the_saving_is_saved_too(
    qtbot: QtBot, panel: GradePanel, masks: FakeMasks, fake_daemon: FakeDaemon
) -> None:
    masks.begin()
    masks.stroke()
    qtbot.mouseClick(run_button(panel), Qt.MouseButton.LeftButton)
    masks.be_saved(painted_on=True)
    assert (masks.saves, fake_daemon.of(messages.AiEditRequest)) == (2, [])
    masks.be_saved(painted_on=True)
    qtbot.waitUntil(lambda: len(fake_daemon.of(messages.AiEditRequest)) == 1)


def test_a_mask_that_cannot_be_saved_is_told_and_nothing_is_graded(
    qtbot: QtBot, panel: GradePanel, masks: FakeMasks, fake_daemon: FakeDaemon
) -> None:
    masks.begin()
    masks.stroke()
    qtbot.mouseClick(run_button(panel), Qt.MouseButton.LeftButton)
    masks.failed.emit(ErrorInfo(ErrorKind.DISK_FULL, "The disk is full.", "Make room."))
    assert "The disk is full." in words(panel)
    masks.be_saved()
    assert fake_daemon.of(messages.AiEditRequest) == []


def test_when_painting_ends_the_saved_mask_counts(panel: GradePanel, masks: FakeMasks) -> None:
    masks.begin()
    masks.slot, masks.is_painting = "", False
    masks.closed.emit()
    assert run_button(panel).isEnabled()
    assert "through its mask" not in words(panel)


def test_the_brush_paints_the_photos_slot(
    qtbot: QtBot, panel: GradePanel, painted: list[str]
) -> None:
    brushes = panel.findChildren(QToolButton)
    brush = next(each for each in brushes if each.accessibleName() == "Paint the mask")
    qtbot.mouseClick(brush, Qt.MouseButton.LeftButton)
    assert painted == ["img_0001"]
