"""The Edit tab and the pool: where photo and mask come from, and what is asked for then."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QCheckBox, QComboBox, QLabel, QPushButton, QSpinBox, QToolButton
from pytestqt.qtbot import QtBot

from daemon.protocol import messages
from daemon.protocol.errors import ErrorInfo, ErrorKind
from daemon.protocol.values import PoolSlot
from rabbitviewer.edit.grade_panel import GradePanel
from rabbitviewer.edit.job_origin import JobOrigins
from rabbitviewer.edit.job_row import JobRow
from rabbitviewer.edit.prompt_box import PromptBox
from rabbitviewer.edit.subject import POOL, Painting
from rabbitviewer.edit.subject_form import SubjectForm
from rabbitviewer.edit.subject_picture import SubjectPicture
from rabbitviewer.ipc.client import DaemonClient
from rabbitviewer.models.jobs import JobsModel
from rabbitviewer.models.pool import PoolModel
from rabbitviewer.models.pool_contents import PoolContents
from rabbitviewer.models.selection import Selection
from rabbitviewer.models.thumbnails import ThumbnailStore
from rabbitviewer.theme.tokens import tokens
from tests.fakes.daemon import FakeDaemon
from tests.fakes.grading import (
    PORTRAITS,
    WEDDING,
    make_jobs_panel,
    make_panel,
    make_slot,
    manifest,
    masked_slot,
)
from tests.fakes.window import BUILTIN_HOST, BUILTIN_WORKFLOW, RESULT, done_job, make_job

ONE, TWO, NINE = b"/photos/1.jpg", b"/photos/2.jpg", b"/photos/9.jpg"
EMPTY = "Inpaint mask strokes are empty. Paint where the grade shall count, or choose no mask."


@dataclasses.dataclass
class Tab:
    """The Edit tab and the models it looks at."""

    qtbot: QtBot
    daemon: FakeDaemon
    client: DaemonClient
    panel: GradePanel
    selection: Selection
    thumbnails: ThumbnailStore

    def tell(self, event: messages.Message, blob: bytes = b"") -> None:
        """Publish an event and wait until the window heard it."""
        kind = type(event)
        with self.qtbot.waitSignal(
            self.client.replied, check_params_cb=lambda message, _blob: type(message) is kind
        ):
            self.daemon.publish(event, blob)

    def hold(self, *slots: PoolSlot, active: int = 0) -> None:
        """Let the window's own pool hold *slots*."""
        self.tell(manifest(*slots, active=active))

    def choice(self, name: str) -> QComboBox:
        boxes = self.panel.findChildren(QComboBox)
        return next(each for each in boxes if each.accessibleName() == name)

    def choose(self, name: str, text: str) -> None:
        """Choose *text* from the list *name* by the keyboard, as a user may."""
        box = self.choice(name)
        box.setFocus()
        box.setCurrentIndex(box.findText(text))
        box.activated.emit(box.currentIndex())

    def offers(self, name: str) -> list[str]:
        box = self.choice(name)
        return [box.itemText(row) for row in range(box.count())]

    def index(self) -> QSpinBox:
        boxes = self.panel.findChildren(QSpinBox)
        return next(each for each in boxes if each.accessibleName() == "Index of the slot")

    def words(self) -> list[str]:
        return [each.text() for each in self.panel.findChildren(QLabel) if each.isVisible()]

    def run_button(self) -> QPushButton:
        buttons = self.panel.findChildren(QPushButton)
        return next(each for each in buttons if each.text().startswith("Run"))

    def type_prompt(self) -> None:
        self.qtbot.keyClicks(self.panel.findChild(PromptBox), "warm")

    def press_run(self) -> None:
        self.qtbot.mouseClick(self.run_button(), Qt.MouseButton.LeftButton)

    def asked(self, count: int = 1) -> list[messages.AiEditRequest]:
        """Return the edits asked for, once there are *count*."""
        self.qtbot.waitUntil(lambda: len(self.daemon.of(messages.AiEditRequest)) >= count)
        return self.daemon.of(messages.AiEditRequest)


