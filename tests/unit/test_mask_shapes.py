"""Shapes, gradients and the ways to combine them with a mask."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from daemon.imaging.masks.boxes import Box, tile_box, tile_keys, uniform_value
from daemon.imaging.masks.combine import MODES, combine, combine_uniform, lay_over, scale
from daemon.imaging.masks.gradient import LinearGradient, RadialGradient
from daemon.imaging.masks.shapes import Cover, Ellipse, Polygon, Rectangle

AREA = Box(0, 0, 60, 50)

coordinates = st.floats(-20, 80, allow_nan=False).map(lambda v: round(v, 3))
corners = st.lists(st.tuples(coordinates, coordinates), min_size=3, max_size=9)
shapes = st.one_of(
    st.builds(Rectangle, coordinates, coordinates, coordinates, coordinates),
    st.builds(Ellipse, coordinates, coordinates, coordinates, coordinates),
    st.builds(lambda points: Polygon(tuple(points)), corners),
    st.builds(LinearGradient, coordinates, coordinates, coordinates, coordinates),
    st.builds(
        RadialGradient,
        coordinates,
        coordinates,
        st.floats(-1, 60),
        st.floats(-1, 60),
        st.floats(0, 1),
        st.booleans(),
    ),
)
boxes = st.tuples(
    st.integers(-10, 50), st.integers(-10, 50), st.integers(1, 40), st.integers(1, 40)
).map(lambda b: Box(b[0], b[1], b[0] + b[2], b[1] + b[3]))
masks = st.integers(0, 2**32 - 1).map(
    lambda seed: np.random.default_rng(seed).integers(0, 256, (9, 11), np.uint8)
)


def selected(cover: Cover, box: Box = AREA) -> np.ndarray:
    values = cover.cover(box)
    return np.full((box.height, box.width), values, np.uint8) if isinstance(values, int) else values


# ------------------------------------------------------------ shapes


def test_a_rectangle_selects_each_pixel_by_the_share_inside() -> None:
    values = selected(Rectangle(1.25, 2.5, 3.0, 4.0).cover(), Box(0, 0, 4, 5))
    assert values.tolist() == [
        [0, 0, 0, 0],
        [0, 0, 0, 0],
        [0, 96, 128, 0],
        [0, 191, 255, 0],
        [0, 0, 0, 0],
    ]


def test_a_triangle_selects_half_of_the_pixels_it_halves() -> None:
    values = selected(Polygon(((0, 0), (3, 0), (0, 3))).cover(), Box(0, 0, 3, 3))
    assert values.tolist() == [[255, 255, 128], [255, 128, 0], [128, 0, 0]]


@given(coordinates, coordinates, coordinates, coordinates)
def test_a_rectangle_is_the_polygon_of_its_corners(
    left: float, top: float, right: float, bottom: float
) -> None:
    as_polygon = Polygon(((left, top), (right, top), (right, bottom), (left, bottom)))
    apart = selected(Rectangle(left, top, right, bottom).cover()).astype(int)
    apart -= selected(as_polygon.cover())
    assert np.abs(apart).max() <= 1


@given(corners)
def test_the_sense_in_which_a_lasso_goes_round_does_not_matter(
    points: list[tuple[float, float]],
) -> None:
    there, back = Polygon(tuple(points)), Polygon(tuple(points[::-1]))
    apart = selected(there.cover()).astype(int) - selected(back.cover())
    assert np.abs(apart).max() <= 1


@given(st.floats(5, 25), st.floats(5, 25), st.floats(0, 2 * math.pi), st.integers(3, 7))
def test_a_polygon_selects_its_area(across: float, down: float, turn: float, count: int) -> None:
    angles = turn + np.arange(count) * (2 * np.pi / count)
    points = np.stack((30 + across * np.cos(angles), 25 + down * np.sin(angles)), axis=1)
    after = np.roll(points, -1, axis=0)
    area = abs(np.sum(points[:, 0] * after[:, 1] - after[:, 0] * points[:, 1])) / 2
    values = selected(Polygon(tuple(map(tuple, points.tolist()))).cover())
    assert values.sum() / 255 == pytest.approx(area, rel=0.004)


@given(st.floats(1, 25), st.floats(1, 22))
def test_an_ellipse_selects_its_area(across: float, down: float) -> None:
    values = selected(Ellipse(30 - across, 25 - down, 30 + across, 25 + down).cover())
    assert values.sum() / 255 == pytest.approx(math.pi * across * down, rel=0.01)


def test_a_lasso_that_crosses_itself_selects_both_loops() -> None:
    eight = Polygon(((5, 5), (25, 25), (25, 5), (5, 25)))
    values = selected(eight.cover())
    assert values[15, 7] == 255
    assert values[15, 22] == 255
    assert values[7, 15] == 0


@pytest.mark.parametrize("points", [(), ((3.0, 3.0),), ((3.0, 3.0), (9.0, 9.0))])
def test_a_lasso_of_less_than_three_points_selects_nothing(
    points: tuple[tuple[float, float], ...],
) -> None:
    assert not selected(Polygon(points).cover()).any()


@given(shapes, boxes)
def test_a_part_of_a_shape_is_the_same_as_of_the_whole(
    shape: Rectangle | Ellipse | Polygon | LinearGradient | RadialGradient, box: Box
) -> None:
    cover = shape.cover()
    part = selected(cover, box).astype(int)
    around = Box(-10, -10, 90, 90)
    apart = part - selected(cover, around)[box.inside(around)]
    assert np.abs(apart).max() <= 1


@given(shapes)
def test_nothing_is_selected_outside_a_shape_s_box(
    shape: Rectangle | Ellipse | Polygon | LinearGradient | RadialGradient,
) -> None:
    cover = shape.cover()
    around = Box(-30, -30, 100, 100)
    values = selected(cover, around).copy()
    inner = cover.box.intersected(around)
    assume(not inner.is_empty)
    values[inner.inside(around)] = 0
    assert not values.any()


# ------------------------------------------------------------ gradients


def test_a_linear_gradient_falls_evenly_from_handle_to_handle() -> None:
    values = selected(LinearGradient(10, 0, 41, 0).cover())
    assert (values[:, :10] == 255).all()
    assert (values[:, 41:] == 0).all()
    assert values[0, 10:41].tolist() == [round(255 * (1 - (k + 0.5) / 31)) for k in range(31)]


@given(coordinates, coordinates, coordinates, coordinates)
def test_a_gradient_turned_round_is_its_negative(a: float, b: float, c: float, d: float) -> None:
    assume(abs(a - c) + abs(b - d) > 0.5)
    there = selected(LinearGradient(a, b, c, d).cover()).astype(int)
    assert np.abs(there + selected(LinearGradient(c, d, a, b).cover()) - 255).max() <= 1


def test_handles_at_one_place_select_nothing() -> None:
    assert not selected(LinearGradient(5, 5, 5, 5).cover()).any()


def test_a_radial_gradient_is_full_in_its_core_and_nothing_at_its_edge() -> None:
    values = selected(RadialGradient(30.5, 25.5, 20, 10, core=0.5).cover())
    assert values[25, 30] == 255
    assert values[25, 39] == 255
    assert values[25, 45] == round(255 * 0.5)
    assert values[25, 50] == 0
    assert values[36, 30] == 0


def test_an_inverted_radial_gradient_is_its_negative() -> None:
    plain = selected(RadialGradient(30, 25, 20, 10).cover())
    assert np.array_equal(selected(RadialGradient(30, 25, 20, 10, inverted=True).cover()), ~plain)


# ------------------------------------------------------------ values


def test_scaling_is_exact_for_every_pair() -> None:
    values, shares = np.meshgrid(np.arange(256), np.arange(256))
    exact = np.floor(values * shares / 255 + 0.5)
    assert np.array_equal(scale(values.astype(np.uint8), shares.astype(np.uint8)), exact)


@given(masks, masks)
def test_full_cover_ends_at_exactly_white_or_black(before: np.ndarray, cover: np.ndarray) -> None:
    full = np.full_like(cover, 255)
    assert (lay_over(before, full, erase=False) == 255).all()
    assert (lay_over(before, full, erase=True) == 0).all()
    assert np.array_equal(lay_over(before, np.zeros_like(cover), erase=False), before)


@given(st.integers(0, 255), masks, st.booleans())
def test_one_value_everywhere_is_laid_over_like_an_array_of_it(
    before: int, cover: np.ndarray, erase: bool
) -> None:
    wanted = lay_over(np.full_like(cover, before), cover, erase=erase)
    assert np.array_equal(lay_over(before, cover, erase=erase), wanted)


def test_the_modes_are_what_they_say() -> None:
    before, selection = np.uint8([[0, 100, 255, 200]]), np.uint8([[50, 50, 50, 255]])
    found = {mode: combine(before, selection, mode)[0].tolist() for mode in MODES}
    assert found == {
        "replace": [50, 50, 50, 255],
        "add": [50, 100, 255, 255],
        "subtract": [0, 100, 205, 0],
        "intersect": [0, 50, 50, 200],
    }


@given(masks, masks, st.sampled_from(MODES))
def test_combining_twice_is_combining_once(
    before: np.ndarray, selection: np.ndarray, mode: str
) -> None:
    once = combine(before, selection, mode)
    assert np.array_equal(combine(once, selection, mode), once)


@given(masks, st.integers(0, 255), st.sampled_from(MODES))
def test_one_value_is_combined_like_an_array_of_it(
    before: np.ndarray, selection: int, mode: str
) -> None:
    wanted = combine(before, np.full_like(before, selection), mode)
    found = combine_uniform(before, selection, mode)
    assert np.array_equal(before if found is None else found, wanted)


def test_an_unknown_mode_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match=r"'xor'.*replace, add, subtract, intersect"):
        combine(np.zeros((1, 1), np.uint8), np.zeros((1, 1), np.uint8), "xor")


# ------------------------------------------------------------ tiles


@given(boxes)
def test_tiles_cover_a_box_once(box: Box) -> None:
    spread = Box(
        box.left * 40 + 400, box.top * 40 + 400, box.right * 40 + 400, box.bottom * 40 + 400
    )
    parts = [tile_box(key, spread) for key in tile_keys(spread)]
    assert sum(part.width * part.height for part in parts) == spread.width * spread.height
    assert not any(part.is_empty for part in parts)


def test_a_tile_is_uniform_only_when_all_values_are_equal() -> None:
    values = np.full((4, 4), 7, np.uint8)
    assert uniform_value(values) == 7
    values[3, 3] = 8
    assert uniform_value(values) is None
