"""Which slot is used: -1 the active one, others clamped to the count, of an empty pool none."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daemon.storage.pool_manifest import Entry, Manifest, chosen


@pytest.mark.parametrize(
    ("index", "active", "count", "used"),
    [
        (-1, 0, 3, 0),
        (-1, 2, 3, 2),
        (0, 2, 3, 0),
        (1, 0, 3, 1),
        (2, 0, 3, 2),
        (3, 0, 3, 2),
        (10**30, 0, 3, 2),
        (-1, 0, 1, 0),
        (-5, 1, 3, 1),
        (-1, -1, 0, -1),
        (0, 0, 0, -1),
        (7, 0, 0, -1),
    ],
)
def test_the_slot_that_is_used(index: int, active: int, count: int, used: int) -> None:
    assert chosen(index, active, count) == used


@given(st.integers(), st.integers(), st.integers(0, 2000))
def test_the_used_index_always_exists_unless_the_pool_is_empty(
    index: int, active: int, count: int
) -> None:
    used = chosen(index, active, count)
    assert used == -1 if count == 0 else 0 <= used < count


def test_a_manifest_chooses_by_the_same_rule() -> None:
    manifest = Manifest(1, (Entry("a.png"), Entry("b.png"), Entry("c.png")))
    assert [manifest.at(index) for index in (-1, 0, 2, 9)] == [1, 0, 2, 2]
