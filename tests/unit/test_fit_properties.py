"""Properties of fitting and applying LUTs that hold for every picture, not for some examples."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scipy import ndimage
from scipy.interpolate import PchipInterpolator

from daemon.imaging.lattice import identity_lut, interpolate
from daemon.imaging.lut import apply_lut, extract_lut
from daemon.imaging.registration import Placement, register
from daemon.imaging.resample import resample
from tests.fakes.graded_photos import astronaut, teal_and_orange

pytestmark = pytest.mark.slow

LEVEL = 1 / 255
SIZE = 17
few = settings(
    max_examples=6, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck)
)
many = settings(few, max_examples=40)
seeds = st.integers(0, 2**32 - 1)
ORDERS = [(0, 2, 1), (1, 0, 2), (1, 2, 0), (2, 0, 1), (2, 1, 0)]
HEADROOM = 0.15


def picture(seed, height=64, width=80, softness=5.0):
    """Smooth blobs of all colours with a little grain, float32."""
    rng = np.random.default_rng(seed)
    blobs = ndimage.gaussian_filter(rng.normal(0, 1, (height, width, 3)), (softness, softness, 0))
    spread = 0.5 + blobs / (5 * blobs.std())
    grain = rng.normal(0, 0.004, spread.shape)
    return np.clip(spread + grain, 0, 1).astype(np.float32)


def affine(seed):
    """A mix of channels and an offset that leave 0..1 inside 0..1."""
    rng = np.random.default_rng(seed)
    matrix = 0.7 * np.eye(3) + rng.uniform(-0.08, 0.08, (3, 3))
    offset = 0.5 - matrix.sum(axis=1) / 2 + rng.uniform(-0.02, 0.02, 3)
    return lambda colors: colors @ matrix.T + offset


def rising_curve(seed):
    """One rising curve for all channels, from soft to steep."""
    steps = np.random.default_rng(seed).uniform(0.3, 1.7, 4)
    levels = np.concatenate([[0], np.cumsum(steps) / steps.sum()])
    return PchipInterpolator(np.linspace(0, 1, 5), 0.03 + 0.94 * levels)


def furthest(first, second):
    return float(np.abs(np.asarray(first, float) - np.asarray(second, float)).max())


# ------------------------------------------------------------------ the fit


@few
@given(seeds, st.sampled_from([2, 5, 17, 33]))
def test_an_edit_that_changes_nothing_gives_the_identity(seed, size):
    photo = picture(seed)
    assert furthest(extract_lut(photo, photo, size).lut, identity_lut(size)) < 1e-3


@few
@given(seeds, seeds)
def test_an_affine_edit_is_found_exactly(photo_seed, edit_seed):
    photo, edit = picture(photo_seed), affine(edit_seed)
    lut = extract_lut(photo, edit(photo).astype(np.float32), SIZE, register=False).lut
    assert furthest(interpolate(lut, photo), edit(photo)) < 0.5 * LEVEL


@few
@given(seeds, seeds)
def test_an_affine_edit_goes_on_where_the_photo_has_no_colours(photo_seed, edit_seed):
    photo, edit = picture(photo_seed), affine(edit_seed)
    lut = extract_lut(photo, edit(photo).astype(np.float32), SIZE, register=False).lut
    assert furthest(lut, edit(identity_lut(SIZE))) < 4 * LEVEL


@few
@given(seeds, seeds)
def test_a_little_noise_changes_little(photo_seed, noise_seed):
    photo, edit = picture(photo_seed), affine(photo_seed)
    clean = edit(photo).astype(np.float32)
    noise = np.random.default_rng(noise_seed).normal(0, LEVEL, clean.shape)
    noisy = np.clip(clean + noise, 0, 1).astype(np.float32)
    first, second = (extract_lut(photo, e, SIZE, register=False).lut for e in (clean, noisy))
    apart = np.abs(interpolate(first, photo) - interpolate(second, photo))
    assert apart.mean() < 0.5 * LEVEL


@few
@given(seeds, seeds, st.sampled_from(ORDERS))
def test_channels_in_another_order_give_the_same_grade_in_that_order(photo_seed, edit_seed, order):
    photo = picture(photo_seed)
    edit = (rising_curve(edit_seed)(photo) * [1.0, 0.95, 0.9]).astype(np.float32)
    straight = extract_lut(photo, edit, SIZE, register=False).lut
    turned = extract_lut(photo[..., order], edit[..., order], SIZE, register=False).lut
    back = straight.transpose(*order, 3)[..., order]
    apart = np.abs(interpolate(turned, photo[..., order]) - interpolate(back, photo[..., order]))
    assert apart.mean() < 0.25 * LEVEL
    # how brightness guides what no pixel shows depends on which channel is green
    assert furthest(turned, back) < 16 * LEVEL


@few
@given(seeds, st.sampled_from([np.s_[::-1], np.s_[:, ::-1], np.s_[::-1, ::-1]]))
def test_mirroring_both_pictures_changes_nothing(seed, mirrored):
    photo = picture(seed)
    edit = rising_curve(seed)(photo).astype(np.float32)
    straight = extract_lut(photo, edit, SIZE, register=False).lut
    turned = extract_lut(photo[mirrored].copy(), edit[mirrored].copy(), SIZE, register=False).lut
    assert furthest(straight, turned) < 0.5 * LEVEL


@few
@given(seeds, seeds)
def test_a_rising_curve_never_makes_the_gray_ramp_fall(photo_seed, edit_seed):
    photo = picture(photo_seed)
    edit = np.rint(rising_curve(edit_seed)(photo) * 255).astype(np.uint8)
    lut = extract_lut(photo, edit, 33, register=False).lut
    ramp = interpolate(lut, np.repeat(np.linspace(0, 1, 1021)[:, None], 3, axis=1))
    assert float((np.maximum.accumulate(ramp, axis=0) - ramp).max()) < LEVEL


@settings(few, max_examples=10)
@given(
    st.floats(-4, 4),
    st.floats(-4, 4),
    st.floats(-0.015, 0.015),
)
def test_a_moved_and_graded_copy_is_found_to_half_a_pixel(across, down, zoom):
    photo = astronaut()[:384, 100:484].astype(np.float32) / 255
    true = Placement(zoom, zoom, across, down)
    size = photo.shape[:2]
    moved = teal_and_orange(resample(photo, size, *true.maps(size, size)))
    found = register(photo, np.clip(moved, 0, 1).astype(np.float32))
    pairs = zip(found.maps(size, size), true.maps(size, size), size, strict=True)
    assert max(furthest(a.positions(n), b.positions(n)) for a, b, n in pairs) < 0.5


# ------------------------------------------------------------------ whatever comes in

sides = st.sampled_from([1, 2, 3, 7, 16, 40])
shapes = st.tuples(sides, sides)


@st.composite
def odd_pictures(draw):
    """Flat, of two colours, noise, black, white, a step; 8 or 16 bit or float; of any shape."""
    shape = (*draw(shapes), 3)
    rng = np.random.default_rng(draw(seeds))
    kind = draw(st.sampled_from(["flat", "two colours", "noise", "black", "white", "step"]))
    values = {
        "flat": lambda: np.broadcast_to(rng.random(3), shape),
        "two colours": lambda: rng.random((2, 3))[rng.integers(0, 2, shape[:2])],
        "noise": lambda: rng.random(shape),
        "black": lambda: np.zeros(shape),
        "white": lambda: np.ones(shape),
        "step": lambda: np.broadcast_to(np.arange(shape[1])[:, None] * 2 >= shape[1], shape),
    }[kind]()
    dtype = draw(st.sampled_from([np.uint8, np.uint16, np.float32]))
    if dtype == np.float32:
        return values.astype(np.float32)
    return np.rint(values * np.iinfo(dtype).max).astype(dtype)


@many
@given(odd_pictures(), odd_pictures(), st.booleans(), st.sampled_from([2, 9, 17]))
def test_no_pair_of_pictures_crashes_the_fit_or_leaves_the_range(first, second, search, size):
    lut = extract_lut(first, second, size, register=search).lut
    assert np.isfinite(lut).all()
    assert lut.min() >= np.float32(-HEADROOM)
    assert lut.max() <= np.float32(1 + HEADROOM)


@few
@given(odd_pictures())
def test_every_odd_picture_is_its_own_identity(first):
    lut = extract_lut(first, first, 9).lut
    assert furthest(lut, identity_lut(9)) < 2e-3


# ------------------------------------------------------------------ applying


def random_lut(seed, size):
    return np.random.default_rng(seed).uniform(-0.1, 1.1, (size,) * 3 + (3,)).astype(np.float32)


@many
@given(seeds, st.integers(2, 20), st.floats(0, 1.5))
def test_strength_is_linear_in_the_change(seed, size, strength):
    photo, lut = picture(seed, 9, 11), random_lut(seed, size)
    full = apply_lut(photo, lut)
    expected = photo + np.float32(strength) * (full - photo)
    assert furthest(apply_lut(photo, lut, strength=strength), expected) < 1e-4


@many
@given(seeds, st.integers(2, 20))
def test_a_lut_makes_no_value_beyond_its_nodes(seed, size):
    lut = random_lut(seed, size)
    graded = apply_lut(picture(seed, 9, 11), lut)
    assert graded.min() >= lut.min() - 1e-5
    assert graded.max() <= lut.max() + 1e-5


@many
@given(seeds, st.sampled_from([np.uint8, np.uint16]), st.integers(2, 33))
def test_an_identity_lut_changes_no_pixel(seed, dtype, size):
    rng = np.random.default_rng(seed)
    photo = rng.integers(0, np.iinfo(dtype).max, (13, 17, 3), dtype, endpoint=True)
    np.testing.assert_array_equal(apply_lut(photo, identity_lut(size)), photo)
