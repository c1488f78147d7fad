"""Work done two pieces at a time."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from daemon.imaging.parallel import in_order, side_by_side


def test_results_come_in_the_order_of_the_items():
    assert side_by_side(lambda number: number * 2, range(7)) == [0, 2, 4, 6, 8, 10, 12]


def test_two_run_at_the_same_time():
    meeting = threading.Barrier(2, timeout=20)
    assert sorted(side_by_side(lambda _: meeting.wait(), "ab")) == [0, 1]


def test_one_item_needs_no_thread():
    assert side_by_side(lambda _: threading.current_thread(), "a") == [threading.current_thread()]


def test_what_fails_is_raised():
    with pytest.raises(ZeroDivisionError):
        side_by_side(lambda number: 1 // number, (1, 0))


def test_results_come_one_by_one_while_others_are_worked_on():
    with ThreadPoolExecutor(2) as pool:
        assert list(in_order(pool, lambda number: -number, range(5), ahead=2)) == [
            0,
            -1,
            -2,
            -3,
            -4,
        ]
