"""Jobs as the window knows them."""

from __future__ import annotations

import pytest
from pytestqt.qtbot import QtBot

from daemon.protocol import messages
from daemon.protocol.errors import ErrorInfo, ErrorKind
from rabbitviewer.ipc.client import DaemonClient
from rabbitviewer.models.job import JobCounts
from rabbitviewer.models.jobs import JobsModel
from tests.fakes.daemon import FakeDaemon
from tests.fakes.window import PHOTO, RESULT, done_job, make_job


@pytest.fixture
def jobs(qtbot: QtBot, client: DaemonClient) -> JobsModel:
    return JobsModel(client)


def progress(pct: float, job_id: str = "job-1") -> messages.AiEditProgress:
    return messages.AiEditProgress(
        job_id=job_id, path=PHOTO, progress_pct=pct, stage="apply", message="", eta_s=4.0
    )


def test_jobs_are_listed_newest_first(
    qtbot: QtBot, fake_daemon: FakeDaemon, jobs: JobsModel
) -> None:
    listed = (make_job("old", created=1.0), make_job("new", created=2.0))
    fake_daemon.answer(messages.JobsRequest, lambda _request: [messages.Jobs(jobs=listed)])
    with qtbot.waitSignal(jobs.reset):
        jobs.refresh()
    assert [job.info.job_id for job in jobs.jobs()] == ["new", "old"]


def test_progress_never_runs_backwards(
    qtbot: QtBot, fake_daemon: FakeDaemon, jobs: JobsModel
) -> None:
    fake_daemon.answer(messages.JobsRequest, lambda _: [messages.Jobs(jobs=(make_job(),))])
    with qtbot.waitSignal(jobs.reset):
        jobs.refresh()
    with qtbot.waitSignals([jobs.changed, jobs.changed]):
        fake_daemon.publish(progress(70.0))
        fake_daemon.publish(progress(60.0))
    job = jobs.job("job-1")
    assert job is not None
    assert job.info.progress_pct == 70.0
    assert job.eta_s == 4.0


def test_only_news_within_a_stage_is_told_beside_the_stage(
    qtbot: QtBot, fake_daemon: FakeDaemon, jobs: JobsModel
) -> None:
    fake_daemon.answer(messages.JobsRequest, lambda _: [messages.Jobs(jobs=(make_job(),))])
    with qtbot.waitSignal(jobs.reset):
        jobs.refresh()
    heard: list[str] = []
    jobs.changed.connect(lambda job_id: heard.append(jobs.job(job_id).detail))
    for words in ("Waiting at studio-pc", "Waiting at studio-pc, 2 before it"):
        fake_daemon.publish(
            messages.AiEditProgress(
                job_id="job-1", path=PHOTO, progress_pct=11.0, stage="queued", message=words
            )
        )
    qtbot.waitUntil(lambda: heard == ["", "Waiting at studio-pc, 2 before it"])


def test_an_accepted_request_names_its_job(
    qtbot: QtBot, fake_daemon: FakeDaemon, jobs: JobsModel
) -> None:
    accepted = messages.AiEditAccepted(job_id="job-1", job=make_job(state="waiting"))
    fake_daemon.answer(messages.AiEditRequest, lambda _request: [accepted])
    with qtbot.waitSignal(jobs.accepted) as heard:
        request_id = jobs.start(
            messages.AiEditRequest(path=messages.WirePath.of(PHOTO), prompt="warm")
        )
    assert heard.args == ["job-1", request_id]
    assert jobs.counts() == JobCounts(waiting=1)


def test_a_refused_request_tells_why(
    qtbot: QtBot, fake_daemon: FakeDaemon, jobs: JobsModel
) -> None:
    error = ErrorInfo(ErrorKind.WORKFLOW_UNAVAILABLE, "A model is missing.")
    fake_daemon.answer(messages.AiEditRequest, lambda _request: [messages.Failed(error=error)])
    with qtbot.waitSignal(jobs.refused) as heard:
        jobs.start(messages.AiEditRequest(path=messages.WirePath.of(PHOTO), prompt="warm"))
    assert heard.args[0] == error


