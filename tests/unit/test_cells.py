import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QRect

from rabbitviewer.browse.cells import Cells, by_distance

# 4 columns of 100 with gaps of 4 need 4 + 4 * 104 = 420
FOUR = Cells(count=10, width=420, cell_px=100, gap=4)


def test_as_many_columns_as_fit():
    assert (FOUR.columns, FOUR.edge, FOUR.lines) == (4, 100, 3)
    assert Cells(10, 419, 100, 4).columns == 3


def test_cells_grow_until_the_row_is_full():
    # 3 columns in 419: (419 - 4 * 4) // 3 = 134
    assert Cells(10, 419, 100, 4).edge == 134


def test_cells_stand_four_pixels_apart():
    assert FOUR.rect(0) == QRect(4, 4, 100, 100)
    assert FOUR.rect(1) == QRect(108, 4, 100, 100)
    assert FOUR.rect(4) == QRect(4, 108, 100, 100)


def test_a_narrow_place_has_one_column():
    assert (Cells(3, 60, 100, 4).columns, Cells(3, 60, 100, 4).edge) == (1, 52)


@pytest.mark.parametrize(
    ("x", "y", "index"),
    [(4, 4, 0), (103, 103, 0), (104, 4, -1), (108, 4, 1), (5, 212, 8), (220, 220, -1), (0, 0, -1)],
)
def test_a_point_belongs_to_the_cell_it_lies_in(x, y, index):
    assert FOUR.at(x, y) == index


def test_a_band_holds_the_lines_that_touch_it():
    assert FOUR.between(0, 100) == range(4)
    assert FOUR.between(108, 215) == range(4, 10)
    assert FOUR.between(5000, 6000) == range(10, 10)


def test_the_height_of_a_hundred_thousand_is_known_without_looking_at_them():
    # 25,000 lines of 104 and one gap
    assert Cells(100_000, 420, 100, 4).height == 25_000 * 104 + 4


def test_the_nearest_cells_come_first():
    assert by_distance(FOUR, range(8), 150, 54)[:2] == [1, 0]


@given(
    count=st.integers(1, 500),
    width=st.integers(1, 3000),
    cell_px=st.integers(16, 400),
    data=st.data(),
)
def test_every_cell_is_found_at_its_own_middle(count, width, cell_px, data):
    cells = Cells(count, width, cell_px, 4)
    index = data.draw(st.integers(0, count - 1))
    center = cells.rect(index).center()
    assert cells.at(center.x(), center.y()) == index
    assert index in cells.between(center.y(), center.y())


def test_a_rectangle_covers_the_cells_it_touches_line_by_line():
    cells = Cells(count=23, width=5 * 104 + 4, cell_px=100, gap=4)
    assert list(cells.covered(QRect(110, 50, 150, 120))) == [range(1, 3), range(6, 8)]
    assert list(cells.covered(QRect(0, 0, 999, 999))) == [range(23)]
    assert list(cells.covered(QRect(105, 105, 2, 2))) == []
    assert list(cells.covered(QRect(330, 430, 99, 50))) == []
