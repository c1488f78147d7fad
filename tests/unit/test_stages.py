from __future__ import annotations

import pytest

from daemon.edits.stages import JobProgress, stages_of

GRADE = stages_of(look=False, fitted=True)


class Clock:
    """Seconds that pass when a test says so."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def through(progress: JobProgress, *stages: str) -> JobProgress:
    for stage in stages:
        progress.enter(stage)
        progress.advance(1.0)
    return progress


def after(progress: JobProgress, *stages: str) -> float:
    return through(progress, *stages).pct


def test_without_past_jobs_the_stages_have_their_usual_shares() -> None:
    assert after(JobProgress(GRADE), "prepare", "upload", "queued") == pytest.approx(12.0)
    assert after(JobProgress(GRADE), "prepare", "upload", "queued", "run") == pytest.approx(70.0)


def test_the_percentage_is_never_100_before_the_end() -> None:
    progress = through(JobProgress(GRADE), *GRADE)
    before = progress.pct
    progress.finish()
    assert (before, progress.pct) == (99.9, 100.0)


def test_a_long_fit_after_a_short_run_has_most_of_the_percentage() -> None:
    progress = JobProgress(GRADE)
    progress.expect({**_quick(), "run": 2.0, "fit": 8.0})
    # run is 2 s of the 10 s; the wait has two hundredths of these.
    assert after(progress, "prepare", "upload", "queued", "run") == pytest.approx(
        100 * 2.2 / 10.2, abs=0.01
    )


def _quick() -> dict[str, float]:
    return dict.fromkeys(("prepare", "upload", "fetch", "apply", "save"), 0.0)


def test_an_unknown_stage_has_its_usual_part_beside_known_ones() -> None:
    progress = JobProgress(("apply", "save"))
    progress.expect({"apply": 15.0})
    # usually 15 to 2: so save counts 2 s beside the 15 s that are known
    assert after(progress, "apply") == pytest.approx(100 * 15 / 17)


def test_a_second_try_goes_on_from_where_the_first_was() -> None:
    progress = through(JobProgress(GRADE), "prepare", "upload", "queued", "run")
    progress.enter("queued")
    again = progress.pct
    assert again == pytest.approx(70.0)
    # 58 of the 90 usual parts from the wait to the end are the run, of the 30 that are left
    assert after(progress, "queued", "run") == pytest.approx(70 + 30 * 60 / 90)


def test_a_job_taken_up_in_its_middle_shares_out_what_is_left() -> None:
    assert after(JobProgress(GRADE, pct=50.0), "fit") == pytest.approx(50 + 50 * 10 / 27)


def test_a_fraction_never_takes_the_percentage_back() -> None:
    progress = JobProgress(GRADE)
    progress.enter("run")
    seen = [progress.advance(fraction) for fraction in (0.5, 0.2, 7.0, -1.0)]
    assert seen == sorted(seen)


def test_a_look_has_nothing_to_do_before_it_is_applied() -> None:
    assert stages_of(look=True, fitted=False) == ("apply", "save")


def test_a_job_that_keeps_the_models_picture_has_no_fit() -> None:
    assert "fit" not in stages_of(look=False, fitted=False)


def test_the_time_left_is_the_medians_of_what_is_to_come() -> None:
    clock = Clock()
    progress = JobProgress(GRADE, clock=clock)
    progress.expect({"upload": 1.0, "run": 20.0, "fetch": 1.0, "fit": 4.0, "apply": 3.0})
    progress.enter("upload")
    assert progress.eta_s() == pytest.approx(29.0)


def test_nothing_is_foretold_where_the_run_is_unknown() -> None:
    progress = JobProgress(GRADE)
    progress.expect({"fit": 4.0, "apply": 3.0})
    progress.enter("upload")
    assert progress.eta_s() is None


def test_the_quick_first_nodes_of_an_unknown_run_foretell_nothing() -> None:
    clock = Clock()
    progress = JobProgress(GRADE, clock=clock)
    progress.expect({"fit": 4.0, "apply": 3.0})
    progress.enter("run")
    clock.now += 2.0
    progress.advance(0.5)
    assert progress.eta_s() is None
    progress.advance(0.5, left_s=60.0)
    assert progress.eta_s() == pytest.approx(67.0)


def test_the_samplers_own_pace_tells_what_is_left_of_the_run() -> None:
    progress = JobProgress(GRADE)
    progress.expect({"run": 20.0, "fit": 4.0, "apply": 3.0})
    progress.enter("run")
    progress.advance(0.1, left_s=60.0)
    assert progress.eta_s() == pytest.approx(67.0)


def test_a_run_that_says_nothing_counts_down_from_its_median() -> None:
    clock = Clock()
    progress = JobProgress(GRADE, clock=clock)
    progress.expect({"run": 20.0, "fit": 4.0, "apply": 3.0})
    progress.enter("run")
    clock.now += 5.0
    assert progress.eta_s() == pytest.approx(22.0)


def test_those_before_it_in_the_hosts_queue_are_waited_for() -> None:
    progress = JobProgress(GRADE)
    progress.expect({"run": 20.0, "fit": 4.0, "apply": 3.0})
    progress.enter("queued")
    progress.wait_behind(2 * 25.0)
    assert progress.eta_s() == pytest.approx(50 + 27)


def test_nothing_is_foretold_behind_work_of_unknown_length() -> None:
    progress = JobProgress(GRADE)
    progress.expect({"run": 20.0, "fit": 4.0, "apply": 3.0})
    progress.enter("queued")
    progress.wait_behind(None)
    assert progress.eta_s() is None


def test_a_new_estimate_does_not_make_the_figure_jump() -> None:
    clock = Clock()
    progress = JobProgress(GRADE, clock=clock)
    progress.expect({"run": 20.0, "fit": 4.0, "apply": 3.0})
    progress.enter("run")
    first = progress.eta_s()
    clock.now += 1.0
    progress.advance(0.5, left_s=90.0)
    second = progress.eta_s()
    clock.now += 30.0
    progress.advance(0.6, left_s=60.0)
    assert first == pytest.approx(27.0)
    # counted down to 26; of the 71 s between that and 97, 1 - exp(-1/3) = 0.2835 after a second
    assert second == pytest.approx(26.0 + 71.0 * 0.2835, abs=0.01)
    assert progress.eta_s() == pytest.approx(67.0, abs=0.1)
