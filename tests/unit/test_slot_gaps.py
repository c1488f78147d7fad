"""Where the slots of a pool lie, and where something dropped among them comes."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QPoint, QRect

from rabbitviewer.browse.labelled_cells import LabelledCells
from rabbitviewer.pool.slot_gaps import gap_at, gap_line, place_after_move

NARROW = LabelledCells(count=5, width=230, cell_px=92, gap=8, label_px=19)


def test_two_pictures_stand_side_by_side_in_a_narrow_panel() -> None:
    assert (NARROW.columns, NARROW.edge, NARROW.lines) == (2, 103, 3)
    assert NARROW.picture(3) == QRect(119, 138, 103, 103)
    assert NARROW.label(0) == QRect(8, 111, 103, 19)


def test_a_point_of_the_label_belongs_to_its_slot() -> None:
    assert NARROW.at(QPoint(20, 120)) == 0
    assert NARROW.at(QPoint(20, 134)) == -1
    assert NARROW.at(QPoint(200, 300)) == -1


def test_what_is_dropped_left_of_a_middle_comes_before_that_slot() -> None:
    assert gap_at(NARROW, QPoint(20, 50)) == 0
    assert gap_at(NARROW, QPoint(100, 50)) == 1
    assert gap_at(NARROW, QPoint(200, 50)) == 2


def test_what_is_dropped_below_everything_comes_last() -> None:
    assert gap_at(NARROW, QPoint(200, 4000)) == 5
    assert gap_at(NARROW, QPoint(20, 4000)) == 5


def test_the_line_at_the_end_of_a_row_stays_in_that_row() -> None:
    where = QPoint(215, 50)
    line = gap_line(NARROW, gap_at(NARROW, where), where)
    assert (line.x1(), line.y1()) == (226, 8)


def test_only_the_rows_of_the_band_are_seen() -> None:
    many = LabelledCells(count=2000, width=230, cell_px=92, gap=8, label_px=19)
    assert many.between(130 * 100, 130 * 100 + 300) == range(198, 206)


@given(st.data())
def test_moved_slots_stand_together_where_they_were_dropped(data: st.DataObject) -> None:
    count = data.draw(st.integers(1, 12))
    moved = sorted(data.draw(st.sets(st.integers(0, count - 1), min_size=1)))
    gap = data.draw(st.integers(0, count))
    to = place_after_move(moved, gap)
    rest = [each for each in range(count) if each not in moved]
    result = [*rest[:to], *moved, *rest[to:]]
    before = [each for each in range(gap) if each not in moved]
    assert result == [*before, *moved, *(each for each in range(gap, count) if each not in moved)]
