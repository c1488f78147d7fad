from itertools import pairwise

from daemon.edits.stages import STAGES, overall_pct


def test_the_stages_follow_each_other_without_a_gap() -> None:
    ends = [(overall_pct(a, 1.0), overall_pct(b, 0.0)) for a, b in pairwise(STAGES)]
    assert [end for end, _ in ends] == [begin for _, begin in ends]


def test_the_whole_runs_from_zero_to_a_hundred() -> None:
    assert overall_pct("prepare", 0.0) == 0.0
    assert overall_pct("done", 0.0) == 100.0


def test_a_fraction_outside_its_range_stays_inside_the_stage() -> None:
    assert overall_pct("run", 7.0) == overall_pct("fetch", 0.0)


def test_a_look_has_nothing_to_do_before_it_is_applied() -> None:
    assert overall_pct("apply", 0.0, look=True) == 0.0
    assert overall_pct("apply", 1.0, look=True) == overall_pct("save", 0.0, look=True)
    assert overall_pct("save", 1.0, look=True) == 100.0