@pytest.fixture
def tab(qtbot: QtBot, fake_daemon: FakeDaemon, client: DaemonClient) -> Tab:
    """The Edit tab with a photo that is in no pool, and an empty pool."""
    accepted = messages.AiEditAccepted(job_id="job-1", job=make_job(state="waiting"))
    fake_daemon.answer(messages.AiEditRequest, lambda _request: [accepted])
    fake_daemon.answer(messages.PoolList, lambda _request: [manifest()])
    selection, thumbnails, pool = Selection(), ThumbnailStore(client), PoolModel(client)
    panel = make_panel(client, selection, pool=pool, thumbnails=thumbnails)
    qtbot.addWidget(panel)
    panel.resize(320, 900)
    panel.show()
    qtbot.waitExposed(panel)
    tab = Tab(qtbot, fake_daemon, client, panel, selection, thumbnails)
    with qtbot.waitSignal(pool.changed):
        pool.start()
    tab.tell(messages.Hosts(hosts=(BUILTIN_HOST,)))
    tab.tell(messages.Workflows(workflows=(BUILTIN_WORKFLOW,)))
    selection.set_current(NINE)
    tab.type_prompt()
    return tab


def picture(tab: Tab) -> SubjectPicture:
    return tab.panel.findChild(SubjectPicture)


def form(tab: Tab) -> SubjectForm:
    return tab.panel.findChild(SubjectForm)


def thumbnail_of(color: tuple[int, int, int], width: int, height: int) -> Callable[..., object]:
    """Answer a thumbnail request with one colour."""
    blue_first = bytes((*reversed(color), 255)) * (width * height)

    def answer(request: messages.Message) -> list[object]:
        assert isinstance(request, messages.ThumbnailRequest)
        ready = messages.ThumbnailReady(
            path=bytes(request.path),
            stage="final",
            width_px=width,
            height_px=height,
            source_width_px=width,
            source_height_px=height,
        )
        return [(ready, blue_first)]

    return answer


# ------------------------------------------------------------------ the selection


def test_a_photo_that_is_in_no_pool_is_graded_whole(tab: Tab) -> None:
    tab.press_run()
    (request,) = tab.asked()
    assert (request.path, request.pool, request.mask) == (NINE, "", b"")
    assert tab.offers("Mask") == ["None", "From a file…"]


def test_a_photo_with_a_painted_mask_is_graded_through_it_and_the_form_says_so(tab: Tab) -> None:
    tab.hold(masked_slot(1))
    tab.selection.set_current(ONE)
    assert tab.choice("Mask").currentText() == "Its own"
    assert "Only what the mask covers is changed." in tab.words()
    assert "Built-in look, no AI, through its mask" in tab.words()
    tab.press_run()
    (request,) = tab.asked()
    assert (request.path, request.pool, request.slot) == (b"", PORTRAITS, "img_0001")
    assert not request.whole


def test_the_mask_can_be_left_out_and_counts_again_on_the_next_photo(tab: Tab) -> None:
    tab.hold(masked_slot(1), masked_slot(2))
    tab.selection.set_current(ONE)
    tab.choose("Mask", "None")
    tab.press_run()
    assert tab.asked()[-1].path == ONE
    tab.selection.set_current(TWO)
    assert tab.choice("Mask").currentText() == "Its own"


def test_a_mask_painted_meanwhile_is_taken_at_once(tab: Tab) -> None:
    tab.hold(make_slot(1))
    tab.selection.set_current(ONE)
    assert tab.choice("Mask").currentText() == "None"
    tab.hold(masked_slot(1))
    assert tab.choice("Mask").currentText() == "Its own"


def test_several_photos_go_each_through_its_own_mask(tab: Tab) -> None:
    tab.hold(masked_slot(1), make_slot(2))
    tab.selection.set_selected([ONE, TWO])
    assert "1 of 2 have a mask; the others are graded whole." in tab.words()
    assert tab.run_button().text() == "Run on 2 photos"
    tab.press_run()
    first, second = tab.asked(2)
    assert (first.slot, second.path) == ("img_0001", TWO)


def test_the_models_picture_is_not_kept_through_a_mask(tab: Tab) -> None:
    tab.hold(masked_slot(1))
    tab.selection.set_current(ONE)
    tab.choose("Fit", "Model's picture")
    sentence = "The model's picture cannot be kept through a mask. Choose no mask, or another fit."
    assert sentence in tab.words()
    assert not tab.run_button().isEnabled()
    tab.choose("Fit", "Automatic")
    assert tab.run_button().isEnabled()


