"""How several photos share an area."""

from __future__ import annotations

import pytest

from rabbitviewer.view.side_by_side import columns_for

WIDE_ROOM, LANDSCAPE, PORTRAIT = 1.6, 1.5, 2 / 3


@pytest.mark.parametrize(
    ("count", "photo", "columns"),
    [
        (2, LANDSCAPE, 2),
        (3, LANDSCAPE, 2),
        (4, LANDSCAPE, 2),
        (2, PORTRAIT, 2),
        (3, PORTRAIT, 3),
        (4, PORTRAIT, 4),
        (2, 3.0, 1),
    ],
)
def test_photos_are_laid_out_so_that_they_are_largest(
    count: int, photo: float, columns: int
) -> None:
    assert columns_for(count, WIDE_ROOM, photo) == columns


def test_in_a_tall_room_landscapes_stand_below_each_other() -> None:
    assert columns_for(3, 0.7, LANDSCAPE) == 1
