"""Which small pictures are asked for while a key is held."""

from __future__ import annotations

from rabbitviewer.models.sprint import Sprint

LAST = 999


class Clock:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def never(_row: int) -> bool:
    return False


def sprinting(clock: Clock, *, step_s: float, latency_s: float) -> tuple[Sprint, int]:
    """Hold the key until steps and answers are learnt; the sprint and the row it is at."""
    sprint = Sprint(now_s=clock)
    due: dict[int, float] = {}
    row = 0
    for row in range(200):
        for each in sprint.step(row, 1, LAST, never):
            due.setdefault(each, clock.now + latency_s)
        clock.now += step_s
        for each in [each for each, at_s in due.items() if at_s <= clock.now]:
            sprint.answered(each)
            del due[each]
    return sprint, row


def test_what_is_asked_for_lies_as_far_ahead_as_answers_take() -> None:
    sprint, _ = sprinting(Clock(), step_s=0.03, latency_s=0.1)
    assert sprint.lead in (4, 5)


def test_slow_answers_are_asked_for_photos_that_are_still_to_come() -> None:
    sprint, row = sprinting(Clock(), step_s=0.03, latency_s=0.3)
    assert all(each > row for each in sprint.step(row + 1, 1, LAST, never))


def test_answers_that_come_too_late_are_learnt_from_too() -> None:
    sprint, row = sprinting(Clock(), step_s=0.03, latency_s=0.4)
    assert sprint.lead >= 13
    assert sprint.lead <= 20
    assert row == 199


def test_no_more_are_under_way_than_workers_take() -> None:
    sprint = Sprint(at_once=3, now_s=Clock())
    wanted = [sprint.step(row, 1, LAST, never) for row in range(3)]
    assert [len(rows) for rows in wanted] == [3, 3, 3]


def test_photos_that_are_there_are_not_asked_for() -> None:
    sprint = Sprint(at_once=2, now_s=Clock())
    assert sprint.step(10, 1, LAST, lambda row: row % 2 == 0) == [13, 15]


def test_backwards_leads_backwards() -> None:
    sprint = Sprint(at_once=2, now_s=Clock())
    assert sprint.step(10, -1, 0, never) == [8, 7]


def test_nothing_is_asked_for_beyond_the_end() -> None:
    sprint = Sprint(at_once=4, now_s=Clock())
    assert sprint.step(LAST - 1, 1, LAST, never) == []


def test_turning_round_gives_up_what_lies_behind() -> None:
    sprint = Sprint(at_once=2, now_s=Clock())
    sprint.step(10, 1, LAST, never)
    assert all(row < 11 for row in sprint.step(11, -1, 0, never))
