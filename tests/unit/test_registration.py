"""Registration finds known zooms and shifts, under a grade, and keeps what is known."""

import numpy as np
import pytest

from daemon.imaging.placement import (
    Placement,
    known_geometries,
    padded_geometry,
    whole_pixel_crops,
)
from daemon.imaging.registration import register
from daemon.imaging.resample import resample
from tests.fakes.graded_photos import astronaut, coffee, teal_and_orange

PORTRAIT = astronaut().astype(np.float32) / 255
STILL = coffee().astype(np.float32) / 255


def as_returned(sent, placement, size=None, *, noise=2 / 255):
    """What a model gives back: the graded picture, moved, with a little noise."""
    size = size or sent.shape[:2]
    rows, columns = placement.maps(sent.shape[:2], size)
    moved = teal_and_orange(resample(sent, size, rows, columns))
    grain = np.random.default_rng(61).normal(0, noise, moved.shape)
    return np.clip(moved + grain, 0, 1).astype(np.float32)


def farthest_corner_px(found, true, sent, returned):
    """How far the two placements disagree anywhere in the picture."""
    pairs = zip(found.maps(sent, returned), true.maps(sent, returned), returned, strict=True)
    return max(float(np.abs(f.positions(n) - t.positions(n)).max()) for f, t, n in pairs)


@pytest.mark.parametrize(
    "true",
    [
        Placement(0.0, 0.0, 3.3, -2.4),
        Placement(0.015, 0.015, -4.0, 4.0),
        Placement(-0.015, -0.015, 0.4, 1.7),
        Placement(0.004, 0.004, 18.0, -12.0),
        Placement(0.04, 0.04, 20.0, 10.0),
    ],
)
@pytest.mark.parametrize("sent", [PORTRAIT, STILL], ids=["portrait", "still"])
def test_zoom_and_shift_are_found_to_a_fraction_of_a_pixel(sent, true):
    found = register(sent, as_returned(sent, true))
    assert farthest_corner_px(found, true, sent.shape[:2], sent.shape[:2]) < 0.1


def test_a_picture_that_was_not_moved_stays_where_it_is():
    found = register(STILL, as_returned(STILL, Placement()))
    assert found.moves_at_most(0.1, STILL.shape[:2])


def test_the_same_picture_is_exactly_in_place():
    assert register(PORTRAIT, PORTRAIT) == Placement()


@pytest.mark.parametrize("size", [(512, 640), (640, 512)])
def test_a_centre_crop_is_told_from_a_stretch(size):
    crop = known_geometries(STILL.shape[:2], size)[1]
    found = register(STILL, as_returned(STILL, crop, size))
    assert farthest_corner_px(found, crop, STILL.shape[:2], size) < 0.35


def test_a_stretch_is_told_from_a_centre_crop():
    found = register(STILL, as_returned(STILL, Placement(), (448, 560)))
    assert farthest_corner_px(found, Placement(), STILL.shape[:2], (448, 560)) < 0.35


@pytest.mark.parametrize(
    "grade",
    [
        lambda colors: np.repeat(colors.mean(axis=2, keepdims=True), 3, axis=2),
        lambda colors: 1 - colors,
        lambda colors: np.where(colors > 0.5, 1 - colors, colors) * 1.8,
        lambda colors: np.clip(colors, 0, 1) ** 2.2 * [0.12, 0.15, 0.2],
    ],
    ids=["grey", "inverted", "solarised", "almost black"],
)
def test_strange_colours_do_not_hide_a_zoom_and_shift(grade):
    true = Placement(0.01, 0.01, -3.0, 2.2)
    rows, columns = true.maps(STILL.shape[:2], STILL.shape[:2])
    moved = np.clip(grade(resample(STILL, STILL.shape[:2], rows, columns)), 0, 1)
    found = register(STILL, moved.astype(np.float32))
    assert farthest_corner_px(found, true, STILL.shape[:2], STILL.shape[:2]) < 0.35


