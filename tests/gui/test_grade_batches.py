"""A grade on many photos: asked for, counted, cancelled, found again by another window."""

from __future__ import annotations

import pytest
from pytestqt.qtbot import QtBot

from daemon.protocol import messages
from daemon.protocol.errors import ErrorInfo, ErrorKind
from daemon.protocol.values import JobInfo
from rabbitviewer.ipc.client import DaemonClient
from rabbitviewer.looks.look_words import batch_words, ended_words
from rabbitviewer.models.grade_batches import Batch, GradeBatches
from rabbitviewer.models.jobs import JobsModel
from rabbitviewer.models.looks import Grade
from tests.fakes.daemon import FakeDaemon
from tests.fakes.looks import FakeLooks, ended
from tests.fakes.window import make_job

TEAL = Grade("Teal", look_id="a" * 32, strength=0.7)
MANY = 500
BROKEN = ErrorInfo(ErrorKind.UNREADABLE, "7.jpg is not a photo.")


@pytest.fixture
def jobs(qtbot: QtBot, fake_daemon: FakeDaemon, client: DaemonClient) -> JobsModel:
    FakeLooks(fake_daemon)
    return JobsModel(client)


@pytest.fixture
def batches(jobs: JobsModel) -> GradeBatches:
    return GradeBatches(jobs)


def photos(count: int) -> list[bytes]:
    return [b"/photos/%d.jpg" % number for number in range(count)]


def look_job(number: int, **changes: object) -> JobInfo:
    """A job of the batch, as the daemon tells it."""
    known = {
        "path": b"/photos/%d.jpg" % number,
        "operation": "look",
        "prompt": "Teal",
        "look_id": TEAL.look_id,
        "strength": 0.7,
        "created": 1_700_000_000.0 + number / 100,
        "state": "waiting",
        "stage": "prepare",
        "result_path": None,
    }
    return make_job(f"look-{number}", **{**known, **changes})


def begin(qtbot: QtBot, batches: GradeBatches, count: int) -> None:
    """Put the look on photos and wait until the daemon took all of them."""
    batches.start(TEAL, photos(count))
    qtbot.waitUntil(lambda: batches.is_sent and bool(batches.batches()))


def now(batches: GradeBatches) -> Batch:
    """Return the only batch."""
    (batch,) = batches.batches()
    return batch


def test_five_hundred_photos_are_one_batch(qtbot: QtBot, batches: GradeBatches) -> None:
    begin(qtbot, batches, MANY)
    qtbot.waitUntil(lambda: now(batches).count == MANY)
    assert batch_words(now(batches)) == "Look “Teal” on 500 photos: 0 done"


def test_only_some_are_asked_for_per_turn(
    qtbot: QtBot, fake_daemon: FakeDaemon, batches: GradeBatches, jobs: JobsModel
) -> None:
    batches.start(TEAL, photos(MANY))
    assert not batches.is_sent
    qtbot.waitUntil(lambda: len(fake_daemon.of(messages.AiEditRequest)) == MANY)


def test_a_window_that_closes_leaves_nothing_unasked(
    qtbot: QtBot, fake_daemon: FakeDaemon, batches: GradeBatches
) -> None:
    batches.start(TEAL, photos(MANY))
    batches.finish()
    qtbot.waitUntil(lambda: len(fake_daemon.of(messages.AiEditRequest)) == MANY)


def test_failures_are_counted_and_the_first_reason_is_told(
    qtbot: QtBot, fake_daemon: FakeDaemon, batches: GradeBatches
) -> None:
    begin(qtbot, batches, 3)
    fake_daemon.publish(ended(look_job(1, state="done", result_path=b"/photos/r.jpg")))
    fake_daemon.publish(ended(look_job(2, state="failed", error=BROKEN)))
    qtbot.waitUntil(lambda: now(batches).failed == 1)
    assert (now(batches).done, now(batches).error) == (1, BROKEN)
    with qtbot.waitSignal(batches.ended) as over:
        fake_daemon.publish(ended(look_job(3, state="done", result_path=b"/photos/r.jpg")))
    words = ended_words(over.args[0])
    assert words == "Look “Teal” on 3 photos: 2 done, 1 failed. 7.jpg is not a photo."


def test_a_single_photo_is_no_batch(qtbot: QtBot, batches: GradeBatches, jobs: JobsModel) -> None:
    batches.start(TEAL, photos(1))
    qtbot.waitUntil(lambda: batches.is_sent)
    qtbot.waitUntil(lambda: not batches._tell.isActive())  # pyright: ignore[reportPrivateUsage]
    assert batches.batches() == []
    assert not batches.contains(jobs.jobs()[0])


def test_cancel_all_cancels_those_that_wait_before_those_that_run(
    qtbot: QtBot, fake_daemon: FakeDaemon, batches: GradeBatches, jobs: JobsModel
) -> None:
    begin(qtbot, batches, 3)
    event = messages.AiEditProgress(
        job_id="look-1", path=b"/photos/0.jpg", progress_pct=5.0, stage="apply", message=""
    )
    with qtbot.waitSignal(jobs.changed):
        fake_daemon.publish(event)
    batches.cancel_all()
    qtbot.waitUntil(lambda: len(fake_daemon.of(messages.JobCancel)) == 3)
    last = fake_daemon.of(messages.JobCancel)[-1]
    assert isinstance(last, messages.JobCancel)
    assert last.job_id == "look-1"


def test_a_window_opened_later_tells_the_whole_batch(
    qtbot: QtBot, fake_daemon: FakeDaemon, batches: GradeBatches, jobs: JobsModel
) -> None:
    everything = [
        look_job(number, state="done" if number < 60 else "waiting") for number in range(300)
    ][::-1]

    def answer(request: messages.Message) -> list[messages.Message]:
        assert isinstance(request, messages.JobsRequest)
        part = everything[request.skip : request.skip + min(request.limit, 150)]
        more = request.skip + len(part) < len(everything)
        return [messages.Jobs(jobs=tuple(part), more=more)]

    fake_daemon.answer(messages.JobsRequest, answer)
    jobs.refresh()
    qtbot.waitUntil(lambda: bool(batches.batches()) and now(batches).count == 300)
    assert now(batches).done == 60


def test_older_jobs_stay_known_when_the_newest_are_read_again(
    qtbot: QtBot, fake_daemon: FakeDaemon, jobs: JobsModel
) -> None:
    everything = [look_job(number, state="waiting") for number in range(300)][::-1]

    def answer(request: messages.Message) -> list[messages.Message]:
        assert isinstance(request, messages.JobsRequest)
        part = everything[request.skip : request.skip + request.limit]
        return [messages.Jobs(jobs=tuple(part))]

    fake_daemon.answer(messages.JobsRequest, answer)
    jobs.refresh()
    qtbot.waitUntil(lambda: len(jobs.jobs()) == 300)
    with qtbot.waitSignal(jobs.reset):
        jobs.refresh()
    assert len(jobs.jobs()) == 300
    assert jobs.counts().waiting == 300


def test_grades_of_another_day_are_another_batch(
    qtbot: QtBot, fake_daemon: FakeDaemon, batches: GradeBatches, jobs: JobsModel
) -> None:
    yesterday = [look_job(n, created=1_600_000_000.0 + n, state="done") for n in range(5)]
    today = [look_job(n + 10) for n in range(2)]
    listed = tuple(reversed([*yesterday, *today]))
    fake_daemon.answer(messages.JobsRequest, lambda _: [messages.Jobs(jobs=listed)])
    jobs.refresh()
    qtbot.waitUntil(lambda: bool(batches.batches()))
    assert now(batches).count == 2
