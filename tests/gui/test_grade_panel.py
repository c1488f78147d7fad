"""The grade panel: from a prompt to a result, or to an error in words."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QInputMethodEvent
from PySide6.QtWidgets import (
    QApplication,
    QComboBox,
    QLabel,
    QLineEdit,
    QPushButton,
    QSlider,
    QSpinBox,
)
from pytestqt.qtbot import QtBot

from daemon.protocol import messages
from daemon.protocol.errors import ErrorInfo, ErrorKind
from rabbitviewer.edit.grade_panel import GradePanel
from rabbitviewer.edit.prompt_box import PromptBox
from rabbitviewer.ipc.client import DaemonClient
from rabbitviewer.models.selection import Selection
from tests.fakes.daemon import FakeDaemon
from tests.fakes.grading import make_panel
from tests.fakes.window import (
    BUILTIN_HOST,
    BUILTIN_WORKFLOW,
    KONTEXT,
    PHOTO,
    RESULT,
    STUDIO,
    done_job,
    make_job,
)

Settle = Callable[[messages.Message], None]


@pytest.fixture
def selection(qtbot: QtBot) -> Selection:
    return Selection()


@pytest.fixture
def settle(qtbot: QtBot, fake_daemon: FakeDaemon, client: DaemonClient) -> Settle:
    """Publish an event and wait until the window heard it."""

    def publish(event: messages.Message) -> None:
        with qtbot.waitSignal(client.replied):
            fake_daemon.publish(event)

    return publish


@pytest.fixture
def panel(
    qtbot: QtBot,
    fake_daemon: FakeDaemon,
    client: DaemonClient,
    selection: Selection,
    settle: Settle,
) -> GradePanel:
    accepted = messages.AiEditAccepted(job_id="job-1", job=make_job(state="waiting"))
    fake_daemon.answer(messages.AiEditRequest, lambda _request: [accepted])
    panel = make_panel(client, selection)
    qtbot.addWidget(panel)
    panel.resize(320, 900)
    panel.show()
    qtbot.waitExposed(panel)
    settle(messages.Hosts(hosts=(BUILTIN_HOST, STUDIO)))
    settle(messages.Workflows(workflows=(BUILTIN_WORKFLOW, KONTEXT)))
    selection.set_current(PHOTO)
    return panel


def button(panel: GradePanel, text: str) -> QPushButton:
    return next(each for each in panel.findChildren(QPushButton) if each.text() == text)


def prompt_box(panel: GradePanel) -> PromptBox:
    return panel.findChild(PromptBox)


def choice(panel: GradePanel, name: str) -> QComboBox:
    return next(each for each in panel.findChildren(QComboBox) if each.accessibleName() == name)


def spin_box(panel: GradePanel, name: str) -> QSpinBox:
    return next(each for each in panel.findChildren(QSpinBox) if each.accessibleName() == name)


def words(panel: GradePanel) -> list[str]:
    return [each.text() for each in panel.findChildren(QLabel) if each.isVisible()]


def asked(fake_daemon: FakeDaemon) -> list[messages.AiEditRequest]:
    return [each for each in fake_daemon.received if isinstance(each, messages.AiEditRequest)]


def is_edit(request: messages.Message) -> bool:
    return isinstance(request, messages.AiEditRequest)


def run(qtbot: QtBot, panel: GradePanel, fake_daemon: FakeDaemon) -> messages.AiEditRequest:
    qtbot.keyClicks(prompt_box(panel), "warm")
    with qtbot.waitSignal(fake_daemon.asked, check_params_cb=is_edit):
        qtbot.keyClick(prompt_box(panel), Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    return asked(fake_daemon)[-1]


def switch_ai_on(settle: Settle) -> None:
    values: dict[str, str | int | float | bool | None] = {
        "comfyui.enabled": True,
        "comfyui.workflow": "kontext_color_grade",
    }
    settle(messages.Config(path=b"/config.yaml", values=values))


def test_ctrl_enter_asks_for_a_grade_of_the_current_photo(
    qtbot: QtBot, panel: GradePanel, fake_daemon: FakeDaemon
) -> None:
    request = run(qtbot, panel, fake_daemon)
    assert (request.path, request.prompt) == (PHOTO, "warm")
    assert (request.workflow, request.strength, request.seed) == ("builtin_color_grade", 1.0, None)
    assert request.parameters == {}


def test_every_selected_photo_is_graded(
    qtbot: QtBot, panel: GradePanel, fake_daemon: FakeDaemon, selection: Selection
) -> None:
    selection.set_selected([PHOTO, b"/photos/two.jpg"])
    run(qtbot, panel, fake_daemon)
    qtbot.waitUntil(lambda: len(asked(fake_daemon)) == 2)
    assert {each.path for each in asked(fake_daemon)} == {PHOTO, b"/photos/two.jpg"}


def test_strength_seed_and_advanced_values_go_along(
    qtbot: QtBot, panel: GradePanel, fake_daemon: FakeDaemon
) -> None:
    panel.findChild(QSlider).setValue(55)
    seed = next(each for each in panel.findChildren(QLineEdit) if each.accessibleName() == "Seed")
    qtbot.keyClicks(seed, "1234")
    spin_box(panel, "Radius").setValue(5)
    request = run(qtbot, panel, fake_daemon)
    assert (request.strength, request.seed) == (0.55, 1234)
    assert request.parameters == {"radius": 5}


def test_nothing_runs_without_a_prompt(
    qtbot: QtBot, panel: GradePanel, fake_daemon: FakeDaemon
) -> None:
    assert not button(panel, "Run").isEnabled()
    assert button(panel, "Run").toolTip() == "Describe the look first, or choose one above"
    qtbot.keyClick(prompt_box(panel), Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    assert asked(fake_daemon) == []


def test_a_look_fills_the_prompt_and_can_be_undone(qtbot: QtBot, panel: GradePanel) -> None:
    qtbot.keyClicks(prompt_box(panel), "mine")
    qtbot.mouseClick(button(panel, "Golden hour"), Qt.MouseButton.LeftButton)
    assert prompt_box(panel).prompt == "golden hour, warm highlights, slightly brighter"
    assert button(panel, "Golden hour").isChecked()
    prompt_box(panel).undo()
    assert prompt_box(panel).prompt == "mine"


def test_the_prompt_box_grows_with_the_prompt(qtbot: QtBot, panel: GradePanel) -> None:
    box = prompt_box(panel)
    before = box.height()
    box.set_prompt("one\ntwo\nthree")
    assert box.height() == before
    box.set_prompt("one\ntwo\nthree\nfour\nfive")
    assert box.height() == before + 2 * box.fontMetrics().lineSpacing()


def test_a_composed_prompt_of_another_script_arrives_whole(
    qtbot: QtBot, panel: GradePanel, fake_daemon: FakeDaemon
) -> None:
    box = prompt_box(panel)
    QApplication.sendEvent(box, QInputMethodEvent("nuan", []))
    assert box.prompt == ""
    commit = QInputMethodEvent()
    commit.setCommitString("暖色电影")
    QApplication.sendEvent(box, commit)
    with qtbot.waitSignal(fake_daemon.asked, check_params_cb=is_edit):
        qtbot.keyClick(box, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    assert asked(fake_daemon)[-1].prompt == "暖色电影"


def test_without_comfyui_the_panel_says_that_no_ai_is_at_work(panel: GradePanel) -> None:
    assert "Built-in look, no AI" in words(panel)
    assert "No AI" in words(panel)
    workflows = choice(panel, "Workflow")
    assert [workflows.model().item(row).isEnabled() for row in range(2)] == [True, False]
    reason = workflows.itemData(1, Qt.ItemDataRole.ToolTipRole)
    assert "It needs a ComfyUI host, and none is in use." in reason


def test_with_comfyui_the_line_under_run_names_model_and_host(
    panel: GradePanel, settle: Settle
) -> None:
    switch_ai_on(settle)
    assert "FLUX.1 Kontext on studio-pc" in words(panel)
    assert "No AI" not in words(panel)


def test_the_line_under_run_says_how_long_it_took_lately(panel: GradePanel, settle: Settle) -> None:
    past = [done_job(str(number), timings_s={"run": 4.0, "apply": number}) for number in (1, 2, 9)]
    settle(messages.Jobs(jobs=tuple(past)))
    assert "Built-in look, no AI, about 6 s" in words(panel)


def test_a_host_that_cannot_be_reached_is_said_so_before_the_run(
    qtbot: QtBot, panel: GradePanel, settle: Settle
) -> None:
    switch_ai_on(settle)
    dead = messages.HostChanged(
        host=messages.HostInfo(
            name="studio-pc",
            url="http://studio-pc:8188",
            builtin=False,
            state="unreachable",
            detail="Could not reach studio-pc:8188.",
        )
    )
    settle(dead)
    qtbot.keyClicks(prompt_box(panel), "warm")
    assert "Could not reach studio-pc:8188." in words(panel)
    assert not button(panel, "Run").isEnabled()


def test_a_running_job_shows_its_stage_and_can_be_cancelled(
    qtbot: QtBot, panel: GradePanel, fake_daemon: FakeDaemon, settle: Settle
) -> None:
    run(qtbot, panel, fake_daemon)
    qtbot.waitUntil(lambda: "Waiting" in words(panel))
    settle(messages.AiEditProgress(job_id="job-1", path=PHOTO, progress_pct=62.0, stage="apply"))
    assert "Applying them at full size" in words(panel)
    assert "62 %" in words(panel)
    with qtbot.waitSignal(fake_daemon.asked):
        qtbot.mouseClick(button(panel, "Cancel"), Qt.MouseButton.LeftButton)
    assert fake_daemon.received[-1].job_id == "job-1"


def test_a_finished_job_tells_its_result_and_how_well_it_fits(
    qtbot: QtBot, panel: GradePanel, fake_daemon: FakeDaemon, settle: Settle
) -> None:
    run(qtbot, panel, fake_daemon)
    qtbot.waitUntil(lambda: "Waiting" in words(panel))
    with qtbot.waitSignal(panel.graded) as wanted:
        settle(
            messages.AiEditComplete(job_id="job-1", path=PHOTO, result_path=RESULT, job=done_job())
        )
    assert wanted.args == [PHOTO, RESULT]
    panel.set_comparing(RESULT)
    assert "LUT explains 98 %, ΔE 0.7" in words(panel)
    with qtbot.waitSignal(panel.keep_wanted) as kept:
        qtbot.mouseClick(button(panel, "Keep"), Qt.MouseButton.LeftButton)
    assert kept.args == [RESULT]


def test_a_job_of_another_photo_does_not_take_over(
    qtbot: QtBot, panel: GradePanel, settle: Settle, selection: Selection
) -> None:
    selection.set_current(b"/photos/other.jpg")
    with qtbot.assertNotEmitted(panel.graded):
        settle(
            messages.AiEditComplete(job_id="job-1", path=PHOTO, result_path=RESULT, job=done_job())
        )


def test_an_error_stands_where_the_result_would(
    qtbot: QtBot, panel: GradePanel, fake_daemon: FakeDaemon, settle: Settle
) -> None:
    run(qtbot, panel, fake_daemon)
    qtbot.waitUntil(lambda: "Waiting" in words(panel))
    error = ErrorInfo(
        ErrorKind.HOST_UNREACHABLE,
        "Could not reach studio-pc:8188.",
        "Is ComfyUI started with --listen?",
        {"reason": "connection refused"},
    )
    settle(
        messages.AiEditFailed(
            job_id="job-1",
            path=PHOTO,
            error=error,
            job=make_job(state="failed", error=error),
        )
    )
    assert "Could not reach studio-pc:8188." in words(panel)
    assert "Is ComfyUI started with --listen?" in words(panel)
    assert button(panel, "Try again").isVisible()


def test_a_refusal_is_shown_in_words(
    qtbot: QtBot, panel: GradePanel, fake_daemon: FakeDaemon
) -> None:
    error = ErrorInfo(ErrorKind.NOT_FOUND, "The photo is gone.")
    fake_daemon.answer(messages.AiEditRequest, lambda _request: [messages.Failed(error=error)])
    run(qtbot, panel, fake_daemon)
    qtbot.waitUntil(lambda: "The photo is gone." in words(panel))


def test_recent_prompts_come_from_past_jobs(
    qtbot: QtBot, panel: GradePanel, settle: Settle
) -> None:
    settle(messages.Jobs(jobs=(make_job(prompt="cool evening"),)))
    assert panel.findChild(PromptBox)._recent() == ["cool evening"]


def test_a_grade_that_was_asked_for_is_scrolled_to_until_its_end(
    qtbot: QtBot, panel: GradePanel, fake_daemon: FakeDaemon, settle: Settle
) -> None:
    panel.resize(320, 400)
    run(qtbot, panel, fake_daemon)
    qtbot.waitUntil(lambda: is_in_view(panel, "Cancel"))
    panel.verticalScrollBar().setValue(0)
    panel.findChildren(PromptBox)[0].clearFocus()
    settle(messages.AiEditComplete("job-1", PHOTO, RESULT, done_job("job-1")))
    assert is_in_view(panel, "Try again")


def is_in_view(panel: GradePanel, text: str) -> bool:
    """Whether the button can be pressed without scrolling."""
    named = [each for each in panel.findChildren(QPushButton) if each.text() == text]
    return any(
        button.isVisible()
        and panel.viewport().rect().contains(button.mapTo(panel.viewport(), button.rect().center()))
        for button in named
    )
