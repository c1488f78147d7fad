"""The form of an edit: made for the workflow, kept, complained at, counted in cost."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any, TypeVar

import msgspec
import pytest
from PySide6.QtCore import QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QDropEvent, QInputMethodEvent
from PySide6.QtWidgets import (
    QApplication,
    QComboBox,
    QLabel,
    QLineEdit,
    QListWidget,
    QPushButton,
    QSlider,
    QSpinBox,
    QWidget,
)
from pytestqt.qtbot import QtBot

from daemon.protocol import messages
from daemon.protocol.errors import ErrorInfo, ErrorKind
from daemon.protocol.values import ParameterInfo, WorkflowInfo
from daemon.protocol.workflows import (
    Budget,
    BudgetRequest,
    InputInfo,
    WorkflowForm,
    WorkflowFormRequest,
)
from rabbitviewer.edit.fields import SearchField
from rabbitviewer.edit.picture_slot import PictureSlot
from rabbitviewer.edit.text_box import TextBox
from rabbitviewer.ipc.client import DaemonClient
from rabbitviewer.models.form_memory import FormMemory
from rabbitviewer.models.selection import Selection
from rabbitviewer.models.thumbnails import ThumbnailStore
from rabbitviewer.theme.controls import Fold
from tests.fakes.daemon import FakeDaemon
from tests.fakes.grading import make_panel
from tests.fakes.window import BUILTIN_HOST, BUILTIN_WORKFLOW, PHOTO, STUDIO, make_job

Settle = Callable[[messages.Message], None]
W = TypeVar("W", bound=QWidget)

EDIT = WorkflowInfo(
    name="edit",
    operation="edit",
    title="Edit with a second picture",
    result="image",
    mask="none",
    source="user",
    ai=False,
    usable=True,
)
FORM = WorkflowForm(
    workflow="edit",
    host="studio-pc",
    fields=(
        ParameterInfo(name="steps", type="integer", default=20, min=1, max=50, advanced=True),
        ParameterInfo(name="format", type="choice", default="png", choices=("png", "exr")),
        ParameterInfo(
            name="format.depth", type="choice", default="8", choices=("8", "16"), when="png"
        ),
        ParameterInfo(name="format.half", type="boolean", default=False, when="exr"),
        ParameterInfo(name="style", type="text", default="", multiline=True, title="Stil"),
        ParameterInfo(
            name="model",
            type="model",
            default="gone.ckpt",
            missing="gone.ckpt",
            choices=("a.ckpt",),
        ),
        ParameterInfo(name="color", type="unknown", default="#ff0000"),
    ),
    inputs=(
        InputInfo(name="prompt", kind="text", title="Prompt"),
        InputInfo(name="negative", kind="text", title="Negative prompt", default="blurry"),
        InputInfo(name="prompt_2", kind="text", title="Second prompt"),
        InputInfo(name="image", kind="image", title="Image", filled=True),
        InputInfo(name="reference_1", kind="image", title="Texture"),
    ),
    second_prompts=True,
)


class Desk:
    """The Edit tab with a workflow whose form is :data:`FORM`."""

    def __init__(
        self, qtbot: QtBot, daemon: FakeDaemon, client: DaemonClient, memory: FormMemory
    ) -> None:
        self.qtbot, self.daemon, self.memory = qtbot, daemon, memory
        self.form = FORM
        self.cost = Budget(cost=0.0, width_px=1248, height_px=832, steps=0)
        accepted = messages.AiEditAccepted(job_id="job-1", job=make_job(state="waiting"))
        daemon.answer(messages.AiEditRequest, lambda _request: [accepted])
        daemon.answer(WorkflowFormRequest, self._form)
        daemon.answer(messages.ThumbnailRequest, _thumbnail)
        daemon.answer(BudgetRequest, lambda _request: [self.cost])
        selection = Selection()
        thumbnails = ThumbnailStore(client)
        self.panel = make_panel(client, selection, memory=memory, thumbnails=thumbnails)
        qtbot.addWidget(self.panel)
        self.panel.resize(320, 900)
        self.panel.show()
        qtbot.waitExposed(self.panel)
        self.client = client
        self.tell(messages.Hosts(hosts=(BUILTIN_HOST, STUDIO)))
        self.tell(messages.Workflows(workflows=(EDIT, BUILTIN_WORKFLOW)))
        selection.set_current(PHOTO)

    def _form(self, request: messages.Message) -> list[messages.Message]:
        assert isinstance(request, WorkflowFormRequest)
        return [self.form] if request.workflow == self.form.workflow else []

    def tell(self, event: messages.Message) -> None:
        with self.qtbot.waitSignal(self.client.replied):
            self.daemon.publish(event)

    def choose(self) -> None:
        """Choose the workflow and wait for its form."""
        box = self.named(QComboBox, "Workflow")
        box.setCurrentIndex(box.findData("edit"))
        box.activated.emit(box.currentIndex())
        self.qtbot.waitUntil(lambda: bool(self.panel.findChildren(PictureSlot)))

    def named(self, kind: type[W], name: str) -> W:
        found = self.panel.findChildren(kind)
        return next(each for each in found if each.accessibleName() == name)

    def words(self) -> list[str]:
        labels = self.panel.findChildren(QLabel)
        return [each.text() for each in labels if each.isVisible() and each.text()]

    def run_button(self) -> QPushButton:
        found = self.panel.findChildren(QPushButton)
        return next(each for each in found if each.property("look") == "primary")

    def give_picture(self, path: bytes = b"/photos/b.jpg") -> PictureSlot:
        slot = self.panel.findChild(PictureSlot)
        mime = QMimeData()
        mime.setUrls([QUrl.fromLocalFile(os.fsdecode(path))])
        copy, left = Qt.DropAction.CopyAction, Qt.MouseButton.LeftButton
        drop = QDropEvent(QPointF(5, 5), copy, mime, left, Qt.KeyboardModifier.NoModifier)
        slot.dropEvent(drop)
        return slot

    def type_prompt(self, words: str = "night") -> None:
        self.named(TextBox, "Prompt").setPlainText(words)

    def run(self) -> messages.AiEditRequest:
        """Press Run and return what was asked for."""
        before = len(self.asked())
        self.qtbot.waitUntil(self.run_button().isEnabled)
        self.qtbot.mouseClick(self.run_button(), Qt.MouseButton.LeftButton)
        self.qtbot.waitUntil(lambda: len(self.asked()) > before)
        return self.asked()[-1]

    def asked(self) -> list[Any]:
        return self.daemon.of(messages.AiEditRequest)


def _thumbnail(request: messages.Message) -> list[tuple[messages.Message, bytes]]:
    assert isinstance(request, messages.ThumbnailRequest)
    ready = messages.ThumbnailReady(
        path=bytes(request.path),
        width_px=4,
        height_px=4,
        source_width_px=6000,
        source_height_px=4000,
        stage="final",
    )
    return [(ready, bytes(4 * 4 * 4))]


@pytest.fixture
def desk(qtbot: QtBot, fake_daemon: FakeDaemon, client: DaemonClient) -> Desk:
    made = Desk(qtbot, fake_daemon, client, FormMemory())
    made.choose()
    return made


def test_a_workflow_that_makes_a_picture_has_neither_looks_nor_strength(desk: Desk) -> None:
    assert not desk.named(QSlider, "Strength in per cent").isVisible()
    assert not any(
        "Warm cinematic" in each.text()
        for each in desk.panel.findChildren(QPushButton)
        if each.isVisible()
    )


def test_texts_and_pictures_go_along(desk: Desk) -> None:
    desk.type_prompt("森の夜")
    desk.named(TextBox, "Negative prompt").setPlainText("Menschen")
    desk.give_picture()
    request = desk.run()
    assert (request.prompt, request.negative, request.prompt_2) == ("森の夜", "Menschen", None)
    assert request.images == {"reference_1": b"/photos/b.jpg"}
    assert request.workflow == "edit"


def test_the_negative_prompt_begins_with_the_workflows_own(desk: Desk) -> None:
    assert desk.named(TextBox, "Negative prompt").words == "blurry"


def test_the_second_prompt_counts_where_it_is_unfolded(desk: Desk) -> None:
    desk.type_prompt()
    desk.give_picture()
    fold = next(each for each in desk.panel.findChildren(Fold) if each.isVisible())
    fold.set_open(is_open=True)
    desk.named(TextBox, "Second prompt").setPlainText("stars")
    assert desk.run().prompt_2 == "stars"


def test_without_the_picture_it_cannot_run_and_the_line_says_so(desk: Desk) -> None:
    desk.type_prompt()
    assert not desk.run_button().isEnabled()
    assert "Choose a picture for “Texture” first." in desk.words()


def test_a_picture_is_taken_away_by_key(desk: Desk) -> None:
    slot = desk.give_picture()
    assert slot.path == b"/photos/b.jpg"
    desk.qtbot.keyClick(slot, Qt.Key.Key_Delete)
    assert slot.path == b""


def test_fields_come_and_go_with_the_choice_above_them(desk: Desk) -> None:
    assert desk.named(QComboBox, "Format.depth").isVisible()
    desk.named(QComboBox, "Format").setCurrentText("exr")
    assert not desk.named(QComboBox, "Format.depth").isVisible()
    desk.type_prompt()
    desk.give_picture()
    assert desk.run().parameters == {"format": "exr"}


def test_a_model_that_the_host_lacks_is_told_at_its_field_until_another_is_chosen(
    desk: Desk,
) -> None:
    said = "The host does not have it; choose another one."
    assert said in desk.words()
    desk.named(QComboBox, "Model").setCurrentText("a.ckpt")
    assert said not in desk.words()


def test_what_no_control_fits_is_shown_and_not_sent(desk: Desk) -> None:
    assert desk.named(QLabel, "Color").text() == "#ff0000"
    desk.type_prompt()
    desk.give_picture()
    assert desk.run().parameters == {}


def test_slider_and_box_of_a_number_go_together(desk: Desk) -> None:
    slider, box = desk.named(QSlider, "Steps"), desk.named(QSpinBox, "Steps")
    slider.setValue(slider.minimum())
    assert box.value() == 1
    box.setValue(50)
    assert slider.value() == slider.maximum()


def test_what_was_set_is_there_again_for_the_same_workflow(
    desk: Desk, qtbot: QtBot, fake_daemon: FakeDaemon, client: DaemonClient
) -> None:
    desk.named(QSpinBox, "Steps").setValue(8)
    desk.named(TextBox, "Stil").setPlainText("Öl auf Leinwand")
    desk.named(TextBox, "Negative prompt").setPlainText("ぼけ")
    later = Desk(qtbot, fake_daemon, client, desk.memory)
    qtbot.waitUntil(lambda: bool(later.panel.findChildren(PictureSlot)))
    assert later.named(QSpinBox, "Steps").value() == 8
    assert later.named(TextBox, "Stil").words == "Öl auf Leinwand"
    assert later.named(TextBox, "Negative prompt").words == "ぼけ"


def test_a_complaint_stands_at_its_field_and_opens_the_fold(desk: Desk) -> None:
    error = ErrorInfo(
        ErrorKind.WORKFLOW_INVALID, "Value 99 bigger than max.", "", {"field": "steps"}
    )
    desk.daemon.answer(messages.AiEditRequest, lambda _: [messages.Failed(error=error)])
    desk.type_prompt()
    desk.give_picture()
    desk.run()
    desk.qtbot.waitUntil(lambda: desk.words().count("Value 99 bigger than max.") >= 2)
    assert desk.named(QSpinBox, "Steps").isVisible()


def test_a_job_that_fails_for_a_value_says_so_at_its_field(desk: Desk) -> None:
    desk.type_prompt()
    desk.give_picture()
    desk.run()
    error = ErrorInfo(ErrorKind.UNREADABLE, "It is no picture.", "", {"field": "reference_1"})
    failed = make_job(state="failed", error=error)
    desk.qtbot.waitUntil(lambda: any("Cancel" in b.text() for b in _buttons(desk)))
    desk.tell(messages.AiEditFailed(job_id="job-1", path=PHOTO, error=error, job=failed))
    assert desk.words().count("It is no picture.") >= 1
    slot = desk.panel.findChild(PictureSlot)
    below = [each for each in slot.parentWidget().findChildren(QLabel) if each.isVisible()]
    assert any(each.text() == "It is no picture." for each in below)


def _buttons(desk: Desk) -> list[QPushButton]:
    return [each for each in desk.panel.findChildren(QPushButton) if each.isVisible()]


def test_ctrl_enter_runs_from_any_box_of_text(desk: Desk) -> None:
    desk.type_prompt()
    desk.give_picture()
    desk.qtbot.waitUntil(desk.run_button().isEnabled)
    box = desk.named(TextBox, "Negative prompt")
    desk.qtbot.keyClick(box, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    desk.qtbot.waitUntil(lambda: len(desk.asked()) == 1)


def test_while_something_is_composed_no_key_runs_it(desk: Desk) -> None:
    desk.type_prompt()
    desk.give_picture()
    desk.qtbot.waitUntil(desk.run_button().isEnabled)
    box = desk.named(TextBox, "Negative prompt")
    QApplication.sendEvent(box, QInputMethodEvent("よる", []))
    desk.qtbot.keyClick(box, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    assert desk.asked() == []
    done = QInputMethodEvent()
    done.setCommitString("夜")
    QApplication.sendEvent(box, done)
    desk.qtbot.keyClick(box, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    desk.qtbot.waitUntil(lambda: len(desk.asked()) == 1)


# ---------------------------------------------------------------- seeds


def seed_box(desk: Desk) -> QLineEdit:
    return desk.named(QLineEdit, "Seed")


def seed_mode(desk: Desk, mode: str) -> None:
    box = desk.named(QComboBox, "After a run")
    box.setCurrentIndex(box.findData(mode))
    box.activated.emit(box.currentIndex())


def ready(desk: Desk) -> None:
    desk.type_prompt()
    desk.give_picture()


def test_a_seed_that_is_typed_stays(desk: Desk) -> None:
    ready(desk)
    desk.qtbot.keyClicks(seed_box(desk), "41")
    assert [desk.run().seed, desk.run().seed] == [41, 41]


def test_increment_takes_the_next_seed_after_each_run(desk: Desk) -> None:
    ready(desk)
    desk.qtbot.keyClicks(seed_box(desk), "41")
    seed_mode(desk, "increment")
    assert desk.run().seed == 41
    desk.qtbot.waitUntil(lambda: seed_box(desk).text() == "42")
    assert desk.run().seed == 42
    desk.qtbot.waitUntil(lambda: seed_box(desk).text() == "43")
    assert (desk.memory.seed_mode, desk.memory.seed) == ("increment", 43)


def test_a_run_that_is_refused_leaves_the_seed(desk: Desk) -> None:
    error = ErrorInfo(ErrorKind.OVER_BUDGET, "It costs too much.")
    desk.daemon.answer(messages.AiEditRequest, lambda _: [messages.Failed(error=error)])
    ready(desk)
    desk.qtbot.keyClicks(seed_box(desk), "41")
    seed_mode(desk, "increment")
    desk.run()
    desk.qtbot.waitUntil(lambda: "It costs too much." in desk.words())
    assert seed_box(desk).text() == "41"


def test_random_empties_the_field(desk: Desk) -> None:
    ready(desk)
    desk.qtbot.keyClicks(seed_box(desk), "41")
    seed_mode(desk, "random")
    assert desk.run().seed is None


def test_candidates_are_jobs_whose_seeds_follow_each_other(desk: Desk) -> None:
    ready(desk)
    desk.qtbot.keyClicks(seed_box(desk), "7")
    desk.named(QSpinBox, "Candidates").setValue(3)
    assert "seeds 7 to 9" in desk.words()
    desk.run()
    desk.qtbot.waitUntil(lambda: len(desk.asked()) == 3)
    assert [each.seed for each in desk.asked()] == [7, 8, 9]


def test_candidates_by_chance_have_seeds_in_a_row(desk: Desk) -> None:
    ready(desk)
    desk.named(QSpinBox, "Candidates").setValue(2)
    desk.run()
    desk.qtbot.waitUntil(lambda: len(desk.asked()) == 2)
    first, second = (each.seed for each in desk.asked())
    assert second == first + 1


# ---------------------------------------------------------------- long lists


@pytest.mark.qt_log_ignore("This plugin does not support")
def test_a_long_list_is_searched_by_letters(qtbot: QtBot) -> None:
    field = SearchField([f"model_{n}.ckpt" for n in range(40)], "model_0.ckpt", "Model")
    qtbot.addWidget(field)
    field.show()
    field.findChild(QComboBox).showPopup()
    find = next(each for each in _popup(QLineEdit) if each.isVisible())
    qtbot.keyClicks(find, "_37")
    shown = _popup(QListWidget)[0]
    rows = [row for row in range(shown.count()) if not shown.item(row).isHidden()]
    assert len(rows) == 1
    qtbot.keyClick(find, Qt.Key.Key_Return)
    assert field.value() == "model_37.ckpt"


def _popup(kind: type[W]) -> list[W]:
    popup = QApplication.activePopupWidget()
    return popup.findChildren(kind)


# ---------------------------------------------------------------- cost


def test_the_cost_follows_the_sliders_and_stands_under_run(
    desk: Desk, qtbot: QtBot, fake_daemon: FakeDaemon
) -> None:
    steps = desk.named(QSpinBox, "Steps")
    qtbot.waitUntil(lambda: bool(fake_daemon.of(BudgetRequest)))
    steps.setValue(7)
    qtbot.waitUntil(lambda: fake_daemon.of(BudgetRequest)[-1].parameters == {"steps": 7})
    asked = fake_daemon.of(BudgetRequest)[-1]
    assert (asked.workflow, asked.width_px, asked.height_px) == ("edit", 6000, 4000)


def test_above_the_limit_it_cannot_run_and_the_line_says_the_figure(
    desk: Desk, qtbot: QtBot
) -> None:
    ready(desk)
    desk.cost = Budget(cost=41.5, width_px=1248, height_px=832, steps=40, limit=30)
    desk.named(QSpinBox, "Steps").setValue(40)
    qtbot.waitUntil(lambda: not desk.run_button().isEnabled())
    said = (
        "This would cost 42, your limit is 30. Take fewer steps, or raise the limit in the "
        "settings file (max_compute)."
    )
    assert said in desk.words()
    desk.cost = Budget(cost=20.8, width_px=1248, height_px=832, steps=20, limit=30)
    desk.named(QSpinBox, "Steps").setValue(20)
    qtbot.waitUntil(desk.run_button().isEnabled)


def test_tab_goes_through_the_form_from_top_to_bottom(desk: Desk, qtbot: QtBot) -> None:
    ready(desk)
    qtbot.waitUntil(desk.run_button().isEnabled)
    desk.panel.activateWindow()
    desk.panel.focus_prompt()
    visited: list[int] = []
    for _ in range(40):
        focused = desk.panel.focusWidget()
        visited.append(focused.mapTo(desk.panel.widget(), focused.rect().topLeft()).y())
        if focused is desk.run_button():
            break
        desk.panel.focusNextPrevChild(True)
    assert desk.panel.focusWidget() is desk.run_button()
    assert visited == sorted(visited)


def test_a_workflow_that_changed_has_its_form_made_anew(desk: Desk, qtbot: QtBot) -> None:
    steps = ParameterInfo(name="rounds", type="integer", default=2, min=1, max=9)
    desk.form = msgspec.structs.replace(FORM, fields=(steps,))
    desk.tell(messages.WorkflowsChanged())
    qtbot.waitUntil(
        lambda: any(s.accessibleName() == "Rounds" for s in desk.panel.findChildren(QSpinBox))
    )
