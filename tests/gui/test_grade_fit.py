"""How well a grade was learnt: chip, sentence, advice that can be followed, and the choices."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QComboBox, QLabel, QPushButton
from pytestqt.qtbot import QtBot

from daemon.protocol import messages
from daemon.protocol.values import FitReport
from rabbitviewer.edit.grade_panel import GradePanel
from rabbitviewer.edit.prompt_box import PromptBox
from rabbitviewer.ipc.client import DaemonClient
from rabbitviewer.models.selection import Selection
from rabbitviewer.theme.controls import Fold
from tests.fakes.daemon import FakeDaemon
from tests.fakes.grading import make_panel
from tests.fakes.window import (
    BUILTIN_HOST,
    BUILTIN_WORKFLOW,
    PHOTO,
    done_job,
)

SUMMARY = "One LUT explains 97 % of the edit, mean ΔE 0.7."
MISSES = "Parts of the picture were graded differently."

Show = Callable[..., None]


@pytest.fixture
def panel(qtbot: QtBot, fake_daemon: FakeDaemon, client: DaemonClient) -> GradePanel:
    fake_daemon.answer(messages.AiEditRequest, lambda _request: [])
    fake_daemon.answer(messages.JobRetry, lambda _request: [])
    selection = Selection()
    panel = make_panel(client, selection)
    selection.setParent(panel)
    qtbot.addWidget(panel)
    panel.resize(320, 1000)
    panel.show()
    qtbot.waitExposed(panel)
    selection.set_current(PHOTO)
    hosts = messages.Hosts(hosts=(BUILTIN_HOST,))
    for event in (hosts, messages.Workflows(workflows=(BUILTIN_WORKFLOW,))):
        with qtbot.waitSignal(client.replied):
            fake_daemon.publish(event)
    return panel


@pytest.fixture
def show(qtbot: QtBot, fake_daemon: FakeDaemon, client: DaemonClient, panel: GradePanel) -> Show:
    """Let the photo's newest job be done with a fit like this."""

    def tell(verdict: str, model: str = "lut", warning: str = "", **job: Any) -> None:
        fit = FitReport(model, verdict=verdict, summary=SUMMARY, warning=warning)
        with qtbot.waitSignal(client.replied):
            fake_daemon.publish(messages.Jobs(jobs=(done_job(fit=fit, **job),)))

    return tell


def chip(panel: GradePanel, text: str) -> QLabel:
    return next(each for each in panel.findChildren(QLabel) if each.text() == text)


def words(panel: GradePanel) -> list[str]:
    return [each.text() for each in panel.findChildren(QLabel) if each.isVisible()]


def shown_buttons(panel: GradePanel) -> set[str]:
    return {each.text() for each in panel.findChildren(QPushButton) if each.isVisible()}


def press(qtbot: QtBot, panel: GradePanel, text: str) -> None:
    (button,) = [each for each in panel.findChildren(QPushButton) if each.text() == text]
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)


def choice(panel: GradePanel, name: str) -> QComboBox:
    return next(each for each in panel.findChildren(QComboBox) if each.accessibleName() == name)


def choose(panel: GradePanel, name: str, title: str) -> None:
    choice(panel, name).setCurrentText(title)


@pytest.mark.parametrize(
    ("verdict", "text", "look"),
    [
        ("excellent", "Excellent match", "tag-good"),
        ("good", "Good match", "tag-good"),
        ("fair", "Fair match", "tag"),
        ("not_global", "Not only a colour change", "tag-warn"),
        ("no_match", "No match", "tag-warn"),
    ],
)
def test_the_chip_says_how_well_it_was_learnt(
    panel: GradePanel, show: Show, verdict: str, text: str, look: str
) -> None:
    show(verdict)
    assert chip(panel, text).isVisible()
    assert chip(panel, text).property("look") == look


def test_the_sentence_stands_under_the_chip_and_in_its_tool_tip(
    panel: GradePanel, show: Show
) -> None:
    show("fair", warning=MISSES)
    assert f"{SUMMARY} {MISSES}" in words(panel)
    assert chip(panel, "Fair match").toolTip() == f"{SUMMARY} {MISSES}"


def test_in_a_narrow_panel_the_sentence_is_in_the_tool_tip_alone(
    qtbot: QtBot, panel: GradePanel, show: Show
) -> None:
    show("good")
    panel.setMinimumWidth(0)
    panel.resize(240, 1000)
    qtbot.waitUntil(lambda: SUMMARY not in words(panel))
    assert chip(panel, "Good match").toolTip() == SUMMARY


def test_a_good_match_needs_no_advice(panel: GradePanel, show: Show) -> None:
    show("good")
    assert shown_buttons(panel).isdisjoint({"Use Spatial", "Keep the model's picture"})