def test_a_workflow_that_takes_no_mask_is_not_run_through_one(tab: Tab) -> None:
    without = msgspec.structs.replace(BUILTIN_WORKFLOW, mask="none")
    tab.tell(messages.Workflows(workflows=(without,)))
    tab.hold(masked_slot(1))
    tab.selection.set_current(ONE)
    assert "This workflow takes no mask. Choose no mask, or another workflow." in tab.words()
    assert not tab.run_button().isEnabled()
    tab.choose("Mask", "None")
    assert tab.run_button().isEnabled()


# ------------------------------------------------------------------ a slot of a pool


def test_the_active_slot_is_graded_and_followed(tab: Tab) -> None:
    tab.hold(masked_slot(1), make_slot(2, label="bride"))
    tab.choose("Source", "Pool")
    assert tab.index().text() == "Active"
    assert "1.jpg" in tab.words()
    tab.hold(masked_slot(1), make_slot(2, label="bride"), active=1)
    assert "2.jpg" in tab.words()
    assert "Active: slot 1 · bride" in tab.words()
    tab.press_run()
    (request,) = tab.asked()
    assert (request.pool, request.index, request.slot) == (PORTRAITS, -1, "img_0002")


def test_a_job_of_a_slot_is_told_but_does_not_take_the_photo_view_over(tab: Tab) -> None:
    tab.hold(make_slot(1))
    tab.choose("Source", "Pool")
    running = make_job(path=ONE, pool_id=PORTRAITS, slot="img_0001", index=0)
    done = done_job(path=ONE, pool_id=PORTRAITS, slot="img_0001", index=0)
    tab.tell(messages.AiEditAccepted(job_id="job-1", job=running))
    with tab.qtbot.assertNotEmitted(tab.panel.graded):
        tab.tell(messages.AiEditComplete(job_id="job-1", path=ONE, result_path=RESULT, job=done))
    assert "Graded at full size" in tab.words()


def test_a_slot_can_be_forced_and_the_form_says_which_is_used(tab: Tab) -> None:
    tab.hold(make_slot(1), make_slot(2))
    tab.choose("Source", "Pool")
    tab.qtbot.keyClick(tab.index(), Qt.Key.Key_Up)
    assert "1.jpg" in tab.words()
    tab.index().setValue(7)
    assert "There is no slot 7: 1, the last one, is taken" in tab.words()
    tab.press_run()
    (request,) = tab.asked()
    assert (request.index, request.slot) == (7, "img_0002")


def test_an_empty_pool_disables_run_with_a_sentence(tab: Tab) -> None:
    tab.choose("Source", "Pool")
    assert not tab.run_button().isEnabled()
    sentence = "The pool is empty. Press P on a photo to add it, or drop it on Pool."
    assert sentence in tab.words()
    tab.choose("Source", "Selection")
    assert tab.run_button().isEnabled()


def test_another_pool_is_asked_for_and_used(tab: Tab) -> None:
    wedding = manifest(make_slot(9), pool_id=WEDDING, name="Wedding")
    tab.hold(make_slot(1))
    tab.choose("Source", "Pool")
    tab.daemon.answer(messages.PoolList, lambda _request: [wedding])
    tab.choose("Pool", "Wedding")
    tab.qtbot.waitUntil(lambda: "9.jpg" in tab.words())
    tab.press_run()
    assert tab.asked()[-1].pool == WEDDING


def test_a_missing_photo_disables_run(tab: Tab) -> None:
    tab.hold(make_slot(1, missing=True))
    tab.choose("Source", "Pool")
    assert not tab.run_button().isEnabled()
    assert "1.jpg is not where it was. Put it back, or choose another photo." in tab.words()


def test_a_photo_known_to_be_broken_disables_run_with_the_reason(tab: Tab) -> None:
    error = ErrorInfo(ErrorKind.UNREADABLE, "9.jpg is cut off.", "Copy it from the card again.")
    tab.daemon.answer(messages.ThumbnailRequest, lambda _request: [messages.Failed(error=error)])
    tab.thumbnails.forget([NINE])
    tab.qtbot.waitUntil(lambda: not tab.run_button().isEnabled())
    assert "9.jpg is cut off. Copy it from the card again." in tab.words()


