"""Which parts of a returned picture are believed."""

import numpy as np
from scipy import ndimage

from daemon.imaging.suspicion import believe

RNG = np.random.default_rng(71)
TRUST = np.ones((120, 160), np.float32)
PATCH = np.s_[40:70, 50:90]


def textured(seed):
    noise = np.random.default_rng(seed).normal(0, 1, (120, 160, 3))
    smooth = ndimage.gaussian_filter(noise, (2, 2, 0))
    return (0.5 + 0.12 * smooth / smooth.std()).astype(np.float32)


PHOTO = textured(1)


def test_what_fits_is_believed():
    noise = RNG.normal(0, 1 / 255, PHOTO.shape).astype(np.float32)
    assert np.median(believe(PHOTO, PHOTO + noise, TRUST)) > 0.9


def test_invented_content_is_not_believed():
    goal = PHOTO.copy()
    goal[PATCH] = textured(2)[PATCH] + 0.2
    belief = believe(PHOTO, goal, TRUST)
    assert belief[45:65, 55:85].max() == 0
    assert np.median(belief) > 0.9


def test_a_part_that_is_graded_otherwise_but_is_the_photo_comes_back():
    photo = PHOTO.copy()
    photo[PATCH] *= np.array([0.3, 0.5, 1.0], np.float32)
    goal = photo.copy()
    goal[PATCH] = photo[PATCH] * 1.15
    assert np.median(believe(photo, goal, TRUST)[PATCH]) >= 0.5


def test_most_of_the_picture_is_always_believed():
    goal = PHOTO.copy()
    goal[:, :40] += 0.6
    belief = believe(PHOTO, goal, TRUST)
    assert (belief > 0).mean() > 0.7


def test_no_trust_anywhere_is_no_error():
    belief = believe(PHOTO, PHOTO, np.zeros_like(TRUST))
    assert np.isfinite(belief).all()
