"""Where the looks lie in panels of every width."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint

from rabbitviewer.browse.labelled_cells import LabelledCells


def cells(width: int, count: int = 10, shape: float = 2 / 3) -> LabelledCells:
    return LabelledCells(count=count, width=width, cell_px=100, gap=8, label_px=19, shape=shape)


@pytest.mark.parametrize(("width", "columns"), [(230, 2), (310, 2), (390, 3), (470, 4)])
def test_rows_fill_panels_of_240_to_480_pixels(width: int, columns: int) -> None:
    laid = cells(width)
    assert laid.columns == columns
    assert laid.rect(columns - 1).right() < width
    assert laid.rect(columns - 1).right() >= width - laid.gap - columns


def test_a_picture_has_the_shape_of_the_photo() -> None:
    laid = cells(310, shape=0.5)
    assert laid.picture(0).height() == round(laid.edge / 2)


def test_a_high_photo_is_fitted_into_a_square() -> None:
    assert cells(310, shape=1.5).picture(0).height() == cells(310).edge


def test_every_look_is_found_where_it_lies() -> None:
    laid = cells(310)
    assert [laid.at(laid.rect(n).center()) for n in range(10)] == list(range(10))
    assert laid.at(QPoint(laid.picture(0).right() + 4, 20)) == -1


def test_the_band_that_is_seen_has_whole_rows() -> None:
    laid = cells(310)
    assert laid.between(0, laid.pitch + laid.gap) == range(4)
    assert laid.between(laid.height, laid.height + 100) == range(10, 10)