def test_a_video_is_not_graded(tab: Tab) -> None:
    tab.selection.set_current(b"/photos/clip.mp4")
    assert not tab.run_button().isEnabled()
    assert "Videos are shown, not graded." in tab.words()


# ------------------------------------------------------------------ painting


def test_a_mask_without_a_stroke_disables_run_with_the_reason(tab: Tab) -> None:
    tab.hold(make_slot(1))
    tab.selection.set_current(ONE)
    form(tab).set_painting(Painting(PORTRAITS, "img_0001", is_empty=True))
    assert EMPTY in tab.words()
    assert not tab.run_button().isEnabled()
    form(tab).set_painting(Painting(PORTRAITS, "img_0001", is_empty=False))
    assert tab.run_button().isEnabled()


def test_run_saves_the_mask_that_is_being_painted_first(tab: Tab) -> None:
    waiting: list[Callable[[], object]] = []
    tab.panel.save_masks_by(waiting.append)
    tab.hold(make_slot(1))
    tab.selection.set_current(ONE)
    form(tab).set_painting(Painting(PORTRAITS, "img_0001"))
    tab.press_run()
    assert tab.daemon.of(messages.AiEditRequest) == []
    tab.selection.set_current(TWO)
    waiting[0]()
    (request,) = tab.asked()
    assert (request.pool, request.slot) == (PORTRAITS, "img_0001")


def test_the_brush_asks_to_paint_the_slot_on_show(tab: Tab) -> None:
    tab.hold(make_slot(1), active=0)
    tab.choose("Source", "Pool")
    brushes = tab.panel.findChildren(QToolButton)
    brush = next(each for each in brushes if each.accessibleName() == "Paint the mask")
    with tab.qtbot.waitSignal(tab.panel.paint_wanted) as wanted:
        tab.qtbot.mouseClick(brush, Qt.MouseButton.LeftButton)
    assert wanted.args == ["img_0001"]


# ------------------------------------------------------------------ a mask from a file


def test_a_mask_from_a_file_of_another_size_may_be_fitted(tab: Tab, tmp_path: Path) -> None:
    mask = bytes(tmp_path / "sky.png")
    of_mask, of_photo = thumbnail_of((0, 0, 0), 20, 30), thumbnail_of((9, 9, 9), 40, 30)
    tab.daemon.answer(
        messages.ThumbnailRequest,
        lambda request: (of_mask if bytes(request.path) == mask else of_photo)(request),
    )
    tab.thumbnails.forget([NINE])
    form(tab).use_mask_file(mask)
    assert tab.choice("Mask").currentText() == "sky.png"
    tab.qtbot.waitUntil(lambda: not tab.run_button().isEnabled())
    assert any("20 × 30 pixels, the photo 40 × 30" in each for each in tab.words())
    fit = tab.panel.findChild(QCheckBox)
    assert fit.accessibleName() == "Fit it to the photo"
    fit.click()
    tab.press_run()
    (request,) = tab.asked()
    assert (request.path, request.mask, request.resize_mask) == (NINE, mask, True)


def test_a_mask_from_a_file_ends_with_its_photo(tab: Tab) -> None:
    form(tab).use_mask_file(b"/masks/sky.png")
    tab.selection.set_current(ONE)
    assert tab.choice("Mask").currentText() == "None"


# ------------------------------------------------------------------ the picture


def test_the_mask_lies_over_the_small_photo(tab: Tab) -> None:
    tab.daemon.answer(messages.ThumbnailRequest, thumbnail_of((255, 255, 255), 64, 64))
    tab.hold(masked_slot(1))
    tab.selection.set_current(ONE)
    tab.qtbot.waitUntil(lambda: picture(tab).shows_mask)
    middle = picture(tab).grab().toImage().pixelColor(picture(tab).rect().center())
    assert middle.red() > middle.green()
    assert middle.name() != tokens().cell


def test_a_mask_that_was_painted_on_is_read_anew(tab: Tab) -> None:
    tab.daemon.answer(messages.ThumbnailRequest, thumbnail_of((255, 255, 255), 64, 64))
    tab.hold(masked_slot(1))
    tab.selection.set_current(ONE)
    tab.qtbot.waitUntil(lambda: picture(tab).shows_mask)
    mask = masked_slot(1).mask

    def times() -> int:
        asked = tab.daemon.of(messages.ThumbnailRequest)
        return sum(bytes(each.path) == mask for each in asked)

    assert times() == 1
    tab.hold(masked_slot(1, mask_mtime_ns=2))
    tab.qtbot.waitUntil(lambda: times() == 2)


