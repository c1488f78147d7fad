"""The grey ramp of a LUT: what may fall and what may not."""

import numpy as np

from daemon.imaging.lattice import identity_lut
from daemon.imaging.ramp import steady_ramp
from daemon.imaging.samples import Samples

AXIS = np.arange(17)


def unchanged(colors):
    return np.asarray(colors, np.float64)


def samples_at(colors):
    colors = np.asarray(colors, np.float64)
    return Samples(colors, colors, np.full(len(colors), 1 / max(len(colors), 1)))


def dented():
    """The identity with a dip in its greys."""
    lut = identity_lut(17).astype(np.float64)
    lut[9, 9, 9] -= 0.3
    return lut


def ramp_of(lut):
    return lut[AXIS, AXIS, AXIS]


def test_a_rising_ramp_is_left_alone():
    lut = identity_lut(17).astype(np.float64) ** 2
    assert steady_ramp(lut, samples_at(np.zeros((0, 3))), unchanged) is lut


def test_a_dip_that_no_sample_shows_is_filled():
    ramp = ramp_of(steady_ramp(dented(), samples_at([[0.9, 0.1, 0.1]] * 9), unchanged))
    assert (np.diff(ramp, axis=0) >= -1e-12).all()


def test_a_dip_that_the_photo_shows_stays():
    greys = np.repeat(np.linspace(0, 1, 200)[:, None], 3, axis=1)
    lut = dented()
    np.testing.assert_array_equal(steady_ramp(lut, samples_at(greys), unchanged), lut)


def test_a_ramp_that_falls_under_the_curves_of_the_whole_photo_stays():
    lut = 1 - identity_lut(17).astype(np.float64)
    kept = steady_ramp(lut, samples_at(np.zeros((0, 3))), lambda colors: 1 - colors)
    np.testing.assert_array_equal(kept, lut)


def test_saturated_colours_keep_their_place_when_greys_move():
    lut = dented()
    moved = steady_ramp(lut, samples_at(np.zeros((0, 3))), unchanged)
    np.testing.assert_allclose(moved[16, 0, 0], lut[16, 0, 0], atol=1e-6)


def test_a_fall_too_small_to_be_meant_is_filled_though_samples_show_it():
    greys = np.repeat(np.linspace(0, 1, 200)[:, None], 3, axis=1)
    lut = identity_lut(17).astype(np.float64)
    lut[9, 9, 9] = lut[8, 8, 8] - 1.5 / 255
    ramp = ramp_of(steady_ramp(lut, samples_at(greys), unchanged))
    assert (np.diff(ramp, axis=0) >= -1e-12).all()