def test_a_job_started_elsewhere_is_asked_for(
    qtbot: QtBot, fake_daemon: FakeDaemon, jobs: JobsModel
) -> None:
    with qtbot.waitSignal(fake_daemon.asked, check_params_cb=_asks_for_jobs):
        fake_daemon.publish(progress(10.0, "from the command line"))


def test_a_result_and_its_original_find_each_other(
    qtbot: QtBot, fake_daemon: FakeDaemon, jobs: JobsModel
) -> None:
    complete = messages.AiEditComplete(
        job_id="job-1", path=PHOTO, result_path=RESULT, job=done_job()
    )
    with qtbot.waitSignal(jobs.finished):
        fake_daemon.publish(complete)
    assert jobs.pair_for(PHOTO) == (PHOTO, RESULT)
    assert jobs.pair_for(RESULT) == (PHOTO, RESULT)


def test_the_picture_of_a_test_run_is_no_result_of_the_photo(
    qtbot: QtBot, fake_daemon: FakeDaemon, jobs: JobsModel
) -> None:
    job = done_job(workflow="~trial-1")
    complete = messages.AiEditComplete(job_id="job-1", path=PHOTO, result_path=RESULT, job=job)
    with qtbot.waitSignal(jobs.finished):
        fake_daemon.publish(complete)
    assert (jobs.pair_for(PHOTO), jobs.latest_for(PHOTO)) == (None, None)


def test_failures_count_until_the_list_was_looked_at(
    qtbot: QtBot, fake_daemon: FakeDaemon, jobs: JobsModel
) -> None:
    error = ErrorInfo(ErrorKind.HOST_UNREACHABLE, "Could not reach studio-pc:8188.")
    failed = messages.AiEditFailed(
        job_id="job-1", path=PHOTO, error=error, job=make_job(state="failed", error=error)
    )
    with qtbot.waitSignal(jobs.finished):
        fake_daemon.publish(failed)
    assert jobs.counts().failed == 1
    jobs.mark_failures_seen()
    assert jobs.counts().failed == 0


def test_prompts_are_remembered_newest_first_and_once(
    qtbot: QtBot, fake_daemon: FakeDaemon, jobs: JobsModel
) -> None:
    listed = tuple(
        make_job(str(number), prompt=prompt, created=float(number))
        for number, prompt in enumerate(("warm", "cold", "warm"))
    )
    fake_daemon.answer(messages.JobsRequest, lambda _request: [messages.Jobs(jobs=listed)])
    with qtbot.waitSignal(jobs.reset):
        jobs.refresh()
    assert jobs.recent_prompts() == ["warm", "cold"]


def test_a_preview_shorter_than_it_says_is_left_out(
    qtbot: QtBot, fake_daemon: FakeDaemon, jobs: JobsModel
) -> None:
    fake_daemon.answer(messages.JobsRequest, lambda _: [messages.Jobs(jobs=(make_job(),))])
    with qtbot.waitSignal(jobs.reset):
        jobs.refresh()
    preview = messages.AiEditPreview(job_id="job-1", path=PHOTO, width_px=4, height_px=4)
    with qtbot.waitSignal(jobs.previewed, raising=True):
        fake_daemon.publish(preview, b"\0" * 60)
        fake_daemon.publish(preview, b"\0" * 64)
    job = jobs.job("job-1")
    assert job is not None
    assert job.preview is not None
    assert job.preview.width() == 4


def _asks_for_jobs(request: object) -> bool:
    return isinstance(request, messages.JobsRequest)


def test_one_list_is_read_at_a_time(qtbot: QtBot, fake_daemon: FakeDaemon, jobs: JobsModel) -> None:
    fake_daemon.answer(messages.JobsRequest, lambda _: [messages.Jobs(jobs=(make_job(),))])
    with qtbot.waitSignal(jobs.reset):
        jobs.refresh()
        jobs.refresh()
        jobs.refresh()
    assert len(fake_daemon.of(messages.JobsRequest)) == 1
    with qtbot.waitSignal(jobs.reset):
        pass
    assert len(fake_daemon.of(messages.JobsRequest)) == 2