# ------------------------------------------------------------------ all of a pool


def test_all_photos_of_the_pool_are_graded_by_one_press(tab: Tab) -> None:
    tab.hold(masked_slot(1), make_slot(2))
    tab.panel.choose_source(POOL)
    assert {"Portraits", "2 photos"} <= set(tab.words())
    assert "Built-in look, no AI, 2 photos, 1 through their masks" in tab.words()
    tab.press_run()
    first, second = tab.asked(2)
    assert (first.slot, second.slot) == ("img_0001", "img_0002")
    assert (first.index, second.index) == (0, 1)


def test_after_a_whole_pool_the_form_is_about_the_selection_again(tab: Tab) -> None:
    tab.hold(make_slot(1), make_slot(2))
    tab.panel.choose_source(POOL)
    tab.press_run()
    tab.asked(2)
    assert tab.choice("Source").currentText() == "Selection"


def test_one_mask_serves_the_whole_pool(tab: Tab) -> None:
    tab.hold(masked_slot(1), make_slot(2))
    tab.panel.choose_source(POOL)
    tab.choose("Mask", "The active one's")
    assert "The mask of slot 0 for all; it is fitted to photos of another size." in tab.words()
    tab.press_run()
    first, second = tab.asked(2)
    assert (first.mask, first.resize_mask) == (b"", False)
    assert (second.mask, second.resize_mask) == (masked_slot(1).mask, True)


# ------------------------------------------------------------------ what jobs say


def test_a_job_says_that_it_went_through_its_mask_and_from_which_slot(tab: Tab) -> None:
    tab.hold(masked_slot(1))
    tab.selection.set_current(ONE)
    job = done_job(
        path=ONE,
        mask_path=b"/photos/mask.png",
        outside_identical=True,
        pool_id=PORTRAITS,
        slot="img_0001",
        index=0,
    )
    tab.tell(messages.AiEditComplete(job_id="job-1", path=ONE, result_path=b"/r.jpg", job=job))
    tab.selection.set_current(NINE)
    tab.selection.set_current(ONE)
    shown = "\n".join(tab.words())
    assert "Untouched outside the mask" in shown
    assert "Portraits, slot 0" in shown
    assert "Photo or mask changed since" not in shown


def test_a_job_of_a_stale_slot_says_so_quietly(tab: Tab) -> None:
    tab.hold(masked_slot(1, stale=True))
    job = done_job(path=ONE, pool_id=PORTRAITS, slot="img_0001", index=0)
    tab.tell(messages.AiEditComplete(job_id="job-1", path=ONE, result_path=b"/r.jpg", job=job))
    tab.selection.set_current(ONE)
    assert "Photo or mask changed since" in tab.words()


def test_the_jobs_list_says_pool_mask_and_what_changed_since(
    qtbot: QtBot, fake_daemon: FakeDaemon, client: DaemonClient
) -> None:
    fake_daemon.answer(
        messages.PoolList, lambda _request: [manifest(masked_slot(1, stale=True, own=True))]
    )
    pool, jobs = PoolModel(client), JobsModel(client)
    contents = PoolContents(client, pool)
    listed = make_jobs_panel(client, jobs, JobOrigins(contents))
    qtbot.addWidget(listed)
    listed.show()
    with qtbot.waitSignal(pool.changed):
        pool.start()
    job = done_job(pool_id=PORTRAITS, slot="img_0001", index=0, mask_path=b"/photos/mask.png")
    with qtbot.waitSignal(jobs.finished):
        fake_daemon.publish(
            messages.AiEditComplete(job_id="job-1", path=ONE, result_path=b"/r.jpg", job=job)
        )
    listed.prepare()
    qtbot.waitUntil(lambda: listed.findChild(JobRow).isVisible())
    labels = [each for each in listed.findChildren(QLabel) if each.isVisible()]
    assert {"Pasted picture", "Portraits, slot 0 · through a mask"} <= {e.text() for e in labels}
    (stale,) = [e for e in labels if e.text() == "Photo or mask changed since"]
    assert stale.toolTip().startswith("This result was made from an earlier photo or mask")