def test_invented_content_does_not_pull_the_rest_along():
    true = Placement(0.008, 0.008, 2.5, -3.5)
    returned = as_returned(STILL, true)
    returned[60:150, 330:460] = PORTRAIT[100:190, 180:310]
    found = register(STILL, returned)
    assert farthest_corner_px(found, true, STILL.shape[:2], STILL.shape[:2]) < 0.1


def test_a_picture_between_bars_is_found_whole():
    padded = padded_geometry(STILL.shape[:2], (600, 600))
    returned = as_returned(STILL, padded, (600, 600))
    returned[:95] = returned[-95:] = 0
    found = register(STILL, returned)
    assert farthest_corner_px(found, padded, STILL.shape[:2], (600, 600)) < 0.35


def test_a_centre_crop_at_whole_pixels_is_kept_exactly():
    size = (416, 613)
    true = whole_pixel_crops(STILL.shape[:2], size)[1]
    assert true not in known_geometries(STILL.shape[:2], size)
    assert register(STILL, as_returned(STILL, true, size)) == true


def test_an_even_picture_keeps_the_known_geometry():
    even = np.full((128, 160, 3), 0.4, np.float32)
    assert register(even, even * 0.8).moves_at_most(0.1, (128, 160))


def test_tiny_pictures_are_taken_as_they_are():
    tiny = PORTRAIT[:20, :20]
    assert register(tiny, tiny) == Placement()


@pytest.mark.parametrize("shape", [(1, 400, 3), (400, 1, 3), (1, 1, 3), (31, 31, 3)])
def test_slivers_are_taken_as_they_are(shape):
    sliver = np.resize(PORTRAIT, shape)
    assert register(sliver, sliver) == Placement()


def test_a_sliver_of_a_photo_does_not_stop_the_search():
    band = STILL[180:213]
    assert register(band, as_returned(band, Placement())).moves_at_most(1.0, band.shape[:2])


def test_pictures_of_a_few_dozen_pixels_are_registered_without_levels():
    part = PORTRAIT[100:150, 200:260]
    found = register(part, as_returned(part, Placement(0, 0, 1.5, -1.0), noise=0))
    assert (found.shift_x_px, found.shift_y_px) == pytest.approx((1.5, -1.0), abs=0.5)


def test_equal_aspects_leave_one_known_geometry():
    assert known_geometries((400, 600), (800, 1200)) == (Placement(),)


def test_a_crop_of_a_wider_photo_cuts_its_sides():
    rows, columns = known_geometries((100, 300), (100, 100))[1].maps((100, 300), (100, 100))
    np.testing.assert_allclose(rows.positions(100), np.arange(100), atol=1e-9)
    np.testing.assert_allclose(columns.positions(100), np.arange(100, 200), atol=1e-9)


def test_hosts_cut_at_whole_pixels():
    rows, columns = whole_pixel_crops((100, 301), (100, 100))[0].maps((100, 301), (100, 100))
    np.testing.assert_allclose(rows.positions(100), np.arange(100), atol=1e-9)
    np.testing.assert_allclose(columns.positions(100), np.arange(100, 200), atol=1e-9)


def test_bars_leave_the_whole_picture_in_the_middle():
    rows, columns = padded_geometry((100, 300), (300, 300)).maps((100, 300), (300, 300))
    np.testing.assert_allclose(rows.positions(300)[100:200], np.arange(100), atol=1e-9)
    np.testing.assert_allclose(columns.positions(300), np.arange(300), atol=1e-9)


def test_a_crop_that_leaves_no_whole_pixel_is_none():
    # the exact crop is 32 * 32 / 1600 = 0.64 pixels wide: one pixel rounded, none if kept even
    assert len(whole_pixel_crops((32, 1600), (1600, 32))) == 1


def test_opposite_ribbons_do_not_stop_the_search():
    ribbons = np.zeros((700, 32, 3), np.float32), np.zeros((32, 700, 3), np.float32)
    assert np.isfinite(register(*ribbons).values()).all()
