"""Which photo to ask for while somebody hurries."""

from __future__ import annotations

import pytest

from rabbitviewer.models.pace import Pace


def paced(answer_s: float, step_s: float) -> Pace:
    pace = Pace()
    pace.answer_s, pace.step_s = answer_s, step_s
    return pace


def test_what_is_asked_for_is_so_far_ahead_that_its_answer_comes_in_time() -> None:
    assert paced(answer_s=0.3, step_s=0.033).lead == 9
    assert paced(answer_s=0.02, step_s=0.033).lead == 0


def test_slow_answers_leave_a_worker_to_the_thumbnails() -> None:
    assert paced(0.3, 0.033).at_once == 1
    assert paced(0.02, 0.033).at_once == 2


def test_the_photo_on_show_is_asked_for_only_where_it_can_still_be_seen() -> None:
    assert paced(0.02, 0.033).comes_in_time(under_way=0)
    assert not paced(0.02, 0.033).comes_in_time(under_way=2)
    assert not paced(0.3, 0.033).comes_in_time(under_way=0)


def test_an_answer_that_is_late_already_is_not_quick() -> None:
    assert paced(0.02, 0.033).is_quick(waited_s=0.03)
    assert not paced(0.02, 0.033).is_quick(waited_s=0.5)


def test_answers_are_learnt_from() -> None:
    pace = Pace()
    for _ in range(30):
        pace.answered(0.02)
    assert pace.answer_s == pytest.approx(0.02, abs=0.001)
