from __future__ import annotations

import msgspec
import pytest

from daemon.comfyui.host_stats import HostStatistics, Tally
from daemon.edits.estimates import Estimates, runs_before
from daemon.protocol.errors import ErrorInfo, ErrorKind
from daemon.storage.job_record import JobRecord
from daemon.storage.past_job import PastJob, past_job
from daemon.tasks import SmallPrepared
from tests.unit.test_job_store import record

OUT_OF_REACH = ErrorInfo(ErrorKind.INVALID_REQUEST, "The words cancel each other out.")
SMALL = SmallPrepared(
    width_px=1024,
    height_px=1024,
    box=(0, 0, 1024, 1024),
    photo_width_px=6000,
    photo_height_px=4000,
    color_space="srgb",
    format="jpeg",
    lossy=True,
)
DONE = PastJob(host="studio", workflow="kontext", state="done", fit_mode="lut", sends=1)


def done(host: str = "studio", **timings_s: float) -> PastJob:
    return msgspec.structs.replace(DONE, host=host, timings_s=timings_s)


def learnt(*jobs: PastJob) -> Estimates:
    estimates = Estimates(HostStatistics())
    estimates.learn(jobs)
    return estimates


def test_a_stage_takes_the_median_of_the_jobs_of_that_workflow_and_host() -> None:
    estimates = learnt(done(run=10.0), done(run=30.0), done(run=14.0), done("attic", run=99.0))
    assert estimates.expect("kontext", "studio", "lut").seconds["run"] == 14.0
    assert estimates.host_s("kontext", "attic") == 99.0


def test_of_a_host_that_never_ran_the_workflow_nothing_is_known() -> None:
    assert "run" not in learnt(done(run=10.0)).expect("kontext", "attic", "lut").seconds
    assert learnt(done(run=10.0)).host_s("other", "studio") is None


def test_before_the_host_is_known_every_host_that_ran_it_counts() -> None:
    estimates = learnt(done(run=10.0), done("attic", run=20.0))
    assert estimates.expect("kontext", "", "lut").seconds["run"] == 15.0


def test_what_is_done_here_counts_whatever_the_host_was() -> None:
    expected = learnt(done("attic", fit=4.0)).expect("kontext", "studio", "lut")
    assert expected.seconds == {"fit": 4.0}


def test_another_kind_of_fit_tells_nothing() -> None:
    assert learnt(done(fit=4.0)).expect("kontext", "studio", "spatial").seconds == {}


def test_work_at_full_size_is_expected_by_the_photos_size() -> None:
    of_24_mp = msgspec.structs.replace(done(apply=6.0, fit=3.0), small=SMALL)
    expected = learnt(of_24_mp).expect("kontext", "studio", "lut", photo_mp=48.0)
    assert expected.seconds == {"apply": 12.0, "fit": 3.0}


def test_a_job_that_was_sent_twice_does_not_count_as_a_run() -> None:
    twice = msgspec.structs.replace(done(run=50.0, apply=1.0), sends=2)
    estimates = learnt(twice)
    assert estimates.expect("kontext", "studio", "lut").seconds == {"apply": 1.0}


def test_only_the_last_twenty_jobs_count() -> None:
    estimates = learnt(*[done(run=100.0)] * 30, *[done(run=1.0)] * 20)
    assert estimates.host_s("kontext", "studio") == 1.0


def test_looks_are_expected_by_looks() -> None:
    look = PastJob(host="", workflow="", state="done", fit_mode="lut", timings_s={"apply": 2.0})
    estimates = learnt(look, done(apply=9.0))
    assert estimates.expect("", "", "lut").seconds == {"apply": 2.0}


def test_a_host_counts_what_it_finished_and_what_failed_there() -> None:
    there = HostStatistics()
    at_host = {"state": "failed", "stage": "run", "sends": 1}
    here = {"state": "failed", "stage": "fit", "sends": 1}
    Estimates(there).learn(
        [
            done(run=3.0),
            done(run=5.0),
            msgspec.structs.replace(DONE, **at_host),
            msgspec.structs.replace(DONE, **here),
            msgspec.structs.replace(DONE, **at_host, error=OUT_OF_REACH),
            msgspec.structs.replace(DONE, state="cancelled"),
        ]
    )
    assert there.of("studio") == Tally(done=2, failed=1, usual_s=4.0)
    assert there.of("attic") == Tally()


def test_those_before_a_job_take_what_any_job_takes_the_host() -> None:
    other = msgspec.structs.replace(done(run=8.0), workflow="upscale")
    assert learnt(done(run=2.0), other).expect("kontext", "studio", "lut").usual_s == 5.0


def test_a_jobs_bytes_are_read_as_a_past_job() -> None:
    asked = record(
        workflow="kontext",
        host="studio",
        ai=True,
        fit_mode="lut",
        state="failed",
        stage="run",
        sends=1,
        timings_s={"upload": 0.5},
        small=SMALL,
        error=ErrorInfo(ErrorKind.HOST_FAILED, "It failed."),
    )
    read = msgspec.msgpack.decode(msgspec.msgpack.encode(asked), type=PastJob)
    assert read == past_job(asked)
    assert read.photo_mp == pytest.approx(24.0)
    assert read.failed_there


def waiting(job_id: str, rank: float, **changes: object) -> JobRecord:
    asked = {"workflow": "kontext", "host": "", "ai": True, "fit_mode": "lut", "rank": rank}
    return record(job_id, **(asked | changes))


def test_jobs_of_a_smaller_rank_that_were_not_run_yet_come_first() -> None:
    others = [
        waiting("first", 1.0),
        waiting("runs", 2.0, stage="run"),
        waiting("fitted", 0.5, stage="fit"),
        waiting("held", 0.6, paused=True),
        waiting("look", 0.7, look_id="x"),
        waiting("later", 9.0),
    ]
    mine = waiting("mine", 3.0)
    assert runs_before(mine, [*others, mine]) == 2


def test_the_runs_before_a_job_are_waited_for() -> None:
    estimates = learnt(done(run=10.0))
    record = waiting("mine", 1.0, host="studio")
    assert estimates.of(record, ahead=2.5).ahead_s == 25.0
    assert estimates.of(waiting("mine", 1.0, workflow="other"), ahead=1.0).ahead_s is None
    assert estimates.of(record).ahead_s == 0.0
