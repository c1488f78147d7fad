"""Phase correlation on shifts that are known."""

import numpy as np
import pytest

from daemon.imaging.phase import phase_correlate

TEXTURE = np.random.default_rng(31).random((64, 96)).astype(np.float32)


@pytest.mark.parametrize(("down", "right"), [(0, 0), (5, -7), (-11, 3), (10, 20)])
def test_a_rolled_picture_is_found_where_it_was_rolled_to(down, right):
    shift = phase_correlate(TEXTURE, np.roll(TEXTURE, (down, right), axis=(0, 1)))
    assert (shift.down_px, shift.right_px) == pytest.approx((down, right), abs=0.1)


def test_unrelated_pictures_respond_less_than_a_shifted_one():
    other = np.random.default_rng(32).random((64, 96)).astype(np.float32)
    shifted = phase_correlate(TEXTURE, np.roll(TEXTURE, 3, axis=0))
    assert phase_correlate(TEXTURE, other).response < 0.5 * shifted.response


def test_of_equally_good_shifts_the_expected_one_is_taken():
    columns = np.arange(96)
    stripes = np.tile(np.float32(columns % 8 < 4), (64, 1))
    shift = phase_correlate(stripes, np.roll(stripes, 2, axis=1), expected_px=6)
    assert shift.right_px == pytest.approx(2, abs=0.7)
    assert abs(shift.down_px) < 6
