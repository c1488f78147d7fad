"""Where a photo lies in its area."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rabbitviewer.view.viewport import Viewport


def seen(width: int = 1000, height: int = 800) -> Viewport:
    return Viewport(width, height, 0, 0).with_source(4000, 3000)


def test_a_photo_wider_than_the_area_is_fitted_to_its_width() -> None:
    assert seen().zoom == pytest.approx(0.25)
    assert seen().rect == (0.0, 25.0, 1000.0, 750.0)


def test_a_photo_smaller_than_the_area_is_not_enlarged() -> None:
    small = Viewport(1000, 800, 0, 0).with_source(100, 50)
    assert small.rect == (450.0, 375.0, 100.0, 50.0)


def test_a_small_photo_on_a_dense_screen_is_fitted_to_logical_pixels() -> None:
    small = Viewport(1000, 800, 0, 0).resized(1000, 800, 2.0).with_source(100, 50)
    assert small.zoom == 2.0


def test_zooming_keeps_the_point_under_the_pointer() -> None:
    before = seen().to_source(900, 100)
    zoomed = seen().zoomed(1.0, 900, 100)
    assert zoomed.to_source(900, 100) == pytest.approx(before, abs=1.0)


def test_at_full_zoom_a_photo_pixel_is_a_device_pixel_on_the_grid() -> None:
    left, top, width, height = seen(999, 801).zoomed(1.0, 333, 222).rect
    assert (width, height) == (4000.0, 3000.0)
    assert left == int(left)
    assert top == int(top)


def test_zooming_out_past_the_whole_photo_fits_it() -> None:
    assert seen().zoomed(1.0, 0, 0).zoomed(0.01, 0, 0).fitted


def test_panning_stops_at_the_edge_of_the_photo() -> None:
    panned = seen().zoomed(1.0, 500, 400).panned(99999, 99999)
    assert panned.rect[:2] == (0.0, 0.0)


def test_a_fitted_photo_stays_fitted_when_the_area_changes() -> None:
    assert seen().resized(500, 800).zoom == pytest.approx(0.125)


def test_a_zoomed_photo_keeps_its_zoom_when_the_area_changes() -> None:
    assert seen().zoomed(1.0, 500, 400).resized(500, 500).zoom == 1.0


def test_the_next_photo_keeps_zoom_and_place_in_proportion() -> None:
    zoomed = seen().zoomed(1.0, 500, 400)
    following = zoomed.with_source(2000, 1500)
    assert following.zoom == 1.0
    assert following.center_x / 2000 == pytest.approx(zoomed.center_x / 4000)


@given(
    zoom=st.floats(0.01, 32),
    x=st.integers(0, 1000),
    y=st.integers(0, 800),
    by=st.tuples(st.integers(-5000, 5000), st.integers(-5000, 5000)),
)
def test_a_photo_larger_than_the_area_always_covers_it(
    zoom: float, x: int, y: int, by: tuple[int, int]
) -> None:
    left, top, width, height = seen().zoomed(zoom, x, y).panned(*by).rect
    assert left <= max((1000 - width) / 2 + 1, 1)
    assert left + width >= min((1000 + width) / 2 - 1, 999)
    assert top <= max((800 - height) / 2 + 1, 1)
    assert top + height >= min((800 + height) / 2 - 1, 799)


def test_a_photo_of_one_column_stays_visible_however_small() -> None:
    assert Viewport(1000, 700, 0, 0).with_source(1, 1400).rect[2:] == (1.0, 700.0)
