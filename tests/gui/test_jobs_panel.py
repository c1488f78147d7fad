"""The jobs list: groups, order, pauses, cancelling and repeating, by mouse and key."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QAbstractButton, QLabel, QMenu, QProgressBar
from pytestqt.qtbot import QtBot

from daemon.protocol import messages
from daemon.protocol.errors import ErrorInfo, ErrorKind
from daemon.protocol.jobs import JobChanged, JobsCancel, JobsMove, JobsPause, QueueState
from daemon.protocol.values import JobInfo
from rabbitviewer.edit.job_list import JobList
from rabbitviewer.edit.job_row import JobRow
from rabbitviewer.edit.jobs_panel import JobsPanel
from rabbitviewer.ipc.client import DaemonClient
from rabbitviewer.models.jobs import JobsModel
from tests.fakes.daemon import FakeDaemon
from tests.fakes.grading import make_jobs_panel, make_origins
from tests.fakes.window import PHOTO, done_job, make_job

OUT_OF_MEMORY = ErrorInfo(
    ErrorKind.OUT_OF_MEMORY,
    "studio-pc ran out of memory.",
    "Free its memory.",
    {"server": "Allocation on device"},
)
LOST = ErrorInfo(ErrorKind.JOB_LOST, "studio-pc lost this job twice.")

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support")


class Desk:
    """The list on the screen, and the daemon behind it."""

    def __init__(self, qtbot: QtBot, daemon: FakeDaemon, jobs: JobsModel, panel: JobsPanel) -> None:
        self.qtbot = qtbot
        self.daemon = daemon
        self.jobs = jobs
        self.panel = panel
        self.heard: list[object] = []

    def show(self, *infos: JobInfo, paused: bool = False) -> None:
        """Let the daemon list these jobs, and open the panel."""
        answer = messages.Jobs(jobs=infos, paused=paused)
        self.daemon.answer(messages.JobsRequest, lambda _request: [answer])
        with self.qtbot.waitSignal(self.jobs.reset):
            self.jobs.refresh()
        self.panel.show()
        self.panel.prepare()

    def hear(self, event: messages.Message) -> None:
        """Let the daemon say something, and wait until it was heard."""
        before = len(self.heard)
        self.daemon.publish(event)
        self.qtbot.waitUntil(lambda: len(self.heard) > before)

    @property
    def rows(self) -> list[JobRow]:
        """The rows, from top to bottom."""
        rows = [row for row in self.panel.findChildren(JobRow) if row.isVisibleTo(self.panel)]
        return sorted(rows, key=lambda row: row.y())

    @property
    def order(self) -> list[str]:
        return [row.job_id for row in self.rows]

    def row(self, job_id: str) -> JobRow:
        return next(row for row in self.panel.findChildren(JobRow) if row.job_id == job_id)

    def words(self) -> list[str]:
        """All that can be read."""
        labels = self.panel.findChildren(QLabel)
        return [label.text() for label in labels if label.isVisibleTo(self.panel)]

    def press(self, job_id: str, key: str) -> None:
        """Press *key* on a row."""
        row = self.row(job_id)
        row.setFocus()
        self.qtbot.keySequence(row, key)

    def click(self, text: str) -> None:
        """Press the button that says *text*."""
        found = [
            each
            for each in self.panel.findChildren(QAbstractButton)
            if text in (each.text(), each.toolTip()) and each.isVisibleTo(self.panel)
        ]
        self.qtbot.mouseClick(found[0], Qt.MouseButton.LeftButton)

    def asked(self, kind: type[messages.Message]) -> messages.Message:
        """The first request of *kind*, as soon as it has come."""
        self.qtbot.waitUntil(lambda: bool(self.daemon.of(kind)))
        return self.daemon.of(kind)[0]


@pytest.fixture
def desk(qtbot: QtBot, fake_daemon: FakeDaemon, client: DaemonClient) -> Iterator[Desk]:
    jobs = JobsModel(client)
    panel = make_jobs_panel(client, jobs, make_origins(client), "attic")
    qtbot.addWidget(panel)
    panel.resize(440, 640)
    desk = Desk(qtbot, fake_daemon, jobs, panel)
    client.replied.connect(lambda message, _blob: desk.heard.append(message))
    yield desk
    panel.hide()


def waiting(job_id: str, rank: float, **changes: object) -> JobInfo:
    values = {"state": "waiting", "stage": "prepare", "progress_pct": 0.0, "rank": rank}
    return make_job(job_id, **{**values, **changes})


def failed(job_id: str, error: ErrorInfo) -> JobInfo:
    return make_job(job_id, state="failed", error=error, ai=True, host="studio-pc")


def test_what_runs_comes_first_then_what_waits_in_its_order_then_what_is_over(desk: Desk) -> None:
    desk.show(
        done_job("done", created=9.0),
        waiting("second", 2.0, created=1.0),
        waiting("first", 1.0, created=5.0),
        make_job("runs", created=3.0),
    )
    assert desk.order == ["runs", "first", "second", "done"]
    assert {"Running  1", "Waiting  2", "Done  1"} <= set(desk.words())


def test_several_requests_for_one_photo_are_several_rows(desk: Desk) -> None:
    desk.show(waiting("a", 1.0, path=PHOTO), waiting("b", 2.0, path=PHOTO))
    assert desk.order == ["a", "b"]


def test_ctrl_down_lets_a_job_wait_longer(desk: Desk) -> None:
    desk.show(waiting("a", 1.0), waiting("b", 2.0), waiting("c", 3.0))
    desk.press("a", "Ctrl+Down")
    assert desk.asked(JobsMove) == JobsMove(
        job_ids=("a",), place="before", before="c", request_id=desk.asked(JobsMove).request_id
    )


def test_ctrl_down_on_the_last_but_one_puts_it_to_the_back(desk: Desk) -> None:
    desk.show(waiting("a", 1.0), waiting("b", 2.0))
    desk.press("a", "Ctrl+Down")
    assert desk.asked(JobsMove).place == "back"


def test_ctrl_up_lets_a_job_run_earlier(desk: Desk) -> None:
    desk.show(waiting("a", 1.0), waiting("b", 2.0), waiting("c", 3.0))
    desk.press("c", "Ctrl+Up")
    assert (desk.asked(JobsMove).job_ids, desk.asked(JobsMove).before) == (("c",), "b")


@pytest.mark.parametrize(("key", "place"), [("Ctrl+Home", "front"), ("Ctrl+End", "back")])
def test_a_job_goes_to_the_front_or_the_back(desk: Desk, key: str, place: str) -> None:
    desk.show(waiting("a", 1.0), waiting("b", 2.0), waiting("c", 3.0))
    desk.press("b", key)
    assert (desk.asked(JobsMove).job_ids, desk.asked(JobsMove).place) == (("b",), place)


def test_what_runs_cannot_be_moved(desk: Desk) -> None:
    desk.show(make_job("runs"), waiting("a", 1.0))
    desk.press("runs", "Ctrl+Down")
    desk.press("a", "Del")
    desk.asked(JobsCancel)
    assert desk.daemon.of(JobsMove) == []


def test_a_job_is_dragged_to_another_place(desk: Desk) -> None:
    desk.show(waiting("a", 1.0), waiting("b", 2.0), waiting("c", 3.0))
    rows = desk.panel.findChild(JobList)
    start = desk.row("c").geometry().center()
    goal = desk.row("a").geometry().topLeft() + QPoint(100, 4)
    left = Qt.MouseButton.LeftButton
    desk.qtbot.mousePress(rows, left, pos=start)
    desk.qtbot.mouseMove(rows, start - QPoint(0, 30))
    desk.qtbot.mouseMove(rows, goal)
    desk.qtbot.mouseRelease(rows, left, pos=goal)
    move = desk.asked(JobsMove)
    assert (move.job_ids, move.place, move.before) == (("c",), "before", "a")


def test_a_new_order_is_shown_in_the_same_rows(desk: Desk) -> None:
    desk.show(waiting("a", 1.0), waiting("b", 2.0))
    kept = desk.row("b")
    desk.hear(JobChanged(job=waiting("b", 0.5)))
    desk.qtbot.waitUntil(lambda: desk.order == ["b", "a"])
    assert desk.row("b") is kept


def test_del_cancels_the_job_and_no_photo(desk: Desk) -> None:
    desk.show(make_job("runs"))
    desk.press("runs", "Del")
    assert desk.asked(JobsCancel).job_ids == ("runs",)


def test_space_holds_a_job_and_lets_it_go_on(desk: Desk) -> None:
    desk.show(waiting("a", 1.0))
    desk.press("a", "Space")
    assert (desk.asked(JobsPause).paused, desk.asked(JobsPause).job_ids) == (True, ("a",))
    desk.hear(JobChanged(job=waiting("a", 1.0, state="paused", paused=True)))
    desk.press("a", "Space")
    desk.qtbot.waitUntil(lambda: len(desk.daemon.of(JobsPause)) == 2)
    assert not desk.daemon.of(JobsPause)[1].paused


def test_a_paused_queue_says_so_and_is_resumed(desk: Desk) -> None:
    desk.show(waiting("a", 1.0), paused=True)
    assert "The queue is paused. Nothing new begins until you resume it." in desk.words()
    desk.click("Resume")
    assert (desk.asked(JobsPause).paused, desk.asked(JobsPause).job_ids) == (False, ())
    desk.hear(QueueState(paused=False))
    assert "The queue is paused. Nothing new begins until you resume it." not in desk.words()


def test_all_are_cancelled_at_once_and_run_again(desk: Desk) -> None:
    desk.show(make_job("a"), waiting("b", 1.0), done_job("c"))
    desk.click("Cancel all")
    assert desk.asked(JobsCancel).job_ids == ()
    assert "Cancelled 2 jobs" in desk.words()
    gone = make_job("a", state="cancelled")
    desk.hear(messages.AiEditCancelled(job_id="a", path=PHOTO, job=gone))
    desk.click("Run them again")
    desk.asked(messages.JobRetry)
    late = waiting("b", 1.0, state="cancelled")
    desk.hear(messages.AiEditCancelled(job_id="b", path=PHOTO, job=late))
    desk.qtbot.waitUntil(lambda: len(desk.daemon.of(messages.JobRetry)) == 2)
    assert [each.job_id for each in desk.daemon.of(messages.JobRetry)] == ["a", "b"]


def test_what_was_done_before_it_could_be_cancelled_is_not_run_again(desk: Desk) -> None:
    desk.show(make_job("a"), make_job("b"))
    desk.click("Cancel all")
    desk.hear(
        messages.AiEditComplete(job_id="a", path=PHOTO, result_path=b"/r.jpg", job=done_job("a"))
    )
    desk.click("Run them again")
    gone = make_job("b", state="cancelled")
    desk.hear(messages.AiEditCancelled(job_id="b", path=PHOTO, job=gone))
    assert desk.asked(messages.JobRetry).job_id == "b"


def test_a_host_without_memory_is_emptied_before_the_next_try(desk: Desk) -> None:
    desk.show(failed("a", OUT_OF_MEMORY))
    desk.click("Free memory and try again")
    retry = desk.asked(messages.JobRetry)
    assert (retry.job_id, retry.free_memory, retry.new_seed) == ("a", True, False)


def test_a_lost_job_is_sent_again(desk: Desk) -> None:
    desk.show(failed("a", LOST))
    desk.click("Send again")
    retry = desk.asked(messages.JobRetry)
    assert (retry.job_id, retry.free_memory) == ("a", False)


def test_a_failed_job_is_tried_with_a_new_seed(desk: Desk) -> None:
    desk.show(failed("a", ErrorInfo(ErrorKind.HOST_FAILED, "KSampler failed.")))
    desk.click("New seed")
    assert desk.asked(messages.JobRetry).new_seed


def test_a_failed_job_is_tried_on_another_host(desk: Desk) -> None:
    desk.show(failed("a", LOST))
    desk.click("On another host…")
    (menu,) = [each for each in desk.panel.findChildren(QMenu) if each.isVisible()]
    menu.actions()[0].trigger()
    menu.close()
    assert desk.asked(messages.JobRetry).host == "attic"


def test_the_servers_words_stand_behind_a_fold_and_can_be_copied(desk: Desk) -> None:
    desk.show(failed("a", OUT_OF_MEMORY))
    assert "studio-pc ran out of memory." in desk.words()
    assert not any("Allocation" in words for words in desk.words())
    desk.click("Details")
    assert any("Allocation on device" in words for words in desk.words())
    desk.click("Copy details")
    assert "server: Allocation on device" in QGuiApplication.clipboard().text()


def test_a_running_job_says_stage_place_and_time_left(desk: Desk) -> None:
    desk.show(make_job("a", ai=True, host="studio-pc", stage="run"))
    desk.hear(
        messages.AiEditProgress(
            job_id="a", path=PHOTO, progress_pct=41.6, stage="queued", eta_s=40.0, queue_position=2
        )
    )
    words = "42 % · In the queue of studio-pc · 2 before it · about 40 s left"
    desk.qtbot.waitUntil(lambda: words in desk.words())
    assert desk.row("a").findChild(QProgressBar).value() == 416


def test_what_ended_while_the_list_was_closed_is_shown_as_ended(desk: Desk) -> None:
    desk.show(make_job("a", ai=True, host="studio-pc", stage="run"))
    desk.panel.hide()
    done = done_job("a", ai=True, host="studio-pc")
    desk.hear(
        messages.AiEditComplete(job_id="a", path=PHOTO, result_path=done.result_path, job=done)
    )
    desk.panel.show()
    desk.panel.prepare()
    assert any(words.startswith("Done") and "studio-pc" in words for words in desk.words())
    assert not desk.row("a").findChild(QProgressBar).isVisibleTo(desk.panel)


def test_what_a_host_does_unexpectedly_is_told_in_full(desk: Desk) -> None:
    desk.show(make_job("a", host="studio-pc", stage="run"))
    words = "studio-pc does not answer. Trying again until it does, since 12 s."
    for message in ("studio-pc is grading it", words):
        desk.hear(
            messages.AiEditProgress(
                job_id="a", path=PHOTO, progress_pct=41.6, stage="run", message=message, eta_s=4.0
            )
        )
    desk.qtbot.waitUntil(lambda: words in desk.words())
    assert "42 % · studio-pc is grading it" in desk.words()


def test_of_two_thousand_jobs_only_some_are_rows_until_more_are_asked_for(desk: Desk) -> None:
    desk.show(*(waiting(f"w{n:04}", float(n)) for n in range(2000)))
    desk.qtbot.waitUntil(lambda: len(desk.rows) == 20)
    desk.click("Show more (1,980 left)")
    desk.qtbot.waitUntil(lambda: len(desk.rows) == 80)
    assert desk.order[:2] == ["w0000", "w0001"]


def test_a_flood_of_progress_is_told_a_few_times_and_its_end_at_last(desk: Desk) -> None:
    desk.show(make_job("a", progress_pct=0.0))
    told: list[str] = []
    desk.jobs.changed.connect(told.append)
    for step in range(1, 501):
        desk.daemon.publish(
            messages.AiEditProgress(job_id="a", path=PHOTO, progress_pct=step / 10, stage="run")
        )
    bar = desk.row("a").findChild(QProgressBar)
    desk.qtbot.waitUntil(lambda: bar.value() == 500)
    assert len(told) < 100


def test_older_jobs_are_read_when_they_are_asked_for(desk: Desk) -> None:
    listed = tuple(done_job(f"d{n}", created=1000.0 - n) for n in range(200))
    older = messages.Jobs(jobs=(done_job("old", created=1.0),))
    desk.show(*listed)
    desk.daemon.answer(
        messages.JobsRequest, lambda request: [older if request.skip else messages.Jobs(jobs=())]
    )
    for left in (180, 120, 60):
        desk.click(f"Show more ({left} left)")
    desk.click("Show older jobs")
    desk.qtbot.waitUntil(lambda: desk.jobs.job("old") is not None)


def test_arrows_go_from_row_to_row(desk: Desk) -> None:
    desk.show(waiting("a", 1.0), waiting("b", 2.0))
    desk.press("a", "Down")
    assert desk.panel.window().focusWidget() is desk.row("b")
