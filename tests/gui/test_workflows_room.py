"""The workflows' room under a user's hands: list, import form, test run, missing models."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

import msgspec
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QApplication, QFileDialog, QLabel, QLineEdit, QPushButton
from pytestqt.qtbot import QtBot

from daemon.protocol import messages
from daemon.protocol.endpoint import Folders
from daemon.protocol.errors import ErrorInfo, ErrorKind
from daemon.protocol.messages import Message
from daemon.protocol.values import HostInfo, MissingModel, ParameterInfo, WorkflowInfo
from daemon.protocol.workflows import BindingChoice, ProposedBinding, ProposedParameter
from rabbitviewer.composition import Built, build
from rabbitviewer.edit.grade_form import GradeForm
from rabbitviewer.organise.files_urls import mime_of
from rabbitviewer.shell.state import WindowState
from rabbitviewer.theme.controls import Choice, Tick
from rabbitviewer.theme.theme import Theme
from rabbitviewer.workflows.import_form import ImportForm
from rabbitviewer.workflows.trial_view import Picture
from rabbitviewer.workflows.workflow_card import WorkflowCard
from rabbitviewer.workflows.workflow_details import MissingRow
from rabbitviewer.workflows.workflow_list import WorkflowList
from tests.fakes.daemon import FakeDaemon
from tests.fakes.filework import FIRST, FOLDER, answer_about_the_folder
from tests.fakes.window import done_job

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support raise")

FILE = b"/home/anna/two.json"
MISSING = MissingModel(
    file="ae.safetensors", folder="vae", near="flux.sft", choices=("a.sft", "flux.sft")
)


def info(name: str, title: str, **more: object) -> WorkflowInfo:
    plain = WorkflowInfo(
        name=name,
        operation="color_grade",
        title=title,
        result="lut",
        mask="optional",
        source="shipped",
        ai=True,
    )
    return msgspec.structs.replace(plain, **more)


KONTEXT = info(
    "kontext",
    "Kontext",
    usable=False,
    problems=("The model file ae.safetensors is missing in models/vae on studio.",),
    missing_models=(MISSING,),
)
MINE = info("mine", "Mine", source="user", usable=True, ai=False)


def place(node: str, input_name: str = "image", value: str = "") -> BindingChoice:
    return BindingChoice(node=node, class_type="LoadImage", input=input_name, value=value)


PICTURES = (place("190"), place("191"))
PROPOSAL = messages.WorkflowProposal(
    name="two",
    title="Two",
    operation="general_edit",
    result="image",
    mask="optional",
    bindings=(
        ProposedBinding(name="output", choices=(place("9", "filename_prefix"),), chosen=0),
        ProposedBinding(
            name="image", choices=PICTURES, chosen=0, reason="2 could be it", unsure=True
        ),
        ProposedBinding(name="reference_1", choices=PICTURES, chosen=1),
        ProposedBinding(name="prompt", choices=(place("6", "text", "make it night"),), chosen=0),
    ),
    parameters=(
        ProposedParameter(
            info=ParameterInfo(name="steps", type="integer", default=20, title="Steps"),
            place=place("31", "steps"),
            wanted=True,
        ),
        ProposedParameter(
            info=ParameterInfo(name="cfg", type="number", default=1.0, title="Guidance"),
            place=place("31", "cfg"),
        ),
    ),
    sure=False,
)


class Room:
    """The window with the room open, and the daemon behind it."""

    def __init__(self, qtbot: QtBot, built: Built, daemon: FakeDaemon) -> None:
        self.qtbot = qtbot
        self.built = built
        self.daemon = daemon
        self.found: tuple[WorkflowInfo, ...] = (KONTEXT, MINE)
        daemon.answer(messages.WorkflowsRequest, lambda _: [self.listed()])

    def listed(self) -> Message:
        return messages.Workflows(workflows=self.found)

    def open(self) -> WorkflowCard:
        self.built.window.actions_by_id["workflows.panel"].trigger()
        self.qtbot.waitUntil(lambda: self.card.findChild(WorkflowList).count() == len(self.found))
        return self.card

    @property
    def card(self) -> WorkflowCard:
        return self.built.window.findChild(WorkflowCard)

    @property
    def form(self) -> ImportForm:
        return self.card.form

    def choose(self, name: str) -> None:
        self.card.page.list.choose(name)

    def button(self, words: str) -> QPushButton | None:
        found = self.card.findChildren(QPushButton)
        return next((e for e in found if e.text() == words and e.isVisible()), None)

    def press(self, words: str) -> None:
        self.qtbot.waitUntil(lambda: self.button(words) is not None)
        self.qtbot.mouseClick(self.button(words), Qt.MouseButton.LeftButton)

    def hears(self, words: str) -> None:
        self.qtbot.waitUntil(lambda: self.says(words))

    def says(self, words: str) -> bool:
        labels = self.card.findChildren(QLabel)
        return any(words in label.text() for label in labels if label.isVisible())

    def asked(self, kind: type[Message]) -> Message:
        self.qtbot.waitUntil(lambda: bool(self.daemon.of(kind)))
        return self.daemon.of(kind)[-1]

    def drop(self, path: bytes) -> None:
        self.send_drop(self.card, path)

    def send_drop(self, widget: object, path: bytes) -> None:
        copy, left, none = (
            Qt.DropAction.CopyAction,
            Qt.MouseButton.LeftButton,
            Qt.KeyboardModifier.NoModifier,
        )
        mime = mime_of([path])
        QApplication.sendEvent(widget, QDragEnterEvent(QPoint(20, 20), copy, mime, left, none))
        QApplication.sendEvent(widget, QDropEvent(QPointF(20, 20), copy, mime, left, none))

    def propose(self, proposal: messages.WorkflowProposal = PROPOSAL) -> ImportForm:
        self.daemon.answer(messages.WorkflowProposeRequest, lambda _: [proposal])
        self.open()
        self.drop(FILE)
        self.qtbot.waitUntil(lambda: self.card.is_importing)
        return self.form

    def field(self, name: str) -> Choice:
        return next(e for e in self.form.findChildren(Choice) if e.accessibleName() == name)

    def save_button(self) -> QPushButton:
        words = "Save the workflow"
        return next(e for e in self.form.findChildren(QPushButton) if e.text() == words)


@pytest.fixture
def room(
    qtbot: QtBot, qapp: QApplication, fake_daemon: FakeDaemon, folders: Folders
) -> Iterator[Room]:
    answer_about_the_folder(fake_daemon)
    state = WindowState(right_open=False)
    built = build(folders, state, Theme(qapp, "dark"), launch=lambda _folders: None)
    built.later.finish()
    qtbot.addWidget(built.window)
    built.window.resize(1280, 800)
    with qtbot.waitSignal(built.client.connected):
        built.client.start()
    built.window.show()
    qtbot.waitExposed(built.window)
    built.navigator.open_folder(FOLDER)
    qtbot.waitUntil(lambda: len(built.listing) == 4)
    yield Room(qtbot, built, fake_daemon)
    built.client.close()


def test_the_users_own_stand_first(room: Room) -> None:
    room.open()
    titles = [workflow.title for workflow in (MINE, KONTEXT)]
    texts = [
        room.card.page.list.item(row).data(Qt.ItemDataRole.AccessibleTextRole) for row in (0, 1)
    ]
    assert [text.split(",")[0] for text in texts] == titles


def test_why_a_workflow_cannot_run_stands_beside_it(room: Room) -> None:
    room.open()
    room.choose("kontext")
    room.hears("Cannot run")
    room.hears("The model file ae.safetensors is missing in models/vae on studio.")


def test_a_shipped_workflow_has_no_delete_button(room: Room) -> None:
    room.open()
    room.choose("kontext")
    shown = [e.text() for e in room.card.page.details.findChildren(QPushButton) if e.isVisible()]
    assert "Delete" not in shown


def test_a_missing_model_is_mapped_to_the_likeliest_file(room: Room) -> None:
    room.daemon.answer(messages.WorkflowMapModels, lambda _: [messages.Done()])
    room.open()
    room.choose("kontext")
    assert room.card.findChild(MissingRow).findChild(Choice).currentData() == "flux.sft"
    room.press("Use it")
    assert room.asked(messages.WorkflowMapModels).files == {"ae.safetensors": "flux.sft"}
    room.hears("flux.sft is used instead of ae.safetensors.")
    room.press("Undo")
    room.qtbot.waitUntil(lambda: len(room.daemon.of(messages.WorkflowMapModels)) == 2)
    assert room.asked(messages.WorkflowMapModels).files == {"ae.safetensors": ""}


def test_a_deleted_workflow_can_be_taken_back(room: Room) -> None:
    room.daemon.answer(messages.WorkflowDelete, lambda _: [messages.Done()])
    room.daemon.answer(
        messages.WorkflowRestore, lambda _: [messages.WorkflowSaved(workflow=MINE, path=b"/x")]
    )
    room.open()
    room.choose("mine")
    room.press("Delete")
    room.hears("“Mine” is deleted.")
    room.press("Undo")
    assert room.asked(messages.WorkflowRestore).name == "mine"


def test_a_refusal_is_said(room: Room) -> None:
    error = ErrorInfo(ErrorKind.PERMISSION_DENIED, "The workflow could not be saved.")
    room.daemon.answer(messages.WorkflowDuplicate, lambda _: [messages.Failed(error=error)])
    room.open()
    room.choose("mine")
    room.press("Duplicate")
    room.hears("The workflow could not be saved.")


def test_an_export_asks_where_to(room: Room, tmp_path: Path) -> None:
    room.daemon.answer(
        messages.WorkflowExport, lambda r: [messages.WorkflowExported(path=bytes(r.output))]
    )
    room.open()
    room.choose("mine")
    room.press("Export…")
    dialog = room.built.window.findChild(QFileDialog)
    dialog.fileSelected.emit(str(tmp_path / "mine.zip"))
    dialog.close()
    request = room.asked(messages.WorkflowExport)
    assert (request.name, bytes(request.output)) == ("mine", os.fsencode(tmp_path / "mine.zip"))
    room.hears("mine.zip was written.")


def test_a_change_on_the_disk_shows(room: Room) -> None:
    room.open()
    room.found = (KONTEXT, MINE, info("new", "New one", source="user"))
    room.daemon.publish(messages.WorkflowsChanged())
    room.qtbot.waitUntil(lambda: room.card.page.list.count() == 3)


def test_the_edit_tab_leads_to_the_room(room: Room) -> None:
    room.built.window.findChild(GradeForm).workflows_wanted.emit()
    room.qtbot.waitUntil(lambda: room.card is not None and room.card.isVisible())


# ---------------------------------------------------------------- the form


def test_a_dropped_file_opens_the_form_at_what_is_open(room: Room) -> None:
    room.propose()
    assert bytes(room.asked(messages.WorkflowProposeRequest).path) == FILE
    room.hears("Look here: 2 could be it")
    focus = room.built.window.focusWidget()
    assert focus is room.field("Photo")


def test_a_graph_that_is_dropped_on_the_photos_opens_the_room(room: Room) -> None:
    room.daemon.answer(messages.WorkflowProposeRequest, lambda _: [PROPOSAL])
    room.send_drop(room.built.grid.viewport(), FILE)
    room.qtbot.waitUntil(lambda: room.card is not None and room.card.is_importing)
    assert room.card.isVisible()


def test_a_file_that_is_no_workflow_is_said_so_in_the_list(room: Room) -> None:
    error = ErrorInfo(ErrorKind.WORKFLOW_INVALID, "two.json holds no graph.", "Choose another.")
    room.daemon.answer(messages.WorkflowProposeRequest, lambda _: [messages.Failed(error=error)])
    room.open()
    room.drop(FILE)
    room.hears("two.json holds no graph. Choose another.")
    assert not room.card.is_importing


def test_the_form_says_what_is_kept(room: Room) -> None:
    form = room.propose()
    name = form.findChild(QLineEdit)
    name.setText("My night")
    form.findChildren(Tick)[1].setChecked(True)
    room.press("Save the workflow")
    request = room.asked(messages.WorkflowImport)
    assert (request.name, request.title, request.trial) == ("My night", "My night", False)
    assert (request.operation, request.result) == ("general_edit", "image")
    assert request.bindings == {
        "output": "9.filename_prefix",
        "image": "190.image",
        "reference_1": "191.image",
        "prompt": "6.text",
    }
    assert request.parameters == {"steps": "31.steps", "cfg": "31.cfg"}


def test_two_pictures_change_places(room: Room) -> None:
    form = room.propose()
    room.field("Photo").setCurrentIndex(1)
    bindings = form.request().bindings
    assert (bindings["image"], bindings["reference_1"]) == ("191.image", "190.image")


def test_a_binding_may_be_left_as_it_is(room: Room) -> None:
    form = room.propose()
    prompt = room.field("Prompt")
    prompt.setCurrentIndex(prompt.count() - 1)
    assert form.request().bindings["prompt"] == ""


def test_without_a_name_nothing_can_be_kept(room: Room) -> None:
    form = room.propose()
    form.findChild(QLineEdit).setText("  ")
    assert not room.save_button().isEnabled()
    room.hears("Give it a name.")


def test_a_graph_without_a_result_cannot_be_kept(room: Room) -> None:
    broken = msgspec.structs.replace(
        PROPOSAL,
        bindings=(ProposedBinding(name="output", choices=()), *PROPOSAL.bindings[1:]),
        problems=("It saves no picture.",),
    )
    room.propose(broken)
    assert not room.save_button().isEnabled()
    room.hears("It saves no picture.")


def test_what_was_kept_is_chosen_in_the_list(room: Room) -> None:
    new = info("my_night", "My night", source="user")
    saved = messages.WorkflowSaved(workflow=new, path=b"/x", notes=("Left out: PreviewImage 8.",))

    def answer(_request: Message) -> Iterable[Message]:
        room.found = (KONTEXT, MINE, new)
        return [saved]

    room.daemon.answer(messages.WorkflowImport, answer)
    room.propose()
    room.press("Save the workflow")
    room.qtbot.waitUntil(lambda: room.card.page.list.chosen == "my_night")
    assert not room.card.is_importing
    room.hears("“My night” is a workflow of yours now. Left out: PreviewImage 8.")


def test_why_it_could_not_be_kept_stands_in_the_form(room: Room) -> None:
    error = ErrorInfo(ErrorKind.DISK_FULL, "The disk is full.")
    room.daemon.answer(messages.WorkflowImport, lambda _: [messages.Failed(error=error)])
    room.propose()
    room.press("Save the workflow")
    room.hears("The disk is full.")
    assert room.card.is_importing


def test_esc_leaves_the_form_before_the_room(room: Room) -> None:
    room.propose()
    room.qtbot.keyClick(room.field("Photo"), Qt.Key.Key_Escape)
    assert (room.card.is_importing, room.card.isVisible()) == (False, True)
    room.qtbot.keyClick(room.card.page.list, Qt.Key.Key_Escape)
    assert not room.card.isVisible()


# ---------------------------------------------------------------- the test run


def start_trial(room: Room) -> None:
    """Press Test run; the job is accepted."""
    on_trial = info("~trial-1", "Two (test run)", inputs=("image", "reference_1"))
    room.daemon.answer(
        messages.WorkflowImport,
        lambda _: [messages.WorkflowSaved(workflow=on_trial, path=b"/cache/trials/1")],
    )
    job = done_job(path=FIRST, job_id="trial")
    room.daemon.answer(
        messages.AiEditRequest, lambda _: [messages.AiEditAccepted(job_id="trial", job=job)]
    )
    room.built.grid.choose([FIRST])
    room.propose()
    room.press("Test run")
    room.qtbot.waitUntil(lambda: bool(room.daemon.of(messages.AiEditRequest)))


def test_a_test_run_writes_into_the_cache_alone(room: Room) -> None:
    start_trial(room)
    assert room.asked(messages.WorkflowImport).trial
    request = room.asked(messages.AiEditRequest)
    assert (bytes(request.path), request.workflow) == (FIRST, "~trial-1")
    assert (bytes(request.output), request.prompt) == (b"/cache/trials/1", "make it night")


def test_a_test_run_gives_the_photo_for_further_pictures_too(room: Room) -> None:
    start_trial(room)
    images = room.asked(messages.AiEditRequest).images
    assert {name: bytes(path) for name, path in images.items()} == {"reference_1": FIRST}


def test_the_picture_that_comes_back_is_shown(room: Room) -> None:
    start_trial(room)
    room.daemon.answer(
        messages.ThumbnailRequest,
        lambda r: [
            (
                messages.ThumbnailReady(
                    path=bytes(r.path),
                    width_px=2,
                    height_px=1,
                    source_width_px=2,
                    source_height_px=1,
                    stage="final",
                ),
                b"\x00\x00\xff\xff" * 2,
            )
        ],
    )
    job = done_job(path=FIRST, job_id="trial", result_path=b"/cache/trials/1/a.jpg")
    room.daemon.publish(
        messages.AiEditComplete(
            job_id="trial", path=FIRST, result_path=b"/cache/trials/1/a.jpg", job=job
        )
    )
    room.hears("This is what comes back.")
    picture = next(
        e for e in room.form.findChildren(Picture) if e.accessibleName() == "What comes back"
    )
    grabbed = picture.grab().toImage()
    middle = grabbed.pixelColor(QPoint(grabbed.width() // 2, grabbed.height() // 2))
    assert (middle.red(), middle.green(), middle.blue()) == (255, 0, 0)


def test_a_test_run_that_fails_says_why(room: Room) -> None:
    start_trial(room)
    error = ErrorInfo(ErrorKind.HOST_FAILED, "studio failed in KSampler: no.")
    job = done_job(path=FIRST, job_id="trial")
    room.daemon.publish(messages.AiEditFailed(job_id="trial", path=FIRST, error=error, job=job))
    room.hears("studio failed in KSampler: no.")


def test_a_test_run_that_is_cancelled_does_not_wait_any_longer(room: Room) -> None:
    start_trial(room)
    room.daemon.publish(
        messages.AiEditProgress(
            job_id="trial",
            path=FIRST,
            progress_pct=11,
            stage="queued",
            message="Waiting at studio, 1 before it",
        )
    )
    room.hears("Waiting at studio, 1 before it")
    room.press("Cancel")
    room.hears("Cancelled.")


def test_a_workflow_names_a_host_that_can_run_it(room: Room) -> None:
    ready = HostInfo(name="loft", url="http://loft:8188", builtin=False, state="ready")
    busy = msgspec.structs.replace(ready, name="studio", state="busy")
    room.daemon.answer(messages.HostsRequest, lambda _: [messages.Hosts(hosts=(ready, busy))])
    able = msgspec.structs.replace(
        KONTEXT, usable=True, problems=(), missing_models=(), able_hosts=("studio",)
    )
    room.found = (able,)
    room.daemon.answer(
        messages.ConfigRequest,
        lambda _: [messages.Config(path=b"/c.yaml", values={"comfyui.enabled": True})],
    )
    room.daemon.publish(messages.SettingsChanged(problem="", ai_enabled=True))
    room.open()
    room.hears("Can run on studio")


def test_leaving_the_form_cancels_the_test_run(room: Room) -> None:
    start_trial(room)
    room.qtbot.waitUntil(lambda: room.card.form.trial.isVisible())
    room.press("Back")
    assert room.asked(messages.JobCancel).job_id == "trial"


def test_a_workflow_that_cannot_run_yet_has_no_test_run(room: Room) -> None:
    room.built.grid.choose([FIRST])
    room.propose(msgspec.structs.replace(PROPOSAL, problems=("studio has no node 'X'.",)))
    button = next(e for e in room.form.findChildren(QPushButton) if e.text() == "Test run")
    assert not button.isEnabled()
    assert room.save_button().isEnabled()
    room.hears("Cannot run yet: studio has no node 'X'.")
