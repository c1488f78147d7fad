from __future__ import annotations

import pytest

from rabbitviewer.commands.time_left import TimeLeft, left_words


class Clock:
    """Seconds that pass when a test says so."""

    def __init__(self) -> None:
        self.now = 50.0

    def __call__(self) -> float:
        return self.now


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (None, ""),
        (0.4, ""),
        (4.4, "about 4 s left"),
        (42.0, "about 40 s left"),
        (89.0, "about 90 s left"),
        (100.0, "about 2 min left"),
        (3000.0, "about 50 min left"),
        (7500.0, "about 2 h 5 min left"),
    ],
)
def test_time_is_told_as_roughly_as_it_is_known(seconds: float | None, words: str) -> None:
    assert left_words(seconds) == words


def test_a_job_counts_down_between_what_is_said_of_it() -> None:
    clock = Clock()
    left = TimeLeft(clock)
    left.foretold("a", 30.0)
    clock.now += 12.0
    assert left.of_job("a") == 18.0
    left.foretold("a", None)
    assert left.of_job("a") is None


def test_many_jobs_end_at_the_pace_of_those_that_ended() -> None:
    clock = Clock()
    left = TimeLeft(clock)
    clock.now += 60.0
    assert left.of_all(ended=1, still_open=9) is None
    assert left.of_all(ended=4, still_open=6) == 90.0