@pytest.mark.parametrize(
    ("text", "fit"), [("Use Spatial", "spatial"), ("Keep the model's picture", "model")]
)
def test_the_advice_is_followed_by_pressing_its_button(
    qtbot: QtBot, panel: GradePanel, show: Show, fake_daemon: FakeDaemon, text: str, fit: str
) -> None:
    show("not_global", warning=MISSES)
    with qtbot.waitSignals([fake_daemon.asked, panel.started]):
        press(qtbot, panel, text)
    asked = fake_daemon.received[-1]
    assert isinstance(asked, messages.JobRetry)
    assert (asked.job_id, asked.fit, asked.new_seed) == ("job-1", fit, False)


def test_behind_a_mask_the_models_picture_is_not_offered(panel: GradePanel, show: Show) -> None:
    show("not_global", mask_path=b"/mask.png")
    assert "Use Spatial" in shown_buttons(panel)
    assert "Keep the model's picture" not in shown_buttons(panel)


def test_where_nothing_matches_only_the_models_picture_is_offered(
    panel: GradePanel, show: Show
) -> None:
    show("no_match")
    assert "Use Spatial" not in shown_buttons(panel)
    assert "Keep the model's picture" in shown_buttons(panel)


def test_a_grade_that_varies_over_the_picture_says_so(panel: GradePanel, show: Show) -> None:
    show("good", "spatial")
    assert {"Good match", "Spatial"} <= set(words(panel))
    assert "Use Spatial" not in shown_buttons(panel)


def test_a_kept_picture_is_called_the_models(panel: GradePanel, show: Show) -> None:
    show("", "model")
    assert {"The model's own picture", "Kept at the model's size"} <= set(words(panel))
    assert "Graded at full size" not in words(panel)


def test_a_look_was_not_learnt(panel: GradePanel, show: Show) -> None:
    show("good", operation="look")
    assert "Good match" not in words(panel)


def test_what_of_the_grade_counted_stands_with_the_facts(panel: GradePanel, show: Show) -> None:
    show("good", channels="luma")
    assert any("light only" in text for text in words(panel))


def test_a_fit_without_the_host_does_not_shorten_what_a_grade_is_said_to_take(
    qtbot: QtBot, fake_daemon: FakeDaemon, client: DaemonClient, panel: GradePanel
) -> None:
    whole = done_job("1", timings_s={"run": 30.0, "apply": 10.0})
    again = done_job("2", timings_s={"fit": 1.0, "apply": 1.0})
    with qtbot.waitSignal(client.replied):
        fake_daemon.publish(messages.Jobs(jobs=(whole, again)))
    assert "Built-in look, no AI, about 40 s" in words(panel)


# ------------------------------------------------------------------ the choices


def run(qtbot: QtBot, panel: GradePanel, fake_daemon: FakeDaemon) -> messages.AiEditRequest:
    box = panel.findChild(PromptBox)
    box.set_prompt("warm")
    with qtbot.waitSignal(
        fake_daemon.asked, check_params_cb=lambda m: isinstance(m, messages.AiEditRequest)
    ):
        qtbot.keyClick(box, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    asked = fake_daemon.received[-1]
    assert isinstance(asked, messages.AiEditRequest)
    return asked


def test_without_a_choice_the_fit_is_automatic_and_all_of_the_grade_counts(
    qtbot: QtBot, panel: GradePanel, fake_daemon: FakeDaemon
) -> None:
    request = run(qtbot, panel, fake_daemon)
    assert (request.fit, request.channels) == ("auto", "all")


def test_the_choices_of_advanced_go_along(
    qtbot: QtBot, panel: GradePanel, fake_daemon: FakeDaemon
) -> None:
    choose(panel, "Fit", "Spatial")
    choose(panel, "Channels", "Light only")
    request = run(qtbot, panel, fake_daemon)
    assert (request.fit, request.channels) == ("spatial", "luma")


def test_of_the_models_picture_all_counts(
    qtbot: QtBot, panel: GradePanel, fake_daemon: FakeDaemon
) -> None:
    choose(panel, "Channels", "Colour only")
    choose(panel, "Fit", "Model's picture")
    assert not choice(panel, "Channels").isEnabled()
    request = run(qtbot, panel, fake_daemon)
    assert (request.fit, request.channels) == ("model", "all")


def test_the_choices_are_folded_away_at_first(panel: GradePanel) -> None:
    fold = next(
        each for each in panel.findChildren(Fold) if each.isAncestorOf(choice(panel, "Fit"))
    )
    assert not choice(panel, "Fit").isVisible()
    fold.set_open(is_open=True)
    assert choice(panel, "Fit").isVisible()
