from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from daemon.edits.ordering import in_order, last_rank, moved
from daemon.protocol.errors import RabbitError
from daemon.storage.job_record import JobRecord
from tests.unit.test_job_store import record


def jobs(*names: str) -> list[JobRecord]:
    return [record(name, rank=float(number)) for number, name in enumerate(names, 1)]


def order_after(
    found: list[JobRecord], chosen: tuple[str, ...], place: str, before: str = ""
) -> str:
    ranks = moved(found, chosen, place, before)
    changed = [msgspec.structs.replace(j, rank=ranks.get(j.job_id, j.rank)) for j in found]
    return "".join(job.job_id for job in in_order(changed))


def test_jobs_moved_to_the_front_keep_their_order() -> None:
    assert order_after(jobs(*"abcd"), ("d", "c"), "front") == "cdab"


def test_a_job_goes_to_the_back() -> None:
    assert order_after(jobs(*"abcd"), ("a",), "back") == "bcda"


def test_a_job_comes_to_stand_before_another() -> None:
    assert order_after(jobs(*"abcd"), ("d",), "before", "b") == "adbc"


def test_where_there_is_no_room_between_two_all_are_numbered_anew() -> None:
    close = [record("a", rank=1.0), record("b", rank=1.0001), record("c", rank=2.0)]
    assert order_after(close, ("c",), "before", "b") == "acb"


def test_a_new_job_comes_last() -> None:
    assert last_rank(jobs(*"ab")) > 2.0


def test_a_job_that_has_ended_is_not_moved() -> None:
    with pytest.raises(RabbitError, match="no job x with work left"):
        moved(jobs("a"), ("x",), "front")


def test_a_job_does_not_stand_before_itself() -> None:
    with pytest.raises(RabbitError, match="before itself"):
        moved(jobs(*"ab"), ("a",), "before", "a")


@given(st.lists(st.tuples(st.sampled_from("abcdef"), st.sampled_from("abcdef")), max_size=80))
def test_however_often_jobs_are_moved_the_order_is_the_one_asked_for(
    moves: list[tuple[str, str]],
) -> None:
    found = jobs(*"abcdef")
    expected = list("abcdef")
    for chosen, before in moves:
        if chosen == before:
            continue
        ranks = moved(found, (chosen,), "before", before)
        found = [msgspec.structs.replace(j, rank=ranks.get(j.job_id, j.rank)) for j in found]
        expected.remove(chosen)
        expected.insert(expected.index(before), chosen)
    assert [job.job_id for job in in_order(found)] == expected
